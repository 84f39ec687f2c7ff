"""Reports over the buckets of an export: the projections and questions of a book, put together again.

Three ways, by what a report's rows depend on. Rows of single grants are answered in each bucket, and stand in
the order of the buckets. Sums of single grants are answered in each bucket, and added. For all others each
bucket gives the rows of the tables that the question reads, and it is answered here, from a file on disk.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Select

from lifecycle.attribution.whole_units import in_order
from lifecycle.kernel.history import grant_stream
from projections import store
from projections.filters.declared import NO_FILTERS, Filters
from projections.filters.known_values import UnknownValue
from projections.partitions import bucket_tasks
from projections.partitions.answers import ReportRequest, answered, names_read
from projections.partitions.bucket_tasks import CONSTANTS, RowsByName
from projections.partitions.exported_entries import ExportedEntries
from projections.query import Report, answer_of, chosen_by_partner, require_known_grant
from projections.reports.money import disbursement_by
from projections.reports.questions import Question
from projections.schema.columns import Type
from projections.schema.layout import DIRECTORY_TABLES, FUND_TABLES, sector_names
from projections.schema.rows import Row

BY_GRANT = frozenset(
    (
        *("register", "disbursement", "payments", "budget", "windows", "exchanges"),
        *("stages", "parties", "experts", "surveys"),
    )
)
"""Reports of which each row is of one grant, in the order of the grants' names."""
ADDED = frozenset((*(("disbursement", key) for key in disbursement_by.KEYS), ("timeline", "obligation")))
"""Reports and keys of which each figure is a sum over grants, and each grant counts once in a row."""

_OF_FUND_ALONE = frozenset(table.name for table in (*FUND_TABLES, *DIRECTORY_TABLES))
"""Tables of which all rows are in the fund's bucket."""


def run(
    entries: ExportedEntries,
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
    """Ask a report of exported entries, as `projections.query.run` asks one of a book.

    Raises ``Malformed`` for a report, key or grant that is not there, `Unreachable` if a cluster fails.
    """
    request = ReportRequest(name, as_of, by, grant, every, due_within, status, filters)
    choices = request.choices
    columns = choices.columns()
    position = entries.position() if known is None else min(known, entries.position())
    if filters:
        request = replace(request, of_partner=_chosen_by_partner(request, entries, position, known))
    parts = _Parts(entries, position, request)
    key = None if by is None else by.replace("_", "-")
    if grant is None and due_within is None and key is None and name in BY_GRANT:
        rows = [row for answer in parts.answers(choices.question()) for row in answer]
    elif grant is None and (name, key) in ADDED:
        rows = _added(choices.question(), parts.answers(choices.question()))
    else:
        rows = _gathered(request.answer, parts, entries, known)
    return Report(name, columns, rows, as_of, position, replace(filters, grant=choices.grant))


def _chosen_by_partner(
    request: ReportRequest, entries: ExportedEntries, position: int, known: int | None
) -> frozenset[str] | None:
    """Return what `projections.query.chosen_by_partner` returns, from all buckets, and raise the same."""
    name, as_of, faults = request.name, request.as_of, list[UnknownValue]()
    chosen: frozenset[str] | None = None

    def choose(connection: Connection) -> list[Row]:
        nonlocal chosen
        faults.clear()  # of the time before, when tables were still empty
        try:
            chosen = chosen_by_partner(connection, name, request.filters, as_of)
        except UnknownValue as fault:
            faults.append(fault)
        return []

    of_all = ReportRequest(name, as_of)
    _gathered(choose, _Parts(entries, position, of_all), entries, known)
    if faults:
        raise faults[0]
    return chosen


class _Parts:
    """What the buckets give for one question."""

    def __init__(self, entries: ExportedEntries, position: int, request: ReportRequest) -> None:
        self._entries, self._position = entries, position
        self.request = request
        self._fund, self._constants = entries.rules(position)

    @cached_property
    def sectors(self) -> list[Row]:
        """Return how each sector was written first: what is first in its bucket is enough to say it."""
        parts = self._entries.each(bucket_tasks.sectors, self._position, self.request.as_of)
        return [row for rows in parts for row in rows]

    def given(self, tables: Collection[str]) -> RowsByName:
        """Return the rows of the tables that every bucket needs, and that are not folded in buckets."""
        named = {sector_names.name: self.sectors} if sector_names.name in tables else {}
        return self._constants | named

    def answers(self, question: Question) -> Iterator[list[Row]]:
        """Yield each bucket's answer, in the order of the buckets."""
        given = self.given(_tables_read(question, self._constants, self.request.as_of))
        return self._entries.each(bucket_tasks.answer, self._position, self._fund, given, self.request)

    def rows(self, tables: frozenset[str]) -> Iterator[RowsByName]:
        """Yield the rows of these tables in each bucket that has any of the question's."""
        wanted = tables - bucket_tasks.GIVEN
        buckets: Collection[int] = self._entries.buckets
        if wanted <= _OF_FUND_ALONE:
            buckets = (0,)
        elif self.request.grant is not None:
            buckets = {0, self._entries.plan.bucket_of(grant_stream(self.request.grant))}
        if wanted:
            yield from self._entries.each(
                bucket_tasks.rows_of, self._position, self._fund, wanted, buckets=buckets
            )


def _tables_read(question: Question, constants: RowsByName, as_of: date) -> frozenset[str]:
    """Return the names of the tables that the question reads, as far as empty ones show it."""
    views = store.in_memory()
    try:
        with store.writing(views) as raw:
            bucket_tasks.insert(raw, constants)
        read = names_read(views)
        with store.reading(views) as connection:
            answer_of(connection, question, as_of)
    finally:
        views.close()
    return frozenset(read)


def _gathered(
    answer_here: Callable[[Connection], list[Row]],
    parts: _Parts,
    entries: ExportedEntries,
    known: int | None,
) -> list[Row]:
    """Answer a question here, from the rows of the tables that it reads."""
    request = parts.request

    def fill(views: store.Views, tables: frozenset[str]) -> None:
        with store.writing(views) as raw:
            bucket_tasks.insert(raw, parts.given(tables))
        for rows in parts.rows(tables):
            with store.writing(views) as raw:
                bucket_tasks.insert(raw, rows)

    def answer(connection: Connection) -> list[Row]:
        if request.grant is not None:
            require_known_grant(connection, entries, request.grant, known, request.as_of)
        return answer_here(connection)

    with TemporaryDirectory(prefix="grantbook-report-") as folder:
        numbers = count()
        return answered(lambda: store.scratch(Path(folder) / f"{next(numbers)}"), fill, answer, CONSTANTS)


def _added(question: Question, answers: Iterator[list[Row]]) -> list[Row]:
    """Add the figures of the rows that are of the same group, and return them in the report's order."""
    layout = list(question.columns)
    figures = [n for n, column in enumerate(layout) if column.type in (Type.COUNT, Type.MONEY)]
    sums: dict[tuple[object, ...], list[Any]] = {}
    for row in (row for answer in answers for row in answer):
        group = tuple(cell for n, cell in enumerate(row) if n not in figures)
        own = [row[n] if isinstance(row[n], int) else Decimal(str(row[n])) for n in figures]
        sums[group] = [sum(pair) for pair in zip(sums[group], own, strict=True)] if group in sums else own
    rows = dict[object, Row]()
    for group, added in sums.items():
        cells, of_group = iter(added), iter(group)
        row = tuple(_written(next(cells)) if n in figures else next(of_group) for n in range(len(layout)))
        rows[row[0]] = row
    order = in_order(rows)  # type: ignore[arg-type]
    if isinstance(question.answer, Select) and None in rows:  # where SQL puts it
        order = [None, *(name for name in order if name is not None)]
    return [rows[name] for name in order]


def _written(figure: int | Decimal) -> int | str:
    return figure if isinstance(figure, int) else f"{figure:f}"
