"""Tables of pages, with links to grants, and the forms of reports."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cli.web.asked import grant_path, with_query

if TYPE_CHECKING:
    from projections.query import Report

ROWS = 100
"""The most rows of a report's page."""


def table(
    title: str,
    columns: Sequence[tuple[str, bool]],
    rows: Iterable[Sequence[str]],
    caption: Sequence[str] = (),
    more: str = "",
) -> dict[str, Any]:
    """Return a table whose grants lead to their pages. Columns are names, with whether they hold numbers."""
    from cli.output.table import NOTHING

    no_grants = ("", NOTHING, "total", "fund")
    at = next((i for i, (name, _) in enumerate(columns) if name == "grant"), None)
    linked = [
        [(cell, grant_path(cell) if i == at and cell not in no_grants else "") for i, cell in enumerate(row)]
        for row in rows
    ]
    return {"title": title, "columns": columns, "rows": linked, "caption": caption, "more": more}


def report_table(report: "Report", title: str, caption: str, more: str = "") -> dict[str, Any]:
    """Return all rows of a report as a table."""
    from cli.output.pages import heads
    from cli.output.table import body_of

    return table(title, heads(report), body_of(report), caption.splitlines(), more)


def matching(rows: Iterable[Sequence[str]], words: str) -> list[Sequence[str]]:
    """Return the rows in which every word stands somewhere, in any case."""
    wanted = [word.casefold() for word in words.split()]
    return [row for row in rows if all(word in " ".join(row).casefold() for word in wanted)]


def pages_of(path: str, query: Mapping[str, str], number: int, count: int) -> list[dict[str, str]]:
    """Return links to the page before and after, of rows that are more than one page holds."""
    links = []
    if number > 1:
        links.append({"path": with_query(path, {**query, "page": str(number - 1)}), "name": "Previous rows"})
    if number * ROWS < count:
        links.append({"path": with_query(path, {**query, "page": str(number + 1)}), "name": "Next rows"})
    return links


def field(name: str, label: str, query: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """Return a field of a form with what was typed. ``choices`` makes it a list, ``type`` a day."""
    return {"name": name, "label": label, "value": query.get(name, ""), "type": "text", "choices": (), **more}
