"""Rows of a table, with its header found: of CSV files, and for spreadsheets."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from cli.importing.readers.limits import opened
from cli.importing.rows import BadFile, NamedRow, Row, Value, alternatives, column_key, text_of
from lifecycle.types.readings.nearest import did_you_mean

_HEADER_WITHIN = 30
"""The header is one of the first rows, of this number."""
_DELIMITERS = ",;\t|"
_LONGEST_CELL = 1024 * 1024
Note = Callable[[str, str], None]
"""Counts that a rule was applied, with the address of the row."""
Placed = tuple[Sequence[Value], Callable[[int], str]]
"""The values of a row, and the address of each by its number from 0."""


def table(  # noqa: PLR0917 how the rows and the header are read
    rows: Iterator[Placed],
    columns: Sequence[str],
    optional: Sequence[str],
    header: int | None,
    file: str,
    note: Note,
) -> Iterator[Row]:
    """Yield the rows below the header as named rows. Empty rows are left out.

    ``columns``: the names that the map uses. ``header``: the number of the header's row from 1, if the map
    names it; otherwise it is the first row with the most of the names. Raises `BadFile`.
    """
    buffer: list[Placed] = []
    for placed in rows:
        buffer.append(placed)
        if len(buffer) >= (header or _HEADER_WITHIN):
            break
    at = _header_at(buffer, columns, header)
    if at is None:
        raise BadFile(f"{file}: it has no rows")
    titles = [text_of(value) for value in buffer[at][0]]
    names = [column_key(title) for title in titles]
    shown = [str(value) for value, title in zip(buffer[at][0], titles, strict=True) if title]
    _check_names(titles, columns, optional, file)
    if at:
        note(f"rows above the header left out: the header is row {at + 1}", buffer[at][1](0))
    for values, place in _chain(buffer[at + 1 :], rows):
        if all(value is None or not text_of(value) for value in values):
            continue
        pairs = [(name, i) for i, name in enumerate(names) if name and i < len(values)]
        cells = {name: values[i] for name, i in pairs}
        yield NamedRow(cells, place(0), {name: place(i) for name, i in pairs}, shown)


def _chain(first: Sequence[Placed], rest: Iterator[Placed]) -> Iterator[Placed]:
    yield from first
    yield from rest


def _header_at(buffer: Sequence[Placed], columns: Sequence[str], header: int | None) -> int | None:
    """Return the index of the header: as the map says, or the row with the most of the map's columns."""
    if header is not None:
        return header - 1 if len(buffer) >= header else None
    wanted = {column_key(place) for name in columns for place in alternatives(name)}
    best, most = None, -1
    for index, (values, _) in enumerate(buffer):
        names = {column_key(text_of(value)) for value in values} - {""}
        score = len(names & wanted) if wanted else len(names)
        if names and score > most:
            best, most = index, score
        if wanted and score == len(wanted):
            break
    return best


def _check_names(titles: Sequence[str], columns: Sequence[str], optional: Sequence[str], file: str) -> None:
    """Raise `BadFile` if a column that the map uses is missing, or stands there twice."""
    counts = Counter(column_key(title) for title in titles if title)
    may_miss = {column_key(name) for name in optional}
    missing = [
        name
        for name in columns
        if column_key(name) not in may_miss
        and not any(counts[column_key(place)] for place in alternatives(name))
    ]
    if missing:
        near = "".join(did_you_mean(name, filter(None, titles)) for name in missing[:1])
        raise BadFile(
            f"{file}: it has no column {', '.join(map(repr, missing))}{near or '.'}"
            f" The header that was found: {', '.join(filter(None, titles))}"
        )
    for name in columns:
        if any(counts[column_key(place)] > 1 for place in alternatives(name)):
            raise BadFile(f"{file}: the header has the column {name!r} twice: rename one of them")


def csv_rows(
    path: Path, file: str, encoding: str | None, delimiter: str | None, note: Note
) -> Iterator[Placed]:
    """Yield the rows of a CSV file. Raises `BadFile` if its text cannot be read."""
    encoding = encoding or _encoding(path, file)
    with opened(path) as raw, _decoded(raw, encoding, file) as text:
        lines = _lines(text, file, encoding)
        first = next(lines, "")
        chosen = delimiter or _delimiter(first)
        if not delimiter and chosen != ",":
            note(f"columns are separated by {chosen!r}", f"{file}:1")
        csv.field_size_limit(_LONGEST_CELL)
        reader = csv.reader(_first_and(first, lines), delimiter=chosen, strict=False)
        before = 0
        try:
            for values in reader:
                row = before + 1
                before = reader.line_num
                yield values, partial(_place, file, row)
        except csv.Error as error:
            raise BadFile(f"{file}:{reader.line_num}: {error}") from None


def _place(file: str, row: int, column: int) -> str:
    return f"{file}:{row}:{column + 1}"


def _decoded(raw: IO[bytes], encoding: str, file: str) -> io.TextIOWrapper:
    try:
        return io.TextIOWrapper(raw, encoding, newline="")
    except LookupError:
        raise BadFile(f"{file}: there is no encoding {encoding!r}: utf-8, windows-1252 are two") from None


def _first_and(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines


def _lines(text: Iterable[str], file: str, encoding: str) -> Iterator[str]:
    number = 0
    try:
        for number, line in enumerate(text, 1):
            if len(line) > 8 * _LONGEST_CELL:
                raise BadFile(f"{file}:{number}: a line of {len(line):,} characters is no row of a table")
            yield line.removeprefix("\ufeff") if number == 1 else line
    except UnicodeDecodeError:
        raise BadFile(
            f"{file}: line {number + 1} or one soon after is not {encoding}: write the encoding in the map,"
            ' for example encoding = "windows-1252"'
        ) from None


def _encoding(path: Path, file: str) -> str:
    """Return the encoding that the file's first bytes say; UTF-8 if they say none."""
    with opened(path) as raw:
        head = raw.read(4)
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if head.startswith(mark):
            return name
    if b"\x00" in head:
        raise BadFile(
            f"{file}: it holds zero bytes, so it is no text: is it a spreadsheet under another name?"
        )
    return "utf-8"


def _delimiter(header: str) -> str:
    """Return the mark that separates the columns of the header."""
    return max(_DELIMITERS, key=lambda mark: (header.count(mark), mark == ","))
