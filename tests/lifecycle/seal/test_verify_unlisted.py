"""Changes by somebody who knows how a book is verified: each is found, and its place is named.

One change cannot be found without help: `test_only_a_kept_checkpoint_shows_that_a_whole_folder_was_put_back`.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.journal.snapshots import topic
from lifecycle.kernel.errors import Unreachable
from lifecycle.seal.notes import Signer
from lifecycle.seal.seal import Seal
from lifecycle.seal.verified import Verified
from lifecycle.seal.verify import verify
from support import given as g
from support.books import make_book, record
from support.tampering import fit, not_strict, sealed_by_a_forger, without_triggers


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sealed book with a refusal, a document, and one entry that is not sealed yet."""
    path = tmp_path_factory.mktemp("base") / "book"
    with make_book(path, g.FOUNDED) as book:
        Seal(book).seal()
        record(book, [*g.PROPOSED, g.cost("01-12")])
        assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
        digest = book.attach(b"the agreement")
        attached = g.attach("01-13", name="a.pdf", media_type="application/pdf", sha256=digest)
        assert book.record(attached, attached.actor).outcome == "accepted"
        Seal(book).seal()
        assert book.record(g.cost("01-14"), "t.leader").outcome == "accepted"
        book.journal.recorder.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def book(base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(base, tmp_path / "book"))


def verified(path: Path) -> Verified:
    with Book.open(path, read_only=True, as_is=True) as book:
        return verify(book, Seal(book))


def first_problem(path: Path) -> str:
    problems = verified(path).problems
    return f"{problems[0].where}: {problems[0].message}" if problems else "nothing"


Change = Callable[[Path], object]


def rows(*changes: str) -> Change:
    """Return a change of rows that makes the triggers again."""

    def change(path: Path) -> None:
        with without_triggers(path) as raw:
            for sql in changes:
                raw.execute(sql)

    return change


def rows_of_other_types(*changes: str) -> Change:
    """Return a change of rows into values of other types."""

    def change(path: Path) -> None:
        with without_triggers(path) as raw, not_strict(raw):
            for sql in changes:
                raw.execute(sql)

    return change


def schema(*changes: str) -> Change:
    """Return a change of the schema, by ``writable_schema`` if no statement makes it."""

    def change(path: Path) -> None:
        with closing(sqlite3.connect(path / "journal.sqlite", isolation_level=None)) as raw:
            raw.execute("PRAGMA writable_schema = ON")
            for sql in changes:
                raw.execute(sql)

    return change


def document(change: Callable[[Path, Path], object]) -> Change:
    """Return a change of the only document, given its path and the path to which it is moved first."""

    def move_and_change(path: Path) -> None:
        (file,) = (path / "documents").iterdir()
        moved = path / "elsewhere"
        file.rename(moved)
        change(file, moved)

    return move_and_change


def text(name: str, content: str) -> Change:
    return lambda path: (path / name).write_text(content, "utf-8")


def digest(value: str) -> Change:
    """Return a change by which the unsealed entry attaches a document with this digest."""
    return rows(
        "UPDATE stored_events SET topic = 'DocumentAttached.v1',"
        f' state = CAST(replace(state, \'"on":\', \'"sha256":{value},"on":\') AS BLOB)'
        f" WHERE position = {LAST}"
    )


def _crlf(path: Path) -> None:
    file = min((path / "checkpoints").glob("*.note"))
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))


LAST = "(SELECT max(position) FROM stored_events)"
ENTRY = f"grant:{g.G}@"
ANOTHER_DEFINITION = "journal.sqlite: entries: it has another definition"

TYPES: dict[str, tuple[Change, str]] = {
    "an empty text as bytes": (rows_of_other_types("UPDATE refusals SET rule = x''"), "answer"),
    "text as bytes": (rows_of_other_types("UPDATE refusals SET rule = CAST(rule AS BLOB)"), "answer"),
    "an empty text for none": (rows("UPDATE stored_events SET note = '' WHERE position = 3"), "fund@3"),
    "NUL in a refusal": (rows("UPDATE refusals SET actor = actor || char(0) WHERE number = 1"), "answer 1"),
    "NUL in a stream": (
        rows("UPDATE stored_events SET originator_id = originator_id || char(0) WHERE position = 3"),
        "fund",
    ),
    "a topic that is no text": (
        rows("UPDATE stored_events SET topic = CAST(x'ff41' AS TEXT) WHERE position = 3"),
        "fund@3 (position 3): its columns do not add up",
    ),
    "an actor that is no text": (
        rows("UPDATE refusals SET actor = CAST(x'ff41' AS TEXT) WHERE number = 1"),
        "answer 1: it is not what checkpoint",
    ),
    "half a version": (
        rows_of_other_types("UPDATE stored_events SET originator_version = 1.5 WHERE position = 3"),
        "fund@1.5 (position 3)",
    ),
}
FORM: dict[str, tuple[Change, str]] = {
    "another table": (schema("CREATE TABLE more(x)"), "journal.sqlite: more: it does not belong there"),
    "a view": (schema("CREATE VIEW v AS SELECT 1"), "journal.sqlite: v: it does not belong there"),
    "an index": (
        schema("CREATE INDEX i ON entries(topic)"),
        "journal.sqlite: i: it does not belong there",
    ),
    "a hidden column": (
        schema("ALTER TABLE entries ADD COLUMN g TEXT GENERATED ALWAYS AS ('x') VIRTUAL"),
        ANOTHER_DEFINITION,
    ),
    "a trigger with a table's name": (
        schema("CREATE TRIGGER entries AFTER INSERT ON refusals BEGIN SELECT 1; END"),
        "journal.sqlite: entries (trigger): it does not belong there",
    ),
    "another collation": (
        schema("UPDATE sqlite_master SET sql = replace(sql, 'note TEXT', 'note TEXT COLLATE NOCASE')"),
        ANOTHER_DEFINITION,
    ),
    "a looser column": (
        schema("UPDATE sqlite_master SET sql = replace(sql, 'state BLOB NOT NULL', 'state BLOB')"),
        ANOTHER_DEFINITION,
    ),
    "a table that is not strict": (
        schema("UPDATE sqlite_master SET sql = replace(sql, ') STRICT', ')') WHERE name = 'entries'"),
        ANOTHER_DEFINITION,
    ),
    "another view": (
        schema("UPDATE sqlite_master SET sql = replace(sql, 'topics.name AS', 'lower(topics.name) AS')"),
        "fund@1 (position 1)",
    ),
    "another view for people": (
        schema("UPDATE sqlite_master SET sql = replace(sql, 'position, origin', '1 AS position, origin')"),
        "journal.sqlite: journal: it has another definition",
    ),
}
COUNTERS: dict[str, tuple[Change, str]] = {
    "no counters": (rows("DELETE FROM sqlite_sequence"), "journal.sqlite: entries: number 1 could be"),
    "a counter put back": (
        rows("UPDATE sqlite_sequence SET seq = 0 WHERE name = 'refusals'"),
        "journal.sqlite: refusals: number 1 could be given twice",
    ),
    "the unsealed tail cut": (
        rows(f"DELETE FROM stored_events WHERE position = {LAST}"),
        "journal.sqlite: entries: numbers up to",
    ),
    "two counters": (rows("INSERT INTO sqlite_sequence VALUES ('refusals', 5)"), "journal.sqlite: refusals"),
    "a counter of text": (rows("UPDATE sqlite_sequence SET seq = 'x'"), "journal.sqlite: entries"),
    "a position far ahead": (rows(f"UPDATE stored_events SET position = 999 WHERE position = {LAST}"), ENTRY),
}
UNSEALED = {
    "originator_id": "'grant:Y'",
    "originator_version": "99",
    "topic": "'GrantClosed.v1'",
    "recorded_at": "recorded_at + 1",
    "recorder": "'x'",
    "actor": "'x'",
    "command_id": "zeroblob(16)",
    "digest": "zeroblob(32)",
    "rules": "1",
    "note": "'x'",
    "imported_from": "'x'",
    "signature": "x'00'",
    "state": "CAST(replace(state, '10.00', '10.01') AS BLOB)",
    "crc": "crc + 1",
}
"""Another value of each column. The checksum does not match."""
ROWS: dict[str, tuple[Change, str]] = {
    "a refusal twice": (
        rows(
            'INSERT INTO refusals SELECT number + 100, command_id, zeroblob(32), command, stream, "on",'
            " actor, recorder, recorded_at, refusal, rule, message, request, position FROM refusals"
        ),
        "",
    ),
    **{
        f"another {column}, in an unsealed entry": (
            rows(f"UPDATE stored_events SET {column} = {value} WHERE position = {LAST}"),
            "grant:",
        )
        for column, value in UNSEALED.items()
    },
    "a snapshot of a version that does not exist": (
        schema(f"INSERT INTO stored_snapshots VALUES ('fund', 9999, '{topic()}', x'7b7d')"),
        "the fund's snapshot at version 9999",
    ),
    "a snapshot of a grant": (
        schema("INSERT INTO stored_snapshots VALUES ('grant:X', 1, 'X', x'7b7d')"),
        "journal.sqlite: a snapshot of grant:X",
    ),
}
FILES: dict[str, tuple[Change, str]] = {
    "a link as document": (document(lambda file, moved: file.symlink_to(moved)), "document"),
    "a pipe as document": (document(lambda file, _: os.mkfifo(file)), "document"),
    "a folder as document": (document(lambda file, _: file.mkdir()), "document"),
    "a path as digest": (digest('"../../../etc/passwd"'), ENTRY),
    "a list as digest": (digest("[1]"), ENTRY),
    "keys that cannot be read": (text("checkpoints/keys", "rubbish\n"), "checkpoints/keys"),
    "no keys": (lambda path: (path / "checkpoints" / "keys").unlink(), "checkpoint"),
    "other line ends": (_crlf, "checkpoint"),
    "another name in book.toml": (text("book.toml", 'format = 1\nname = "Other"\n'), "book.toml: it names"),
    "another format in book.toml": (text("book.toml", "format = 9\n"), "book.toml: it says to be of format"),
    "no settings in book.toml": (text("book.toml", "]["), "book.toml: "),
}
CHANGES = TYPES | FORM | COUNTERS | ROWS | FILES


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found(book: Path, name: str) -> None:
    change, where = CHANGES[name]
    change(book)
    found = first_problem(book)
    assert found != "nothing"
    assert found.startswith(where), found


@pytest.mark.parametrize("value", ["[1]", '"../../../etc/passwd"'])
def test_a_sealed_entry_with_an_impossible_digest_is_named(book: Path, value: str) -> None:
    # Given an entry that names a path as its document, with a fitting sum, sealed by somebody who has the key
    digest(value)(book)
    with without_triggers(book) as raw:
        fit(raw)
    with Book.open(book, as_is=True) as forged:
        sealed_by_a_forger(forged)
    # Then the path is not opened as a document
    assert first_problem(book).startswith(f"{ENTRY}4 (position 18): it names no document, but ")


@pytest.mark.parametrize("index", ["sqlite_autoindex_refusals_1", "commands", "sqlite_autoindex_names_1"])
def test_an_index_that_hides_a_row_is_found(book: Path, index: str) -> None:
    """The index is replaced by an empty one of the same form."""
    with closing(sqlite3.connect(book / "journal.sqlite", isolation_level=None)) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute("CREATE TABLE none(a, b, UNIQUE (a, b))")
        raw.execute(
            "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master"
            " WHERE name = 'sqlite_autoindex_none_1') WHERE name = ?",
            (index,),
        )
        raw.execute("DELETE FROM sqlite_master WHERE tbl_name = 'none'")
    problem = first_problem(book)
    assert problem.startswith("journal.sqlite: ") or ("names" in index and problem != "nothing")


def test_another_format_is_not_opened(book: Path) -> None:
    schema("PRAGMA user_version = 1")(book)
    with pytest.raises(Unreachable, match="format 1; this program writes 3"):
        first_problem(book)


def test_a_restored_dump_keeps_the_root(book: Path) -> None:
    """The copy is in SQLite's other journal mode, and the reader may not write."""
    before = verified(book)
    journal, dump = book / "journal.sqlite", book.parent / "again.sqlite"
    with closing(sqlite3.connect(journal)) as old, closing(sqlite3.connect(dump)) as new:
        new.executescript("\n".join(old.iterdump()))
        new.execute("PRAGMA user_version = 3")
        assert new.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    for name in ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"):
        (book / name).unlink(missing_ok=True)
    dump.rename(journal)
    after = verified(book)
    assert (after.problems, after.last) == ([], before.last)


# ── keys ─────────────────────────────────────────────────────────────────────────────────────


def test_a_key_that_was_put_in_its_place_does_not_sign(book: Path) -> None:
    key = book / "seal.key"
    name = Signer.read(key).public.name
    key.unlink()
    Signer.make(name, key)
    with Book.open(book) as opened:
        with pytest.raises(Unreachable, match="another key"):
            Seal(opened).seal()
        assert len(Seal(opened).keys()) == 1


@pytest.mark.parametrize("lost", [False, True])
def test_the_old_key_vouches_for_the_new_one_if_it_is_not_lost(book: Path, lost: bool) -> None:
    if lost:
        (book / "seal.key").unlink()
    with Book.open(book) as opened:
        Seal(opened).seal(new_key=True)
        Seal(opened).seal(new_key=True)
    result = verified(book)
    assert result.problems == []
    assert [used.is_vouched_for for used in result.keys] == [True, not lost, True]
    assert len(list(book.glob("seal.key.old-*"))) == (1 if lost else 2)


# ── a change that cannot be found without help ───────────────────────────────────────────────


def test_only_a_kept_checkpoint_shows_that_a_whole_folder_was_put_back(book: Path, tmp_path: Path) -> None:
    """The whole folder is put back to an earlier day, with its checkpoints."""
    backup = tmp_path / "backup"
    shutil.copytree(book, backup)
    with Book.open(book) as opened:
        assert opened.record(g.cost("01-15"), "t.leader").outcome == "accepted"
        shutil.copyfile(Seal(opened).seal().file, tmp_path / "kept.note")
    assert verified(backup).problems == []
    with Book.open(backup, read_only=True) as opened:
        (problem, *_) = verify(opened, Seal(opened), kept=[tmp_path / "kept.note"]).problems
    assert "are missing" in problem.message
