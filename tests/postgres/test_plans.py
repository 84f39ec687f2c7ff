"""How the server finds what a session asks for: by index, also where the tables were small when it began."""

from typing import Any

import psycopg

from lifecycle.book.book import Book
from projections import store
from projections.engine.projector import _catch_up
from support import given as g

READ = "SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname IN ('stored_events', 'refusals')"


def test_a_session_goes_through_no_table_as_it_grows(book: Book, raw: psycopg.Connection[Any]) -> None:
    def read() -> int:
        book.journal.recorder.rows("SELECT pg_stat_force_next_flush()")
        (found,) = raw.execute(READ).fetchone() or (0,)
        return int(found)

    before = read()
    for batch in range(10):  # a statement is planned once and for all after the fifth time or so
        commands = [g.cost("06-12", command_id=f"{batch}-{n}") for n in range(10)]
        with book.batch(commands):
            assert {book.record(one, "t.leader").outcome for one in commands} == {"accepted"}
    assert read() == before


def test_who_keeps_the_views_open_has_each_step_planned_anew(book: Book) -> None:
    with store.opened(book.views) as views:
        for n in range(8):
            book.record(g.cost("06-12", note=str(n)), "t.leader")
            assert _catch_up(views, book) == book.position()
        with store.reading(views) as connection:  # the same one
            kept = connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements").scalar()
            assert kept == 0
