"""Results as numbers: indicators with a baseline and a target, and their measured values (domain §12)."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from lifecycle.grant.state import Evolves, Grant, Indicator, MutableGrant
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.likeness import group_key, not_too_like
from lifecycle.kernel.refusals import STAGE, TERMS, NothingChanged, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import A, C, E, F, S
from lifecycle.types.dates import Day
from lifecycle.types.money import Figure
from lifecycle.types.text import ByName, ItemId, Line
from lifecycle.types.vocabularies import Label

INDICATOR = ("grant", "indicator")


class IndicatorSet(GrantEvent):
    """What a result should reach was set, or set otherwise. Recorded by the task team leader."""

    indicator: ItemId
    """Its name within the grant."""
    unit: Line
    """What is counted or measured: jobs, hectares, percent."""
    baseline: Figure
    """The value before the exchange."""
    target: Figure
    """The value to reach."""
    by: Day
    """The day by which the target should be reached."""
    disaggregation: tuple[Label, ...] = ()
    """The groups for which it is measured apart, such as women and men."""

    @model_validator(mode="after")
    def _of_some_way(self) -> "IndicatorSet":
        if self.target == self.baseline:
            raise ValueError(f"target {self.target:f} is the baseline: there is nothing to reach")
        if len({group_key(group) for group in self.disaggregation}) < len(self.disaggregation):
            raise ValueError("a group of the disaggregation is named twice")
        return self


def _each_once(parts: dict[str, Decimal]) -> dict[str, Decimal]:
    if len({group_key(group) for group in parts}) < len(parts):
        raise ValueError("a group is named twice")
    return parts


class IndicatorMeasured(GrantEvent):
    """An indicator was measured. Recorded by the task team leader."""

    indicator: ItemId
    """Its name within the grant."""
    value: Figure
    """The value on the day, counted from the same zero as the baseline."""
    source: Line
    """Who or what says so: a survey, a report, a register."""
    parts: Annotated[dict[Label, Figure], AfterValidator(_each_once), ByName] = Field(default_factory=dict)
    """The value of each group of the disaggregation, as far as it is known."""


def _indicator_set(grant: MutableGrant, event: IndicatorSet) -> None:
    known = grant.indicators.get(event.indicator)
    terms = {name: getattr(event, name) for name in ("unit", "baseline", "target", "by", "disaggregation")}
    if known is None:
        grant.indicators[event.indicator] = Indicator(event.indicator, since=event.on, **terms)
    else:
        grant.indicators[event.indicator] = known.replace(**terms)


def _indicator_measured(grant: MutableGrant, event: IndicatorMeasured) -> None:
    grant.indicators[event.indicator] = grant.indicators[event.indicator].replace(
        actual=event.value, measured_on=event.on, source=event.source, parts=event.parts
    )


EVOLVE: Evolves = {
    IndicatorSet: _indicator_set,
    IndicatorMeasured: _indicator_measured,
}
"""The function by which each event changes the grant."""


class TargetAlreadyPassed(Refusal, order=TERMS, rule="domain §12: SetIndicator"):
    """The target should have been reached before it was set."""


def _check_target_is_ahead(event: IndicatorSet) -> None:
    if event.by <= event.on:
        raise TargetAlreadyPassed(
            f"{event.by} is not after {event.on}: give the day by which the target should be reached"
        )


class UnitOfMeasuredIndicator(Refusal, order=TERMS, rule="domain §12: SetIndicator"):
    """The indicator was measured in another unit."""


def _check_unit_stays(grant: Grant, event: IndicatorSet) -> None:
    known = grant.indicators.get(event.indicator)
    if known is not None and known.actual is not None and known.unit != event.unit:
        raise UnitOfMeasuredIndicator(
            f"{event.indicator} was measured in {known.unit} on {known.measured_on}:"
            f" name another indicator for {event.unit}"
        )


def _check_something_is_set(grant: Grant, event: IndicatorSet) -> None:
    known = grant.indicators.get(event.indicator)
    if known is not None and (known.unit, known.baseline, known.target, known.by, known.disaggregation) == (
        (event.unit, event.baseline, event.target, event.by, event.disaggregation)
    ):
        raise NothingChanged(f"{event.indicator} has this target already")


def _check_likeness(grant: Grant, event: IndicatorSet) -> None:
    not_too_like(event.indicator, grant.indicators, "indicator")


class UnknownIndicator(Refusal, order=STAGE, rule="domain §12: MeasureIndicator"):
    """The grant has no indicator of this name on that day."""


def _check_is_set(grant: Grant, event: IndicatorMeasured) -> None:
    if event.indicator not in grant.indicators:
        known = ", ".join(grant.indicators) or "none"
        raise UnknownIndicator(
            f"there is no indicator {event.indicator} on {event.on}; set on that day: {known}."
            " grant set-indicator sets one"
        )


class UnknownGroup(Refusal, order=TERMS, rule="domain §12: MeasureIndicator"):
    """A value is of a group for which the indicator is not measured apart."""


def _check_groups(grant: Grant, event: IndicatorMeasured) -> None:
    indicator = grant.indicators.get(event.indicator)
    groups = () if indicator is None else indicator.disaggregation
    known = {group_key(group) for group in groups}
    if unknown := [group for group in event.parts if group_key(group) not in known]:
        raise UnknownGroup(
            f"{event.indicator} is not measured apart for {', '.join(unknown)};"
            f" its groups: {', '.join(groups) or 'none'}"
        )


RULES: Rules = {
    IndicatorSet: Guards(
        invariants=(
            Rule(3, _check_target_is_ahead),
            Rule(3, _check_unit_stays),
            Rule(3, _check_likeness),
        ),
        preconditions=(Rule(3, _check_something_is_set),),
    ),
    IndicatorMeasured: Guards(
        invariants=(Rule(3, _check_is_set), Rule(3, _check_groups)),
        arithmetic=(Rule(3, _check_is_set),),
    ),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class SetIndicator(GrantCommand[IndicatorSet]):
    """Set what a result should reach, by when."""


class MeasureIndicator(GrantCommand[IndicatorMeasured]):
    """Record the value of an indicator."""


COMMANDS = (
    SetIndicator.spec("grant set-indicator", "ttl", (A, S, E, F), INDICATOR),
    MeasureIndicator.spec("grant measure", "ttl", (E, F, C), INDICATOR),
)
"""The commands, as the catalogue lists them."""
