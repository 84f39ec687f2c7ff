"""A report, and what was chosen of it: its key, its filters and its further options."""

from collections.abc import Collection, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from sqlalchemy import ColumnElement, Connection, Text, bindparam

from lifecycle.parse import Malformed
from projections.filters.declared import NO_FILTERS, PERIODS, Filters
from projections.filters.known_values import require_taken
from projections.filters.narrowing import Narrowing, limited_rows, narrowed
from projections.filters.two_keys import TwoKeys, two_keys
from projections.reports.money import payments
from projections.reports.money.disbursement_by import ALL_DAYS, Period
from projections.reports.portfolio import timeline
from projections.reports.questions import Question, rows_of
from projections.reports.sql_views import KEYS, REPORTS
from projections.schema.columns import Columns
from projections.schema.rows import Row

ENTRIES = "entries"
"""The one report that is read from the journal."""
AS_OF: ColumnElement[str] = bindparam("as_of", type_=Text)
"""The day of the report."""
_OF_NO_GRANT = ("countries", "cohorts")
"""Reports of which no row is of one grant: they are limited to it as to any filter."""


@dataclass(frozen=True)
class Choices:
    """A report, and what was chosen of it. Raises ``Malformed`` for a filter that it does not take."""

    name: str
    by: str | None = None
    one_grant: str | None = None
    every: bool = False
    due_within: int | None = None
    status: str | None = None
    filters: Filters = NO_FILTERS

    def __post_init__(self) -> None:
        if self.name in REPORTS or self.name == ENTRIES:
            require_taken(self.name, self.by, replace(self.filters, grant=self.grant))

    @property
    def grant(self) -> str | None:
        """The one grant that was chosen."""
        return self.one_grant or self.filters.grant

    @property
    def limits(self) -> Filters:
        """What the tables are limited to. Most reports of one grant ask for its rows themselves."""
        if self.one_grant is None:
            return self.filters
        asks_itself = self.by is None and self.name not in _OF_NO_GRANT
        return self.filters if asks_itself and not self.filters else replace(self.filters, grant=self.grant)

    @property
    def two_keys(self) -> TwoKeys | None:
        """Both keys, if there are two. Raises ``Malformed`` if the report cannot be summed by both."""
        return None if self.by is None else two_keys(self.name, self.by, KEYS.get(self.name, ()))

    @property
    def needs_all_grants(self) -> bool:
        """Whether rows of other grants than the one that was chosen are read, too."""
        return bool(self.limits) or self.by is not None

    def question(self) -> Question:
        """Return the question. Raises ``Malformed`` if there is no such report or key, or for two keys."""
        if self.two_keys is not None:
            raise Malformed([("by", "sums by two keys are computed from several queries: name one key")])
        return self._single(self.by, self.filters)

    def columns(self) -> Columns:
        """Return the columns. Raises ``Malformed`` if there is no such report or key."""
        if (keys := self.two_keys) is None:
            return self.question().columns
        filters = self.filters
        if keys.outer in PERIODS:
            filters = replace(filters, first_day=filters.first_day or date.min)
        return keys.columns(self._single(keys.inner, filters).columns)

    def rows(
        self, connection: Connection, as_of: date, of_partner: Collection[str] | None = None
    ) -> Iterator[Row]:
        """Yield the rows. ``of_partner``: the grants that draw on the partner that the filters name."""
        dialect = connection.dialect.name
        narrowing = Narrowing((self.name, self.by), self.limits, as_of, of_partner, dialect=dialect)
        if (keys := self.two_keys) is not None:
            yield from keys.rows(connection, as_of, narrowing, partial(self._single, keys.inner))
            return
        with narrowed(connection, narrowing) if self.limits else nullcontext():
            yield from rows_of(connection, self.question(), as_of)

    def _single(self, by: str | None, filters: Filters) -> Question:
        """Return the question of the report, or of its sums by one key."""
        grant = None if by is not None else self.one_grant
        if self.due_within is not None:
            question = timeline.due_within(self.due_within, AS_OF, grant)
        else:
            period = period_of(filters)
            question = question_of(self.name, by, grant, every=self.every, status=self.status, period=period)
        return limited_rows(self.name, by, question, filters)


def period_of(filters: Filters) -> Period:
    """Return the first and the last day of the period as ISO text; `ALL_DAYS` if there is no period."""
    first, last = filters.first_day, filters.last_day
    no_first, no_last = ALL_DAYS
    return no_first if first is None else first.isoformat(), no_last if last is None else last.isoformat()


def question_of(
    name: str,
    by: str | None,
    grant: str | None,
    *,
    every: bool = False,
    status: str | None = None,
    period: Period = ALL_DAYS,
) -> Question:
    """Return the question of a report, or of its sums by a key. Raises ``Malformed`` if there is none.

    ``every`` adds to the timeline the obligations that the edition does not ask for. ``status`` limits
    payments to those of this status. ``period``: the days of the flows of the report of disbursement.
    """
    if name == ENTRIES:
        raise not_in_views(by)
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
        raise Malformed([("grant", "sums by a key are over all grants: give it as a filter")])
    by = by.replace("_", "-")
    if by not in keys:
        raise Malformed([("by", f"{by} is not a key of {name}; there are: {', '.join(keys)}")])
    if name == "disbursement" and period != ALL_DAYS:
        return keys[by](AS_OF, period=period)
    return keys[by](AS_OF)


def not_in_views(by: str | None) -> Malformed:
    """Return the error for entries that are asked by a key, or of views alone."""
    if by is not None:
        return Malformed([("by", f"entries are not summed by a key; these are: {', '.join(KEYS)}")])
    return Malformed([("report", "entries are read from the journal, not from views: name the book itself")])
