"""What is true of a grant on a day: records that never change, only give changed copies."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from lifecycle.types.stage import NOT_STATED, ZERO, Stage

if TYPE_CHECKING:
    from lifecycle.grant.proposal.request import BudgetLine, Letter
    from lifecycle.kernel.event import Event


class Changing:
    """A frozen record that gives a changed copy of itself."""

    def but(self, **changes: Any) -> Self:
        """A copy that differs in these fields. (`dataclasses.replace` takes five times as long.)"""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.__dict__.update(changes)
        return copy


@dataclass(frozen=True)
class Payment(Changing):
    """One payment, from the asking to the end. Amounts in the grant's currency."""

    id: str
    asked: Decimal
    status: str = "requested"
    """``requested``, ``authorised``, ``disbursed``, ``rejected`` or ``failed``."""
    requested_by: str | None = None
    authorised_by: str | None = None
    authorised: Decimal = ZERO
    disbursed: Decimal = ZERO
    refunded: Decimal = ZERO
    payee: str = ""
    paid_as: int = 0
    """Its place among the grant's payments by day of disbursement, from 1; 0 before it."""
    irregular_rule: str | None = None
    """The rule that the bank broke in paying it."""
    doubles: str | None = None
    """The payment that the bank made a second time with it."""

    @property
    def pending(self) -> bool:
        """Asked for, and neither paid nor refused."""
        return self.status in ("requested", "authorised")

    @property
    def still_asks(self) -> Decimal:
        """How much may still be paid of it: once it is authorised, no more than that."""
        if not self.pending:
            return ZERO
        return self.authorised if self.status == "authorised" else self.asked

    @property
    def out(self) -> Decimal:
        """What was disbursed of it and did not come back."""
        return self.disbursed - self.refunded


@dataclass(frozen=True)
class Activity(Changing):
    """One exchange activity."""

    id: str
    status: str
    """``planned``, ``held`` or ``cancelled``."""
    ends: date
    held_on: date | None = None
    instrument: str | None = None


@dataclass(frozen=True)
class FollowUp(Changing):
    """One promised action after the exchange."""

    id: str
    status: str
    """``open``, ``completed``, ``dropped`` or ``handed_over``."""
    action: str
    owner: str
    due: date
    needs: tuple[Decimal, str] | None = None
    """Amount and currency of what it takes."""
    found: Decimal = ZERO
    """What was found of it."""


@dataclass(frozen=True)
class Grant(Changing):
    """What is true of a grant on a day. Amounts are in ``currency``."""

    id: str
    currency: str
    title: str
    window: str
    recipients: tuple[str, ...]
    providers: tuple[str, ...]
    sector: str
    objective: str
    asked: Decimal
    months: int
    proposed_on: date
    call: str | None = None
    outcomes_sought: tuple[str, ...] = ()
    institution: str | None = None
    capabilities_planned: tuple[str, ...] = ()
    operation: str | None = None
    preparers: frozenset[str] = frozenset()
    """Who proposed, revised or requested it: they never approve it."""
    leader: str = ""
    """Its task team leader."""
    stage: Stage = Stage.PROPOSED
    edition: str | None = None
    """The policy edition that governs it, from approval on."""
    requested_on: date | None = None
    requested: Decimal | None = None
    budget: tuple["BudgetLine", ...] = ()
    letters: tuple["Letter", ...] = ()
    reviewed_by: tuple[str, ...] = ()
    approved_on: date | None = None
    request_digest: str | None = None
    conditions: tuple[str, ...] = ()
    conditions_met: tuple[str, ...] = ()
    signed_on: date | None = None
    effective_on: date | None = None
    closing_date: date | None = None
    waived_until: date | None = None
    """The closing date of the last extension with a waiver: so far the span of its window is waived."""
    completed_on: date | None = None
    closed_on: date | None = None
    closures: tuple[date, ...] = ()
    """Every day on which it was closed, also those that a reopening undid."""
    ended_on: date | None = None
    committed: Decimal = ZERO
    commitments: tuple[tuple[date, Decimal], ...] = ()
    """What was promised (+) or given back (-), by day: the fund holds the same."""
    overpayments: tuple[tuple[date, Decimal], ...] = ()
    """By how much what is overpaid grew (+) or shrank (-), by day: the fund holds the same."""
    selections: tuple[tuple[date, Decimal], ...] = ()
    """What was taken (+) from the envelope of its call or given back (-), by day: the call holds the same."""
    disbursed: Decimal = ZERO
    refunded: Decimal = ZERO
    payments: dict[str, Payment] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)
    follow_ups: dict[str, FollowUp] = field(default_factory=dict)
    suspended: tuple[str, ...] = ()
    """Scopes of the suspensions that hold."""
    capabilities: tuple[str, ...] = ()
    report_by: str | None = None
    """Who submitted the completion report, the last one."""
    submitters: frozenset[str] = frozenset()
    """The officers who submitted one. They never accept it."""
    report_accepted_on: date | None = None
    waived: frozenset[tuple[str, str | None]] = frozenset()
    documents: tuple[tuple[str, str], ...] = ()
    """Name and SHA-256."""

    @property
    def undisbursed(self) -> Decimal:
        """Commitment - disbursed + refunded + overpaid: never below zero."""
        return max(ZERO, self.committed - self.disbursed + self.refunded)

    @property
    def overpaid(self) -> Decimal:
        """What was disbursed and not refunded beyond the commitment: it is owed back."""
        return max(ZERO, self.disbursed - self.refunded - self.committed)

    @property
    def pending(self) -> Decimal:
        """What may still be paid of what is asked for: of an authorised payment, what was authorised."""
        return sum((payment.still_asks for payment in self.payments.values()), ZERO)

    @property
    def stated_recipients(self) -> tuple[str, ...]:
        """The recipient countries that are named, each once."""
        return tuple(dict.fromkeys(code for code in self.recipients if code != NOT_STATED))

    @property
    def capacity_share(self) -> Decimal | None:
        """The part of the requested budget for the countries' own capacity to share; `None` without one."""
        whole = sum((line.amount.amount for line in self.budget), ZERO)
        part = sum((line.amount.amount for line in self.budget if line.capacity), ZERO)
        return part / whole if whole else None

    @property
    def held(self) -> int:
        """Activities held."""
        return sum(activity.status == "held" for activity in self.activities.values())

    @property
    def payments_suspended(self) -> bool:
        """A suspension covers payments."""
        return "all" in self.suspended or "payments" in self.suspended


# ── changes that several stages share ────────────────────────────────────────────────────────

Evolve = Callable[[Any, Any], Grant]
"""The grant after an event, from the grant before it and the event."""
Evolves = dict[type["Event"], Evolve]
"""How the events of a stage change the grant."""


def unchanged(grant: Grant, _: "Event") -> Grant:
    """The grant as it is: the state needs nothing of the event, which projections read from the journal."""
    return grant


def moves_money(change: Evolve) -> Evolve:
    """The change, with what is overpaid by day kept as well."""

    def changed(grant: Grant, event: "Event") -> Grant:
        return _with_overpaid(change(grant, event), grant, event.on)

    return changed


def _with_overpaid(grant: Grant, before: Grant, on: date) -> Grant:
    change = grant.overpaid - before.overpaid
    return grant.but(overpayments=(*grant.overpayments, (on, change))) if change else grant


def committed(grant: Grant, on: date, amount: Decimal) -> Grant:
    """With so much more promised from the day on, or given back if it is below zero."""
    if not amount:
        return grant  # support that costs the fund nothing: nothing is promised
    return grant.but(committed=grant.committed + amount, commitments=(*grant.commitments, (on, amount)))


def given_back(grant: Grant, on: date) -> Grant:
    """After its end a grant keeps nothing: what is undisbursed, or comes back later, goes to the fund."""
    if grant.ended_on is None or not grant.undisbursed:
        return grant
    return committed(grant, on, -grant.undisbursed)


def ended(stage: Stage) -> Evolve:
    """How an event that ends the grant in this stage changes it."""

    def end(grant: Grant, event: "Event") -> Grant:
        after = given_back(grant.but(stage=stage, ended_on=event.on), event.on)
        if grant.effective_on is None:
            # A selection that came to nothing gives back what it took from its call.
            undone = tuple((event.on, -amount) for _, amount in grant.selections)
            after = after.but(selections=(*grant.selections, *undone))
        return after

    return end
