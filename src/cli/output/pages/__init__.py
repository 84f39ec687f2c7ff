"""HTML pages, each in one file without links to others, for screens, phones, paper and screen readers."""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

    from projections.query import Report


@cache
def _environment() -> "Environment":
    from importlib import resources

    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from cli.output.table import heading
    from cli.output.terminal_text import prose, safe

    folder = str(resources.files("cli.output.pages"))
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(safe_text=safe, prose=prose, heading=heading)
    environment.tests["day"] = lambda cell: re.fullmatch(r"\d{4}-\d\d-\d\d", cell, re.ASCII) is not None
    return environment


def page(template: str, **values: Any) -> str:
    """Return the page. All text is escaped, so that it becomes neither markup nor a mark of direction."""
    return _environment().get_template(template).render(**values)


def report_page(report: "Report", caption: str, fund: str) -> str:
    """Return one report as a page with one table."""
    from cli.output.table import body_of

    rows = body_of(report)
    title = report.name.replace("-", " ").capitalize()
    return page(
        "report.html",
        title=title,
        fund=fund,
        caption=caption.splitlines(),
        columns=_heads(report),
        rows=rows,
        count=len(report.rows),
    )


def report_fragment(report: "Report", caption: str) -> str:
    """Return one report as an HTML table with its caption, to be put into another page."""
    from cli.output.table import body_of

    return page(
        "fragment.html",
        title=report.name.replace("-", " ").capitalize(),
        caption=caption.splitlines(),
        columns=_heads(report),
        rows=body_of(report),
    )


def _heads(report: "Report") -> list[tuple[str, bool]]:
    """Return each column's name, and whether it is aligned to the right."""
    return [(column.name, column.is_numeric) for column in report.layout]
