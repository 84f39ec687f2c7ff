"""Metadata for Datasette: what each view and column holds, and a query of any day for each report.

The queries are the reports' own selects with the parameter ``:as_of``. If it is empty, the day is today.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Select, Text, case, literal, literal_column
from sqlalchemy.engine import URL

from projections.reports.questions import Question
from projections.reports.sql_views import KEYS, MEANINGS, REPORTS, TODAY, TYPED, typed_name
from projections.schema.layout import TABLES

_Ask = Callable[[ColumnElement[str]], Question]
"""Returns the question of a report for a day."""
DATABASE = "views"
"""The name by which Datasette knows the file ``views.sqlite``."""
_TYPED: ColumnElement[str] = literal_column(":as_of", Text)
_CALENDAR_DAY = literal_column("date(:as_of, '+0 days')", Text)
_DAY: ColumnElement[str] = case(
    (literal("", Text) == _TYPED, TODAY),
    (_CALENDAR_DAY == _TYPED, _TYPED),
)
"""The day that was typed, today if none was, and null for what is no day: then there are no rows."""


def metadata(fund: str, *, licence: str | None = None, licence_url: str | None = None) -> dict[str, Any]:
    """Return the metadata of a fund's views, with the licence of the data if one is given."""
    about = {
        "title": fund,
        "description": "The views of the fund's book of record. The views have the rows of today; the queries"
        " have those of the end of any day.",
        "source": f"The book of record of {fund}, kept with grantbook",
        **({"license": licence} if licence else {}),
        **({"license_url": licence_url} if licence_url else {}),
    }
    views = {name: description for view in _views() for name, description in view.items()}
    tables = {name: {"hidden": True} for name in TABLES}
    return {**about, "databases": {DATABASE: {**about, "queries": queries(), "tables": {**views, **tables}}}}


def queries() -> dict[str, dict[str, Any]]:
    """Return the query of each report that is one select, and of each key of ``--by``, by name."""
    found = {}
    for words, ask in _reports():
        question = ask(_DAY)
        if isinstance(question.answer, Select):
            found[f"{words.replace(' ', '_').replace('-', '_')}_at"] = {
                "title": f"{words.replace('-', ' ').capitalize()} on a day",
                "description": f"{MEANINGS[words.partition(' ')[0]]} As of the end of as_of"
                " (year-month-day); empty means today. The rows of grantbook report.",
                "sql": str(question.answer.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})),
                "params": ["as_of"],
            }
    return found


def _reports() -> Iterator[tuple[str, _Ask]]:
    """Yield the words of each report, with its key if it has one, and the function that asks it."""
    for name, report in REPORTS.items():
        yield name, _of_all_grants(report)
        for key, report_by in KEYS.get(name, {}).items():
            yield f"{name} by {key}", report_by


def _of_all_grants(report: Callable[[ColumnElement[str], str | None], Question]) -> _Ask:
    def ask(day: ColumnElement[str]) -> Question:
        return report(day, None)

    return ask


def _views() -> Iterator[dict[str, Any]]:
    """Yield the description of each SQL view and of its typed twin, by name."""
    for name, report in REPORTS.items():
        question, view = report(_DAY, None), name.replace("-", "_")
        if isinstance(question.answer, Select):
            title, meaning = name.replace("-", " ").capitalize(), MEANINGS[name]
            texts = {column.name: column.description for column in question.columns}
            numbers = {typed_name(column): column.description for column in question.columns}
            yield {
                view: {"title": title, "description": f"{meaning} As of today.", "columns": texts},
                TYPED + view: {
                    "title": f"{title}, with numbers",
                    "description": f"{meaning} As of today. Columns in …_minor are whole minor units.",
                    "columns": numbers,
                },
            }


def _dialect() -> Dialect:
    dialect: Callable[..., Dialect] = URL.create("sqlite").get_dialect()
    return dialect(paramstyle="named")


_DIALECT = _dialect()
