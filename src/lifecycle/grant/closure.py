"""Waivers, the closing and reopening of a grant's books, and attached documents."""

from lifecycle.fund.state import Fund
from lifecycle.grant.agreement import edition_of, requires_obligation, was_approved
from lifecycle.grant.payment.advances import earlier_advances_documented, nothing_due_back
from lifecycle.grant.state import Evolves, Grant, MutableGrant
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import DocumentAttached, GrantEvent
from lifecycle.kernel.guards import money
from lifecycle.kernel.obligation import NAMES
from lifecycle.kernel.refusals import STAGE, TERMS, Refusal, UnknownItem, UnknownObligation
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import ANY, GRANT, C, F
from lifecycle.types.stage import Stage
from lifecycle.types.text import ItemId, Reason, Word


class ObligationWaived(GrantEvent):
    """An obligation need no longer be met. Recorded by an approver."""

    obligation: Word
    """The obligation's name, as the timeline report shows it."""
    item: ItemId | None = None
    """Which one, if there are several: an activity, a follow-up, a number."""
    reason: Reason
    """Why the obligation need not be met."""


class GrantClosed(GrantEvent):
    """The grant's books were closed. Recorded by an approver."""


class GrantReopened(GrantEvent):
    """A closed grant was opened again. The earlier closure stays visible.

    Recorded by an approver.
    """

    reason: Reason
    """What is still to be done."""


def _obligation_waived(grant: MutableGrant, event: ObligationWaived) -> None:
    grant.waived.add((event.obligation, event.item))


def _grant_closed(grant: MutableGrant, event: GrantClosed) -> None:
    grant.stage = Stage.CLOSED
    grant.closed_on = event.on
    grant.closures += (event.on,)


def _grant_reopened(grant: MutableGrant, _: GrantReopened) -> None:
    grant.stage = Stage.FOLLOW_UP
    grant.closed_on = None


def _document_attached(grant: MutableGrant, event: DocumentAttached) -> None:
    grant.documents.append((event.name, event.sha256))


EVOLVE: Evolves = {
    ObligationWaived: _obligation_waived,
    GrantClosed: _grant_closed,
    GrantReopened: _grant_reopened,
    DocumentAttached: _document_attached,
}
"""The function by which each event changes the grant."""


OVERPAYMENT = "overpayment"
"""Waived like an obligation, though it has no due date and no row in the timeline."""


def _check_obligation_name(event: ObligationWaived) -> None:
    if event.obligation not in (*NAMES, OVERPAYMENT):
        raise UnknownObligation(f"there is no obligation {event.obligation}; known: {', '.join(NAMES)}")


def _check_overpayment_has_no_item(event: ObligationWaived) -> None:
    if event.obligation == OVERPAYMENT and event.item is not None:
        raise UnknownItem(f"an {OVERPAYMENT} has no items: leave {event.item} out")


class NothingOverpaid(Refusal, order=TERMS, rule="domain §3: WaiveObligation"):
    """An overpayment is waived, and nothing is overpaid."""


def _check_something_is_overpaid(grant: Grant, event: ObligationWaived) -> None:
    if event.obligation == OVERPAYMENT and not grant.overpaid:
        raise NothingOverpaid(f"nothing is overpaid to {grant.id} on {event.on}: there is nothing to waive")


class OverpaymentOpen(Refusal, order=TERMS, rule="domain §4.1: CloseGrant"):
    """More was paid than is committed, and the difference was neither refunded nor waived."""


def _check_nothing_overpaid(grant: Grant, event: GrantClosed) -> None:
    if grant.overpaid and (OVERPAYMENT, None) not in grant.waived:
        raise OverpaymentOpen(
            f"{money(grant.overpaid, grant.currency)} was paid beyond what is committed, and is owed back on"
            f" {event.on}: payment refund, grant increase or grant waive {OVERPAYMENT} settles it"
        )


class ObligationNotAsked(Refusal, order=STAGE, rule="domain §3: WaiveObligation"):
    """The grant does not have the obligation by its edition."""


def _check_obligation_is_required(grant: Grant, event: ObligationWaived, fund: Fund) -> None:
    # The edition on the day of its end counts for a proposal that has ended.
    day = event.on if grant.ended_on is None else grant.ended_on
    edition = fund.edition_on(day) if grant.edition is None else edition_of(grant, fund)
    if event.obligation != OVERPAYMENT and not requires_obligation(edition, event.obligation, grant):
        name = "no edition" if edition is None else f"edition {edition.name}"
        raise ObligationNotAsked(f"{name} asks a grant of window {grant.window} for no {event.obligation}")


class UndisbursedBalanceRemains(Refusal, order=TERMS, rule="domain §3: CloseGrant"):
    """An undisbursed balance is left."""


class PaymentsUnfinished(Refusal, order=TERMS, rule="domain §3: CloseGrant"):
    """A payment is requested or authorised and not finished."""


class CompletionReportOpen(Refusal, order=TERMS, rule="domain §3: CloseGrant"):
    """The completion report is neither accepted nor waived."""


class FollowUpsOpen(Refusal, order=TERMS, rule="domain §3: CloseGrant"):
    """A follow-up is neither completed, dropped nor handed over."""


def _check_closure(grant: Grant, fund: Fund) -> None:
    if grant.undisbursed:
        raise UndisbursedBalanceRemains(
            f"{money(grant.undisbursed, grant.currency)} is neither paid nor cancelled:"
            " grant cancel-balance gives it back to the fund"
        )
    if pending := grant.pending_payments:
        raise PaymentsUnfinished(f"unfinished: {', '.join(pending)}; pay, reject or fail each first")
    is_required = "completion_report" in edition_of(grant, fund).obligations
    if is_required and grant.report_accepted_on is None and ("completion_report", None) not in grant.waived:
        raise CompletionReportOpen("the completion report is neither accepted nor waived")
    if still_open := grant.open_follow_ups:
        raise FollowUpsOpen(f"open: {', '.join(still_open)}; complete, drop or hand over each first")


def _check_advances_documented(grant: Grant, event: GrantClosed, fund: Fund) -> None:
    earlier_advances_documented(grant, fund, event.on)


RULES: Rules = {
    ObligationWaived: Guards(
        invariants=(
            Rule(1, _check_obligation_name),
            Rule(2, _check_overpayment_has_no_item),
            Rule(2, _check_obligation_is_required),
        ),
        preconditions=(Rule(2, _check_something_is_overpaid),),
        arithmetic=(Rule(2, _check_obligation_name),),
    ),
    GrantClosed: Guards(
        preconditions=(
            Rule(2, _check_nothing_overpaid),
            Rule(1, _check_closure),
            Rule(3, _check_advances_documented),
            Rule(3, nothing_due_back),
        ),
        arithmetic=(Rule(2, was_approved),),
    ),
    GrantReopened: Guards(arithmetic=(Rule(2, was_approved),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class WaiveObligation(GrantCommand[ObligationWaived]):
    """Waive an obligation, with the reason."""


class CloseGrant(GrantCommand[GrantClosed]):
    """Close a grant's books."""


class ReopenGrant(GrantCommand[GrantReopened]):
    """Open the books of a closed grant again."""


class AttachDocument(GrantCommand[DocumentAttached]):
    """Attach a file to a grant."""


COMMANDS = (
    WaiveObligation.spec("grant waive", "approver", ANY, ("grant", "obligation")),
    CloseGrant.spec("grant close", "approver", (F,), GRANT),
    ReopenGrant.spec("grant reopen", "approver", (C,), GRANT),
    AttachDocument.spec("document attach", "any", ANY, ("grant", "file")),
)
"""The commands, as the catalogue lists them."""
