"""The section on what went wrong, or was not met, in the period: what donors ask about every quarter."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import NamedTuple

from sqlalchemy import select

from lifecycle.book.book_reader import BookReader
from projections.audit.odd_entries import RULES
from projections.progress.asking import ReportReader, Rows, grouped, minors_of
from projections.progress.model import NOTHING, Figure, Period, Section, Table
from projections.query import AS_OF, rows_of
from projections.reports import exceptions
from projections.reports.portfolio.timeline import due_within
from projections.schema.tables import register_spans

_NAMED = 3
"""How many of the grants with an overdue obligation are named."""


def odd_entries_in(book: BookReader, period: Period, as_of: date, known: int) -> Counter[str]:
    """Return how many odd entries the period has, by the rule that finds them."""
    end = min(period.last, as_of)
    names = exceptions.COLUMNS.names
    rows = (dict(zip(names, row, strict=True)) for row in exceptions.rows_of(book, end, known))
    return Counter(str(row["rule"]) for row in rows if str(row["on"]) >= str(period.first))


class _Found(NamedTuple):
    """What the section shows."""

    declined: Rows
    waiting: Rows
    suspended: list[tuple[str, ...]]
    overdue: "Mapping[str, _Overdue]"
    needs: Rows


def challenges(source: ReportReader, odd_entries: Mapping[str, int] | None) -> Section:
    """Return what was declined for want of money, suspended, overdue, odd, and needed but not met.

    ``odd_entries``: how many odd entries the period has, by rule; `None` if there is no journal to read.
    """
    unmet, end, label = [*source.at_end("unmet")], source.last_day, source.period.label
    found = _Found(
        [row for row in unmet if source.is_in_period(row["declined_on"])],
        [row for row in unmet if row["status"] == "waiting"],
        [*_suspended(source)],
        _overdue(source),
        [row for row in source.at_end("needs") if row["status"] == "unmet"],
    )
    declined, waiting = found.declined, found.waiting
    overdue = sum(each.number for each in found.overdue.values())
    odd = NOTHING if odd_entries is None else str(sum(odd_entries.values()))
    return Section(
        "challenges",
        f"Challenges in {label}",
        note="Odd entries are in the journal, and were not counted." if odd_entries is None else "",
        figures=[
            Figure(f"Lacked money in {label}", str(len(declined)), f"asked for {_sum(source, declined)}"),
            Figure(f"Requests waiting on {end}", str(len(waiting)), f"ask for {_sum(source, waiting)}"),
            Figure(f"Were suspended in {label}", str(len({row[0] for row in found.suspended})), "grants"),
            Figure(f"Overdue on {end}", str(overdue), "obligations"),
            Figure(f"Odd entries in {label}", odd, "that an auditor wants to see"),
            Figure(f"Needs not met on {end}", str(len(found.needs)), "of the directory"),
        ],
        tables=[table for table in _tables(source, found, odd_entries or {}) if table.rows],
    )


def _sum(source: ReportReader, rows: Rows) -> str:
    return source.amount(sum(minors_of(row["asked"]) for row in rows))


def _tables(source: ReportReader, found: _Found, odd_entries: Mapping[str, int]) -> Iterator[Table]:
    """Yield the tables, each of which may be empty."""
    asked = f"asked for, {source.currency}"
    yield Table(
        "Declined for want of money",
        (*((name, False) for name in ("grant", "title", "recipients", "on")), (asked, True)),
        [
            (
                *(row["grant"], row["title"], ", ".join(row["recipients"]), row["declined_on"]),
                grouped(row["asked"]),
            )
            for row in found.declined
        ],
    )
    headings = ("grant", "title", "what", "from", "until")
    yield Table("Suspended", tuple((name, False) for name in headings), found.suspended)
    yield Table(
        f"Overdue on {source.last_day}",
        (("obligation", False), ("number", True), ("longest, days", True), ("of", False)),
        [
            (name.replace("_", " "), str(each.number), str(each.longest), each.first_grants)
            for name, each in found.overdue.items()
        ],
    )
    yield Table(
        "Odd entries",
        (("rule", False), ("number", True), ("what it finds", False)),
        [
            (rule.replace("_", " "), str(odd_entries[rule]), RULES[rule].asks)
            for rule in RULES
            if odd_entries.get(rule)
        ],
    )
    headings = ("need", "country", "challenge", "sector", "voiced on")
    yield Table(
        f"Needs that are not met on {source.last_day}",
        tuple((name, False) for name in headings),
        [
            (row["need"], row["country"], row["challenge"], row["sector"] or NOTHING, row["voiced_on"])
            for row in found.needs
        ],
    )


def _suspended(source: ReportReader) -> Iterator[tuple[str, ...]]:
    """Yield each suspension that held on a day of the period: grant, title, what, first day, day of lifting.

    A suspension whose scope changed has a row for each scope.
    """
    c, end = register_spans.c, source.last_day.isoformat()
    question = select(c.grant, c.suspended, c.since, c.until).where(c.suspended.is_not(None), c.since <= end)
    held: dict[tuple[str, str], list[list[str]]] = defaultdict(list)
    for grant, what, since, until in source.connection.execute(question.order_by(c.grant, c.n)):
        spans = held[grant, what]
        if spans and spans[-1][1] == since:
            spans[-1][1] = until
        else:
            spans.append([since, until])
    for (grant, what), spans in held.items():
        for since, until in spans:
            if until > source.period.first.isoformat():
                yield grant, source.titles.get(grant, ""), what, since, NOTHING if until > end else until


def _overdue(source: ReportReader) -> dict[str, "_Overdue"]:
    """Return what is overdue on the last day of the period, by obligation, the longest overdue first."""
    question = due_within(0, AS_OF)
    found: dict[str, _Overdue] = defaultdict(_Overdue)
    for cells in rows_of(source.connection, question, source.last_day):
        row = dict(zip(question.columns.names, cells, strict=True))
        if row["status"] == "overdue":
            each = found[str(row["obligation"])]
            each.number += 1
            each.longest = max(each.longest, int(str(row["days"])))
            each.grants[str(row["grant"] or "the fund")] = None
    return found


@dataclass
class _Overdue:
    """The overdue items of one obligation."""

    number: int = 0
    longest: int = 0
    """The number of days of the one that is longest overdue."""
    grants: dict[str, None] = field(default_factory=dict)
    """The grants that owe them, the longest overdue first."""

    @property
    def first_grants(self) -> str:
        """The first of the grants, and how many others there are."""
        more = f" and {len(self.grants) - _NAMED} more" if len(self.grants) > _NAMED else ""
        return ", ".join(islice(self.grants, _NAMED)) + more
