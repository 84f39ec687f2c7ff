"""Limit a report's queries to some grants and days, whichever report it is.

Each table of grants that a query reads is replaced, under its own name, by its rows of the chosen grants
(a common table expression). So no report knows of filters, and `--sql` prints them.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    TableClause,
    Text,
    and_,
    cast,
    column,
    event,
    exists,
    false,
    func,
    literal,
    select,
    table,
    true,
)
from sqlalchemy.sql import visitors

from lifecycle.attribution.split import DRAWS
from lifecycle.kernel.likeness import group_key
from projections.filters.declared import Filters, taken
from projections.reports.money.attribution import OF_ALL_GRANTS, parts
from projections.reports.portfolio.unmet import voiced_on
from projections.reports.questions import Question
from projections.schema.columns import Columns
from projections.schema.expressions import holds
from projections.schema.layout import GRANT_TABLES, grant_standing, sector_names
from projections.schema.rows import Row
from projections.schema.tables import metadata

_OF_GRANTS = frozenset(each.name for each in GRANT_TABLES) - {sector_names.name, grant_standing.name}
"""The tables that are limited to the chosen grants. A sector has the name that all grants give it."""
_DAY_COLUMNS = {
    "money_flows": "on",
    "payment_spans": "paid_on",
    "obligation_steps": "due_on",
    "call_spans": "opens",
    "follow_up_spans": "due",
    "involved_parties": "since",
    "engaged_experts": "since",
    "client_surveys": "since",
    "progress_ratings": "since",
    "fund_consultations": "on",
    "attached_documents": "since",
    "fund_documents": "on",
    "need_spans": "voiced_on",
    "offer_spans": "since",
    "story_uses": "on",
}
"""The column of the day by which a table is limited to a period."""
_PERIOD_TABLES = {
    "disbursement": ("money_flows",),
    "payments": ("payment_spans",),
    "advances": ("payment_spans",),
    "timeline": ("obligation_steps",),
    "calls": ("call_spans",),
    "exchanges": ("exchange_activities", "exchange_participants"),
    "follow-ups": ("follow_up_spans",),
    "parties": ("involved_parties",),
    "experts": ("engaged_experts",),
    "surveys": ("client_surveys",),
    "ratings": ("progress_ratings",),
    "consultations": ("fund_consultations",),
    "documents": ("attached_documents", "fund_documents"),
    "needs": ("need_spans",),
    "offers": ("offer_spans",),
    "uses": ("story_uses",),
    "unmet": ("register_spans",),
}
"""The tables that are limited to a period, by report."""
_COLUMNS = {
    "fund": ("partner",),
    "instalments": ("partner",),
    "pools": ("partner",),
    "institutions": ("country", "institution"),
    "needs": ("country", "grant"),
    "offers": ("country",),
    "uses": ("grant",),
}
"""The columns by which a report's own rows are limited, if they are of no grants."""


def _columns_of(name: str, by: str | None) -> tuple[str, ...]:
    """Return the columns by which the rows of a report, or of the report by a key, are limited."""
    return () if taken(name, by) != taken(name) else _COLUMNS.get(name, ())


_BALANCES = ("committed", "undisbursed", "overpaid", "share_disbursed", "share_elapsed")
"""Columns of the report of disbursement that belong to a day: they are left out if it is about a period."""


def grants_of_partner(connection: Connection, partner: str, as_of: date) -> frozenset[str]:
    """Return the grants that had drawn on the partner's money by the day."""
    on = as_of.isoformat()
    return frozenset(
        part.grant
        for part in parts(connection)
        if part.partner == partner and part.kind in DRAWS and part.on <= on and part.grant is not None
    )


class Narrowing:
    """The conditions that a report's filters put on each table."""

    def __init__(
        self,
        report: tuple[str, str | None],
        filters: Filters,
        as_of: date,
        of_partner: Collection[str] | None,
        *,
        dialect: str,
    ) -> None:
        """``report``: its name and key. ``of_partner``: the grants that draw on the partner's money."""
        self._name, by = report
        self.filters, self._is_of_grants = filters, not _columns_of(self._name, by)
        self._as_of: ColumnElement[str] = literal(as_of.isoformat(), Text)
        self._of_partner = of_partner
        self._of_group: frozenset[str] | None = None
        self._dialect = dialect

    def of_group(self, grants: Collection[str]) -> "Narrowing":
        """Return the same conditions, and that the grant is one of these."""
        narrower = copy(self)
        narrower._of_group = frozenset(grants)
        return narrower

    def in_days(self, first: date, last: date) -> "Narrowing":
        """Return the same conditions, and that what is dated lies between two days."""
        narrower = copy(self)
        first_day, last_day = self.filters.first_day or first, self.filters.last_day or last
        narrower.filters = replace(
            self.filters, first_day=max(first, first_day), last_day=min(last, last_day)
        )
        return narrower

    def first_and_last_day(self, connection: Connection) -> tuple[date | None, date | None]:
        """Return the first and the last day of what the report dates; `None` if there is nothing."""
        rows = metadata.tables[_PERIOD_TABLES[self._name][0]]
        day = _day_of(rows)
        ends = connection.execute(select(func.min(day), func.max(day))).one()
        first, last = (None if end is None else date.fromisoformat(end) for end in ends)
        return first, last

    def of(self, statement: Any, temporary: Collection[str] = ()) -> Any:
        """Return the statement with its tables limited.

        ``temporary``: the tables that are temporary views.
        """
        names = {each.name for each in visitors.iterate(statement) if isinstance(each, TableClause)}

        def real(name: str) -> Any:
            columns = (column(each.name, each.type) for each in metadata.tables[name].c)
            schema = None if self._dialect != "sqlite" else "temp" if name in temporary else "main"
            return table(name, *columns, schema=schema)

        limited = []
        for name in sorted(names & metadata.tables.keys()):
            rows = real(name)
            if conditions := [*self._conditions(rows, real)]:
                limited.append(select(rows).where(*conditions).cte(name))
        return statement.add_cte(*limited)

    def _conditions(self, rows: Any, real: Callable[[str], Any]) -> Iterator[ColumnElement[bool]]:
        name = rows.name
        if self._name == "calls":
            yield from self._of_calls(rows, real)
        elif (self.filters.of_grants or self._of_group is not None) and self._is_of_grants:
            if name in _OF_GRANTS:
                chosen = and_(true(), *self._of_chosen_grants(rows.c.grant, real))
                yield chosen if name != "obligation_steps" else chosen | self._of_partner_itself(rows)
            elif name == "fund_documents":
                yield false()
        if self.filters.has_period and name in _PERIOD_TABLES.get(self._name, ()):
            yield from self._in_period(rows, real)

    def _of_chosen_grants(
        self, grant: ColumnElement[str], real: Callable[[str], Any]
    ) -> Iterator[ColumnElement[bool]]:
        given, spans = self.filters.of_grants, real("register_spans")
        traits = [spans.c[name] == given[name] for name in ("window", "stage", "grant") if name in given]
        if "sector" in given:
            traits.append(spans.c.sector_key == group_key(given["sector"]))
        if "country" in given:
            name = f'"{given["country"]}"'
            traits.append(spans.c.recipients.contains(name) | spans.c.providers.contains(name))
        if traits:
            yield grant.in_(select(spans.c.grant).where(holds(spans, self._as_of), *traits))
        if "institution" in given:
            named = real("named_institutions")
            of_institution = holds(named, self._as_of) & (named.c.institution == given["institution"])
            yield grant.in_(select(named.c.grant).where(of_institution))
        if "call" in given:
            answers = real("call_answers")
            of_call = holds(answers, self._as_of) & (answers.c.call == given["call"])
            yield grant.in_(select(answers.c.grant).where(of_call))
        for names in (self._of_partner, self._of_group):
            if names is not None:
                yield grant.in_(self._listed(names))

    def _of_partner_itself(self, rows: Any) -> ColumnElement[bool]:
        """Return whether an obligation is of the fund and about the partner, if only a partner is chosen.

        Obligations of the fund have no grant; their items begin with the partner.
        """
        partner = self.filters.partner
        if partner is None or len(self.filters.of_grants) > 1 or self._of_group is not None:
            return false()
        return and_(rows.c.grant == "", rows.c.item.startswith(f"{partner}/", autoescape=True))

    def _listed(self, names: Iterable[str]) -> Any:
        """Return a select of the names, which may be many."""
        text = literal(json.dumps(sorted(names), ensure_ascii=False), Text)
        if self._dialect == "sqlite":
            return select(func.json_each(text).table_valued("value").c.value)
        return select(func.json_array_elements_text(cast(text, JSON)).table_valued("value").c.value)

    def _of_calls(self, rows: Any, real: Callable[[str], Any]) -> Iterator[ColumnElement[bool]]:
        given = self.filters.of_grants
        if rows.name not in ("call_spans", "call_answers", "call_scores"):
            return
        if "call" in given:
            yield rows.c.call == given["call"]
        if "window" in given:
            calls = real("call_spans")
            of_window = holds(calls, self._as_of) & (calls.c.window == given["window"])
            yield rows.c.call.in_(select(calls.c.call).where(of_window))

    def _in_period(self, rows: Any, real: Callable[[str], Any]) -> Iterator[ColumnElement[bool]]:
        if rows.name == "exchange_participants":
            a = real("exchange_activities")
            same = (a.c.grant == rows.c.grant) & (a.c.activity == rows.c.activity) & holds(a, self._as_of)
            yield exists().where(same, *self._between(_ended_or_begins(a)))
        else:
            yield from self._between(_day_of(rows))

    def _between(self, day: ColumnElement[str]) -> Iterator[ColumnElement[bool]]:
        if self.filters.first_day is not None:
            yield day >= self.filters.first_day.isoformat()
        if self.filters.last_day is not None:
            yield day <= self.filters.last_day.isoformat()


def _day_of(rows: Any) -> ColumnElement[str]:
    """Return the day of a row, by which its table is limited to a period."""
    if rows.name == "exchange_activities":
        return _ended_or_begins(rows)
    return voiced_on(rows) if rows.name == "register_spans" else rows.c[_DAY_COLUMNS[rows.name]]


def _ended_or_begins(activities: Any) -> ColumnElement[str]:
    return func.coalesce(activities.c.held_on, activities.c.starts)


@contextmanager
def narrowed(connection: Connection, narrowing: Narrowing) -> Iterator[None]:
    """Limit what is selected through the connection meanwhile, but for what asks for all grants."""
    temporary = _temporary_views(connection)

    def limit(_: Any, statement: Any, multiple: Any, values: Any, options: Any) -> tuple[Any, Any, Any]:
        if isinstance(statement, Select | CompoundSelect) and not options.get(OF_ALL_GRANTS):
            statement = narrowing.of(statement, temporary)
        return statement, multiple, values

    event.listen(connection, "before_execute", limit, retval=True)
    try:
        yield
    finally:
        event.remove(connection, "before_execute", limit)


def _temporary_views(connection: Connection) -> frozenset[str]:
    if connection.dialect.name != "sqlite":
        return frozenset()
    rows = connection.exec_driver_sql("SELECT name FROM sqlite_temp_master WHERE type = 'view'")
    return frozenset(rows.scalars())


def limited_rows(name: str, by: str | None, question: Question, filters: Filters) -> Question:
    """Return the question without columns that mean nothing in a period, and with the rows of a filter."""
    if filters.has_period and name == "disbursement":
        question = _without(question, _BALANCES)
    if filters.has_period and name == "instalments":
        question = _with_rows(question, lambda row: _is_due(row, question.columns, filters))
    for key in _columns_of(name, by):
        if (value := filters.of_grants.get(key)) is not None:
            question = _with_value(question, key, value)
    return question


def _with_value(question: Question, key: str, value: str) -> Question:
    """Return the question with the rows that have the value in a column."""
    if isinstance(question.answer, Select):
        cell = question.answer.selected_columns[key]
        return Question(question.columns, question.answer.where(cell == value))
    at = question.columns.names.index(key)
    return _with_rows(question, lambda row: row[at] == value)


def _is_due(row: Row, columns: Columns, filters: Filters) -> bool:
    due = str(row[columns.names.index("due_on")])
    first, last = filters.first_day, filters.last_day
    return (first is None or first.isoformat() <= due) and (last is None or due <= last.isoformat())


def _with_rows(question: Question, is_shown: Callable[[Row], bool]) -> Question:
    answer = question.answer
    assert not isinstance(answer, Select)

    def rows(connection: Connection, as_of: date) -> Iterator[Row]:
        return filter(is_shown, answer(connection, as_of))

    return Question(question.columns, rows)


def _without(question: Question, names: Collection[str]) -> Question:
    """Return the question without some of its columns."""
    kept = [n for n, each in enumerate(question.columns) if each.name not in names]
    columns, answer = question.columns.without(names), question.answer
    if isinstance(answer, Select):
        selected = [*answer.selected_columns]
        return Question(columns, answer.with_only_columns(*(selected[n] for n in kept)))

    def rows(connection: Connection, as_of: date) -> Iterator[Row]:
        for row in answer(connection, as_of):
            yield tuple(row[n] for n in kept)

    return Question(columns, rows)
