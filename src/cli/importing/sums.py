"""Sums of what commands move: by window and year for the plan, and by any key for a reconciliation."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from lifecycle.types.money import Money

KINDS = {
    "ProposeGrant": "proposed",
    "ApproveGrant": "approved",
    "IncreaseCommitment": "increased",
    "CancelBalance": "cancelled",
    "RequestPayment": "requested",
    "DisburseFunds": "disbursed",
    "RecordIrregularPayment": "disbursed",
    "RecordRefund": "refunded",
    "PledgeContribution": "pledged",
    "AgreeContribution": "agreed",
    "ReceiveInstalment": "received",
    "ChargeFee": "fees",
    "CreditIncome": "income",
    "ReturnFunds": "returned",
}
"""The sum to which the amount of each command is added."""
TOTALS = ("approved", "increased", "cancelled", "disbursed", "refunded")
"""The totals of a grant that is brought forward, each of which is added to the sum of its name."""
FUND = "the fund"
ELSEWHERE = "in the book"
"""Stands for the window of a grant that is not proposed in the file."""


class Flow(NamedTuple):
    """An amount that a command moves."""

    kind: str
    window: str
    year: str
    grant: str
    money: Money


class Sums:
    """Adds up amounts by kind, window, year and currency; and the rest only if it is asked for."""

    def __init__(self, *, by_grant: bool = False) -> None:
        self._windows: dict[str, str] = {}
        self._by_grant = by_grant
        self.commands: dict[str, int] = defaultdict(int)
        """The number of commands of each name."""
        self._sums: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
        self._of_grants: dict[tuple[str, str], Decimal] = defaultdict(Decimal)

    def add(self, words: Mapping[str, Any]) -> None:
        """Add the amount of a command."""
        command, grant = words["command"], words.get("grant", "")
        self.commands[command] += 1
        if command in ("ProposeGrant", "BringForward"):
            self._windows[grant] = words["window"]
        if command == "BringForward":
            for total in TOTALS:
                self._add(total, words, words.get(total))
        elif kind := KINDS.get(command):
            self._add(kind, words, words.get("amount"))

    def _add(self, kind: str, words: Mapping[str, Any], amount: Any) -> None:
        if not isinstance(amount, str):
            return
        grant = words.get("grant", "")
        number, _, currency = amount.partition(" ")
        window = self._windows.get(grant, ELSEWHERE) if grant else FUND
        self._sums[kind, window, str(words["on"])[:4], currency] += Decimal(number)
        if self._by_grant:
            self._of_grants[kind, grant] += Decimal(number)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each window, year and currency, with a column for each kind."""
        rows: dict[tuple[str, str, str], dict[str, Any]] = {}
        for (kind, window, year, currency), amount in sorted(self._sums.items()):
            row = rows.setdefault(
                (window, year, currency), {"window": window, "year": year, "currency": currency}
            )
            row[kind] = str(amount)
        return [rows[key] for key in sorted(rows)]

    def by(self, kind: str, key: str) -> dict[str, Decimal]:
        """Return the sums of a kind by a key: ``all``, ``year``, ``window`` or ``grant``."""
        if kind == "commands":
            return {"all": Decimal(sum(self.commands.values()))}
        if key == "grant":
            return {grant: amount for (of, grant), amount in self._of_grants.items() if of == kind}
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for (of, window, year, _), amount in self._sums.items():
            if of == kind:
                totals[{"year": year, "window": window}.get(key, "all")] += amount
        return dict(totals)

    def differences(self, kind: str, key: str, expected: Mapping[str, Decimal]) -> Iterator[str]:
        """Yield a sentence for each sum that differs from what is expected."""
        sums = self.by(kind, key)
        for name in dict.fromkeys((*expected, *(sums if key != "all" else ()))):
            wanted, found = expected.get(name), sums.get(name, Decimal(0))
            if wanted is None:
                yield f"{kind} of {name}: {found:,}, and the map expects none"
            elif wanted != found:
                of = "" if key == "all" else f" of {name}"
                yield f"{kind}{of}: {found:,}, and the map expects {wanted:,}: {found - wanted:+,}"
