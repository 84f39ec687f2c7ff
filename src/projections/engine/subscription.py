"""Follow the journal: write each new entry's rows into the views a moment later, for as long as this runs.

If several processes follow, one leads and the others wait to take over. That only saves work: two projectors
at once do no harm, since each takes the write lock before it reads the position of the views.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass

from lifecycle.book.book import Book
from lifecycle.journal.addresses import named
from lifecycle.kernel.errors import Unreachable
from lifecycle.kernel.memory import collector_at_work
from projections import store
from projections.engine.projector import catching_up

CHANNEL = "stored_events"
"""The channel on which a journal in a database sends a notification with each commit."""
LOOK = 0.25
"""Seconds between two looks at a journal that sends no notifications."""
PATIENCE = 2.0
"""The most seconds between two looks at a journal that sends them."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before the store is tried again: the first time, and at most."""


@dataclass(frozen=True)
class News:
    """A change of state that `follow` reports."""

    state: str
    """``leading``, ``waiting`` (another process leads), ``views`` (they are at the position), ``stopped``
    (a stream has a bad row at the position; the other streams go on) or ``away``."""
    position: int | None = None
    message: str | None = None
    """Why the store cannot be used, or why the stream takes no more entries."""
    retry_in: float | None = None
    """Seconds until the store is tried again."""


def follow(open_book: Callable[[], Book], report: Callable[[News], None]) -> None:
    """Follow the journal until somebody interrupts. If the store goes away, it is opened again."""
    pause = FIRST_PAUSE

    def report_and_reset_pause(news: News) -> None:
        nonlocal pause
        if news.state == "views":
            pause = FIRST_PAUSE
        report(news)

    while True:
        try:
            with collector_at_work(), open_book() as book, store.leadership(book.views) as is_leader:
                while True:
                    _wait_to_lead(is_leader, report_and_reset_pause)
                    _lead(book, is_leader, report_and_reset_pause)
        except Unreachable as error:
            report(News("away", message=str(error), retry_in=pause))
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _wait_to_lead(is_leader: Callable[[], bool], report: Callable[[News], None]) -> None:
    if is_leader():
        return
    report(News("waiting"))
    while not is_leader():
        time.sleep(LOOK)


def _lead(book: Book, is_leader: Callable[[], bool], report: Callable[[News], None]) -> None:
    """Keep the views at the journal's end until another process leads.

    The views stay open: opening them takes longer than writing the rows of one command.
    """
    report(News("leading"))
    position, reported_stops = -1, set[str]()
    with catching_up(book) as catch_up_again, news_of(book) as wait_for_entry:
        while is_leader():
            if (newest := catch_up_again()) != position:
                position = newest
                report(News("views", position))
            for stop in book.stops():
                if (message := str(stop)) not in reported_stops:
                    reported_stops.add(message)
                    report(News("stopped", stop.position, message))
            wait_for_entry(position)


@contextmanager
def news_of(book: Book) -> Iterator[Callable[[int], None]]:
    """Yield a function that waits until the journal has an entry after a position, but at most `PATIENCE`."""
    with _notifications(book.place) if isinstance(book.place, str) else nullcontext() as wait:
        if wait is None:
            yield lambda after: _poll(book, after)
        else:
            yield lambda after: None if book.position() > after else wait()


@contextmanager
def _notifications(place: str) -> Iterator[Callable[[], None] | None]:
    """Yield a function that waits for the database's next notification; `None` for a standby."""
    import psycopg

    from lifecycle.journal.postgresql.connection import connected

    try:
        with closing(connected(place)) as connection:
            if connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
                yield None
                return
            connection.execute(f"LISTEN {CHANNEL}")

            def wait() -> None:
                for _ in connection.notifies(timeout=PATIENCE, stop_after=1):
                    pass
                for _ in connection.notifies(timeout=0):  # those that came with the first
                    pass

            yield wait
    except psycopg.Error as error:
        raise Unreachable(f"{named(place)}: {' '.join(str(error).split())}") from error


def _poll(book: Book, after: int) -> None:
    until = time.monotonic() + PATIENCE
    while book.position() <= after and time.monotonic() < until:
        time.sleep(LOOK)
