"""Changes of rows that are not sealed yet: each check of the walk over them."""

import shutil

import pytest

from lifecycle.book.book import Book
from lifecycle.book.loaded_state import load_fund
from lifecycle.journal.snapshots import keep
from lifecycle.seal.notes import Signer
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from support import given as g
from support.forging import forge_refusal
from support.tampering import fit, sealed_by_a_forger, without_triggers

pytestmark = pytest.mark.of_a_file("its bytes, altered")

ENTRY = f"grant:{g.G}@"
LAST = "(SELECT max(position) FROM stored_events)"


@pytest.fixture
def tail(book: Book) -> Book:
    """Return a sealed book with an unsealed entry, two refusals and another entry after the seal."""
    assert book.record(g.cost("01-13"), "t.leader").outcome == "accepted"
    for _ in range(2):
        assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
    assert book.record(g.cost("01-14"), "t.leader").outcome == "accepted"
    return book


def problems(book: Book) -> list[str]:
    with Book.open(book.place, read_only=True, as_is=True) as again:
        return [f"{where}: {message}" for where, message in verify(again, Seal(again)).problems]


def alter(book: Book, *changes: str) -> None:
    with without_triggers(book.path) as raw:
        for sql in changes:
            raw.execute(sql)
        fit(raw)


def test_an_untouched_tail_is_in_order(tail: Book) -> None:
    assert problems(tail) == []


def test_a_moment_that_does_not_grow_is_named(tail: Book) -> None:
    alter(tail, f"UPDATE stored_events SET recorded_at = recorded_at / 2 WHERE position = {LAST}")
    (problem,) = problems(tail)
    assert problem.startswith(ENTRY)
    assert "is no lawful entry" in problem


def test_a_refusal_missing_from_an_unsealed_tail_is_named(tail: Book) -> None:
    alter(tail, "DELETE FROM refusals WHERE number = (SELECT max(number) - 1 FROM refusals)")
    (problem,) = problems(tail)
    assert "the answers go from number" in problem


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("position = 3", "it was given after position 3, which cannot be"),
        ("position = 9999", "it was given after position 9999, which cannot be"),
        ("recorded_at = recorded_at - 10000000", "it was not given later than what was recorded before it"),
    ],
)
def test_a_refusal_at_another_time_is_named(tail: Book, change: str, message: str) -> None:
    alter(tail, f"UPDATE refusals SET {change} WHERE number = (SELECT max(number) FROM refusals)")
    assert any(message in problem for problem in problems(tail))


@pytest.mark.parametrize("digest", ["NULL", "zeroblob(32)"])
def test_an_inserted_entry_is_named(tail: Book, digest: str) -> None:
    alter(
        tail,
        "INSERT INTO stored_events SELECT position + 1, originator_id, originator_version + 1, topic,"
        f" recorded_at + 1, recorder, actor, zeroblob(16), {digest}, rules, note, imported_from, signature,"
        f" state, crc FROM stored_events WHERE position = {LAST}",
    )
    (problem,) = problems(tail)
    assert problem.startswith(ENTRY)
    assert "is no lawful entry" in problem


@pytest.mark.parametrize("digest", ["NULL", "zeroblob(32)"])
def test_an_entry_with_another_digest_is_named(tail: Book, digest: str) -> None:
    alter(tail, f"UPDATE stored_events SET digest = {digest} WHERE position = {LAST}")
    (problem,) = problems(tail)
    assert problem.startswith(ENTRY)
    assert "is no lawful entry" in problem


def test_a_name_that_no_entry_has_is_named(tail: Book) -> None:
    alter(tail, "INSERT INTO names (name) VALUES ('m.allory')")
    (problem,) = problems(tail)
    assert problem == "name 'm.allory': no entry has it: it was put in, or its entries are gone"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("originator_version = originator_version + 5", "the next version of grant:"),
        ("recorded_at = recorded_at / 2", "its recorded_at is not later than that of the entry before"),
        ("digest = NULL", "it begins a command and has no digest"),
    ],
)
def test_rows_out_of_order_are_named_even_if_a_forger_sealed_them(
    book: Book, change: str, message: str
) -> None:
    alter(book, f"UPDATE stored_events SET {change} WHERE position = {LAST}")
    for checkpoint in Seal(book).files():
        checkpoint.unlink()
    shutil.rmtree(book.path / "tree")
    with Book.open(book.place, as_is=True) as again:
        sealed_by_a_forger(again)
    assert any(message in problem for problem in problems(book))


def test_a_checkpoint_under_another_name_is_named(book: Book) -> None:
    first = Seal(book).files()[0]
    first.rename(first.with_name("0000000001-0000000001.note"))
    (problem,) = problems(book)
    assert problem.startswith("checkpoint 0000000001-0000000001.note: it is that of")


def test_a_snapshot_of_a_version_that_does_not_exist_is_named(book: Book) -> None:
    """This snapshot would hide the next entries of the fund."""
    fund, version, _ = load_fund(book.journal)
    assert book.journal.snapshots is not None
    keep(book.journal.snapshots.recorder, fund, version + 5)
    (problem,) = problems(book)
    assert problem.startswith(f"the fund's snapshot at version {version + 5}")


def test_a_version_left_out_is_named(tail: Book) -> None:
    ((version,),) = tail.journal.recorder.rows(
        f"SELECT originator_version FROM stored_events WHERE position = {LAST}"
    )
    alter(
        tail,
        f"UPDATE stored_events SET originator_version = {version + 5} WHERE position = {LAST}",
    )
    (problem,) = problems(tail)
    assert problem.startswith(f"{ENTRY}{version + 5}")
    assert "is no lawful entry" in problem


def test_a_position_left_out_is_named(tail: Book) -> None:
    last = tail.position()
    alter(
        tail,
        f"UPDATE stored_events SET position = 999 WHERE position = {last}",
        "UPDATE sqlite_sequence SET seq = 999 WHERE name = 'entries'",
    )
    (problem,) = problems(tail)
    assert f"the journal goes from position {last - 1} to 999" in problem


def test_an_unsealed_entry_with_an_unknown_topic_is_named(tail: Book) -> None:
    alter(tail, f"UPDATE stored_events SET topic = 'X.v1' WHERE position = {LAST}")
    (problem,) = problems(tail)
    assert problem.startswith(ENTRY)
    assert "is no lawful entry" in problem


def test_a_checkpoint_of_another_book_is_named(book: Book) -> None:
    last = Seal(book).last()
    assert last is not None
    checkpoint, file = last
    signer = Signer.read(book.path / "seal.key")
    file.write_text(signer.sign(str(checkpoint._replace(origin="grantbook/00"))), "utf-8")
    (problem,) = problems(book)
    assert "it is of another book" in problem


@pytest.mark.parametrize(
    ("index", "table", "message"),
    [
        ("sqlite_autoindex_refusals_1", "refusals", "its index of answers does not lead to those"),
        ("commands", "entries", "its index of commands does not lead to the entries"),
    ],
)
def test_an_index_with_a_wrong_key_is_named(tail: Book, index: str, table: str, message: str) -> None:
    """The index has the right number of keys, and the database's quick check finds nothing."""
    recorder = tail.journal.recorder
    ((command,),) = recorder.rows(f"SELECT command_id FROM {table} ORDER BY recorded_at LIMIT 1 OFFSET 1")
    ((root,),) = recorder.rows("SELECT rootpage FROM sqlite_master WHERE name = ?", index)
    ((size,),) = recorder.rows("PRAGMA page_size")
    recorder.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    tail.close()
    file = tail.path / "journal.sqlite"
    data = bytearray(file.read_bytes())
    page = slice((root - 1) * size, root * size)
    assert command in data[page]
    data[page] = data[page].replace(command, bytes([command[0] ^ 1]) + command[1:], 1)
    file.write_bytes(data)
    (problem,) = problems(tail)
    assert message in problem


@pytest.mark.case("T2")
def test_a_refusal_of_another_command_than_it_keeps_is_named(tail: Book) -> None:
    forge_refusal(tail, g.cancel("05-01"), "IdTaken", digest=bytes(32))
    assert any("not that of the command that it keeps" in problem for problem in problems(tail))
