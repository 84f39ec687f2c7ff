"""A server that goes away: what was recorded is recorded once, and who waits is told."""

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
def own() -> Iterator[Server]:
    """A server that may be killed; what it acknowledges is on disk."""
    server = Server()
    yield server
    server.remove()


def cut(raw: Raw) -> None:
    """End every other connection to the database."""
    raw.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


def test_a_connection_that_was_cut_is_made_again(book: Book, raw: Raw) -> None:
    for _ in range(3):
        before = book.position()
        cut(raw)
        answer = book.record(g.cost("06-12"), "t.leader")
        assert (answer.outcome, answer.position) == ("accepted", before + 1)


@pytest.fixture
def commits(raw: Raw, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many there were; the connection is cut between the first and its acknowledgement."""
    whole, whole_call, made = Held.ask, JournalDatastore.call, list[int]()

    def call(store: JournalDatastore, *statement: Any) -> Rows:
        told = whole_call(store, *statement)
        made.append(len(made) + 1)
        if made == [1]:
            cut(raw)
            raise InDoubt("lost", wrote=True)
        return told

    def ask(held: Held, *questions: Statement) -> list[Rows]:
        told = whole(held, *questions)
        if questions == ((COMMIT, None),) and held.begun[0]:  # not those that only read
            made.append(len(made) + 1)
            if made == [1]:
                cut(raw)
                raise psycopg.OperationalError("lost")
        return told

    monkeypatch.setattr(Held, "ask", ask)
    monkeypatch.setattr(JournalDatastore, "call", call)
    return made


@pytest.mark.parametrize("refused", [False, True])
def test_a_commit_whose_acknowledgement_was_lost_is_not_made_twice(
    book: Book, commits: list[int], refused: bool
) -> None:
    entries, answers = book.journal.counts()
    answer = book.record(g.cost("01-09" if refused else "06-12"), "t.leader")
    assert answer.outcome == ("refused" if refused else "accepted")
    assert commits == [1, 2]
    assert book.journal.counts() == (entries + (not refused), answers + refused)


def lost_waiting(raw: Raw) -> Callable[..., Rows]:
    """End the connection while it waits for the append lock."""

    def call(whole: Callable[[], Rows]) -> Rows:
        raw.execute(f"SELECT pg_advisory_lock({LOCK})")
        waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory'"

        def end() -> None:
            _until(lambda: raw.execute(waits).fetchall() != [])
            cut(raw)

        ender = threading.Thread(target=end)
        ender.start()
        try:
            return whole()
        finally:
            ender.join(30)
            raw.execute(f"SELECT pg_advisory_unlock({LOCK})")

    return call


def lost_before(raw: Raw) -> Callable[..., Rows]:
    """End the connection after the judging, before the call."""

    def call(whole: Callable[[], Rows]) -> Rows:
        cut(raw)
        return whole()

    return call


def lost_inserting(raw: Raw) -> Callable[..., Rows]:
    """End the connection under the append lock, while it inserts."""

    def call(whole: Callable[[], Rows]) -> Rows:
        raw.execute("BEGIN; LOCK TABLE journal.stored_events, journal.refusals IN SHARE ROW EXCLUSIVE MODE")
        waits = f"SELECT 1 {INSERTING} AND pg_stat_activity.pid IN (SELECT pid {LOCKED})"

        def end() -> None:
            _until(lambda: raw.execute(waits).fetchall() != [])
            cut(raw)

        ender = threading.Thread(target=end)
        ender.start()
        try:
            return whole()
        finally:
            ender.join(30)
            raw.execute("ROLLBACK")

    return call


INSERTING = "FROM pg_stat_activity WHERE wait_event = 'relation'"
LOCKED = "FROM pg_locks WHERE locktype = 'advisory' AND granted"


@pytest.mark.parametrize("command", ["accepted", "refused"])
@pytest.mark.parametrize("step", [lost_before, lost_waiting, lost_inserting])
def test_a_connection_that_is_lost_at_a_step_of_a_command(
    book: Book, raw: Raw, monkeypatch: pytest.MonkeyPatch, step: Any, command: str
) -> None:
    whole, steps = JournalDatastore.call, [step(raw)]
    monkeypatch.setattr(
        JournalDatastore,
        "call",
        lambda store, *of: steps.pop()(lambda: whole(store, *of)) if steps else whole(store, *of),
    )
    entries, refusals = book.journal.counts()
    day = "06-12" if command == "accepted" else "01-09"
    assert book.record(g.cost(day), "t.leader").outcome == command
    assert steps == []
    accepted = command == "accepted"
    assert book.journal.counts() == (entries + accepted, refusals + (not accepted))


@pytest.mark.parametrize("refused", [False, True])
def test_a_repeat_whose_connection_is_lost_stays_one(book: Book, raw: Raw, refused: bool) -> None:
    """Nothing of it can have been recorded just now: what was given before was given by the asker."""
    command = g.cost("01-09" if refused else "06-12", command_id="C-1")
    first = book.record(command, "t.leader")
    cut(raw)
    assert book.record(command, "t.leader") == first._replace(outcome="repeat")


def test_a_repeat_whose_acknowledgement_is_lost_stays_one(
    book: Book, raw: Raw, database: str, commits: list[int]
) -> None:
    command = g.cost("06-12", command_id="C-1")
    commits.append(0)  # the first is not the one to be cut
    first = book.record(command, "t.leader")
    commits.clear()
    assert book.record(command, "t.leader") == first._replace(outcome="repeat")
    assert commits == [1, 2]


@pytest.fixture(params=[60, 0])
def _seconds_of_the_second_try(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a transaction may take that is tried again."""
    whole = run.Run._batch

    def batch(self: run.Run, requests: Any, before: Any, again: bool) -> Any:
        monkeypatch.setattr(run, "_BATCH_SECONDS", request.param if again else 60)
        return whole(self, requests, before, again)

    monkeypatch.setattr(run.Run, "_batch", batch)


@pytest.mark.usefixtures("_seconds_of_the_second_try")
def test_lines_whose_acknowledgement_was_lost_are_told_as_they_were_recorded(
    book: Book, database: str, shell: Shell, tmp_path: Path, commits: list[int]
) -> None:
    """Those that were recorded by an earlier run are repeats, and those of the lost commit are not."""
    lines = costs("06-12", "06-13", "01-09")
    file = tmp_path / "lines.jsonl"
    file.write_text(lines[0], encoding="utf-8")
    assert shell("--book", database, "--as", "t.leader", "record", str(file)).code == 0
    file.write_text("\n".join(lines), encoding="utf-8")
    commits.clear()
    told = shell("--book", database, "--as", "t.leader", "--json", "record", str(file), "--continue")
    rows = [json.loads(line) for line in told.out.splitlines()]
    assert [row["outcome"] for row in rows] == ["repeat", "accepted", "refused"]
    assert len(commits) >= 2


def test_a_server_that_is_away_is_told_in_words(
    book: Book, database: str, monkeypatch: pytest.MonkeyPatch, shell: Shell
) -> None:
    monkeypatch.setattr("lifecycle.book.storage.database_storage.PATIENCE", 0)
    nowhere = database.replace("?host=", "?host=/nowhere")
    told = shell("--book", nowhere, "grant", "cost", "SSF-1", "--amount", "1.00 USD")
    assert told.code == 2 or "unreachable" in told.err
    with pytest.raises(Unreachable, match="could not be used: connection"):
        Book.open(nowhere)


def test_while_another_holds_the_lock_one_waits(book: Book, raw: Raw, database: str) -> None:
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


def test_who_waited_for_too_long_is_told(
    book: Book, raw: Raw, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = connection._OPTIONS.replace("lock_timeout=60s", "lock_timeout=100ms")
    monkeypatch.setattr(connection, "_OPTIONS", ours)
    before = book.journal.counts()
    raw.execute("BEGIN")
    raw.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
    with Book.open(database) as late:
        with pytest.raises(Unreachable, match=r"held by postgres, process \d+.*60 seconds: try again"):
            late.record(g.cost("06-12"), "t.leader")
        raw.execute("COMMIT")
        assert book.journal.counts() == before
        assert late.record(g.cost("06-12"), "t.leader").outcome == "accepted"


def test_who_waited_sees_what_was_written_meanwhile(book: Book, raw: Raw, database: str) -> None:
    """Whatever isolation is usual on the server."""
    name = conninfo_to_dict(database)["dbname"]
    raw.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = serializable")
    done: list[CommandResult] = []

    def record() -> None:
        with Book.open(database) as late:
            late.record(g.cost("06-12"), "t.leader")
            ready.wait(30)  # then the other takes the lock
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
    assert [(one.outcome, one.position) for one in done] == [("accepted", book.position())]


WAITING = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
ROWS = "SELECT (SELECT count(*) FROM journal.stored_events) + (SELECT count(*) FROM journal.refusals)"


@contextmanager
def no_standby(own: Server) -> Iterator[None]:
    """Let commits wait for a standby that is not there."""
    own.rows("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    own.rows("SELECT pg_reload_conf()")
    try:
        yield
    finally:
        own.rows("ALTER SYSTEM RESET synchronous_standby_names")
        own.rows("SELECT pg_reload_conf()")


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("end", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_commit_that_no_standby_confirmed_is_asked_for_again(own: Server, end: str, refused: bool) -> None:
    """It is on disk, and the wait for the standby was cut short: it is answered once a standby has it."""
    with own.database() as address, make_book(address, [*g.FOUNDED, *g.PAID], clock=None) as book:
        entries, refusals = book.journal.counts()
        name = str(conninfo_to_dict(address)["dbname"])
        command, done = g.cost("01-09" if refused else "06-12"), list[CommandResult]()
        writer = threading.Thread(target=lambda: done.append(book.record(command, "t.leader")))
        with no_standby(own):
            writer.start()
            _until(lambda: own.rows(f"SELECT pid {WAITING}") != [])
            own.rows(f"SELECT {end}(pid) {WAITING}")
            _until(lambda: own.rows(ROWS, name) == [(entries + refusals + 1,)])
            _until(lambda: own.rows(f"SELECT pid {WAITING}") != [])  # of the command that is asked for again
            assert done == []
        writer.join(30)
        assert [one.outcome for one in done] == ["refused" if refused else "accepted"]
        assert book.journal.counts() == (entries + (not refused), refusals + refused)


def test_what_failed_inside_is_not_committed(book: Book) -> None:
    before = book.journal.counts()
    with pytest.raises(Unreachable, match="something in the transaction"), book.batch():  # noqa: PT012
        book.record(g.cost("06-12"), "t.leader")
        with suppress(psycopg.Error):
            book.journal.recorder.rows("SELECT nothing_of_that_name")
    assert book.journal.counts() == before


def test_a_client_that_hangs_does_not_keep_the_lock(book: Book, raw: Raw) -> None:
    """While it judges, the server counts it as idle, and ends its transaction when it was so for too long."""
    before = book.position()
    with pytest.raises(Unreachable, match="could not be used"), book.batch():  # noqa: PT012 - the sleep is part of it
        book.journal.recorder.rows("SET LOCAL idle_in_transaction_session_timeout = '100ms'")
        book.record(g.cost("06-12"), "t.leader")
        time.sleep(0.5)
    assert book.position() == before
    assert book.record(g.cost("06-12"), "t.leader").position == before + 1


def test_a_killed_server_loses_nothing_that_was_acknowledged(own: Server) -> None:
    """SIGKILL while one records; it starts again, and the command that was under way is answered once."""
    with own.database() as address, make_book(address, [*g.FOUNDED, *g.PAID], clock=None) as book:
        before, told = book.position(), list[int]()

        def record() -> None:
            for _ in range(60):
                told.append(book.record(g.cost("06-12"), "t.leader").position or 0)

        writer = threading.Thread(target=record)
        writer.start()
        _until(lambda: len(told) > 20)
        own.end(signal.SIGKILL)
        time.sleep(0.2)
        own.start()
        writer.join(60)
        assert told == list(range(before + 1, before + 61))
        assert book.position() == before + 60


def test_a_file_goes_on_where_the_server_was_killed(
    own: Server, tmp_path: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line is recorded once, and told once as what it became."""
    monkeypatch.setattr(run, "_BATCH_SECONDS", 0.01)
    file = tmp_path / "lines.jsonl"
    file.write_text("\n".join(costs("06-12", count=600)), encoding="utf-8")
    with own.database() as address, make_book(address, [*g.FOUNDED, *g.PAID], clock=None) as book:
        before, told = book.position(), list[Result]()
        words = ("--book", address, "--as", "t.leader", "--json", "record", str(file))
        writer = threading.Thread(target=lambda: told.append(shell(*words)))
        writer.start()
        _until(lambda: book.position() > before + 50)
        own.end(signal.SIGKILL)
        time.sleep(0.2)
        own.start()
        writer.join(120)
        rows = [json.loads(line) for line in told[0].out.splitlines()]
        assert [row["position"] for row in rows] == list(range(before + 1, before + 601))
        assert {row["outcome"] for row in rows} == {"accepted"}
        assert book.position() == before + 600


def costs(*days: str, count: int = 1) -> list[str]:
    """Lines of a file."""
    return [json.dumps(g.cost(day).words()) for day in days for _ in range(count)]


def test_where_another_server_is_named_an_opening_waits_for_it(own: Server) -> None:
    """Nobody may be the primary while a standby is being promoted."""
    with own.database() as address:
        make_book(address, [*g.FOUNDED, *g.PAID], clock=None).close()
        both = address.replace("?host=", "?host=/nowhere,")
        done: list[str] = []

        def record() -> None:
            with Book.open(both) as book:
                done.append(book.record(g.cost("06-12"), "t.leader").outcome)

        own.end()
        recording = threading.Thread(target=record)
        recording.start()
        time.sleep(1)
        own.start()
        recording.join(60)
        assert done == ["accepted"]


@pytest.mark.parametrize("question", ["ends", "format", "refusal_rows"])
def test_an_opening_outlasts_a_server_that_goes_after_the_first_word(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    """It was connected, and the other one is not there yet when it asks on; answers are read to be judged."""
    make_book(database, clock=None).close()
    monkeypatch.setenv("GRANTBOOK_SEALS", str(tmp_path))  # it is not known here that they were judged
    both = database.replace("?host=", "?host=/nowhere,")
    owner = JournalRecorder if question == "format" else Journal
    ask, gone = getattr(owner, question), [OperationalError("gone"), OperationalError("gone")]

    def asked(*of: Any) -> Any:
        if gone:
            raise gone.pop() from psycopg.OperationalError("connection refused")
        return ask(*of)

    monkeypatch.setattr(owner, question, asked)
    with Book.open(both) as book:
        assert (book.position() > 0, gone) == (True, [])


def _until(so: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not so():
        assert time.monotonic() < end
        time.sleep(0.005)
