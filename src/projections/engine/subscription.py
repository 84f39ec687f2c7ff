"""Views that follow their journal: each new entry is in the tables a moment later, for as long as this runs.

When several follow, one leads and the others wait to take over. That only saves work: two projectors
at once do no harm, since each takes the write lock before it reads how far the views are.
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
"""The channel on which a journal in a database notifies."""
LOOK = 0.25
"""Seconds between two looks at a journal that does not notify."""
PATIENCE = 2.0
"""The most seconds between two looks at a journal that notifies."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before the store is tried again: the first time, and at most."""


@dataclass(frozen=True)
class News:
    """A change of state that `follow` reports."""

    state: str
    """``leading``, ``waiting`` (another one leads), ``views`` (they are at the position), ``stopped``
    (a stream holds a row that is not lawful, at the position: the others go on) or ``away``."""
    position: int | None = None
    message: str | None = None
    """Why the store cannot be used, or the stream takes nothing more."""
    retry_in: float | None = None
    """Seconds until it is tried again."""


def follow(opening: Callable[[], Book], tell: Callable[[News], None]) -> None:
    """Follow until somebody interrupts. The store is opened again whenever it went away."""
    pause = FIRST_PAUSE

    def heard(news: News) -> None:
        nonlocal pause
        if news.state == "views":
            pause = FIRST_PAUSE
        tell(news)

    while True:
        try:
            with collector_at_work(), opening() as book, store.leading(book.views) as leads:
                while True:
                    _wait_to_lead(leads, heard)
                    _lead(book, leads, heard)
        except Unreachable as error:
            tell(News("away", message=str(error), retry_in=pause))
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _wait_to_lead(leads: Callable[[], bool], tell: Callable[[News], None]) -> None:
    told = False
    while not leads():
        if not told:
            tell(News("waiting"))
            told = True
        time.sleep(LOOK)


def _lead(book: Book, leads: Callable[[], bool], tell: Callable[[News], None]) -> None:
    """Until another one does. The views stay open: to open them takes longer than what one command adds."""
    tell(News("leading"))
    at, told = -1, set[str]()
    with catching_up(book) as further, news_of(book) as wait:
        while leads():
            if (newest := further()) != at:
                at = newest
                tell(News("views", at))
            for stop in book.stops():
                if (message := str(stop)) not in told:
                    told.add(message)
                    tell(News("stopped", stop.position, message))
            wait(at)


@contextmanager
def news_of(book: Book) -> Iterator[Callable[[int], None]]:
    """Waits until the journal has an entry after a position, but not for longer than `PATIENCE`."""
    with _calls_of(book.place) if isinstance(book.place, str) else nullcontext() as called:
        if called is None:
            yield lambda after: _looked(book, after)
        else:
            yield lambda after: None if book.position() > after else called()


@contextmanager
def _calls_of(place: str) -> Iterator[Callable[[], None] | None]:
    """Waits until the database calls, as it does with each commit to the journal; a standby never does."""
    import psycopg

    from lifecycle.journal.postgresql.connection import connected

    try:
        with closing(connected(place)) as line:
            if line.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
                yield None
                return
            line.execute(f"LISTEN {CHANNEL}")

            def called() -> None:
                for _ in line.notifies(timeout=PATIENCE, stop_after=1):
                    pass
                for _ in line.notifies(timeout=0):  # those of the same moment
                    pass

            yield called
    except psycopg.Error as error:
        raise Unreachable(f"{named(place)}: {' '.join(str(error).split())}") from error


def _looked(book: Book, after: int) -> None:
    until = time.monotonic() + PATIENCE
    while book.position() <= after and time.monotonic() < until:
        time.sleep(LOOK)
