"""The database function `append_if`: its caller chooses neither moment, position, sum nor login."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from lifecycle.book.book import Book
from lifecycle.journal.postgresql.append_if import CALL, NAME, PARAMETERS, array
from lifecycle.journal.postgresql.schema import LOCK, SCHEMA
from lifecycle.journal.stored_row import Stored, microseconds, moment_of, sum_of
from lifecycle.kernel.errors import Unreachable
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from support import given as g
from support.forging import forge

Login = Callable[[str], str]
Raw = psycopg.Connection[Any]
FAR = 2**62
"""A moment, or a position, that is never reached."""


def values(**changes: Any) -> list[Any]:
    """Return the values of a call that appends two entries of a grant that is nowhere else in the journal."""
    usual: Mapping[str, Any] = {
        "seen": FAR,
        "streams": ["grant:X"],
        "topics": [],
        "id_of_command": b"C-1".ljust(17, b"\n"),
        "receipts": 0,
        "last_moment": None,
        "day_ends": FAR,
        "typed_by": "t.leader",
        "command_digest": bytes(32),
        "rule_set": 1,
        "own_note": None,
        "own_origin": None,
        "stream_of": ["grant:X", "grant:X"],
        "version_of": [1, 2],
        "topic_of": ["X.v1", "X.v1"],
        "actor_of": ["t.leader", "t.leader"],
        "state_of": [b"{}", b"{}"],
        "refused": None,
    }
    assert set(changes) <= set(usual) == set(PARAMETERS)
    return [{**usual, **changes}[name] for name in PARAMETERS]


def call(raw: Raw, **changes: Any) -> tuple[int, int] | None:
    """Call the function; return position and moment, or `None` if nothing was appended."""
    return raw.execute(CALL, values(**changes)).fetchone()


def another(number: int) -> dict[str, Any]:
    """The values of a call for another command, with this number."""
    return {"id_of_command": f"C-{number}".encode(), "version_of": [2 * number - 1, 2 * number]}


def appended(row: tuple[int, int] | None) -> tuple[int, int]:
    """Return position and moment of a call; fail if it appended nothing."""
    assert row is not None
    return row


def newest_moment(book: Book) -> datetime:
    """Return when the newest entry was recorded."""
    return moment_of(newest_rows(book, 1)[0].recorded_at)


def newest_rows(book: Book, count: int = 2) -> list[Stored]:
    """Return the newest rows as they are stored."""
    return [row for row in book.stored() if row.position > book.position() - count]


# ── the moment ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("unseen", [0, 1])
def test_a_moment_is_the_servers_and_after_the_newest_whatever_the_caller_says(
    book: Book, raw: Raw, unseen: int
) -> None:
    for number, last_moment in enumerate([None, 0, FAR], 1):
        book.record(g.cost("06-12"), "t.leader")
        before = max(newest_moment(book), datetime.now(UTC))
        given = {"seen": book.position() - unseen, "last_moment": last_moment}
        _, moment = appended(call(raw, **another(number), **given))
        assert before < moment_of(moment) < datetime.now(UTC)
        assert [row.recorded_at for row in newest_rows(book)] == [moment, moment + 1]


@pytest.mark.parametrize("last_moment", [None, 0, FAR])
def test_after_a_clock_that_was_ahead_moments_go_on_from_the_newest(
    book: Book, raw: Raw, last_moment: int | None
) -> None:
    """The clock of the server that wrote the newest entry was three seconds ahead."""
    ahead = datetime.now(UTC) + timedelta(seconds=3)
    forge(book, g.cost("06-12"), recorded_at=ahead)
    assert appended(call(raw, last_moment=last_moment))[1] == microseconds(ahead) + 1


def test_a_row_of_the_future_is_passed_over_if_the_caller_has_left_it_out(book: Book, raw: Raw) -> None:
    """The next moment then follows an older entry of the journal: the caller cannot choose one."""
    last, seen = microseconds(newest_moment(book)), book.position()
    future = microseconds(datetime.now(UTC) + timedelta(days=1))
    forge(book, g.cost("06-12"), recorded_at=moment_of(future))
    assert call(raw, last_moment=future) is None
    assert call(raw, last_moment=last, seen=seen) is None
    for number, said in enumerate([last, future - 1], 1):
        before = datetime.now(UTC)
        _, moment = appended(call(raw, **another(number), last_moment=said, seen=seen + 1))
        assert before < moment_of(moment) < datetime.now(UTC)
        forge(book, g.cost("06-12"), recorded_at=moment_of(future))
        seen = book.position() - 1


def test_after_the_end_of_the_day_nothing_is_appended(book: Book, raw: Raw) -> None:
    position = book.position()
    assert call(raw, day_ends=microseconds(datetime.now(UTC))) is None
    assert book.position() == position


# ── the position ─────────────────────────────────────────────────────────────────────────────


def test_positions_are_dense_after_a_rollback(book: Book, raw: Raw) -> None:
    position = book.position()
    for _ in range(3):
        raw.execute("BEGIN")
        assert appended(call(raw))[0] == position + 1
        raw.execute("ROLLBACK")
    assert book.record(g.cost("06-12"), "t.leader").position == position + 1
    assert appended(call(raw))[0] == position + 2
    assert [row.position for row in book.stored()] == list(range(1, position + 4))


def test_the_lock_is_held_until_the_end_of_the_callers_transaction(book: Book, raw: Raw) -> None:
    raw.execute("BEGIN")
    call(raw)
    others = book.journal.recorder.rows(f"SELECT pg_try_advisory_xact_lock({LOCK})")
    raw.execute("ROLLBACK")
    assert others == [(False,)]


def test_if_one_row_cannot_be_stored_none_is(book: Book, raw: Raw) -> None:
    position = book.position()
    with pytest.raises(errors.UniqueViolation):
        call(raw, version_of=[1, 1])
    with pytest.raises(errors.NotNullViolation):
        call(raw, actor_of=["t.leader", None])
    assert book.position() == position
    assert book.record(g.cost("06-12"), "t.leader").position == position + 1


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_transaction_that_would_not_see_other_writers_is_refused(book: Book, raw: Raw, level: str) -> None:
    position = book.position()
    raw.execute(f"BEGIN ISOLATION LEVEL {level}")
    with pytest.raises(errors.RaiseException, match="read committed"):
        call(raw)
    raw.execute("ROLLBACK")
    assert book.position() == position


@pytest.mark.parametrize("name", ["seen", "streams", "topics", "id_of_command", "receipts", "day_ends"])
def test_a_call_without_a_part_of_its_basis_is_refused(book: Book, raw: Raw, name: str) -> None:
    with pytest.raises(errors.RaiseException, match="needs all that the judgement rests on"):
        call(raw, **{name: None})


@pytest.mark.parametrize("receipts", [-1, 0, 2])
def test_an_id_that_another_writer_recorded_meanwhile_is_found(book: Book, raw: Raw, receipts: int) -> None:
    assert call(raw) is not None
    assert call(raw, receipts=receipts, version_of=[3, 4]) is None
    with pytest.raises(errors.UniqueViolation, match="commands"):
        call(raw, receipts=1, version_of=[3, 4])


# ── the sum ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"own_note": ""},
        {"own_origin": '{"source":"IATI","reference":"ä-1","mode":"history"}'},
        {"own_note": "für die Milchbauern: 牛乳, \U0001f404"},
        {"id_of_command": bytes(range(240, 256))},
        {"command_digest": None},
        {"state_of": [b'{"narrative": "' + "ä".encode() * 5_000 + b'"}', b""]},
        {"stream_of": ["grant:Ä-1", "call:X"], "actor_of": ["t.leader", ""], "version_of": [2**40, 1]},
        {"rule_set": 2**31 - 1},
    ],
)
def test_the_sum_is_that_of_the_row(book: Book, raw: Raw, changes: dict[str, Any]) -> None:
    call(raw, **changes)
    rows = newest_rows(book)
    assert [row.crc for row in rows] == [sum_of(row) for row in rows]
    assert rows[0].imported_from == changes.get("own_origin")
    assert (rows[1].note, rows[1].imported_from, rows[1].digest) == (None, None, None)


def test_entries_that_a_book_appends_are_verified(book: Book) -> None:
    book.record(g.cost("06-12", note="für später", command_id="C-1"), "t.leader")
    book.record(g.cost("01-09"), "t.leader")
    book.record(g.charge_fee("2017-01-01"), "f.inance")
    Seal(book).seal()
    assert verify(book, Seal(book)).problems == []


# ── rights, and the search path ──────────────────────────────────────────────────────────────


def test_it_runs_with_the_rights_of_the_functions_owner(
    book: Book, raw: Raw, login: Login, database: str
) -> None:
    """An administrator who may not insert still records, one command at a time."""
    name = conninfo_to_dict(login("administrator"))["dbname"]
    raw.execute(f"REVOKE INSERT ON journal.stored_events, journal.refusals FROM {name}_administrator")
    with Book.open(login("administrator")) as own:
        assert own.record(g.cost("06-12"), "t.leader").outcome == "accepted"
        assert own.record(g.cost("01-09"), "t.leader").outcome == "refused"
        with pytest.raises(Unreachable, match="permission denied"), own.batch():
            own.record(g.cost("06-12"), "t.leader")
    (owner,) = raw.execute(
        "SELECT pg_get_userbyid(proowner), prosecdef FROM pg_proc WHERE proname = %s", (NAME,)
    ).fetchall()
    assert owner == (f"{name}_owner", True)


def test_the_function_uses_no_table_or_function_of_its_caller(book: Book, raw: Raw) -> None:
    """Even if the caller is a superuser whose search path begins with another schema."""
    year_2000 = microseconds(datetime(2000, 1, 1, tzinfo=UTC))
    raw.execute(
        f"CREATE SCHEMA mine; CREATE TABLE mine.stored_events (LIKE {SCHEMA}.stored_events);"
        " CREATE FUNCTION mine.clock_timestamp() RETURNS timestamptz RETURN timestamptz '2000-01-01';"
        f" CREATE FUNCTION mine.greatest_of() RETURNS bigint RETURN {year_2000};"
        " CREATE FUNCTION mine.int8send(bigint) RETURNS bytea RETURN ''::bytea;"
        " CREATE FUNCTION mine.pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE sql AS '';"
        " SET search_path = mine, pg_catalog"
    )
    assert raw.execute("SELECT clock_timestamp() < '2001-01-01'").fetchone() == (True,)
    position, before = book.position(), datetime.now(UTC)
    at, moment = appended(call(raw))
    assert (at, moment_of(moment) > before) == (position + 1, True)
    assert [row.crc for row in newest_rows(book)] == [sum_of(row) for row in newest_rows(book)]
    assert raw.execute("SELECT count(*) FROM mine.stored_events").fetchone() == (0,)


def test_the_login_is_that_of_the_caller_and_not_of_the_owner(login: Login, raw: Raw) -> None:
    address = login("administrator")
    with psycopg.connect(address, autocommit=True) as own:
        assert call(own) is not None
        refused = ["RecordCost", "grant:X", "2017-01-01", "t.leader", "IdTaken", None, "no", "{}"]
        empty: dict[str, Any] = {
            name: [] for name in PARAMETERS if name.endswith("_of") and name != "id_of_command"
        }
        assert call(own, **empty, refused=refused, id_of_command=b"2") is not None
    user = conninfo_to_dict(address)["user"]
    for table in ("stored_events", "refusals"):
        rows = raw.execute(f"SELECT login FROM journal.{table} ORDER BY recorded_at DESC LIMIT 1")
        assert rows.fetchall() == [(user,)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], "text"),
        (
            [
                "",
                "NULL",
                "null",
                None,
                " a, b ",
                "{c}",
                '"d"',
                "\\",
                "\\\\x61",
                "'",
                "line\nbreak\t",
                "Ñandú",
            ],
            "text",
        ),
        ([1, -(2**62)], "bigint"),
        ([b"", b"\x00\xff", b'{"a":"b\\\\"}', None], "bytea"),
    ],
)
def test_an_array_arrives_as_it_was_sent(raw: Raw, values: list[Any], kind: str) -> None:
    assert raw.execute(f"SELECT %s::{kind}[]", (array(values),), binary=True).fetchone() == (values,)
