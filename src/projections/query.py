"""Run a report for any day, as known now or at an earlier position.

The SQL views have the same selects, as of today. A report as *known* earlier reads the tables that
`projections.engine.as_known` gives.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, Dialect, Select, func, select

from lifecycle.book.book import Book
from lifecycle.journal.addresses import is_address
from lifecycle.kernel.history import Entry, grant_stream
from lifecycle.parse import Malformed
from lifecycle.types.readings.nearest import unknown
from projections import store
from projections.choices import AS_OF, ENTRIES, Choices, not_in_views, period_of, question_of
from projections.engine.detached_views import DetachedViews
from projections.engine.projector import caught_up
from projections.filters.declared import NO_FILTERS, Filters, has_grants
from projections.filters.known_values import require_known
from projections.filters.narrowing import Narrowing, grants_of_partner
from projections.reports import entries
from projections.reports.questions import Question, answer_of, rows_of
from projections.reports.sql_views import KEYS, REPORTS
from projections.schema.columns import Columns
from projections.schema.rows import Row
from projections.schema.tables import register_spans
from projections.schema.tracking import ViewsTracking
from projections.streamed_rows import StreamedRows

_OF_ALL = ("register", "unmet")
"""Reports that need all grants for the row of one: its sector has the spelling that was recorded first."""


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
    filters: Filters = NO_FILTERS
    """What the report is limited to."""

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
    filters: Filters = NO_FILTERS,
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
        filters: What the report is limited to; ``grant`` is one of these filters, too.

    Raises ``Malformed`` if there is no such report, key or grant, if the report does not take a filter, or if
    a filter names what the book does not know; `Unreachable` if the views cannot be used.
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
        filters=filters,
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
    filters: Filters = NO_FILTERS,
) -> Iterator[Report]:
    """Yield what `run` returns, while its rows are read from the open tables: there may be very many.

    Takes the arguments of `run`, and raises the same.
    """
    choices = Choices(name, by, grant, every, due_within, status, filters)
    if name == ENTRIES:
        yield _entries(book, as_of, known, choices)
        return
    columns = choices.columns()
    one_grant = grant if name not in _OF_ALL and not choices.needs_all_grants else None
    with tables_at(book, known, one_grant) as (connection, position):
        if choices.grant is not None:
            require_known_grant(connection, book, choices.grant, known, as_of)
        of_partner = chosen_by_partner(connection, name, choices.limits, as_of)
        rows = StreamedRows(choices.rows(connection, as_of, of_partner))
        if store.may_change_while_read(connection):
            len(rows)  # what may change can be trusted once all rows are read
        yield Report(name, columns, rows, as_of, position, replace(filters, grant=choices.grant))


def chosen_by_partner(
    connection: Connection, name: str, filters: Filters, as_of: date
) -> frozenset[str] | None:
    """Return the grants that draw on the partner; `None` if none was chosen, or the report has no grants.

    Raises `UnknownValue` for a filter that names what is not known on the day.
    """
    require_known(connection, filters, as_of)
    if filters.partner is None or not has_grants(name):
        return None
    return grants_of_partner(connection, filters.partner, as_of)


def _entries(book: Book | DetachedViews, as_of: date, known: int | None, choices: Choices) -> Report:
    """Return the report of the entries in force, whose rows are read from the journal."""
    if isinstance(book, DetachedViews) or choices.by is not None:
        raise not_in_views(choices.by)
    grant, filters = choices.grant, choices.filters
    if grant is not None and not book.entries(grant_stream(grant), known):
        raise Malformed([("grant", unknown("grant", grant, book.named("grant", known)))])
    position = book.position() if known is None else min(known, book.position())
    grants = _chosen_grants(book, as_of, known, filters)
    in_force = entries.rows(book, as_of, position, grant, grants, period_of(filters))
    return Report(
        ENTRIES, entries.COLUMNS, StreamedRows(in_force), as_of, position, replace(filters, grant=grant)
    )


def _chosen_grants(book: Book, as_of: date, known: int | None, filters: Filters) -> frozenset[str] | None:
    """Return the grants that the filters leave, as the register has them; `None` if all."""
    of_grants = replace(filters, first_day=None, last_day=None)
    if not of_grants:
        return None
    with answering(book, "register", as_of=as_of, known=known, filters=of_grants) as register:
        column = register.columns.index("grant")
        return frozenset(str(row[column]) for row in register.rows)


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
    filters: Filters = NO_FILTERS,
    of_partner: frozenset[str] | None = None,
) -> str:
    """Return the select of a report as text, for the views at this place, with its day written in.

    ``of_partner``: the grants that draw on the partner that the filters name.

    Raises ``Malformed`` if there is no such report or key, or if the report is not one select.
    """
    choices = Choices(name, by, grant, every, due_within, status, filters)
    question = choices.question()
    if not isinstance(question.answer, Select):
        raise Malformed([("sql", f"report {name} is computed from several queries: it is not one select")])
    # Named parameters: the driver's own style would write every % twice.
    dialect_name = "postgresql" if is_address(place) else "sqlite"
    dialect_of: Callable[..., Dialect] = URL.create(dialect_name).get_dialect()
    limited = question.answer
    if limits := choices.limits:
        limited = Narrowing((name, choices.by), limits, as_of, of_partner, dialect=dialect_name).of(limited)
    select_of_day = limited.params(as_of=as_of.isoformat())
    return str(
        select_of_day.compile(dialect=dialect_of(paramstyle="named"), compile_kwargs={"literal_binds": True})
    )
