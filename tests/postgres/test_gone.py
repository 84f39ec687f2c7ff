"""A server that goes away: each command is recorded once, and clients that wait get a message."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import OperationalError
from psycopg.conninfo import conninfo_to_dict

from cli.commands.record import run
from lifecycle.book.book import Book
from lifecycle.journal.journal import Journal
from lifecycle.journal.postgresql import connection
from lifecycle.journal.postgresql.connection import (
    COMMIT,
    Held,
    InDoubt,
    JournalDatastore,
    Rows,
    Statement,
)
from lifecycle.journal.postgresql.recorder import JournalRecorder
from lifecycle.journal.postgresql.schema import LOCK
from lifecycle.journal.recorder import CommandResult
from lifecycle.kernel.errors import Unreachable
from support import given as g
from support.books import make_book
from support.cli_shell import Result, Shell
from support.servers import Server

Raw = psycopg.Connection[Any]


@pytest.fixture
def killable() -> Iterator[Server]:
    """Yield a server that may be killed. Commits that it acknowledges are on disk."""
    server = Server()
    yield server
    server.remove()


def end_connections(raw: Raw) -> None:
    """End every other connection to the database."""
    raw.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_a_connection_that_was_ended_is_opened_again(book: Book, raw: Raw) -> None:
    for _ in range(3):
        before = book.position()
        end_connections(raw)
        receipt = book.record(g.cost("06-12"), "t.leader")
        assert (receipt.outcome, receipt.position) == ("accepted", before + 1)


@pytest.fixture
def commits(raw: Raw, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which each commit is added. The acknowledgement of the first commit is lost."""
    ask_server, call_server, commits = Held.ask, JournalDatastore.call, list[int]()

    def call(store: JournalDatastore, *statement: Any) -> Rows:
        rows = call_server(store, *statement)
        commits.append(len(commits) + 1)
        if commits == [1]:
            end_connections(raw)
            raise InDoubt("lost", wrote=True)
        return rows

    def ask(held: Held, *questions: Statement) -> list[Rows]:
        rows = ask_server(held, *questions)
        if questions == ((COMMIT, None),) and held.begun[0]:  # a transaction that only reads does not count
            commits.append(len(commits) + 1)
            if commits == [1]:
                end_connections(raw)
                raise psycopg.OperationalError("lost")
        return rows

    monkeypatch.setattr(Held, "ask", ask)
    monkeypatch.setattr(JournalDatastore, "call", call)
    return commits


@pytest.mark.parametrize("refused", [False, True])
def test_a_command_whose_acknowledgement_was_lost_is_not_recorded_twice(
    book: Book, commits: list[int], refused: bool
) -> None:
    entries, refusals = book.journal.counts()
    receipt = book.record(g.cost("01-09" if refused else "06-12"), "t.leader")
    assert receipt.outcome == ("refused" if refused else "accepted")
    assert commits == [1, 2]
    assert book.journal.counts() == (entries + (not refused), refusals + refused)


def _lost_while(raw: Raw, waits: str, call_server: Callable[[], Rows]) -> Rows:
    """Make the call, and end its connection as soon as the query ``waits`` has a row."""

    def end() -> None:
        _wait_until(lambda: raw.execute(waits).fetchall() != [])
        end_connections(raw)

    ender = threading.Thread(target=end)
    ender.start()
    try:
        return call_server()
    finally:
        ender.join(30)


def lost_waiting(raw: Raw) -> Callable[..., Rows]:
    """End the connection while it waits for the append lock."""

    def call(call_server: Callable[[], Rows]) -> Rows:
        raw.execute(f"SELECT pg_advisory_lock({LOCK})")
        try:
            return _lost_while(
                raw, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory'", call_server
            )
        finally:
            raw.execute(f"SELECT pg_advisory_unlock({LOCK})")

    return call


def lost_before(raw: Raw) -> Callable[..., Rows]:
    """End the connection after the command is decided, before the call."""

    def call(call_server: Callable[[], Rows]) -> Rows:
        end_connections(raw)
        return call_server()

    return call


def lost_inserting(raw: Raw) -> Callable[..., Rows]:
    """End the connection under the append lock, while it inserts."""

    def call(call_server: Callable[[], Rows]) -> Rows:
        raw.execute("BEGIN; LOCK TABLE journal.stored_events, journal.refusals IN SHARE ROW EXCLUSIVE MODE")
        waits = f"SELECT 1 {INSERTING} AND pg_stat_activity.pid IN (SELECT pid {LOCKED})"
        try:
            return _lost_while(raw, waits, call_server)
        finally:
            raw.execute("ROLLBACK")

    return call


INSERTING = "FROM pg_stat_activity WHERE wait_event = 'relation'"
LOCKED = "FROM pg_locks WHERE locktype = 'advisory' AND granted"


@pytest.mark.parametrize("command", ["accepted", "refused"])
@pytest.mark.parametrize("step", [lost_before, lost_waiting, lost_inserting])
def test_a_command_is_recorded_once_if_its_connection_is_lost_at_any_step(
    book: Book, raw: Raw, monkeypatch: pytest.MonkeyPatch, step: Any, command: str
) -> None:
    call_server, steps = JournalDatastore.call, [step(raw)]
    monkeypatch.setattr(
        JournalDatastore,
        "call",
        lambda store, *statement: (
            steps.pop()(lambda: call_server(store, *statement)) if steps else call_server(store, *statement)
        ),
    )
    entries, refusals = book.journal.counts()
    day = "06-12" if command == "accepted" else "01-09"
    assert book.record(g.cost(day), "t.leader").outcome == command
    assert steps == []
    accepted = command == "accepted"
    assert book.journal.counts() == (entries + accepted, refusals + (not accepted))


@pytest.mark.parametrize("refused", [False, True])
def test_a_repeat_whose_connection_is_lost_is_still_a_repeat(
    book: Book, raw: Raw, monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    """This call wrote nothing, so the receipt is that of an earlier one."""
    command = g.cost("01-09" if refused else "06-12", command_id="C-1")
    first = book.record(command, "t.leader")
    ask_server, lost = Held.ask, list[Statement]()

    def ask(held: Held, *questions: Statement) -> list[Rows]:
        if not lost:
            lost.extend(questions)
            end_connections(raw)
        return ask_server(held, *questions)

    monkeypatch.setattr(Held, "ask", ask)
    assert book.record(command, "t.leader") == first._replace(outcome="repeat")
    assert lost


def test_a_repeat_whose_acknowledgement_is_lost_is_still_a_repeat(
    book: Book, raw: Raw, database: str, commits: list[int]
) -> None:
    command = g.cost("06-12", command_id="C-1")
    commits.append(0)  # so that the first acknowledgement is not lost
    first = book.record(command, "t.leader")
    commits.clear()
    assert book.record(command, "t.leader") == first._replace(outcome="repeat")
    assert commits == [1, 2]


@pytest.fixture(params=[60, 0])
def _seconds_of_the_second_try(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set how long a transaction may take that is tried again."""
    record_batch = run.Run._batch

    def batch(self: run.Run, requests: Any, before: Any, again: bool) -> Any:
        monkeypatch.setattr(run, "_BATCH_SECONDS", request.param if again else 60)
        return record_batch(self, requests, before, again)

    monkeypatch.setattr(run.Run, "_batch", batch)


@pytest.mark.usefixtures("_seconds_of_the_second_try")
def test_lines_whose_acknowledgement_was_lost_are_reported_once(
    book: Book, database: str, shell: Shell, tmp_path: Path, commits: list[int]
) -> None:
    """Lines of an earlier run are reported as repeats, and lines of the lost commit are not."""
    lines = costs("06-12", "06-13", "01-09")
    file = tmp_path / "lines.jsonl"
    file.write_text(lines[0], encoding="utf-8")
    assert shell("--book", database, "--as", "t.leader", "record", str(file)).code == 0
    file.write_text("\n".join(lines), encoding="utf-8")
    commits.clear()
    result = shell("--book", database, "--as", "t.leader", "--json", "record", str(file), "--continue")
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [row["outcome"] for row in rows] == ["repeat", "accepted", "refused"]
    assert len(commits) >= 2


def test_a_server_that_cannot_be_reached_is_named_in_a_message(
    book: Book, database: str, monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    monkeypatch.setattr("lifecycle.book.storage.database_storage.PATIENCE", 0)
    nowhere = database.replace("?host=", "?host=/nowhere")
    result = shell("--book", nowhere, "grant", "cost", "SSF-1", "--amount", "1.00 USD")
    assert result.code == 2 or "unreachable" in result.err
    with pytest.raises(Unreachable, match="could not be used: connection"):
        Book.open(nowhere)


def test_a_writer_waits_while_another_holds_the_lock(book: Book, raw: Raw, database: str) -> None:
    raw.execute("BEGIN")
    raw.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
    done: list[str] = []
    waiting = threading.Thread(target=lambda: done.append(book.record(g.cost("06-12"), "t.leader").outcome))
    waiting.start()
    time.sleep(0.3)
    assert done == []
    raw.execute("COMMIT")
    waiting.join(30)
    assert done == ["accepted"]


def test_a_writer_that_waited_too_long_gets_a_message(
    book: Book, raw: Raw, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = connection._OPTIONS.replace("lock_timeout=60s", "lock_timeout=100ms")
    monkeypatch.setattr(connection, "_OPTIONS", options)
    before = book.journal.counts()
    raw.execute("BEGIN")
    raw.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
    with Book.open(database) as late:
        with pytest.raises(Unreachable, match=r"held by postgres, process \d+.*60 seconds: try again"):
            late.record(g.cost("06-12"), "t.leader")
        raw.execute("COMMIT")
        assert book.journal.counts() == before
        assert late.record(g.cost("06-12"), "t.leader").outcome == "accepted"


def test_a_writer_that_waited_sees_entries_that_were_written_meanwhile(
    book: Book, raw: Raw, database: str
) -> None:
    """The server's default isolation makes no difference."""
    name = conninfo_to_dict(database)["dbname"]
    raw.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = serializable")
    done: list[CommandResult] = []

    def record() -> None:
        with Book.open(database) as late:
            late.record(g.cost("06-12"), "t.leader")
            ready.wait(30)  # now the other writer takes the lock
            ready.wait(30)
            done.append(late.record(g.cost("06-12"), "t.leader"))

    ready = threading.Barrier(2)
    waiting = threading.Thread(target=record)
    waiting.start()
    ready.wait(30)
    with Book.open(database) as first, first.batch():
        ready.wait(30)
        waiting.join(0.3)
        first.record(g.cost("06-12"), "t.leader")
    waiting.join(30)
    assert [(receipt.outcome, receipt.position) for receipt in done] == [("accepted", book.position())]


WAITING = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
ROWS = "SELECT (SELECT count(*) FROM journal.stored_events) + (SELECT count(*) FROM journal.refusals)"


@contextmanager
def no_standby(killable: Server) -> Iterator[None]:
    """Let commits wait for a standby that is not there."""
    killable.rows("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    killable.rows("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        killable.rows("ALTER SYSTEM RESET synchronous_standby_names")
        killable.rows("SELECT pg_reload_conf()")


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("end", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_commit_that_no_standby_confirmed_is_tried_again(killable: Server, end: str, refused: bool) -> None:
    """The commit is on disk, and its wait for a standby is ended. The receipt comes once a standby has it."""
    with killable.database() as address, make_book(address, [*g.FOUNDED, *g.PAID], clock=None) as book:
        entries, refusals = book.journal.counts()
        name = str(conninfo_to_dict(address)["dbname"])
        command, done = g.cost("01-09" if refused else "06-12"), list[CommandResult]()
        writer = threading.Thread(target=lambda: done.append(book.record(command, "t.leader")))
        with no_standby(killable):
            writer.start()
            _wait_until(lambda: killable.rows(f"SELECT pid {WAITING}") != [])
            killable.rows(f"SELECT {end}(pid) {WAITING}")
            _wait_until(lambda: killable.rows(ROWS, name) == [(entries + refusals + 1,)])
            _wait_until(
                lambda: killable.rows(f"SELECT pid {WAITING}") != []
            )  # the command that is tried again
            assert done == []
        writer.join(30)
        assert [receipt.outcome for receipt in done] == ["refused" if refused else "accepted"]
        assert book.journal.counts() == (entries + (not refused), refusals + refused)


def test_a_transaction_with_a_failed_statement_is_not_committed(book: Book) -> None:
    before = book.journal.counts()
    with pytest.raises(Unreachable, match="something in the transaction"), book.batch():  # noqa: PT012
        book.record(g.cost("06-12"), "t.leader")
        with suppress(psycopg.Error):
            book.journal.recorder.rows("SELECT nothing_of_that_name")
    assert book.journal.counts() == before


def test_a_client_that_hangs_does_not_keep_the_lock(book: Book, raw: Raw) -> None:
    """The server counts a client that decides as idle, and ends its transaction after a time."""
    before = book.position()
    with pytest.raises(Unreachable, match="could not be used"), book.batch():  # noqa: PT012 - the sleep is part of it
        book.journal.recorder.rows("SET LOCAL idle_in_transaction_session_timeout = '100ms'")
        book.record(g.cost("06-12"), "t.leader")
        time.sleep(0.5)
    assert book.position() == before
    assert book.record(g.cost("06-12"), "t.leader").position == before + 1


def test_a_killed_server_loses_nothing_that_was_acknowledged(killable: Server) -> None:
    """The server is killed during recording and starts again. The interrupted command is recorded once."""
    with killable.database() as address, make_book(address, [*g.FOUNDED, *g.PAID], clock=None) as book:
        before, positions = book.position(), list[int]()

        def record() -> None:
            for _ in range(60):
                positions.append(book.record(g.cost("06-12"), "t.leader").position or 0)

        writer = threading.Thread(target=record)
        writer.start()
        _wait_until(lambda: len(positions) > 20)
        killable.end(signal.SIGKILL)
        time.sleep(0.2)
        killable.start()
        writer.join(60)
        assert positions == list(range(before + 1, before + 61))
        assert book.position() == before + 60


def test_a_file_is_recorded_once_if_the_server_is_killed(
    killable: Server, tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line is recorded once, and reported once as accepted."""
    monkeypatch.setattr(run, "_BATCH_SECONDS", 0.01)
    file = tmp_path / "lines.jsonl"
    file.write_text("\n".join(costs("06-12", count=600)), encoding="utf-8")
    with killable.database() as address, make_book(address, [*g.FOUNDED, *g.PAID], clock=None) as book:
        before, results = book.position(), list[Result]()
        words = ("--book", address, "--as", "t.leader", "--json", "record", str(file))
        writer = threading.Thread(target=lambda: results.append(shell(*words)))
        writer.start()
        _wait_until(lambda: book.position() > before + 50)
        killable.end(signal.SIGKILL)
        time.sleep(0.2)
        killable.start()
        writer.join(120)
        rows = [json.loads(line) for line in results[0].out.splitlines()]
        assert [row["position"] for row in rows] == list(range(before + 1, before + 601))
        assert {row["outcome"] for row in rows} == {"accepted"}
        assert book.position() == before + 600


def costs(*days: str, count: int = 1) -> list[str]:
    """Return costs on these days as lines of a file."""
    return [json.dumps(g.cost(day).words()) for day in days for _ in range(count)]


def test_opening_waits_if_the_address_names_another_server(killable: Server) -> None:
    """While a standby is being promoted, no server is the primary."""
    with killable.database() as address:
        make_book(address, [*g.FOUNDED, *g.PAID], clock=None).close()
        both_servers = address.replace("?host=", "?host=/nowhere,")
        done: list[str] = []

        def record() -> None:
            with Book.open(both_servers) as book:
                done.append(book.record(g.cost("06-12"), "t.leader").outcome)

        killable.end()
        recording = threading.Thread(target=record)
        recording.start()
        time.sleep(1)
        killable.start()
        recording.join(60)
        assert done == ["accepted"]


@pytest.mark.parametrize("question", ["ends", "format", "refusal_rows"])
def test_opening_survives_a_server_that_goes_away_after_the_first_query(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    """The first server goes away, and the other one is not there yet. Refusals are read to be judged."""
    make_book(database, clock=None).close()
    monkeypatch.setenv("GRANTBOOK_SEALS", str(tmp_path))  # so that refusals count as not judged yet
    both_servers = database.replace("?host=", "?host=/nowhere,")
    owner = JournalRecorder if question == "format" else Journal
    ask, errors = getattr(owner, question), [OperationalError("gone"), OperationalError("gone")]

    def fail_twice(*arguments: Any) -> Any:
        if errors:
            raise errors.pop() from psycopg.OperationalError("connection refused")
        return ask(*arguments)

    monkeypatch.setattr(owner, question, fail_twice)
    with Book.open(both_servers) as book:
        assert (book.position() > 0, errors) == (True, [])


def _wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)
