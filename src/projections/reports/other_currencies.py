"""Amounts that are not in the holding currency: told apart by currency, and never added to others."""

from collections import Counter
from dataclasses import dataclass, field

from projections.schema.tables import written


@dataclass
class Amounts:
    """Sums by currency, each in its own minor units."""

    by_currency: Counter[str] = field(default_factory=Counter)
    scales: dict[str, int] = field(default_factory=dict)

    def add(self, minors: int, scale: int, currency: str) -> None:
        """Count one amount in."""
        self.by_currency[currency] += minors
        self.scales[currency] = scale

    def update(self, others: "Amounts") -> None:
        """Count all of the others in."""
        self.by_currency.update(others.by_currency)
        self.scales |= others.scales

    def told(self) -> list[str]:
        """Each as it is written, ``99.00 EUR``, in the order of the currencies; none of nothing."""
        return [
            f"{written(self.by_currency[code], self.scales[code])} {code}"
            for code in sorted(self.by_currency)
            if self.by_currency[code]
        ]
