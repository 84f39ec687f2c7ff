"""Whether an indicator is on track: how its newest value compares with a straight way to the target."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from lifecycle.grant.state import Indicator

_DECIMALS = Decimal("0.01")


def expected(indicator: Indicator) -> Decimal | None:
    """Return what a straight way from baseline to target gives on the day of the newest value, rounded.

    The way begins on the day on which the indicator was first set. `None` if it was not measured.
    """
    if indicator.measured_on is None:
        return None
    exact = _expected_on(indicator, indicator.measured_on)
    return (Decimal(exact.numerator) / exact.denominator).quantize(_DECIMALS, ROUND_HALF_EVEN)


def is_reached(indicator: Indicator) -> bool:
    """Return whether the newest value is the target or beyond it."""
    return _is_at_least(indicator, Fraction(indicator.target))


def is_on_track(indicator: Indicator) -> bool:
    """Return whether the newest value was what a straight way gives on its day, or beyond it."""
    on = indicator.measured_on
    return on is not None and _is_at_least(indicator, _expected_on(indicator, on))


def _expected_on(indicator: Indicator, day: date) -> Fraction:
    length = (indicator.by - indicator.since).days
    part = Fraction(min((day - indicator.since).days, length), length)
    baseline = Fraction(indicator.baseline)
    return baseline + part * (Fraction(indicator.target) - baseline)


def _is_at_least(indicator: Indicator, value: Fraction) -> bool:
    """Return whether the newest value is this value or beyond it, in the direction of the target."""
    if indicator.actual is None:
        return False
    actual = Fraction(indicator.actual)
    return actual >= value if indicator.target > indicator.baseline else actual <= value
