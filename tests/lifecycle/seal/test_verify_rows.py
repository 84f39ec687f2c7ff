"""What no root can show, as it is not sealed yet: each check of the walk, alone."""

import pytest

from lifecycle.book.book import Book
from lifecycle.book.loaded_state import load_fund
from lifecycle.journal.snapshots import keep
from lifecycle.seal.notes import Signer
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from support import given as g
from support.forging import forge_refusal
from support.tampering import without_triggers

pytestmark = pytest.mark.of_a_file("its bytes, altered")

ENTRY = f"grant:{g.G}@"
LAST = "(SELECT max(position) FROM stored_events)"


@pytest.fixture
def tail(book: Book) -> Book:
    """A sealed book, and unsealed after it an entry, two refusals, and another entry."""
    assert book.record(g.cost("01-13"), "t.leader").outcome == "accepted"
    for _ in range(2):
        assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
    assert book.record(g.cost("01-14"), "t.leader").outcome == "accepted"
    return book


def problems(book: Book) -> list[str]:
    with Book.open(book.place, read_only=True, as_is=True) as again:
        return [f"{where}: {what}" for where, what in verify(again, Seal(again)).problems]


def alter(book: Book, *changes: str) -> None:
    with without_triggers(book.path) as raw:
        for sql in changes:
            raw.execute(sql)


def test_an_untouched_tail_is_in_order(tail: Book) -> None:
    assert problems(tail) == []


def test_a_moment_that_does_not_grow_is_named(tail: Book) -> None:
    ((moment,),) = tail.journal.recorder.rows(
        f"SELECT substr(CAST(state AS TEXT), 17, 27) FROM stored_events WHERE position = {LAST}"
    )
    before = "2000" + moment[4:]
    alter(
        tail,
        f"UPDATE stored_events SET state = CAST(replace(state, '{moment}', '{before}') AS BLOB)",
        f"UPDATE receipts SET recorded_at = '{before}' WHERE recorded_at = '{moment}'",
    )
    (problem,) = problems(tail)
    assert problem.startswith(ENTRY)
    assert "is no lawful entry" in problem


def test_an_answer_gone_from_an_unsealed_tail_is_named(tail: Book) -> None:
    alter(tail, "DELETE FROM receipts WHERE number = (SELECT max(number) - 1 FROM receipts)")
    (problem,) = problems(tail)
    assert "the answers go from number" in problem


def test_an_answer_of_no_kind_is_named(tail: Book) -> None:
    alter(tail, "UPDATE receipts SET outcome = 'maybe' WHERE number = (SELECT max(number) - 1 FROM receipts)")
    assert "it is neither an acceptance nor a refusal" in problems(tail)[0]


def test_an_entry_put_in_without_an_answer_is_named(tail: Book) -> None:
    command = "7d444840-9dc0-11d1-b245-5ffdce74fad2"
    ((old, moment),) = tail.journal.recorder.rows(
        f'SELECT substr(s, instr(s, \'"command_id":"\') + 14, 36), substr(s, 17, 4) FROM'
        f" (SELECT CAST(state AS TEXT) AS s FROM stored_events WHERE position = {LAST})"
    )
    later = f"'{int(moment) + 1}' || substr(replace(CAST(state AS TEXT), '{old}', '{command}'), 21)"
    alter(
        tail,
        "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
        f" SELECT originator_id, originator_version + 1, topic, CAST(substr(state, 1, 16) || {later} AS BLOB)"
        f" FROM stored_events WHERE position = {LAST}",
    )
    (problem,) = problems(tail)
    assert problem.startswith(ENTRY)
    assert "is no lawful entry" in problem


def test_a_checkpoint_under_another_name_is_named(book: Book) -> None:
    first = Seal(book).files()[0]
    first.rename(first.with_name("0000000001-0000000001.note"))
    (problem,) = problems(book)
    assert problem.startswith("checkpoint 0000000001-0000000001.note: it is that of")


def test_a_snapshot_of_a_version_to_come_is_named(book: Book) -> None:
    """It would hide the next entries of the fund."""
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
        f"UPDATE receipts SET entries = replace(entries, '@{version}', '@{version + 5}')"
        f" WHERE position = {LAST}",
    )
    (problem,) = problems(tail)
    assert problem.startswith(f"{ENTRY}{version + 5}")
    assert "is no lawful entry" in problem


def test_a_position_left_out_is_named(tail: Book) -> None:
    last = tail.position()
    alter(
        tail,
        f"UPDATE stored_events SET position = 999 WHERE position = {last}",
        f"UPDATE receipts SET position = 999 WHERE position = {last}",
        "UPDATE sqlite_sequence SET seq = 999 WHERE name = 'stored_events'",
    )
    (problem,) = problems(tail)
    assert f"the journal goes from position {last - 1} to 999" in problem


def test_an_unsealed_entry_of_no_kind_is_named(tail: Book) -> None:
    alter(tail, f"UPDATE stored_events SET topic = 'X.v1' WHERE position = {LAST}")
    (problem,) = problems(tail)
    assert problem.startswith(ENTRY)
    assert "is no lawful entry" in problem


def test_a_checkpoint_of_another_book_is_named(book: Book) -> None:
    last = Seal(book).last()
    assert last is not None
    checkpoint, place = last
    signer = Signer.read(book.path / "seal.key")
    place.write_text(signer.sign(str(checkpoint._replace(origin="grantbook/00"))), "utf-8")
    (problem,) = problems(book)
    assert "it is of another book" in problem


@pytest.mark.parametrize("index", ["sqlite_autoindex_receipts_1", "refused"])
def test_an_index_that_leads_elsewhere_is_named(tail: Book, index: str) -> None:
    """As many are in it as there should be, and the database's own quick check is content."""
    recorder = tail.journal.recorder
    ((number, command),) = recorder.rows(
        "SELECT number, command_id FROM receipts WHERE outcome = 'refused' ORDER BY number DESC LIMIT 1"
    )
    ((root,),) = recorder.rows("SELECT rootpage FROM sqlite_master WHERE name = ?", index)
    ((size,),) = recorder.rows("PRAGMA page_size")
    recorder.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    tail.close()
    old, new = (
        (bytes([3, 1, 1, number, number]), bytes([3, 1, 1, number, 2]))
        if index == "refused"
        else (command.encode(), b"z" + command.encode()[1:])
    )
    place = tail.path / "journal.sqlite"
    data = bytearray(place.read_bytes())
    page = slice((root - 1) * size, root * size)
    assert old in data[page]
    data[page] = data[page].replace(old, new, 1)
    place.write_bytes(data)
    (problem,) = problems(tail)
    assert "its index of answers does not lead to those that are there" in problem


@pytest.mark.case("T2")
def test_an_acceptance_of_nothing_is_named_in_words(tail: Book) -> None:
    forge_refusal(tail, g.cancel("05-01"), "IdTaken", outcome="accepted", entries="grant:SSF-1@99")
    assert any("neither an acceptance nor a refusal" in problem for problem in problems(tail))
