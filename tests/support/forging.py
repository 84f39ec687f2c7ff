"""Rows that are inserted into a journal past the rules, with the right checksums."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from lifecycle.book.book import Book
from lifecycle.call import call
from lifecycle.decide import spec_of, stream_of
from lifecycle.directory import events as directory
from lifecycle.fund import events as fund
from lifecycle.grant import events as grant
from lifecycle.journal.command_digest import digest_of, digest_of_request, request_of
from lifecycle.journal.mapper import stored_as
from lifecycle.journal.recorder import StoredRefusal
from lifecycle.journal.stored_row import id_bytes, microseconds, with_sum
from lifecycle.kernel.command import Command, event_of
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry

EVENTS: dict[str, dict[str, type[Event]]] = {
    about: {event.__name__: event for event in module.EVENTS}
    for about, module in (("grant", grant), ("fund", fund), ("call", call), ("directory", directory))
}


def forge(
    book: Book,
    command: Command,
    /,
    recorder: str = "",
    *,
    event: Event | None = None,
    pair: Sequence[tuple[str, Event]] = (),
    pair_by: str = "",
    digest: bytes | None = b"",
    columns: Mapping[str, Any] = MappingProxyType({}),
    **changes: Any,
) -> int:
    """Insert the entry that the command would become, without asking the rules. Returns its position.

    ``pair``: events that are inserted with it, each with its stream, recorded by ``pair_by``. ``digest``: one
    that is not the command's. ``columns``: other values of the row's columns. ``changes``: other values of
    the entry (``recorded_at``, ``rules``, ``note``).
    """
    recorder, command_id = recorder or command.actor, command.command_id or f"forged-{book.position()}"
    stream = stream_of(command)
    first_event = event or event_of(EVENTS[stream.partition(":")[0]][spec_of(command).event], command.event)
    moment = _next(book)
    entries: list[Entry] = []
    for name, act in ((stream, first_event), *pair):
        version = len(book.entries(name)) + 1 + sum(entry.originator_id == name for entry in entries)
        moment += timedelta(microseconds=1)
        by = (entries and pair_by) or recorder
        entries.append(Entry(name, version, act, moment, by, command_id))
    own, *following = entries
    own = own._replace(**{"note": command.note, **changes})
    rows = [stored_as(own, digest_of(command) if digest == b"" else digest), *map(stored_as, following)]
    rows[0] = with_sum(rows[0]._replace(**columns))
    with book.journal.recorder.writing():
        book.journal.recorder.append(rows, ())
    return book.position() - len(pair)


def forge_refusal(book: Book, command: Command, /, refusal: str, recorder: str = "", **changes: Any) -> None:
    """Insert a refusal of the command. ``changes``: other values of its columns."""
    recorder, command_id = recorder or command.actor, command.command_id or f"forged-{len(book.refusals())}"
    about = command.NAME, stream_of(command), command.on.isoformat(), command.actor, recorder
    reason = refusal, "domain §3", "no", request_of(command).decode()
    row = StoredRefusal(
        id_bytes(command_id), digest_of(command), *about, microseconds(_next(book)), *reason, 0
    )
    with book.journal.recorder.writing():
        row = row._replace(**changes)
        fitting = digest_of_request(row.command, (row.request or "").encode())
        book.journal.recorder.append((), [row if "digest" in changes else row._replace(digest=fitting)])


def _next(book: Book) -> datetime:
    last = book.recorded_at(book.position()) or datetime(2026, 1, 1, tzinfo=UTC)
    return last + timedelta(seconds=1)
