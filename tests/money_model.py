"""A second opinion on the money, in plain dicts: corrections, balances and the fund, all worked out anew.

It shares nothing with the program but the recorded entries, and knows only their words.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from lifecycle.history import Entry

Fact = dict[str, Any]
"""The words of an entry, with its kind and version."""
ByDay = dict[str, Decimal]


def words(entry: Entry) -> Fact:
    """An entry as plain words."""
    said = entry.event.model_dump(mode="json")
    return {**said, "kind": type(entry.event).__name__, "version": entry.originator_version}


def standing(entries: Iterable[Entry]) -> list[Fact]:
    """What holds: from the last entry to the first, a strike that holds undoes what it names."""
    facts = [words(entry) for entry in entries]
    struck: set[int] = set()
    for fact in reversed(facts):
        if fact["kind"] == "EntryCorrected" and fact["struck"] and fact["version"] not in struck:
            struck.add(fact["entry"])
    held = {fact["version"]: fact for fact in facts if fact["version"] not in struck}
    for fact in facts:
        if fact["version"] in held and fact["kind"] == "EntryCorrected":
            if fact["reads"] and fact["entry"] in held:
                held[fact["entry"]].update(fact["reads"])
            del held[fact["version"]]
    return sorted(held.values(), key=lambda fact: (fact["on"], fact["version"]))


def amount(fact: Fact) -> Decimal:
    """In the holding currency."""
    return Decimal((fact.get("holding_amount") or fact["amount"]).split()[0])


class GrantMoney:
    """A grant's balances after each of its facts."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.committed = self.disbursed = self.refunded = Decimal(0)
        self.commitments: ByDay = defaultdict(Decimal)
        self.paid: dict[str, Decimal] = defaultdict(Decimal)
        self.back: dict[str, Decimal] = defaultdict(Decimal)
        self.worst = Decimal(0)
        """The least undisbursed balance that there ever was."""
        self.ended = False
        for fact in standing(entries):
            self._add(fact)
            if self.ended and self.left:
                self._commit(fact, -self.left)
            self.worst = min(self.worst, self.left)
            assert all(self.back[name] <= self.paid[name] for name in self.back), fact

    @property
    def left(self) -> Decimal:
        """The undisbursed balance."""
        return self.committed - self.disbursed + self.refunded

    def _commit(self, fact: Fact, change: Decimal) -> None:
        self.committed += change
        self.commitments[fact["on"]] += change

    def _add(self, fact: Fact) -> None:
        match fact["kind"]:
            case "GrantApproved" | "CommitmentIncreased":
                self._commit(fact, amount(fact))
            case "BalanceCancelled":
                self._commit(fact, -amount(fact))
            case "GrantCancelled" | "GrantLapsed":
                self.ended = True
            case "FundsDisbursed" | "IrregularPaymentRecorded":
                self.disbursed += amount(fact)
                self.paid[fact["payment"]] += amount(fact)
            case "RefundReceived":
                self.refunded += amount(fact)
                self.back[fact["payment"]] += amount(fact)
            case "PaymentFailed":
                undone = self.paid[fact["payment"]] - self.back[fact["payment"]]
                self.disbursed -= undone
                self.paid[fact["payment"]] -= undone
            case _:
                pass


SIGNS = {
    "InstalmentReceived": 1,
    "IncomeCredited": 1,
    "FeeCharged": -1,
    "FundsReturned": -1,
    "FundsCommitted": -1,
    "CommitmentIncreased": -1,
    "CommitmentReleased": 1,
}
PAIRS = ("FundsCommitted", "CommitmentIncreased", "CommitmentReleased")


def changes(entries: Iterable[Entry], kinds: Iterable[str] = tuple(SIGNS)) -> ByDay:
    """By how much the fund's available money changed, by day, from facts of these kinds."""
    by_day: ByDay = defaultdict(Decimal)
    for fact in standing(entries):
        if fact["kind"] in kinds:
            by_day[fact["on"]] += SIGNS[fact["kind"]] * amount(fact)
    return by_day


def nonzero(by_day: ByDay) -> ByDay:
    """Without the days on which nothing changed in the end."""
    return {day: change for day, change in by_day.items() if change}
