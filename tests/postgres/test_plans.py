"""The server answers a session's queries by index, also if the tables were small when the session began."""

import re
from typing import Any

import psycopg

from lifecycle.book.book import Book
from lifecycle.journal.postgresql import append_if
from projections import store
from projections.engine.projector import _catch_up
from support import given as g

READ = "SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname IN ('stored_events', 'refusals')"


def test_a_session_reads_no_table_without_an_index(book: Book, raw: psycopg.Connection[Any]) -> None:
    def read() -> int:
        book.journal.recorder.rows("SELECT pg_stat_force_next_flush()")
        (rows_read,) = raw.execute(READ).fetchone() or (0,)
        return int(rows_read)

    before = read()
    for batch in range(10):  # the server keeps the plan of a statement after about five times
        commands = [g.cost("06-12", command_id=f"{batch}-{n}") for n in range(10)]
        with book.batch(commands):
            assert {book.record(command, "t.leader").outcome for command in commands} == {"accepted"}
    assert read() == before


def test_each_step_of_open_views_is_planned_again(book: Book) -> None:
    with store.opened(book.views) as views:
        for n in range(8):
            book.record(g.cost("06-12", note=str(n)), "t.leader")
            assert _catch_up(views, book) == book.position()
        with store.reading(views) as connection:  # the same connection
            kept = connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements").scalar()
            assert kept == 0


def test_later_entries_are_looked_for_by_position(book: Book) -> None:
    """Whatever the planner expects of the parameters: the fund's stream may have a million entries."""
    question = re.sub("seen|streams|topics", lambda name: f"${PLACES[name[0]]}", append_if.CHANGED)
    rows = book.journal.recorder.rows
    with book.journal.recorder.writing():
        rows("SET LOCAL plan_cache_mode = force_generic_plan")
        rows(f"PREPARE changed (bigint, text[], text[]) AS {question}")
        plan = "\n".join(line for (line,) in rows("EXPLAIN EXECUTE changed (1, '{fund}', '{X}')"))
    assert "Index Scan on stored_events_position_key" in plan
    assert re.findall("Index Cond: (.*)", plan) == ['("position" > $1)']


PLACES = {"seen": 1, "streams": 2, "topics": 3}
"""The numbers of the function's parameters in a prepared statement."""
