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

NOTHING = "\u2013"
"""Stands where there is nothing to say."""
MONEY = frozenset(
    """approved increased cancelled committed requested disbursed refunded net_disbursed undisbursed overpaid
    pledged agreed received received_holding fees income returned available
    envelope selected_amount left cost
    cash in_kind cost_share private preparation supervision cofinancing cost_per_activity
    cost_per_participant cost_per_pair finance_needed finance_found finance_missing scheduled missing
    """.split()
)
"""Columns of amounts."""
_SHORT = {
    "raised_awareness": "aware",
    "enhanced_knowledge_and_skills": "skill",
    "improved_consensus_and_teamwork": "team",
    "strengthened_coalitions": "coal.",
    "enhanced_networks": "netw.",
    "increased_implementation_knowledge": "impl.",
}
"""Headings that are shorter than their columns, so that all six outcomes stand beside each other."""
NUMBERS = (
    MONEY
    | _SHORT.keys()
    | frozenset(
        """share_disbursed share_elapsed share_of_sought grants days reviews mean lowest highest
        mean_selected mean_declined declined withdrawn undecided countries countries_received selected
        planned held cancelled met met_late missed overdue due_soon upcoming waived not_started not_applicable
        women men not_stated participants moves sought_and_achieved lessons with_results
        with_lessons receiving providing both proposals facilitating financing demand supply delivered
        activities pairs leverage transaction_cost_share share_tied capacity_share follow_ups respondents
        satisfaction activities_known participants_known pairs_known cofinancing_known costs_known
        over_activities over_participants over_pairs over_cofinancing over_costs
        proposed approved signed effective closed rank score stories""".split()
    )
)
_SUMMED = frozenset(("fund", "outcomes", "exchanges", "countries", "value"))
"""Reports whose last row may sum the others up: it has nothing in its first column."""

_FIRST = {
    "countries": "country name receiving providing both grants held",
    "countries by": "",
    "value": "grant net_disbursed activities cost_per_activity participants cost_per_participant cofinancing",
    "value by": "net_disbursed activities cost_per_activity participants cost_per_participant cofinancing",
    "instalments": "partner instalment currency scheduled due_on missing status",
    "follow-ups": "grant action due status finance_missing days owner follow_up",
    "follow-ups by": "grant follow_ups finance_needed finance_found finance_missing currency",
    "stages": "grant stage proposed requested approved effective follow_up days",
    "parties": "grant role country organization since",
    "search": "rank grant kind snippet providers recipients sector",
    "match": "rank provider name score last_held_on evidence held received_before stories",
    "exchanges": "grant activity instrument status starts ends cost currency participants",
    "exchanges by": "held participants women men not_stated cost currency other_currencies planned cancelled",
    "outcomes": "grant " + " ".join(_SHORT) + " lessons results",
    "outcomes by": "sought achieved sought_and_achieved share_of_sought",
    "register": "grant title stage window recipients providers closing_date suspended",
    "disbursement": "grant committed disbursed undisbursed share_disbursed net_disbursed share_elapsed",
    "disbursement by": "grants proposals committed net_disbursed undisbursed disbursed currency",
    "disbursement in periods": "grants proposals approved disbursed refunded net_disbursed currency",
    "windows": "grant rule complies figure limit waiver waived_by window edition",
    "timeline": "grant obligation status due_on days item met_on",
    "calls": "call envelope received requested selected declined countries left status selected_amount",
    "calls by": "criterion reviews mean lowest highest mean_selected mean_declined",
    "timeline by": "obligation met met_late missed overdue due_soon upcoming waived not_started",
    "fund": "partner currency pledged received_holding committed available kind received",
}
"""The most telling columns of each report, which a narrow terminal gets first."""
_ROOM = {
    "title": 30,
    "sector": 20,
    "recipients": 14,
    "providers": 14,
    "obligation": 13,
    "status": 10,
    "superseded": 24,
    "name": 16,
    "region": 18,
    "income_group": 12,
    "action": 16,
    "owner": 14,
    "handed_to": 14,
    "organization": 24,
    "summary": 40,
    "snippet": 24,
    "evidence": 24,
    "kind": 11,
    "figure": 23,
    "waiver": 20,
    "limit": 23,
    "outcomes": 20,
    "grants": 14,
}
"""Texts that may be broken over lines, with the columns that they need at least to read well."""
_COLORS = {"overdue": "red", "met_late": "yellow", "due_soon": "yellow", "met": "green"}


def cell(column: str, value: object) -> str:
    """A value as people read it: amounts grouped, nothing as a dash. Escaped."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(safe(item) for item in value)
    if column in MONEY:
        return grouped(Decimal(str(value)))
    if column in ("status", "stage", "obligation", "kind"):
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
    for line in _lines(report, cells, _widened(shown, least, longest, room), color=color):
        console.file.write(line + "\n")
    if not cells:
        console.print(Text("no rows"))
    console.print(Text(caption))
    if short := [f"{_SHORT[column]} = {column.replace('_', ' ')}" for column in shown if column in _SHORT]:
        console.print(Text(f"Columns: {', '.join(short)}."))
    if left_out := [column for column in report.columns if column not in shown]:
        console.print(
            Text(
                f"Not shown at {room} columns: {', '.join(left_out)}. --format csv or json has every column."
            )
        )


_GAP = "  "


def _lines(report: "Report", cells: list[list[str]], wide: dict[str, int], *, color: bool) -> Iterator[str]:
    """The heading, a rule and the rows. Each row is laid out by itself: ten thousand take a second."""
    at = [(report.columns.index(column), column, size) for column, size in wide.items()]
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
    plain = _GAP.join(f"{{:{'>' if column in NUMBERS else '<'}{size}}}" for _, column, size in at)
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


def _laid(text: str, column: str, size: int, *, color: bool = False) -> str:
    """The text in its column, numbers to the right."""
    pad = " " * (size - _cells(text))
    tint = _COLORS.get(text.replace(" ", "_")) if color and column == "status" else None
    if tint is not None:
        import click

        text = click.style(text, fg=tint)
    return pad + text if column in NUMBERS else text + pad


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
    if report.name in _SUMMED and (not report.rows or report.rows[-1][0] is None):
        return cells
    return cells + [
        [
            ("" if value is None else cell(column, value)) if i else "total"
            for i, (column, value) in enumerate(zip(report.columns, row, strict=True))
        ]
        for row in totals(report, MONEY)
    ]


def cells_of(report: "Report", row: tuple[object, ...]) -> list[str]:
    """A row's cells as people read them; what the last row sums up is named ``total``."""
    cells = [cell(column, value) for column, value in zip(report.columns, row, strict=True)]
    if row[0] is None and report.name in _SUMMED:
        cells[0] = "total"
    return cells


def _heading(column: str, room: int) -> str:
    """The column's name, its words below each other where they are wider than the column."""
    words = _SHORT.get(column, column).replace("_", " ")
    return words if len(words) <= room else words.replace(" ", "\n")


def _widths(report: "Report", cells: list[list[str]]) -> tuple[dict[str, int], dict[str, int]]:
    """How wide each column has to be at least, and would be with no text broken."""
    least, longest = {}, {}
    for i, column in enumerate(report.columns):
        words = _SHORT.get(column, column).split("_")
        longest[column] = max([*map(len, words), *(_cells(row[i]) for row in cells)])
        least[column] = min(longest[column], max(_ROOM.get(column, longest[column]), *map(len, words)))
    return least, longest


def _fitting(report: "Report", wide: dict[str, int], room: int) -> list[str]:
    """As many columns as fit, the most telling first, in the report's own order."""
    forms = [
        _FIRST.get(key, "").split() for key in (report.name, f"{report.name} by", f"{report.name} in periods")
    ]
    fits = next((form for form in forms if wide.keys() >= set(form)), forms[-1])
    telling = [name for name in fits if name in wide]
    chosen: list[str] = []
    left = room + 1
    for column in dict.fromkeys((report.columns[0], *telling, *report.columns)):
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
