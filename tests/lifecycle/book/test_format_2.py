"""A book that a program before has written: refused by name, and moved into a book of today."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

import support
from lifecycle.book.book import Book
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.seal.copy_book import format_at, move_format_2
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from support import given as g
from support.books import Clock
from support.cli_shell import Shell

SQL = Path(support.__file__).with_name("format_2.sql")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A whole life, a note, refusals, a document; a refusal and a row that are quarantined."""
    path = tmp_path / "old"
    for folder in ("documents", "checkpoints"):
        (path / folder).mkdir(parents=True)
    (path / "book.toml").write_text('format = 1\nname = "The Facility"\nseal_each_command = true\n')
    (path / "officers.json").write_text('{"t.leader": {"name": "Tea Leader"}}')
    with closing(sqlite3.connect(path / "journal.sqlite")) as raw:
        raw.executescript(SQL.read_text("utf-8"))
        for (state,) in raw.execute("SELECT state FROM stored_events WHERE topic LIKE 'DocumentAttached.%'"):
            (path / "documents" / json.loads(state)["sha256"]).write_bytes(b"the agreement")
    return path


def rows(old: Path) -> list[tuple[str, int, str, bytes]]:
    with closing(sqlite3.connect(old / "journal.sqlite")) as raw:
        question = (
            "SELECT originator_id, originator_version, topic, state FROM stored_events ORDER BY position"
        )
        return raw.execute(question).fetchall()


def test_it_is_not_opened_and_the_message_names_the_way(old: Path) -> None:
    assert format_at(old) == 2
    for read_only in (False, True):
        with pytest.raises(Unreachable, match=r"format 2; this program writes 3: .*grantbook move"):
            Book.open(old, read_only=read_only)


@pytest.mark.both_stores
def test_its_rows_are_moved_and_judged_again(old: Path, place: Path | str) -> None:
    moved = move_format_2(old, place)
    before = rows(old)
    assert (moved.entries, moved.documents) == (len(before), 1)
    with Book.open(place, clock=Clock(datetime(2026, 2, 1, tzinfo=UTC))) as book:
        for row, (stream, version, topic, state) in zip(book.stored(), before, strict=True):
            said = json.loads(state)
            assert (row.stream, row.version, row.topic) == (stream, version, topic)
            assert (row.recorder, row.actor, row.note) == (said["recorder"], said["actor"], said.get("note"))
        entries = book.entries(f"grant:{g.G}")
        (noted,) = [entry for entry in entries if entry.note]
        assert (noted.command_id, noted.note) == ('c "1"', "by letter")
        assert [(no.command, no.refusal, no.request) for no in book.refusals()] == [
            ("RecordCost", "UnknownGrant", None),
            ("RecordCost", "UnknownGrant", None),
            ("CancelGrant", "NotInStage", None),
        ]
        assert [row.event.answered for row in book.quarantined_refusals()] == ["f 1"]
        assert len(book.quarantined()) == 1
        assert book.names()["t.leader"].name == "Tea Leader"
        assert Seal(book).seal().fault is None
        assert verify(book, Seal(book), rules=True).problems == []
        again = book.record(g.cost("2017-05-02", note="by letter", command_id='c "1"'), "t.leader")
        assert (again.outcome, again.entries) == ("repeat", (noted.name,))
        assert book.record(g.cost("2017-05-04"), "t.leader").outcome == "accepted"


def test_the_shell_moves_it_and_says_so(old: Path, shell: Shell, tmp_path: Path) -> None:
    answer = shell("--json", "move", str(old), str(tmp_path / "new"))
    assert answer.code == 0, answer.err
    assert answer.row["entries"] == len(rows(old))
    assert answer.row["refusals"] == 3
    at = ("--book", str(tmp_path / "new"))
    assert shell(*at, "audit", "seal").code == 0
    assert shell(*at, "audit", "verify", "--rules").code == 0


def test_a_row_that_was_altered_stays_one_that_is_no_entry(old: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(old / "journal.sqlite", isolation_level=None)) as raw:
        raw.execute("DROP TRIGGER stored_events_no_update")
        change = "state = CAST(replace(state, '100000.00', '900000.00') AS BLOB)"
        where = "topic LIKE 'GrantProposed.%'"
        raw.execute(f"UPDATE stored_events SET {change} WHERE {where}")
        (position,) = raw.execute(f"SELECT position FROM stored_events WHERE {where}").fetchone()
    move_format_2(old, tmp_path / "new")
    with Book.open(tmp_path / "new", as_is=True) as book:
        assert position in {stop.position for stop in book.stops()}


def test_one_with_a_gap_is_not_moved(old: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(old / "journal.sqlite", isolation_level=None)) as raw:
        raw.execute("DROP TRIGGER IF EXISTS stored_events_no_delete")
        raw.execute("DELETE FROM stored_events WHERE position = 20")
    with pytest.raises(Altered, match="goes up to position"):
        move_format_2(old, tmp_path / "new")
