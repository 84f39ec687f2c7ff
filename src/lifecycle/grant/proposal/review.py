"""Reviews of a proposal, and its approval or decline."""

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from lifecycle.fund.establishment import window_of
from lifecycle.fund.state import Fund
from lifecycle.grant.agreement import fits_months, fits_window, plans_capabilities
from lifecycle.grant.budget.capacity import asked_within_capacity_share, within_capacity_share
from lifecycle.grant.budget.line_amounts import LineAmount, by_line
from lifecycle.grant.budget.lines import HeldLine, asked_lines, with_more
from lifecycle.grant.budget.within_lines import lines_add_up
from lifecycle.grant.proposal.clearance import all_clear
from lifecycle.grant.proposal.eligibility import fits_eligibility
from lifecycle.grant.proposal.request import request_digest
from lifecycle.grant.state import (
    Evolves,
    Grant,
    MutableGrant,
    commit,
    end_in,
    preparers_of,
    team_of,
    team_on,
    track_overpaid,
)
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import Draft, GrantEvent
from lifecycle.kernel.guards import OfficerActs, by_another_officer, in_holding_currency, money
from lifecycle.kernel.refusals import TERMS, DecidesOwnRequest, NoEditionInForce, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import GRANT, P, R
from lifecycle.policy.edition import Edition, Window
from lifecycle.types.money import Cost
from lifecycle.types.stage import Stage
from lifecycle.types.text import ByName, Digest, Line, Reason, Word
from lifecycle.types.vocabularies import Advice, DeclineCause


class ProposalReviewed(GrantEvent):
    """A reviewer scored the proposal.

    Recorded by a reviewer who is not its task team leader.
    """

    scores: Annotated[dict[Word, Annotated[Decimal, Field(ge=0, le=100)]], ByName]
    """Points by criterion. A proposal that answers a call is scored by each of the call's criteria."""
    advice: Advice
    """What the reviewer advises: approve, revise or decline."""


class GrantApproved(GrantEvent):
    """The fund approved the grant and committed its money, or support that costs the fund nothing.

    Its pair on the fund is FundsCommitted, in the same transaction. An amount of zero has no pair.

    Recorded by an approver who did not prepare it.
    """

    VERSION: ClassVar[int] = 2

    amount: Cost
    """The committed amount; in the holding currency."""
    lines: tuple[LineAmount, ...] = Field(default=(), max_length=200)
    """How much of it each budget line gets. Without them it is split as the budget was asked for."""
    conditions: tuple[Line, ...] = ()
    """Conditions to be met before the agreement is signed."""
    request_digest: Digest
    """Of the exact request that was approved."""
    edition: Line
    """The policy edition in force on the day; it governs the grant for life."""


class ProposalDeclined(GrantEvent):
    """The fund declined the proposal. Recorded by an approver."""

    VERSION: ClassVar[int] = 2

    cause: DeclineCause | None = None
    """What it lacked: ``money`` if the fund or the call had none left for it, so that the demand is unmet."""
    reason: Reason
    """Why the proposal was declined."""


def _proposal_reviewed(grant: MutableGrant, event: ProposalReviewed) -> None:
    grant.reviewed_by += (event.actor,)


def _asked_lines(grant: Grant) -> dict[str, HeldLine]:
    """Return the lines of the requested budget, which hold nothing yet."""
    return grant.lines or asked_lines(line.as_asked for line in grant.budget)


def _grant_approved(grant: MutableGrant, event: GrantApproved) -> None:
    amount = event.amount.amount
    grant.stage = Stage.APPROVED
    grant.approved_on = event.on
    grant.conditions = event.conditions
    grant.edition = event.edition
    grant.request_digest = event.request_digest
    grant.lines = with_more(_asked_lines(grant), amount, by_line(event.lines), grant.currency)
    commit(grant, event.on, amount)
    grant.selections = [(event.on, amount)] if grant.call is not None and amount else []


def _proposal_declined(grant: MutableGrant, event: ProposalDeclined) -> None:
    end_in(Stage.DECLINED)(grant, event)
    grant.declined_for = event.cause


EVOLVE: Evolves = {
    ProposalReviewed: _proposal_reviewed,
    GrantApproved: track_overpaid(_grant_approved),
    ProposalDeclined: _proposal_declined,
}
"""The function by which each event changes the grant."""


def _check_review(grant: Grant, event: ProposalReviewed) -> None:
    by_another_officer(event.actor, "review it", *team_of(grant))


def preparers(grant: Grant) -> OfficerActs:
    """Return the officers who proposed, revised or requested the grant."""
    return preparers_of(grant)


def team(grant: Grant, event: GrantEvent, day: date) -> OfficerActs:
    """Return the task team leader and the deputies of the event's day, and of the day of its correction."""
    return team_on(grant, event.on, day)


def not_by_team(grant: Grant, event: GrantEvent) -> None:
    """Refuse a decision by the grant's team leader or a deputy. Raises `DecidesOwnRequest`."""
    by_another_officer(event.actor, "decide on it", *team_of(grant))


def not_prepared_by(approver: str, grant: Grant) -> None:
    """Refuse an approver who prepared the grant. Raises `DecidesOwnRequest`."""
    if approver in grant.preparers:
        raise DecidesOwnRequest(f"{approver} prepared {grant.id}, so another approver has to decide on it")


def _make_approval(grant: Grant, draft: "ApprovalDraft", fund: Fund) -> GrantApproved:
    not_prepared_by(draft.actor, grant)
    return _approval(grant, draft, fund.edition_on(draft.on))


def _make_approval_elsewhere(grant: Grant, draft: "ApprovalDraft", fund: Fund) -> GrantApproved:
    return _approval(grant, draft, fund.edition_of_history(draft.on))


def _approval(grant: Grant, draft: "ApprovalDraft", edition: Edition | None) -> GrantApproved:
    if edition is None:
        raise NoEditionInForce(f"no policy edition holds on {draft.on}: adopt one that does")
    return GrantApproved(
        on=draft.on,
        actor=draft.actor,
        amount=draft.amount,
        lines=draft.lines,
        conditions=draft.conditions,
        request_digest=draft.request_digest or request_digest(grant),
        edition=edition.name,
    )


class RequestChanged(Refusal, order=TERMS, rule="domain §4.5: an approval binds the exact request"):
    """The request does not have the digest that the approval names."""


def _check_approval(grant: Grant, event: GrantApproved, fund: Fund) -> None:
    not_prepared_by(event.actor, grant)
    in_holding_currency(event.amount, fund.currency)
    within_maximum(grant, event.amount.amount, window_of(grant.window, fund.editions[event.edition]))
    digest = request_digest(grant)
    if event.request_digest != digest:
        raise RequestChanged(
            f"the request of that day has the digest {digest}: it is not what the approval binds"
        )


def _check_window(grant: Grant, event: GrantApproved, fund: Fund) -> None:
    # The window's limits are checked again when the grant becomes effective (domain §4.6).
    edition = fund.editions[event.edition]
    window = window_of(grant.window, edition)
    fits_months(grant.window, grant.months, window)
    fits_window(grant, grant.recipients, window, edition)
    if not event.lines:
        asked_within_capacity_share(grant, window)
    plans_capabilities(grant.window, grant.capabilities_planned, window)


def _check_clearances(grant: Grant, event: GrantApproved, fund: Fund) -> None:
    all_clear(grant, fund.editions[event.edition], "approval", event.on)


def _check_eligibility(grant: Grant, event: GrantApproved, fund: Fund) -> None:
    fits_eligibility(grant, fund.editions[event.edition], event.on)


def _check_lines(grant: Grant, event: GrantApproved) -> None:
    lines_add_up(grant.replace(lines=_asked_lines(grant)), event.lines, event.amount.amount)


def _check_capacity_share(grant: Grant, event: GrantApproved, fund: Fund) -> None:
    after = grant.thaw()
    _grant_approved(after, event)
    within_capacity_share(after, window_of(grant.window, fund.editions[event.edition]))


def _check_approved_elsewhere(grant: Grant, event: GrantApproved, fund: Fund) -> None:
    in_holding_currency(event.amount, fund.currency)
    window_of(grant.window, fund.editions[event.edition])


class AboveMaximumAmount(Refusal, order=TERMS, rule="domain §5: max_amount"):
    """The amount is more than a grant of the window may have."""


def within_maximum(grant: Grant, committed: Decimal, window: Window) -> None:
    """Refuse a commitment above the window's maximum. Raises `AboveMaximumAmount`."""
    limit = window.max_amount
    if limit is None:
        return
    in_holding_currency(limit.value, grant.currency)
    if committed > limit.value.amount:
        raise AboveMaximumAmount(
            f"a grant of window {grant.window} has at most {money(*limit.value)} ({limit.source})"
        )


RULES: Rules = {
    ProposalReviewed: Guards(invariants=(Rule(1, _check_review),), requested_by=(Rule(1, team),)),
    GrantApproved: Guards(
        invariants=(
            Rule(1, _check_approval),
            Rule(2, _check_window),
            Rule(3, _check_lines),
            Rule(3, _check_eligibility),
            Rule(3, _check_clearances),
            Rule(3, not_by_team),
        ),
        preconditions=(Rule(3, _check_capacity_share),),
        requested_by=(Rule(1, preparers), Rule(3, team)),
        arithmetic=(Rule(2, _check_approved_elsewhere), Rule(3, _check_lines)),
        made_by=_make_approval,
        made_in_history=_make_approval_elsewhere,
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class ApprovalDraft(Draft):
    """An approval, before the edition in force and the request's digest are added."""

    amount: Cost
    """The committed amount; in the holding currency."""
    lines: tuple[LineAmount, ...] = Field(default=(), max_length=200)
    """How much of it each budget line gets. Without them it is split as the budget was asked for."""
    conditions: tuple[Line, ...] = ()
    """Conditions to be met before the agreement is signed."""
    request_digest: Digest | None = None
    """The digest of the request that the approver read, as ``grant show`` prints it. Another is refused."""


class ApproveGrant(GrantCommand[ApprovalDraft]):
    """Approve a grant and commit its money.

    The fund's paired event is recorded in the same transaction.
    """

    BECOMES = GrantApproved

    FILLED_IN = ("request_digest",)


class ReviewProposal(GrantCommand[ProposalReviewed]):
    """Review a proposal and score it."""


class DeclineProposal(GrantCommand[ProposalDeclined]):
    """Decline a proposal."""


COMMANDS = (
    ReviewProposal.spec("grant review", "reviewer", (R,), GRANT),
    ApproveGrant.spec("grant approve", "approver", (R,), GRANT),
    DeclineProposal.spec("grant decline", "approver", (P, R), GRANT),
)
"""The commands, as the catalogue lists them."""
