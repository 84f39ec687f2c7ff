"""The one screen of each morning: what is overdue, what is due, money, pipeline, and what changed."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from lifecycle.book.book import Book
from lifecycle.kernel.history import kind_of
from projections.progress.asking import grouped
from projections.progress.model import Figure, Section, Table
from projections.query import AS_OF, ask, question_of
from projections.reports.portfolio.register import standing_on
from projections.reports.portfolio.timeline import due_within
from projections.schema.tables import holding, written

DUE_WITHIN = 30
"""Days ahead that the screen looks."""
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Glance:
    """The screen, on its two dates, with the position since which changes are told; rows as in reports."""

    as_of: date
    known: int
    since: int
    currency: str
    available: str
    """What the fund can still promise."""
    overdue: Rows
    due: Rows
    money: Rows
    """By window."""
    pipeline: Rows
    """Grants on their way to effectiveness, by stage, and what they ask for."""
    calls: Rows
    """Those that take proposals, or will."""
    changes: Rows
    """Kinds of entries that were recorded after the position, the commonest first, with the grants."""


def look(book: Book, connection: Connection, *, as_of: date, known: int, since: int) -> Glance:
    """What a programme manager asks each morning. ``since``: changes after this position are told."""

    def rows(name: str, columns: str, by: str | None = None) -> Rows:
        question = due_within(DUE_WITHIN, AS_OF) if name == "due" else question_of(name, by, None)
        report = ask(connection, name, question, as_of=as_of, known=known)
        each = (dict(zip(report.columns, row, strict=True)) for row in report.rows)
        return [{column: row[column] for column in columns.split()} for row in each]

    due = rows("due", "grant obligation item due_on status days")
    late = [row for row in due if row["status"] == "overdue"]
    currency, scale = holding(connection)
    totals = rows("fund", "available")
    return Glance(
        as_of,
        known,
        since,
        currency,
        totals[-1]["available"] if totals else written(0, scale),
        sorted(late, key=lambda row: -row["days"]),
        [row for row in due if row["status"] != "overdue"],
        rows("disbursement", "window grants proposals committed net_disbursed undisbursed", "window"),
        _pipeline(connection, as_of, scale),
        [
            call
            for call in rows("calls", "call status closes received left")
            if call["status"] in ("open", "announced")
        ],
        _changes(book, since, known),
    )


def _pipeline(connection: Connection, as_of: date, scale: int) -> Rows:
    standing = standing_on(connection, as_of)
    found = []
    for stage in ("proposed", "requested", "approved", "signed"):
        grants = [row for row in standing if row.stage == stage]
        if grants:
            asked = written(sum(row.asked for row in grants), scale)
            found.append({"stage": stage, "grants": len(grants), "asked": asked})
    return found


def _changes(book: Book, since: int, known: int) -> Rows:
    kinds: Counter[str] = Counter()
    touched: dict[str, set[str]] = defaultdict(set)
    left_out = book.journal.left_out
    for entry in book.stored(known, after=since):
        if left_out.is_out(entry.stream, entry.version, entry.position):
            continue
        kind = entry.topic.partition(".")[0]
        kinds[kind] += 1
        if kind_of(entry.stream) == "grant":
            touched[kind].add(entry.stream.removeprefix("grant:"))
    return [
        {"entry": kind, "recorded": number, "grants": sorted(touched[kind])}
        for kind, number in sorted(kinds.items(), key=lambda it: (-it[1], it[0]))
    ]


# ── for people ───────────────────────────────────────────────────────────────────────────────


def sections(it: Glance, since: str) -> list[Section]:
    """The screen in its parts. ``since``: in words, from when on changes are told."""
    return [
        _obligations("overdue", "Overdue", it.overdue, "days"),
        _obligations("due", f"Due in {DUE_WITHIN} days", it.due, "due_on"),
        _money(it),
        _on_its_way(it),
        _changed(it, since),
    ]


def _obligations(id_: str, title: str, found: Rows, last: str) -> Section:
    told = [
        (
            row["grant"] or "fund",
            row["obligation"].replace("_", " ") + (f" {row['item']}" if row["item"] else ""),
            str(row[last]),
        )
        for row in found
    ]
    columns = (("grant", False), ("obligation", False), (last.replace("_", " "), last == "days"))
    return Section(id_, f"{title}: {len(told)}", tables=[Table(title, columns, told)])


def _money(it: Glance) -> Section:
    names = ("committed", "net_disbursed", "undisbursed")
    told = [
        (
            row["window"].replace("_", " "),
            *(str(row[name]) for name in _COUNTS),
            *(grouped(row[name]) for name in names),
        )
        for row in it.money
    ]
    if it.money:
        counts = (str(sum(row[name] for row in it.money)) for name in _COUNTS)
        sums = (grouped(str(sum(Decimal(row[name]) for row in it.money))) for name in names)
        told.append(("total", *counts, *sums))
    heads = ((name.replace("_", " "), True) for name in (*_COUNTS, *names))
    table = Table("Money by window", (("window", False), *heads), told)
    available = Figure("Available to promise", f"{grouped(it.available)} {it.currency}")
    return Section("money", "Money by window", figures=[available], tables=[table])


_COUNTS = ("grants", "proposals")


def _on_its_way(it: Glance) -> Section:
    told = [(row["stage"], str(row["grants"]), grouped(row["asked"])) for row in it.pipeline]
    told += [
        (f"call {call['call']}, until {call['closes']}", str(call["received"]), grouped(call["left"]))
        for call in it.calls
    ]
    asked = f"asked for, or left of a call, {it.currency}"
    columns = (("stage or call", False), ("number", True), (asked, True))
    return Section("pipeline", "Pipeline", tables=[Table("Pipeline", columns, told)])


def _changed(it: Glance, since: str) -> Section:
    told = [
        (row["entry"], str(row["recorded"]), ", ".join(row["grants"][:3]) + _more(row["grants"]))
        for row in it.changes
    ]
    columns = (("entry", False), ("recorded", True), ("grants", False))
    title = f"Changed since {since}: {sum(row['recorded'] for row in it.changes):,} entries"
    return Section("changes", title, tables=[Table("What was recorded", columns, told)])


def _more(grants: list[str]) -> str:
    return f" and {len(grants) - 3} more" if len(grants) > 3 else ""


__all__ = ["DUE_WITHIN", "Glance", "look", "sections"]
