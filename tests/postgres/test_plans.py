"""The server answers a session's queries by index, also if the tables were small when the session began."""

from typing import Any

import psycopg

from lifecycle.book.book import Book
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
