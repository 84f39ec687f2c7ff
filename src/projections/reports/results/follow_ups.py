"""Follow-ups: who does what by when, what it takes, and what was found for it."""

from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, select

from lifecycle.grant import events as was
from lifecycle.grant.state import FollowUp, Grant
from lifecycle.kernel.event import Event
from lifecycle.types.stage import ZERO, Stage
from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import (
    days_between,
    holds,
    money,
    total_of,
)
from projections.schema.rows import row_maker
from projections.schema.tables import (
    FAR,
    Row,
    day,
    follow_up_spans,
    minor,
    register_spans,
    scale_of,
)

_EVENTS = (
    was.FollowUpAgreed,
    was.FollowUpFinanced,
    was.FollowUpCompleted,
    was.FollowUpDropped,
    was.FollowUpHandedOver,
)
CONCERNS: tuple[type[Event], ...] = _EVENTS
"""The events of a follow-up."""
_TRACKED = ("open", "handed_over")
"""Handed over, it is still tracked (domain §3)."""


_row = row_maker(follow_up_spans)


class FollowUps:
    """Follows one grant and keeps how each of its follow-ups stood, from day to day."""

    table = follow_up_spans

    def __init__(self) -> None:
        self._stood: dict[str, list[tuple[str, FollowUp, str | None, str]]] = {}

    def see(self, grant: Grant, event: Event) -> None:
        """Take in an event; ``grant`` is the state after it."""
        assert isinstance(event, _EVENTS)
        stood = self._stood.setdefault(event.follow_up, [])
        handed_to = stood[-1][2] if stood else None
        if isinstance(event, was.FollowUpHandedOver):
            handed_to = event.to
        since, now = str(day(event.on)), grant.follow_ups[event.follow_up]
        if stood and stood[-1][0] == since:
            stood.pop()
        stood.append((since, now, handed_to, grant.currency))

    def rows(self, stream: str) -> list[Row]:
        """A row for each span of days in which a follow-up stood the same."""
        grant, rows = stream.removeprefix("grant:"), list[Row]()
        for stood in self._stood.values():
            ends = [since for since, *_ in stood[1:]]
            for (since, now, to, currency), until in zip(stood, [*ends, FAR], strict=True):
                told = _told(now, to, currency)
                rows.append(_row(grant=grant, n=len(rows), since=since, until=until, **told))
        return rows


def _told(now: FollowUp, to: str | None, holding: str) -> dict[str, object]:
    amount, currency = now.finance_needed or (ZERO, holding)
    scale = scale_of(currency)
    return {
        "follow_up": now.id,
        "action": now.action,
        "owner": now.owner,
        "due": day(now.due),
        "status": now.status,
        "handed_to": to,
        "needed": None if now.finance_needed is None else minor(amount, scale),
        "found": minor(now.finance_found, scale),
        "scale": scale,
        "currency": currency,
    }


# ── the reports ──────────────────────────────────────────────────────────────────────────────


def _missing(f: Any) -> ColumnElement[int]:
    left: ColumnElement[int] = f.needed - f.found
    return case((left > 0, left), else_=0)


def _tracked() -> ColumnElement[bool]:
    """Somebody is still to do it: it is open or handed over, and its grant was not cancelled."""
    return follow_up_spans.c.status.in_(_TRACKED) & (
        func.coalesce(register_spans.c.stage, "") != Stage.CANCELLED.value
    )


_NEEDED = Column("finance_needed", Type.MONEY, "What it takes; null where no money is needed")
_FOUND = Column("finance_found", Type.MONEY, "What was found of it")
_MISSING = Column("finance_missing", Type.MONEY, "finance_needed - finance_found, at least 0")
COLUMNS = Columns(
    common.GRANT,
    Column("follow_up", Type.TEXT, "Its name within the grant"),
    common.TITLE,
    Column("action", Type.TEXT, "What is to be done", width=16),
    Column("owner", Type.TEXT, "Who sees to it", width=14),
    Column("due", Type.DAY, "By when"),
    Column("status", Type.CODE, "`open`, `overdue`, `completed`, `dropped` or `handed_over`", width=10),
    Column("handed_to", Type.TEXT, "To whom it was handed over", width=14),
    common.DAYS.but(meaning="Days overdue; else 0"),
    _NEEDED,
    _FOUND,
    _MISSING,
    common.CURRENCY,
    first="grant action due status finance_missing days owner follow_up",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Each follow-up as it stood on the day, the overdue first."""
    f, span = follow_up_spans.c, register_spans.c
    needs = f.needed.is_not(None)
    late = _tracked() & (as_of > f.due)
    overdue = case((late, days_between(f.due, as_of)), else_=0)
    rows = (
        select(
            f.grant,
            f.follow_up,
            span.title,
            f.action,
            f.owner,
            f.due,
            case((late, literal("overdue")), else_=f.status).label("status"),
            f.handed_to,
            overdue.label("days"),
            case((needs, money(f.needed, f.scale))).label("finance_needed"),
            money(f.found, f.scale).label("finance_found"),
            case((needs, money(_missing(f), f.scale))).label("finance_missing"),
            case((needs | (f.found > 0), f.currency)).label("currency"),
        )
        .select_from(
            follow_up_spans.join(
                register_spans, (span.grant == f.grant) & holds(register_spans, as_of), isouter=True
            )
        )
        .where(holds(follow_up_spans, as_of))
    )
    if grant is not None:
        rows = rows.where(f.grant == grant)
    return Question(COLUMNS, rows.order_by(overdue.desc(), f.due.nulls_first(), f.grant, f.follow_up))


COLUMNS_WAITING = Columns(
    common.GRANT,
    common.TITLE,
    Column("follow_ups", Type.COUNT, "How many wait for money"),
    Column("first_due", Type.DAY, "The earliest due day of these"),
    _NEEDED,
    _FOUND,
    _MISSING,
    common.CURRENCY,
    first="grant follow_ups finance_needed finance_found finance_missing currency",
)


def waiting(as_of: ColumnElement[str]) -> Question:
    """The grants whose results wait for money (S4, Box 3): those with a tracked follow-up that lacks finance.

    What is completed or was dropped waits no more. One row a grant and currency: how many follow-ups wait,
    and what they need, have and lack.
    """
    f, span = follow_up_spans.c, register_spans.c
    waits = holds(follow_up_spans, as_of) & (f.needed > f.found) & _tracked()
    sums = (
        select(
            f.grant,
            f.currency,
            f.scale,
            func.count().label("follow_ups"),
            *(total_of(column).label(name) for name, column in (("needed", f.needed), ("found", f.found))),
            total_of(_missing(f)).label("missing"),
            func.min(f.due).label("first_due"),
        )
        .select_from(
            follow_up_spans.join(
                register_spans, (span.grant == f.grant) & holds(register_spans, as_of), isouter=True
            )
        )
        .where(waits)
        .group_by(f.grant, f.currency, f.scale)
        .subquery()
    )
    s = sums.c
    rows = (
        select(
            s.grant,
            span.title,
            s.follow_ups,
            s.first_due,
            *(money(s[name], s.scale).label(f"finance_{name}") for name in ("needed", "found", "missing")),
            s.currency,
        )
        .select_from(
            sums.join(register_spans, (span.grant == s.grant) & holds(register_spans, as_of), isouter=True)
        )
        .order_by(s.grant, s.currency)
    )
    return Question(COLUMNS_WAITING, rows)
