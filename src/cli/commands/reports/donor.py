"""``grantbook report donor``: a statement for one partner, and what changed since its last one."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cli.commands.reports.report import AS_OF, KNOWN, OUTPUT, caption_of
from cli.output.formats import FORMS, form_of, write, write_text
from cli.shell.as_of_options import day_from, day_or_today, position_from
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from projections.progress.model import Table
    from projections.query import Report


@click.command(
    "donor", cls=Command, help="Write a statement for one partner, with what changed since the last."
)
@click.argument("partner", metavar="PARTNER")
@click.option(
    "--since",
    metavar="DATE",
    help="Show what changed since the end of this day; since the last report to the partner if not given.",
)
@click.option(
    "--since-known",
    metavar="TIME",
    help="Compare with what was known at this time or position; at the end of --since if not given.",
)
@AS_OF
@KNOWN
@click.option("--format", "form", type=click.Choice(FORMS), help="The form of the file's ending, or a table.")
@OUTPUT
def donor(partner: str, **given: Any) -> int:
    """Write the statement."""
    options = settings()
    form = form_of(given["form"], given["output"], json=options.json)
    with options.open_to_read() as book:
        made = statement_of(book, partner, given)
        fund, known_at = book.fund().name, book.recorded_at(made.report.known)
    if form == "html":
        write_text(page_of(made, fund), given["output"])
    else:
        write(
            made.report,
            made.caption,
            form,
            given["output"],
            color=options.color,
            fund=fund,
            known_at=known_at,
        )
    return 0


class Statement(NamedTuple):
    """A statement with its two dates in words, and with what it is compared."""

    partner: str
    report: "Report"
    caption: str
    since: "_Since | None"


def statement_of(book: "Book", partner: str, given: Mapping[str, str | None]) -> Statement:
    """Return the statement for the dates that were typed. Raises ``UsageError``, ``Malformed``."""
    from projections.progress import statement
    from projections.query import Report, tables_at
    from projections.schema.tables import holding

    on = day_or_today(book, given.get("as_of"), "--as-of")
    typed = given.get("known")
    position = book.position() if typed is None else min(position_from(book, typed), book.position())
    with tables_at(book, position) as (connection, known):
        statement.require_partner(connection, partner, on)
        now = statement.lines(connection, partner, on)
        money = holding(connection)
    rows = list(statement.rows(money, now, "now"))
    since = _since(book, partner, given, on, known)
    if since is not None:
        with tables_at(book, since.known) as (connection, _):
            then = statement.lines(connection, partner, since.on)
        rows += statement.rows(money, statement.changes(then, now), "change")
    report = Report("donor", statement.COLUMNS, rows, on, known)
    return Statement(partner, report, _caption(book, report, since), since)


class _Since(NamedTuple):
    """The statement before: its day, and up to which position entries counted in it."""

    on: date
    known: int
    words: str


def _since(
    book: "Book", partner: str, given: Mapping[str, str | None], on: date, known: int
) -> _Since | None:
    """Return the statement to compare with; `None` if none was written before. Raises ``UsageError``."""
    from projections.progress.statement import last_report

    since, since_known = given.get("since"), given.get("since_known")
    if since is not None:
        day = day_from(since, "--since")
        if day > on:
            raise click.UsageError(f"--since {day} is after the day of the statement, {on}")
        then, words = position_from(book, str(day), "--since"), f"{day}"
    else:
        found = last_report(book.entries("fund", known), partner, on)
        if found is None:
            if since_known is not None:
                raise click.UsageError("--since-known needs the day of the statement before: give --since")
            return None
        day, then, words = found.on, found.position or 0, f"the report of {found.on}"
    if since_known is not None:
        then = position_from(book, since_known, "--since-known")
    return _Since(day, min(then, known), words)


def _caption(book: "Book", report: "Report", since: _Since | None) -> str:
    """Return the caption of any report, with what it is compared with as its second line."""
    if since is None:
        compared = "No report to the partner is recorded before, so nothing is compared: give --since."
    else:
        compared = f"Changes since {since.words}, as known then (position {since.known:,})."
    dates, *rest = caption_of(book, report).splitlines()
    return "\n".join([dates, compared, *rest])


# ── HTML ─────────────────────────────────────────────────────────────────────────────────────

_PARTS = (
    (
        "money",
        "Money",
        ("partner", "agreement", "free_pool"),
        "about item name received fees returned drawn paid left",
    ),
    ("grants", "Grants", ("grant",), "item name status drawn paid left share"),
    ("reports", "Reports due", ("donor_report",), "item due_on status"),
)
_CHANGES = "about item name received fees returned drawn paid left status"


def page_of(made: Statement, fund: str) -> str:
    """Return the statement as one page without links to others."""
    from cli.output.pages import page
    from projections.progress.model import Section

    report, since = made.report, made.since
    cells = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
    now = [row for row in cells if row["what"] == "now"]
    sections = [
        Section(
            id_, title, tables=[_table(report, title, [row for row in now if row["about"] in about], names)]
        )
        for id_, title, about, names in _PARTS
    ]
    if since is not None:
        changed = [row for row in cells if row["what"] == "change"]
        title = f"Changed since {since.words}"
        sections.append(Section("changes", title, tables=[_table(report, title, changed, _CHANGES)]))
    name = next((str(row["name"]) for row in now if row["name"]), made.partner)
    return page(
        "sections.html",
        title=f"Statement for {name}",
        fund=fund,
        lines=[*made.caption.splitlines(), f"Amounts in {now[0]['currency']}."],
        sections=sections,
        known=report.known,
        drawn={},
        captions={},
    )


def _table(report: "Report", caption: str, rows: list[dict[str, Any]], names: str) -> "Table":
    """Return a table of these columns, as the tables of reports show them."""
    from cli.output.table import cell
    from projections.progress.model import Table

    columns = [report.layout.by_name[name] for name in names.split()]
    heads = tuple((column.name, column.is_numeric) for column in columns)
    body = [tuple(cell(column, row[column.name]) for column in columns) for row in rows]
    return Table(caption, heads, body)
