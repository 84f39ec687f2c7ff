"""Every report of a book, with the keys of its rows: what a data package holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from lifecycle.book.book import Book
from projections.publication.walks import Dates
from projections.query import (
    ENTRIES,
    KEYS,
    REPORTS,
    Report,
    answering,
    question_of,
    rows_of,
    tables_at,
)
from projections.streamed_rows import StreamedRows

PRIMARY_KEYS = {
    "register": ("grant",),
    "disbursement": ("grant",),
    "calls": ("call",),
    "institutions": ("institution",),
    "needs": ("need",),
    "offers": ("offer",),
    "payments": ("grant", "payment"),
    "advances": ("grant", "payment"),
    "exchanges": ("grant", "activity"),
    "follow-ups": ("grant", "follow_up"),
    "stages": ("grant",),
    "unmet": ("grant",),
    "cohorts": ("approval_year",),
    "windows": ("grant", "rule"),
    "instalments": ("partner", "instalment"),
    "set-asides": ("set_aside",),
    "entries": ("stream", "version"),
}
"""The columns that name a row, by report. The others have rows without a name of their own."""
REFERENCES = {"grant": "register", "call": "calls"}
"""The report whose primary key a column of this name refers to."""

FILES = 1 + sum(1 + len(KEYS.get(name, ())) for name in REPORTS)
"""The number of reports, each of its keys counted; the entries are one more."""


class Named(NamedTuple):
    """A report with the name of its file, and the key by which it is summed, if it is."""

    file: str
    by: str | None
    report: Report


@contextmanager
def every_report(book: Book, dates: Dates) -> Iterator[Iterator[Named]]:
    """Yield every report, and every report by each of its keys. Rows are read from the open tables."""
    with tables_at(book, dates.known) as (connection, _):

        def reports() -> Iterator[Named]:
            for name in REPORTS:
                for by in (None, *KEYS.get(name, ())):
                    question = question_of(name, by, None)
                    rows = StreamedRows(rows_of(connection, question, dates.as_of))
                    report = Report(name, question.columns, rows, dates.as_of, dates.known)
                    yield Named(_file_name(name, by), by, report)
            with answering(book, ENTRIES, as_of=dates.as_of, known=dates.known) as report:
                yield Named(_file_name(ENTRIES, None), None, report)

        yield reports()


def _file_name(name: str, by: str | None) -> str:
    """Return the name of a report's file without its ending: ``disbursement_by_window``."""
    return f"{name}_by_{by}".replace("-", "_") if by else name.replace("-", "_")
