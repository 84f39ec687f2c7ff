"""Entries as rows of Parquet files, and such rows as entries."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lifecycle.journal.mapper import event_json, event_of, topic_of
from lifecycle.kernel.errors import Altered
from lifecycle.kernel.event import Event, ImportedFrom, LeftOut
from lifecycle.kernel.history import Entry
from lifecycle.types.money import Money

_WORD = pa.dictionary(pa.int32(), pa.string())
"""A text that returns in many rows."""
SCHEMA = pa.schema(
    [
        pa.field("stream", _WORD, nullable=False),
        pa.field("version", pa.int32(), nullable=False),
        pa.field("position", pa.int64(), nullable=False),
        pa.field("event", _WORD, nullable=False),
        pa.field("on", pa.date32(), nullable=False),
        pa.field("recorded_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("actor", _WORD, nullable=False),
        pa.field("recorder", _WORD, nullable=False),
        pa.field("command_id", pa.string(), nullable=False),
        pa.field("note", pa.string()),
        pa.field("imported_from", pa.string()),
        pa.field("rules", pa.int16(), nullable=False),
        pa.field("amount", pa.decimal128(20, 6)),
        pa.field("currency", _WORD),
        pa.field("fields", pa.string()),
        pa.field("left_out", pa.string()),
        pa.field("quarantined", pa.bool_()),
    ]
)
"""The columns of an exported entry.

``event`` is its name and the version of its form, as in ``FundsDisbursed.v1``; ``fields`` the whole event as
JSON; ``amount`` and ``currency`` those of the event, if it has one amount; ``imported_from`` the source,
reference and mode of an imported entry as JSON. A row that counts in no fold has the reason in ``left_out``
and no ``fields``.
"""
_ROWS = 20_000
"""Rows of a group, which is compressed and read as a whole."""
_PAGE = 4_096
"""Rows that are decoded at once."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def write(file: Path, pages: Iterable[list[Entry]], wrote: Callable[[int], object]) -> int:
    """Write the entries into a file and return how many there are. ``wrote`` is called with those done."""
    done, rows = 0, list[tuple[Any, ...]]()
    with pq.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        for entries in pages:
            rows += map(_row, entries)
            if len(rows) >= _ROWS:
                writer.write_table(_table(rows))
                done, rows = done + len(rows), []
            wrote(done + len(rows))
        if rows:
            writer.write_table(_table(rows))
    return done + len(rows)


def _table(rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(list(cells), type_) for cells, type_ in zip(columns, SCHEMA.types, strict=True)]
    return pa.table(arrays, schema=SCHEMA)


def _row(entry: Entry) -> tuple[Any, ...]:
    event = entry.event
    amount, currency = _money(event)
    if isinstance(event, LeftOut):
        topic, fields, why, quarantined = event.topic, None, event.why, event.quarantined
    else:
        topic, fields, why, quarantined = topic_of(type(event)), event_json(event).decode(), None, None
    return (
        entry.originator_id,
        entry.originator_version,
        entry.position,
        topic,
        event.on,
        (entry.recorded_at - _EPOCH) // _MICROSECOND,
        event.actor,
        entry.recorder,
        entry.command_id,
        entry.note,
        None if (origin := entry.imported_from) is None else origin.model_dump_json(),
        entry.rules,
        amount,
        currency,
        fields,
        why,
        quarantined,
    )


def _money(event: Event) -> tuple[Decimal | None, str | None]:
    amount = getattr(event, "amount", None)
    return (amount.amount, amount.currency) if isinstance(amount, Money) else (None, None)


def streams_in(
    file: Path, known: int, events: Collection[str] | None = None
) -> Iterator[tuple[str, list[Entry]]]:
    """Yield each stream of the file with its entries up to a position, in the order of versions.

    ``events``: only entries of events with these names. Raises `Altered` if a row is not as it was written.
    """
    name, entries = "", list[Entry]()
    for page in pages_in(file, known, events):
        for entry in page:
            if entry.originator_id != name:
                if entries:
                    yield name, entries
                name, entries = entry.originator_id, []
            entries.append(entry)
    if entries:
        yield name, entries


def pages_in(file: Path, known: int, events: Collection[str] | None = None) -> Iterator[list[Entry]]:
    """Yield the entries of the file up to a position, some thousand at a time; ``events`` as above."""
    for batch in batches(file, _READ, events):
        kept = pc.less_equal(batch["position"], known)
        if events is not None:
            kept = pc.and_(kept, _is_of(batch["event"], events))
        if page := _entries(batch.filter(kept)):
            yield page


def batches(
    file: Path, columns: Iterable[str], events: Collection[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield these columns of the file, some thousand rows at a time. Raises `Altered` if it is damaged.

    ``events``: only groups of rows that have any entry of events with these names, and these groups whole.
    """
    try:
        with pq.ParquetFile(file) as opened:
            groups: Iterable[int] = range(opened.num_row_groups)
            if events is not None:
                groups = [group for group in groups if _has_any(opened, group, events)]
            yield from opened.iter_batches(_PAGE, row_groups=list(groups), columns=list(columns))
    except (pa.ArrowInvalid, OSError) as error:
        raise Altered(f"{file} is not as it was written: {' '.join(str(error).split())}") from None


def _has_any(opened: pq.ParquetFile, group: int, events: Collection[str]) -> bool:
    topics = opened.read_row_group(group, columns=["event"])["event"].combine_chunks()
    return bool(pc.any(_is_of(pc.unique(topics), events)).as_py())


def _is_of(topics: pa.Array, events: Collection[str]) -> pa.BooleanArray:
    """Return for each topic whether it is of an event with one of these names, in whatever version."""
    names = pc.replace_substring_regex(topics.cast(pa.string()), r"\.v\d+$", "")
    return pc.is_in(names, pa.array(sorted(events), pa.string()))


_READ = (
    *("stream", "version", "position", "event", "on", "fields", "left_out", "quarantined"),
    *("recorded_at", "recorder", "command_id", "note", "rules", "imported_from"),
)
"""The columns that an entry is made of."""


def _entries(batch: pa.RecordBatch) -> list[Entry]:
    cells = {name: batch[name] for name in _READ}
    cells["recorded_at"] = cells["recorded_at"].cast(pa.int64())
    rows = zip(*(array.to_pylist() for array in cells.values()), strict=True)
    return [_entry(*row) for row in rows]


def _entry(  # noqa: PLR0917 in the order of the columns
    stream: str,
    version: int,
    position: int,
    topic: str,
    on: date,
    fields: str | None,
    why: str | None,
    quarantined: bool | None,
    recorded_at: int,
    recorder: str,
    command_id: str,
    note: str | None,
    rules: int,
    imported_from: str | None,
) -> Entry:
    event: Event
    if why is not None:
        event = LeftOut.of(topic, on, why, bool(quarantined))
    elif fields is not None:
        event = event_of(stream, topic, fields)
    else:
        raise Altered(f"{stream}@{version} has no fields")
    moment = _EPOCH + recorded_at * _MICROSECOND
    origin = None if imported_from is None else ImportedFrom.model_validate_json(imported_from)
    return Entry(stream, version, event, moment, recorder, command_id, note, position, None, rules, origin)
