"""Each role may do its work and nothing else, tried with a login of the role."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from pydantic import TypeAdapter

from lifecycle.book.book import Book
from lifecycle.fund.state import Fund
from lifecycle.journal.postgresql import append_if
from lifecycle.journal.postgresql.roles import TEMPORARY, script
from lifecycle.journal.recorder import ENTRY_COLUMNS
from lifecycle.journal.snapshots import place_of, topic
from lifecycle.journal.stored_row import id_bytes, microseconds, with_sum
from lifecycle.kernel.checksum import summed
from lifecycle.kernel.errors import Unreachable
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from projections.engine.consistency_check import differences
from projections.engine.projector import catch_up
from projections.engine.standing import standing
from projections.engine.subscription import news_of
from projections.query import run
from support import given as g
from support.books import make_book
from support.inserting import BARE
from support.servers import QUICK, Server, logins

Login = Callable[[str], str]
"""Returns the address for a login of the role."""
EVENTS, REFUSALS = "journal.stored_events", "journal.refusals"


def test_an_administrator_records(login: Login) -> None:
    with Book.open(login("administrator")) as book:
        assert book.record(g.cost("06-12"), "t.leader").outcome == "accepted"
        assert book.record(g.cost("01-09"), "t.leader").outcome == "refused"
        digest = book.attach(b"the agreement")
        with book.document(digest) as file:
            assert file.read() == b"the agreement"


def test_each_row_names_the_login_that_wrote_it(login: Login, database: str) -> None:
    """Whichever way it came in, and although the function runs with its owner's rights."""
    with Book.open(login("administrator")) as book:
        book.record(g.cost("06-12"), "t.leader")
        book.record(g.cost("01-09"), "t.leader")
        book.record(g.join("2017-01-01", partner="ES", name="Spain"), "s.cretary")  # judged under the lock
        ((own,),) = book.journal.recorder.rows("SELECT session_user::text")
        question = "SELECT login FROM {} ORDER BY recorded_at DESC LIMIT {}"
        rows = book.journal.recorder.rows
        assert rows(question.format("stored_events", 3)) == [(own,), (own,), ("postgres",)]
        assert rows(question.format("refusals", 1)) == [(own,)]


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


def test_the_owner_of_the_tables_cannot_log_in(login: Login, database: str) -> None:
    name = str(conninfo_to_dict(database)["dbname"])
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", (f"{name}_owner",))
        assert rows.fetchall() == [(False,)]


INSERT = (
    BARE.replace("INTO ", "INTO journal.").replace("grant:X", "grant:SSF-9").format(none="''", state="'{}'")
)
WRITES = {
    "add an entry": INSERT,
    "add an answer": (
        f'INSERT INTO {REFUSALS} (command_id, digest, command, stream, "on", actor, recorder, recorded_at,'
        " refusal, message) VALUES ('c', 'd', 'X', 's', '2017', 'a', 'r', 2017, 'IdTaken', '')"
    ),
    "append by the function": append_if.CALL.replace("%s", "NULL"),
    "add a document": "INSERT INTO journal.documents VALUES (encode(sha256('x'), 'hex'), 'x')",
    "name an officer": "INSERT INTO journal.officers VALUES ('t.leader', 'Mallory', NULL)",
    "erase a name": "DELETE FROM journal.officers",
    "add a snapshot": "INSERT INTO journal.stored_snapshots VALUES ('fund', 99, 'FundSnapshot.v1', '{}')",
    "write into the log": "SELECT pg_logical_emit_message(true, 'x', 'y')",
}
MISUSES = {
    "choose a position": INSERT.replace("crc)", "crc, position)").replace(", 0)", ", 0, 7)"),
    "choose an answer's number": f"INSERT INTO {REFUSALS} (number) VALUES (1)",
    "choose an answer's position": f"INSERT INTO {REFUSALS} (position) VALUES (1)",
    "choose a login": INSERT.replace("crc)", "crc, login)").replace(", 0)", ", 0, 'mallory')"),
    "choose an answer's login": f"INSERT INTO {REFUSALS} (login) VALUES ('mallory')",
    "change an entry": f"UPDATE {EVENTS} SET state = '{{}}'",
    "change a position": f"UPDATE {EVENTS} SET position = position + 1",
    "delete an entry": f"DELETE FROM {EVENTS}",
    "empty the journal": f"TRUNCATE {EVENTS}",
    "replace an entry": (
        f"{INSERT.replace('grant:SSF-9', 'fund')} ON CONFLICT (originator_id, originator_version)"
        " DO UPDATE SET state = excluded.state"
    ),
    "merge an entry": (
        f"MERGE INTO {EVENTS} AS old USING (SELECT 'fund' AS id) AS new ON old.originator_id = new.id"
        " WHEN MATCHED THEN UPDATE SET state = '{}'"
    ),
    "change an answer": f"UPDATE {REFUSALS} SET refusal = 'x'",
    "delete an answer": f"DELETE FROM {REFUSALS}",
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
    "copy into a file": "COPY journal.book TO '/tmp/x'",
    "copy from a file": f"COPY {EVENTS} (originator_id, originator_version, topic, state) FROM '/etc/passwd'",
    "read a file of the server": "SELECT pg_read_file('postgresql.conf')",
    "read its bytes": "SELECT pg_read_binary_file('PG_VERSION')",
    "list its files": "SELECT pg_ls_dir('.')",
    "read passwords": "SELECT rolpassword FROM pg_authid",
    "own a table": f"ALTER TABLE {EVENTS} OWNER TO CURRENT_USER",
    "drop a table": f"DROP TABLE {REFUSALS}",
    "add a column": f"ALTER TABLE {EVENTS} ADD x int",
    "be somebody else": "SET SESSION AUTHORIZATION postgres",
    "be a superuser": "ALTER ROLE CURRENT_USER SUPERUSER",
    "make a role": "CREATE ROLE mallory",
    "give oneself the owner": "GRANT {owner} TO CURRENT_USER",
    "take the owner's tables": "REASSIGN OWNED BY {owner} TO CURRENT_USER",
    "rights on future tables": "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT ALL ON TABLES TO PUBLIC",
    "a search path for all": "ALTER ROLE ALL SET search_path = mine",
    "a search path for the database": "ALTER DATABASE {name} SET search_path = mine",
    "change the server": "ALTER SYSTEM SET fsync = off",
    "a function in public": "CREATE FUNCTION public.max(bigint) RETURNS bigint RETURN 1",
    "an operator in public": "CREATE OPERATOR public.= (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)",
    "a type in public": "CREATE TYPE public.x AS (y int)",
    "a temporary function": "CREATE FUNCTION pg_temp.max(bigint) RETURNS bigint RETURN 1",
    "a temporary view": "CREATE TEMPORARY VIEW stored_events AS SELECT 1",
    "another trigger": f"CREATE TRIGGER t BEFORE INSERT ON {REFUSALS} EXECUTE FUNCTION journal.append_only()",
    "an event trigger": "CREATE EVENT TRIGGER t ON ddl_command_start EXECUTE FUNCTION journal.append_only()",
    "a policy": f"CREATE POLICY p ON {REFUSALS}",
    "an index": f"CREATE INDEX ON {REFUSALS} (actor)",
    "call a trigger's function": "SELECT journal.append_only()",
    "publish": f"CREATE PUBLICATION p FOR TABLE {REFUSALS}",
    "keep the log for a standby": "SELECT pg_create_physical_replication_slot('s')",
    "promote a standby": "SELECT pg_promote()",
    "another segment of the log": "SELECT pg_switch_wal()",
    "end others' sessions": (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ),
    "lock out writers": f"BEGIN; LOCK TABLE {EVENTS} IN SHARE MODE",
    "lock out readers": f"BEGIN; LOCK TABLE {EVENTS} IN ACCESS EXCLUSIVE MODE",
    "lock rows": f"SELECT 1 FROM {EVENTS} FOR KEY SHARE",
    "a large object": "SELECT lo_create(0)",
    "bytes as a large object": "SELECT lo_from_bytea(0, 'x')",
    "a file as a large object": "SELECT lo_import('/etc/passwd')",
    "alter a snapshot": "UPDATE journal.stored_snapshots SET state = '{{}}'",
    "delete a snapshot": "DELETE FROM journal.stored_snapshots",
    "make an index again": f"REINDEX TABLE {EVENTS}",
    "more temporary files": "SET temp_file_limit = -1",
    "comment on a table": f"COMMENT ON TABLE {EVENTS} IS 'x'",
}
READS = {
    "entries": (EVENTS, {"administrator", "projector", "auditor"}),
    "snapshots": ("journal.stored_snapshots", {"administrator", "projector", "auditor"}),
    "refusals": (REFUSALS, {"administrator", "auditor"}),
    "documents": ("journal.documents", {"administrator", "auditor"}),
    "names of officers": ("journal.officers", {"administrator", "auditor"}),
}


@pytest.mark.parametrize("role", ["administrator", "projector", "auditor", "reporter"])
def test_a_role_cannot(login: Login, role: str) -> None:
    refused = dict[str, str]()
    statements = MISUSES if role == "administrator" else {**WRITES, **MISUSES}
    name = str(conninfo_to_dict(login(role))["dbname"])
    for attempt, statement in statements.items():
        with psycopg.connect(login(role), autocommit=True) as connection:
            try:
                connection.execute(statement.replace("{owner}", f"{name}_owner").replace("{name}", name))
            except (errors.InsufficientPrivilege, errors.RaiseException) as error:
                refused[attempt] = str(error)
    assert statements.keys() - refused.keys() == set()


@pytest.mark.parametrize("what", READS)
def test_only_some_roles_read_a_table(login: Login, what: str) -> None:
    table, readers = READS[what]
    for role in ("administrator", "projector", "auditor", "reporter"):
        with psycopg.connect(login(role)) as connection:
            try:
                connection.execute(f"SELECT * FROM {table}")
            except errors.InsufficientPrivilege:
                assert role not in readers
            else:
                assert role in readers


def test_an_administrator_keeps_the_names(login: Login) -> None:
    with Book.open(login("administrator")) as book:
        book.name_officer("t.leader", "Tea Leader")
        with Book.open(login("auditor"), read_only=True) as read:
            assert read.names()["t.leader"].name == "Tea Leader"
            with pytest.raises(Unreachable, match="permission denied"):
                read.erase_name("t.leader")
        book.erase_name("t.leader")
        assert book.names()["t.leader"].name is None


def test_a_bad_row_of_the_register_of_names_is_named_and_can_be_deleted(login: Login) -> None:
    with Book.open(login("administrator")) as book, psycopg.connect(login("administrator")) as raw:
        raw.execute("INSERT INTO journal.officers VALUES ('t.leader', NULL, 'once')").connection.commit()
        with pytest.raises(Unreachable, match=r"t\.leader was erased on 'once', which is no day: delete"):
            book.names()
        raw.execute("DELETE FROM journal.officers").connection.commit()
        assert book.names() == {}


FORGED: dict[str, dict[str, Any]] = {
    "an entry without a digest": {
        "recorded_at": microseconds(datetime(2099, 1, 1, tzinfo=UTC)),
        "digest": None,
    },
    "another digest": {"digest": bytes(32)},
    "a moment that is past": {"recorded_at": microseconds(datetime(2001, 1, 1, tzinfo=UTC))},
}


@pytest.mark.parametrize("what", FORGED)
def test_an_entry_that_an_administrator_forges_is_found(login: Login, book: Book, what: str) -> None:
    """An administrator may insert any row by SQL. Only `verify` can find it."""
    (*_, last) = book.stored()
    usual = {"recorded_at": last.recorded_at + 1, "command_id": id_bytes("c9"), "recorder": "f.nance"}
    row = with_sum(last._replace(**{**usual, "version": last.version + 1, **FORGED[what]}))
    Seal(book).seal()
    columns = ENTRY_COLUMNS.removesuffix(", position")
    marks = ", ".join(["%s"] * (len(row) - 1))
    with psycopg.connect(login("administrator")) as connection:
        connection.execute(f"INSERT INTO {EVENTS} ({columns}) VALUES ({marks})", row[:-1])
    assert verify(book, Seal(book)).problems != []


def test_a_false_snapshot_leaves_no_gap_in_the_fund(login: Login, book: Book) -> None:
    """The snapshot is of a version that no entry has. The next entry of the fund follows its last one."""
    with psycopg.connect(login("administrator")) as connection:
        fund, version = book.fund(), 1 << 62
        state = summed(place_of(version, topic()), TypeAdapter(Fund).dump_json(fund, by_alias=True))
        connection.execute(
            "INSERT INTO journal.stored_snapshots (originator_id, originator_version, topic, state)"
            " VALUES ('fund', %s, %s, %s)",
            (version, topic(), state),
        )
    ends = len(book.entries("fund"))
    with Book.open(login("administrator")) as opened:
        assert opened.record(g.credit_income("01-12"), "f.nance").entries == (f"fund@{ends + 1}",)
        assert opened.entries("fund", after=ends) != []
    assert any("snapshot" in problem.where for problem in verify(book, Seal(book)).problems)


def test_a_false_notification_only_makes_followers_look(login: Login, book: Book) -> None:
    """Any login may notify the followers, which then ask the journal for new entries."""
    with news_of(book) as wait, psycopg.connect(login("reporter"), autocommit=True) as connection:
        for _ in range(100):
            connection.execute("SELECT pg_notify('stored_events', repeat('x', 7000))")
        wait(book.position())
        assert catch_up(book) == book.position()


def test_a_full_queue_of_notifications_does_not_stop_recording() -> None:
    """Any login can fill the queue. Then a command is recorded without a notification."""
    server = Server({**QUICK, "max_notify_queue_pages": "64"})
    try:
        with server.database() as address, make_book(address, [*g.FOUNDED, *g.PAID], clock=None) as book:
            reporter = logins(server, address)("reporter")
            with psycopg.connect(reporter) as idle, psycopg.connect(reporter, autocommit=True) as caller:
                idle.execute("LISTEN x").connection.commit()
                idle.execute("SELECT 1")  # in an open transaction, for which notifications are kept
                with pytest.raises(errors.ProgramLimitExceeded):  # noqa: PT012 - any of the calls
                    for n in range(1_000):
                        caller.execute(f"SELECT pg_notify('x', {n} || repeat('x', 7900))")
                assert book.record(g.cost("06-12"), "t.leader").outcome == "accepted"
    finally:
        server.remove()


def test_views_cannot_use_the_rights_of_their_readers(login: Login, book: Book) -> None:
    """A projector puts a function into a view. A reader of the view runs it, and it cannot write."""
    with Book.open(login("projector"), read_only=True) as opened:
        catch_up(opened)
    with psycopg.connect(login("projector"), options="-c search_path=views") as connection:
        connection.execute(
            "CREATE FUNCTION views.act() RETURNS int LANGUAGE sql AS"
            f" $$ {WRITES['name an officer']}; SELECT 4 $$"
        )
        connection.execute("ALTER TABLE tracking RENAME TO tracking_before")
        connection.execute("CREATE VIEW tracking AS SELECT * FROM tracking_before WHERE act() = 4")
    with Book.open(login("administrator")) as opened:
        with pytest.raises(Unreachable, match="read-only transaction"):
            run(opened, "fund", as_of=date(2017, 12, 31))
        assert opened.names() == {}


def test_the_views_cannot_write_if_one_grant_is_asked_for(login: Login, book: Book) -> None:
    """A view with a function cannot write through `standing`, which reads one grant."""
    with Book.open(login("projector"), read_only=True) as opened:
        catch_up(opened)
    Seal(book).seal()  # entries that were not judged yet are not answered from the views
    assert standing(login("administrator"), g.G)
    with psycopg.connect(login("projector"), options="-c search_path=views") as connection:
        connection.execute(
            "CREATE FUNCTION views.act() RETURNS bigint LANGUAGE sql AS"
            f" $$ {WRITES['name an officer']}; SELECT 0::bigint $$"
        )
        connection.execute("ALTER TABLE grant_standing RENAME TO standing_before")
        connection.execute(
            'CREATE VIEW grant_standing AS SELECT "grant", version + act() AS version, state'
            " FROM standing_before"
        )
        connection.execute("GRANT SELECT ON grant_standing TO PUBLIC")
    assert standing(login("administrator"), g.G) is None
    assert book.names() == {}


def test_an_operator_that_changes_a_reports_meaning_is_found(login: Login, book: Book) -> None:
    """The server prefers an operator whose types fit better than its own operator's."""
    with Book.open(login("projector"), read_only=True) as opened:
        catch_up(opened)
    with psycopg.connect(login("projector")) as connection:
        for made in (
            "FUNCTION views.never(text, varchar) RETURNS boolean RETURN false",
            "OPERATOR views.<= (LEFTARG = text, RIGHTARG = varchar, FUNCTION = views.never)",
        ):
            connection.execute(f"CREATE {made}")
    with Book.open(login("auditor"), read_only=True) as read:
        assert run(read, "register", as_of=date(2017, 12, 31)).rows == []
        assert [where for where, _ in differences(read)] == [
            "views: function views.never(text,character varying)",
            "views: operator views.<=(text,character varying)",
        ]


def test_hidden_rows_of_the_views_are_found(login: Login, book: Book) -> None:
    with Book.open(login("projector"), read_only=True) as opened:
        catch_up(opened)
        with psycopg.connect(login("projector")) as connection:
            connection.execute("ALTER TABLE views.money_flows ENABLE ROW LEVEL SECURITY")
        assert [where for where, _ in differences(opened)] == [
            "views: money_flows"
        ]  # their owner sees all rows


def test_only_roles_that_write_may_take_the_append_lock(login: Login) -> None:
    for role in ("auditor", "reporter"):
        with psycopg.connect(login(role)) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute("SELECT pg_advisory_lock_shared(1)")


@pytest.mark.parametrize("role", ["administrator", "projector", "auditor", "reporter"])
def test_the_temporary_files_of_a_session_are_limited(
    login: Login, database: str, server: Server, role: str
) -> None:
    with psycopg.connect(login(role)) as connection:
        assert connection.execute("SHOW temp_file_limit").fetchone() == (TEMPORARY,)
    name = str(conninfo_to_dict(database)["dbname"])
    server.rows(f"ALTER DATABASE {name} SET temp_file_limit = '1MB'")
    with psycopg.connect(login(role)) as connection, pytest.raises(errors.ConfigurationLimitExceeded):
        connection.execute("SELECT n FROM generate_series(1, 1000000) AS n ORDER BY n DESC OFFSET 999999")


def test_rights_cannot_be_given_away(login: Login) -> None:
    with psycopg.connect(login("administrator"), autocommit=True) as connection:
        connection.execute(f"GRANT ALL ON {EVENTS} TO PUBLIC")  # the server only warns
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(f"UPDATE {EVENTS} SET state = ''")


def test_the_script_can_be_run_again(login: Login, database: str, server: Server) -> None:
    name = str(conninfo_to_dict(database)["dbname"])
    server.rows(script(name), name)
    test_an_administrator_records(login)
