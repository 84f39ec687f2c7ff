"""A machine with a wrong clock: moments grow all the same, or nothing is recorded until it is right."""

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.errors import ClockRefused
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from support import given as g
from support.books import NOON, Clock, make_book

LEAPS = {
    "back 1 s": (timedelta(seconds=-1), True),
    "back 1 d": (timedelta(days=-1), False),
    "forward 10 y": (timedelta(days=3652), False),
}


@pytest.mark.parametrize("leap", LEAPS)
def test_clock(
    leap: str, tmp_path: Path, seed: int, times: Callable[[int, int], int], tell: Callable[[str], None]
) -> None:
    """It leaps at a random command of twenty, and is put right five later. Two programs record in turn."""
    by, goes_on = LEAPS[leap]
    dice, refused = random.Random(seed), 0
    for number in range(times(1, 20)):
        clock, at = Clock(NOON), dice.randrange(15)
        made = make_book(tmp_path / str(number), [*g.FOUNDED, *g.PROPOSED], clock=clock)
        with made as book, Book.open(book.path, clock=clock) as other:
            for place in range(20):
                if place == at:
                    clock.now += by
                if place == at + 5:
                    clock.now = max(clock.now - by, NOON + timedelta(hours=1)) if goes_on else clock.now - by
                refused += not recorded(dice.choice([book, other]))
            moments = [entry.recorded_at for entry in book.entries(f"grant:{g.G}")]
            assert moments == sorted(set(moments))
            assert len(moments) == 21 if goes_on else 16
            Seal(book).seal()
            assert verify(book, Seal(book)).problems == []
    tell(f"{times(1, 20)} leaps; {refused} commands refused until it was put right; moments grow")


def recorded(book: Book) -> bool:
    """Whether the clock was believed; nothing is written where it was not."""
    before = book.position()
    try:
        return book.record(g.cost("01-12"), "t.leader").outcome == "accepted"
    except ClockRefused:
        assert book.position() == before
        return False
