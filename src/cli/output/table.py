"""Reports as tables that fit the terminal, as JSON Lines, and as CSV that no spreadsheet executes."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from cli.output.terminal_text import (
    grouped,
    safe,
    to_json,
    width,
)
from cli.output.totals import totals

if TYPE_CHECKING:
    from projections.query import Report
    from projections.schema.columns import Column, Columns

NOTHING = "\u2013"
"""The dash that an empty cell shows."""
_COLORS = {"overdue": "red", "met_late": "yellow", "due_soon": "yellow", "met": "green"}


def cell(column: "Column", value: object) -> str:
    """Return a value for people, escaped: amounts with separators, a dash for `None`."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(safe(item) for item in value)
    if column.is_grouped:
        return grouped(Decimal(str(value)))
    if column.is_code:
        return safe(value).replace("_", " ")
    return safe(value)


def print_table(
    report: "Report", caption: str, *, color: bool, file: IO[str] | None = None, is_whole: bool = False
) -> None:
    """Print the table within the terminal's width, and below it the names of columns that did not fit.

    If ``is_whole``, as in a file, the table has every column and is as wide as that takes.
    """
    from rich.console import Console
    from rich.text import Text

    least, longest = _least_and_longest(report)
    available = max(width(), sum(least.values()) + len(_GAP) * len(least)) if is_whole else width()
    console = Console(file=file, width=available, no_color=not color, force_terminal=color, highlight=False)
    shown = _fitting(report, least, available)
    widths = _widened(shown, least, longest, available)
    for line in _lines(report.layout, body_of(report), widths, color=color):
        console.file.write(line + "\n")
    if not report.rows:
        console.print(Text("no rows"))
    console.print(Text(caption))
    abbreviations = [
        f"{column.heading} = {heading(column.name)}"
        for column in report.layout
        if column.heading and column.name in shown
    ]
    if abbreviations:
        console.print(Text(f"Columns: {', '.join(abbreviations)}."))
    if left_out := [column for column in report.columns if column not in shown]:
        console.print(
            Text(
                f"Not shown at {available} columns: {', '.join(left_out)}."
                " --format csv or json has every column."
            )
        )


_GAP = "  "


def _lines(
    layout: "Columns", cells: Iterable[list[str]], widths: dict[str, int], *, color: bool
) -> Iterator[str]:
    """Yield the heading, a rule and the rows. ``widths`` has the columns that are shown."""
    shown = [
        (index, column, widths[column.name]) for index, column in enumerate(layout) if column.name in widths
    ]
    yield from _heading_lines([(column, size) for _, column, size in shown])
    yield "─" * (sum(widths.values()) + len(_GAP) * (len(widths) - 1))
    sizes = tuple(widths.values())
    one_line = _GAP.join(f"{{:{'>' if column.is_numeric else '<'}{size}}}" for _, column, size in shown)
    for row in cells:
        texts = [row[index] for index, _, _ in shown]
        if not color and all(map(_fits, texts, sizes)):  # as most rows do: ten thousand take a second
            yield one_line.format(*texts)
            continue
        folded = [_folded(row[index], size) for index, _, size in shown]
        for n in range(max(map(len, folded))):
            parts = (
                _aligned(lines[n] if n < len(lines) else "", column, size, color=color)
                for lines, (_, column, size) in zip(folded, shown, strict=True)
            )
            yield _GAP.join(parts)


def _heading_lines(columns: "list[tuple[Column, int]]") -> Iterator[str]:
    """Yield the lines of the heading. A heading of fewer lines stands at the bottom."""
    headings = [_heading(column, size).split("\n") for column, size in columns]
    height = max(map(len, headings))
    for n in range(height):
        parts = (
            _aligned(lines[n - height + len(lines)] if n >= height - len(lines) else "", column, size)
            for lines, (column, size) in zip(headings, columns, strict=True)
        )
        yield _GAP.join(parts)


def _fits(text: str, size: int) -> bool:
    return len(text) <= size and (text.isascii() or text == NOTHING)


def _aligned(text: str, column: "Column", size: int, *, color: bool = False) -> str:
    """Return the text padded to the column's width, numbers on the right."""
    pad = " " * (size - _width_of(text))
    tint = _COLORS.get(text.replace(" ", "_")) if color and column.name == "status" else None
    if tint is not None:
        import click

        text = click.style(text, fg=tint)
    return pad + text if column.is_numeric else text + pad


def _width_of(text: str) -> int:
    """Return how many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


@lru_cache(maxsize=1 << 14)
def _folded(text: str, size: int) -> list[str]:
    """Return the text in lines that fit, broken between words if possible."""
    if _width_of(text) <= size:
        return [text]
    from rich.console import Console
    from rich.text import Text

    lines = Text(text).wrap(Console(width=size), size, overflow="fold")
    return [line.plain.rstrip() for line in lines]


def _widened(
    shown: list[str], least: dict[str, int], longest: dict[str, int], available: int
) -> dict[str, int]:
    """Return the columns' widths. Spare width goes to columns with broken texts, the least broken first."""
    widths = {column: least[column] for column in shown}
    spare = available - sum(widths.values()) - len(_GAP) * (len(widths) - 1)
    for column in sorted(shown, key=lambda name: longest[name] - widths[name]):
        more = max(0, min(spare, longest[column] - widths[column]))
        widths[column] += more
        spare -= more
    return widths


def heading(column: str) -> str:
    """Return a column's name for people."""
    return column.replace("_", " ")


def body_of(report: "Report") -> Iterator[list[str]]:
    """Yield all rows for people, with the totals of a table of money last."""
    for row in report.rows:
        yield cells_of(report, row)
    yield from totals_of(report)


def totals_of(report: "Report") -> Iterator[list[str]]:
    """Yield the totals of a table of money for people, unless they are among its rows."""
    if report.layout.sums_last:
        return
    for row in totals(report):
        yield [
            ("" if value is None else cell(column, value)) if i else "total"
            for i, (column, value) in enumerate(zip(report.layout, row, strict=True))
        ]


def cells_of(report: "Report", row: tuple[object, ...]) -> list[str]:
    """Return a row's cells for people; the row of sums is named ``total``."""
    cells = [cell(column, value) for column, value in zip(report.layout, row, strict=True)]
    if row[0] is None and report.layout.sums_last:
        cells[0] = "total"
    return cells


def _heading(column: "Column", size: int) -> str:
    """Return the column's name, one word a line if it is wider than the column."""
    words = heading(column.heading or column.name)
    return words if len(words) <= size else words.replace(" ", "\n")


def _least_and_longest(report: "Report") -> tuple[dict[str, int], dict[str, int]]:
    """Return each column's least width, and its width with no text broken."""
    headings = [max(map(len, (column.heading or column.name).split("_"))) for column in report.layout]
    widths = list(headings)
    for row in body_of(report):
        widths = list(map(max, widths, map(_width_of, row)))
    least = {
        column.name: min(width, max(column.width or width, heading))
        for column, width, heading in zip(report.layout, widths, headings, strict=True)
    }
    return least, dict(zip(report.columns, widths, strict=True))


def _fitting(report: "Report", widths: dict[str, int], available: int) -> list[str]:
    """Return the columns that fit, chosen by importance, in the report's order."""
    chosen: list[str] = []
    spare = available + 1
    for column in dict.fromkeys((report.columns[0], *report.layout.first, *report.columns)):
        if widths[column] + 2 <= spare or not chosen:
            chosen.append(column)
            spare -= widths[column] + 2
    return [column for column in report.columns if column in chosen]


def json_lines(report: "Report") -> Iterator[str]:
    """Yield one JSON object a line, for each row."""
    for row in report.rows:
        yield to_json(dict(zip(report.columns, row, strict=True))) + "\n"


def json_array(report: "Report") -> Iterator[str]:
    """Yield the parts of one JSON array, in which each row is a line."""
    separator = "["
    for line in json_lines(report):
        yield f"{separator}\n{line.rstrip()}"
        separator = ","
    yield "[]\n" if separator == "[" else "\n]\n"


_FORMULA = re.compile(r"[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def csv_lines(report: "Report") -> Iterator[str]:
    """Yield the rows as CSV, lists joined by ``;``. Text that a spreadsheet would execute is escaped."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in chain([report.columns], report.rows):
        writer.writerow(map(csv_cell, row))
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def csv_cell(value: Any) -> str:
    """Return a value as it stands in CSV. Text that a spreadsheet would execute is escaped."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = ";".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
