"""Changes to a grant in force: extension, restructuring, more or less money, suspension, cancellation."""

from lifecycle.decisions.agreement import fits_window, plans_capabilities, within_span
from lifecycle.decisions.proposal import not_prepared_by, within_maximum
from lifecycle.decisions.rules import (
    OnGrant,
    becomes,
    edition_of,
    in_holding_currency,
    lawful,
    money,
    window_of,
    within_balance,
)
from lifecycle.events import grant as was
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import Grant
from lifecycle.kernel.refusals import (
    AlreadySuspended,
    ClosingDatePassed,
    ExceedsUndisbursedBalance,
    NoEditionInForce,
    NotAnExtension,
    NothingChanged,
    NotSuspended,
)
from lifecycle.policy.edition import last_day
from lifecycle.types.terms import (
    Capability,
    Countries,
    Line,
    Prose,
    Reason,
    Word,
)


class RestructureGrant(OnGrant):
    """Redraw a grant's terms; the edition then in force governs it."""

    NAME = "RestructureGrant"

    window: Word | None = None
    recipients: Countries | None = None
    providers: Countries | None = None
    objective: Prose | None = None
    institution: Line | None = None
    capabilities_planned: tuple[Capability, ...] | None = None
    reason: Reason


@lawful(was.ClosingDateExtended, since=1)
def _extend(grant: Grant, e: was.ClosingDateExtended, fund: Fund) -> None:
    assert grant.closing_date is not None
    assert grant.effective_on is not None
    if e.on > grant.closing_date:
        raise ClosingDatePassed(f"the closing date {grant.closing_date} had passed on {e.on}")
    if e.closing_date <= grant.closing_date:
        raise NotAnExtension(f"{e.closing_date} is not after the closing date in force, {grant.closing_date}")
    if e.waiver is None:
        within_span(grant.effective_on, e.closing_date, window_of(grant.window, edition_of(grant, fund)))


@becomes(RestructureGrant)
def _redraw(_: Grant, asked: RestructureGrant, fund: Fund) -> was.GrantRestructured:
    edition = fund.edition_on(asked.on)
    if edition is None:
        raise NoEditionInForce(f"no policy edition holds on {asked.on}: adopt one that does")
    return was.GrantRestructured(
        on=asked.on,
        actor=asked.actor,
        window=asked.window,
        recipients=asked.recipients,
        providers=asked.providers,
        objective=asked.objective,
        institution=asked.institution,
        capabilities_planned=asked.capabilities_planned,
        reason=asked.reason,
        edition=edition.name,
    )


@lawful(was.GrantRestructured, since=1)
def _restructure(grant: Grant, e: was.GrantRestructured, fund: Fund) -> None:
    if not any((e.window, e.recipients, e.providers, e.objective, e.institution, e.capabilities_planned)):
        raise NothingChanged("name a window, countries, objective, institution or plan that changes")
    edition = fund.editions[e.edition]
    after = grant.but(
        window=e.window or grant.window, institution=e.institution or grant.institution, edition=e.edition
    )
    window = window_of(after.window, edition)
    if grant.effective_on is not None and grant.closing_date is not None:
        waived = after.window == grant.window and _is_waived(grant, fund)
        within_span(grant.effective_on, grant.closing_date, window, upper=not waived)
    within_maximum(after, grant.committed, window)
    fits_window(after, e.recipients or grant.recipients, window, edition)


@lawful(was.GrantRestructured, since=2)
def _restructure_with_plan(grant: Grant, e: was.GrantRestructured, fund: Fund) -> None:
    name, planned = e.window or grant.window, e.capabilities_planned or grant.capabilities_planned
    plans_capabilities(name, planned, window_of(name, fund.editions[e.edition]))


def _is_waived(grant: Grant, fund: Fund) -> bool:
    """Whether an extension that needed its waiver leads to the closing date in force."""
    until, window = grant.waived_until, window_of(grant.window, edition_of(grant, fund))
    assert grant.effective_on is not None
    span_ends = last_day(grant.effective_on, window)
    return until is not None and span_ends is not None and span_ends < until == grant.closing_date


@lawful(was.CommitmentIncreased, since=1)
def _increase(grant: Grant, e: was.CommitmentIncreased, fund: Fund) -> None:
    not_prepared_by(e.actor, grant)
    in_holding_currency(e.amount, fund.currency)
    more = grant.committed + e.amount.amount
    within_maximum(grant, more, window_of(grant.window, edition_of(grant, fund)))


@lawful(was.BalanceCancelled, since=1)
def _cancel_balance(_: Grant, e: was.BalanceCancelled, fund: Fund) -> None:
    in_holding_currency(e.amount, fund.currency)


@within_balance(was.BalanceCancelled, since=1)
def _cancel_within_balance(grant: Grant, e: was.BalanceCancelled, _: Fund) -> None:
    if e.amount.amount > grant.undisbursed:
        raise ExceedsUndisbursedBalance(
            f"{money(*e.amount)} is more than the undisbursed balance on {e.on}:"
            f" at most {money(grant.undisbursed, grant.currency)} can be cancelled"
        )


@lawful(was.GrantSuspended, since=1)
def _suspend(grant: Grant, e: was.GrantSuspended, _: Fund) -> None:
    if e.scope in grant.suspended:
        raise AlreadySuspended(f"a suspension of {e.scope} holds on {e.on} already")


@lawful(was.SuspensionLifted, since=1)
def _lift(grant: Grant, e: was.SuspensionLifted, _: Fund) -> None:
    if not grant.suspended or (e.scope is not None and e.scope not in grant.suspended):
        raise NotSuspended(f"suspended on {e.on}: {', '.join(grant.suspended) or 'nothing'}")
