"""Write the rows of the streams that have new entries."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from lifecycle.book.book import Book
from lifecycle.fund.establishment import FundEstablished
from lifecycle.fund.events import PolicyAdopted
from lifecycle.fund.state import Fund
from lifecycle.journal.journal import reaching, store_errors
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import DIRECTORY, FUND, Entry, kind_of, lawful
from projections import store
from projections.engine.fold import Rules, fold_fund, fold_stream, no_rows, rows_of_independent
from projections.folds.fund.contributions import stands_alone
from projections.schema.layout import (
    CALL_TABLES,
    DIRECTORY_TABLES,
    FUND_TABLES,
    GRANT_TABLES,
    fund_details,
    left_out,
    obligation_steps,
    register_spans,
)
from projections.schema.rows import Row, row_maker
from projections.schema.tracking import Raw

_ENTRIES_IN_MEMORY = 1_000
"""About how many entries have their rows in memory at a time, within the transaction."""


_TABLES = {"grant": GRANT_TABLES, "call": CALL_TABLES, DIRECTORY: DIRECTORY_TABLES}
"""The tables of each kind of stream but the fund's. Their first column has the name of the kind."""


class RebuildNeeded(Exception):
    """The stored rows cannot be continued: an edition came or was corrected, or they are of another book."""


class News(NamedTuple):
    """The few entries that were recorded after a position."""

    recorded_at: datetime
    """When the entry at the position was recorded."""
    newest: int
    """The journal's newest position."""
    newest_recorded_at: datetime
    last_versions: dict[str, int]
    """The streams with a newer entry, and the version of the last."""


def news_since(book: Book, position: int, most: int) -> News | None:
    """Return what was recorded after a position, with one question to the journal.

    Returns `None` if that is more than ``most`` entries, if the position is not the journal's, or if rows are
    left out: then several questions are needed.
    """
    journal = book.journal
    if not position or journal.left_out:
        return None
    with store_errors(journal.place):
        entries = journal.entries_from(position, most + 2)
        if len(entries) > most + 1 or not entries or entries[0].position != position:
            return None
        newest = entries[-1].position or 0
        if journal.left_out.look(newest):
            return None
    last_versions = {entry.originator_id: entry.originator_version for entry in entries[1:]}
    return News(entries[0].recorded_at, newest, entries[-1].recorded_at, last_versions)


def write_changes(raw: Raw, book: Book, after: int, upto: int, prefix: str = "") -> None:
    """Replace the rows of every stream that has an entry after the first position, up to the second."""
    with store_errors(book.journal.place):
        changed = book.journal.changed_since(after, upto)
    write_streams(raw, book, upto, {stream: last for stream, (_, last) in changed.items()}, prefix)


def write_streams(raw: Raw, book: Book, upto: int, last_versions: dict[str, int], prefix: str = "") -> None:
    """Replace the rows of these streams, each of which has an entry of this version."""
    if FUND in last_versions:
        _write_fund(raw, book, upto, prefix, last_versions[FUND])
    _write_other_streams(raw, book, upto, last_versions, prefix)


def _write_other_streams(
    raw: Raw, book: Book, upto: int, last_versions: dict[str, int], prefix: str = ""
) -> None:
    """Replace the rows of these grants and calls, and of the directory."""
    last_versions = {name: last for name, last in last_versions.items() if kind_of(name) in _TABLES}
    if not last_versions:
        return
    rules = Rules(fund_at(book, upto))
    for part in _parts(last_versions):
        rows = no_rows()
        for stream, entries in book.entries_of(part, upto):
            fold_stream(stream, entries, rules, rows)
        for kind, tables in _TABLES.items():
            ids = [stream.removeprefix(f"{kind}:") for stream in part if kind_of(stream) == kind]
            if ids:
                store.replace(raw, {table: rows[table] for table in tables}, kind, ids, prefix)


def _parts(last_versions: dict[str, int]) -> Iterator[dict[str, int]]:
    """Yield the streams by name, in parts of about `_ENTRIES_IN_MEMORY` entries."""
    part, entries = dict[str, int](), 0
    for stream, last in sorted(last_versions.items()):
        part[stream] = last
        entries += last + 1
        if entries >= _ENTRIES_IN_MEMORY:
            yield part
            part, entries = {}, 0
    if part:
        yield part


# ── rows that count in no table ──────────────────────────────────────────────────────────────


def streams_with_other_rows_left_out(raw: Raw, book: Book) -> set[str]:
    """Return the streams whose rows left out are not those that the tables were made without."""
    question = f"SELECT stream, version, position, quarantined, why FROM {left_out.name}"
    stored = {tuple(row)[:4] for row in raw.execute(question)}
    current = {row[:4] for row in left_out_rows(book)}
    return {str(stream) for stream, *_ in stored ^ current}


def write_again(raw: Raw, book: Book, upto: int, streams: Collection[str]) -> None:
    """Replace the rows of these streams, and the table of the rows left out."""
    if not streams:
        return
    lengths = {name: len(book.entries(name, known=upto)) for name in sorted(streams)}
    _write_other_streams(raw, book, upto, lengths)
    write_left_out(raw, book)


def write_left_out(raw: Raw, book: Book) -> None:
    """Replace the table of the rows left out."""
    raw.execute(f"DELETE FROM {left_out.name}")
    if rows := left_out_rows(book):
        store.insert(raw, {left_out: rows})


_left_out_row = row_maker(left_out)


def left_out_rows(book: Book) -> list[Row]:
    """Return each quarantined row, and the row at which each stopped stream stops."""
    rows = book.journal.left_out
    return [
        *(_left_out(row, quarantined=True) for row in rows.quarantined()),
        *(_left_out(stop, quarantined=False) for stop in rows.faults()),
    ]


def _left_out(row: Any, *, quarantined: bool) -> Row:
    return _left_out_row(
        stream=row.stream, version=row.version, position=row.position, quarantined=quarantined, why=str(row)
    )


# ── the fund ─────────────────────────────────────────────────────────────────────────────────


def fund_at(book: Book, position: int) -> Fund:
    """Return the fund as known at the position, from its snapshot if that is the newest."""
    if (loaded := book.loaded_fund(position)) is not None:
        return loaded
    fund = book.fund()
    return fund if book.position() == position else book.fund(known=position)


def _write_fund(raw: Raw, book: Book, upto: int, prefix: str, last: int) -> None:
    """Add the rows of the fund's new entries, or replace all of the fund's rows if one changes others.

    Raises `RebuildNeeded` if the editions changed and there are grants.
    """
    version, currency = _stored_fund(raw, prefix)
    entries_since = reaching(last, FUND, book.entries(FUND, upto, after=version), version)
    newer = lawful(entries_since)
    if version and all(stands_alone(entry) for entry in newer):
        store.insert(raw, rows_of_independent(newer, currency), prefix)
        new_version = version + len(entries_since)
        raw.execute(f"UPDATE {prefix}{fund_details.name} SET version = {new_version}")
        return
    entries = book.entries(FUND, known=upto)
    if _editions_changed(entries, newer) and _has_grants(raw, prefix):
        raise RebuildNeeded
    for table in FUND_TABLES:
        raw.execute(f"DELETE FROM {prefix}{table.name}")
    raw.execute(f"DELETE FROM {prefix}{obligation_steps.name} WHERE \"grant\" = ''")
    store.insert(raw, fold_fund(entries), prefix)


def _stored_fund(raw: Raw, prefix: str) -> tuple[int, str]:
    """Return the version and the currency of the fund in the tables."""
    row = raw.execute(f"SELECT version, currency FROM {prefix}{fund_details.name}").fetchone()
    return (0, "") if row is None else (row[0], row[1])


def _editions_changed(entries: Sequence[Entry], newer: Sequence[Entry]) -> bool:
    """Return whether a newer entry adopts an edition, or corrects an entry that adopted one."""
    by_version = {entry.originator_version: entry for entry in entries}
    for entry in newer:
        event = entry.event
        while isinstance(event, EntryCorrected):
            event = by_version[event.entry].event
        if type(event) in (PolicyAdopted, FundEstablished):
            return True
    return False


def _has_grants(raw: Raw, prefix: str) -> bool:
    row = raw.execute(f"SELECT 1 FROM {prefix}{register_spans.name} LIMIT 1").fetchone()
    return row is not None
