"""The interface of a journal's recorder, whatever the database: entries, receipts, queries."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NamedTuple, Self

from eventsourcing.persistence import Notification, StoredEvent

from lifecycle.kernel.errors import Altered, NotNow

FORMAT = 2
"""The format of the journal's tables. A journal of a later format is not opened."""
WAIT = 60
"""Seconds to wait for another writer."""


class Receipt(NamedTuple):
    """The receipt of a command, kept for ever: the same id gets the same receipt again."""

    command_id: str
    digest: str
    command: str
    stream: str
    on: str
    actor: str
    recorder: str
    recorded_at: str
    outcome: str
    """``accepted`` or ``refused``."""
    refusal: str | None
    rule: str | None
    message: str | None
    entries: str
    """Names of the entries that it became, separated by blanks."""
    position: int | None


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
            tuple(receipt.entries.split()),
            position if position is not None else receipt.position,
        )

    def first(self) -> Self:
        """Return the result as it was given first, if this one is a repeat."""
        return self._replace(outcome="accepted" if self.refusal is None else "refused")


ENTRY_COLUMNS = "originator_id, originator_version, topic, state, position"
"""The columns of an entry, as a ``Notification`` has them."""
RECEIPT_COLUMNS = ", ".join(f'"{field}"' for field in Receipt._fields)
"""The columns of a receipt."""


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
    """A recorder of entries and receipts. Queries are written once, with ``?`` for each value."""

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
        entries = [
            (event.originator_id, event.originator_version, event.topic, event.state)
            for event in stored_events
        ]
        with self.writing():
            return self.append(entries, ())

    @abstractmethod
    def append(self, entries: Sequence[tuple[Any, ...]], receipts: Sequence[Receipt]) -> list[int]:
        """Append entries, and the receipts of the last of them, in the open transaction.

        An entry is its stream, version, topic and stored bytes. Returns their positions: counted as the
        database counts them, under the same lock, they are true once it is committed.
        """

    @abstractmethod
    def adopt(self, *, entries: Sequence[tuple[Any, ...]] = (), receipts: Sequence[Receipt] = ()) -> None:
        """Append rows of another journal, in their order, in the open transaction.

        An entry comes before the receipt that names it.
        """

    @abstractmethod
    def now(self) -> datetime:
        """Return the moment, by the clock that this journal goes by; in UTC."""

    @abstractmethod
    def format(self) -> int:
        """Return the format of the tables; 0 if they are not a journal's."""

    @abstractmethod
    def upgrade(self) -> None:
        """Bring the tables of an earlier format to this one: what is missing is added."""

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

    def indexed_receipts(self, upto: int) -> Iterator[tuple[Any, ...]] | None:
        """Yield id, digest and number of the receipts up to a number, as the index of receipts has them."""
        return None

    def indexed_refusals(self, upto: int) -> list[int] | None:
        """Return the numbers of the refusals up to a number, as their index has them."""
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
        return [Notification(*row) for row in self.rows(question, *params, limit)]

    def receipts(self, command_ids: Sequence[str]) -> Question:
        """Return the query for the receipts of some ids. An id that was used again has several."""
        marks = ",".join("?" * len(command_ids))
        return (
            f"SELECT {RECEIPT_COLUMNS} FROM receipts WHERE command_id IN ({marks}) ORDER BY number",
            command_ids,
        )

    def refused(self, stream: str | None = None) -> list[Receipt]:
        """Return the receipts of refused commands, in the order in which they were given."""
        question = f"SELECT {RECEIPT_COLUMNS} FROM receipts WHERE outcome = 'refused'"
        if stream is None:
            return [Receipt(*row) for row in self.rows(question + " ORDER BY number")]
        return [Receipt(*row) for row in self.rows(question + " AND stream = ? ORDER BY number", stream)]


def further(at: tuple[Any, ...], before: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the place (position, number, or stream and version) after which the next page begins.

    Raises `Altered` if rows are out of order: their pages would never end.
    """
    if at <= before:
        next_place, here = ("@".join(map(str, part)) for part in (at, before))
        raise Altered(f"its rows are out of order: {next_place} comes after {here}")
    return at
