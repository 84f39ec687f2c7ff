"""A book: a directory with its journal, its views and its documents. Open it, read it, record in it.

What records (rules, commands, caches) is loaded with the first command only: a reader of one grant
does without.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from io import BufferedIOBase
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from lifecycle.book.copies import Behind
from lifecycle.book.folder_storage import Folder
from lifecycle.book.officer_names import Known
from lifecycle.book.own_rows import OwnRows
from lifecycle.book.storage import Check, Home, T
from lifecycle.fund.seat import day_at, day_of, end_of
from lifecycle.journal.addresses import SCHEMES, is_address, named
from lifecycle.journal.atomic_files import keep_sound, sealed_in, sound_in
from lifecycle.journal.clock import Clock, utc_now
from lifecycle.journal.faults import Fault
from lifecycle.journal.journal import (
    STORE_ERRORS,
    Answer,
    Journal,
    Stored,
    reaching,
    store_errors,
)
from lifecycle.journal.left_out import (
    Quarantined,
    QuarantinedAnswer,
    Sizes,
    Stop,
)
from lifecycle.journal.recorder import Receipt
from lifecycle.kernel.errors import Altered, BookError, Unreachable
from lifecycle.kernel.history import (
    FUND,
    Entry,
    call_stream,
    grant_stream,
    history,
    kind_of,
)

if TYPE_CHECKING:
    from lifecycle.book.command_handler import Clerk
    from lifecycle.call.call import Call
    from lifecycle.fund.state import Fund
    from lifecycle.kernel.command import Command
    from lifecycle.policy.edition import Edition

_PAGE = 1_000
"""Rows that are read at once: more of them no longer fit into a processor's cache."""
_MAY_NOT_READ = "42501"
"""PostgreSQL's code of a permission that was denied."""
_STREAMS = 100
"""At most so many streams' entries in memory at a time."""


class Book:
    """An open book. Not shared between threads."""

    def __init__(
        self,
        home: Home,
        journal: Journal,
        clock: Clock | None = None,
        *,
        confirm_clock: bool = False,
        views: Path | str | None = None,
    ) -> None:
        self.home, self.journal = home, journal
        self.views = home.views if views is None else views
        """Where the tables of its reports are: a folder, or the address of a database."""
        self._clock = clock or journal.recorder.now
        self._confirm_clock = confirm_clock
        self._closed = False
        self._clerk_at_work: Clerk | None = None

    @classmethod
    def create(
        cls,
        place: Path | str,
        *,
        name: str,
        currency: str,
        fiscal_year_start: int,
        recorder: str,
        on: date | None = None,
        time_zone: str = "UTC",
        editions: Sequence["Edition"] | None = None,
        seal: bool = True,
        clock: Clock | None = None,
    ) -> Self:
        """Make a book with its fund, editions (the shipped ones unless given) and first administrator.

        ``on``: when it was established, today if not given. ``time_zone``: of its seat, where its days are
        counted. ``seal``: whether those who record are to seal the journal after each command.

        Raises `Unreachable` where the directory cannot be made or holds something already, ``Malformed``
        where a field is wrong.
        """
        from lifecycle.book.founding import founding

        facts = founding(
            name=name,
            currency=currency,
            fiscal_year_start=fiscal_year_start,
            time_zone=time_zone,
            on=on,
            recorder=recorder,
            editions=editions,
            now=(clock or utc_now)(),
        )
        with making(home_of(place)) as home, store_errors(place):
            book = cls(home, home.made(), clock)
            book.journal.left_out.begin((0, 0), book._sealed, book._judged)
            book._clerk.found(facts, recorder)
            home.finish(name, seal=seal)
        return book

    @classmethod
    def open(
        cls,
        place: Path | str,
        *,
        clock: Clock | None = None,
        read_only: bool = False,
        confirm_clock: bool = False,
        views: Path | str | None = None,
        as_is: bool = False,
    ) -> Self:
        """Open a book; ``views``: where they lie, if not with it. ``as_is``: whatever became of it.

        Raises `Unreachable` where there is none, ``Altered`` where it is too new to read, or has lost what
        was sealed.
        """
        home = home_of(place)
        with store_errors(place):
            journal = home.opened(read_only=read_only)
            book = cls(home, journal, clock, confirm_clock=confirm_clock, views=views)
            if not as_is and (wrong := book._wrong()):
                book.close()
                raise wrong
            try:
                book._look()
            except Altered:
                if not as_is:
                    book.close()
                    raise
                journal.leave_nothing_out()  # `verify` names what is wrong
            return book

    def behind(self) -> Behind | None:
        """What is missing of what was sealed at another address, or is not on this standby yet."""
        # The checkpoint is read first: what is sealed after it is in the journal by then.
        sealed = sealed_in(self.path)
        return self.home.behind(sealed, self.journal.ends())

    def _wrong(self) -> Altered | Unreachable | None:
        """Why the book is not opened: something sealed was lost, or it is a copy that lacks some of it."""

        def look(_: bool) -> Altered | Unreachable | None:
            if behind := self.behind():
                return None if self.home.lags else Unreachable(f"{self.name}: {copy_of(behind)}")
            lost = self.journal.lost(sealed_in(self.path))
            return Altered(f"{self.name}: {lost}") if lost else None

        return self.home.insist(look)

    def _look(self) -> None:
        """Look at every row that is not known to be lawful; from the first if the server goes away meanwhile.

        Raises `Altered`.
        """

        def look(_: bool) -> None:
            self.journal.left_out.begin(self._sound(), self._sealed, self._judged)

        self.home.insist(look)

    @property
    def path(self) -> Path:
        """The folder of its seals; of a book in a folder that folder."""
        return self.home.path

    @property
    def place(self) -> Path | str:
        """Where it is opened: its folder, or the address of its database."""
        return self.home.place

    @property
    def name(self) -> str:
        """The same for people: without a password."""
        return named(self.place)

    @property
    def seals_each_command(self) -> bool:
        """Whether each command is sealed: by the last SwitchSealing in force, else as ``init`` said.

        Raises `Unreachable` if that cannot be read.
        """
        switched = self.fund().seals_each_command_on(self.today())
        if switched is not None:
            return switched
        with store_errors(self.journal.place):
            return self.home.seals_each_command()

    def close(self) -> None:
        """Let go of the files; a second time does nothing."""
        if not self._closed:
            self._closed = True
            self.keep_judged()
            self.journal.close()

    def _judged(self, after: Sizes, set_aside: frozenset[int]) -> tuple[list[Fault], Sizes]:
        # Loaded only if something is unsealed: a reader of a sealed book does without the rules.
        from lifecycle.rejudge.walk import judged_after

        try:
            return judged_after(self.journal, after, set_aside)
        except STORE_ERRORS as error:
            if getattr(error.__cause__, "sqlstate", None) != _MAY_NOT_READ:
                raise
            return [], after  # a projector may not read the answers, without which nothing is judged

    def _sealed(self) -> Sizes:
        """The position of the last sealed entry, and the number of the last sealed answer."""
        return self.journal.places_of(sealed_in(self.path))

    def _sound(self) -> Sizes:
        """Up to which entry and answer nothing is wrong: what is sealed, or was judged on this machine."""
        sealed = self._sealed()
        position, number, leaf = sound_in(self.path)
        if position <= sealed[0] or leaf != self._leaf(position):
            return sealed
        return position, number

    def keep_judged(self) -> None:
        """Remember how far the journal was judged, if it is not sealed: the next one goes on from there."""
        clerk, left_out = self._clerk_at_work, self.journal.left_out
        if clerk is None or left_out.stops or left_out.looked <= self._sealed()[0]:
            return
        with suppress(*STORE_ERRORS, BookError, OSError):  # it can be done without
            position, number = self.journal.sound()
            keep_sound(self.path, position, number, self._leaf(position))

    def _leaf(self, position: int) -> str:
        for row in self.journal.stored(position - 1, position, 1):
            return hashlib.sha256(f"{row.stream}@{row.version} {row.topic}".encode() + row.state).hexdigest()
        return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def health(self, *, standby: bool = False) -> list[Check]:
        """Whether its store is as it should be. ``standby``: another one must confirm each commit."""
        with store_errors(self.journal.place):
            wrong, behind = self._wrong(), self.behind()
            told = "the journal is as long as it was when it was sealed"
            if wrong or behind:
                told = str(wrong) if wrong else f"a standby, {behind}"
            return [
                *self.home.health(standby=standby),
                Check("nothing that was sealed is lost", wrong is None, told),
                self._lawful(),
            ]

    def _lawful(self) -> Check:
        """Whether every row of the journal is an entry, or an answer, and each stream takes more."""
        stops = [*self.stops(), *self._lawless_answers()]
        aside = "".join(f"; {row}" for row in (*self.quarantined(), *self.quarantined_answers()))
        told = "; ".join(map(str, stops)) or f"no stream is stopped{aside}"
        return Check("every row is an entry that the rules allow", not stops, told)

    def _lawless_answers(self) -> list[str]:
        """Each answer that is not sealed, and that the rules would not have given; no seal goes past it."""
        from lifecycle.rejudge.walk import answers_aside_in, judged, named_in

        with self.journal.recorder.reading():
            entries, sealed = sealed_in(self.path)
            if entries > self.journal.counts()[0]:
                return []  # it lost what was sealed, which is told apart
            # What was never sealed is judged from where this machine has judged it on.
            after = (self.journal.nth(entries - 1)[2], sealed) if entries else self.journal.left_out.sound()
            aside, answers = named_in(self.journal), answers_aside_in(self.journal)
            found = judged(self.journal, after, set_aside=aside, answers=answers, sealed=after)
        return [f"{one}{self.journal.way_out(one.answer)}" for one in found.faults if one.answer]

    # ── recording ────────────────────────────────────────────────────────────────────────────

    @property
    def _clerk(self) -> "Clerk":
        if self._clerk_at_work is None:
            from lifecycle.book.command_handler import Clerk

            self._clerk_at_work = Clerk(self.journal, self._clock, confirm_clock=self._confirm_clock)
        return self._clerk_at_work

    @property
    def own_rows(self) -> OwnRows:
        """The rows that were appended through this book and are not sealed yet."""
        return self._clerk_at_work.own_rows if self._clerk_at_work is not None else OwnRows()

    def now(self) -> datetime:
        """This moment, by the book's clock."""
        return self._clock()

    def time_zone(self) -> str:
        """The time zone of the fund's seat."""
        with store_errors(self.journal.place):
            return self.journal.time_zone()

    def today(self) -> date:
        """Today, at the fund's seat."""
        return day_at(self.now(), self.time_zone())

    def record(self, command: "Command", recorder: str) -> Answer:
        """Judge the command and keep the answer, with the facts that it becomes, in one transaction.

        Raises ``VersionConflict`` where the stream is not at ``expect_version``, ``Malformed`` where
        the recorder is no officer's id or corrected fields make no fact, ``BookError`` where the store fails.
        """
        if self._clerk.batching:
            return self._clerk.record(command, recorder)
        if not command.command_id:
            command = command.model_copy(update={"command_id": str(uuid4())})

        def asked(again: bool) -> Answer:
            answer = self._clerk.record(command, recorder)
            # A commit whose acknowledgement was lost comes back as a repeat of ourselves.
            return answer.first() if again and answer.outcome == "repeat" else answer

        return self.insist(asked)

    def insist(self, work: Callable[[bool], T]) -> T:
        """Do what does no harm when it is done twice; again, where the store went away meanwhile.

        The work is told whether it may have been done before. Raises `Unreachable` where the store does not
        come back.
        """
        with store_errors(self.journal.place):
            return self.home.insist(work)

    @contextmanager
    def batch(self, commands: Sequence["Command"] = ()) -> Iterator[None]:
        """Hold the append lock over many `record` calls: they are one durable transaction, or nothing.

        ``commands``: those that are to come, as far as they are known; what they need is read at once.
        """
        with store_errors(self.journal.place), self._clerk.batch(commands):
            yield

    # ── reading ──────────────────────────────────────────────────────────────────────────────

    def fund(self, known: int | None = None) -> "Fund":
        """The fund's state: now, or as known at a position."""
        from lifecycle.book.command_handler import load_fund
        from lifecycle.fund.evolve import fold

        if known is not None:
            return fold(history(self.entries(FUND), known=known))
        with store_errors(self.journal.place):
            clerk = self._clerk_at_work
            kept = clerk.fund_at(self.journal.position()) if clerk is not None else None
            return kept or load_fund(self.journal)[0]

    def entries(self, stream: str, known: int | None = None, *, after: int = 0) -> list[Entry]:
        """A stream's entries as they were written, corrections among them; none for an unknown stream.

        ``after``: without the first so many.
        """
        with store_errors(self.journal.place):
            entries = self.journal.entries(stream, after=after)
        return entries if known is None else [entry for entry in entries if (entry.position or 0) <= known]

    def entries_of(self, versions: Mapping[str, int], known: int) -> Iterator[tuple[str, list[Entry]]]:
        """The same of many streams, some at a time, each of which has so many entries at the position.

        Raises `Altered` where it has not: its index does not lead to all of them.
        """
        streams = list(versions)
        for at in range(0, len(streams), _STREAMS):
            with store_errors(self.journal.place):
                found = self.journal.entries_of(streams[at : at + _STREAMS])
            for stream, entries in found.items():
                then = [entry for entry in entries if (entry.position or 0) <= known]
                yield stream, reaching(versions[stream], stream, then)

    def grants(self) -> list[str]:
        """The ids of all grants, in the order in which they were first recorded."""
        with store_errors(self.journal.place):
            return self._named("grant")

    def calls(self) -> list[str]:
        """The ids of all calls, in the order in which they were first recorded."""
        with store_errors(self.journal.place):
            return self._named("call")

    def _named(self, about: str) -> list[str]:
        none = {
            stream for stream, rows in self.journal.left_out.streams().items() if not {1, -1}.isdisjoint(rows)
        }
        streams = self.journal.streams()
        return [
            name.removeprefix(f"{about}:") for name in streams if kind_of(name) == about and name not in none
        ]

    def call(self, name: str, known: int | None = None) -> "Call | None":
        """A call's state: now, or as known at a position; `None` for an unknown one."""
        from lifecycle.call.call import fold

        return fold(history(self.entries(call_stream(name)), known=known))

    def position(self) -> int:
        """The newest position of the journal; 0 for an empty one. What came since is looked at."""
        with store_errors(self.journal.place):
            position = self.journal.position()
            self.journal.left_out.look(position)
            return position

    def stops(self) -> list[Stop]:
        """Each stream that takes nothing more, because it holds a row that is not lawful; and where it stops.

        The journal is looked at up to its newest row.
        """
        self.position()
        return self.journal.left_out.faults()

    def quarantined(self) -> list[Quarantined]:
        """Each row that was quarantined, in the order of recording."""
        self.position()
        return self.journal.left_out.quarantined()

    def quarantined_answers(self) -> list[QuarantinedAnswer]:
        """Each answer that was quarantined, in the order in which they were given."""
        self.position()
        return [one for _, one in sorted(self.journal.left_out.answers.items())]

    def recorded_at(self, position: int) -> datetime | None:
        """When the newest entry at or before the position was recorded."""
        with store_errors(self.journal.place):
            return self.journal.recorded_at(position)

    def entry_at(self, position: int) -> tuple[str, int] | None:
        """Stream and version of the entry at a position; `None` where there is none."""
        with store_errors(self.journal.place):
            rows = next(self.journal.entry_rows(position - 1, 1), [])
        return (rows[0][0], rows[0][1]) if rows and rows[0][-1] == position else None

    def resolve(self, known: str) -> int:
        """The position that a moment (RFC 3339), a day or a position as text stands for.

        A day stands for its end at the fund's seat. What was recorded at once is known at once: the pair of
        an entry comes with it. Raises ``ValueError``.
        """
        with store_errors(self.journal.place):
            if known.isdecimal():
                return self.journal.whole(min(int(known), self.position()))
            if day := day_of(known):
                end = end_of(day, self.journal.time_zone())
                return self.journal.whole(self.journal.position_at(end))
            moment = datetime.fromisoformat(known)
            if moment.tzinfo is None:
                raise ValueError(f"{known} has no time zone: add Z for UTC")
            return self.journal.whole(self.journal.position_at(moment))

    def histories(
        self, after: int = 0, upto: int | None = None, names: tuple[str, str] | None = None
    ) -> Iterator[tuple[str, list[Entry]]]:
        """Each stream with an entry after ``after``, with all its entries up to ``upto``, by stream name.

        ``names``: only the streams from the one name on, up to the other but without it.
        """
        with store_errors(self.journal.place):
            yield from self.journal.histories(after, self.position() if upto is None else upto, _PAGE, names)

    def fund_pages(self, known: int) -> Iterator[list[Entry]]:
        """The fund's entries as known at a position, some thousand in memory at a time."""
        with store_errors(self.journal.place):
            for page in self.journal.pages(FUND, _PAGE):
                if entries := [entry for entry in page if (entry.position or 0) <= known]:
                    yield entries
                if len(entries) < len(page):
                    return

    def fund_corrections(self, known: int) -> list[Entry]:
        """The corrections of the fund's entries, as known at a position."""
        with store_errors(self.journal.place):
            return [one for one in self.journal.corrections(FUND) if (one.position or 0) <= known]

    def rows_elsewhere(self, known: int) -> int:
        """How many rows up to a position are in no history of the fund, a grant or a call."""
        with store_errors(self.journal.place):
            return self.journal.elsewhere(known)

    def ranges(self, about: str, size: int) -> list[tuple[str, str]]:
        """Names between which so many streams about grants or calls lie: from the one on, up to the other."""
        with store_errors(self.journal.place):
            starts = self.journal.every(size, about)
        # From before the first name on: a row that is left out may be of a stream without a first version.
        return list(pairwise([f"{about}:", *starts[1:], f"{about};"]))

    def stored(
        self, known: int | None = None, stream: str | None = None, *, after: int = 0
    ) -> Iterator[Stored]:
        """Every entry as it is stored, in the order of recording, some thousand in memory at a time.

        ``after``: only those after the position.
        """
        with store_errors(self.journal.place):
            upto = self.position() if known is None else known
            yield from self.journal.stored(after, upto, _PAGE, stream)

    def named(self, kind: str, known: int | None = None) -> list[str]:
        """The ids of all grants, or calls, that were known at the position (now for `None`)."""
        with store_errors(self.journal.place):
            streams = self.journal.changed_since(0, known)
        return sorted(name.removeprefix(f"{kind}:") for name in streams if kind_of(name) == kind)

    def refusals(self, grant: str | None = None) -> list[Receipt]:
        """Who was refused what, in the order in which it was asked."""
        with store_errors(self.journal.place):
            return self.journal.recorder.refused(None if grant is None else grant_stream(grant))

    def names(self) -> dict[str, Known]:
        """What people call the officers, by id."""
        with store_errors(self.journal.place):
            return self.home.names().all()

    def name_officer(self, officer: str, name: str) -> None:
        """Keep what people call an officer. Raises ``ValueError`` where it is no name."""
        with store_errors(self.journal.place):
            self.home.names().name(officer, name)

    def erase_name(self, officer: str) -> None:
        """Forget what people call an officer. Raises ``KeyError`` where that is not known."""
        with store_errors(self.journal.place):
            self.home.names().erase(officer, self.today())

    def document(self, digest: str) -> BufferedIOBase:
        """The document with this SHA-256, to be read. Raises ``OSError`` where it is not there."""
        with store_errors(self.journal.place):
            return self.home.document(digest)

    def attach(self, data: bytes) -> str:
        """Keep a document's bytes by their SHA-256, which is returned. Raises `Unreachable`."""
        digest = hashlib.sha256(data).hexdigest()
        with store_errors(self.journal.place):
            self.home.keep(digest, data)
        return digest


def copy_of(behind: Behind) -> str:
    """What to do with a copy that lacks some of what was sealed elsewhere."""
    return (
        f"this is a copy, {behind}: restore a newer one, or name the book itself;"
        f" if that is gone for good, move {behind.folder} aside and this copy is taken for the book"
    )


@contextmanager
def making(home: Home) -> Iterator[Home]:
    """Make a book in it; what fails leaves as little as the store can take away again.

    Raises `Unreachable` if the place cannot be written.
    """
    try:
        yield home
    except BaseException as error:
        home.abandon()
        if isinstance(error, OSError):
            told = f"{named(home.place)} cannot be made: {error.strerror or error}"
            raise Unreachable(told) from error
        raise


def home_of(place: Path | str) -> Home:
    """Of a book in a folder, or at the address of a database."""
    if is_address(place):
        if not place.startswith(SCHEMES):
            scheme = place.partition("://")[0]
            raise Unreachable(f"{scheme}:// is no store of books: name a folder, or postgresql://…")
        from lifecycle.book.database_storage import Database

        return Database(place)
    return Folder(Path(place))


__all__ = ["Answer", "Book"]
