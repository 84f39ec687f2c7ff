"""Flipped bits, torn pages, a cut log: each is located or refused, and no report gives a wrong total."""

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
"""The log that holds a part of the commits, as after a crash."""


@pytest.fixture(scope="module", params=["in logs", "in files"])
def base(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A sealed book with a document and a snapshot, its newest commits in the logs or in the files."""
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


def injure(book: Path, path: Path, dice: random.Random) -> str:
    """Injure the file as a bad disk does. Returns the injury."""
    data = bytearray(path.read_bytes())
    pages = max(1, len(data) // PAGE)
    at = dice.randrange(pages) * PAGE
    injury = dice.choice(["bit", "bit", "bit", "page of nothing", "half a page", "another page", "cut"])
    if injury == "bit":
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    elif injury == "page of nothing":
        data[at : at + PAGE] = bytes(len(data[at : at + PAGE]))
    elif injury == "half a page":
        data[at + 512 : at + PAGE] = dice.randbytes(len(data[at + 512 : at + PAGE]))
    elif injury == "another page":
        other = dice.randrange(pages) * PAGE
        data[at : at + PAGE] = data[other : other + PAGE][: len(data[at : at + PAGE])]
    else:
        del data[dice.randrange(len(data)) :]
    path.write_bytes(data)
    return injury


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


def results_of(shell: Shell, book: Path) -> list[Result]:
    """Return the results of usual commands on the book."""
    return [shell(*question, "--book", str(book)) for question in ANSWERS]


def files(base: Path) -> list[Path]:
    """Return the paths of a book's files; the journal and its log come as often as all others together."""
    skip = {"lock", "views.lock"}
    paths = [
        path.relative_to(base)
        for path in base.rglob("*")
        if path.is_file() and path.stat().st_size and path.name not in skip and "-shm" not in path.name
    ]
    journal = [path for path in paths if path.name.startswith("journal")]
    return sorted(paths) + journal * (len(paths) // len(journal))


def test_an_injured_file_is_located_or_refused_and_gives_no_wrong_answer(  # noqa: PLR0917 pytest gives them by name
    base: Path, shell: Shell, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    shutil.copytree(base, tmp_path / "whole")
    expected = results_of(shell, tmp_path / "whole")
    assert all(result.code == 0 for result in expected)
    dice, seen, paths = random.Random(seed), Counter[str](), files(base)
    for number in range(times(4, 100)):
        book = tmp_path / "book"
        shutil.copytree(base, book)
        path = dice.choice(paths)
        injury = injure(book, book / path, dice)
        results = results_of(shell, book)
        verified = shell("audit", "verify", "--book", str(book))
        assert "Traceback" not in verified.err
        assert verified.code in (0, 4, 5), (number, path, injury, verified)
        seen[{0: "without harm, or mended", 4: "located", 5: "refused"}[verified.code]] += 1
        assert verified.code == 0 or ":" in verified.err
        for result, expected_result in zip(results, expected, strict=True):
            assert result.code in (0, 1, 2, 4, 5), (number, path, injury, result.err)
            assert "Traceback" not in result.err
            assert result.code != 0 or result.out == expected_result.out, (number, path, injury, result.out)
            seen["answers"] += 1
            seen["answers refused"] += result.code != 0
        shutil.rmtree(book)
    tell(", ".join(f"{count} {outcome}" for outcome, count in sorted(seen.items())))
