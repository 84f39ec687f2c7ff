"""A row whose text is not UTF-8, which SQL can insert in a file, is named like any other bad row."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.decide.quarantined_rows import QuarantineRow
from lifecycle.seal.prove import export
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from projections.engine.consistency_check import differences
from projections.engine.projector import catch_up
from support import given as g
from support.books import make_book
from support.inserting import writable

ROWS_BY_COLUMN = {
    "topic": "'grant:SSF-1', 2, CAST(x'ff41' AS TEXT), 'admin', 'admin', NULL",
    "stream": "CAST(x'6772616e743aff' AS TEXT), 1, 'X', 'admin', 'admin', NULL",
    "recorder": "'grant:SSF-1', 2, 'X', CAST(x'ff41' AS TEXT), 'admin', NULL",
    "actor": "'grant:SSF-1', 2, 'X', 'admin', CAST(x'ff41' AS TEXT), NULL",
    "note": "'grant:SSF-1', 2, 'X', 'admin', 'admin', CAST(x'ff41' AS TEXT)",
}


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Return a book with two proposals, all of it sealed."""
    with make_book(tmp_path / "b", g.FOUNDED) as made:
        for grant in ("SSF-1", "SSF-2"):
            assert made.record(g.propose("01-10", grant=grant), "t.leader").outcome == "accepted"
        Seal(made).seal()
    return made


def insert(book: Book, columns: str) -> int:
    """Insert the row, and return its position."""
    into = (
        "INSERT INTO stored_events (originator_id, originator_version, topic, recorder, actor, note,"
        " recorded_at, command_id, rules, state, crc)"
    )
    with closing(sqlite3.connect(book.path / "journal.sqlite", isolation_level=None)) as raw:
        writable(raw).execute(f"{into} VALUES ({columns}, 0, zeroblob(16), 1, x'7b7d', 0)")
        (position,) = raw.execute("SELECT max(position) FROM entries").fetchone()
    return int(position)


@pytest.mark.case("O3")
@pytest.mark.case("T2")
@pytest.mark.parametrize("column", ROWS_BY_COLUMN)
def test_the_other_streams_go_on_until_the_row_is_quarantined(
    book: Book, tmp_path: Path, column: str
) -> None:
    position = insert(book, ROWS_BY_COLUMN[column])
    with Book.open(book.place, clock=book._clock) as opened:
        assert [stop.position for stop in opened.stops()] == [position]
        assert opened.record(g.cost("01-12", grant="SSF-2"), "t.leader").outcome == "accepted"
        catch_up(opened)
        assert f"position {position}" in str(Seal(opened).seal().fault)
        assert [
            f"position {position}" in problem.where for problem in verify(opened, Seal(opened)).problems
        ] == [True]
        words = {"on": "2017-01-12", "actor": "admin", "position": position, "reason": "put in by SQL"}
        assert opened.record(QuarantineRow.read(words), "admin").outcome == "accepted"
        catch_up(opened)
        assert Seal(opened).seal().fault is None
        assert not verify(opened, Seal(opened), rules=True).problems
        assert not list(differences(opened))
        exported = export(opened, Seal(opened), tmp_path / "package")
    assert exported.entries == position + 2


@pytest.mark.case("T2")
def test_text_that_is_not_utf8_is_found_in_a_refusal_too(book: Book) -> None:
    with closing(sqlite3.connect(book.path / "journal.sqlite", isolation_level=None)) as raw:
        raw.execute(
            'INSERT INTO refusals (command_id, digest, command, stream, "on", actor, recorder, recorded_at,'
            " refusal, rule, message, position) SELECT zeroblob(16), zeroblob(32), 'RecordCost',"
            " 'grant:SSF-1', '2017-01-12', 't.leader', 't.leader', recorded_at + 1, 'IdTaken', 'domain §3',"
            " CAST(x'ff' AS TEXT), position FROM entries ORDER BY position DESC LIMIT 1"
        )
    with Book.open(book.place, clock=book._clock) as opened:
        assert "not UTF-8" in str(Seal(opened).seal().fault)
