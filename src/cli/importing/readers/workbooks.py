"""Rows of spreadsheets: XLSX and ODS, read by calamine."""

from collections.abc import Iterator
from datetime import time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from cli.importing.readers.limits import check_workbook
from cli.importing.readers.tables import Note, Placed
from cli.importing.rows import BadFile, Value


def workbook_rows(path: Path, file: str, sheet: str | None, note: Note) -> Iterator[Placed]:
    """Yield the rows of a sheet: the one that the map names, or the first. Raises `BadFile`."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook
    except ModuleNotFoundError:
        raise BadFile(
            f"{file}: spreadsheets need python-calamine: pip install 'grantbook[import]', or save it as CSV"
        ) from None
    check_workbook(path)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            name = _sheet(book.sheet_names, sheet, file)
            if sheet is None and len(book.sheet_names) > 1:
                note(f"only the first sheet is read, {name}", file)
            yield from _rows(book.get_sheet_by_name(name), f"{file}:{name}" if sheet is None else name)
    except (CalamineError, OSError) as error:
        raise BadFile(f"{file}: it cannot be read: {error}") from None


def _sheet(names: list[str], sheet: str | None, file: str) -> str:
    if sheet is None and names:
        return names[0]
    for name in names:
        if sheet is not None and name.casefold() == sheet.casefold():
            return name
    raise BadFile(f"{file}: it has no sheet {sheet!r}; it has: {', '.join(names) or 'none'}")


def _rows(sheet: Any, prefix: str) -> Iterator[Placed]:
    for number, values in enumerate(sheet.to_python(skip_empty_area=False), 1):
        yield [_value(value) for value in values], partial(_place, prefix, number)


def _place(prefix: str, row: int, column: int) -> str:
    return f"{prefix}!{letters(column)}{row}"


def _value(value: Any) -> Value:
    if value == "":
        return None
    return str(value) if isinstance(value, time | timedelta) else value


def letters(column: int) -> str:
    """Return the letters of a column, whose number is counted from 0."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
