"""Run a report for any day, as known now or at an earlier position.

The SQL views have the same selects, as of today. A report as *known* earlier reads the tables that
`projections.engine.as_known` gives.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, ColumnElement, Connection, Dialect, Select, Text, bindparam, func, select

from lifecycle.book.book import Book
from lifecycle.journal.addresses import is_address
from lifecycle.kernel.history import Entry, grant_stream
from lifecycle.parse import Malformed
from lifecycle.types.readings.nearest import unknown
from projections import store
from projections.engine.detached_views import DetachedViews
from projections.engine.projector import caught_up
from projections.reports import entries
from projections.reports.money import payments
from projections.reports.portfolio import timeline
from projections.reports.questions import Question
from projections.reports.sql_views import KEYS, REPORTS
from projections.schema.columns import Columns, Type
from projections.schema.expressions import PAGED
from projections.schema.rows import Row
from projections.schema.tables import register_spans
from projections.schema.tracking import ViewsTracking
from projections.streamed_rows import StreamedRows

_OF_ALL = ("register",)
"""Reports that need all grants for the row of one: its sector has the spelling that was recorded first."""
ENTRIES = "entries"
"""The one report that is read from the journal."""
AS_OF: ColumnElement[str] = bindparam("as_of", type_=Text)
"""The day of the report."""


__all__ = [
    "AS_OF",
    "ENTRIES",
    "KEYS",
    "REPORTS",
    "Report",
    "answer_of",
    "answering",
    "ask",
    "question_of",
    "rows_of",
    "run",
    "sql_of",
    "tables_at",
]


@dataclass(frozen=True)
class Report:
    """A report with its two dates."""

    name: str
    layout: Columns
    rows: Sequence[Row]
    """Cells as in JSON: days, amounts and shares are text, lists are lists."""
    as_of: date
    known: int
    """The journal position up to which entries are counted."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return self.layout.names


def run(
    book: Book | DetachedViews,
    name: str,
    *,
    as_of: date,
    known: int | None = None,
    by: str | None = None,
    grant: str | None = None,
    every: bool = False,
    due_within: int | None = None,
    status: str | None = None,
) -> Report:
    """Run a report and return it.

    Args:
        book: A book, whose views are caught up first; or detached views, which are read as they are.
        name: A name in `REPORTS`.
        as_of: The day of the report.
        known: The position up to which entries count; `None` for all.
        by: A key to sum by, of `KEYS`.
        grant: Only this grant.
        every: Whether the timeline has obligations that the edition does not ask for.
        due_within: Limits the timeline to what is overdue, or due within this number of days.
        status: Limits payments to those of this status.

    Raises ``Malformed`` if there is no such report, key or grant, `Unreachable` if the views cannot be used.
    """
    answered = answering(
        book,
        name,
        as_of=as_of,
        known=known,
        by=by,
        grant=grant,
        every=every,
        due_within=due_within,
        status=status,
    )
    with answered as report:
        return replace(report, rows=[*report.rows])


@contextmanager
def answering(
    book: Book | DetachedViews,
    name: str,
    *,
    as_of: date,
    known: int | None = None,
    by: str | None = None,
    grant: str | None = None,
    every: bool = False,
    due_within: int | None = None,
    status: str | None = None,
) -> Iterator[Report]:
    """Yield what `run` returns, while its rows are read from the open tables: there may be very many.

    Takes the arguments of `run`, and raises the same.
    """
    if name == ENTRIES:
        yield _entries(book, as_of, known, by, grant)
        return
    if due_within is None:
        question = question_of(name, by, grant, every=every, status=status)
    else:
        question = timeline.due_within(due_within, AS_OF, grant)
    with tables_at(book, known, None if name in _OF_ALL else grant) as (connection, position):
        if grant is not None:
            require_known_grant(connection, book, grant, known, as_of)
        rows = StreamedRows(rows_of(connection, question, as_of))
        if store.may_change_while_read(connection):
            len(rows)  # what may change can be trusted once all rows are read
        yield Report(name, question.columns, rows, as_of, position)


def _entries(
    book: Book | DetachedViews, as_of: date, known: int | None, by: str | None, grant: str | None
) -> Report:
    """Return the report of the entries in force, whose rows are read from the journal."""
    if isinstance(book, DetachedViews) or by is not None:
        raise _not_in_views(by)
    if grant is not None and not book.entries(grant_stream(grant), known):
        raise Malformed([("grant", unknown("grant", grant, book.named("grant", known)))])
    position = book.position() if known is None else min(known, book.position())
    rows = StreamedRows(entries.rows(book, as_of, position, grant))
    return Report(ENTRIES, entries.COLUMNS, rows, as_of, position)


def _not_in_views(by: str | None) -> Malformed:
    if by is not None:
        return Malformed([("by", f"entries are not summed by a key; these are: {', '.join(KEYS)}")])
    return Malformed([("report", "entries are read from the journal, not from views: name the book itself")])


class Streams(Protocol):
    """Knows the streams that there are."""

    def entries(self, stream: str, known: int | None = None) -> list[Entry]:
        """Return a stream's entries up to a position; none for an unknown stream."""

    def named(self, kind: str, known: int | None = None) -> list[str]:
        """Return the ids of all grants, or calls, that were known at the position."""


def require_known_grant(
    connection: Connection, book: Streams | DetachedViews, grant: str, known: int | None, as_of: date
) -> None:
    """Raise ``Malformed`` if there is no such grant on the day."""
    spans = register_spans.c
    first = connection.execute(select(func.min(spans.since)).where(spans.grant == grant)).scalar()
    if first is not None and first <= as_of.isoformat():
        return
    if first is not None:
        message = f"there was no grant {grant!r} on {as_of}: its first entry is of {first}"
        raise Malformed([("grant", message)])
    if isinstance(book, DetachedViews):
        names = list(connection.execute(select(spans.grant).distinct()).scalars())
    elif book.entries(grant_stream(grant), known):
        return  # its proposal was struck: the id is known, and the report has no row for it
    else:
        names = book.named("grant", known)
    then = "" if known is None else " at that time"
    raise Malformed([("grant", unknown("grant", grant, names, then))])


@contextmanager
def tables_at(
    book: Book | DetachedViews, known: int | None, grant: str | None = None
) -> Iterator[tuple[Connection, int]]:
    """Yield the tables as known at the position (`None`: now), and the position that they correspond to.

    Detached views are read as they are. Raises `Unreachable` if the views cannot be used.
    """
    if isinstance(book, DetachedViews):
        with book.tables() as tables:
            yield tables
        return
    if known is None or known >= book.position():
        with caught_up(book) as views, store.reading(views) as connection:
            position, _ = ViewsTracking.inside(store.raw_of(connection)).newest()
            if known is None or position <= known:  # not if somebody has recorded meanwhile
                yield connection, position
                return
    from projections.engine.as_known import as_known

    with as_known(book, known, grant) as connection:
        yield connection, known


def ask(connection: Connection, name: str, question: Question, *, as_of: date, known: int) -> Report:
    """Return the report that answers the question, from open tables."""
    return Report(name, question.columns, answer_of(connection, question, as_of), as_of, known)


def answer_of(connection: Connection, question: Question, as_of: date) -> list[Row]:
    """Return the rows that answer the question, with lists and truth values as in Python."""
    return [*rows_of(connection, question, as_of)]


def rows_of(connection: Connection, question: Question, as_of: date) -> Iterator[Row]:
    """Yield what `answer_of` returns, while it is read."""
    if not isinstance(question.answer, Select):
        yield from question.answer(connection, as_of)
        return
    day = {"as_of": as_of.isoformat()}
    rows = connection.execute(question.answer, day, execution_options=PAGED)
    conversions = [_CONVERSIONS.get(column.type) for column in question.columns]
    if not any(conversions):
        yield from map(tuple, rows)
        return
    for row in rows:
        yield tuple(
            cell if convert is None else convert(cell) for cell, convert in zip(row, conversions, strict=True)
        )


def question_of(
    name: str, by: str | None, grant: str | None, *, every: bool = False, status: str | None = None
) -> Question:
    """Return the question of a report, or of its sums by a key. Raises ``Malformed`` if there is none.

    ``every`` adds to the timeline the obligations that the edition does not ask for. ``status`` limits
    payments to those of this status.
    """
    if name == ENTRIES:
        raise _not_in_views(by)
    report = REPORTS.get(name)
    if report is None:
        raise Malformed(
            [("report", f"there is no report {name}; there are: {', '.join((*REPORTS, ENTRIES))}")]
        )
    if status is not None:
        if name != "payments":
            raise Malformed([("status", f"{name} has no rows by status; payments has")])
        return payments.report(AS_OF, grant, status)
    if by is None:
        return report(AS_OF, grant) if not every else timeline.report(AS_OF, grant, every=True)
    keys = KEYS.get(name)
    if keys is None:
        raise Malformed([("by", f"{name} is not summed by a key; these are: {', '.join(KEYS)}")])
    if grant is not None:
        raise Malformed([("grant", "sums by a key are over all grants")])
    by = by.replace("_", "-")
    if by not in keys:
        raise Malformed([("by", f"{by} is not a key of {name}; there are: {', '.join(keys)}")])
    return keys[by](AS_OF)


def sql_of(
    place: Path | str,
    name: str,
    *,
    as_of: date,
    by: str | None = None,
    grant: str | None = None,
    every: bool = False,
    due_within: int | None = None,
    status: str | None = None,
) -> str:
    """Return the select of a report as text, for the views at this place, with its day written in.

    Raises ``Malformed`` if there is no such report or key, or if the report is not one select.
    """
    if due_within is None:
        question = question_of(name, by, grant, every=every, status=status)
    else:
        question = timeline.due_within(due_within, AS_OF, grant)
    if not isinstance(question.answer, Select):
        raise Malformed([("sql", f"report {name} is computed from several queries: it is not one select")])
    # Named parameters: the driver's own style would write every % twice.
    dialect_of: Callable[..., Dialect] = URL.create(
        "postgresql" if is_address(place) else "sqlite"
    ).get_dialect()
    select_of_day = question.answer.params(as_of=as_of.isoformat())
    return str(
        select_of_day.compile(dialect=dialect_of(paramstyle="named"), compile_kwargs={"literal_binds": True})
    )


_CONVERSIONS: dict[Type, Callable[[Any], object]] = {
    Type.LIST: lambda cell: None if cell is None else json.loads(cell),
    Type.TRUTH: lambda cell: None if cell is None else bool(cell),
}
