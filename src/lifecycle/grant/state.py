"""The state of a grant on a day, and the changes to it that several stages share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lifecycle.grant.budget.lines import (
    BROUGHT_FORWARD_LINE,
    UNUSED,
    HeldLine,
    LineUse,
    at_net_paid,
    left_of,
)
from lifecycle.grant.budget.payment import Payment
from lifecycle.kernel.frozen import Frozen, Mutable, Replaceable, frozen, thawed
from lifecycle.types.stage import NOT_STATED, ZERO, Stage

if TYPE_CHECKING:
    from lifecycle.directory.naming import GrantInstitution
    from lifecycle.grant.proposal.terms import BudgetLine, Letter
    from lifecycle.kernel.event import Event


BROUGHT_FORWARD = "brought-forward"
"""The name of the payment that stands for all that was paid before a grant was brought forward."""


@dataclass(frozen=True)
class Activity(Replaceable):
    """One exchange activity."""

    id: str
    status: str
    """``planned``, ``held`` or ``cancelled``."""
    ends: date
    held_on: date | None = None
    instrument: str | None = None


@dataclass(frozen=True)
class FollowUp(Replaceable):
    """One action that was agreed on for after the exchange."""

    id: str
    status: str
    """``open``, ``completed``, ``dropped`` or ``handed_over``."""
    action: str
    owner: str
    due: date
    finance_needed: tuple[Decimal, str] | None = None
    """Amount and currency; `None` if it needs no money."""
    finance_found: Decimal = ZERO
    """In the currency of what is needed; in the grant's if nothing is."""


@dataclass(frozen=True)
class Cleared(Replaceable):
    """The newest answer to a step of the clearances."""

    step: str
    answer: str
    """``cleared`` or ``objected``."""
    by: str
    on: date


@dataclass(frozen=True)
class Indicator(Replaceable):
    """A result as a number: what it was before the exchange, what it should be, and what it is."""

    id: str
    unit: str
    baseline: Decimal
    target: Decimal
    by: date
    """The day by which the target should be reached."""
    since: date
    """The day on which it was first set."""
    disaggregation: tuple[str, ...] = ()
    """The groups for which it is measured apart."""
    actual: Decimal | None = None
    """The newest value; `None` if it was not measured."""
    measured_on: date | None = None
    source: str | None = None
    parts: dict[str, Decimal] = field(default_factory=dict)
    """The newest value of each group."""


@dataclass
class Grant(Frozen, Replaceable):
    """The state of a grant on a day. Amounts are in ``currency``.

    What a grant may have many of is a list, a dict or a set. Only events change it, in a `MutableGrant`.
    """

    id: str
    currency: str
    title: str
    window: str
    recipients: tuple[str, ...]
    providers: tuple[str, ...]
    sector: str
    objective: str
    proposed: Decimal
    """The amount in the proposal."""
    months: int
    """How long the exchange should take, by the proposal."""
    proposed_on: date | None
    """The day of the proposal; `None` if it was brought forward and the day is not known."""
    call: str | None = None
    outcomes_sought: tuple[str, ...] = ()
    institution: str | None = None
    capabilities_planned: tuple[str, ...] = ()
    operation: str | None = None
    institutions: tuple["GrantInstitution", ...] = ()
    follows: str | None = None
    """The earlier grant that the exchange continues."""
    operation_kind: str | None = None
    """``lending`` or ``technical_assistance``; `None` if it is not stated."""
    preparers: frozenset[str] = frozenset()
    """The officers who proposed, revised or requested it. They may not approve it."""
    execution: str = "bank"
    """``bank`` or ``recipient``: who spends it."""
    teams: list[tuple[date, tuple[str, ...]]] = field(default_factory=list)
    """The task team leader from each day on, followed by the deputies."""
    stage: Stage = Stage.PROPOSED
    edition: str | None = None
    """The name of the policy edition that governs it; `None` before approval."""
    requested_on: date | None = None
    requested: Decimal | None = None
    """The amount in the funding request."""
    budget: tuple["BudgetLine", ...] = ()
    letters: tuple["Letter", ...] = ()
    reviewed_by: tuple[str, ...] = ()
    clearances: dict[str, Cleared] = field(default_factory=dict)
    """The newest answer to each step of the clearances."""
    approved_on: date | None = None
    request_digest: str | None = None
    conditions: tuple[str, ...] = ()
    conditions_met: tuple[str, ...] = ()
    signed_on: date | None = None
    effective_on: date | None = None
    closing_date: date | None = None
    waived_closing_date: date | None = None
    """The closing date of the last extension with a waiver; up to it the window's span does not bind."""
    completed_on: date | None = None
    closed_on: date | None = None
    closures: tuple[date, ...] = ()
    """The days on which it was closed, with those after which it was reopened."""
    ended_on: date | None = None
    declined_for: str | None = None
    """``money``, ``quality``, ``eligibility`` or ``other``; `None` if no cause is stated."""
    committed: Decimal = ZERO
    highest_commitment: Decimal = ZERO
    """The largest amount that was committed so far."""
    moved_between_lines: Decimal = ZERO
    """How much was reallocated between budget lines in total."""
    lines: dict[str, HeldLine] = field(default_factory=dict)
    """What each budget line holds, by its key, in the order of the budget. Empty before approval."""
    uses: dict[str, LineUse] = field(default_factory=dict)
    """What was asked for and paid, by the key of the budget line that the payments name."""
    commitments: list[tuple[date, Decimal]] = field(default_factory=list)
    """What was committed (+) or released (-), by day, as in the fund's paired events."""
    paid: list[tuple[date, Decimal]] = field(default_factory=list)
    """What was paid (+), or came back (-), by day."""
    overpayments: list[tuple[date, Decimal]] = field(default_factory=list)
    """By how much `overpaid` grew (+) or shrank (-), by day, as in the fund's paired events."""
    selections: list[tuple[date, Decimal]] = field(default_factory=list)
    """What it took from its call's envelope (+) or gave back (-), by day, as in the call's paired events."""
    disbursed: Decimal = ZERO
    refunded: Decimal = ZERO
    pending: Decimal = ZERO
    """How much may still be paid of all pending payments."""
    disbursements: int = 0
    """How many payments were disbursed, with those that failed afterwards."""
    payments: dict[str, Payment] = field(default_factory=dict)
    activities_held: int = 0
    activities: dict[str, Activity] = field(default_factory=dict)
    follow_ups: dict[str, FollowUp] = field(default_factory=dict)
    rating: str | None = None
    """The rating of the newest progress report."""
    indicators: dict[str, Indicator] = field(default_factory=dict)
    suspended: tuple[str, ...] = ()
    """The scopes of the suspensions that hold."""
    capabilities_reached: tuple[str, ...] = ()
    report_submitted_by: str | None = None
    """The officer who submitted the newest completion report."""
    report_submitters: frozenset[str] = frozenset()
    """The officers who submitted a completion report. They may not accept it."""
    report_accepted_on: date | None = None
    waived: set[tuple[str, str | None]] = field(default_factory=set)
    """The waived obligations, each with its item, or `None` for all of them."""
    documents: list[tuple[str, str]] = field(default_factory=list)
    """The attached files: name and SHA-256."""
    brought_forward_on: date | None = None
    """The day on which it was brought forward; `None` if its whole life is in this book."""

    @property
    def asked(self) -> Decimal:
        """Return the amount of the funding request; of the proposal before there is one."""
        return self.proposed if self.requested is None else self.requested

    @property
    def leader(self) -> str:
        """Return the task team leader."""
        return self.teams[-1][1][0]

    @property
    def deputies(self) -> tuple[str, ...]:
        """Return the officers who may act for the task team leader."""
        return self.teams[-1][1][1:]

    def team_on(self, day: date) -> tuple[str, ...]:
        """Return the task team leader at the end of the day, followed by the deputies."""
        return next((team for since, team in reversed(self.teams) if since <= day), self.teams[0][1])

    @property
    def undisbursed(self) -> Decimal:
        """Return commitment - disbursed + refunded + overpaid. Never below zero."""
        return max(ZERO, self.committed - self.disbursed + self.refunded)

    @property
    def overpaid(self) -> Decimal:
        """Return what was disbursed beyond the commitment and not refunded. It is owed back."""
        return max(ZERO, self.disbursed - self.refunded - self.committed)

    @property
    def held_for_capacity(self) -> Decimal:
        """Return what the lines for the countries' own capacity to share hold."""
        return sum((line.amount for line in self.lines.values() if line.capacity), ZERO)

    @property
    def used_for_capacity(self) -> Decimal:
        """Return what is asked for and what was paid from the lines for capacity."""
        uses = [self.uses.get(key, UNUSED) for key, line in self.lines.items() if line.capacity]
        return sum((use.pending + use.net_paid for use in uses), ZERO)

    def left_of_line(self, key: str) -> Decimal:
        """Return what a budget line has left.

        What is asked for is not paid any more once the grant has ended.
        """
        use = self.uses.get(key, UNUSED)
        return left_of(self.lines[key], use) + (use.pending if self.ended_on is not None else ZERO)

    @property
    def stated_recipients(self) -> tuple[str, ...]:
        """Return the recipient countries that the source states, each once."""
        return tuple(dict.fromkeys(code for code in self.recipients if code != NOT_STATED))

    @property
    def capacity_share(self) -> Decimal | None:
        """Return the share of the budget for the countries' capacity to share; `None` without a budget.

        The one line of a grant that was brought forward without lines says nothing about it.
        """
        if self.brought_forward_on and [line.line for line in self.budget] == [BROUGHT_FORWARD_LINE]:
            return None
        total = sum((line.amount.amount for line in self.budget), ZERO)
        for_capacity = sum((line.amount.amount for line in self.budget if line.capacity), ZERO)
        return for_capacity / total if total else None

    @property
    def unmet_conditions(self) -> list[str]:
        """Return the conditions of the approval that are not met."""
        return [condition for condition in self.conditions if condition not in self.conditions_met]

    @property
    def planned_activities(self) -> list[str]:
        """Return the activities that are neither held nor cancelled."""
        return [activity.id for activity in self.activities.values() if activity.status == "planned"]

    @property
    def pending_payments(self) -> list[str]:
        """Return the payments that are requested or authorised, and not finished."""
        return [payment.id for payment in self.payments.values() if payment.is_pending]

    @property
    def open_advances(self) -> list[Payment]:
        """Return the advances of which something is neither documented nor refunded."""
        return [payment for payment in self.payments.values() if payment.outstanding]

    @property
    def advances_due_back(self) -> list[Payment]:
        """Return the advances of which something is due back, without those that are waived."""
        return [
            payment
            for payment in self.payments.values()
            if payment.due_back and not self.is_waived("advance", payment.id)
        ]

    def is_waived(self, obligation: str, item: str) -> bool:
        """Return whether the item of the obligation is waived, by itself or with all others."""
        return not self.waived.isdisjoint(((obligation, None), (obligation, item)))

    @property
    def open_follow_ups(self) -> list[str]:
        """Return the follow-ups that are neither completed, dropped nor handed over."""
        return [follow_up.id for follow_up in self.follow_ups.values() if follow_up.status == "open"]

    @property
    def payments_suspended(self) -> bool:
        """Return whether a suspension covers payments."""
        return "all" in self.suspended or "payments" in self.suspended

    def thaw(self) -> "MutableGrant":
        """Return a copy that events can change."""
        return thawed(self, MutableGrant)


class MutableGrant(Mutable, Grant):
    """A grant while events change it in place. A fold freezes it at the end."""

    def freeze(self) -> Grant:
        """Freeze it and return it, without a copy."""
        return frozen(self, Grant)


# ── changes that several stages share ────────────────────────────────────────────────────────

Evolve = Callable[[MutableGrant, Any], None]
"""A function that changes a grant in place, as an event says."""
Evolves = dict[type["Event"], Evolve]
"""For each event of a stage, the function that changes the grant."""


def unchanged(_grant: MutableGrant, _event: "Event") -> None:
    """Leave the grant as it is, for an event that only projections read."""


def track_overpaid(evolve: Evolve) -> Evolve:
    """Return the function, extended to keep the changes of what is paid and overpaid by day."""

    def evolve_and_track(grant: MutableGrant, event: "Event") -> None:
        before, paid = grant.overpaid, grant.disbursed - grant.refunded
        evolve(grant, event)
        if change := grant.overpaid - before:
            grant.overpayments.append((event.on, change))
        if change := grant.disbursed - grant.refunded - paid:
            grant.paid.append((event.on, change))

    return evolve_and_track


def commit(grant: MutableGrant, on: date, amount: Decimal) -> None:
    """Commit the amount from the day on; below zero, it is released."""
    if amount:  # support that costs the fund nothing commits nothing
        grant.committed += amount
        grant.highest_commitment = max(grant.highest_commitment, grant.committed)
        grant.commitments.append((on, amount))


def release_undisbursed(grant: MutableGrant, on: date) -> None:
    """Release the undisbursed balance of a grant that has ended: the fund gets that money back."""
    if grant.ended_on is not None:
        commit(grant, on, -grant.undisbursed)
        if grant.lines:
            grant.lines = at_net_paid(grant.lines, grant.uses, grant.committed, grant.currency)


def put_payment(grant: MutableGrant, payment: Payment) -> None:
    """Keep the payment as it is now, and what it takes of its budget lines."""
    before = grant.payments.get(payment.id)
    grant.payments[payment.id] = payment
    for key, use in payment.uses.items():
        grant.uses[key] = grant.uses.get(key, UNUSED).plus(use)
    for key, use in ({} if before is None else before.uses).items():
        grant.uses[key] = grant.uses[key].less(use)


def end_in(stage: Stage) -> Evolve:
    """Return the function for an event that ends the grant in this stage."""

    def end(grant: MutableGrant, event: "Event") -> None:
        grant.stage, grant.ended_on = stage, event.on
        release_undisbursed(grant, event.on)
        if grant.effective_on is None:
            # A grant that was selected and never became effective gives back what it took from its call.
            grant.selections += [(event.on, -amount) for _, amount in grant.selections]

    return end


# ── who asked, and so may not decide (domain §4.4) ───────────────────────────────────────────

Acts = tuple[tuple[str, str], ...]
"""Officers, each with what the officer did, as a verb phrase: ``asked for P1``."""


def _acts_of(team: Sequence[str]) -> Acts:
    leader, *deputies = team
    return ((leader, "leads the grant"), *((deputy, f"acts for {leader}") for deputy in deputies))


def team_of(grant: Grant, _: str = "") -> Acts:
    """Return the task team leader and the deputies."""
    return _acts_of((grant.leader, *grant.deputies))


def team_on(grant: Grant, *days: date) -> Acts:
    """Return the task team leader and the deputies of each of the days."""
    return tuple(dict.fromkeys(act for day in days for act in _acts_of(grant.team_on(day))))


def preparers_of(grant: Grant, _: str = "") -> Acts:
    """Return the officers who proposed, revised or requested the grant."""
    return tuple((officer, f"prepared {grant.id}") for officer in sorted(grant.preparers))


def preparers_and_team_of(grant: Grant, _: str = "") -> Acts:
    """Return the officers who prepared the grant, its task team leader and the deputies."""
    return (*preparers_of(grant), *team_of(grant))


def requester_of(grant: Grant, payment: str) -> Acts:
    """Return the officer who requested the payment."""
    known = grant.payments.get(payment)
    if known is None or known.requested_by is None:
        return ()
    return ((known.requested_by, f"asked for {payment}"),)


def requester_and_authoriser_of(grant: Grant, payment: str) -> Acts:
    """Return the officers who requested and who authorised the payment."""
    known = grant.payments.get(payment)
    if known is None or known.authorised_by is None:
        return requester_of(grant, payment)
    return (*requester_of(grant, payment), (known.authorised_by, f"authorised {payment}"))


def submitters_of(grant: Grant, _: str = "") -> Acts:
    """Return the officers who submitted a completion report."""
    return tuple((officer, "submitted the completion report") for officer in sorted(grant.report_submitters))
