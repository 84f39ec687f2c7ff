"""HTML pages, each in one file without links to others, for screens, phones, paper and screen readers."""

import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from jinja2 import Environment

    from projections.query import Report


SHEET = 200
"""The most rows that a screen shows at a time."""
FEWEST = 20
"""Rows that are fewer than this are put into the sheet before them."""
PORTRAIT = 8
"""The most columns that fit a sheet of A4 upright. A report with more is printed across."""


class PageLink(NamedTuple):
    """One of several pages that lead to each other."""

    path: str
    name: str
    is_current: bool = False


class Sheet(NamedTuple):
    """Some rows of a report, and the id of each row that begins a grant."""

    start: int
    """The number of rows before these."""
    rows: list[list[str]]
    ids: list[str | None]


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


class GuardedPage(NamedTuple):
    """A page, and the policy that it bears."""

    text: str
    policy: str


def page_with_policy(template: str, *styles: str, script: str = "", **values: Any) -> GuardedPage:
    """Return a page with the styles and the script of these files, and a policy that allows only these.

    A browser runs no other script on it, applies no other style, and loads nothing.
    """
    from markupsafe import Markup

    style = text_of_files(*styles)
    code = _file(script) if script else ""
    allowed = f"style-src {_source(style)}" + (f"; script-src {_source(code)}" if script else "")
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    text = page(
        template,
        style=Markup(style),  # noqa: S704 a file of this package
        script=Markup(code),  # noqa: S704 likewise
        policy=policy,
        **values,
    )
    return GuardedPage(text, policy)


def text_of_files(*names: str) -> str:
    """Return the text of these files of the package, one after the other."""
    return "".join(map(_file, names))


def _file(name: str) -> str:
    from importlib import resources

    return resources.files("cli.output.pages").joinpath(name).read_text("utf-8")


def _source(text: str) -> str:
    """Return the text's hash as a source of a Content-Security-Policy."""
    from base64 import b64encode
    from hashlib import sha256

    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def report_page(report: "Report", caption: str, fund: str) -> str:
    """Return one report as a page. A long table is in sheets, of which a screen shows one at a time."""
    from cli.output.table import body_of

    rows = list(body_of(report))
    anchors = _anchors(report, rows)
    ids = _ids(rows, anchors)
    starts = list(range(0, len(rows), SHEET)) or [0]
    if len(starts) > 1 and len(rows) - starts[-1] < FEWEST:
        starts.pop()
    sheets = [Sheet(a, rows[a:b], ids[a:b]) for a, b in pairwise([*starts, len(rows)])]
    return page(
        "report.html",
        title=report.name.replace("-", " ").capitalize(),
        fund=fund,
        caption=caption.splitlines(),
        columns=heads(report),
        sheets=sheets,
        anchors=anchors,
        has_index=len(sheets) > 1 or len(anchors) < len(report.rows),
        is_wide=len(report.columns) > PORTRAIT,
        count=len(report.rows),
    )


def _ids(rows: list[list[str]], anchors: dict[str, str]) -> list[str | None]:
    """Return the id of each row: of its grant, if it is the grant's first."""
    left = dict(anchors)
    return [left.pop(row[0], None) for row in rows]


def _anchors(report: "Report", rows: list[list[str]]) -> dict[str, str]:
    """Return the id of each grant's first row by grant; none if the rows are not of grants."""
    if report.columns[0] != "grant":
        return {}
    anchors, taken = dict[str, str](), set[str]()
    for row in rows:
        if row[0] not in anchors and row[0] not in ("", "total"):
            name = "grant-" + re.sub(r"[^\w.-]", "_", row[0])
            anchors[row[0]] = f"row-{len(anchors)}" if name in taken else name
            taken.add(name)
    return anchors


def report_fragment(report: "Report", caption: str) -> str:
    """Return one report as an HTML table with its caption, to be put into another page."""
    from cli.output.table import body_of

    return page(
        "fragment.html",
        title=report.name.replace("-", " ").capitalize(),
        caption=caption.splitlines(),
        columns=heads(report),
        rows=body_of(report),
    )


def heads(report: "Report") -> list[tuple[str, bool]]:
    """Return each column's name, and whether it is aligned to the right."""
    return [(column.name, column.is_numeric) for column in report.layout]
