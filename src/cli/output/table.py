"""Reports as tables that read well at any width, as JSON Lines, and as CSV that no spreadsheet executes."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
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
"""Stands where there is nothing to say."""
_COLORS = {"overdue": "red", "met_late": "yellow", "due_soon": "yellow", "met": "green"}


def cell(column: "Column", value: object) -> str:
    """A value as people read it: amounts grouped, nothing as a dash. Escaped."""
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


def print_table(report: "Report", caption: str, *, color: bool, file: IO[str] | None = None) -> None:
    """Draw the table within the width; the columns left out are named below it."""
    from rich.console import Console
    from rich.text import Text

    room = width()
    console = Console(file=file, width=room, no_color=not color, force_terminal=color, highlight=False)
    cells = body_of(report)
    least, longest = _widths(report, cells)
    shown = _fitting(report, least, room)
    wide = _widened(shown, least, longest, room)
    for line in _lines(report.layout, cells, wide, color=color):
        console.file.write(line + "\n")
    if not cells:
        console.print(Text("no rows"))
    console.print(Text(caption))
    short = [
        f"{column.heading} = {heading(column.name)}"
        for column in report.layout
        if column.heading and column.name in shown
    ]
    if short:
        console.print(Text(f"Columns: {', '.join(short)}."))
    if left_out := [column for column in report.columns if column not in shown]:
        console.print(
            Text(
                f"Not shown at {room} columns: {', '.join(left_out)}. --format csv or json has every column."
            )
        )


_GAP = "  "


def _lines(layout: "Columns", cells: list[list[str]], wide: dict[str, int], *, color: bool) -> Iterator[str]:
    """The heading, a rule and the rows. Each row is laid out by itself: ten thousand take a second."""
    at = [(place, column, wide[column.name]) for place, column in enumerate(layout) if column.name in wide]
    heads = [_heading(column, size).split("\n") for _, column, size in at]
    high = max(map(len, heads))
    for n in range(high):
        parts = (
            _laid(head[n - high + len(head)] if n >= high - len(head) else "", column, size)
            for head, (_, column, size) in zip(heads, at, strict=True)
        )
        yield _GAP.join(parts)
    yield "─" * (sum(wide.values()) + len(_GAP) * (len(wide) - 1))
    sizes = tuple(wide.values())
    plain = _GAP.join(f"{{:{'>' if column.is_numeric else '<'}{size}}}" for _, column, size in at)
    for row in cells:
        picked = [row[i] for i, _, _ in at]
        if not color and all(map(_fits, picked, sizes)):  # most rows: nothing to break, nothing to tint
            yield plain.format(*picked)
            continue
        folded = [_folded(row[i], size) for i, _, size in at]
        for n in range(max(map(len, folded))):
            parts = (
                _laid(lines[n] if n < len(lines) else "", column, size, color=color)
                for lines, (_, column, size) in zip(folded, at, strict=True)
            )
            yield _GAP.join(parts)


def _fits(text: str, size: int) -> bool:
    return len(text) <= size and (text.isascii() or text == NOTHING)


def _laid(text: str, column: "Column", size: int, *, color: bool = False) -> str:
    """The text in its column, numbers to the right."""
    pad = " " * (size - _cells(text))
    tint = _COLORS.get(text.replace(" ", "_")) if color and column.name == "status" else None
    if tint is not None:
        import click

        text = click.style(text, fg=tint)
    return pad + text if column.is_numeric else text + pad


def _cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


@lru_cache(maxsize=1 << 14)
def _folded(text: str, size: int) -> list[str]:
    """The text in lines that fit, broken between words where that is possible."""
    if _cells(text) <= size:
        return [text]
    from rich.console import Console
    from rich.text import Text

    lines = Text(text).wrap(Console(width=size), size, overflow="fold")
    return [line.plain.rstrip() for line in lines]


def _widened(shown: list[str], least: dict[str, int], longest: dict[str, int], room: int) -> dict[str, int]:
    """The columns' widths: what is left of the room goes to texts that would be broken, least first."""
    wide = {column: least[column] for column in shown}
    left = room - sum(wide.values()) - len(_GAP) * (len(wide) - 1)
    for column in sorted(shown, key=lambda name: longest[name] - wide[name]):
        more = max(0, min(left, longest[column] - wide[column]))
        wide[column] += more
        left -= more
    return wide


def heading(column: str) -> str:
    """A column's name for people."""
    return column.replace("_", " ")


def body_of(report: "Report") -> list[list[str]]:
    """All rows as people read them, with the totals of a table of money last."""
    cells = [cells_of(report, row) for row in report.rows]
    if report.layout.sums_last:
        return cells
    return cells + [
        [
            ("" if value is None else cell(column, value)) if i else "total"
            for i, (column, value) in enumerate(zip(report.layout, row, strict=True))
        ]
        for row in totals(report)
    ]


def cells_of(report: "Report", row: tuple[object, ...]) -> list[str]:
    """A row's cells as people read them; what the last row sums up is named ``total``."""
    cells = [cell(column, value) for column, value in zip(report.layout, row, strict=True)]
    if row[0] is None and report.layout.sums_last:
        cells[0] = "total"
    return cells


def _heading(column: "Column", room: int) -> str:
    """The column's name, its words below each other where they are wider than the column."""
    words = heading(column.heading or column.name)
    return words if len(words) <= room else words.replace(" ", "\n")


def _widths(report: "Report", cells: list[list[str]]) -> tuple[dict[str, int], dict[str, int]]:
    """How wide each column has to be at least, and would be with no text broken."""
    least, longest = {}, {}
    for i, column in enumerate(report.layout):
        words, name = (column.heading or column.name).split("_"), column.name
        longest[name] = max([*map(len, words), *(_cells(row[i]) for row in cells)])
        least[name] = min(longest[name], max(column.width or longest[name], *map(len, words)))
    return least, longest


def _fitting(report: "Report", wide: dict[str, int], room: int) -> list[str]:
    """As many columns as fit, the most telling first, in the report's own order."""
    chosen: list[str] = []
    left = room + 1
    for column in dict.fromkeys((report.columns[0], *report.layout.first, *report.columns)):
        if wide[column] + 2 <= left or not chosen:
            chosen.append(column)
            left -= wide[column] + 2
    return [column for column in report.columns if column in chosen]


def json_text(report: "Report") -> str:
    """One object a row."""
    return "".join(to_json(dict(zip(report.columns, row, strict=True))) + "\n" for row in report.rows)


_FORMULA = re.compile(r"[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_A_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


def csv_text(report: "Report") -> str:
    """Comma-separated, lists joined by ``;``; a ``'`` before a text that a spreadsheet would execute."""
    import csv
    import io

    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(report.columns)
    rows.writerows([_csv_cell(value) for value in row] for row in report.rows)
    return out.getvalue()


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = ";".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return f"'{text}" if _FORMULA.match(text) and not _A_NUMBER.fullmatch(text) else text
