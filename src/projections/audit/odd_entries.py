"""Find odd entries: what the rules allow, and an auditor wants to see (domain §3).

An entry in force may say the same as an earlier one, state a rate far from the last one, or record a payment
in breach. Such entries are recorded with a warning, and ``grantbook audit exceptions`` lists them.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from lifecycle.catalogue import BY_EVENT
from lifecycle.fund import events as fund_events
from lifecycle.fund.state import Fund
from lifecycle.grant import events as grant_events
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry, kind_of
from lifecycle.kernel.refusals import DecidesOwnRequest
from lifecycle.rejudge.history_rules import broken_rules
from lifecycle.types.money import Money


class ExceptionRule(NamedTuple):
    """A rule of the list of exceptions."""

    asks: str
    """What it finds, in one line."""
    source: str
    """Who asks for it; ``assumed`` for a number that no source gives."""


RULES = {
    "same_entry": ExceptionRule(
        "an entry that says the same as an earlier one under another id", "domain §3"
    ),
    "rate_off": ExceptionRule("a rate that is off the last one by more than a fifth", "domain §3"),
    "irregular_payment": ExceptionRule("a payment that the bank made in breach of a rule", "domain §3"),
    "history_breaks_rule": ExceptionRule(
        "an entry brought in as history that would have been refused here", "domain §4.4, §14"
    ),
}
"""The rules, by name."""
RATE_MAY_CHANGE_BY = Decimal("0.2")
"""The part of the last rate by which the next one may differ (domain §3)."""
MOVES_MONEY: frozenset[type[Event]] = frozenset(
    (
        fund_events.InstalmentReceived,
        fund_events.FeeCharged,
        fund_events.IncomeCredited,
        fund_events.FundsReturned,
        grant_events.PaymentRequested,
        grant_events.FundsDisbursed,
        grant_events.IrregularPaymentRecorded,
        grant_events.RefundReceived,
        grant_events.CommitmentIncreased,
        grant_events.BalanceCancelled,
    )
)
"""Events of which a second one costs money, or is money that never came."""
_NOT_COMPARED: dict[type[Event], tuple[str, ...]] = {
    fund_events.InstalmentScheduled: ("instalment",),
    grant_events.PaymentRequested: ("payment",),
    grant_events.IrregularPaymentRecorded: ("payment", "reason"),
    grant_events.RefundReceived: ("split", "reason"),
    grant_events.ActivityPlanned: ("activity",),
    grant_events.FollowUpAgreed: ("follow_up",),
}
"""Fields in which two events may differ and say the same: the name of a new item, and the reason."""


_ITEMS: dict[type[Event], str] = {
    grant_events.PaymentRequested: "payment",
    grant_events.IrregularPaymentRecorded: "payment",
    grant_events.ActivityPlanned: "activity",
    grant_events.FollowUpAgreed: "follow_up",
}
"""The field that names the item which an event begins."""
_WITHDRAWN_BY: dict[type[Event], str] = {
    grant_events.PaymentRejected: "payment",
    grant_events.PaymentFailed: "payment",
    grant_events.ActivityCancelled: "activity",
    grant_events.FollowUpDropped: "follow_up",
}
"""The field that names the item which an event withdraws: another one like it is no second one."""


STATE_RATES: tuple[type[Event], ...] = (
    fund_events.ContributionPledged,
    fund_events.ContributionAgreed,
    fund_events.InstalmentReceived,
)
"""The fund's events that state a partner's rate, and are compared with each other."""


class Finding(NamedTuple):
    """An odd entry, and why it is one."""

    rule: str
    severity: str
    """``high``, ``medium`` or ``low``."""
    entry: Entry
    text: str


class _First(NamedTuple):
    """The first entry that says something. The entry itself is not kept, because a stream may have many."""

    version: int
    recorder: str
    recorded_on: date


class OddEntries:
    """Finds the odd entries of one stream, which are added one by one in any order of their days."""

    def __init__(self, withdrawn: Iterable[tuple[str, str]] = ()) -> None:
        """``withdrawn``: items that are known to be withdrawn later, each with the field that names it."""
        self._first = dict[int, _First]()
        """By the hash of what an entry says: the first one that says it."""
        self._further = dict[int, list[_First]]()
        """By the same hash: the others that say it, if there are any."""
        self._begun = dict[tuple[str, str], tuple[int, int]]()
        """By item, of those that can be withdrawn: the hash of what its entry says, and the version."""
        self._withdrawn = set(withdrawn)
        self._rates = dict[tuple[str, str], list[tuple[date, int, Decimal]]]()
        """By whose rate it is and the currency: day, version and rate of each entry, in their order."""

    def add(self, entry: Entry) -> list[Finding]:
        """Return why the entry in force is odd beside those that were added before."""
        if type(entry.event).__name__ not in BY_EVENT[kind_of(entry.originator_id)]:
            return []  # a paired event, or one of the founding
        return [*self._same(entry), *self._rate_off(entry), *_irregular(entry)]

    def _same(self, entry: Entry) -> Iterator[Finding]:
        event = entry.event
        if (withdrawn := _item(event, _WITHDRAWN_BY)) is not None:
            self._withdraw(withdrawn)
        item = _item(event, _ITEMS)
        if item is not None and item in self._withdrawn:
            return
        own = _First(entry.originator_version, entry.recorder, entry.recorded_at.date())
        meaning = _meaning(event)
        first = self._first.setdefault(meaning, own)
        if item is not None:
            self._begun[item] = meaning, own.version
        if first.version != own.version:
            self._further.setdefault(meaning, []).append(own)
            severity = "high" if type(event) in MOVES_MONEY else "low"
            before = f"entry {first.version}, which {first.recorder} recorded on {first.recorded_on}"
            text = f"{_named(event)} of {event.on} says the same as {before}"
            yield Finding("same_entry", severity, entry, text)

    def _withdraw(self, item: tuple[str, str]) -> None:
        """Compare no later entry with the one that began the item."""
        self._withdrawn.add(item)
        meaning, version = self._begun.pop(item, (0, 0))
        others = [other for other in self._further.pop(meaning, ()) if other.version != version]
        if version and self._first[meaning].version == version:
            del self._first[meaning]
            if others:
                self._first[meaning] = others.pop(0)
        if others:
            self._further[meaning] = others

    def _rate_off(self, entry: Entry) -> Iterator[Finding]:
        stated = _rate(entry.event)
        if stated is None:
            return
        whose, currency, rate, unit = stated
        rates = self._rates.setdefault((whose, currency), [])
        key = (entry.on, entry.originator_version, rate)
        at = bisect_left(rates, key)
        insort(rates, key)
        if at == 0:
            return
        day, version, last = rates[at - 1]
        change = rate / last - 1
        if abs(change) > RATE_MAY_CHANGE_BY:
            far = f"{_short(rate)} {unit} is {_far(rate / last)} the last rate"
            text = f"{far}, {_short(last)} of {day} (entry {version})"
            yield Finding("rate_off", "medium", entry, text)


def odd_entries(entries_in_force: Iterable[Entry]) -> Iterator[Finding]:
    """Yield the odd entries of one stream, in the order of their versions."""
    entries = sorted(entries_in_force, key=lambda entry: entry.originator_version)
    items = (_item(entry.event, _WITHDRAWN_BY) for entry in entries)
    odd = OddEntries(item for item in items if item is not None)
    for entry in entries:
        yield from odd.add(entry)


def of_history(entries_in_force: Sequence[Entry], fund: Fund) -> Iterator[Finding]:
    """Yield the entries of one stream that were brought in as history and would have been refused here."""
    for entry, refusal in broken_rules(entries_in_force, fund):
        assert entry.imported_from is not None
        severity = "high" if isinstance(refusal, DecidesOwnRequest) else "medium"
        text = f"{type(entry.event).__name__} of {entry.on}, imported from {entry.imported_from.source}"
        text += f" ({entry.imported_from.reference}), would have been refused: {refusal.name}: {refusal}"
        yield Finding("history_breaks_rule", severity, entry, text)


def _item(event: Event, fields: dict[type[Event], str]) -> tuple[str, str] | None:
    """Return the item that the event names, with the field that names it; `None` for other events."""
    field = fields.get(type(event))
    return None if field is None else (field, event.__dict__[field])


def _meaning(event: Event) -> int:
    """Return the hash of what the event says, without the officer who acted and the names of new items."""
    left_out = _NOT_COMPARED.get(type(event), ())
    said = [
        repr(value) if type(value) is dict else value
        for name, value in event.__dict__.items()
        if name != "actor" and name not in left_out
    ]
    try:
        return hash((type(event), *said))
    except TypeError:  # a part of the event holds a dict, as an edition does
        return hash((type(event), repr(said)))


def _named(event: Event) -> str:
    """Return the event's name, with its amount if it has one."""
    amount = event.__dict__.get("amount")
    return f"{type(event).__name__}{f' of {amount}' if isinstance(amount, Money) else ''}"


def _rate(event: Event) -> tuple[str, str, Decimal, str] | None:
    """Return whose rate an event states, of which currency, the rate, and its unit; `None` if it states none.

    A partner's rate is the worth of one unit in the holding currency, a payment's the units of the paid
    currency for one of the grant's.
    """
    fields: dict[str, Any] = event.__dict__
    amount, worth, paid = fields.get("amount"), fields.get("holding_amount"), fields.get("paid_amount")
    if isinstance(amount, Money) and isinstance(worth, Money) and worth.currency != amount.currency:
        rate = worth.amount / amount.amount
        return str(fields.get("partner")), amount.currency, rate, f"{worth.currency} for 1 {amount.currency}"
    if isinstance(amount, Money) and isinstance(paid, Money) and fields.get("rate"):
        return "", paid.currency, fields["rate"], f"{paid.currency} for 1 {amount.currency}"
    return None


def _far(ratio: Decimal) -> str:
    """Return how far a rate is from the last one: ``10 times``, ``35 % below``."""
    if ratio >= 2:
        return f"{_short(ratio)} times"
    return f"{abs(ratio - 1):.0%} {'above' if ratio > 1 else 'below'}".replace("%", " %")


def _short(number: Decimal) -> str:
    """Return the number with six significant digits, and without an exponent."""
    return f"{Decimal(f'{number:.6g}').normalize():,f}"


def _irregular(entry: Entry) -> Iterator[Finding]:
    event = entry.event
    if isinstance(event, grant_events.IrregularPaymentRecorded):
        payee = event.payee or event.payee_institution
        text = f"{event.amount} were paid to {payee} in breach of {event.rule}: {event.reason}"
        yield Finding("irregular_payment", "high", entry, text)
