"""May this command become a fact? Judged by what was true on its day, and on every later day.

The way of a command on a grant: officer and role, stage, four eyes, dates, amounts, on the state as
of the command's day; then the entries dated later are judged again on top of it; then the fund is
charged with what the grant's commitment changed by. Pure: no clock, no store, no library of one.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

from lifecycle.decisions import amendment, closure, correction, exchange, payment, results  # noqa: F401
from lifecycle.decisions.correction import CorrectEntry, CorrectFundEntry, completed, target_of
from lifecycle.decisions.fund import FundCommand, lawful_on, never_overdrawn, somebody_in_charge
from lifecycle.decisions.rules import BECOMES, CONDITIONS, LAWFUL, Command, GrantCommand, fact, money
from lifecycle.events import fund as on_fund
from lifecycle.events import grant as on_grant
from lifecycle.events.base import EntryCorrected, Event, FundEvent
from lifecycle.fund import Fund
from lifecycle.fund import evolve as evolve_fund
from lifecycle.fund import fold as fold_fund
from lifecycle.grant import Grant, evolve, fold
from lifecycle.history import FUND, Entry, grant_stream, in_force
from lifecycle.refusals import (
    FOUR_EYES,
    DatedInFuture,
    ExceedsAvailableFunds,
    GrantHasEnded,
    GrantIdTaken,
    GrantIsClosed,
    NotAnOfficer,
    NotInStage,
    NotYetEffective,
    RecorderNotAdministrator,
    Refusal,
    RoleNotHeld,
    UnknownGrant,
)
from lifecycle.stage import ZERO, Stage
from lifecycle.table import BY_EVENT, FUND_ROWS, GRANT_ROWS, Row
from lifecycle.terms import Money

_EVENTS: dict[str, type[Event]] = {event.__name__: event for event in on_grant.EVENTS}
_FUND_EVENTS: dict[str, type[Event]] = {event.__name__: event for event in on_fund.EVENTS}
_BEFORE_EFFECTIVENESS = (Stage.PROPOSED, Stage.REQUESTED, Stage.APPROVED, Stage.SIGNED)
_ENDS = (Stage.DECLINED, Stage.WITHDRAWN, Stage.LAPSED, Stage.CANCELLED)
_OF_THE_WORLD = (
    on_grant.ActivityHeld,
    on_grant.PaymentFailed,
    on_grant.RefundReceived,
    on_grant.IrregularPaymentRecorded,
)
"""Facts that the fund did not decide."""
_NOT_YET = datetime.max.replace(tzinfo=UTC)
"""Stands for the moment of recording while a correction is tried out: nothing is ordered by it."""


class Known(NamedTuple):
    """A grant's stream with what follows from it: kept so that the next command need not fold again."""

    entries: tuple[Entry, ...] = ()
    held: tuple[Entry, ...] = ()
    """In force, in the one order."""
    grant: Grant | None = None
    """After all that is held."""

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "Known":
        """From a stream's entries."""
        held = tuple(in_force(entries))
        return cls(tuple(entries), held, fold(held))

    def plus(self, entry: Entry, grant: Grant | None) -> "Known":
        """With one more entry, after which the grant is ``grant``."""
        entries = (*self.entries, entry)
        if isinstance(entry.event, EntryCorrected):
            return Known(entries, tuple(in_force(entries)), grant)
        i = _place(self.held, entry.event.on)
        return Known(entries, (*self.held[:i], entry, *self.held[i:]), grant)


class Verdict(NamedTuple):
    """What the command becomes: its own fact, the pair on the fund, and the states after them."""

    fact: Event
    pair: tuple[FundEvent, ...]
    grant: Grant | None
    fund: Fund


def row_of(command: Command) -> Row:
    """The command's row in the table."""
    return (GRANT_ROWS if isinstance(command, GrantCommand) else FUND_ROWS)[command.NAME]


def permit(fund: Fund, row: Row, asked: Command, recorder: str) -> None:
    """Refuse who may not act, or not record. Raises the refusal of officer and role."""
    roles = fund.roles_on(asked.actor, asked.on)
    if not roles:
        raise NotAnOfficer(f"{asked.actor} holds no role on {asked.on}: an administrator appoints officers")
    if row.role not in ("any", *roles):
        raise RoleNotHeld(
            f"{row.name} is for {row.role}; {asked.actor} is {', '.join(sorted(roles))} on {asked.on}"
        )
    if recorder != asked.actor and "administrator" not in fund.roles_on(recorder, asked.on):
        raise RecorderNotAdministrator(
            f"{recorder} may enter acts of {recorder} only: acts of {asked.actor} are entered by"
            f" {asked.actor} or by an administrator"
        )


def judge_grant(known: Known, asked: GrantCommand, fund: Fund, recorder: str, today: date) -> Verdict:
    """Judge a command on a grant. Raises a `Refusal`, or pydantic's ``ValidationError`` for bad ``reads``."""
    row = row_of(asked)
    permit(fund, row, asked, recorder)
    if isinstance(asked, CorrectEntry):
        return _corrected(known, asked, row, fund, today)
    if row.stages == ("",) and known.entries:
        raise GrantIdTaken(f"there is a grant {asked.grant}: choose another id")
    late = bool(known.held) and asked.on < known.held[-1].event.on
    i = _place(known.held, asked.on) if late else len(known.held)
    grant = fold(known.held[:i]) if late else known.grant
    _in_stage(grant, row, asked.grant, asked.on)
    make = BECOMES.get(type(asked))
    event = make(grant, asked, fund) if make else fact(_EVENTS[row.event], asked)
    _judged_today(asked, today, lambda: _judged(grant, event, fund, of_decision=True))
    after: Grant | None = _after(grant, event, asked.grant)
    decides = type(event) not in _OF_THE_WORLD
    after = _still_true(after, known.held[i:], known, fund, of_decision=decides)
    return _charged(known.grant, after, event, fund)


def _place(held: Sequence[Entry], on: date) -> int:
    """After all entries of the same day: versions break ties, and a new entry has the highest."""
    return bisect_right(held, on, key=lambda entry: entry.event.on)


def _after(grant: Grant | None, event: Event, name: str) -> Grant:
    after = evolve(grant, event)
    return after if grant is not None else after.but(id=name)


def _in_stage(grant: Grant | None, row: Row, name: str, on: date) -> None:
    """Refuse what is not done in the grant's stage."""
    if grant is None:
        if row.stages != ("",):
            raise UnknownGrant(f"there is no grant {name} on {on}")
        return
    if grant.stage in row.stages:
        return
    if row.stages == ("",):
        raise GrantIdTaken(f"there is a grant {name}")
    if grant.stage in _ENDS:
        raise GrantHasEnded(
            f"{grant.id} was {grant.stage} on {grant.ended_on}: {row.words} is not possible after it"
        )
    if grant.stage is Stage.CLOSED:
        raise GrantIsClosed(f"{grant.id} was closed on {grant.closed_on}: an approver can reopen it")
    if grant.stage in _BEFORE_EFFECTIVENESS and not set(row.stages) & set(_BEFORE_EFFECTIVENESS):
        raise NotYetEffective(f"{grant.id} is {grant.stage} on {on}: it has to be effective first")
    raise NotInStage(
        f"{grant.id} is {grant.stage} on {on}; {row.words} is done while {' or '.join(row.stages)}"
    )


def _judged(grant: Grant | None, event: Event, fund: Fund, *, of_decision: bool) -> None:
    """Ask of the fact what must be true before it, and what was asked when it was decided."""
    if rule := LAWFUL.get(type(event)):
        rule(grant, event, fund)
    if of_decision and (condition := CONDITIONS.get(type(event))):
        condition(grant, event, fund)


def _judged_today(asked: Command, today: date, judged: Callable[[], None]) -> None:
    """Four eyes, then dates, then amounts: a future day is told before an amount, after four eyes."""
    try:
        judged()
    except Refusal as no:
        if asked.on <= today or no.order <= FOUR_EYES:
            raise
    _not_in_future(asked.on, today)


def _no_longer(entry: Entry, no: Refusal) -> Refusal:
    what = f"entry {entry.originator_version} ({type(entry.event).__name__}, {entry.event.on})"
    return type(no)(f"{what} would no longer hold: {no}")


def _still_true(
    after: Grant | None, later: Sequence[Entry], known: Known, fund: Fund, *, of_decision: bool
) -> Grant | None:
    """The state after the later entries, each as lawful as before. Raises the first that is not.

    ``of_decision``: also what was asked when it was decided. A late fact of the world, or a correction,
    is not held back by that: a refund learned of after the closure is recorded all the same (§1.1).
    """
    for entry in later:
        if no := _refusal(after, entry, fund, of_decision=of_decision):
            # What such a fact or correction has broken before is no reason against the next entry.
            was = _refusal_before(known.held, entry, fund, of_decision=of_decision)
            if type(was) is not type(no):
                raise _no_longer(entry, no) from no
        after = fold((entry,), after)
    return after


def _refusal(grant: Grant | None, entry: Entry, fund: Fund, *, of_decision: bool) -> Refusal | None:
    event = entry.event
    try:
        _in_stage(grant, BY_EVENT[type(event).__name__], entry.originator_id.removeprefix("grant:"), event.on)
        _judged(grant, event, fund, of_decision=of_decision)
    except Refusal as no:
        return no
    return None


def _refusal_before(held: Sequence[Entry], entry: Entry, fund: Fund, *, of_decision: bool) -> Refusal | None:
    """What was wrong with the entry already, as the history stood; `None` where it reads otherwise now."""
    place = next((i for i, known in enumerate(held) if known is entry), None)
    return None if place is None else _refusal(fold(held[:place]), entry, fund, of_decision=of_decision)


def _corrected(known: Known, asked: CorrectEntry, row: Row, fund: Fund, today: date) -> Verdict:
    if not known.entries or asked.on < known.entries[0].event.on:
        raise UnknownGrant(f"there is no grant {asked.grant} on {asked.on}")
    target = target_of(asked, known.entries)
    now = next((entry for entry in known.held if entry.originator_version == asked.entry), target)
    event = completed(fact(EntryCorrected, asked), now, fund)
    held = in_force((*known.entries, _provisional(asked, event, len(known.entries) + 1)))
    _not_in_future(max((asked.on, *(entry.event.on for entry in held))), today)
    after = _still_true(None, held, known, fund, of_decision=False)
    return _charged(known.grant, after, event, fund)


def _provisional(asked: Command, event: Event, version: int) -> Entry:
    stream = grant_stream(asked.grant) if isinstance(asked, GrantCommand) else FUND
    return Entry(stream, version, event, _NOT_YET, asked.actor, asked.command_id)


def _not_in_future(day: date, today: date) -> None:
    if day > today:
        raise DatedInFuture(f"{day} is after today, {today}: record it when it has happened")


def _charged(before: Grant | None, after: Grant | None, event: Event, fund: Fund) -> Verdict:
    """The fund's pair of what the grant's commitment changed by, day by day. Raises `ExceedsAvailableFunds`.

    One mechanism for approvals, increases, cancellations, lapses, corrections and late entries: the
    fund always holds the same dated sums as the grants together (domain §4.2).
    """
    old = before.commitments if before is not None else ()
    new = after.commitments if after is not None else ()
    if old == new:
        return Verdict(event, (), after, fund)
    changes: dict[date, Decimal] = {}
    for sign, commitments in ((1, new), (-1, old)):
        for day, amount in commitments:
            changes[day] = changes.get(day, ZERO) + sign * amount
    grant = after or before
    assert grant is not None
    pair = tuple(_pair(event, grant, day, change) for day, change in sorted(changes.items()) if change)
    charged = fund
    for part in pair:
        charged = evolve_fund(charged, part)
    if any(change > 0 for change in changes.values()):
        _covered(fund, charged, min(changes), grant)
    return Verdict(event, pair, after, charged)


def _pair(event: Event, grant: Grant, day: date, change: Decimal) -> FundEvent:
    amount = Money(abs(change), grant.currency)
    kind: type[on_fund.FundsCommitted | on_fund.CommitmentIncreased | on_fund.CommitmentReleased]
    if isinstance(event, on_grant.GrantApproved) and change > 0:
        kind = on_fund.FundsCommitted
    else:
        kind = on_fund.CommitmentIncreased if change > 0 else on_fund.CommitmentReleased
    return kind(on=day, actor=event.actor, grant=grant.id, amount=amount)


def _covered(before: Fund, after: Fund, since: date, grant: Grant) -> None:
    least, day = after.available.least_from(since)
    if least >= 0:
        return
    left = max(before.available.least_from(since)[0], ZERO)
    raise ExceedsAvailableFunds(
        f"the fund has {money(left, before.currency)} left to promise from {since} on, and {grant.id}"
        f" would take {money(-least, before.currency)} more than there is on {day}"
    )


# ── the fund's own commands ──────────────────────────────────────────────────────────────────


def judge_fund(
    fund: Fund, asked: FundCommand, recorder: str, today: date, entries: Sequence[Entry] = ()
) -> Verdict:
    """Judge a command on the fund; a correction needs the stream's ``entries``. Raises a `Refusal`."""
    row = row_of(asked)
    if fund.established_on is not None:
        permit(fund, row, asked, recorder)
    event = fact(_FUND_EVENTS[row.event], asked)
    if isinstance(asked, CorrectFundEntry):
        target_of(asked, entries)
        held = in_force((*entries, _provisional(asked, event, len(entries) + 1)))
        _not_in_future(max(asked.on, held[-1].event.on), today)
        return Verdict(event, (), None, _fund_still_true(held, in_force(entries)))
    _judged_today(asked, today, lambda: lawful_on(fund, event, given=True))
    return Verdict(event, (), None, evolve_fund(fund, event))


def _fund_still_true(held: Sequence[Entry], before: Sequence[Entry]) -> Fund:
    """The fund after a correction: every fact as lawful as before, never overdrawn, somebody in charge."""
    fund = Fund()
    for entry in held:
        if no := _fund_refusal(fund, entry):
            place = next((i for i, known in enumerate(before) if known is entry), None)
            was = None if place is None else _fund_refusal(fold_fund(before[:place]), entry)
            if type(was) is not type(no):
                raise _no_longer(entry, no) from no
        fund = evolve_fund(fund, entry.event)
    never_overdrawn(fund, date.min)
    assert fund.established_on is not None
    somebody_in_charge(fund, fund.established_on)
    return fund


def _fund_refusal(fund: Fund, entry: Entry) -> Refusal | None:
    # An edition is judged once, when it is adopted: it cannot be corrected.
    if isinstance(entry.event, on_fund.PolicyAdopted):
        return None
    try:
        lawful_on(fund, entry.event, given=False)
    except Refusal as no:
        return no
    return None
