"""Amounts that are not in the holding currency. They are summed by currency and never added to others."""

from collections import Counter
from dataclasses import dataclass, field

from projections.schema.rows import written


@dataclass
class Amounts:
    """Sums by currency, each in its own minor units."""

    by_currency: Counter[str] = field(default_factory=Counter)
    scales: dict[str, int] = field(default_factory=dict)

    def add(self, minors: int, scale: int, currency: str) -> None:
        """Add one amount, in minor units of its currency."""
        self.by_currency[currency] += minors
        self.scales[currency] = scale

    def update(self, others: "Amounts") -> None:
        """Add all of the other amounts."""
        self.by_currency.update(others.by_currency)
        self.scales |= others.scales

    def texts(self) -> list[str]:
        """Return each sum that is not 0 as text, ``99.00 EUR``, in the order of the currencies."""
        return [
            f"{written(self.by_currency[code], self.scales[code])} {code}"
            for code in sorted(self.by_currency)
            if self.by_currency[code]
        ]
