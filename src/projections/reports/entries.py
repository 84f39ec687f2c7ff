"""Entries: what is in force on a day, corrections applied, read from the journal a stream at a time.

The views hold no entries, which would double their size (decision 0047). Struck entries, corrections and rows
that are left out are not in force; ``audit history`` and ``audit entries`` show them.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from lifecycle.book.book import Book
from lifecycle.fund.seat import day_at
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import FUND, Entry, grant_stream, in_force
from projections.schema.columns import Column, Columns, Type
from projections.schema.rows import FAR, Row, moment

COLUMNS = Columns(
    Column("stream", Type.TEXT, "`fund`, `directory`, `grant:…` or `call:…`", width=14),
    Column("version", Type.COUNT, "Its number in the stream, from 1"),
    Column("position", Type.COUNT, "Its number in the journal, from 1"),
    Column("event", Type.TEXT, "The type of event"),
    Column("on", Type.DAY, "The day on which it took effect, as it reads now"),
    Column("recorded_at", Type.TEXT, "When it was recorded, UTC"),
    Column("actor", Type.TEXT, "The officer who acted, as it reads now"),
    Column("recorder", Type.TEXT, "Who recorded it"),
    Column("late_days", Type.COUNT, "Days from `on` to the day of recording at the fund's seat; at least 0"),
    Column("corrected_by", Type.COUNT, "The version of the correction that changed it; null if none did"),
    Column(
        "imported_from",
        Type.TEXT,
        "Where it was brought in from, as JSON: source, reference, mode; null if it was not imported",
        width=14,
    ),
    Column("fields", Type.TEXT, "The event's other fields as they read now, as JSON", width=30),
    first="stream version event on actor recorder corrected_by late_days fields",
)
_AFTER_FUND = "fund:", "\U0010ffff"
"""The range of the names of streams that come after the fund's own."""


def rows(  # noqa: PLR0917 as a report is asked for
    book: Book,
    as_of: date,
    known: int,
    grant: str | None = None,
    grants: Collection[str] | None = None,
    period: tuple[str, str] = ("", FAR),
) -> Iterator[Row]:
    """Yield a row for each entry in force on the day, as known at the position, by stream and version.

    ``grants``: only entries of these grants. ``period``: only entries of its days.
    """
    time_zone, (first, last) = book.time_zone(), period
    streams = None if grants is None else {*map(grant_stream, grants)}
    for entry in entries_in_force(book, known, grant):
        is_chosen = streams is None or entry.originator_id in streams
        if is_chosen and entry.on <= as_of and first <= entry.on.isoformat() <= last:
            recorded_on = day_at(entry.recorded_at, time_zone)
            yield COLUMNS.row(
                stream=entry.originator_id,
                version=entry.originator_version,
                position=entry.position,
                event=type(entry.event).__name__,
                on=entry.on.isoformat(),
                recorded_at=moment(entry.recorded_at),
                actor=entry.event.actor,
                recorder=entry.recorder,
                late_days=max(0, (recorded_on - entry.on).days),
                corrected_by=entry.corrected_by,
                imported_from=None if (origin := entry.imported_from) is None else origin.model_dump_json(),
                fields=_fields(entry.event),
            )


def entries_in_force(book: Book, known: int, grant: str | None = None) -> Iterator[Entry]:
    """Yield the entries in force as known at the position, by stream and version.

    One grant or call is in memory at a time, or one page of the fund's entries and all of its corrections.
    """
    if grant is not None:
        yield from _by_version(book.entries(grant_stream(grant), known))
        return
    for _, entries in book.histories(0, known, ("", FUND)):
        yield from _by_version(entries)
    corrections = book.fund_corrections(known)
    numbers = {entry.originator_version for entry in corrections}
    for page in book.fund_pages(known):
        others = [entry for entry in page if entry.originator_version not in numbers]
        yield from _by_version([*others, *corrections])
    for _, entries in book.histories(0, known, _AFTER_FUND):
        yield from _by_version(entries)


def _by_version(entries: Sequence[Entry]) -> list[Entry]:
    return sorted(in_force(entries), key=lambda entry: entry.originator_version)


def _fields(event: Event) -> str:
    """Return the event's fields as JSON, without those that have a column of their own."""
    return event.model_dump_json(exclude={"on", "actor"}, exclude_none=True, by_alias=True)
