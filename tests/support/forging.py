"""Rows forged in a journal by somebody who may write to it and knows its format: all checksums fit."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from lifecycle.book.book import Book
from lifecycle.call import call
from lifecycle.decide import spec_of, stream_of
from lifecycle.fund import events as fund
from lifecycle.grant import events as grant
from lifecycle.journal.command_digest import digest_of
from lifecycle.journal.mapper import stamp, stored_as
from lifecycle.journal.recorder import Receipt
from lifecycle.kernel.command import Command, event_of
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry

EVENTS: dict[str, dict[str, type[Event]]] = {
    about: {event.__name__: event for event in module.EVENTS}
    for about, module in (("grant", grant), ("fund", fund), ("call", call))
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
    **changes: Any,
) -> int:
    """Put in the entry that the command would become, as if it were lawful. Returns its position.

    ``pair`` has the streams and events that are put in with it, recorded by ``pair_by``. ``changes`` are
    columns of its receipt, or fields of its entry: ``recorded_at``, ``rules``, ``note``.
    """
    recorder, command_id = recorder or command.actor, command.command_id or f"forged-{book.position()}"
    stream = stream_of(command)
    main_event = event or event_of(EVENTS[stream.partition(":")[0]][spec_of(command).event], command.event)
    moment = _next(book)
    own = {name: changes.pop(name) for name in ("rules", "recorded_at", "note") if name in changes}
    entries: list[Entry] = []
    for name, stored_event in ((stream, main_event), *pair):
        version = len(book.entries(name)) + 1 + sum(entry.originator_id == name for entry in entries)
        moment += timedelta(microseconds=1)
        by = (entries and pair_by) or recorder
        entries.append(Entry(name, version, stored_event, moment, by, command_id))
    entries[0] = entries[0]._replace(**{"note": command.note, **own})
    receipt = _receipt(command, command_id, recorder, entries[-1].recorded_at, entries)
    with book.journal.recorder.writing():
        book.journal.recorder.append([stored_as(entry) for entry in entries], [receipt._replace(**changes)])
    return book.position() - len(pair)


def forge_refusal(book: Book, command: Command, /, refusal: str, recorder: str = "", **changes: Any) -> None:
    """Put in a receipt that says that the command was refused."""
    recorder, command_id = recorder or command.actor, command.command_id or f"forged-{len(book.refusals())}"
    receipt = _receipt(command, command_id, recorder, _next(book), ())
    no = {"outcome": "refused", "refusal": refusal, "rule": "domain §3", "message": "no", "entries": ""}
    with book.journal.recorder.writing():
        book.journal.recorder.append((), [receipt._replace(**{**no, **changes})])


def _next(book: Book) -> datetime:
    last = book.recorded_at(book.position()) or datetime(2026, 1, 1, tzinfo=UTC)
    return last + timedelta(seconds=1)


def _receipt(
    command: Command, command_id: str, recorder: str, moment: datetime, entries: Sequence[Entry]
) -> Receipt:
    about = (command.NAME, stream_of(command), command.on.isoformat(), command.actor, recorder)
    names = " ".join(entry.name for entry in entries)
    return Receipt(
        command_id, digest_of(command), *about, stamp(moment), "accepted", None, None, None, names, None
    )
