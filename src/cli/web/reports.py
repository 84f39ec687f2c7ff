"""Pages of reports: a form for the two dates, the key and the filters, a page of rows, and downloads."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli.commands.reports.report import KEYS, STATUSES, answering, caption_of
from cli.web.asked import Answer, Asked, Missing, web_page, with_query
from cli.web.linked_tables import ROWS, field, matching, pages_of, table
from lifecycle.parse import Malformed
from projections.filters.declared import HELP, HELP_OF_PERIOD, taken_by_any_key

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from projections.query import Report

FORMS = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The forms that can be downloaded, with their media types."""
_DATES = ("as_of", "known")


def names() -> tuple[str, ...]:
    """Return the names of all reports."""
    from projections.choices import ENTRIES
    from projections.reports.sql_views import REPORTS

    return (*REPORTS, ENTRIES)


def choices_of(name: str) -> list[str]:
    """Return the parameters that the report takes, as they are in the address."""
    keys = ["by"] if name in KEYS else []
    status = ["status"] if name == "payments" else []
    taken = taken_by_any_key(name)
    filters = [filter_ for filter_ in (*HELP, *HELP_OF_PERIOD) if filter_ in taken]
    return [*_DATES, *keys, *status, *filters]


def asked_report(asked: Asked, name: str) -> "AbstractContextManager[Report]":
    """Return a context that yields the report that the address asks for.

    Raises ``Malformed``, ``BadParameter``.
    """
    from cli.commands.reports.filter_options import limits_of

    query = asked.query
    given: dict[str, Any] = {filter_: query.get(filter_) for filter_ in HELP}
    given |= {f"{end}_": query.get(end) for end in HELP_OF_PERIOD}
    return answering(
        asked.book,
        name,
        as_of=query.get("as_of"),
        known=query.get("known"),
        by=query.get("by"),
        status=query.get("status"),
        grant=query.get("grant"),
        filters=limits_of(given),
    )


def index(asked: Asked) -> Answer:
    """Return the list of all reports."""
    from cli.commands.reports.report import entries
    from projections.choices import ENTRIES
    from projections.reports.sql_views import MEANINGS

    asked.require(())
    helps = {**MEANINGS, ENTRIES: entries.help}
    links = [{"path": f"/reports/{name}", "name": name, "text": helps[name]} for name in names()]
    return web_page(asked, "Reports", [{"links": links}])


def report(asked: Asked) -> Answer:
    """Return a page of a report's rows, or a download if the name has an ending."""
    name, _, ending = asked.names["name"].partition(".")
    if name not in names() or (ending and ending not in FORMS):
        raise Missing(f"there is no report {asked.names['name']}; there are: {', '.join(names())}")
    known = choices_of(name)
    if ending:
        asked.require(known)
        return _download(asked, name, ending)
    asked.require([*known, "q", "page"])
    return _page(asked, name, known)


def _page(asked: Asked, name: str, known: list[str]) -> Answer:
    from cli.output.pages import PORTRAIT, heads

    query, number = asked.query, _number(asked.query.get("page", "1"))
    with asked_report(asked, name) as made:
        columns, caption = heads(made), caption_of(asked.book, made).splitlines()
        shown, count = _rows(made, query.get("q", ""), number)
    first, last = (number - 1) * ROWS + 1, min(number * ROWS, count)
    title = name.replace("-", " ").capitalize()
    more = f"Rows {first:,} to {last:,} of {count:,}." if count > ROWS else ""
    choices = {key: value for key, value in query.items() if key in known}
    downloads = [
        {"path": with_query(f"/reports/{name}.{form}", choices), "name": f"Download as {form.upper()}"}
        for form in FORMS
    ]
    searched = {key: value for key, value in query.items() if key != "page"}
    sections: list[dict[str, Any]] = [
        {"form": {"action": f"/reports/{name}", "fields": _fields(name, known, query)}},
        {"table": table(title, columns, shown, caption, more)},
        {"links": [*pages_of(f"/reports/{name}", searched, number, count), *downloads]},
    ]
    return web_page(asked, title, sections, is_wide=len(columns) > PORTRAIT)


def _rows(report: "Report", words: str, number: int) -> tuple[list[Sequence[str]], int]:
    """Return a page of the rows that have the words, and how many rows there are.

    The totals are on the last page of all rows, because they are of no search. Raises `Missing` if there is
    no such page.
    """
    from cli.output.table import cells_of, totals_of

    sums_last = report.layout.sums_last
    listed = [row for row in report.rows if not (sums_last and row[0] is None)]
    found = matching((cells_of(report, row) for row in listed), words) if words else None
    start, end, count = (number - 1) * ROWS, number * ROWS, len(listed if found is None else found)
    if start >= count and number > 1:
        raise Missing(f"there is no page {number:,}: there are {count:,} rows")
    if found is not None:
        return found[start:end], count
    shown: list[Sequence[str]] = [cells_of(report, row) for row in listed[start:end]]
    if end >= count:
        shown += [cells_of(report, row) for row in report.rows[len(listed) :]]
        shown += totals_of(report)
    return shown, count


def _fields(name: str, known: list[str], query: Any) -> list[dict[str, Any]]:
    """Return the fields of the report's form."""
    from cli.commands.show.grant import STAGES

    days = ("as_of", *HELP_OF_PERIOD)
    lists = {"by": KEYS.get(name, ()), "status": STATUSES, "stage": STAGES}
    labels = {"as_of": "as of", "known": "as known at", "by": "sums by"}
    fields = [
        field(
            key,
            labels.get(key, key),
            query,
            type="date" if key in days else "text",
            choices=lists.get(key, ()),
        )
        for key in known
    ]
    return [field("q", "words in a row", query), *fields]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 1_000_000):
        raise Malformed([("page", "write a number from 1 on")])
    return int(text)


def _download(asked: Asked, name: str, form: str) -> Answer:
    from io import BytesIO

    from cli.output.formats import write_xlsx
    from cli.output.table import csv_lines, json_array

    with asked_report(asked, name) as made:
        if form == "xlsx":
            file, book = BytesIO(), asked.book
            known_at = book.recorded_at(made.known)
            write_xlsx(made, caption_of(book, made), book.fund().name, known_at, file)
            body = file.getvalue()
        else:
            body = "".join(json_array(made) if form == "json" else csv_lines(made)).encode()
    return Answer(body, FORMS[form], file_name=f"{name}.{form}")
