"""How long grants stay in each stage: the median and the 90th percentile, by window and by year."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from lifecycle.types.dates import fiscal_year_of
from projections.reports import common_columns as common
from projections.reports.portfolio.percentiles import median, percentile
from projections.reports.portfolio.register import grants_spans
from projections.reports.portfolio.stages import BEGIN, ENDS, STAGES, stays_before
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.rows import Row
from projections.schema.tables import fund_details

_FIGURES = (
    common.STAGE.but(meaning="A stage in which grants stayed"),
    Column("stays", Type.COUNT, "Times that a grant left the stage by the day: the days are of these"),
    Column(
        "median_days", Type.COUNT, "Days in the stage that half of these stays did not exceed", total=False
    ),
    Column(
        "p90_days",
        Type.COUNT,
        "Days that nine in ten of these stays did not exceed (nearest rank)",
        total=False,
    ),
    Column("longest_days", Type.COUNT, "The longest of these stays", total=False),
    Column("open", Type.COUNT, "Grants that are in the stage on the day; their days are not counted"),
)


class Stay(NamedTuple):
    """A time that a grant spent in one stage."""

    stage: str
    window: str
    since: str
    until: str
    """The day on which the grant left the stage; a day after the report's if it has not."""


def _stays(connection: Connection, as_of: date) -> Iterator[Stay]:
    """Yield each stay that began by the day, also those before a grant was brought forward, if known."""
    for spans in grants_spans(connection, as_of):
        first = spans[0]
        if first.proposed_on != first.since:
            for stage, since, until in stays_before(first):
                yield Stay(stage, first.window, since, until)
        current: Stay | None = None
        for span in spans:
            if current is not None and span.stage == current.stage:
                current = current._replace(until=span.until, window=span.window)
                continue
            if current is not None:
                yield current
            began = str(span.since) if span is not first else _began(first)
            current = None if began is None else Stay(span.stage, span.window, began, span.until)
        if current is not None:
            yield current


def _began(first: Any) -> str | None:
    """Return the day on which the first stage of a grant's rows began; `None` if it is not known."""
    if first.proposed_on == first.since:
        return str(first.since)
    began: str | None = getattr(first, BEGIN[first.stage]) if first.stage in BEGIN else None
    return began


def _by(column: Column, group_of: Callable[[Stay, int], str]) -> Question:
    columns = Columns(column, *_FIGURES, first=f"{column.name} stage stays median_days p90_days open")

    def answer(connection: Connection, as_of: date) -> list[Row]:
        on = as_of.isoformat()
        start = connection.execute(select(fund_details.c.fiscal_year_start)).scalar() or 1
        days: dict[tuple[str, str], list[int]] = defaultdict(list)
        still: Counter[tuple[str, str]] = Counter()
        for stay in _stays(connection, as_of):
            if stay.stage in ENDS:
                continue
            if stay.until <= on:
                length = date.fromisoformat(stay.until) - date.fromisoformat(stay.since)
                days[group_of(stay, start), stay.stage].append(length.days)
            else:
                still[group_of(stay._replace(until=on), start), stay.stage] += 1
        order = {stage: number for number, stage in enumerate(STAGES)}
        groups = sorted(days.keys() | still.keys(), key=lambda group: (group[0], order[group[1]]))
        return [
            columns.row(
                **{column.name: name},
                stage=stage,
                stays=len(lengths := days[name, stage]),
                median_days=median(lengths) if lengths else None,
                p90_days=percentile(lengths, 90) if lengths else None,
                longest_days=max(lengths, default=None),
                open=still[name, stage],
            )
            for name, stage in groups
        ]

    return Question(columns, answer)


_LEFT = "in which the grant left the stage; of one that has not, that of the day of the report"
_BY = {
    "window": _by(common.WINDOW, lambda stay, _: stay.window),
    "calendar-year": _by(
        Column("calendar_year", Type.TEXT, f"The year {_LEFT}"), lambda stay, _: f"CY{stay.until[:4]}"
    ),
    "fiscal-year": _by(
        Column("fiscal_year", Type.TEXT, f"The fiscal year {_LEFT}"),
        lambda stay, start: f"FY{fiscal_year_of(date.fromisoformat(stay.until), start)}",
    ),
}
KEYS = tuple(_BY)
"""The keys by which it can be summed."""


def report_by(key: str, as_of: ColumnElement[str]) -> Question:
    """Ask how long grants stayed in each stage, by window or by the year in which they left it."""
    del as_of
    return _BY[key]
