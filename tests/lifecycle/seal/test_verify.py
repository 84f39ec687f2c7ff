"""Every change of a book's files is found, and the first bad entry is named."""

import random
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.journal.atomic_files import CHECKPOINTS
from lifecycle.kernel.errors import Altered
from lifecycle.seal.notes import Checkpoint, Signer
from lifecycle.seal.seal import Seal
from lifecycle.seal.verified import Problem
from lifecycle.seal.verify import _Verification, verify
from support import given as g
from support.books import record
from support.inserting import BARE
from support.tampering import (
    WAYS,
    fit,
    restore,
    sealed_by_a_forger,
    tamper,
    without_triggers,
)

pytestmark = pytest.mark.both_stores

INNER_PAGES = (2, 5)
"""The first byte of a page that points to other pages, in an index and in a table."""


def problems(book: Book, **options: object) -> list[Problem]:
    """Open the book again, verify it, and return the problems."""
    with Book.open(book.place, read_only=True, as_is=True) as again:
        return verify(again, Seal(again), **options).problems  # type: ignore[arg-type]


@pytest.mark.of_a_file("its bytes, altered")
@pytest.mark.parametrize("change", ["state = CAST('{}' AS BLOB)", "topic = 'OfficerAppointed.v1'"])
def test_damage_to_the_first_entry_is_named(book: Book, change: str) -> None:
    """Checkpoints bear a name made from the first entry, so all of them seem to be another book's."""
    with without_triggers(book.path) as altered:
        altered.execute(f"UPDATE stored_events SET {change} WHERE position = 1")
    assert problems(book)[0].where == "fund@1 (position 1)"


def test_an_untouched_book_is_verified(book: Book) -> None:
    result = verify(book, Seal(book))
    assert result.problems == []
    assert (result.entries, result.refusals) == book.journal.counts()
    assert result.checkpoints == 3
    assert result.unsealed == (0, 0)


def test_unsealed_entries_are_counted(book: Book) -> None:
    book.record(g.cost("01-13"), "t.leader")
    result = verify(book, Seal(book))
    assert result.problems == []
    assert result.unsealed == (1, 0)


@pytest.mark.of_a_file("its bytes, altered")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("way", WAYS)
def test_every_change_of_a_row_is_found(book: Book, way: str, seed: int) -> None:
    dice, sealed = random.Random(seed), book.position()
    book.close()
    with without_triggers(book.path) as raw:
        before = raw.execute(
            "SELECT position, originator_id FROM stored_events UNION ALL SELECT number, actor FROM refusals"
        ).fetchall()
    tamper(book.path, way, dice, sealed)
    found_problems = problems(book)
    assert found_problems, before
    assert not found_problems[0].where.startswith("journal.sqlite")


@pytest.mark.of_a_file("its bytes, altered")
def test_the_first_bad_entry_is_named(book: Book) -> None:
    """Of two altered entries, the earlier one is named first, by stream, version and position."""
    with without_triggers(book.path) as raw:
        rows = raw.execute(
            "SELECT position, originator_id, originator_version FROM stored_events WHERE position IN (4, 9)"
        ).fetchall()
        changed = "state = CAST(replace(state, '2', '3') AS BLOB)"
        raw.execute(f"UPDATE stored_events SET {changed} WHERE position IN (4, 9)")
    first = problems(book)[0]
    position, stream, version = rows[0]
    assert first.where == f"{stream}@{version} (position {position})"


@pytest.mark.of_a_file("its bytes, altered")
def test_without_kept_hashes_the_range_of_entries_is_named(book: Book) -> None:
    with without_triggers(book.path) as raw:
        raw.execute("UPDATE stored_events SET topic = 'X.v1' WHERE position = 2")
    shutil.rmtree(book.path / "tree")
    where = problems(book)[0].where
    assert re.fullmatch(r"fund@1 \(position 1\) to fund@\d+ \(position \d+\)", where)


@pytest.mark.of_a_file("its bytes, altered")
def test_a_newer_checkpoint_shows_that_an_old_backup_was_put_back(book: Book, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(book.path, backup)
    book.record(g.cost("01-13"), "t.leader")
    newest = Seal(book).seal().file
    book.close()
    restore(backup, book.path)
    assert "missing" in problems(book)[0].message
    # If checkpoints and kept hashes are put back too, only a checkpoint that was kept elsewhere shows it.
    kept = tmp_path / "kept.note"
    newest.rename(kept)
    shutil.rmtree(book.path / "tree")
    assert problems(book) == []
    assert "missing" in problems(book, kept=[kept])[0].message


@pytest.mark.of_a_file("its bytes, altered")
def test_a_kept_checkpoint_shows_that_a_book_was_rewritten_and_sealed_again(
    book: Book, tmp_path: Path
) -> None:
    """An operator with the key alters an entry, deletes all checkpoints, and seals again."""
    kept = tmp_path / "kept.note"
    shutil.copyfile(Seal(book).files()[-1], kept)
    with without_triggers(book.path) as raw:
        raw.execute("UPDATE stored_events SET state = CAST(replace(state, '50000.00', '60000.00') AS BLOB)")
        fit(raw)
    for checkpoint in Seal(book).files():
        checkpoint.unlink()
    shutil.rmtree(book.path / "tree")
    with Book.open(book.place) as again:
        sealed_by_a_forger(again)
    assert problems(book) == []
    assert [problem.where for problem in problems(book, kept=[kept])] != []


def test_a_known_key_shows_that_another_key_signed(book: Book, tmp_path: Path) -> None:
    known = Seal(book).keys()
    for file in [*Seal(book).files(), book.path / "seal.key", book.path / CHECKPOINTS / "keys"]:
        file.unlink()
    with Book.open(book.place) as again:
        Seal(again).seal()
    assert problems(book) == []
    assert "not signed with" in problems(book, trusted=known)[0].message


FORGERIES = {
    "another size": lambda checkpoint: checkpoint._replace(size=checkpoint.size + 1),
    "another root": lambda checkpoint: checkpoint._replace(root=bytes(32)),
    "other refusals": lambda checkpoint: checkpoint._replace(refusals_root=bytes(32)),
    "fewer refusals": lambda checkpoint: checkpoint._replace(refusals=checkpoint.refusals - 1),
    "another book": lambda checkpoint: checkpoint._replace(origin="grantbook/00"),
}


@pytest.mark.parametrize("own_key", [True, False])
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_checkpoint_is_found(book: Book, tmp_path: Path, forgery: str, own_key: bool) -> None:
    file = Seal(book).files()[1]
    checkpoint: Checkpoint = FORGERIES[forgery](Seal(book).last()[0])  # type: ignore[index]
    key = book.path / "seal.key"
    signer = Signer.read(key) if own_key else Signer.make(checkpoint.origin, tmp_path / "other.key")
    file.write_text(signer.sign(str(checkpoint)), "utf-8")
    assert any(file.name in problem.where or file.name in problem.message for problem in problems(book))


def test_a_book_without_checkpoints_is_not_verified(book: Book) -> None:
    for checkpoint in Seal(book).files():
        checkpoint.unlink()
    assert problems(book) == [
        Problem("checkpoints", "there is none: nothing was sealed, or they were removed")
    ]


def test_recording_and_sealing_during_a_verification_is_no_problem(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_rows = _Verification.check_rows

    def check_rows_and_seal(run: _Verification) -> None:
        check_rows(run)
        with Book.open(book.place) as second_book:
            record(second_book, [g.cost("01-13")])
            Seal(second_book).seal()

    monkeypatch.setattr(_Verification, "check_rows", check_rows_and_seal)
    verified = verify(book, Seal(book))
    assert (verified.problems, verified.checkpoints) == ([], 3)
    monkeypatch.undo()
    assert verify(book, Seal(book)).checkpoints == 4


# ── the file, the snapshot, the documents ────────────────────────────────────────────────────


@pytest.mark.of_a_file("its bytes, altered")
@pytest.mark.parametrize("trigger", ["no_update", "no_delete", "no_replace", "grows"])
@pytest.mark.parametrize("table", ["entries", "refusals", "names"])
def test_a_dropped_trigger_is_noticed(book: Book, raw: sqlite3.Connection, table: str, trigger: str) -> None:
    raw.execute(f"DROP TRIGGER {table}_{trigger}")
    assert [problem.where for problem in problems(book)] == [f"journal.sqlite: {table}_{trigger}"]


@pytest.mark.of_a_file("its bytes, altered")
def test_other_changes_of_the_tables_are_noticed(book: Book, raw: sqlite3.Connection) -> None:
    raw.execute("CREATE TRIGGER spy AFTER INSERT ON entries BEGIN DELETE FROM stored_snapshots; END")
    raw.execute("DROP TRIGGER refusals_no_delete")
    raw.execute("CREATE TRIGGER refusals_no_delete BEFORE DELETE ON refusals BEGIN SELECT 1; END")
    raw.execute("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'refusals'")
    assert [problem.where for problem in problems(book)] == [
        "journal.sqlite: refusals_no_delete",
        "journal.sqlite: spy",
        "journal.sqlite: refusals",
    ]


@pytest.mark.of_a_file("its bytes, altered")
def test_an_index_that_hides_an_entry_is_noticed(book: Book, raw: sqlite3.Connection) -> None:
    """All rows are there, but a query that uses the index misses one."""
    raw.execute("PRAGMA writable_schema = ON")
    ((root,),) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_names_1'")
    ((size,),) = raw.execute("PRAGMA page_size")
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file = book.path / "journal.sqlite"
    data = bytearray(file.read_bytes())
    page = slice((root - 1) * size, root * size)
    data[page] = data[page].replace(b"grant:", b"grand:", 1)
    book.close()
    file.write_bytes(data)
    assert any(problem.where == "journal.sqlite" for problem in problems(book))


@pytest.mark.of_a_file("its bytes, altered")
def test_a_snapshot_that_differs_from_the_entries_is_noticed(book: Book, raw: sqlite3.Connection) -> None:
    from lifecycle.book.loaded_state import load_fund
    from lifecycle.journal.snapshots import keep

    fund, version, _ = load_fund(book.journal)
    assert book.journal.snapshots is not None
    keep(book.journal.snapshots.recorder, fund, version)
    assert problems(book) == []
    raw.execute("UPDATE stored_snapshots SET state = CAST(replace(state, 'The Facility', 'Another') AS BLOB)")
    (problem,) = problems(book)
    assert problem == (f"the fund's snapshot at version {version}", "it is not as it was written")
    raw.execute("DELETE FROM stored_snapshots")
    keep(book.journal.snapshots.recorder, replace(fund, name="Another"), version)  # with the right checksum
    (problem,) = problems(book)
    assert problem == (f"the fund's snapshot at version {version}", "it is not what the entries add up to")


@pytest.mark.of_a_file("its bytes, altered")
def test_a_missing_or_altered_document_is_named(book: Book) -> None:
    digest = book.attach(b"the agreement")
    attached = g.attach("01-13", name="agreement.pdf", media_type="application/pdf", sha256=digest)
    assert book.record(attached, attached.actor).outcome == "accepted"
    Seal(book).seal()
    assert verify(book, Seal(book)).documents == 1
    assert problems(book) == []
    file = book.path / "documents" / digest
    file.write_bytes(b"another agreement")
    assert "not the file" in problems(book)[0].message
    file.unlink()
    (problem,) = problems(book)
    assert problem.where.startswith(f"document {digest[:12]}")
    assert f"grant:{g.G}@" in problem.where


@pytest.mark.of_a_file("its bytes, altered")
def test_an_unsealed_row_that_is_no_entry_is_named(book: Book) -> None:
    with without_triggers(book.path) as raw:
        raw.execute(BARE.format(none="x''", state="x'7b7d'"))
    assert problems(book)[0].where.startswith("grant:X@1")


def exchange_last_rows(file: Path, tree: str) -> None:
    """Exchange the last two rows of a table or an index in the file, as a disk's fault may do."""
    with closing(sqlite3.connect(file, isolation_level=None)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ((page, size),) = raw.execute(
            "SELECT rootpage, page_size FROM sqlite_master, pragma_page_size WHERE name = ?", (tree,)
        ).fetchall()
    data = bytearray(file.read_bytes())
    while data[(page - 1) * size] in INNER_PAGES:
        page = int.from_bytes(data[(page - 1) * size + 8 : (page - 1) * size + 12], "big")
    start = (page - 1) * size
    end = start + 8 + 2 * int.from_bytes(data[start + 3 : start + 5], "big")
    data[end - 4 : end] = data[end - 2 : end] + data[end - 4 : end - 2]
    file.write_bytes(data)


@pytest.mark.of_a_file("its bytes, altered")
def test_rows_out_of_order_are_read_once_and_named(book: Book) -> None:
    """Reading on from the last row of each page would never end."""
    book.close()
    exchange_last_rows(book.path / "journal.sqlite", "entries")
    found_problems = problems(book)
    assert {problem.where for problem in found_problems} == {"journal.sqlite"}
    assert "its rows are out of order" in found_problems[0].message
    assert re.search("Rowid .* out of order", found_problems[1].message)


@pytest.mark.of_a_file("its bytes, altered")
def test_streams_out_of_order_are_read_once_and_named(book: Book) -> None:
    book.close()
    exchange_last_rows(book.path / "journal.sqlite", "sqlite_autoindex_entries_1")
    with (
        Book.open(book.place, read_only=True, as_is=True) as again,
        pytest.raises(Altered, match=r"out of order|is missing"),
    ):
        list(again.histories())
