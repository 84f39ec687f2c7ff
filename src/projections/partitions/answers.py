"""Answers a question from tables of which only those that it reads are filled."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, event

from projections import store
from projections.choices import Choices
from projections.filters.declared import NO_FILTERS, Filters
from projections.schema.layout import TABLES
from projections.schema.rows import Row

_NAMES = re.compile(rf"\b({'|'.join(TABLES)})\b")

Fill = Callable[[store.Views, frozenset[str]], object]
"""Fills these tables."""


@dataclass(frozen=True)
class ReportRequest:
    """Which report is asked for, and how: a worker makes the same question from it."""

    name: str
    as_of: date
    by: str | None = None
    grant: str | None = None
    every: bool = False
    due_within: int | None = None
    status: str | None = None
    filters: Filters = NO_FILTERS
    of_partner: frozenset[str] | None = None
    """The grants that draw on the partner that the filters name."""

    @property
    def choices(self) -> Choices:
        """The report with what was chosen of it. Raises ``Malformed`` for a filter that it does not take."""
        return Choices(self.name, self.by, self.grant, self.every, self.due_within, self.status, self.filters)

    def answer(self, connection: Connection) -> list[Row]:
        """Return the rows, limited by the filters."""
        return [*self.choices.rows(connection, self.as_of, self.of_partner)]


def answered(
    make: Callable[[], store.Views],
    fill: Fill,
    answer: Callable[[Connection], list[Row]],
    there: Collection[str],
) -> list[Row]:
    """Return the answer, which is asked for again until all tables that it reads are filled.

    The first time the tables are empty, but for those in ``there``, which ``fill`` always fills. What a
    question reads can depend on what it has read.
    """
    filled = frozenset(there)
    while True:
        views = make()
        try:
            fill(views, filled)
            read = names_read(views)
            with store.reading(views) as connection:
                rows = answer(connection)
        finally:
            views.close()
        if read <= filled:
            return rows
        filled |= read


def names_read(views: store.Views) -> set[str]:
    """Return the set into which the names of tables come that statements name from now on."""
    read = set[str]()

    @event.listens_for(views.engine, "before_cursor_execute")
    def _listen(_: Any, __: Any, statement: str, *___: Any) -> None:
        read.update(_NAMES.findall(statement))

    return read
