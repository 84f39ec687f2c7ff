"""An index that does not lead to what is there: refused by whoever needs it, and never a wrong figure.

SQLite does not notice a page of an index in the place of another one.
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
GRANTS, TIMES = 60, 40


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A closed book whose index of streams has several pages, with entries that are not in the views yet."""
    money = g.receive("2016-12-01", partner="DK", amount="9000000.00 USD")
    lives = (of(f"SSF-{number:02}", PAID) for number in range(GRANTS))
    with new_book(tmp_path / "whole", money, *lives) as book:
        catch_up(book)
        record(book, of("SSF-07", [g.refund("06-01")]), g.join("2017-07-01", partner="CO"))
        record(book, of("SSF-19", [g.refund("06-01")]))
    return tmp_path / "whole"


def leaves(journal: bytes) -> list[int]:
    """Where the pages of indexes are that hold keys."""
    return [at for at in range(0, len(journal), PAGE) if journal[at] == LEAF_OF_INDEX]


def now(book: Book) -> object:
    return ask(book, "disbursement", "2018-12-31"), ask(book, "fund", "2018-12-31")


def known_earlier(book: Book) -> object:
    known = book.position() - 5
    return ask(book, "disbursement", "2018-12-31", known=known), ask(book, "fund", "2018-12-31", known=known)


@pytest.mark.parametrize("question", [now, known_earlier])
def test_no_page_of_an_index_in_the_place_of_another_comes_into_a_report(
    whole: Path, tmp_path: Path, question: Callable[[Book], object]
) -> None:
    with Book.open(shutil.copytree(whole, tmp_path / "right")) as book:
        right = question(book)
    journal, refused = (whole / "journal.sqlite").read_bytes(), 0
    places = leaves(journal)
    assert len(places) > 5
    for number, (place, other) in enumerate(random.Random(1).sample([*permutations(places, 2)], TIMES)):
        injured = shutil.copytree(whole, tmp_path / str(number))
        pages = bytearray(journal)
        pages[place : place + PAGE] = journal[other : other + PAGE]
        (injured / "journal.sqlite").write_bytes(pages)
        refused += 1
        with suppress(Altered, Unreachable), Book.open(injured, as_is=True) as book:
            assert question(book) == right, (place, other)
            refused -= 1
    assert refused
