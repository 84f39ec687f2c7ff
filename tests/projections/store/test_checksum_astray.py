"""A page of the journal's index in the place of another: reports refuse it, or their figures are right.

SQLite itself does not notice this.
"""

import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from itertools import permutations
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Altered, Unreachable
from projections.engine.projector import catch_up
from support import given as g
from support.given import PAID
from support.reading import (
    ask,
    new_book,
    of,
    record,
)

pytestmark = pytest.mark.of_a_file("pages of an SQLite file")
PAGE, LEAF_OF_INDEX = 4096, 0x0A
GRANTS, DAMAGED_COPIES = 60, 40


@pytest.fixture
def closed_book(tmp_path: Path) -> Path:
    """Return a closed book with several pages in the index of streams and entries that the views lack."""
    money = g.receive("2016-12-01", partner="DK", amount="9000000.00 USD")
    lives = (of(f"SSF-{number:02}", PAID) for number in range(GRANTS))
    with new_book(tmp_path / "closed", money, *lives) as book:
        catch_up(book)
        record(book, of("SSF-07", [g.refund("06-01")]), g.join("2017-07-01", partner="CO", name="Colombia"))
        record(book, of("SSF-19", [g.refund("06-01")]))
    return tmp_path / "closed"


def index_leaves(journal: bytes) -> list[int]:
    """Return the offsets of the pages of indexes that hold keys."""
    return [offset for offset in range(0, len(journal), PAGE) if journal[offset] == LEAF_OF_INDEX]


def now(book: Book) -> object:
    return ask(book, "disbursement", "2018-12-31"), ask(book, "fund", "2018-12-31")


def known_earlier(book: Book) -> object:
    known = book.position() - 5
    return ask(book, "disbursement", "2018-12-31", known=known), ask(book, "fund", "2018-12-31", known=known)


@pytest.mark.parametrize("question", [now, known_earlier])
def test_no_page_of_an_index_in_the_place_of_another_comes_into_a_report(
    closed_book: Path, tmp_path: Path, question: Callable[[Book], object]
) -> None:
    with Book.open(shutil.copytree(closed_book, tmp_path / "right")) as book:
        rows = question(book)
    journal = (closed_book / "journal.sqlite").read_bytes()
    refused = 0
    offsets = index_leaves(journal)
    assert len(offsets) > 5
    for number, (offset, source) in enumerate(
        random.Random(1).sample([*permutations(offsets, 2)], DAMAGED_COPIES)
    ):
        damaged = shutil.copytree(closed_book, tmp_path / str(number))
        pages = bytearray(journal)
        pages[offset : offset + PAGE] = journal[source : source + PAGE]
        (damaged / "journal.sqlite").write_bytes(pages)
        refused += 1
        with suppress(Altered, Unreachable), Book.open(damaged, as_is=True) as book:
            assert question(book) == rows, (offset, source)
            refused -= 1
    assert refused
