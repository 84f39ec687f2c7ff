"""The interface of a journal's recorder, whatever the database: entries, refusals, queries."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self

from eventsourcing.persistence import Notification, StoredEvent

from lifecycle.journal.mapper import StoredEntry
from lifecycle.journal.stored_row import Stored, id_bytes, id_text
from lifecycle.kernel.errors import Altered, NotNow, Unreachable

FORMAT = 3
"""The format of the journal's tables. A journal of a later format is not opened."""
WAIT = 60
"""Seconds to wait for another writer."""


def check_format(journal_format: int, place: str, *, older: bool) -> None:
    """Raise `Unreachable` if this program cannot use the format. ``older`` allows an earlier one."""
    if journal_format > FORMAT:
        raise Unreachable(
            f"{place} has journal format {journal_format}; this program knows {FORMAT}: use a newer grantbook"
        )
    if journal_format < 1:
        raise Unreachable(f"{place} is not a grantbook journal")
    if journal_format < FORMAT and not older:
        raise Unreachable(
            f"{place} has journal format {journal_format}; this program writes {FORMAT}: make a"
            " new book of it with grantbook move"
        )


class Receipt(NamedTuple):
    """The receipt of a command, kept for ever: the same id gets the same receipt again.

    That of an accepted command is its entry; that of a refused one is a row of its own, a `StoredRefusal`.
    """

    command_id: str
    digest: bytes
    command: str
    stream: str
    outcome: str
    """``accepted`` or ``refused``."""
    refusal: str | None
    rule: str | None
    message: str | None
    entries: tuple[str, ...]
    """Names of the entries that it became."""
    position: int | None
    """The position of the last of them."""
    recorded_at: int
    """Microseconds since 1970-01-01, UTC."""
    on: str = ""
    """The day on which it took effect, or should have."""
    actor: str = ""
    """The officer who acted, or would have."""


class StoredRefusal(NamedTuple):
    """The stored receipt of a refused command."""

    command_id: bytes
    """As an entry stores it."""
    digest: bytes
    command: str
    stream: str
    on: str
    actor: str
    recorder: str
    recorded_at: int
    refusal: str
    rule: str | None
    message: str
    request: str | None
    """The command as JSON, of which the digest is made; null in a book that was moved from format 2."""
    position: int
    """The newest position when it was refused."""
    number: int = 0

    @property
    def id(self) -> str:
        """The command's id."""
        return id_text(self.command_id)

    def receipt(self) -> Receipt:
        """Return it as a receipt."""
        reason = self.refusal, self.rule, self.message
        about = self.id, self.digest, self.command, self.stream
        return Receipt(*about, "refused", *reason, (), None, self.recorded_at, self.on, self.actor)


class CommandResult(NamedTuple):
    """The result of recording a command."""

    command_id: str
    command: str
    stream: str
    outcome: str
    """``accepted``, ``refused`` or ``repeat``."""
    refusal: str | None
    rule: str | None
    message: str | None
    entries: tuple[str, ...]
    """Names of the entries that it became."""
    position: int | None
    """The position of the last of them."""

    @classmethod
    def of(cls, receipt: Receipt, outcome: str, position: int | None = None) -> Self:
        """Make the result from a receipt."""
        return cls(
            receipt.command_id,
            receipt.command,
            receipt.stream,
            outcome,
            receipt.refusal,
            receipt.rule,
            receipt.message,
            receipt.entries,
            position if position is not None else receipt.position,
        )

    def first(self) -> Self:
        """Return the result as it was given first, if this one is a repeat."""
        return self._replace(outcome="accepted" if self.refusal is None else "refused")


class Basis(NamedTuple):
    """What a judgement rests on. It holds as long as nothing of this has changed."""

    position: int
    """The position up to which everything was taken in."""
    streams: tuple[str, ...]
    """The streams in which any later entry counts."""
    topics: tuple[str, ...]
    """The topics of entries of the fund that do not count, unless the fund is one of the streams."""
    command_id: bytes
    receipts: int
    """How many receipts there are under the id."""
    last: int | None
    """The newest moment that was read, in microseconds; `None` if there is none."""
    ends: int
    """When the day ends on which it was judged, in microseconds: the first moment after it."""


class Appended(NamedTuple):
    """Where something was appended."""

    position: int
    """The position of the first entry; of a refusal, the newest position."""
    moment: int
    """Of the first entry, or of the refusal; each following entry is a microsecond later."""


NextMoment = Callable[[datetime | None], datetime]
"""Returns the moment after another one."""


ENTRY_COLUMNS = (
    "originator_id, originator_version, topic, recorded_at, recorder, actor, command_id, digest, rules, note,"
    " imported_from, signature, state, crc, position"
)
"""The columns of an entry, in the order of `Stored`."""
REFUSAL_COLUMNS = ", ".join(f'"{field}"' for field in StoredRefusal._fields)
"""The columns of a refusal."""


@dataclass(frozen=True)
class EntryNotification(Notification):
    """The library's notification, with all columns of its row."""

    row: Stored


_GIVEN = (
    f"SELECT {', '.join(f'entry.{column}' for column in ENTRY_COLUMNS.split(', '))}"
    " FROM stored_events AS own CROSS JOIN stored_events AS entry"
    " WHERE own.command_id IN ({marks}) AND own.digest IS NOT NULL AND entry.command_id = own.command_id"
    " AND entry.position >= own.position AND entry.position < coalesce("
    "(SELECT later.position FROM stored_events AS later WHERE later.position > own.position"
    " AND later.digest IS NOT NULL ORDER BY later.position LIMIT 1), 9223372036854775807)"
    " ORDER BY entry.position"
)
"""The first entry of each command, found by the index of commands, and those that follow from it.

SQLite goes through a CROSS JOIN in the order in which it is written. In another order it would read the whole
journal for each batch.
"""
_NOT_UTF8 = "\ufffd"


def written_out(stored: bytes) -> str:
    """Decode text that is not UTF-8, with each wrong byte written out, so that its row can be named and
    sealed.
    """
    return _NOT_UTF8 + stored.decode(errors="backslashreplace")


def is_not_utf8(text: str) -> bool:
    """Return whether the text was `written_out`. No lawful row has a text like that."""
    return text.startswith(_NOT_UTF8) and "\\x" in text


Question = tuple[str, Sequence[object]]
"""A query, with ``?`` for each value; and the values."""


def not_amid(held: object) -> None:
    """Raise `NotNow` if a transaction is open."""
    if held is not None:
        raise NotNow(
            "a batch is open: what is in it is not recorded yet, and can be neither sealed nor proved:"
            " end it first"
        )


class Recording(ABC):
    """A recorder of entries and refusals. Queries are written once, with ``?`` for each value."""

    table = "stored_events"
    """The table of entries, for queries that ask for positions and counts only."""

    @abstractmethod
    def rows(self, statement: str, *params: object) -> list[tuple[Any, ...]]:
        """Return all rows of a query of the journal's tables."""

    def rows_of_each(self, *questions: Question) -> list[list[tuple[Any, ...]]]:
        """Return all rows of each query: sent together if a round trip takes time."""
        return [self.rows(statement, *params) for statement, params in questions]

    @abstractmethod
    def writing(self) -> AbstractContextManager[None]:
        """Hold the append lock: all reads and appends inside are one durable transaction."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[None]:
        """Make all reads inside see the journal as it was at the first of them, without uncommitted rows.

        Raises `NotNow` inside `writing`, whose entries may be rolled back.
        """

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Add entries without a receipt, as the library does; in the transaction that is held, if any."""
        rows = [event.row if isinstance(event, StoredEntry) else _bare(event) for event in stored_events]
        with self.writing():
            return self.append(rows, ()) or None

    @abstractmethod
    def append(self, entries: Sequence[Stored], refusals: Sequence[StoredRefusal]) -> list[int]:
        """Append entries or refusals in the open transaction.

        The database gives the positions of entries and the numbers of refusals, whatever the rows say.
        Returns the positions: counted as the database counts them, under the same lock, they are true once it
        is committed.
        """

    gives_moments = False
    """Whether `append_if` gives moments by the database's own clock, and `now` is that clock."""

    @abstractmethod
    def append_if(
        self,
        basis: Basis,
        entries: Sequence[Stored],
        refusal: StoredRefusal | None,
        next_moment: NextMoment,
    ) -> Appended | None:
        """Take the append lock, and append in a transaction of its own what was judged without it.

        ``entries``: rows of one command, without moments and sums; none if it is refused. ``next_moment``:
        gives their moments, unless the database does. Returns `None` if something that the judgement
        rests on has changed; then nothing is appended.
        """

    @abstractmethod
    def look(self, *questions: Question) -> tuple[datetime, list[list[tuple[Any, ...]]]]:
        """Return the moment by this journal's clock, and all rows of each query: in one round trip."""

    @abstractmethod
    def adopt(self, *, entries: Sequence[Stored] = (), refusals: Sequence[StoredRefusal] = ()) -> None:
        """Append rows of another journal, in their order, in the open transaction; entries first."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the moment, by the clock that this journal goes by; in UTC."""

    @abstractmethod
    def format(self) -> int:
        """Return the format of the tables; 0 if they are not a journal's."""

    @abstractmethod
    def schema(self) -> dict[str, str]:
        """Return the name and the definition of everything that is defined in the database."""

    @abstractmethod
    def expected_schema(self) -> dict[str, str]:
        """Return what `schema` returns for a new journal."""

    @abstractmethod
    def counters(self) -> list[tuple[str, list[Any], int]]:
        """Return each table with the newest number that was given in it, and the newest number that it holds.

        The first is a list, which has one number unless the counters were altered.
        """

    @abstractmethod
    def injuries(self) -> list[str]:
        """Return what the database finds wrong with its own files."""

    def undecodable(self) -> list[tuple[str, int, bytes]]:
        """Return table, number and bytes of each row whose text is not valid, if the database accepts it."""
        return []

    def indexed_entries(self, upto: int) -> Iterator[tuple[Any, ...]] | None:
        """Yield stream, version and position of the entries up to a position, as the index of streams has
        them.

        `None`, here and below, if indexes are maintained by a database server.
        """
        return None

    def indexed_commands(self, upto: int) -> Iterator[tuple[Any, ...]] | None:
        """Yield command id and position of the first entries of commands, as their index has them."""
        return None

    def indexed_refusals(self, upto: int) -> Iterator[tuple[Any, ...]] | None:
        """Yield id, digest and number of the refusals up to a number, as the index of refusals has them."""
        return None

    def names(self) -> list[str] | None:
        """Return the texts that are kept once each, for the rows that have them; `None` if none are."""
        return None

    def leads_to_the_newest(self) -> bool:
        """Return whether the indexes of streams and commands lead to the newest entry and receipt.

        A database server finds out by itself: its pages have checksums.
        """
        return True

    # ── questions ────────────────────────────────────────────────────────────────────────────

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return entries by position, from ``start`` on."""
        where, params = ["1 = 1"], list[int | str]()
        if start is not None:
            where.append("position >= ?" if inclusive_of_start else "position > ?")
            params.append(start)
        if stop is not None:
            where.append("position <= ?")
            params.append(stop)
        if topics:
            where.append(f"topic IN ({','.join('?' * len(topics))})")
            params += topics
        question = (
            f"SELECT {ENTRY_COLUMNS} FROM stored_events WHERE {' AND '.join(where)} ORDER BY position LIMIT ?"
        )
        rows = [Stored._make(row) for row in self.rows(question, *params, limit)]
        return [EntryNotification(*row[:3], row.state, row.position, row) for row in rows]

    def given(self, command_ids: Sequence[str]) -> tuple[Question, Question]:
        """Return the queries for the entries and for the refusals of some command ids."""
        marks, ids = ",".join("?" * len(command_ids)), [id_bytes(command_id) for command_id in command_ids]
        return (
            (_GIVEN.format(marks=marks), ids),
            (f"SELECT {REFUSAL_COLUMNS} FROM refusals WHERE command_id IN ({marks}) ORDER BY number", ids),
        )

    def refused(self, stream: str | None = None) -> list[StoredRefusal]:
        """Return the refusals, in the order in which they were given."""
        question = f"SELECT {REFUSAL_COLUMNS} FROM refusals"
        if stream is None:
            return [StoredRefusal(*row) for row in self.rows(question + " ORDER BY number")]
        return [
            StoredRefusal(*row) for row in self.rows(question + " WHERE stream = ? ORDER BY number", stream)
        ]


def _bare(event: StoredEvent) -> Stored:
    """Return an event of the library's own as a row; it is no entry of a book."""
    return Stored(
        str(event.originator_id),
        event.originator_version,
        event.topic,
        0,
        "",
        "",
        b"",
        None,
        0,
        None,
        None,
        None,
        event.state,
    )


def further(at: tuple[Any, ...], before: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the place (position, number, or stream and version) after which the next page begins.

    Raises `Altered` if rows are out of order: their pages would never end.
    """
    if at <= before:
        next_place, here = ("@".join(map(str, part)) for part in (at, before))
        raise Altered(f"its rows are out of order: {next_place} comes after {here}")
    return at
