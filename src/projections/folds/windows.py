"""The rows of the rules of a grant's window, each with its figure; and of each breach."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from lifecycle.grant import events as was
from lifecycle.grant.agreement import names_institution
from lifecycle.grant.budget.capacity import keeps_capacity_share, part_for_capacity
from lifecycle.grant.proposal.eligibility import all_eligible
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
from projections.schema.layout import window_findings
from projections.schema.rows import FAR, Row, day, row_maker

_PLACES = Decimal("0.0001")


class Finding(NamedTuple):
    """Whether a grant keeps one rule."""

    window: str
    edition: str | None
    """`None` for a breach before the approval."""
    rule: str
    figure: str | None
    limit: str
    complies: bool | None
    """Whether the figure keeps the limit, with or without a waiver; `None` while undecided."""
    waived_by: str | None = None
    """Who waived the rule."""
    waived_on: str | None = None
    waiver: str | None = None
    """The reason."""


class Waiver(NamedTuple):
    """An extension beyond the months that the window allows, for a reason."""

    by: str
    on: str
    reason: str
    window: str
    closing_date: date


_row = row_maker(window_findings)


class Windows:
    """Keeps the finding on each rule of one grant, from day to day."""

    table = window_findings

    def __init__(self, editions: Mapping[str, Edition]) -> None:
        self._editions = editions
        self._findings: dict[str, list[tuple[str, Finding | None]]] = {}
        """By rule or breach: the first day of each finding; `None` from the day on which the rule ended."""
        self._waiver: Waiver | None = None

    def see(self, grant: Grant, event: Event) -> None:
        """Keep the findings that the event changes; ``grant`` is the state after it."""
        event_type = type(event)
        if isinstance(event, was.ClosingDateExtended):
            self._waiver = _waiver(grant, event)
        for key, finding in _BREACHES.get(event_type, _none)(grant, event):
            self._keep(key, event.on, finding)
        if grant.edition is None:
            return
        edition = self._editions[grant.edition]
        window = edition.windows.get(grant.window)
        for rule in _DECIDES[event_type]:
            finding = None if window is None else _finding(grant, edition, window, rule)
            if finding is not None and rule == "max_months":
                finding = _waived(finding, grant, self._waiver)
            if finding is not None or rule in self._findings:
                self._keep(rule, event.on, finding)

    def _keep(self, key: str, on: date, finding: Finding | None) -> None:
        since, findings = str(day(on)), self._findings.setdefault(key, [])
        if findings and findings[-1][0] == since:
            findings.pop()
        if not findings or findings[-1][1] != finding:
            findings.append((since, finding))

    def rows(self, stream: str) -> list[Row]:
        """Return a row for each span of days in which a finding was the same."""
        grant_id, rows = stream.removeprefix("grant:"), list[Row]()
        for key in sorted(self._findings, key=_order):
            findings = self._findings[key]
            ends = [since for since, _ in findings[1:]]
            for (since, finding), until in zip(findings, [*ends, FAR], strict=True):
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
    """Return the finding with the waiver, if it covers the breach: same window and same closing date."""
    if waiver is None or finding.complies is not False:
        return finding
    if (waiver.window, waiver.closing_date) != (grant.window, grant.closing_date):
        return finding
    return finding._replace(waived_by=waiver.by, waived_on=waiver.on, waiver=waiver.reason)


def _order(key: str) -> tuple[int, str]:
    """Return a sort key: rules come in the order of an edition, then breaches."""
    names = list(_CHECKS)
    return (names.index(key), "") if key in names else (len(names), key)


# ── the rules ────────────────────────────────────────────────────────────────────────────────


def findings_of(grant: Grant, edition: Edition) -> Iterator[Finding]:
    """Yield the finding on each rule of the grant's window, as if it were judged today by this edition.

    A grant that is not approved is judged by the amount that it asks for, and one that is not effective by
    the months that it asks for.
    """
    window = edition.windows.get(grant.window)
    if window is None:
        return
    asked = grant.replace(committed=grant.asked) if grant.edition is None else grant
    for rule in _CHECKS:
        if (finding := _finding(asked, edition, window, rule)) is not None:
            yield finding if grant.effective_on or rule not in _SPAN else _of_months_asked(finding, grant)


def _of_months_asked(finding: Finding, grant: Grant) -> Finding:
    limit = int(finding.limit)
    complies = grant.months <= limit if finding.rule == "max_months" else grant.months >= limit
    return finding._replace(figure=str(grant.months), complies=complies)


def _finding(grant: Grant, edition: Edition, window: Window, rule: str) -> Finding | None:
    limit = getattr(window, _LIMIT.get(rule, rule))
    if limit is None:
        return None
    figure, limit_as_text, complies = _CHECKS[rule](grant, window, limit.value)
    return Finding(grant.window, edition.name, rule, figure, limit_as_text, complies)


_Checked = tuple[str | None, str, bool | None]
"""The figure, the limit as text, and whether the figure keeps it; `None` while undecided."""


def _max_amount(grant: Grant, _: Window, limit: Any) -> _Checked:
    return (
        str(minor_units(grant.committed, grant.currency)),
        str(limit.amount),
        grant.committed <= limit.amount,
    )


def _max_months(grant: Grant, window: Window, limit: int) -> _Checked:
    """Compare the months from effectiveness to the closing date; a begun month counts."""
    if grant.effective_on is None or grant.closing_date is None:
        return None, str(limit), None
    last = last_day(grant.effective_on, window)
    complies = last is None or grant.closing_date <= last
    return str(_months(grant.effective_on, grant.closing_date)), str(limit), complies


def _min_months(grant: Grant, window: Window, limit: int) -> _Checked:
    """Compare the whole months from effectiveness to the closing date."""
    if grant.effective_on is None or grant.closing_date is None:
        return None, str(limit), None
    months = _months(grant.effective_on, grant.closing_date)
    if plus_months(grant.effective_on, months) > grant.closing_date:
        months -= 1
    first = first_day(grant.effective_on, window)
    return str(months), str(limit), first is None or grant.closing_date >= first


def _months(start: date, end: date) -> int:
    """Return the least number of months that, added to the start, reach the end."""
    months = max(0, 12 * (end.year - start.year) + end.month - start.month)
    return months if plus_months(start, months) >= end else months + 1


def _min_recipients(grant: Grant, _: Window, limit: int) -> _Checked:
    count = len(grant.stated_recipients)
    return str(count), str(limit), count >= limit


def _min_activities(grant: Grant, _: Window, limit: int) -> _Checked:
    """Compare the activities held; decided at completion (domain §5)."""
    is_decided = _completed_here(grant)
    return str(grant.activities_held), str(limit), grant.activities_held >= limit if is_decided else None


def _completed_here(grant: Grant) -> bool:
    """Return whether the grant is complete, and its whole life is in this book."""
    return grant.completed_on is not None and grant.brought_forward_on is None


def _max_activities(grant: Grant, _: Window, limit: int) -> _Checked:
    """Compare the activities that are planned or held."""
    count = sum(activity.status != "cancelled" for activity in grant.activities.values())
    return str(count), str(limit), count <= limit


def _eligible_recipients(grant: Grant, _: Window, groups: tuple[str, ...]) -> _Checked:
    return _eligible(grant, grant.recipients, groups)


def _eligible_providers(grant: Grant, _: Window, groups: tuple[str, ...]) -> _Checked:
    return _eligible(grant, grant.providers, groups)


def _eligible(grant: Grant, countries: tuple[str, ...], groups: tuple[str, ...]) -> _Checked:
    """Compare the countries on the day of the approval, or before it on that of the request or the proposal.

    It is not decided if the class of a country is not known on that day.
    """
    on = grant.approved_on or grant.requested_on or grant.proposed_on
    complies = None if on is None else all_eligible(countries, groups, on)
    return ", ".join(countries), ", ".join(groups), complies


def _max_capacity_share(grant: Grant, _: Window, limit: str) -> _Checked:
    """Compare what is for capacity with the highest commitment; before the approval, what is asked for it."""
    share = grant.capacity_share
    if share is None:
        return None, limit, None
    if grant.highest_commitment:
        part = part_for_capacity(grant)
        share = part / grant.highest_commitment
        return str(share.quantize(_PLACES)), limit, keeps_capacity_share(grant, part, limit)
    return str(share.quantize(_PLACES)), limit, share <= Decimal(limit)


def _institution(grant: Grant, _: Window, required: bool) -> _Checked:
    implementing = [named.institution for named in grant.institutions if named.role == "implementing"]
    complies = names_institution(grant) or not required
    figure = grant.institution or ", ".join(implementing) or None
    return figure, "required" if required else "not required", complies


def _capabilities(grant: Grant, _: Window, limit: tuple[str, ...]) -> _Checked:
    """Compare the capabilities reached; decided at completion."""
    reached = [name for name in limit if name in grant.capabilities_reached]
    is_decided = _completed_here(grant)
    return ", ".join(reached) or None, ", ".join(limit), len(reached) == len(limit) if is_decided else None


def _capabilities_planned(grant: Grant, _: Window, limit: tuple[str, ...]) -> _Checked:
    """Compare the capabilities that the institution plans to reach; decided from the proposal on (S0)."""
    planned = [name for name in limit if name in grant.capabilities_planned]
    return ", ".join(planned) or None, ", ".join(limit), len(planned) == len(limit)


_CHECKS: dict[str, Any] = {
    "max_amount": _max_amount,
    "max_months": _max_months,
    "min_months": _min_months,
    "min_recipients": _min_recipients,
    "min_activities": _min_activities,
    "max_activities": _max_activities,
    "eligible_recipients": _eligible_recipients,
    "eligible_providers": _eligible_providers,
    "max_capacity_share": _max_capacity_share,
    "institution": _institution,
    "capabilities_planned": _capabilities_planned,
    "capabilities": _capabilities,
}
"""The function that checks each rule. A test compares the names with the rules that a window may have."""
_LIMIT = {"capabilities_planned": "capabilities"}
"""The name of the limit, for a rule of another name: the same capabilities must be planned and be reached."""


# ── breaches ─────────────────────────────────────────────────────────────────────────────────


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
    return Finding(grant.window, grant.edition, rule, figure, limit, complies=False)


_BREACHES: dict[type[Event], Any] = {
    was.IrregularPaymentRecorded: _irregular_payment,
    was.ActivityHeld: _activity_held,
}

_CAPACITY = ("max_capacity_share",)
_MONEY, _SPAN, _ALL = ("max_amount", *_CAPACITY), ("max_months", "min_months"), tuple(_CHECKS)
_DECIDES: dict[type[Event], tuple[str, ...]] = {
    was.GrantApproved: _ALL,
    was.GrantBroughtForward: _ALL,
    was.GrantMadeEffective: _SPAN,
    was.GrantLapsed: _MONEY,
    was.ActivityHeld: ("min_activities", "max_activities"),
    was.ActivityPlanned: ("max_activities",),
    was.ActivityCancelled: ("max_activities",),
    was.IrregularPaymentRecorded: _CAPACITY,
    was.BudgetReallocated: _CAPACITY,
    was.PaymentRequested: _CAPACITY,
    was.PaymentAuthorised: _CAPACITY,
    was.PaymentRejected: _CAPACITY,
    was.FundsDisbursed: _CAPACITY,
    was.ClosingDateExtended: _SPAN,
    was.GrantRestructured: _ALL,
    was.CommitmentIncreased: _MONEY,
    was.BalanceCancelled: _MONEY,
    was.GrantCancelled: _MONEY,
    # Money that comes back after the grant's end goes to the fund.
    was.PaymentFailed: _MONEY,
    was.RefundReceived: _MONEY,
    was.ImplementationCompleted: ("min_activities", "capabilities"),
    was.CapabilityReached: ("capabilities",),
}
"""The rules whose finding each type of event can change. Other events change none."""
CONCERNS = _DECIDES.keys()
