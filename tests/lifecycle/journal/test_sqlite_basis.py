"""What is asked under the append lock of a file reads the entries since the judging, and no others."""

import pytest

from lifecycle.book.book import Book
from lifecycle.journal.sqlite import basis
from lifecycle.kernel.history import FUND

pytestmark = pytest.mark.of_a_file("how SQLite answers a query")


def test_later_entries_are_looked_for_by_position(book: Book) -> None:
    question = basis._CHANGED.format(streams="?, ?", topics="?")
    rows = book.journal.recorder.rows(
        f"EXPLAIN QUERY PLAN {question}", 1, FUND, "quarantines", FUND, "FundsCommitted.v1"
    )
    read = [step for *_, step in rows if str(step).startswith(("SEARCH entries", "SCAN entries"))]
    assert read == ["SEARCH entries USING INTEGER PRIMARY KEY (rowid>?)"]
