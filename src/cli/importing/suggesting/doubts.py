"""What speaks against a column that was taken for one of a map: other amounts, days in the wrong order."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cli.importing.mapping.applied import Applied, CellFault
from cli.importing.mapping.days import Days
from cli.importing.mapping.model import Dates
from cli.importing.readers.reading import Reading, rows_of
from cli.importing.rows import Row
from cli.importing.suggesting.evidence import Column, days_in, is_of_either
from cli.importing.suggesting.fitting import MONEY, SURE, UNSURE, Pair, unused

TOTAL = r"(?i)^\s*(grand |sub-?)?(total|sum|summe|gesamt|insgesamt|somme|suma)s?\b[\s:.]*$"
"""What stands in a row of sums, beside the sums. The map's `leave_out` leaves such rows out."""


class TotalRow(NamedTuple):
    """The column in which a row says that it is one of sums, and what it says."""

    header: str
    value: str


def total_row_in(columns: Sequence[Column]) -> TotalRow | None:
    """Return where a row of sums says so; `None` if no row does."""
    found = (
        TotalRow(column.header, word)
        for column in columns
        for word, times in column.words.items()
        if 2 * times <= column.filled and re.match(TOTAL, word)
    )
    return next(found, None)


def doubtful_amounts(
    columns: Sequence[Column], pairs: Mapping[str, Pair], document: Mapping[str, Any]
) -> dict[str, Pair]:
    """Return the pairs of amounts that are not sure: of two readings or two commands, or beside others."""
    doubtful = {}
    for name in MONEY:
        pair = pairs.get(name)
        if pair is not None:
            doubts = ["its mark may be of thousands or of decimals"] if is_of_either([pair.column]) else []
            if pair.certainty != SURE:
                doubts += [*_in_commands(name, pairs, document), *_unused_amounts(columns, pairs.values())]
            if doubts:
                doubtful[name] = pair._replace(certainty=UNSURE, why="; ".join([pair.why, *doubts]))
    return doubtful


def _in_commands(name: str, pairs: Mapping[str, Pair], document: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence if the column is taken for the amounts of several commands that have a day."""
    commands = [
        step["command"]
        for number, step in enumerate(document["step"])
        if any(isinstance(spec, dict) and spec.get("column") == name for spec in step["fields"].values())
        and any(later["fields"]["on"]["column"] in pairs for later in document["step"][number:])
    ]
    if len(commands) > 1:
        yield f"it is taken for the amounts of {' and of '.join(commands)}"


def _unused_amounts(columns: Sequence[Column], pairs: Collection[Pair]) -> Iterator[str]:
    for column in unused(columns, pairs):
        if column.is_of_amounts and column.whole < column.filled:
            yield f"{column.header!r} has amounts as well, and is not used"


def without_late_proposal(path: Path, pairs: Mapping[str, Pair]) -> dict[str, Pair]:
    """Return the pairs without a day of proposal that was later than the approval in any row.

    If a header said that it is the day of proposal it stays, and is not sure. Raises `BadFile`.
    """
    proposed, approved = pairs.get("Proposed on"), pairs.get("Approved on")
    if proposed is None or approved is None or proposed.certainty == SURE:
        return dict(pairs)
    rows, late = _later(path, proposed.column, approved.column)
    if not late:
        return dict(pairs)
    if not proposed.is_named:
        return {name: pair for name, pair in pairs.items() if name != "Proposed on"}
    why = f"{proposed.why}; it is later than {approved.column.header!r} in {late:,} of {rows:,} rows"
    return {**pairs, "Proposed on": proposed._replace(certainty=UNSURE, why=why)}


def _later(path: Path, first: Column, second: Column) -> tuple[int, int]:
    """Return the number of rows, and in how many the first column's day is later than the second's."""
    reader = Days(Dates(formats=days_in([first, second]).forms, serial=True), "UTC", Applied())
    rows = late = 0
    for row in rows_of(path, Reading(), lambda _rule, _first: None):
        days = [_day_in(row, column.header, reader) for column in (first, second)]
        rows += 1
        late += None not in days and str(days[0]) > str(days[1])
    return rows, late


def _day_in(row: Row, header: str, reader: Days) -> str | None:
    try:
        return reader.read(row.cell(header))
    except CellFault:
        return None
