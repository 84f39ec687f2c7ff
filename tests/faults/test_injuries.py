"""Disks that lie: flipped bits, torn pages, a cut log. Found and located, or refused; never a wrong total."""

import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from lifecycle.book import loaded_state
from lifecycle.book.book import Book
from lifecycle.seal.seal import Seal
from projections.engine.projector import catch_up, rebuild
from support import given as g
from support.books import make_book, record
from support.cli_shell import Result, Shell
from support.killing import run

Times = Callable[[int, int], int]
PAGE = 4096
WAITING = "journal.sqlite-wal"
"""What was committed lies partly here, as after a crash."""


@pytest.fixture(scope="module", params=["in logs", "in files"])
def base(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A sealed book with a document and a snapshot, its newest commits still in the logs, or in the files."""
    path = tmp_path_factory.mktemp("base") / "book"

    def make(_: int) -> None:
        loaded_state._FIRST_SNAPSHOT = 20
        with make_book(path, [*g.FOUNDED, *g.PAID]) as book:
            for number in range(2, 8):
                grant = f"SSF-{number}"
                record(book, [g.propose("01-10", grant=grant), g.request("01-20", grant=grant)])
        book = Book.open(path)
        digest = book.attach(b"the agreement")
        record(book, [g.attach("2017-05-02", name="a.pdf", sha256=digest), g.refund("2017-06-01")])
        catch_up(book)
        Seal(book).seal()
        os._exit(0)  # nothing is closed: the logs stay

    assert run(make).code == 0
    assert (path / WAITING).stat().st_size > 0
    if request.param == "in files":
        with Book.open(path) as book:
            rebuild(book)
        for name in ("journal", "views"):
            with closing(sqlite3.connect(path / f"{name}.sqlite", isolation_level=None)) as raw:
                assert raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    return path


def injure(book: Path, place: Path, dice: random.Random) -> str:
    """Do to the file what a bad disk does. Returns what."""
    data = bytearray(place.read_bytes())
    pages = max(1, len(data) // PAGE)
    at = dice.randrange(pages) * PAGE
    what = dice.choice(["bit", "bit", "bit", "page of nothing", "half a page", "another page", "cut"])
    if what == "bit":
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    elif what == "page of nothing":
        data[at : at + PAGE] = bytes(len(data[at : at + PAGE]))
    elif what == "half a page":
        data[at + 512 : at + PAGE] = dice.randbytes(len(data[at + 512 : at + PAGE]))
    elif what == "another page":
        other = dice.randrange(pages) * PAGE
        data[at : at + PAGE] = data[other : other + PAGE][: len(data[at : at + PAGE])]
    else:
        del data[dice.randrange(len(data)) :]
    place.write_bytes(data)
    return what


ANSWERS = (
    ("report", "disbursement", "--as-of", "2026-01-31", "--json"),
    ("report", "fund", "--as-of", "2026-01-31", "--json"),
    ("report", "register", "--as-of", "2026-01-31", "--json"),
    ("grant", "show", g.G, "--json"),
    ("report", "timeline", "--as-of", "2026-01-31", "--json"),
    ("report", "disbursement", "--as-of", "2026-01-31", "--known", "30", "--json"),
    ("audit", "history", g.G, "--json"),
    ("audit", "replay", g.G, "--on", "2017-12-31", "--known", "30", "--json"),
    ("audit", "prove", "fund@3"),
)


def told(shell: Shell, book: Path) -> list[Result]:
    """What the book says to the questions that people ask."""
    return [shell(*question, "--book", str(book)) for question in ANSWERS]


def files(base: Path) -> list[Path]:
    """Whatever is in a book; the journal and its log as often as all the rest."""
    skip = {"lock", "views.lock"}
    found = [
        place.relative_to(base)
        for place in base.rglob("*")
        if place.is_file() and place.stat().st_size and place.name not in skip and "-shm" not in place.name
    ]
    journal = [place for place in found if place.name.startswith("journal")]
    return sorted(found) + journal * (len(found) // len(journal))


def test_injured(  # noqa: PLR0917 pytest gives them by name
    base: Path, shell: Shell, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    shutil.copytree(base, tmp_path / "whole")
    right = told(shell, tmp_path / "whole")
    assert all(answer.code == 0 for answer in right)
    dice, seen, places = random.Random(seed), Counter[str](), files(base)
    for number in range(times(4, 100)):
        book = tmp_path / "book"
        shutil.copytree(base, book)
        place = dice.choice(places)
        what = injure(book, book / place, dice)
        answers = told(shell, book)
        verified = shell("audit", "verify", "--book", str(book))
        assert "Traceback" not in verified.err
        assert verified.code in (0, 4, 5), (number, place, what, verified)
        seen[{0: "without harm, or mended", 4: "located", 5: "refused"}[verified.code]] += 1
        assert verified.code == 0 or ":" in verified.err
        for answer, should in zip(answers, right, strict=True):
            assert answer.code in (0, 1, 2, 4, 5), (number, place, what, answer.err)
            assert "Traceback" not in answer.err
            assert answer.code != 0 or answer.out == should.out, (number, place, what, answer.out)
            seen["answers"] += 1
            seen["answers refused"] += answer.code != 0
        shutil.rmtree(book)
    tell(", ".join(f"{count} {told}" for told, count in sorted(seen.items())))
