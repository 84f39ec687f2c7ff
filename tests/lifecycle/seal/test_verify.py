"""Whatever was done to a book's files is found, and the first bad entry is named."""

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
"""Kinds of pages of a database that lead to others: of an index, of a table."""


def problems(book: Book, **options: object) -> list[Problem]:
    """Found by somebody who opens the book anew."""
    with Book.open(book.place, read_only=True, as_is=True) as again:
        return verify(again, Seal(again), **options).problems  # type: ignore[arg-type]


@pytest.mark.of_a_file("its bytes, altered")
@pytest.mark.parametrize("change", ["state = CAST('{}' AS BLOB)", "topic = 'OfficerAppointed.v1'"])
def test_the_first_entry_is_named_too(book: Book, change: str) -> None:
    """The log is named after it: without it every checkpoint seems to be another book's."""
    with without_triggers(book.path) as altered:
        altered.execute(f"UPDATE stored_events SET {change} WHERE position = 1")
    assert problems(book)[0].where == "fund@1 (position 1)"


def test_an_untouched_book_is_verified(book: Book) -> None:
    found = verify(book, Seal(book))
    assert found.problems == []
    assert (found.entries, found.refusals) == book.journal.counts()
    assert found.checkpoints == 3
    assert found.unsealed == (0, 0)


def test_the_unsealed_tail_is_told(book: Book) -> None:
    book.record(g.cost("01-13"), "t.leader")
    found = verify(book, Seal(book))
    assert found.problems == []
    assert found.unsealed == (1, 0)


@pytest.mark.of_a_file("its bytes, altered")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("way", WAYS)
def test_what_was_done_to_a_row_is_found(book: Book, way: str, seed: int) -> None:
    dice, sealed = random.Random(seed), book.position()
    book.close()
    with without_triggers(book.path) as raw:
        before = raw.execute(
            "SELECT position, originator_id FROM stored_events UNION ALL SELECT number, actor FROM refusals"
        ).fetchall()
    tamper(book.path, way, dice, sealed)
    found = problems(book)
    assert found, before
    assert not found[0].where.startswith("journal.sqlite")


@pytest.mark.of_a_file("its bytes, altered")
def test_the_first_bad_entry_is_named(book: Book) -> None:
    """Two are altered: the earlier one is named first, by stream, version and position."""
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
def test_without_kept_hashes_the_range_is_named(book: Book) -> None:
    with without_triggers(book.path) as raw:
        raw.execute("UPDATE stored_events SET topic = 'X.v1' WHERE position = 2")
    shutil.rmtree(book.path / "tree")
    where = problems(book)[0].where
    assert re.fullmatch(r"fund@1 \(position 1\) to fund@\d+ \(position \d+\)", where)


@pytest.mark.of_a_file("its bytes, altered")
def test_an_old_backup_is_found_out_by_the_newer_checkpoint(book: Book, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    shutil.copytree(book.path, backup)
    book.record(g.cost("01-13"), "t.leader")
    newest = Seal(book).seal().file
    book.close()
    restore(backup, book.path)
    assert "missing" in problems(book)[0].message
    # Checkpoints and kept hashes are put back too: only one that was kept elsewhere tells.
    kept = tmp_path / "kept.note"
    newest.rename(kept)
    shutil.rmtree(book.path / "tree")
    assert problems(book) == []
    assert "missing" in problems(book, kept=[kept])[0].message


@pytest.mark.of_a_file("its bytes, altered")
def test_a_rewritten_and_resealed_book_is_found_out_by_who_kept_a_checkpoint(
    book: Book, tmp_path: Path
) -> None:
    """The operator owns the key: alters an entry, forgets all checkpoints, and seals anew."""
    kept = tmp_path / "kept.note"
    shutil.copyfile(Seal(book).files()[-1], kept)
    with without_triggers(book.path) as raw:
        raw.execute("UPDATE stored_events SET state = CAST(replace(state, '50000.00', '60000.00') AS BLOB)")
        fit(raw)
    for place in Seal(book).files():
        place.unlink()
    shutil.rmtree(book.path / "tree")
    with Book.open(book.place) as again:
        sealed_by_a_forger(again)
    assert problems(book) == []
    assert [problem.where for problem in problems(book, kept=[kept])] != []


def test_another_key_is_found_out_by_who_knows_the_key(book: Book, tmp_path: Path) -> None:
    known = Seal(book).keys()
    for place in [*Seal(book).files(), book.path / "seal.key", book.path / CHECKPOINTS / "keys"]:
        place.unlink()
    with Book.open(book.place) as again:
        Seal(again).seal()
    assert problems(book) == []
    assert "not signed with" in problems(book, trusted=known)[0].message


FORGERIES = {
    "another size": lambda one: one._replace(size=one.size + 1),
    "another root": lambda one: one._replace(root=bytes(32)),
    "other answers": lambda one: one._replace(refusals_root=bytes(32)),
    "fewer answers": lambda one: one._replace(refusals=one.refusals - 1),
    "another book": lambda one: one._replace(origin="grantbook/00"),
}


@pytest.mark.parametrize("own_key", [True, False])
@pytest.mark.parametrize("what", FORGERIES)
def test_a_forged_checkpoint_is_found(book: Book, tmp_path: Path, what: str, own_key: bool) -> None:
    place = Seal(book).files()[1]
    checkpoint: Checkpoint = FORGERIES[what](Seal(book).last()[0])  # type: ignore[index]
    key = book.path / "seal.key"
    signer = Signer.read(key) if own_key else Signer.make(checkpoint.origin, tmp_path / "other.key")
    place.write_text(signer.sign(str(checkpoint)), "utf-8")
    assert any(place.name in problem.where or place.name in problem.message for problem in problems(book))


def test_a_book_without_checkpoints_is_not_verified(book: Book) -> None:
    for place in Seal(book).files():
        place.unlink()
    assert problems(book) == [
        Problem("checkpoints", "there is none: nothing was sealed, or they were removed")
    ]


def test_who_records_and_seals_meanwhile_is_no_problem(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    rows_only = _Verification.check_rows

    def and_then_sealed(run: _Verification) -> None:
        rows_only(run)
        with Book.open(book.place) as other:
            record(other, [g.cost("01-13")])
            Seal(other).seal()

    monkeypatch.setattr(_Verification, "check_rows", and_then_sealed)
    verified = verify(book, Seal(book))
    assert (verified.problems, verified.checkpoints) == ([], 3)
    monkeypatch.undo()
    assert verify(book, Seal(book)).checkpoints == 4


# ── the file, the snapshot, the documents ────────────────────────────────────────────────────


@pytest.mark.of_a_file("its bytes, altered")
@pytest.mark.parametrize("what", ["no_update", "no_delete", "no_replace", "grows"])
@pytest.mark.parametrize("table", ["entries", "refusals", "names"])
def test_a_dropped_trigger_is_noticed(book: Book, raw: sqlite3.Connection, table: str, what: str) -> None:
    raw.execute(f"DROP TRIGGER {table}_{what}")
    assert [problem.where for problem in problems(book)] == [f"journal.sqlite: {table}_{what}"]


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
    """The rows are all there, and a question that goes by the index does not find one."""
    raw.execute("PRAGMA writable_schema = ON")
    ((root,),) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_names_1'")
    ((size,),) = raw.execute("PRAGMA page_size")
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    place = book.path / "journal.sqlite"
    data = bytearray(place.read_bytes())
    page = slice((root - 1) * size, root * size)
    data[page] = data[page].replace(b"grant:", b"grand:", 1)
    book.close()
    place.write_bytes(data)
    assert any(problem.where == "journal.sqlite" for problem in problems(book))


@pytest.mark.of_a_file("its bytes, altered")
def test_a_snapshot_that_adds_up_to_something_else_is_noticed(book: Book, raw: sqlite3.Connection) -> None:
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
    keep(book.journal.snapshots.recorder, replace(fund, name="Another"), version)  # with a sum that fits
    (problem,) = problems(book)
    assert problem == (f"the fund's snapshot at version {version}", "it is not what the entries add up to")


@pytest.mark.of_a_file("its bytes, altered")
def test_a_document_that_is_missing_or_another_is_named(book: Book) -> None:
    digest = book.attach(b"the agreement")
    attached = g.attach("01-13", name="agreement.pdf", media_type="application/pdf", sha256=digest)
    assert book.record(attached, attached.actor).outcome == "accepted"
    Seal(book).seal()
    assert verify(book, Seal(book)).documents == 1
    assert problems(book) == []
    place = book.path / "documents" / digest
    place.write_bytes(b"another agreement")
    assert "not the file" in problems(book)[0].message
    place.unlink()
    (problem,) = problems(book)
    assert problem.where.startswith(f"document {digest[:12]}")
    assert f"grant:{g.G}@" in problem.where


@pytest.mark.of_a_file("its bytes, altered")
def test_an_unsealed_entry_that_is_none_is_named(book: Book) -> None:
    with without_triggers(book.path) as raw:
        raw.execute(BARE.format(none="x''", state="x'7b7d'"))
    assert problems(book)[0].where.startswith("grant:X@1")


def last_rows_exchanged(file: Path, tree: str) -> None:
    """As after a disk's fault: the last two rows of a table, or of an index, in each other's place."""
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
def test_rows_out_of_order_are_read_once_and_told(book: Book) -> None:
    """Read page by page from the last one on, they would be read for ever."""
    book.close()
    last_rows_exchanged(book.path / "journal.sqlite", "entries")
    found = problems(book)
    assert {problem.where for problem in found} == {"journal.sqlite"}
    assert "its rows are out of order" in found[0].message
    assert re.search("Rowid .* out of order", found[1].message)


@pytest.mark.of_a_file("its bytes, altered")
def test_streams_out_of_order_are_read_once_and_told(book: Book) -> None:
    book.close()
    last_rows_exchanged(book.path / "journal.sqlite", "sqlite_autoindex_entries_1")
    with (
        Book.open(book.place, read_only=True, as_is=True) as again,
        pytest.raises(Altered, match=r"out of order|is missing"),
    ):
        list(again.histories())
