"""The end of the books: waive, close, reopen; and documents beside them."""

from lifecycle.decisions.rules import conditions, edition_of, lawful, money
from lifecycle.events import grant as was
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import Grant
from lifecycle.grant.obligations.asked import asks_for
from lifecycle.kernel.obligation import NAMES
from lifecycle.kernel.refusals import (
    CompletionReportOpen,
    FollowUpsOpen,
    NothingOverpaid,
    ObligationNotAsked,
    OverpaymentOpen,
    PaymentsUnfinished,
    UndisbursedBalanceRemains,
    UnknownItem,
    UnknownObligation,
)

OVERPAYMENT = "overpayment"
"""It is waived like an obligation, but it is not one: it has no due date and no row in the timeline."""


@lawful(was.ObligationWaived, since=1)
def _waive(_: Grant, e: was.ObligationWaived, __: Fund) -> None:
    if e.obligation not in (*NAMES, OVERPAYMENT):
        raise UnknownObligation(f"there is no obligation {e.obligation}; known: {', '.join(NAMES)}")


@lawful(was.ObligationWaived, since=2)
def _waive_all_of_it(_: Grant, e: was.ObligationWaived, __: Fund) -> None:
    if e.obligation == OVERPAYMENT and e.item is not None:
        raise UnknownItem(f"an {OVERPAYMENT} has no items: leave {e.item} out")


@conditions(was.ObligationWaived, since=2)
def _waive_overpayment(grant: Grant, e: was.ObligationWaived, _: Fund) -> None:
    if e.obligation == OVERPAYMENT and not grant.overpaid:
        raise NothingOverpaid(f"nothing is overpaid to {grant.id} on {e.on}: there is nothing to waive")


@conditions(was.GrantClosed, since=2)
def _nothing_overpaid(grant: Grant, e: was.GrantClosed, _: Fund) -> None:
    if grant.overpaid and (OVERPAYMENT, None) not in grant.waived:
        raise OverpaymentOpen(
            f"{money(grant.overpaid, grant.currency)} was paid beyond what is committed, and is owed back on"
            f" {e.on}: payment refund, grant increase or grant waive {OVERPAYMENT} settles it"
        )


@lawful(was.ObligationWaived, since=2)
def _waive_what_is_asked(grant: Grant, e: was.ObligationWaived, fund: Fund) -> None:
    # A proposal that ended is asked for nothing more: what was asked until then counts.
    day = e.on if grant.ended_on is None else grant.ended_on
    edition = fund.edition_on(day) if grant.edition is None else edition_of(grant, fund)
    if e.obligation != OVERPAYMENT and not asks_for(edition, e.obligation, grant.window):
        name = "no edition" if edition is None else f"edition {edition.name}"
        raise ObligationNotAsked(f"{name} asks a grant of window {grant.window} for no {e.obligation}")


@conditions(was.GrantClosed, since=1)
def _close(grant: Grant, _: was.GrantClosed, fund: Fund) -> None:
    if grant.undisbursed:
        raise UndisbursedBalanceRemains(
            f"{money(grant.undisbursed, grant.currency)} is neither paid nor cancelled:"
            " grant cancel-balance gives it back to the fund"
        )
    if pending := [payment.id for payment in grant.payments.values() if payment.pending]:
        raise PaymentsUnfinished(f"unfinished: {', '.join(pending)}; pay, reject or fail each first")
    asked = "completion_report" in edition_of(grant, fund).obligations
    if asked and grant.report_accepted_on is None and ("completion_report", None) not in grant.waived:
        raise CompletionReportOpen("the completion report is neither accepted nor waived")
    if still := [follow_up.id for follow_up in grant.follow_ups.values() if follow_up.status == "open"]:
        raise FollowUpsOpen(f"open: {', '.join(still)}; complete, drop or hand over each first")
