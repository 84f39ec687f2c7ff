"""From the promise to effectiveness: conditions, signature, closing date, lapse."""

from datetime import date
from decimal import Decimal

from lifecycle.decisions.rules import edition_of, lawful, window_of
from lifecycle.events import grant as was
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import Grant
from lifecycle.grant.obligations.asked import on_the_way
from lifecycle.kernel.refusals import (
    AgreementNotSigned,
    BeyondWindow,
    CapabilityNotPlanned,
    CapacityShareTooHigh,
    ClosingDateBeforeEffectiveness,
    ConditionsUnmet,
    InstitutionMissing,
    NotYetLapsed,
    TooFewRecipients,
    UnknownCondition,
)
from lifecycle.policy.edition import (
    Edition,
    Window,
    first_day,
    last_day,
)
from lifecycle.types.stage import Stage


@lawful(was.ConditionMet, since=1)
def _meet(grant: Grant, e: was.ConditionMet, _: Fund) -> None:
    if e.condition not in grant.conditions:
        names = "; ".join(grant.conditions) or "none"
        raise UnknownCondition(f"the approval has no condition {e.condition!r}; it has: {names}")


def _conditions_met(grant: Grant) -> None:
    if unmet := [name for name in grant.conditions if name not in grant.conditions_met]:
        raise ConditionsUnmet(f"open: {'; '.join(unmet)} (record each with grant meet-condition)")


@lawful(was.AgreementSigned, since=1)
def _sign(grant: Grant, _: was.AgreementSigned, __: Fund) -> None:
    _conditions_met(grant)


@lawful(was.GrantMadeEffective, since=1)
def _make_effective(grant: Grant, e: was.GrantMadeEffective, fund: Fund) -> None:
    edition = edition_of(grant, fund)
    if grant.stage is Stage.APPROVED and edition.agreement_required:
        raise AgreementNotSigned(f"edition {edition.name} asks for a signed agreement: record it first")
    _conditions_met(grant)
    if e.closing_date < e.on:
        raise ClosingDateBeforeEffectiveness(f"{e.closing_date} is before effectiveness on {e.on}")
    window = window_of(grant.window, edition)
    within_span(e.on, e.closing_date, window)
    fits_window(grant, grant.recipients, window, edition)


@lawful(was.GrantMadeEffective, since=2)
def _make_effective_with_plan(grant: Grant, _: was.GrantMadeEffective, fund: Fund) -> None:
    edition = edition_of(grant, fund)
    plans_capabilities(grant.window, grant.capabilities_planned, window_of(grant.window, edition))


@lawful(was.GrantLapsed, since=2)
def _lapse_in_time(grant: Grant, e: was.GrantLapsed, fund: Fund) -> None:
    name, due = on_the_way(grant, edition_of(grant, fund))
    if e.given_up or due is None or (name, None) in grant.waived:
        return
    if e.on <= due:
        raise NotYetLapsed(
            f"the {name} is due on {due}: the grant lapses after that day, or before it with given_up"
            " and a reason"
        )


def within_span(effective_on: date, closing_date: date, window: Window, *, upper: bool = True) -> None:
    """Refuse a closing date outside the window's span. The last day counts. Raises `BeyondWindow`."""
    latest = last_day(effective_on, window)
    if upper and latest is not None and closing_date > latest:
        assert window.max_months is not None
        raise BeyondWindow(
            f"{closing_date} is after {latest}, the last day of the window: {window.max_months.value} months"
            f" from effectiveness on {effective_on} ({window.max_months.source});"
            f" at most {latest} is possible, or an extension with a waiver that gives a reason"
        )
    earliest = first_day(effective_on, window)
    if earliest is not None and closing_date < earliest:
        assert window.min_months is not None
        raise BeyondWindow(
            f"{closing_date} is before {earliest}: the window lasts at least {window.min_months.value} months"
            f" from effectiveness on {effective_on} ({window.min_months.source})"
        )


def fits_window(grant: Grant, recipients: tuple[str, ...], window: Window, edition: Edition) -> None:
    """Refuse a grant that its window does not admit: recipients, capacity share, institution."""
    stated = {code for code in recipients if code != "ZZ"}
    if window.min_recipients is not None and len(stated) < window.min_recipients.value:
        raise TooFewRecipients(
            f"window {grant.window} of edition {edition.name} asks for at least {window.min_recipients.value}"
            f" recipient countries ({window.min_recipients.source}); {len(stated)} named"
        )
    share = grant.capacity_share
    if window.max_capacity_share is not None and share is not None:
        limit = window.max_capacity_share
        if share > type(share)(limit.value):
            raise CapacityShareTooHigh(
                f"{_percent(share)} of the budget is for capacity to share; at most"
                f" {_percent(type(share)(limit.value))} ({limit.source})"
            )
    if window.institution is not None and window.institution.value and not grant.institution:
        raise InstitutionMissing(
            f"window {grant.window} is for a public institution ({window.institution.source}): name it"
        )


def _percent(share: Decimal) -> str:
    """A share as people read it, not rounded to fewer than ten places."""
    text = f"{share * 100:.10f}".rstrip("0").rstrip(".")
    return f"{text} %"


def plans_capabilities(name: str, planned: tuple[str, ...], window: Window) -> None:
    """Refuse a plan that leaves out a capability of the window. Raises `CapabilityNotPlanned`."""
    asked = window.capabilities
    if asked is not None and (missing := [one for one in asked.value if one not in planned]):
        raise CapabilityNotPlanned(
            f"window {name} asks for a plan for {' and '.join(missing)} as well ({asked.source})"
        )


def fits_months(name: str, months: int, window: Window) -> None:
    """Refuse to promise more months than the window has, or fewer. Raises `BeyondWindow`."""
    most, least = window.max_months, window.min_months
    if most is not None and months > most.value:
        raise BeyondWindow(f"{months} months are asked for; window {name} has {most.value} ({most.source})")
    if least is not None and months < least.value:
        raise BeyondWindow(
            f"{months} months are asked for; window {name} lasts at least {least.value} ({least.source})"
        )
