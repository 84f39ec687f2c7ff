"""What is done with one bucket of an export, in this process or on a worker of a cluster.

Everything that is passed in and returned is plain: a cluster sends it from one machine to another.
"""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lifecycle.fund.establishment import FundEstablished, PolicyAdopted
from lifecycle.fund.evolve import fold as fund_of
from lifecycle.fund.state import Fund
from lifecycle.grant.amendment.new_terms import GrantAmended
from lifecycle.grant.proposal.brought_forward import GrantBroughtForward
from lifecycle.grant.proposal.request import GrantProposed, ProposalRevised
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import DIRECTORY, FUND, Entry, in_force, kind_of
from lifecycle.kernel.memory import collector_at_rest
from projections import store
from projections.engine.fold import Rows, fold_fund, folded, folded_fund
from projections.folds.register import sector_rows
from projections.partitions.answers import ReportRequest, answered
from projections.partitions.entry_rows import batches, pages_in, streams_in
from projections.partitions.plan import file_of, sound_file
from projections.schema.layout import (
    DIRECTORY_TABLES,
    FUND_TABLES,
    TABLES,
    fund_details,
    obligation_steps,
    seat_offsets,
    sector_names,
)
from projections.schema.rows import Row
from projections.store import schema_digest

RowsByName = dict[str, list[Row]]
"""Rows by the name of their table."""
CONSTANTS = frozenset((fund_details.name, seat_offsets.name))
GIVEN = CONSTANTS | {sector_names.name}
"""The tables of which every bucket needs all rows: few, and made before the buckets are folded."""
_OF_FUND = frozenset((*(table.name for table in (*FUND_TABLES, *DIRECTORY_TABLES)), obligation_steps.name))
"""The tables with rows of the first bucket, which has the fund and the directory."""
_RULES = ("FundEstablished", "PolicyAdopted", "EntryCorrected")
_SECTORS = ("GrantProposed", "GrantBroughtForward", "ProposalRevised", "GrantAmended", "EntryCorrected")
assert {kind.__name__ for kind in (FundEstablished, PolicyAdopted, EntryCorrected)} == {*_RULES}
_NAMING_SECTORS = (GrantProposed, GrantBroughtForward, ProposalRevised, GrantAmended, EntryCorrected)
assert {kind.__name__ for kind in _NAMING_SECTORS} == {*_SECTORS}


def views_format(folder: Path, bucket: int) -> str | None:
    """Return the format of the views that this machine makes; `None` if it cannot read the bucket."""
    return str(schema_digest.current_format()) if file_of(folder, bucket).exists() else None


# ── the fund and the sectors ─────────────────────────────────────────────────────────────────


def fund_rules(folder: Path, known: int) -> tuple[Fund, RowsByName]:
    """Return the fund's constants and editions as known at a position, and the rows of the former.

    They are made from the few entries of the fund that say them. Each commitment is an entry of the fund,
    too: all of them are too many for one process.
    """
    pages = pages_in(sound_file(folder, 0), known, _RULES)
    entries = [entry for page in pages for entry in page if entry.originator_id == FUND]
    rows = fold_fund(entries)
    constants = {table.name: rows.get(table, []) for table in (fund_details, seat_offsets)}
    return fund_of(in_force(entries)), constants


def sectors(folder: Path, bucket: int, known: int, as_of: date) -> list[Row]:
    """Return how each sector was written first in the bucket, by the day: a row of ``sector_names`` each."""
    first: dict[object, tuple[int, Row]] = {}
    for stream, entries_ in streams_in(sound_file(folder, bucket), known, _SECTORS):
        for row in sector_rows(stream, in_force(entries_)) if kind_of(stream) == "grant" else ():
            named = dict(zip(sector_names.names, row, strict=True))
            key, position = named["sector_key"], int(str(named["position"]))
            if str(named["since"]) <= as_of.isoformat() and (key not in first or position < first[key][0]):
                first[key] = position, row
    return [row for _, row in first.values()]


# ── rows and answers ─────────────────────────────────────────────────────────────────────────


def rows_of(folder: Path, bucket: int, known: int, fund: Fund, tables: frozenset[str]) -> RowsByName:
    """Return the bucket's rows of these tables, as known at a position."""
    wanted = tables - GIVEN
    rows: RowsByName = {name: [] for name in wanted}
    if bucket == 0 and not wanted & _OF_FUND:
        return rows
    with collector_at_rest():
        for part in _folded(folder, bucket, known, fund):
            for table, made in part.items():
                if table.name in wanted:
                    rows[table.name] += made
    return rows


def _folded(folder: Path, bucket: int, known: int, fund: Fund) -> Iterator[Rows]:
    file = sound_file(folder, bucket)
    if bucket:
        yield from (rows for _, rows in folded(streams_in(file, known), fund))
        return
    corrections = [
        entry
        for page in pages_in(file, known, ("EntryCorrected",))
        for entry in page
        if entry.originator_id == FUND
    ]
    yield from (rows for _, rows in folded_fund(_of_fund(file, known), corrections, fund))
    yield from (rows for _, rows in folded([(DIRECTORY, entries(folder, 0, DIRECTORY, known))], fund))


def _of_fund(file: Path, known: int) -> Iterator[list[Entry]]:
    for page in pages_in(file, known):
        if entries := [entry for entry in page if entry.originator_id == FUND]:
            yield entries


def answer(  # noqa: PLR0917 as a cluster passes them
    folder: Path, bucket: int, known: int, fund: Fund, given: RowsByName, request: ReportRequest
) -> list[Row]:
    """Return the rows that answer a question from this bucket alone; ``given``: the rows of `GIVEN`."""

    def fill(views: store.Views, tables: frozenset[str]) -> None:
        assert tables & GIVEN <= given.keys(), "what the question reads of these is known before it is sent"
        with store.writing(views) as raw:
            insert(raw, given)
            if tables > given.keys():
                insert(raw, rows_of(folder, bucket, known, fund, tables))

    return answered(store.in_memory, fill, request.answer, given)


def insert(raw: Any, rows: RowsByName) -> None:
    """Insert rows by the names of their tables."""
    store.insert(raw, {TABLES[name]: made for name, made in rows.items()})


# ── positions and names ──────────────────────────────────────────────────────────────────────


def first_after(folder: Path, bucket: int, moment: datetime) -> int | None:
    """Return the first position that was recorded after the moment; `None` if there is none here."""
    firsts = (
        pc.min(batch["position"].filter(_counted(batch, pc.greater(batch["recorded_at"], moment)))).as_py()
        for batch in batches(sound_file(folder, bucket), ("position", "recorded_at", "left_out"))
    )
    return min((first for first in firsts if first is not None), default=None)


def newest_moment(folder: Path, bucket: int, position: int) -> datetime | None:
    """Return when the newest entry at or before a position was recorded; `None` if there is none here."""
    moments = (
        pc.max(batch["recorded_at"].filter(_counted(batch, pc.less_equal(batch["position"], position))))
        for batch in batches(sound_file(folder, bucket), ("position", "recorded_at", "left_out"))
    )
    return max((moment.as_py() for moment in moments if moment.is_valid), default=None)


def _counted(batch: pa.RecordBatch, kept: pa.BooleanArray) -> pa.BooleanArray:
    """Rows that are left out do not count: they were inserted by SQL, with any moment."""
    return pc.and_(kept, pc.is_null(batch["left_out"]))


def commands_from(folder: Path, bucket: int, first: int, before: int) -> dict[int, str]:
    """Return the command of each entry from the first position on, before the other."""
    commands: dict[int, str] = {}
    for batch in batches(sound_file(folder, bucket), ("position", "command_id")):
        at = batch["position"]
        rows = batch.filter(pc.and_(pc.greater_equal(at, first), pc.less(at, before)))
        commands |= zip(rows["position"].to_pylist(), rows["command_id"].to_pylist(), strict=True)
    return commands


def names(folder: Path, bucket: int, kind: str, known: int) -> list[str]:
    """Return the ids of the grants, or calls, that were known at a position."""
    seen = set[str]()
    for batch in batches(sound_file(folder, bucket), ("stream", "position")):
        streams = batch.filter(pc.less_equal(batch["position"], known))["stream"].cast(pa.string())
        seen.update(pc.unique(streams).to_pylist())
    return [name.removeprefix(f"{kind}:") for name in seen if kind_of(name) == kind]


def entries(folder: Path, bucket: int, stream: str, known: int) -> list[Entry]:
    """Return a stream's entries up to a position; none for an unknown stream."""
    return next(
        (found for name, found in streams_in(sound_file(folder, bucket), known) if name == stream), []
    )
