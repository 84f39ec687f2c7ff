"""``grantbook demo``: the Facility's own published facts, recorded and reported."""

import os
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.settings import Command, Settings, settings
from cli.text import safe, say

if TYPE_CHECKING:
    from lifecycle.book import Book

FUND = "South-South Experience Exchange Trust Fund"
ESTABLISHED = date(2008, 10, 1)
AS_OF = "2012-06-30"
"""On which the demo looks at what is overdue: the end of the fiscal year of the published accounts."""
_ADMIN = "admin"
_FACTS = "facility/facility.jsonl"


@click.command(
    "demo",
    cls=Command,
    help="""Record the Facility's published facts, and report on them.

    Into ./demo-book where no BOOK is named. Running it again changes nothing.""",
)
@click.argument("path", metavar="[BOOK]", required=False)
def demo(path: str | None) -> int:
    """Make the demo book, or go on with it, and show what it holds."""
    asked = settings()
    asked.officer = _ADMIN
    place = Path(path or asked.book or "demo-book")
    with _book(place) as book:
        say(f"Recording the Facility's published facts in {safe(place)} …", err=True)
        code = _record(asked, book)
        if code:
            return code
        _show(asked, book, place)
    return 0


def _book(place: Path) -> "Book":
    from lifecycle.book import Book

    if (place / "book.toml").exists():
        book = Book.open(place)
        if book.fund().name != FUND:
            book.close()
            raise click.UsageError(f"{place} is a book of another fund: name another folder for the demo")
        return book
    if place.exists():
        raise click.UsageError(f"{place} is there and is no book: name another folder for the demo")
    return Book.create(place, name=FUND, currency="USD", fiscal_year_start=7, on=ESTABLISHED, recorder=_ADMIN)


def _record(asked: Settings, book: "Book") -> int:
    from cli.record import record_all

    with resources.as_file(resources.files("cli").joinpath(_FACTS)) as file:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            return record_all(asked, book, descriptor, size=file.stat().st_size, go_on=True, quiet=True)
        finally:
            os.close(descriptor)


def _show(asked: Settings, book: "Book", place: Path) -> None:
    from cli.audit import show_history
    from cli.report import ask, caption_of
    from cli.tables import print_table

    asked.json = False

    def table(title: str, name: str, *, by: str | None = None, as_of: str | None = None) -> None:
        report = ask(book, name, by=by, as_of=as_of)
        say()
        say(click.style(title, bold=True) if asked.color else title)
        print_table(report, caption_of(book, report), color=asked.color)

    table("The fund: contributions and what is available", "fund")
    table("The register of grants", "register")
    table("Disbursement by window", "disbursement", by="window")
    _overdue(asked, book)
    grants = book.grants()
    if grants:
        say()
        show_history(asked, book, _told(book, grants))
    _what_next(place, _told(book, grants) if grants else "GRANT")


def _overdue(asked: Settings, book: "Book") -> None:
    from dataclasses import replace

    from cli.report import ask, caption_of
    from cli.tables import print_table

    report = ask(book, "timeline", as_of=AS_OF)
    status = report.columns.index("status")
    overdue = [row for row in report.rows if row[status] == "overdue"]
    say()
    many = f": the first ten of {len(overdue)}" if len(overdue) > 10 else ""
    title = f"Obligations overdue on {AS_OF}{many}"
    say(click.style(title, bold=True) if asked.color else title)
    print_table(replace(report, rows=overdue[:10]), caption_of(book, report), color=asked.color)


def _told(book: "Book", grants: list[str]) -> str:
    """The grant with the longest life."""
    return max(grants, key=lambda grant: len(book.entries(f"grant:{grant}")))


def _what_next(place: Path, grant: str) -> None:
    say()
    say("What to type next:")
    say(f"  export GRANTBOOK_BOOK={safe(place)} GRANTBOOK_OFFICER={_ADMIN}")
    for line in (
        f"grant show {grant}",
        "grant list",
        f"audit history {grant}",
        f"audit diff {grant} --from 2010-06-30 --to 2012-06-30",
        "audit refusals",
        f"report timeline --as-of {AS_OF}",
        "report disbursement --by fiscal-year",
        "report fund --format csv",
        "grant propose --help",
    ):
        say(f"  grantbook {safe(line)}")
