"""``grantbook demo``: records what the Facility published about itself, and reports on it."""

import os
from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.output.terminal_text import safe, say
from cli.shell.settings import Command, Settings, settings

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from projections.query import Report

FUND = "South-South Experience Exchange Trust Fund"
ESTABLISHED = date(2008, 10, 1)
AS_OF = "2012-06-30"
"""The day of the demo's list of overdue obligations: the end of the fiscal year of the published accounts."""
_ACCOUNTS = "2011-10-31"
"""The last day that the published tables on completed projects cover."""
_QUESTION = "dairy supply chain"
_ROWS = 10
_ADMIN = "admin"
_PARTNER = "DK"
"""The partner for whom a statement is written."""
_COMMANDS = "facility/facility.jsonl"


@click.command(
    "demo",
    cls=Command,
    help="""Record what the Facility published, and report on it.

    The book is ./demo-book if no BOOK is named. Running it again changes nothing.""",
)
@click.argument("path", metavar="[BOOK]", required=False)
def demo(path: str | None) -> int:
    """Make or complete the demo book, and show what it holds."""
    from lifecycle.journal.addresses import is_address

    options = settings()
    options.officer = _ADMIN
    target = path or options.book or "demo-book"
    if is_address(target):
        raise click.UsageError("name a folder for the demo; grantbook move takes it to a database")
    folder = Path(target)
    with _book(folder) as book:
        say(f"Recording what the Facility published in {safe(folder)} …", err=True)
        code = _record(options, book)
        if code:
            return code
        _show(options, book, folder)
    return 0


def _book(folder: Path) -> "Book":
    from lifecycle.book.book import Book

    if (folder / "book.toml").exists():
        book = Book.open(folder)
        if book.fund().name != FUND:
            book.close()
            raise click.UsageError(f"{folder} is a book of another fund: name another folder for the demo")
        return book
    if folder.exists():
        raise click.UsageError(f"{folder} exists and is no book: name another folder for the demo")
    return Book.create(
        folder,
        name=FUND,
        currency="USD",
        fiscal_year_start=7,
        time_zone="America/New_York",
        on=ESTABLISHED,
        recorder=_ADMIN,
    )


def _record(options: Settings, book: "Book") -> int:
    from cli.commands.record.record import record_all

    with resources.as_file(resources.files("cli").joinpath(_COMMANDS)) as file:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            return record_all(options, book, descriptor, size=file.stat().st_size)
        finally:
            os.close(descriptor)


def _show(options: Settings, book: "Book", folder: Path) -> None:
    from cli.commands.audit.history import show_history
    from cli.commands.reports.report import ask

    options.json = False

    def show(title: str, report: "Report", note: str = "") -> None:
        _table(options, book, title, report, note)

    show("The fund: contributions and what is available", ask(book, "fund"))
    register = ask(book, "register")
    show(*_some("The register of grants", register, "title", _is_named, most=40))
    show("The call of November 2018", ask(book, "calls"))
    show("How its ten proposals were scored", ask(book, "calls", by="criterion"))
    show("Disbursement by window", ask(book, "disbursement", by="window"))
    show("Outcomes of the 21 projects completed by October 2011", ask(book, "outcomes", as_of=_ACCOUNTS))
    show(*_receiving_and_providing(ask(book, "countries")))
    _published(book, folder, show)
    _sessions_and_library(options, book, show)
    overdue = ask(book, "timeline", as_of=AS_OF)
    show(*_some(f"Obligations overdue on {AS_OF}", overdue, "status", lambda status: status == "overdue"))
    grant = _longest_history(book)
    say()
    show_history(options, book, grant)
    _write_progress(book, folder)
    _write_statement(book, folder)
    _what_next(folder, grant)


def _is_named(title: str) -> bool:
    """Return whether a source gives the title of the grant."""
    return not title.endswith("title not published")


def _table(options: Settings, book: "Book", title: str, report: "Report", note: str) -> None:
    from cli.commands.reports.report import caption_of
    from cli.output.table import print_table

    say()
    say(click.style(title, bold=True) if options.color else title)
    print_table(report, note + caption_of(book, report), color=options.color)


def _some(
    title: str, report: "Report", column: str, matches: Callable[[Any], bool], *, most: int = _ROWS
) -> tuple[str, "Report", str]:
    """Return a title, the report with its first matching rows, and a line that says how many are shown."""
    from dataclasses import replace

    index = report.columns.index(column)
    matching = [row for row in report.rows if matches(row[index])]
    shown = matching[:most]
    note = f"{len(shown)} of {len(report.rows)} rows.\n" if len(shown) < len(report.rows) else ""
    suffix = f": the first {most} of {len(matching)}" if len(matching) > most else ""
    return title + suffix, replace(report, rows=shown), note


def _receiving_and_providing(report: "Report") -> tuple[str, "Report", str]:
    """Return a title, the rows of countries that both receive and provide with the sums, and a line."""
    from dataclasses import replace

    *rows, total = (dict(zip(report.columns, row, strict=True)) for row in report.rows)
    both = {row["country"] for row in rows if row["receiving"] and row["providing"]} - {"ZZ"}
    shown = [row for row in report.rows if row[0] in both or row[0] is None]
    title = f"The {total['both']} countries that receive and provide, and the sums of all"
    return title, replace(report, rows=shown), f"{len(shown)} of {len(report.rows)} rows.\n"


def _published(book: "Book", folder: Path, show: Callable[..., None]) -> None:
    """Show what was published beside what the book gives, with the reason of each difference.

    A copy of the file of figures is put beside the reports, for ``grantbook report published``.
    """
    from cli.commands.reports.published import figures_in
    from projections.published_figures import COLUMNS, compared
    from projections.query import Report, tables_at

    copy = folder / "reports" / "published_figures.csv"
    copy.parent.mkdir(exist_ok=True)
    copy.write_bytes(resources.files("cli").joinpath("facility/published_figures.csv").read_bytes())
    with tables_at(book, None) as (connection, position):
        rows = list(compared(connection, figures_in(copy)))
    report = Report("published", COLUMNS, rows, book.today(), position)
    show("What was published beside what the book gives", report, _differences(report))


def _differences(report: "Report") -> str:
    """Return a line for each figure that differs from the published one, with the explanation."""
    rows = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
    return "".join(
        f"{row['figure']}: {row['explanation']}.\n" for row in rows if float(str(row["difference"] or 0))
    )


def _sessions_and_library(options: Settings, book: "Book", show: Callable[..., None]) -> None:
    """Show the video dialogue in each site's local time, and what the library says about dairy."""
    from cli.facility.later import DIALOGUE
    from projections.query import Report, tables_at
    from projections.query import ask as answer
    from projections.reports.directory.match import MATCH_COLUMNS, match
    from projections.reports.questions import Question
    from projections.reports.results.library import SEARCH_COLUMNS, Filters, search
    from projections.reports.results.sites import COLUMNS, local_times, session_on

    on = book.today()
    with tables_at(book, None) as (connection, known):
        session = session_on(connection, on, DIALOGUE, "A1")
        sites = Report("sites", COLUMNS, local_times(session), on, known)
        matches = answer(
            connection,
            "search",
            Question(SEARCH_COLUMNS, lambda c, day: search(c, day, _QUESTION, Filters(), _ROWS)),
            as_of=on,
            known=known,
        )
        offers = answer(
            connection,
            "match",
            Question(MATCH_COLUMNS, lambda c, day: match(c, day, _QUESTION, "KE", sector=None, limit=_ROWS)),
            as_of=on,
            known=known,
        )
    show(f"{session.title}: {session.starts_at:%Y-%m-%d %H:%M} UTC at seven sites", sites)
    show(f"In the library: {_QUESTION}", matches)
    show(f"Who could teach Kenya: {_QUESTION}", offers)


def _write_progress(book: "Book", book_folder: Path) -> None:
    """Write the progress report of 2018 as Markdown and as HTML into the book's folder."""
    from cli.commands.reports.progress_report import written

    folder = book_folder / "reports"
    folder.mkdir(exist_ok=True)
    say()
    for name in ("progress-2018.md", "progress-2018.html"):
        text = written(book, {"year": "2018"}, "html" if name.endswith("html") else "md")
        (folder / name).write_text(text, "utf-8")
        say(f"The progress report of 2018: {safe(folder / name)}")


def _write_statement(book: "Book", book_folder: Path) -> None:
    """Write the statement for one partner, with what changed in 2018, into the book's folder."""
    from cli.commands.reports.donor import page_of, statement_of

    file = book_folder / "reports" / f"statement-{_PARTNER}-2018.html"
    days = {"as_of": "2018-12-31", "since": "2017-12-31", "since_known": str(book.position())}
    file.write_text(page_of(statement_of(book, _PARTNER, days), book.fund().name), "utf-8")
    say(f"A statement for one partner, and what changed in 2018: {safe(file)}")


def _longest_history(book: "Book") -> str:
    """Return the grant with the most entries."""
    return max(book.grants(), key=lambda grant: len(book.entries(f"grant:{grant}")))


def _what_next(folder: Path, grant: str) -> None:
    say()
    say("What to type next:")
    say(f"  export GRANTBOOK_BOOK={safe(folder)} GRANTBOOK_OFFICER={_ADMIN}")
    for line in (
        f"grant show {grant}",
        "grant list",
        f"audit history {grant}",
        f"audit diff {grant} --from 2010-06-30 --to 2012-06-30",
        "audit refusals",
        f"report timeline --as-of {AS_OF}",
        "report disbursement --by partner",
        "report countries --by pair",
        f"report donor {_PARTNER} --as-of 2011-10-31",
        "report set-asides --as-of 2011-10-31",
        "report glance --as-of 2011-01-10",
        "activity sites SSF-2011-06-dialogue A1 --format ics",
        'library match --need "hospital management" --recipient KE',
        "report progress --fiscal-year 2011 --output report.html",
        "grant propose --help",
    ):
        say(f"  grantbook {safe(line)}")
