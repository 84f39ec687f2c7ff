"""The rows of a grant's indicators."""

import json
from decimal import Decimal

from lifecycle.grant import events as was
from lifecycle.grant.results.measures import expected, is_on_track, is_reached
from lifecycle.grant.state import Grant, Indicator
from lifecycle.kernel.event import Event
from projections.schema.layout import indicator_spans
from projections.schema.rows import FAR, Row, day, row_maker

_EVENTS = (was.IndicatorSet, was.IndicatorMeasured)
CONCERNS: tuple[type[Event], ...] = _EVENTS
"""The events of an indicator."""

_row = row_maker(indicator_spans)


class Indicators:
    """Keeps the state of each indicator of one grant, from day to day."""

    table = indicator_spans

    def __init__(self) -> None:
        self._states: dict[str, dict[str, Indicator]] = {}
        """By indicator: the state from each first day on."""

    def see(self, grant: Grant, event: Event) -> None:
        """Keep the indicator's state after the event."""
        assert isinstance(event, _EVENTS)
        states = self._states.setdefault(event.indicator, {})
        states[str(day(event.on))] = grant.indicators[event.indicator]

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each span of days in which an indicator's state was the same."""
        grant, rows = stream.removeprefix("grant:"), list[Row]()
        for states in self._states.values():
            ends = [*list(states)[1:], FAR]
            for (since, indicator), until in zip(states.items(), ends, strict=True):
                rows.append(_row(grant=grant, n=len(rows), since=since, until=until, **_cells(indicator)))
        return rows


def _cells(indicator: Indicator) -> dict[str, object]:
    return {
        "indicator": indicator.id,
        "unit": indicator.unit,
        "baseline": _text(indicator.baseline),
        "target": _text(indicator.target),
        "by": day(indicator.by),
        "groups": json.dumps(indicator.disaggregation, ensure_ascii=False),
        "actual": _text(indicator.actual),
        "measured_on": day(indicator.measured_on),
        "expected": _text(expected(indicator)),
        "track": _track(indicator),
        "parts": json.dumps(
            [f"{group}: {value:f}" for group, value in indicator.parts.items()], ensure_ascii=False
        ),
        "source": indicator.source,
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"


def _track(indicator: Indicator) -> str:
    """Return whether it is on track by its newest value."""
    if indicator.actual is None:
        return "not_measured"
    if is_reached(indicator):
        return "reached"
    return "on_track" if is_on_track(indicator) else "off_track"
