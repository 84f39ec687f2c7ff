"""The glance, one screen for each morning: what is overdue or due, money, pipeline, and what changed."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select

from lifecycle.book.book import Book
from lifecycle.kernel.history import kind_of
from projections.progress.asking import grouped
from projections.progress.model import Figure, Section, Table
from projections.progress.waiting import waiting
from projections.query import AS_OF, question_of, rows_of
from projections.reports.portfolio.timeline import due_within
from projections.schema.expressions import total_of
from projections.schema.rows import written
from projections.schema.tables import holding, register_spans

DUE_WITHIN = 30
"""The number of days ahead for which the screen shows due dates."""
KEPT = 1_000
"""The most obligations of a list that are shown. Many grants may have many; ``report timeline`` lists all."""
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Glance:
    """The contents of the screen. Rows are as in reports."""

    as_of: date
    known: int
    since: int
    """The position after which changes are shown."""
    currency: str
    available: str
    """The amount that the fund can still commit."""
    closed_on: str | None
    """The day on which the fund was closed; `None` while it is open."""
    waiting: Rows
    """What waits for whom, with the number and the first of it."""
    overdue: Rows
    """The first `KEPT`, the longest overdue first."""
    overdue_count: int
    due: Rows
    """The first `KEPT`, the next first."""
    due_count: int
    money: Rows
    """By window."""
    pipeline: Rows
    """Grants on their way to effectiveness, by stage, and the amounts that they ask for."""
    calls: Rows
    """Calls that take proposals, or will."""
    changes: Rows
    """Types of entries that were recorded after the position, the most frequent first, with how many grants
    they are of (``grants_count``), and at most `KEPT` of these."""


def look(book: Book, connection: Connection, *, as_of: date, known: int, since: int) -> Glance:
    """Return the screen, with the changes after the position ``since``."""

    def rows(name: str, columns: str, by: str | None = None) -> Rows:
        question = question_of(name, by, None)
        names = question.columns.names
        by_column = (dict(zip(names, row, strict=True)) for row in rows_of(connection, question, as_of))
        return [{column: row[column] for column in columns.split()} for row in by_column]

    overdue, overdue_count, due, due_count = _due(connection, as_of)
    currency, scale = holding(connection)
    totals = rows("fund", "available closed_on")
    return Glance(
        as_of,
        known,
        since,
        currency,
        totals[-1]["available"] if totals else written(0, scale),
        totals[-1]["closed_on"] if totals else None,
        waiting(connection, as_of),
        overdue,
        overdue_count,
        due,
        due_count,
        rows("disbursement", "window grants proposals committed net_disbursed undisbursed", "window"),
        _pipeline(connection, as_of, scale),
        [
            call
            for call in rows("calls", "call status closes received left")
            if call["status"] in ("open", "announced")
        ],
        _changes(book, since, known),
    )


def _due(connection: Connection, as_of: date) -> tuple[Rows, int, Rows, int]:
    """Return the obligations that are overdue, those that are due soon, and how many there are of each.

    They come by due date, so what is longest overdue is first. Only the first `KEPT` are kept in memory.
    """
    question = due_within(DUE_WITHIN, AS_OF)
    columns = ("grant", "obligation", "item", "due_on", "status", "days")
    kept: tuple[Rows, Rows] = ([], [])
    counts = [0, 0]
    for cells in rows_of(connection, question, as_of):
        row = dict(zip(question.columns.names, cells, strict=True))
        is_due_soon = row["status"] != "overdue"
        counts[is_due_soon] += 1
        if len(kept[is_due_soon]) < KEPT:
            kept[is_due_soon].append({name: row[name] for name in columns})
    return kept[0], counts[0], kept[1], counts[1]


def _pipeline(connection: Connection, as_of: date, scale: int) -> Rows:
    on, spans = as_of.isoformat(), register_spans.c
    question = select(spans.stage, func.count().label("grants"), total_of(spans.asked).label("asked"))
    counted = connection.execute(question.where(spans.since <= on, on < spans.until).group_by(spans.stage))
    by_stage = {row.stage: row for row in counted}
    return [
        {"stage": stage, "grants": by_stage[stage].grants, "asked": written(by_stage[stage].asked, scale)}
        for stage in ("proposed", "requested", "approved", "signed")
        if stage in by_stage
    ]


def _changes(book: Book, since: int, known: int) -> Rows:
    """Return how often each type of entry was recorded, for how many grants, and the first `KEPT` of these.

    A grant takes one number in memory, whose bits are the types of its entries.
    """
    counts: Counter[str] = Counter()
    bits: dict[str, int] = {}
    types_of: dict[str, int] = defaultdict(int)
    left_out = book.journal.left_out
    for entry in book.stored(known, after=since):
        if left_out.is_out(entry.stream, entry.version, entry.position):
            continue
        event_type = entry.topic.partition(".")[0]
        counts[event_type] += 1
        if kind_of(entry.stream) == "grant":
            types_of[entry.stream] |= bits.setdefault(event_type, 1 << len(bits))
    rows = []
    for event_type, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        bit = bits.get(event_type, 0)
        grants = sorted(islice((name for name, types in types_of.items() if types & bit), KEPT))
        number = sum(1 for types in types_of.values() if types & bit)
        names = [name.removeprefix("grant:") for name in grants]
        rows.append({"entry": event_type, "recorded": count, "grants": names, "grants_count": number})
    return rows


# ── tables ───────────────────────────────────────────────────────────────────────────────────


def sections(glance: Glance, since: str) -> list[Section]:
    """Return the sections of the screen. ``since`` says in words from when on changes are shown."""
    return [
        _waiting(glance),
        _obligations("overdue", "Overdue", glance.overdue, glance.overdue_count, "days"),
        _obligations("due", f"Due in {DUE_WITHIN} days", glance.due, glance.due_count, "due_on"),
        _money(glance),
        _pipeline_and_calls(glance),
        _recorded(glance, since),
    ]


def _waiting(glance: Glance) -> Section:
    rows = [
        (row["wait"], row["role"], str(row["count"]), ", ".join(row["first"]) + _others(row))
        for row in glance.waiting
    ]
    columns = (("what waits", False), ("for", False), ("number", True), ("first", False))
    return Section("waiting", "Waiting", tables=[Table("What waits for whom", columns, rows)])


def _others(row: dict[str, Any]) -> str:
    return f" and {row['count'] - len(row['first'])} more" if row["count"] > len(row["first"]) else ""


def _obligations(id_: str, title: str, obligations: Rows, count: int, last_column: str) -> Section:
    rows = [
        (
            row["grant"] or "fund",
            row["obligation"].replace("_", " ") + (f" {row['item']}" if row["item"] else ""),
            str(row[last_column]),
        )
        for row in obligations
    ]
    last = (last_column.replace("_", " "), last_column == "days")
    columns = (("grant", False), ("obligation", False), last)
    return Section(id_, f"{title}: {count:,}", tables=[Table(title, columns, rows, count - len(rows))])


def _money(glance: Glance) -> Section:
    names = ("committed", "net_disbursed", "undisbursed")
    rows = [
        (
            row["window"].replace("_", " "),
            *(str(row[name]) for name in _COUNTS),
            *(grouped(row[name]) for name in names),
        )
        for row in glance.money
    ]
    if glance.money:
        counts = (str(sum(row[name] for row in glance.money)) for name in _COUNTS)
        sums = (grouped(str(sum(Decimal(row[name]) for row in glance.money))) for name in names)
        rows.append(("total", *counts, *sums))
    headings = ((name.replace("_", " "), True) for name in (*_COUNTS, *names))
    table = Table("Money by window", (("window", False), *headings), rows)
    available = Figure("Available to promise", f"{grouped(glance.available)} {glance.currency}")
    closed = [Figure("The fund is closed since", str(glance.closed_on))] if glance.closed_on else []
    return Section("money", "Money by window", figures=[available, *closed], tables=[table])


_COUNTS = ("grants", "proposals")


def _pipeline_and_calls(glance: Glance) -> Section:
    rows = [(row["stage"], str(row["grants"]), grouped(row["asked"])) for row in glance.pipeline]
    rows += [
        (f"call {call['call']}, until {call['closes']}", str(call["received"]), grouped(call["left"]))
        for call in glance.calls
    ]
    asked = f"asked for, or left of a call, {glance.currency}"
    columns = (("stage or call", False), ("number", True), (asked, True))
    return Section("pipeline", "Pipeline", tables=[Table("Pipeline", columns, rows)])


def _recorded(glance: Glance, since: str) -> Section:
    rows = [
        (row["entry"], str(row["recorded"]), ", ".join(row["grants"][:3]) + _more(row["grants_count"]))
        for row in glance.changes
    ]
    columns = (("entry", False), ("recorded", True), ("grants", False))
    title = f"Changed since {since}: {sum(row['recorded'] for row in glance.changes):,} entries"
    return Section("changes", title, tables=[Table("What was recorded", columns, rows)])


def _more(grants: int) -> str:
    return f" and {grants - 3:,} more" if grants > 3 else ""


__all__ = ["DUE_WITHIN", "Glance", "look", "sections"]
