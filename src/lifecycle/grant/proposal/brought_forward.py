"""A grant whose earlier life lies elsewhere: it begins in any later stage, with its totals to date."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import ClassVar, NamedTuple

from pydantic import Field

from lifecycle.directory.naming import GrantInstitutions
from lifecycle.fund.establishment import window_is_known, window_of
from lifecycle.fund.state import Fund
from lifecycle.grant.budget.lines import BROUGHT_FORWARD_LINE, NO_LINE, LineUse, lines_as_asked
from lifecycle.grant.budget.payment import Payment
from lifecycle.grant.budget.within_lines import BudgetDoesNotAddUp, named_once
from lifecycle.grant.payment.disbursement import disburse
from lifecycle.grant.proposal.terms import BudgetLine
from lifecycle.grant.state import (
    BROUGHT_FORWARD,
    Evolves,
    Grant,
    MutableGrant,
    commit,
    put_payment,
    unchanged,
)
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent, Value
from lifecycle.kernel.guards import in_holding_currency, money
from lifecycle.kernel.refusals import DATES, TERMS, NoEditionInForce, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.kernel.spec import GRANT, NEW
from lifecycle.types.dates import Day, Months
from lifecycle.types.money import Cost, Money
from lifecycle.types.stage import ZERO, Stage
from lifecycle.types.text import Digest, Line, OfficerId, Prose, Word
from lifecycle.types.vocabularies import (
    Capability,
    Countries,
    Execution,
    Label,
    LineKind,
    OperationKind,
    Outcome,
    StageReached,
)


class LineBroughtForward(Value):
    """One line of the budget as it stands on the day, with what was paid of it before."""

    line: Label
    """What the money is for."""
    kind: LineKind = "other"
    """What sort of cost it is."""
    capacity: bool = False
    """Whether it is for the countries' own capacity to share know-how."""
    amount: Cost
    """What the line holds of the commitment; in the holding currency."""
    paid: Cost | None = None
    """What was paid of it and not refunded, if that is known."""


class GrantBroughtForward(GrantEvent):
    """A grant goes on in this book from this day; its earlier life lies elsewhere.

    The totals count on this day. Its pair on the fund is FundsCommitted, in the same transaction, also if the
    fund has less. Recorded by an approver.
    """

    VERSION: ClassVar[int] = 4

    title: Line
    """The title of the exchange."""
    window: Word
    """A window of the fund's policy."""
    recipients: Countries
    """The countries that receive know-how."""
    providers: Countries
    """The countries that give know-how."""
    sector: Label
    """A sector, as the fund names it."""
    objective: Prose
    """What the countries want to achieve."""
    outcomes_sought: tuple[Outcome, ...] = ()
    """The capacity outcomes that the exchange aims at."""
    months: Months
    """How many months the exchange should take."""
    institution: Line | None = None
    """The public institution, for organizational knowledge sharing."""
    capabilities_planned: tuple[Capability, ...] = ()
    """What the institution plans to be able to do, for organizational knowledge sharing."""
    operation: Line | None = None
    """The operation that the exchange serves."""
    operation_kind: OperationKind | None = None
    """What the operation gives: lending, or technical assistance."""
    execution: Execution | None = None
    """Who spends the grant: the Bank itself, or its recipient; the Bank if not given."""
    institutions: GrantInstitutions = ()
    """The institutions of the directory that receive know-how, give it, or carry the grant out."""
    leader: OfficerId
    """The task team leader."""
    stage: StageReached
    """The stage in which it is on this day."""
    proposed_on: Day | None = None
    """The day of the proposal, if it is known."""
    approved_on: Day | None = None
    """The day of the approval; a grant that was never approved has none."""
    signed_on: Day | None = None
    """The day on which the agreement was signed."""
    effective_on: Day | None = None
    """The day from which payments and activities were possible."""
    closing_date: Day | None = None
    """The last day for activities, as extended."""
    completed_on: Day | None = None
    """The day on which the implementation was complete."""
    report_accepted_on: Day | None = None
    """The day on which the completion report was accepted."""
    closed_on: Day | None = None
    """The day on which the grant's books were closed."""
    ended_on: Day | None = None
    """The day on which it was declined, withdrawn, lapsed or cancelled."""
    amount: Cost | None = None
    """The proposed amount; the approved one if not given."""
    approved: Cost
    """The amount of the approval; in the holding currency. Zero if it was never approved."""
    increased: Cost | None = None
    """By how much the commitment was increased to date."""
    cancelled: Cost | None = None
    """How much of the commitment went back to the fund to date."""
    disbursed: Cost | None = None
    """How much was paid to date."""
    refunded: Cost | None = None
    """How much of that came back to date."""
    lines: tuple[LineBroughtForward, ...] = Field(default=(), max_length=200)
    """The budget lines, which add up to the commitment. Without them, one line holds it all."""
    edition: Line | None = None
    """The policy edition that governs it; that of the day of the approval if not given."""
    source: Line
    """Where the earlier life is kept: a system, a spreadsheet, a register."""
    digest: Digest | None = None
    """The SHA-256 of the file from which the figures were taken."""

    @property
    def committed(self) -> Decimal:
        """Return the commitment: approved and increased, less cancelled."""
        return self.approved.amount + amount_of(self.increased) - amount_of(self.cancelled)

    @property
    def net_disbursed(self) -> Decimal:
        """Return what was paid to date and not refunded."""
        return amount_of(self.disbursed) - amount_of(self.refunded)

    @property
    def budget(self) -> tuple[LineBroughtForward, ...]:
        """Return the lines; without any, one line that holds the commitment."""
        currency = self.approved.currency
        whole, paid = Money.of(self.committed, currency), Money.of(self.net_disbursed, currency)
        return self.lines or (LineBroughtForward(line=BROUGHT_FORWARD_LINE, amount=whole, paid=paid),)


def amount_of(total: Money | None) -> Decimal:
    """Return the amount of a total; zero if it is not given."""
    return ZERO if total is None else total.amount


def grant_brought_forward(name: str, event: GrantBroughtForward) -> MutableGrant:
    """Return the grant of this id, as it is brought forward."""
    grant = MutableGrant(
        id=name,
        currency=event.approved.currency,
        title=event.title,
        window=event.window,
        recipients=event.recipients,
        providers=event.providers,
        sector=event.sector,
        objective=event.objective,
        proposed=(event.amount or event.approved).amount,
        months=event.months,
        proposed_on=event.proposed_on,
        outcomes_sought=event.outcomes_sought,
        institution=event.institution,
        capabilities_planned=event.capabilities_planned,
        operation=event.operation,
        operation_kind=event.operation_kind,
        execution=event.execution or "bank",
        institutions=event.institutions,
        preparers=frozenset((event.leader,)),
        teams=[(event.on, (event.leader,))],
        stage=Stage(event.stage),
        edition=event.edition,
        budget=tuple(
            BudgetLine(line=line.line, amount=line.amount, capacity=line.capacity, kind=line.kind)
            for line in event.budget
        ),
        approved_on=event.approved_on,
        signed_on=event.signed_on,
        effective_on=event.effective_on,
        closing_date=event.closing_date,
        completed_on=event.completed_on,
        closed_on=event.closed_on,
        closures=() if event.closed_on is None else (event.closed_on,),
        ended_on=event.ended_on,
        report_accepted_on=event.report_accepted_on,
        brought_forward_on=event.on,
    )
    commit(grant, event.on, event.committed)
    if event.approved_on is not None:
        grant.lines = lines_as_asked(line.as_asked for line in grant.budget)
    _pay_to_date(grant, event)
    return grant


def _pay_to_date(grant: MutableGrant, event: GrantBroughtForward) -> None:
    """Keep what was paid to date as one payment, so that more of it can be refunded.

    It is of the grant's only line. Of several lines, each has what is known to be paid from it and not
    refunded, and the rest is of none.
    """
    if disbursed := amount_of(event.disbursed):
        payment = Payment(BROUGHT_FORWARD, requested=ZERO, category=next(iter(grant.lines)))
        if len(grant.lines) > 1:
            paid = [LineUse(disbursed=amount_of(line.paid)) for line in event.budget]
            payment = payment.replace(category=NO_LINE, of_lines=dict(zip(grant.lines, paid, strict=True)))
        disburse(grant, payment, disbursed, event.on)
        grant.refunded = amount_of(event.refunded)
        put_payment(grant, grant.payments[BROUGHT_FORWARD].replace(refunded=grant.refunded))
        # Pools pay the whole amount and then get the refund back, which may differ by a cent from the net.
        grant.paid += [(event.on, disbursed), *([(event.on, -grant.refunded)] if grant.refunded else [])]


EVOLVE: Evolves = {
    GrantBroughtForward: unchanged,  # `grant_brought_forward` makes the grant, which begins with it
}
"""The function by which each event changes the grant."""


class _Dates(NamedTuple):
    """The dates of a grant in one stage."""

    needed: tuple[str, ...]
    possible: tuple[str, ...] = ()


_EFFECTIVE = ("approved_on", "effective_on", "closing_date")
_DATES: dict[str, _Dates] = {
    "approved": _Dates(("approved_on",)),
    "signed": _Dates(("approved_on", "signed_on")),
    "effective": _Dates(_EFFECTIVE, ("signed_on",)),
    "follow_up": _Dates((*_EFFECTIVE, "completed_on"), ("signed_on", "report_accepted_on")),
    "closed": _Dates((*_EFFECTIVE, "closed_on"), ("signed_on", "completed_on", "report_accepted_on")),
    "declined": _Dates(("ended_on",)),
    "withdrawn": _Dates(("ended_on",)),
    "lapsed": _Dates(("approved_on", "ended_on"), ("signed_on",)),
    "cancelled": _Dates(
        ("approved_on", "ended_on"),
        ("signed_on", "effective_on", "closing_date", "completed_on", "report_accepted_on"),
    ),
}
"""The dates that a grant has in each stage, beside that of its proposal."""
_IN_ORDER = (
    "proposed_on",
    "approved_on",
    "signed_on",
    "effective_on",
    "completed_on",
    "closed_on",
    "ended_on",
)
_ALL_DATES = (*_IN_ORDER, "closing_date", "report_accepted_on")


def dates_in_order(event: GrantBroughtForward) -> Iterator[tuple[str, date]]:
    """Yield the name and the day of each date of the grant's life that is given, in the order of a life."""
    return ((name, day) for name in _IN_ORDER if (day := getattr(event, name)) is not None)


class DateMissing(Refusal, order=DATES, rule="domain §14: BringForward"):
    """The stage needs a date that is not given, or rules out one that is given."""


class DatesOutOfOrder(Refusal, order=DATES, rule="domain §14: BringForward"):
    """A date of the grant's life is before one that comes earlier in a life, or after the event's own day."""


def _check_dates(event: GrantBroughtForward) -> None:
    dates = _DATES[event.stage]
    needed = [name for name in dates.needed if getattr(event, name) is None]
    if event.effective_on is not None and event.closing_date is None and "closing_date" not in needed:
        needed.append("closing_date")
    if needed:
        raise DateMissing(f"a grant that is {event.stage} needs {' and '.join(needed)}")
    known = {"proposed_on", *dates.needed, *dates.possible}
    if other := [name for name in _ALL_DATES if getattr(event, name) is not None and name not in known]:
        raise DateMissing(
            f"a grant that is {event.stage} has no {' or '.join(other)}: leave it out, or name another stage"
        )
    _check_order(event)


def _check_order(event: GrantBroughtForward) -> None:
    days = [*dates_in_order(event), ("on", event.on)]
    pairs = [*pairwise(days)]
    if event.report_accepted_on is not None:
        accepted = "report_accepted_on", event.report_accepted_on
        pairs.append((accepted, ("on", event.on)))
        pairs += [((name, day), accepted) for name, day in days if name == "effective_on"]
    if event.closing_date is not None and event.effective_on is not None:
        pairs.append((("effective_on", event.effective_on), ("closing_date", event.closing_date)))
    for (name, day), (later_name, later) in pairs:
        if day > later:
            raise DatesOutOfOrder(f"{name} {day} is after {later_name} {later}")


class TotalsDoNotAddUp(Refusal, order=TERMS, rule="domain §14: judged by arithmetic alone"):
    """The totals to date contradict each other."""


def _check_totals(event: GrantBroughtForward, fund: Fund) -> None:
    totals = (event.approved, event.amount, event.increased, event.cancelled, event.disbursed, event.refunded)
    for total in (*totals, *(line.amount for line in event.lines), *(line.paid for line in event.lines)):
        if total is not None:
            in_holding_currency(total, fund.currency)
    currency, committed, net = fund.currency, event.committed, event.net_disbursed
    if event.approved_on is None and any(amount_of(total) for total in (event.approved, *totals[2:])):
        raise TotalsDoNotAddUp(f"a grant that is {event.stage} was never approved: its totals are 0")
    if committed < 0:
        raise TotalsDoNotAddUp(
            f"{money(amount_of(event.cancelled), currency)} was cancelled, which is more than was approved"
            " and increased"
        )
    if net < 0:
        raise TotalsDoNotAddUp(
            f"{money(amount_of(event.refunded), currency)} was refunded of"
            f" {money(amount_of(event.disbursed), currency)} disbursed"
        )
    if net > committed:
        raise TotalsDoNotAddUp(
            f"{money(net, currency)} was disbursed and not refunded, which is more than the commitment of"
            f" {money(committed, currency)}"
        )
    if event.ended_on is not None:
        _check_nothing_is_left(event)


def _check_closed(event: GrantBroughtForward) -> None:
    if event.closed_on is not None:
        _check_nothing_is_left(event)


def _check_nothing_is_left(event: GrantBroughtForward) -> None:
    currency, committed = event.approved.currency, event.committed
    if left := committed - event.net_disbursed:
        raise TotalsDoNotAddUp(
            f"a grant that is {event.stage} keeps nothing that is undisbursed: of"
            f" {money(committed, currency)} committed, {money(left, currency)} more was cancelled"
        )


def _check_lines(event: GrantBroughtForward) -> None:
    if not event.lines:
        return
    currency = event.approved.currency
    total = sum((line.amount.amount for line in event.lines), ZERO)
    if total != event.committed:
        raise BudgetDoesNotAddUp(
            f"the lines sum to {money(total, currency)}, the commitment is {money(event.committed, currency)}"
        )
    for line in event.lines:
        if amount_of(line.paid) > line.amount.amount:
            raise BudgetDoesNotAddUp(
                f"{money(amount_of(line.paid), currency)} was paid of line {line.line}, which holds"
                f" {money(*line.amount)}"
            )
    paid = sum((amount_of(line.paid) for line in event.lines), ZERO)
    is_known = all(line.paid is not None for line in event.lines)
    if paid > event.net_disbursed or (is_known and paid != event.net_disbursed):
        raise BudgetDoesNotAddUp(
            f"{money(paid, currency)} was paid of the lines, and {money(event.net_disbursed, currency)} was"
            " disbursed and not refunded"
        )


def _check_names(event: GrantBroughtForward) -> None:
    named_once(line.line for line in event.lines)


def _check_window(event: GrantBroughtForward, fund: Fund) -> None:
    if event.approved_on is None:
        window_is_known(event.window, fund)
        return
    edition = fund.editions.get(event.edition or "")
    if edition is None:
        known = ", ".join(fund.editions) or "none"
        raise NoEditionInForce(f"the fund has no edition {event.edition}; it has: {known}")
    window_of(event.window, edition)


def _make(_: Grant | None, event: GrantBroughtForward, fund: Fund) -> GrantBroughtForward:
    """Return the event with the edition of the day of the approval, unless it names one."""
    if event.edition is not None or event.approved_on is None:
        return event
    edition = fund.edition_of_history(event.approved_on)
    if edition is None:
        raise NoEditionInForce(f"no policy edition holds on {event.approved_on}: adopt one that does")
    fields = {name: getattr(event, name) for name in event.model_fields_set}
    return GrantBroughtForward.model_validate({**fields, "edition": edition.name})


_ARITHMETIC = (
    Rule(2, _check_dates),
    Rule(2, _check_totals),
    Rule(3, _check_closed),
    Rule(2, _check_lines),
    Rule(3, _check_names),
    Rule(2, _check_window),
)
RULES: Rules = {
    GrantBroughtForward: Guards(invariants=_ARITHMETIC, arithmetic=_ARITHMETIC, made_by=_make),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class BringForward(GrantCommand[GrantBroughtForward]):
    """Bring a grant forward whose earlier life lies elsewhere."""

    FILLED_IN = ("edition",)


COMMANDS = (BringForward.spec("grant bring-forward", "approver", NEW, GRANT),)
"""The commands, as the catalogue lists them."""
