"""The database refuses changes of the journal from every user, and `verify` names weakened guards."""

from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from psycopg import errors

from lifecycle.book.book import Book
from lifecycle.journal.postgresql import append_if
from lifecycle.kernel.errors import Altered, VersionConflict
from lifecycle.seal.seal import Forked, Seal
from lifecycle.seal.verify import verify
from projections.engine.projector import catch_up
from projections.engine.standing import standing
from support import given as g
from support.books import record
from support.inserting import BARE

Raw = psycopg.Connection[Any]
CHANGES = {
    "update": "UPDATE journal.stored_events SET state = state",
    "delete": "DELETE FROM journal.stored_events WHERE position = 3",
    "truncate": "TRUNCATE journal.stored_events, journal.refusals",
    "upsert": (
        "INSERT INTO journal.stored_events SELECT * FROM journal.stored_events WHERE position = 1"
        " ON CONFLICT (originator_id, originator_version) DO UPDATE SET state = ''"
    ),
    "merge": (
        "MERGE INTO journal.stored_events AS t USING (SELECT 1) AS s ON t.position = 1"
        " WHEN MATCHED THEN UPDATE SET state = ''"
    ),
    "update an answer": "UPDATE journal.refusals SET actor = 'x'",
    "delete an answer": "DELETE FROM journal.refusals",
    "update a document": "UPDATE journal.documents SET data = ''",
    "update the book": "UPDATE journal.book SET format = 3",
}


def problems(book: Book) -> list[str]:
    """Return the problems that `verify` finds, as text."""
    return [f"{problem.where}: {problem.message}" for problem in verify(book, Seal(book)).problems]


@pytest.mark.parametrize("replica", [False, True])
@pytest.mark.parametrize("what", CHANGES)
def test_even_the_owner_cannot_change_rows(book: Book, raw: Raw, what: str, replica: bool) -> None:
    before = list(book.stored())
    raw.execute(f"SET session_replication_role = {'replica' if replica else 'origin'}")
    with pytest.raises(errors.RaiseException, match="append only"):
        raw.execute(CHANGES[what])
    assert list(book.stored()) == before


def test_a_position_cannot_be_chosen(book: Book, raw: Raw) -> None:
    newest = book.position()
    row = BARE.replace("INTO ", "INTO journal.").format(none="''", state="'{}'")
    raw.execute(row.replace("crc)", "crc, position)").replace(", 0)", ", 0, 1000)"))
    assert book.position() == newest + 1


def test_a_save_of_thousands_does_not_hang(book: Book) -> None:
    """Four thousand entries in one statement hung. Each entry now has its own statement."""
    newest = book.position()
    entries = [StoredEvent("grant:X", n, "X.v1", b'{"x":"%b"}' % (b"x" * 2_000)) for n in range(1, 4_201)]
    positions = book.journal.recorder.insert_events(entries)
    assert positions == list(range(newest + 1, newest + 4_201))
    assert book.position() == newest + 4_200


def test_an_append_that_failed_leaves_no_gap(book: Book) -> None:
    newest = book.position()
    commands = [g.cost("06-12"), g.cost("06-12", expect_version=7)]
    with pytest.raises(VersionConflict):
        record(book, commands)
    assert book.record(g.cost("06-12"), "t.leader").position == newest + 1


def test_a_document_must_have_the_digest_that_it_is_named_by(book: Book, raw: Raw) -> None:
    with pytest.raises(errors.CheckViolation):
        raw.execute("INSERT INTO journal.documents VALUES ('abc', 'another')")


def test_a_new_schema_is_as_expected(book: Book) -> None:
    recorder = book.journal.recorder
    assert recorder.schema() == recorder.expected_schema()
    assert all(check.is_well for check in book.health() if check.name == "the journal is guarded")


WEAKENED = {
    "a trigger is gone": "DROP TRIGGER stored_events_append_only ON journal.stored_events",
    "a trigger does not always fire": "ALTER TABLE journal.refusals ENABLE TRIGGER refusals_append_only",
    "a trigger is off": "ALTER TABLE journal.refusals DISABLE TRIGGER refusals_append_only",
    "a trigger has a condition": (
        "DROP TRIGGER stored_events_place_entry ON journal.stored_events;"
        "CREATE TRIGGER stored_events_place_entry BEFORE INSERT ON journal.stored_events FOR EACH ROW"
        " WHEN (NEW.position IS NULL) EXECUTE FUNCTION journal.place_entry();"
        "ALTER TABLE journal.stored_events ENABLE ALWAYS TRIGGER stored_events_place_entry"
    ),
    "a function does nothing": (
        "CREATE OR REPLACE FUNCTION journal.append_only() RETURNS trigger LANGUAGE plpgsql"
        " SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NULL; END'"
    ),
    "a function finds other tables": "ALTER FUNCTION journal.place_entry() RESET search_path",
    "the appending function has its caller's rights": (
        f"ALTER FUNCTION {append_if.SIGNATURE} SECURITY INVOKER"
    ),
    "the appending function finds other tables": f"ALTER FUNCTION {append_if.SIGNATURE} RESET search_path",
    "the appending function is another one": append_if.STATEMENT.replace("clock_timestamp()", "now()"),
    "another trigger": (
        "CREATE FUNCTION public.mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        "CREATE TRIGGER a BEFORE INSERT ON journal.refusals FOR EACH ROW EXECUTE FUNCTION public.mine()"
    ),
    "a rule": "CREATE RULE r AS ON INSERT TO journal.documents DO INSTEAD NOTHING",
    "hidden rows": "ALTER TABLE journal.stored_events ENABLE ROW LEVEL SECURITY",
    "a table that does not outlive a crash": "ALTER TABLE journal.documents SET UNLOGGED",
    "a constraint is gone": "ALTER TABLE journal.documents DROP CONSTRAINT documents_check",
    "another column": "ALTER TABLE journal.refusals ADD mine text",
    "another type": "ALTER TABLE journal.book ALTER format TYPE bigint",
    "another table": "CREATE TABLE journal.mine (x int)",
    "no index of commands": "DROP INDEX journal.commands",
    "another index of commands": (
        "DROP INDEX journal.commands; CREATE INDEX commands ON journal.stored_events (command_id)"
    ),
    "another view": "CREATE VIEW journal.mine AS SELECT 1",
    "no view": "DROP VIEW journal.journal",
    "a child": "CREATE TABLE journal.mine () INHERITS (journal.documents)",
}


@pytest.mark.parametrize("what", WEAKENED)
def test_a_weakened_guard_is_named(book: Book, raw: Raw, what: str) -> None:
    Seal(book).seal()
    assert problems(book) == []
    raw.execute(WEAKENED[what])
    assert problems(book) != []


TAMPERED = {
    "its bytes": "UPDATE {entries} SET state = overlay(state PLACING 'X' FROM 30) WHERE position = 9",
    **{
        f"its {column}": f"UPDATE {{entries}} SET {column} = {value} WHERE position = 9"
        for column, value in {
            "originator_id": "'grant:Y'",
            "originator_version": "99",
            "topic": "'CostRecorded.v1'",
            "recorded_at": "recorded_at + 1",
            "recorder": "'x'",
            "actor": "'x'",
            "command_id": "decode('00', 'hex')",
            "digest": "decode('00', 'hex')",
            "rules": "1",
            "note": "'x'",
            "imported_from": "'x'",
            "signature": "decode('00', 'hex')",
            "crc": "crc + 1",
        }.items()
    },
    "its place": "UPDATE {entries} SET position = 1000 WHERE position = 9",
    "the entry": "DELETE FROM {entries} WHERE position = 9",
    "the newest entry": "DELETE FROM {entries} WHERE position = (SELECT max(position) FROM {entries})",
    **{
        f"an answer's {column}": f'UPDATE {{answers}} SET "{column}" = {value} WHERE number = 1'
        for column, value in {
            "number": "99",
            "command_id": "decode('00', 'hex')",
            "digest": "decode('00', 'hex')",
            **dict.fromkeys("command stream on actor recorder refusal rule message request".split(), "'x'"),
            "recorded_at": "recorded_at + 1",
            "position": "position - 1",
        }.items()
    },
    "the newest answer": "DELETE FROM {answers} WHERE number = (SELECT max(number) FROM {answers})",
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_change_made_without_the_guards_is_found(book: Book, raw: Raw, what: str) -> None:
    for _ in range(2):
        assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
    Seal(book).seal()
    for table in ("stored_events", "refusals"):
        raw.execute(f"ALTER TABLE journal.{table} DISABLE TRIGGER ALL")
    raw.execute(TAMPERED[what].format(entries="journal.stored_events", answers="journal.refusals"))
    for table in ("stored_events", "refusals"):
        raw.execute(f"ALTER TABLE journal.{table} ENABLE ALWAYS TRIGGER {table}_append_only")
        raw.execute(
            f"ALTER TABLE journal.{table} ENABLE ALWAYS TRIGGER {table}_place_"
            + ("entry" if table == "stored_events" else "refusal")
        )
    assert problems(book) != []


def test_another_branch_of_history_is_not_sealed(book: Book, raw: Raw) -> None:
    Seal(book).seal()
    raw.execute("ALTER TABLE journal.stored_events DISABLE TRIGGER USER")
    raw.execute("ALTER TABLE journal.refusals DISABLE TRIGGER USER")
    raw.execute("DELETE FROM journal.stored_events WHERE position > 20")
    raw.execute("DELETE FROM journal.refusals WHERE position > 20")
    with pytest.raises(Forked):
        Seal(book).seal()


def test_a_journal_that_lost_its_newest_entry_is_not_opened(book: Book, raw: Raw, database: str) -> None:
    """A server without the newest commits may have been put in the place of another."""
    catch_up(book)
    Seal(book).seal()
    assert standing(database, g.G) is not None
    raw.execute("ALTER TABLE journal.stored_events DISABLE TRIGGER USER")
    raw.execute(
        "DELETE FROM journal.stored_events WHERE position = (SELECT max(position) FROM journal.stored_events)"
    )
    raw.execute("UPDATE views.tracking SET notification_id = notification_id - 1")
    for read_only in (False, True):
        with pytest.raises(Altered, match="lost 1 of the entries that were sealed"):
            Book.open(database, read_only=read_only)
    assert standing(database, g.G) is None
    with Book.open(database, as_is=True) as opened:
        assert any("missing" in problem for problem in problems(opened))
