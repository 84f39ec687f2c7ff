"""A report, and what was chosen of it: its key, its filters and its further options."""

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Text, bindparam

from lifecycle.parse import Malformed
from projections.filters.declared import NO_FILTERS, Filters
from projections.filters.known_values import require_taken
from projections.filters.narrowing import limited_rows
from projections.reports.money import payments
from projections.reports.money.disbursement_by import ALL_DAYS, Period
from projections.reports.portfolio import timeline
from projections.reports.questions import Question
from projections.reports.sql_views import KEYS, REPORTS

ENTRIES = "entries"
"""The one report that is read from the journal."""
AS_OF: ColumnElement[str] = bindparam("as_of", type_=Text)
"""The day of the report."""
_OF_COUNTRIES = ("countries",)
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
            require_taken(self.name, replace(self.filters, grant=self.grant))

    @property
    def grant(self) -> str | None:
        """The one grant that was chosen."""
        return self.one_grant or self.filters.grant

    @property
    def limits(self) -> Filters:
        """What the tables are limited to. Most reports of one grant ask for its rows themselves."""
        if self.one_grant is None:
            return self.filters
        asks_itself = self.by is None and self.name not in _OF_COUNTRIES
        return self.filters if asks_itself and not self.filters else replace(self.filters, grant=self.grant)

    def question(self) -> Question:
        """Return the question. Raises ``Malformed`` if there is no such report or key."""
        grant = None if self.by is not None else self.one_grant
        if self.due_within is not None:
            question = timeline.due_within(self.due_within, AS_OF, grant)
        else:
            question = question_of(
                self.name,
                self.by,
                grant,
                every=self.every,
                status=self.status,
                period=period_of(self.filters),
            )
        return limited_rows(self.name, question, self.filters)


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
