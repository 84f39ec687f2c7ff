"""Review and decision: scores, approval with its promise of money, refusal."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from lifecycle.fund.establishment import window_of
from lifecycle.fund.state import Fund
from lifecycle.grant.agreement import fits_months, fits_window, plans_capabilities
from lifecycle.grant.proposal.request import request_digest
from lifecycle.grant.state import Evolves, Grant, end_in, track_overpaid, with_commitment
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import Draft, GrantEvent
from lifecycle.kernel.guards import Others, in_holding_currency, money, third
from lifecycle.kernel.refusals import TERMS, DecidesOwnRequest, NoEditionInForce, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import GRANT, P, R
from lifecycle.policy.edition import Window
from lifecycle.types.money import Cost
from lifecycle.types.stage import Stage
from lifecycle.types.text import ByName, Digest, Line, Reason, Word
from lifecycle.types.vocabularies import Advice


class ProposalReviewed(GrantEvent):
    """A reviewer scored the proposal.

    Recorded by a reviewer who is not its task team leader.
    """

    scores: Annotated[dict[Word, Annotated[Decimal, Field(ge=0, le=100)]], ByName]
    """Points by criterion: of a proposal that answers a call, by each of the call's criteria."""
    advice: Advice
    """What the reviewer would do."""


class GrantApproved(GrantEvent):
    """The fund promised money, or support that costs it nothing.

    Its pair on the fund is FundsCommitted, in the same transaction; of an amount of zero there is none.

    Recorded by an approver who did not prepare it.
    """

    amount: Cost
    """The commitment; in the holding currency."""
    conditions: tuple[Line, ...] = ()
    """To be met before the agreement is signed."""
    request_digest: Digest
    """Of the exact request that was approved."""
    edition: Line
    """The policy edition in force on the day; it governs the grant for life."""


class ProposalDeclined(GrantEvent):
    """The fund said no. Recorded by an approver."""

    reason: Reason
    """Why not."""


def _proposal_reviewed(grant: Grant, event: ProposalReviewed) -> Grant:
    return grant.replace(reviewed_by=(*grant.reviewed_by, event.actor))


def _grant_approved(grant: Grant, event: GrantApproved) -> Grant:
    return with_commitment(grant, event.on, event.amount.amount).replace(
        stage=Stage.APPROVED,
        approved_on=event.on,
        conditions=event.conditions,
        edition=event.edition,
        request_digest=event.request_digest,
        selections=((event.on, event.amount.amount),)
        if grant.call is not None and event.amount.amount
        else (),
    )


EVOLVE: Evolves = {
    ProposalReviewed: _proposal_reviewed,
    GrantApproved: track_overpaid(_grant_approved),
    ProposalDeclined: end_in(Stage.DECLINED),
}
"""How each event changes the grant."""


def _leader(grant: Grant) -> Others:
    return ((grant.leader, "leads the grant"),)


def _check_review(grant: Grant, event: ProposalReviewed) -> None:
    third(event.actor, "review it", *_leader(grant))


def preparers(grant: Grant) -> Others:
    """Who proposed, revised or requested the grant."""
    return tuple((officer, f"prepared {grant.id}") for officer in sorted(grant.preparers))


def not_prepared_by(approver: str, grant: Grant) -> None:
    """Refuse an approver who prepared the grant. Raises `DecidesOwnRequest`."""
    if approver in grant.preparers:
        raise DecidesOwnRequest(f"{approver} prepared {grant.id}, so another approver has to decide on it")


def _make_approval(grant: Grant, draft: "ApprovalDraft", fund: Fund) -> GrantApproved:
    not_prepared_by(draft.actor, grant)
    edition = fund.edition_on(draft.on)
    if edition is None:
        raise NoEditionInForce(f"no policy edition holds on {draft.on}: adopt one that does")
    return GrantApproved(
        on=draft.on,
        actor=draft.actor,
        amount=draft.amount,
        conditions=draft.conditions,
        request_digest=draft.request_digest or request_digest(grant),
        edition=edition.name,
    )


class RequestChanged(Refusal, order=TERMS, rule="domain §4.5: an approval binds the exact request"):
    """The request is not the one that the digest names."""


def _check_approval(grant: Grant, event: GrantApproved, fund: Fund) -> None:
    not_prepared_by(event.actor, grant)
    in_holding_currency(event.amount, fund.currency)
    within_maximum(grant, event.amount.amount, window_of(grant.window, fund.editions[event.edition]))
    today = request_digest(grant)
    if event.request_digest != today:
        raise RequestChanged(
            f"the request of that day has the digest {today}: it is not what the approval binds"
        )


def _check_window(grant: Grant, event: GrantApproved, fund: Fund) -> None:
    """What approval can know already breaks the window (domain §4.6)."""
    edition = fund.editions[event.edition]
    window = window_of(grant.window, edition)
    fits_months(grant.window, grant.months, window)
    fits_window(grant, grant.recipients, window, edition)
    plans_capabilities(grant.window, grant.capabilities_planned, window)


class AboveMaximumAmount(Refusal, order=TERMS, rule="domain §5: max_amount"):
    """More than a grant of the window may have."""


def within_maximum(grant: Grant, committed: Decimal, window: Window) -> None:
    """Refuse more than the window's maximum. Raises `AboveMaximumAmount`."""
    limit = window.max_amount
    if limit is None:
        return
    in_holding_currency(limit.value, grant.currency)
    if committed > limit.value.amount:
        raise AboveMaximumAmount(
            f"a grant of window {grant.window} has at most {money(*limit.value)} ({limit.source})"
        )


RULES: Rules = {
    ProposalReviewed: Guards(invariants=(Rule(1, _check_review),), requested_by=(Rule(1, _leader),)),
    GrantApproved: Guards(
        invariants=(
            Rule(1, _check_approval),
            Rule(2, _check_window),
        ),
        requested_by=(Rule(1, preparers),),
        made_by=_make_approval,
    ),
}
"""What is asked before each event, each rule with the number of its rule set."""


class ApprovalDraft(Draft):
    """A promise, before the edition in force is named and the request's digest is known."""

    amount: Cost
    """The commitment; in the holding currency."""
    conditions: tuple[Line, ...] = ()
    """To be met before the agreement is signed."""
    request_digest: Digest | None = None
    """Of the request that the approver read, as ``grant show`` prints it: another one is refused."""


class ApproveGrant(GrantCommand[ApprovalDraft]):
    """Promise money; the fund is charged.

    Both are recorded in one transaction.
    """

    BECOMES = GrantApproved

    FILLED_IN = ("request_digest",)


class ReviewProposal(GrantCommand[ProposalReviewed]):
    """Score a proposal."""


class DeclineProposal(GrantCommand[ProposalDeclined]):
    """Refuse a proposal."""


COMMANDS = (
    ReviewProposal.spec("grant review", "reviewer", (R,), GRANT),
    ApproveGrant.spec("grant approve", "approver", (R,), GRANT),
    DeclineProposal.spec("grant decline", "approver", (P, R), GRANT),
)
"""How each event is asked for."""
