"""Reports as XLSX, for spreadsheet programs: typed cells, and a first sheet with the two dates."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from cli.output.table import heading
from cli.output.totals import totals
from projections.schema.columns import Column, Type

if TYPE_CHECKING:
    from projections.query import Report

ROWS = 1_048_575
"""The rows that one sheet holds below its header. More rows go on in a further sheet."""
LONGEST = 32_767
"""The characters that one cell holds. A longer text is cut, and the first sheet says how many were."""
_DIGITS = 15
"""The significant digits that a spreadsheet keeps of a number. A longer number is written as text."""
_FIRST_DAY = date(1900, 3, 1)
"""Spreadsheets do not agree on earlier days, which are written as text."""
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "remove_timezone": True,
}


class Dates(NamedTuple):
    """What the first sheet says about the report."""

    fund: str
    known_at: datetime | None
    """When the last entry that counts was recorded; `None` if that is not one moment."""
    caption: str


def write_spreadsheet(report: "Report", dates: Dates, file: IO[bytes]) -> None:
    """Write the report as an XLSX file, with little memory: rows go to the disk as they are read.

    The first sheet has the two dates, the second has the rows under a header that stays in sight, with a
    filter, and the totals last.
    """
    with Workbook(file, _OPTIONS) as book:
        cells = _Cells(book)
        first = book.add_worksheet("About")
        rows = iter(report.rows)
        sheet_number = 1
        _write_rows(cells, book.add_worksheet(_title(report.name, sheet_number)), report, rows)
        while more := list(islice(rows, 1)):
            sheet_number += 1
            sheet = book.add_worksheet(_title(report.name, sheet_number))
            _write_rows(cells, sheet, report, chain(more, rows))
        _write_about(cells, first, report, dates)


def _title(name: str, number: int) -> str:
    """Return a title that a sheet may have: 31 characters, none of them reserved."""
    title = re.sub(r"[\[\]:*?/\\]", " ", name)
    return title[:31] if number == 1 else f"{title[:24]} ({number})"


def _write_rows(
    cells: "_Cells", sheet: Worksheet, report: "Report", rows: Iterable[tuple[object, ...]]
) -> None:
    """Write the header and as many rows as the sheet holds, then the totals if these are the last rows."""
    layout = report.layout
    for index, column in enumerate(layout):
        sheet.set_column(index, index, _width(column))
        sheet.write_string(0, index, heading(column.name), cells.bold)
    sheet.freeze_panes(1, 1)
    number, summed = 0, totals(report)
    for row in islice(rows, ROWS - len(summed)):
        number += 1
        for index, (column, value) in enumerate(zip(layout, row, strict=True)):
            shown = "total" if index == 0 and value is None and layout.sums_last else value
            cells.write(sheet, number, index, column, shown)
    sheet.autofilter(0, 0, max(number, 1), len(layout.names) - 1)
    if number < ROWS - len(summed) and not layout.sums_last:
        for row in summed:
            number += 1
            for index, (column, value) in enumerate(zip(layout, row, strict=True)):
                cells.write(sheet, number, index, column, value, is_total=True)


def _width(column: Column) -> int:
    """Return the characters that a column shows."""
    widths = {Type.DAY: 11, Type.MONEY: 16, Type.TEXT: 18, Type.LIST: 18, Type.CODE: 14}
    return max(len(column.name) + 4, column.width or 0, widths.get(column.type, 9))


def _write_about(cells: "_Cells", sheet: Worksheet, report: "Report", dates: Dates) -> None:
    """Write the two dates, the captions, and what each column means."""
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 90)
    known_at = None if dates.known_at is None else dates.known_at.astimezone(UTC)
    lines: list[tuple[str, object, Format | None]] = [
        ("Report", report.name, None),
        ("Fund", dates.fund, None),
        ("As of", report.as_of, cells.day),
        ("Known at (UTC)", known_at, cells.moment),
        ("Journal position", report.known, cells.count),
        *(("", line, None) for line in dates.caption.splitlines()),
    ]
    if totals(report) and not report.layout.sums_last:
        lines.append(("", "The last rows of the sheet, in bold below the filter, are totals.", None))
    if cells.cut:
        lines.append(("", f"Texts cut at {LONGEST:,} characters: {cells.cut:,}. JSON has them whole.", None))
    lines += [("", None, None), ("Column", "Meaning", cells.bold)]
    lines += [(heading(column.name), column.meaning, None) for column in report.layout]
    for number, (name, value, form) in enumerate(lines):
        sheet.write_string(number, 0, name, cells.bold)
        match value:
            case datetime() | date():
                sheet.write_datetime(number, 1, value, form)
            case int():
                sheet.write_number(number, 1, value, form)
            case str():
                sheet.write_string(number, 1, value, form or cells.text)
            case _:
                pass  # nothing is known of it, or the line is blank


class _Cells:
    """Writes cells, each with the format of its type."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._formats: dict[tuple[str, bool], Format] = {}
        self.cut = 0
        """How many texts were longer than a cell."""
        self.bold = book.add_format({"bold": True})
        self.text, self.day, self.count = self._form("@"), self._form("yyyy-mm-dd"), self._form("#,##0")
        self.moment = self._form("yyyy-mm-dd hh:mm:ss")

    def _form(self, number_format: str, *, is_total: bool = False) -> Format:
        key = (number_format, is_total)
        if key not in self._formats:
            style = {"num_format": number_format, "align": "left"} if number_format.startswith("y") else {}
            self._formats[key] = self._book.add_format(
                {"num_format": number_format, "bold": is_total, "top": int(is_total), **style}
            )
        return self._formats[key]

    def write(
        self, sheet: Worksheet, row: int, index: int, column: Column, value: Any, *, is_total: bool = False
    ) -> None:
        """Write one cell: a number, a day, a truth value or a text. No text is taken for a formula."""
        match value:
            case None:
                return
            case bool():
                sheet.write_boolean(row, index, value)
                return
            case list() | tuple():
                value = "; ".join(map(str, value))
            case _ if column.is_numeric and _is_exact(str(value)):
                _, _, decimals = str(value).partition(".")
                whole = "#,##0" if column.is_grouped else "0"
                form = self._form(f"{whole}.{'0' * len(decimals)}" if decimals else whole, is_total=is_total)
                sheet.write_number(row, index, float(value), form)
                return
            case _ if column.type is Type.DAY and (day := _day(value)):
                sheet.write_datetime(row, index, day, self._form("yyyy-mm-dd", is_total=is_total))
                return
        text = str(value)
        if text.startswith("<r>") and text.endswith("</r>"):
            text += " "  # without the blank, XlsxWriter takes it for XML of its own
        self.cut += len(text) > LONGEST
        sheet.write_string(row, index, text[:LONGEST], self._form("@", is_total=is_total))


def _is_exact(text: str) -> bool:
    """Return whether a spreadsheet keeps every digit of the number."""
    return len(Decimal(text).normalize().as_tuple().digits) <= _DIGITS


def _day(value: object) -> date | None:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        return None
    return day if day >= _FIRST_DAY else None
