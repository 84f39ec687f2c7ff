"""The one screen of each morning: what is overdue, what is due, money, pipeline, and what changed."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from lifecycle.book import Book
from lifecycle.history import kind_of
from projections.progress.asking import grouped
from projections.progress.model import Figure, Section, Table
from projections.register import standing_on
from projections.reports import AS_OF, ask, question_of
from projections.tables import holding, written
from projections.timeline import due_within

DUE_WITHIN = 30
"""Days ahead that the screen looks."""


@dataclass(frozen=True)
class Glance:
    """The screen, on its two dates, with the position since which changes are told."""

    as_of: date
    known: int
    since: int
    sections: tuple[Section, ...]


def look(book: Book, connection: Connection, *, as_of: date, known: int, since: int) -> Glance:
    """What a programme manager asks each morning. ``since``: changes after this position are told."""

    def rows(name: str, by: str | None = None) -> list[dict[str, Any]]:
        question = due_within(DUE_WITHIN, AS_OF) if name == "due" else question_of(name, by, None)
        report = ask(connection, name, question, as_of=as_of, known=known)
        return [dict(zip(report.columns, row, strict=True)) for row in report.rows]

    due = rows("due")
    late = sorted((row for row in due if row["status"] == "overdue"), key=lambda row: -row["days"])
    soon = [row for row in due if row["status"] != "overdue"]
    return Glance(
        as_of,
        known,
        since,
        (
            _obligations("overdue", "Overdue", late, "days"),
            _obligations("due", f"Due in {DUE_WITHIN} days", soon, "due_on"),
            _money(rows("disbursement", "window"), rows("fund")[-1:]),
            _pipeline(connection, as_of, rows("calls")),
            _changes(book, since, known),
        ),
    )


def _obligations(id_: str, title: str, found: list[dict[str, Any]], last: str) -> Section:
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


def _money(windows: list[dict[str, Any]], fund: list[dict[str, Any]]) -> Section:
    names = ("committed", "net_disbursed", "undisbursed")
    told = [
        (
            row["window"].replace("_", " "),
            str(row["grants"]),
            *(grouped(row[name]) for name in names),
        )
        for row in windows
    ]
    heads = ((name.replace("_", " "), True) for name in names)
    columns = (("window", False), ("grants", True), *heads)
    available = [
        Figure("Available to promise", f"{grouped(row['available'])} {row['currency']}") for row in fund
    ]
    return Section(
        "money", "Money by window", figures=available, tables=[Table("Money by window", columns, told)]
    )


def _pipeline(connection: Connection, as_of: date, calls: list[dict[str, Any]]) -> Section:
    """Grants on their way to effectiveness, and the calls that take proposals."""
    currency, scale = holding(connection)
    standing = standing_on(connection, as_of)
    told: list[tuple[str, ...]] = []
    for stage in ("proposed", "requested", "approved", "signed"):
        grants = [row for row in standing if row.stage == stage]
        if grants:
            asked = written(sum(row.asked for row in grants), scale)
            told.append((stage, str(len(grants)), grouped(asked)))
    told += [
        (f"call {call['call']}, until {call['closes']}", str(call["received"]), grouped(call["left"]))
        for call in calls
        if call["status"] in ("open", "announced")
    ]
    columns = (
        ("stage or call", False),
        ("grants", True),
        (f"asked for, or left of a call, {currency}", True),
    )
    return Section("pipeline", "Pipeline", tables=[Table("Pipeline", columns, told)])


def _changes(book: Book, since: int, known: int) -> Section:
    """What was recorded after the position: kinds of entries, the commonest first."""
    kinds: Counter[str] = Counter()
    touched: dict[str, set[str]] = {}
    for entry in book.stored(known, after=since):
        kind = entry.topic.partition(".")[0]
        kinds[kind] += 1
        if kind_of(entry.stream) == "grant":
            touched.setdefault(kind, set()).add(entry.stream.removeprefix("grant:"))
    told = [
        (kind, str(number), ", ".join(sorted(touched.get(kind, ()))[:3]) + _more(touched.get(kind, set())))
        for kind, number in sorted(kinds.items(), key=lambda it: (-it[1], it[0]))
    ]
    columns = (("entry", False), ("recorded", True), ("grants", False))
    title = f"Changed since position {since:,}: {sum(kinds.values()):,} entries"
    return Section("changes", title, tables=[Table("What was recorded", columns, told)])


def _more(grants: set[str]) -> str:
    return f" and {len(grants) - 3} more" if len(grants) > 3 else ""


__all__ = ["DUE_WITHIN", "Glance", "look"]
