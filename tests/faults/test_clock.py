"""A machine with a wrong clock: moments still grow, or nothing is recorded until the clock is right."""

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
def test_a_leap_of_the_clock_is_refused_or_moments_still_grow(
    leap: str, tmp_path: Path, seed: int, times: Callable[[int, int], int], tell: Callable[[str], None]
) -> None:
    """The clock leaps at a random command of twenty and is set right five later. Two books take turns."""
    leap_by, is_jitter = LEAPS[leap]
    dice, refused = random.Random(seed), 0
    for number in range(times(1, 20)):
        clock, leap_at = Clock(NOON), dice.randrange(15)
        created = make_book(tmp_path / str(number), [*g.FOUNDED, *g.PROPOSED], clock=clock)
        with created as book, Book.open(book.path, clock=clock) as other:
            for index in range(20):
                if index == leap_at:
                    clock.now += leap_by
                if index == leap_at + 5:
                    clock.now = (
                        max(clock.now - leap_by, NOON + timedelta(hours=1))
                        if is_jitter
                        else clock.now - leap_by
                    )
                refused += not is_recorded(dice.choice([book, other]))
            moments = [entry.recorded_at for entry in book.entries(f"grant:{g.G}")]
            assert moments == sorted(set(moments))
            assert len(moments) == (21 if is_jitter else 16)
            Seal(book).seal()
            assert verify(book, Seal(book)).problems == []
    tell(f"{times(1, 20)} leaps; {refused} commands refused until it was put right; moments grow")


def is_recorded(book: Book) -> bool:
    """Return whether a command is accepted. Nothing may be written if the clock is refused."""
    before = book.position()
    try:
        return book.record(g.cost("01-12"), "t.leader").outcome == "accepted"
    except ClockRefused:
        assert book.position() == before
        return False
