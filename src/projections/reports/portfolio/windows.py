"""Windows: each rule of the edition that governs a grant, with the figure that decides it; and breaches."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select

from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event
from lifecycle.policy.edition import (
    Edition,
    Window,
    first_day,
    last_day,
)
from lifecycle.types.codes import minor_units
from lifecycle.types.dates import plus_months
from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds
from projections.schema.rows import row_maker
from projections.schema.tables import (
    FAR,
    Row,
    day,
    window_findings,
)

COLUMNS = Columns(
    common.GRANT,
    common.WINDOW,
    common.EDITION,
    Column("rule", Type.TEXT, "A rule of the edition's window, or a breach"),
    Column("figure", Type.TEXT, "What decides it; null where there is none yet", width=23),
    Column("limit", Type.TEXT, "What the edition asks", width=23),
    Column("complies", Type.TRUTH, "true, false, or null while undecided: the bare fact, a waiver or not"),
    Column("waived_by", Type.TEXT, "Who waived the rule where it is broken; null for nobody"),
    Column("waived_on", Type.DAY, "Day of the waiver"),
    Column("waiver", Type.TEXT, "Why it was waived", width=20),
    first="grant rule complies figure limit waiver waived_by window edition",
)
_PLACES = Decimal("0.0001")


class Finding(NamedTuple):
    """One rule, judged."""

    window: str
    edition: str | None
    """`None` for what was done in breach before the approval."""
    rule: str
    figure: str | None
    limit: str
    complies: bool | None
    """Whether the figure keeps the limit, with or without a waiver; `None` while undecided."""
    waived_by: str | None = None
    """Whose waiver covers the breach."""
    waived_on: str | None = None
    waiver: str | None = None
    """Why."""


class Waiver(NamedTuple):
    """An extension beyond the span of the window, for a reason."""

    by: str
    on: str
    reason: str
    window: str
    closing_date: date


_row = row_maker(window_findings)


class Windows:
    """Follows one grant and keeps, for each rule, what was found from day to day."""

    table = window_findings

    def __init__(self, policy: Mapping[str, Edition]) -> None:
        self._policy = policy
        self._found: dict[str, list[tuple[str, Finding | None]]] = {}
        """By rule (or breach): what was found, from which day; `None` where the rule fell away."""
        self._waiver: Waiver | None = None

    def see(self, grant: Grant, event: Event) -> None:
        """Take in an event; ``grant`` is the state after it."""
        kind = type(event)
        if isinstance(event, was.ClosingDateExtended):
            self._waiver = _waiver(grant, event)
        for key, finding in _BREACHES.get(kind, _none)(grant, event):
            self._keep(key, event.on, finding)
        if grant.edition is None:
            return
        edition = self._policy[grant.edition]
        window = edition.windows.get(grant.window)
        for rule in _DECIDES[kind]:
            finding = None if window is None else _judge(grant, edition, window, rule)
            if finding is not None and rule == "max_months":
                finding = _waived(finding, grant, self._waiver)
            if finding is not None or rule in self._found:
                self._keep(rule, event.on, finding)

    def _keep(self, key: str, on: date, finding: Finding | None) -> None:
        since, found = str(day(on)), self._found.setdefault(key, [])
        if found and found[-1][0] == since:
            found.pop()
        if not found or found[-1][1] != finding:
            found.append((since, finding))

    def rows(self, stream: str) -> list[Row]:
        """A row for each span of days in which the finding was the same."""
        grant_id, rows = stream.removeprefix("grant:"), list[Row]()
        for key in sorted(self._found, key=_place):
            found = self._found[key]
            ends = [since for since, _ in found[1:]]
            for (since, finding), until in zip(found, [*ends, FAR], strict=True):
                if finding is not None:
                    rows.append(
                        _row(grant=grant_id, n=len(rows), since=since, until=until, **finding._asdict())
                    )
        return rows


def _waiver(grant: Grant, e: was.ClosingDateExtended) -> Waiver | None:
    if e.waiver is None:
        return None
    return Waiver(e.actor, e.on.isoformat(), e.waiver, grant.window, e.closing_date)


def _waived(finding: Finding, grant: Grant, waiver: Waiver | None) -> Finding:
    """With the waiver that covers the breach: it holds in its window and for its closing date alone."""
    if waiver is None or finding.complies is not False:
        return finding
    if (waiver.window, waiver.closing_date) != (grant.window, grant.closing_date):
        return finding
    return finding._replace(waived_by=waiver.by, waived_on=waiver.on, waiver=waiver.reason)


def _place(key: str) -> tuple[int, str]:
    """Rules in the order in which an edition names them, then breaches."""
    names = list(_JUDGES)
    return (names.index(key), "") if key in names else (len(names), key)


# ── the rules ────────────────────────────────────────────────────────────────────────────────


def _judge(grant: Grant, edition: Edition, window: Window, rule: str) -> Finding | None:
    limit = getattr(window, _LIMIT.get(rule, rule))
    if limit is None:
        return None
    figure, written, complies = _JUDGES[rule](grant, window, limit.value)
    return Finding(grant.window, edition.name, rule, figure, written, complies)


_Judged = tuple[str | None, str, bool | None]


def _max_amount(grant: Grant, _: Window, limit: Any) -> _Judged:
    return (
        str(minor_units(grant.committed, grant.currency)),
        str(limit.amount),
        grant.committed <= limit.amount,
    )


def _max_months(grant: Grant, window: Window, limit: int) -> _Judged:
    """Months from effectiveness to the closing date, a month that has begun counted whole."""
    if grant.effective_on is None or grant.closing_date is None:
        return None, str(limit), None
    last = last_day(grant.effective_on, window)
    complies = last is None or grant.closing_date <= last
    return str(_months(grant.effective_on, grant.closing_date)), str(limit), complies


def _min_months(grant: Grant, window: Window, limit: int) -> _Judged:
    """Months from effectiveness to the closing date, whole ones only."""
    if grant.effective_on is None or grant.closing_date is None:
        return None, str(limit), None
    months = _months(grant.effective_on, grant.closing_date)
    if plus_months(grant.effective_on, months) > grant.closing_date:
        months -= 1
    first = first_day(grant.effective_on, window)
    return str(months), str(limit), first is None or grant.closing_date >= first


def _months(start: date, end: date) -> int:
    """The least number of calendar months after which the start is not before the end."""
    months = max(0, 12 * (end.year - start.year) + end.month - start.month)
    return months if plus_months(start, months) >= end else months + 1


def _min_recipients(grant: Grant, _: Window, limit: int) -> _Judged:
    count = len(grant.stated_recipients)
    return str(count), str(limit), count >= limit


def _min_activities(grant: Grant, _: Window, limit: int) -> _Judged:
    """Judged at completion (domain §5)."""
    decided = grant.completed_on is not None
    return str(grant.activities_held), str(limit), grant.activities_held >= limit if decided else None


def _max_capacity_share(grant: Grant, _: Window, limit: str) -> _Judged:
    found = grant.capacity_share
    if found is None:
        return None, limit, None
    return str(found.quantize(_PLACES)), limit, found <= Decimal(limit)


def _institution(grant: Grant, _: Window, required: bool) -> _Judged:
    complies = grant.institution is not None or not required
    return grant.institution, "required" if required else "not required", complies


def _capabilities(grant: Grant, _: Window, limit: tuple[str, ...]) -> _Judged:
    """Judged at completion."""
    reached = [name for name in limit if name in grant.capabilities_reached]
    decided = grant.completed_on is not None
    return ", ".join(reached) or None, ", ".join(limit), len(reached) == len(limit) if decided else None


def _capabilities_planned(grant: Grant, _: Window, limit: tuple[str, ...]) -> _Judged:
    """Judged from the proposal on: the institution plans what it is to reach (S0)."""
    planned = [name for name in limit if name in grant.capabilities_planned]
    return ", ".join(planned) or None, ", ".join(limit), len(planned) == len(limit)


_JUDGES: dict[str, Any] = {
    "max_amount": _max_amount,
    "max_months": _max_months,
    "min_months": _min_months,
    "min_recipients": _min_recipients,
    "min_activities": _min_activities,
    "max_capacity_share": _max_capacity_share,
    "institution": _institution,
    "capabilities_planned": _capabilities_planned,
    "capabilities": _capabilities,
}
"""How each rule is judged. A test holds it against the rules that a window may have."""
_LIMIT = {"capabilities_planned": "capabilities"}
"""Rules that share the limit of another: the same capabilities are to be planned, and to be reached."""


# ── breaches: what the world did all the same ────────────────────────────────────────────────


def _irregular_payment(grant: Grant, e: was.IrregularPaymentRecorded) -> Iterator[tuple[str, Finding]]:
    yield (
        f"irregular_payment@{e.payment}",
        _breach(grant, "irregular_payment", f"{e.payment} {e.amount.amount}", e.rule),
    )


def _activity_held(grant: Grant, e: was.ActivityHeld) -> Iterator[tuple[str, Finding]]:
    covering = [scope for scope in grant.suspended if scope in ("all", "activities")]
    figure = f"{e.activity} {e.starts}/{e.ends}"
    if covering:
        rule = "activity_in_suspension"
        yield f"{rule}@{e.activity}", _breach(grant, rule, figure, f"suspended: {', '.join(covering)}")
    if grant.closing_date is not None and e.ends > grant.closing_date:
        rule = "activity_after_closing_date"
        yield f"{rule}@{e.activity}", _breach(grant, rule, figure, str(grant.closing_date))


def _none(_: Grant, __: Event) -> Iterator[tuple[str, Finding]]:
    return iter(())


def _breach(grant: Grant, rule: str, figure: str, limit: str) -> Finding:
    """``edition`` is `None` before an approval."""
    return Finding(grant.window, grant.edition, rule, figure, limit, complies=False)


_BREACHES: dict[type[Event], Any] = {
    was.IrregularPaymentRecorded: _irregular_payment,
    was.ActivityHeld: _activity_held,
}

_MONEY, _SPAN, _ALL = ("max_amount",), ("max_months", "min_months"), tuple(_JUDGES)
_DECIDES: dict[type[Event], tuple[str, ...]] = {
    was.GrantApproved: _ALL,
    was.GrantMadeEffective: _SPAN,
    was.GrantLapsed: _MONEY,
    was.ActivityHeld: ("min_activities",),
    was.IrregularPaymentRecorded: (),
    was.ClosingDateExtended: _SPAN,
    was.GrantRestructured: _ALL,
    was.CommitmentIncreased: _MONEY,
    was.BalanceCancelled: _MONEY,
    was.GrantCancelled: _MONEY,
    # What comes back after the end goes on to the fund.
    was.PaymentFailed: _MONEY,
    was.RefundReceived: _MONEY,
    was.ImplementationCompleted: ("min_activities", "capabilities"),
    was.CapabilityReached: ("capabilities",),
}
"""The rules on which each event can change the finding. Other events change none."""
CONCERNS = _DECIDES.keys()


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Each rule of each approved grant, and each breach."""
    columns = window_findings.c
    rows = select(*(columns[name] for name in COLUMNS.names)).where(holds(window_findings, as_of))
    if grant is not None:
        rows = rows.where(columns.grant == grant)
    return Question(COLUMNS, rows.order_by(columns.grant, columns.n))
