"""Each role does its work, and nothing else: tried as somebody who has it."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

import given as g
from lifecycle.book import Book
from lifecycle.errors import Unreachable
from lifecycle.postgres.roles import script
from lifecycle.seal.sealing import Seal
from lifecycle.seal.verifying import verify
from servers import Server

Login = Callable[[str], str]
"""The address for somebody of a role."""
EVENTS, RECEIPTS = "journal.stored_events", "journal.receipts"


def test_an_administrator_records(login: Login) -> None:
    with Book.open(login("administrator")) as book:
        assert book.record(g.cost("06-12"), "t.leader").outcome == "accepted"
        assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
        digest = book.attach(b"the agreement")
        with book.document(digest) as file:
            assert file.read() == b"the agreement"


def test_an_auditor_reads_and_seals(login: Login) -> None:
    with Book.open(login("auditor"), read_only=True) as book:
        Seal(book).seal()
        assert verify(book, Seal(book)).problems == []
    with Book.open(login("auditor")) as book, pytest.raises(Unreachable, match="permission denied"):
        book.record(g.cost("06-12"), "t.leader")


def test_a_projector_reads_entries(login: Login) -> None:
    with Book.open(login("projector"), read_only=True) as book:
        assert len(list(book.histories())) == 2
        assert book.fund().name == "The Facility"


def test_a_reporter_opens_no_book(login: Login) -> None:
    with pytest.raises(Unreachable, match="permission denied for schema journal"):
        Book.open(login("reporter"))


def test_nobody_is_the_owner(login: Login, database: str) -> None:
    name = str(conninfo_to_dict(database)["dbname"])
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", (f"{name}_owner",))
        assert found.fetchall() == [(False,)]


ROW = "('grant:SSF-9', 1, 'X.v1', '{}')"
WRITES = {
    "add an entry": f"INSERT INTO {EVENTS} (originator_id, originator_version, topic, state) VALUES {ROW}",
    "add an answer": (
        f'INSERT INTO {RECEIPTS} (command_id, digest, command, stream, "on", actor, recorder, recorded_at,'
        " outcome, entries) VALUES ('c', 'd', 'X', 's', '2017', 'a', 'r', '2017', 'refused', '')"
    ),
    "add a document": "INSERT INTO journal.documents VALUES (encode(sha256('x'), 'hex'), 'x')",
}
MISUSES = {
    "choose a position": f"INSERT INTO {EVENTS} VALUES ('grant:SSF-9', 1, 'X.v1', '{{}}', 7)",
    "choose an answer's number": f"INSERT INTO {RECEIPTS} (number) VALUES (1)",
    "choose an answer's position": f"INSERT INTO {RECEIPTS} (position) VALUES (1)",
    "change an entry": f"UPDATE {EVENTS} SET state = '{{}}'",
    "change a position": f"UPDATE {EVENTS} SET position = position + 1",
    "delete an entry": f"DELETE FROM {EVENTS}",
    "empty the journal": f"TRUNCATE {EVENTS}",
    "replace an entry": (
        f"INSERT INTO {EVENTS} (originator_id, originator_version, topic, state)"
        " VALUES ('fund', 1, 'X.v1', '{}')"
        " ON CONFLICT (originator_id, originator_version) DO UPDATE SET state = excluded.state"
    ),
    "merge an entry": (
        f"MERGE INTO {EVENTS} AS old USING (SELECT 'fund' AS id) AS new ON old.originator_id = new.id"
        " WHEN MATCHED THEN UPDATE SET state = '{}'"
    ),
    "change an answer": f"UPDATE {RECEIPTS} SET outcome = 'refused'",
    "delete an answer": f"DELETE FROM {RECEIPTS}",
    "change a document": "UPDATE journal.documents SET data = ''",
    "rename the book": "UPDATE journal.book SET name = 'x'",
    "drop a trigger": f"DROP TRIGGER stored_events_append_only ON {EVENTS}",
    "switch off a trigger": f"ALTER TABLE {EVENTS} DISABLE TRIGGER ALL",
    "act as a replica": "SET session_replication_role = replica",
    "replace the trigger's function": (
        "CREATE OR REPLACE FUNCTION journal.append_only() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NULL; END'"
    ),
    "make a function of the same name before it": "CREATE FUNCTION journal.max(bigint) RETURNS int RETURN 1",
    "make a schema": "CREATE SCHEMA mine",
    "make a table in public": "CREATE TABLE public.mine (x int)",
    "make a temporary table": "CREATE TEMPORARY TABLE stored_events (x int)",
    "add a rule": f"CREATE RULE gone AS ON INSERT TO {EVENTS} DO INSTEAD NOTHING",
    "hide rows": f"ALTER TABLE {EVENTS} ENABLE ROW LEVEL SECURITY",
    "become the owner": "SET ROLE {owner}",
    "copy from a program": f"COPY {EVENTS} (state) FROM PROGRAM 'echo x'",
    "read a file of the server": "SELECT pg_read_file('postgresql.conf')",
}


@pytest.mark.parametrize("role", ["administrator", "projector", "auditor", "reporter"])
def test_nobody_may(login: Login, role: str) -> None:
    refused = dict[str, str]()
    tried = MISUSES if role == "administrator" else {**WRITES, **MISUSES}
    owner = str(conninfo_to_dict(login(role))["dbname"]) + "_owner"
    for what, statement in tried.items():
        with psycopg.connect(login(role), autocommit=True) as connection:
            try:
                connection.execute(statement.replace("{owner}", owner))
            except (errors.InsufficientPrivilege, errors.RaiseException) as no:
                refused[what] = str(no)
    assert tried.keys() - refused.keys() == set()


def test_only_those_who_write_may_hold_up_writers(login: Login) -> None:
    for role in ("auditor", "reporter"):
        with psycopg.connect(login(role)) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute("SELECT pg_advisory_lock_shared(1)")


def test_rights_cannot_be_given_away(login: Login) -> None:
    with psycopg.connect(login("administrator"), autocommit=True) as connection:
        connection.execute(f"GRANT ALL ON {EVENTS} TO PUBLIC")  # only warned of
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(f"UPDATE {EVENTS} SET state = ''")


def test_the_script_can_be_run_again(login: Login, database: str, server: Server) -> None:
    name = str(conninfo_to_dict(database)["dbname"])
    server.rows(script(name), name)
    test_an_administrator_records(login)
