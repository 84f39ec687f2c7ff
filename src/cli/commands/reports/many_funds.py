"""One report over several funds: their rows in one table, the fund in the first column."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from cli.output.formats import write
from cli.output.terminal_text import safe, say
from cli.shell.settings import located, settings
from lifecycle.journal.addresses import is_address, named
from lifecycle.parse import Malformed
from projections.filters.known_values import UnknownValue
from projections.query import Report
from projections.schema.columns import Column, Columns, Type

if TYPE_CHECKING:
    from lifecycle.book.book import Book

_FUND = Column("fund", Type.TEXT, "The fund's name, with its place if two have the same name")


class _FundReport(NamedTuple):
    """One fund's report."""

    fund: str
    place: str
    report: Report
    caption: str


def report_on_all(
    books: Sequence[str], ask: "Callable[[Book], tuple[Report, str]]", form: str, output: str | None
) -> int:
    """Write the report on all books, and return the exit code: that of a book that gave no report, if any.

    ``ask`` returns a book's report and its caption.
    """
    fund_reports, code, faults = list[_FundReport](), 0, list[UnknownValue]()
    for place in places(books):
        try:
            fund_reports.append(_report_on(place, ask))
        except UnknownValue as fault:  # a sector of one fund need not be one of another
            faults.append(fault)
            say(f"{safe(named(place))} is not in this report: {safe(fault)}", err=True)
        except (Malformed, click.ClickException):
            raise
        except Exception as error:  # whatever is wrong with one book, the others have their rows
            from cli.shell.failures import show

            say(f"{safe(named(place))} is not in this report:", err=True)
            code = max(code, show(error))
    if faults and not fund_reports:
        raise faults[0]
    if fund_reports:
        report, caption = _together(fund_reports)
        write(report, caption, form, output, color=settings().color, fund=f"{len(fund_reports)} funds")
    return code


def places(books: Sequence[str]) -> Iterator[Path | str]:
    """Yield the place of each book. Raises ``UsageError`` for a folder or list without a book."""
    for text in books:
        place = located(text)
        if is_address(place) or (place / "book.toml").exists():
            yield place
        elif place.is_dir():
            found = sorted(folder.parent for folder in place.glob("*/book.toml"))
            if not found:
                raise click.UsageError(f"{safe(text)}: there is no book in this folder")
            yield from found
        elif place.is_file():
            yield from _listed(place)
        else:
            yield place


def _listed(file: Path) -> Iterator[Path | str]:
    """Yield the places that a file lists, one a line; folders are relative to the file's own."""
    lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
    listed = [line for line in lines if line and not line.startswith("#")]
    if not listed:
        raise click.UsageError(f"{safe(file)} lists no book: write one place a line")
    for line in listed:
        place = located(line)
        yield place if is_address(place) else file.parent / place


def _report_on(place: Path | str, ask: "Callable[[Book], tuple[Report, str]]") -> _FundReport:
    from lifecycle.book.book import Book

    with Book.open(place, read_only=not is_address(place)) as book:
        settings().warn(book)
        report, caption = ask(book)
        return _FundReport(book.fund().name, named(place), report, caption)


def _together(fund_reports: list[_FundReport]) -> tuple[Report, str]:
    """Return one report with the rows of all, and a caption with the dates of each."""
    same_name = Counter(single.fund for single in fund_reports)
    labels = [
        f"{single.fund} ({single.place})" if same_name[single.fund] > 1 else single.fund
        for single in fund_reports
    ]
    labelled = [*zip(labels, fund_reports, strict=True)]
    first = fund_reports[0].report
    # Some reports end with a row that sums the others up: with those of several funds nothing may be added.
    columns = (column.but(total=False) if first.layout.sums_last else column for column in first.layout)
    shown = " ".join(dict.fromkeys(("fund", first.columns[0], *first.layout.first)))
    layout = Columns(_FUND, *columns, first=shown, overlap=first.layout.overlap)
    rows = [(label, *row) for label, single in labelled for row in single.report.rows]
    dates = [f"{label}: {single.caption.splitlines()[0]}" for label, single in labelled]
    notes = dict.fromkeys(note for single in fund_reports for note in single.caption.splitlines()[1:])
    as_of = max(single.report.as_of for single in fund_reports)
    return Report(first.name, layout, rows, as_of, 0), "\n".join((*dates, *notes))
