"""Reports as tables that read well at any width, as JSON Lines, and as CSV that no spreadsheet executes."""

import re
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from cli.text import grouped, safe, to_json, width

if TYPE_CHECKING:
    from projections.reports import Report

MONEY = frozenset(
    """approved increased cancelled committed requested disbursed refunded net_disbursed undisbursed
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
        mean_selected mean_declined declined withdrawn undecided countries_received planned held cancelled
        women men not_stated participants moves sought_and_achieved lessons with_results
        with_lessons receiving providing both proposals facilitating financing demand supply delivered
        activities pairs leverage transaction_cost_share share_tied capacity_share follow_ups respondents
        satisfaction proposed approved signed effective closed rank score stories""".split()
    )
)
_SUMMED = frozenset(("fund", "outcomes", "exchanges", "countries", "value"))
"""Reports whose last row sums the others up: it has nothing in its first column."""

_FIRST = {
    "countries": "country name receiving providing both grants held",
    "countries by": "",
    "value": "grant cofinancing net_disbursed leverage activities cost_per_activity participants pairs",
    "value by": "cofinancing net_disbursed leverage activities cost_per_activity transaction_cost_share",
    "instalments": "partner instalment currency scheduled due_on received_on status",
    "follow-ups": "grant follow_up owner due status days finance_missing",
    "follow-ups by": "grant follow_ups finance_needed finance_found finance_missing currency",
    "stages": "grant stage proposed requested approved effective follow_up days",
    "search": "rank grant kind snippet",
    "match": "rank provider name score held stories last_held_on received_before evidence",
    "exchanges": "grant activity instrument status starts ends women men participants cost",
    "exchanges by": "held participants women men not_stated cost currency planned cancelled",
    "outcomes": "grant " + " ".join(_SHORT) + " lessons results",
    "outcomes by": "sought achieved sought_and_achieved share_of_sought",
    "register": "grant title stage window recipients providers closing_date suspended",
    "disbursement": "grant committed disbursed undisbursed share_disbursed net_disbursed share_elapsed",
    "disbursement by": "grants net_disbursed committed disbursed currency undisbursed",
    "windows": "grant window rule figure limit complies edition",
    "timeline": "grant obligation status due_on days item met_on",
    "calls": "call status envelope received requested selected selected_amount left countries declined",
    "calls by": "criterion reviews mean lowest highest mean_selected mean_declined",
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
    "action": 20,
    "owner": 14,
    "handed_to": 14,
    "organization": 24,
    "summary": 40,
    "snippet": 24,
    "evidence": 24,
    "kind": 11,
    "outcomes": 20,
    "grants": 14,
}
"""Texts that may be broken over lines, with the columns that they need at least to read well."""
_COLORS = {"overdue": "red", "met_late": "yellow", "due_soon": "yellow", "met": "green"}


def cell(column: str, value: object) -> str:
    """A value as people read it: amounts grouped, nothing as a dash. Escaped."""
    if value is None:
        return "\u2013"
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
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    room = width()
    console = Console(file=file, width=room, no_color=not color, force_terminal=color, highlight=False)
    cells = [cells_of(report, row) for row in report.rows]
    wide = _widths(report, cells)
    shown = _fitting(report, wide, room)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for column in shown:
        numeric = column in NUMBERS
        table.add_column(
            Text(_heading(column, wide[column])),
            justify="right" if numeric else "left",
            no_wrap=column not in _ROOM,
            min_width=wide[column],
            overflow="fold",
        )
    at = [report.columns.index(column) for column in shown]
    for row in cells:
        table.add_row(*(Text(row[i], style=_style(report.columns[i], row[i])) for i in at))
    console.print(table)
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


def heading(column: str) -> str:
    """A column's name for people."""
    return column.replace("_", " ")


def cells_of(report: "Report", row: tuple[object, ...]) -> list[str]:
    """A row's cells as people read them; what the last row sums up is named ``total``."""
    cells = [cell(column, value) for column, value in zip(report.columns, row, strict=True)]
    if row[0] is None and report.name in _SUMMED:
        cells[0] = "total"
    return cells


def _style(column: str, text: str) -> str:
    return _COLORS.get(text.replace(" ", "_"), "") if column == "status" else ""


def _heading(column: str, room: int) -> str:
    """The column's name, its words below each other where they are wider than the column."""
    words = _SHORT.get(column, column).replace("_", " ")
    return words if len(words) <= room else words.replace(" ", "\n")


def _widths(report: "Report", cells: list[list[str]]) -> dict[str, int]:
    """How wide each column has to be."""
    wide = {}
    for i, column in enumerate(report.columns):
        longest = max(
            [*(len(word) for word in _SHORT.get(column, column).split("_")), *(len(row[i]) for row in cells)]
        )
        wide[column] = min(longest, _ROOM.get(column, longest))
    return wide


def _fitting(report: "Report", wide: dict[str, int], room: int) -> list[str]:
    """As many columns as fit, the most telling first, in the report's own order."""
    forms = [_FIRST.get(key, "").split() for key in (report.name, f"{report.name} by")]
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


_FORMULA = re.compile(r"[=+\-@\t\r]")
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
