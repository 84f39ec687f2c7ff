"""The made-up lives that measurements use: all of them lawful, and the same for the same seed."""

import runpy
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.parse import command_from
from support.shell_blocks import ROOT

lives = runpy.run_path(str(ROOT / "benchmarks" / "lives.py"))["lives"]


@pytest.mark.parametrize("interleave", [False, True])
def test_a_new_book_accepts_them(tmp_path: Path, interleave: bool) -> None:
    result = list(lives(1500, 7, interleave=interleave))
    book = Book.create(
        tmp_path / "book",
        name="Lives",
        currency="USD",
        fiscal_year_start=7,
        on=date(2008, 10, 1),
        recorder="admin",
    )
    with book, book.batch():
        answers = [book.record(command_from(words), "admin") for words in result]
    assert Counter(answer.outcome for answer in answers) == {"accepted": 1500}
    assert len({words["command_id"] for words in result}) == 1500


def test_the_same_seed_gives_the_same_lives() -> None:
    assert list(lives(300, 3)) == list(lives(300, 3))
    assert list(lives(300, 3)) != list(lives(300, 4))


def test_some_are_late_and_some_are_corrected() -> None:
    result = [words for words in lives(4000, 1) if "grant" in words]
    last: dict[str, str] = {}
    late = 0
    for words in result:
        late += words["on"] < last.get(words["grant"], "")
        last[words["grant"]] = max(words["on"], last.get(words["grant"], ""))
    assert late > 5
    assert sum(words["command"] == "CorrectEntry" for words in result) > 5
