"""From approval to effectiveness or lapse, and the checks of a window's limits."""

from datetime import date
from typing import ClassVar, Literal

from pydantic import model_validator

from lifecycle.fund.establishment import window_of
from lifecycle.fund.pools.ends import check_closes_within_pools
from lifecycle.fund.state import Fund
from lifecycle.grant.budget.capacity import within_capacity_share
from lifecycle.grant.state import Evolves, Grant, MutableGrant, end_in
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.refusals import DATES, STAGE, TERMS, NotInStage, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import GRANT, A, S
from lifecycle.policy.edition import Edition, Window, first_day, last_day
from lifecycle.types.dates import Day
from lifecycle.types.stage import NOT_STATED, Stage
from lifecycle.types.text import Line, Reason


class ConditionMet(GrantEvent):
    """A condition of the approval is met. Recorded by the secretariat."""

    condition: Line
    """In the words of the approval."""


class AgreementSigned(GrantEvent):
    """The grant agreement was signed. Recorded by the secretariat."""


class GrantMadeEffective(GrantEvent):
    """Payments and activities are possible from this day. Recorded by the secretariat."""

    VERSION: ClassVar[int] = 2

    closing_date: Day
    """The last day for activities."""
    pool_waiver: Reason | None = None
    """Why payments may be possible after the end of an agreement whose money the grant draws."""


class GrantLapsed(GrantEvent):
    """The approved grant did not become effective. Its pair on the fund is CommitmentReleased.

    Recorded by an approver.
    """

    VERSION: ClassVar[int] = 2

    given_up: Literal[True] | None = None
    """The country gave the grant up, so that it may lapse before its time is over. Needs a reason."""
    reason: Reason | None = None
    """Why the grant did not become effective."""

    @model_validator(mode="after")
    def _with_a_reason(self) -> "GrantLapsed":
        if self.given_up and self.reason is None:
            raise ValueError("a grant that is given up needs a reason")
        return self


def _condition_met(grant: MutableGrant, event: ConditionMet) -> None:
    grant.conditions_met += (event.condition,)


def _agreement_signed(grant: MutableGrant, event: AgreementSigned) -> None:
    grant.stage = Stage.SIGNED
    grant.signed_on = event.on


def _grant_made_effective(grant: MutableGrant, event: GrantMadeEffective) -> None:
    grant.stage = Stage.EFFECTIVE
    grant.effective_on = event.on
    grant.closing_date = event.closing_date


EVOLVE: Evolves = {
    ConditionMet: _condition_met,
    AgreementSigned: _agreement_signed,
    GrantMadeEffective: _grant_made_effective,
    GrantLapsed: end_in(Stage.LAPSED),
}
"""The function by which each event changes the grant."""


_WITHOUT_SPAN = frozenset(("activity", "follow_up", "disbursement_deadline", "advance"))
"""Obligations of every edition: their due dates are the grant's own, or of an advance its payment's."""


def requires_obligation(edition: Edition | None, obligation: str, grant: Grant) -> bool:
    """Return whether the grant has the obligation by the edition; `True` if that is `None`."""
    if edition is None or obligation in _WITHOUT_SPAN:
        return True
    if obligation == "clearance":
        return bool(edition.clearances)
    if obligation == "implementation":
        limits = edition.windows.get(grant.window)
        return limits is not None and limits.max_months is not None
    if obligation == "signature" and not edition.needs_agreement(grant.execution):
        return False
    return obligation in edition.obligations


def executed_by(grant: Grant) -> str:
    """Return who executes the grant, as the end of a sentence."""
    return f"the {'Bank' if grant.execution == 'bank' else 'recipient'} executes"


def next_step(grant: Grant, edition: Edition) -> tuple[str, date | None]:
    """Return what an approved grant waits for, ``signature`` or ``effectiveness``, and its due date.

    The date is `None` if the edition has no span for it.
    """
    assert grant.approved_on is not None
    needs_agreement = edition.needs_agreement(grant.execution)
    if needs_agreement and grant.signed_on is None:
        step, starts_on = "signature", grant.approved_on
    else:
        signed_on = grant.signed_on if needs_agreement else None
        step, starts_on = "effectiveness", signed_on or grant.approved_on
    span = {str(name): span for name, span in edition.obligations.items()}.get(step)
    return step, None if span is None else span.after(starts_on)


def was_approved(grant: Grant, event: GrantEvent) -> None:
    """Refuse what can only follow an approval if there is none. Raises `NotInStage`."""
    if grant.edition is None:
        raise NotInStage(f"{grant.id} has no approval on {event.on}: bring its approval in before it")


def was_effective(grant: Grant, event: GrantEvent) -> None:
    """Refuse what can only follow effectiveness if there is none. Raises `NotInStage`."""
    was_approved(grant, event)
    if grant.effective_on is None:
        raise NotInStage(f"{grant.id} is not effective on {event.on}: bring that in before it")


class UnknownCondition(Refusal, order=STAGE, rule="domain §3: MeetCondition"):
    """The approval names no such condition."""


def _check_condition(grant: Grant, event: ConditionMet) -> None:
    if event.condition not in grant.conditions:
        names = "; ".join(grant.conditions) or "none"
        raise UnknownCondition(f"the approval has no condition {event.condition!r}; it has: {names}")


class ConditionsUnmet(Refusal, order=STAGE, rule="domain §3: SignAgreement, MakeEffective"):
    """A condition of the approval is open."""


def _check_conditions_met(grant: Grant) -> None:
    if unmet := grant.unmet_conditions:
        raise ConditionsUnmet(f"open: {'; '.join(unmet)} (record each with grant meet-condition)")


class AgreementNotSigned(Refusal, order=STAGE, rule="domain §3: MakeEffective"):
    """The edition requires a signed agreement, and the agreement is not signed."""


class ClosingDateBeforeEffectiveness(Refusal, order=DATES, rule="domain §3: MakeEffective"):
    """The closing date is before effectiveness."""


def _check_effectiveness(grant: Grant, event: GrantMadeEffective, fund: Fund) -> None:
    edition = edition_of(grant, fund)
    if grant.stage is Stage.APPROVED and edition.needs_agreement(grant.execution):
        raise AgreementNotSigned(
            f"edition {edition.name} asks for a signed agreement of a grant that {executed_by(grant)}:"
            " record it first"
        )
    _check_conditions_met(grant)
    if event.closing_date < event.on:
        raise ClosingDateBeforeEffectiveness(f"{event.closing_date} is before effectiveness on {event.on}")
    window = window_of(grant.window, edition)
    within_span(event.on, event.closing_date, window)
    fits_window(grant, grant.recipients, window, edition)
    within_capacity_share(grant, window, with_used=False)


def _check_pools(grant: Grant, event: GrantMadeEffective, fund: Fund) -> None:
    deadline = edition_of(grant, fund).deadline(event.closing_date)
    check_closes_within_pools(fund, grant.id, event.on, deadline, event.pool_waiver)


def _check_capability_plan(grant: Grant, fund: Fund) -> None:
    edition = edition_of(grant, fund)
    plans_capabilities(grant.window, grant.capabilities_planned, window_of(grant.window, edition))


class NotYetLapsed(Refusal, order=DATES, rule="domain §3: LapseGrant"):
    """The time for signature or effectiveness is not over."""


def _check_lapse(grant: Grant, event: GrantLapsed, fund: Fund) -> None:
    step, due = next_step(grant, edition_of(grant, fund))
    if event.given_up or due is None or (step, None) in grant.waived:
        return
    if event.on <= due:
        raise NotYetLapsed(
            f"the {step} is due on {due}: the grant lapses after that day, or before it with given_up"
            " and a reason"
        )


class BeyondWindow(Refusal, order=DATES, rule="domain §4.6: windows hold"):
    """The closing date is outside the window's span."""


def within_span(effective_on: date, closing_date: date, window: Window, *, check_latest: bool = True) -> None:
    """Refuse a closing date outside the window's span; its last day is inside. Raises `BeyondWindow`.

    ``check_latest``: whether it may be too late, not only too early.
    """
    latest = last_day(effective_on, window)
    if check_latest and latest is not None and closing_date > latest:
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
    """The grant has fewer recipient countries than the window requires."""


class InstitutionMissing(Refusal, order=TERMS, rule="domain §5: institution"):
    """The window requires a public institution, and the grant names none."""


def fits_window(grant: Grant, recipients: tuple[str, ...], window: Window, edition: Edition) -> None:
    """Refuse a grant that its window does not admit. Raises a refusal.

    Checks the recipient countries and the institution.
    """
    stated = {code for code in recipients if code != NOT_STATED}
    if window.min_recipients is not None and len(stated) < window.min_recipients.value:
        raise TooFewRecipients(
            f"window {grant.window} of edition {edition.name} asks for at least {window.min_recipients.value}"
            f" recipient countries ({window.min_recipients.source}); {len(stated)} named"
        )
    if window.institution is not None and window.institution.value and not names_institution(grant):
        raise InstitutionMissing(
            f"window {grant.window} is for a public institution ({window.institution.source}): name it"
        )


def names_institution(grant: Grant) -> bool:
    """Return whether the grant names an institution in words, or one of the directory that implements it."""
    return bool(grant.institution) or any(named.role == "implementing" for named in grant.institutions)


class CapabilityNotPlanned(Refusal, order=TERMS, rule="domain §5: capabilities"):
    """The plan leaves out a capability that the window requires."""


def plans_capabilities(name: str, planned: tuple[str, ...], window: Window) -> None:
    """Refuse a plan that leaves out a capability of the window. Raises `CapabilityNotPlanned`."""
    required = window.capabilities
    if required is None:
        return
    if missing := [capability for capability in required.value if capability not in planned]:
        raise CapabilityNotPlanned(
            f"window {name} asks for a plan for {' and '.join(missing)} as well ({required.source})"
        )


def fits_months(name: str, months: int, window: Window) -> None:
    """Refuse more months than the window has, or fewer. Raises `BeyondWindow`."""
    most, least = window.max_months, window.min_months
    if most is not None and months > most.value:
        raise BeyondWindow(f"{months} months are asked for; window {name} has {most.value} ({most.source})")
    if least is not None and months < least.value:
        raise BeyondWindow(
            f"{months} months are asked for; window {name} lasts at least {least.value} ({least.source})"
        )


def edition_of(grant: Grant, fund: Fund) -> Edition:
    """Return the edition that governs the grant, which is approved."""
    assert grant.edition is not None
    return fund.editions[grant.edition]


def disbursement_deadline(grant: Grant, fund: Fund) -> date | None:
    """Return the last day on which money may be paid; `None` before effectiveness."""
    return None if grant.closing_date is None else edition_of(grant, fund).deadline(grant.closing_date)


RULES: Rules = {
    ConditionMet: Guards(invariants=(Rule(1, _check_condition),)),
    AgreementSigned: Guards(
        invariants=(Rule(1, _check_conditions_met),), arithmetic=(Rule(2, was_approved),)
    ),
    GrantMadeEffective: Guards(
        invariants=(
            Rule(1, _check_effectiveness),
            Rule(2, _check_capability_plan),
            Rule(3, _check_pools),
        ),
        arithmetic=(Rule(2, was_approved),),
    ),
    GrantLapsed: Guards(invariants=(Rule(2, _check_lapse),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class MeetCondition(GrantCommand[ConditionMet]):
    """Record that a condition is met."""


class SignAgreement(GrantCommand[AgreementSigned]):
    """Sign the agreement."""


class MakeEffective(GrantCommand[GrantMadeEffective]):
    """Make a grant effective, until a closing date."""


class LapseGrant(GrantCommand[GrantLapsed]):
    """End an approved grant that did not become effective."""


COMMANDS = (
    MeetCondition.spec("grant meet-condition", "secretariat", (A, S), GRANT),
    SignAgreement.spec("grant sign", "secretariat", (A,), GRANT),
    MakeEffective.spec("grant make-effective", "secretariat", (A, S), GRANT),
    LapseGrant.spec("grant lapse", "approver", (A, S), GRANT),
)
"""The commands, as the catalogue lists them."""
