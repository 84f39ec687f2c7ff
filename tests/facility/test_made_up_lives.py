"""The made-up lives that benchmarks use: a book accepts all of them, and a seed gives the same lives."""

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
def test_a_new_book_accepts_the_lives(tmp_path: Path, interleave: bool) -> None:
    commands = list(lives(1500, 7, interleave=interleave))
    book = Book.create(
        tmp_path / "book",
        name="Lives",
        currency="USD",
        fiscal_year_start=7,
        on=date(2008, 10, 1),
        recorder="admin",
    )
    with book, book.batch():
        answers = [book.record(command_from(fields), "admin") for fields in commands]
    assert Counter(answer.outcome for answer in answers) == {"accepted": 1500}
    assert len({fields["command_id"] for fields in commands}) == 1500


def test_the_same_seed_gives_the_same_lives() -> None:
    assert list(lives(300, 3)) == list(lives(300, 3))
    assert list(lives(300, 3)) != list(lives(300, 4))


def test_some_entries_are_late_and_some_are_corrected() -> None:
    commands = [fields for fields in lives(4000, 1) if "grant" in fields]
    last: dict[str, str] = {}
    late = 0
    for fields in commands:
        late += fields["on"] < last.get(fields["grant"], "")
        last[fields["grant"]] = max(fields["on"], last.get(fields["grant"], ""))
    assert late > 5
    assert sum(fields["command"] == "CorrectEntry" for fields in commands) > 5
