"""From the promise to effectiveness: conditions, signature, closing date, lapse; and what a window asks."""

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import model_validator

from lifecycle.fund.establishment import window_of
from lifecycle.fund.state import Fund
from lifecycle.grant.state import Evolves, Grant, end_in
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.refusals import DATES, STAGE, TERMS, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import GRANT, A, S
from lifecycle.policy.edition import Edition, Window, first_day, last_day
from lifecycle.types.dates import Day
from lifecycle.types.stage import Stage
from lifecycle.types.text import Line, Reason


class ConditionMet(GrantEvent):
    """A condition of the approval is met. Recorded by the secretariat."""

    condition: Line
    """As the approval words it."""


class AgreementSigned(GrantEvent):
    """The grant agreement was signed. Recorded by the secretariat."""


class GrantMadeEffective(GrantEvent):
    """Money may flow from this day. Recorded by the secretariat."""

    closing_date: Day
    """Last day for activities."""


class GrantLapsed(GrantEvent):
    """The approval ran out unused. Its pair on the fund is CommitmentReleased.

    Recorded by an approver.
    """

    VERSION: ClassVar[int] = 2

    given_up: Literal[True] | None = None
    """The country gave it up: it lapses before its time is over. Needs a reason."""
    reason: Reason | None = None
    """Why it was not used."""

    @model_validator(mode="after")
    def _with_a_reason(self) -> "GrantLapsed":
        if self.given_up and self.reason is None:
            raise ValueError("a grant that is given up needs a reason")
        return self


def _condition_met(grant: Grant, event: ConditionMet) -> Grant:
    return grant.replace(conditions_met=(*grant.conditions_met, event.condition))


def _agreement_signed(grant: Grant, event: AgreementSigned) -> Grant:
    return grant.replace(stage=Stage.SIGNED, signed_on=event.on)


def _grant_made_effective(grant: Grant, event: GrantMadeEffective) -> Grant:
    return grant.replace(stage=Stage.EFFECTIVE, effective_on=event.on, closing_date=event.closing_date)


EVOLVE: Evolves = {
    ConditionMet: _condition_met,
    AgreementSigned: _agreement_signed,
    GrantMadeEffective: _grant_made_effective,
    GrantLapsed: end_in(Stage.LAPSED),
}
"""How each event changes the grant."""


_ALWAYS = frozenset(("activity", "follow_up", "disbursement_deadline"))


def asks_for(edition: Edition | None, obligation: str, window: str) -> bool:
    """Whether the edition asks a grant of the window for the obligation; `True` if no edition is known."""
    if edition is None or obligation in _ALWAYS:
        return True
    if obligation == "implementation":
        rules = edition.windows.get(window)
        return rules is not None and rules.max_months is not None
    if obligation == "signature" and not edition.agreement_required:
        return False
    return obligation in edition.obligations


def on_the_way(grant: Grant, edition: Edition) -> tuple[str, date | None]:
    """What an approved grant that is not effective waits for, signature or effectiveness, and when it is due.

    The date is `None` if the edition has no span for it.
    """
    assert grant.approved_on is not None
    if edition.agreement_required and grant.signed_on is None:
        name, base = "signature", grant.approved_on
    else:
        signed_on = grant.signed_on if edition.agreement_required else None
        name, base = "effectiveness", signed_on or grant.approved_on
    span = {str(key): value for key, value in edition.obligations.items()}.get(name)
    return name, None if span is None else span.after(base)


class UnknownCondition(Refusal, order=STAGE, rule="domain §3: MeetCondition"):
    """The approval names no such condition."""


def _check_condition(grant: Grant, event: ConditionMet) -> None:
    if event.condition not in grant.conditions:
        names = "; ".join(grant.conditions) or "none"
        raise UnknownCondition(f"the approval has no condition {event.condition!r}; it has: {names}")


class ConditionsUnmet(Refusal, order=STAGE, rule="domain §3: SignAgreement, MakeEffective"):
    """A condition of the approval is open."""


def _check_conditions_met(grant: Grant) -> None:
    if unmet := [name for name in grant.conditions if name not in grant.conditions_met]:
        raise ConditionsUnmet(f"open: {'; '.join(unmet)} (record each with grant meet-condition)")


class AgreementNotSigned(Refusal, order=STAGE, rule="domain §3: MakeEffective"):
    """The edition asks for an agreement, and there is none yet."""


class ClosingDateBeforeEffectiveness(Refusal, order=DATES, rule="domain §3: MakeEffective"):
    """A grant does not close before it is effective."""


def _check_effectiveness(grant: Grant, event: GrantMadeEffective, fund: Fund) -> None:
    edition = edition_of(grant, fund)
    if grant.stage is Stage.APPROVED and edition.agreement_required:
        raise AgreementNotSigned(f"edition {edition.name} asks for a signed agreement: record it first")
    _check_conditions_met(grant)
    if event.closing_date < event.on:
        raise ClosingDateBeforeEffectiveness(f"{event.closing_date} is before effectiveness on {event.on}")
    window = window_of(grant.window, edition)
    within_span(event.on, event.closing_date, window)
    fits_window(grant, grant.recipients, window, edition)


def _check_capability_plan(grant: Grant, fund: Fund) -> None:
    edition = edition_of(grant, fund)
    plans_capabilities(grant.window, grant.capabilities_planned, window_of(grant.window, edition))


class NotYetLapsed(Refusal, order=DATES, rule="domain §3: LapseGrant"):
    """The time for signature or effectiveness is not over."""


def _check_lapse(grant: Grant, event: GrantLapsed, fund: Fund) -> None:
    name, due = on_the_way(grant, edition_of(grant, fund))
    if event.given_up or due is None or (name, None) in grant.waived:
        return
    if event.on <= due:
        raise NotYetLapsed(
            f"the {name} is due on {due}: the grant lapses after that day, or before it with given_up"
            " and a reason"
        )


class BeyondWindow(Refusal, order=DATES, rule="domain §4.6: windows hold"):
    """The closing date is outside the window's span."""


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


class TooFewRecipients(Refusal, order=TERMS, rule="domain §5: min_recipients"):
    """The window asks for more recipient countries."""


class CapacityShareTooHigh(Refusal, order=TERMS, rule="domain §5: max_capacity_share"):
    """Too much of the budget is for the countries' own capacity to share."""


class InstitutionMissing(Refusal, order=TERMS, rule="domain §5: institution"):
    """The window asks for a public institution."""


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


class CapabilityNotPlanned(Refusal, order=TERMS, rule="domain §5: capabilities"):
    """The window asks for a plan for each of its capabilities."""


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


def edition_of(grant: Grant, fund: Fund) -> Edition:
    """The edition that governs an approved grant."""
    assert grant.edition is not None
    return fund.editions[grant.edition]


def deadline(grant: Grant, fund: Fund) -> date | None:
    """The last day on which money may leave; `None` before effectiveness."""
    return None if grant.closing_date is None else edition_of(grant, fund).deadline(grant.closing_date)


RULES: Rules = {
    ConditionMet: Guards(invariants=(Rule(1, _check_condition),)),
    AgreementSigned: Guards(invariants=(Rule(1, _check_conditions_met),)),
    GrantMadeEffective: Guards(
        invariants=(
            Rule(1, _check_effectiveness),
            Rule(2, _check_capability_plan),
        )
    ),
    GrantLapsed: Guards(invariants=(Rule(2, _check_lapse),)),
}
"""What is asked before each event, each rule with the number of its rule set."""


class MeetCondition(GrantCommand[ConditionMet]):
    """Record a condition as met."""


class SignAgreement(GrantCommand[AgreementSigned]):
    """Sign the agreement."""


class MakeEffective(GrantCommand[GrantMadeEffective]):
    """Let money flow, until a closing date."""


class LapseGrant(GrantCommand[GrantLapsed]):
    """End an approval that was never used."""


COMMANDS = (
    MeetCondition.spec("grant meet-condition", "secretariat", (A, S), GRANT),
    SignAgreement.spec("grant sign", "secretariat", (A,), GRANT),
    MakeEffective.spec("grant make-effective", "secretariat", (A, S), GRANT),
    LapseGrant.spec("grant lapse", "approver", (A, S), GRANT),
)
"""How each event is asked for."""
