"""From the idea to the promise: propose, request, review, approve."""

import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal

from lifecycle.decisions.agreement import fits_months, fits_window, plans_capabilities
from lifecycle.decisions.rules import (
    OnGrant,
    Others,
    asked_by,
    becomes,
    in_holding_currency,
    lawful,
    money,
    third,
    window_is_known,
    window_of,
)
from lifecycle.events import grant as was
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.refusals import (
    AboveMaximumAmount,
    BudgetDoesNotAddUp,
    DecidesOwnRequest,
    LetterMissing,
    NoEditionInForce,
    NothingChanged,
    RequestChanged,
)
from lifecycle.policy.edition import Window
from lifecycle.types.stage import NOT_STATED, ZERO, Stage
from lifecycle.types.terms import Cost, Digest, Line


class ApproveGrant(OnGrant):
    """Promise money; the fund is charged in the same transaction."""

    NAME = "ApproveGrant"

    amount: Cost
    conditions: tuple[Line, ...] = ()
    """To be met before the agreement is signed."""
    request_digest: Digest | None = None
    """Of the request that the approver read, as ``grant show`` prints it: another one is refused."""


def request_digest(grant: Grant) -> str:
    """SHA-256 of what is asked for: terms, countries, budget lines and letters.

    Title, sector and wording may still be put right; what the promise rests on may not (domain §4.5).
    """
    request = {
        "window": grant.window,
        "recipients": grant.recipients,
        "providers": grant.providers,
        "amount": str(grant.asked),
        "requested": str(grant.requested),
        "currency": grant.currency,
        "months": grant.months,
        "institution": grant.institution,
        "budget": [line.model_dump(mode="json") for line in grant.budget],
        "letters": [letter.model_dump(mode="json") for letter in grant.letters],
    }
    text = json.dumps(request, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@lawful(was.GrantProposed, since=1)
def _propose(_: Grant, e: was.GrantProposed, fund: Fund) -> None:
    in_holding_currency(e.amount, fund.currency)
    window_is_known(e.window, fund)


@lawful(was.ProposalRevised, since=1)
def _revise(grant: Grant, e: was.ProposalRevised, fund: Fund) -> None:
    if not set(e.model_dump(exclude_none=True)) - {"on", "actor", "reason"}:
        raise NothingChanged("name at least one field that reads differently now")
    if e.amount is not None:
        in_holding_currency(e.amount, fund.currency)
    if e.window is not None:
        window_is_known(e.window, fund)
    if e.recipients is not None and grant.stage is Stage.REQUESTED:
        _letters_from(e.recipients, grant.letters)


@lawful(was.FundingRequested, since=1)
def _request(grant: Grant, e: was.FundingRequested, fund: Fund) -> None:
    in_holding_currency(e.amount, fund.currency)
    for line in e.budget:
        in_holding_currency(line.amount, fund.currency)
    total = sum((line.amount.amount for line in e.budget), ZERO)
    if total != e.amount.amount:
        raise BudgetDoesNotAddUp(
            f"the lines sum to {money(total, fund.currency)}, the amount is {money(*e.amount)}"
        )
    _letters_from(grant.recipients, e.letters)


def _letters_from(recipients: Sequence[str], letters: Sequence[was.Letter]) -> None:
    written = {letter.country for letter in letters}
    if missing := [code for code in recipients if code not in written and code != NOT_STATED]:
        raise LetterMissing(f"no letter from {', '.join(missing)}: add one for each recipient country")


@asked_by(was.ProposalReviewed, since=1)
def _leader(grant: Grant, _: was.ProposalReviewed) -> Others:
    return ((grant.leader, "leads the grant"),)


@lawful(was.ProposalReviewed, since=1)
def _review(grant: Grant, e: was.ProposalReviewed, _: Fund) -> None:
    third(e.actor, "review it", *_leader(grant, e))


@asked_by(was.GrantApproved, was.CommitmentIncreased, since=1)
def _preparers(grant: Grant, _: Event) -> Others:
    return tuple((officer, f"prepared {grant.id}") for officer in sorted(grant.preparers))


def not_prepared_by(approver: str, grant: Grant) -> None:
    """Refuse an approver who prepared the grant. Raises `DecidesOwnRequest`."""
    if approver in grant.preparers:
        raise DecidesOwnRequest(f"{approver} prepared {grant.id}, so another approver has to decide on it")


@becomes(ApproveGrant, fills=("request_digest",))
def _promise(grant: Grant, asked: ApproveGrant, fund: Fund) -> was.GrantApproved:
    not_prepared_by(asked.actor, grant)
    edition = fund.edition_on(asked.on)
    if edition is None:
        raise NoEditionInForce(f"no policy edition holds on {asked.on}: adopt one that does")
    return was.GrantApproved(
        on=asked.on,
        actor=asked.actor,
        amount=asked.amount,
        conditions=asked.conditions,
        request_digest=asked.request_digest or request_digest(grant),
        edition=edition.name,
    )


@lawful(was.GrantApproved, since=1)
def _approve(grant: Grant, e: was.GrantApproved, fund: Fund) -> None:
    not_prepared_by(e.actor, grant)
    in_holding_currency(e.amount, fund.currency)
    within_maximum(grant, e.amount.amount, window_of(grant.window, fund.editions[e.edition]))
    today = request_digest(grant)
    if e.request_digest != today:
        raise RequestChanged(
            f"the request of that day has the digest {today}: it is not what the approval binds"
        )


@lawful(was.GrantApproved, since=2)
def _approve_what_fits(grant: Grant, e: was.GrantApproved, fund: Fund) -> None:
    """What approval can know already breaks the window (domain §4.6)."""
    edition = fund.editions[e.edition]
    window = window_of(grant.window, edition)
    fits_months(grant.window, grant.months, window)
    fits_window(grant, grant.recipients, window, edition)
    plans_capabilities(grant.window, grant.capabilities_planned, window)


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
