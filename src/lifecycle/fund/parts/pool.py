"""The state of partners' agreements: their terms by day, and what is left of their money."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from lifecycle.fund.parts.agreement_terms import DaysToReport, MonthsBetween, Percent, Preference
from lifecycle.kernel.event import Value
from lifecycle.types.dated_amount import DatedSums
from lifecycle.types.dates import Day

FREE = None
"""The name of the pool of money that came under no agreement."""


class Terms(Value):
    """The terms of an agreement. A field is `None` if it is not stated."""

    valid_until: Day | None = None
    end_disbursement: Day | None = None
    preference: Preference | None = None
    fee_percent: Percent | None = None
    reports_every: MonthsBetween | None = None
    report_days: DaysToReport | None = None

    def changed_by(self, later: "Terms") -> "Terms":
        """Return the terms with what the later ones state."""
        stated = {name: value for name in _TERMS if (value := getattr(later, name)) is not None}
        return self.model_copy(update=stated)

    @classmethod
    def of(cls, event: object) -> "Terms":
        """Return the terms that an event states."""
        return cls.model_construct(**{name: getattr(event, name) for name in _TERMS})

    @property
    def are_stated(self) -> bool:
        """Return whether any term is stated."""
        return any(getattr(self, name) is not None for name in _TERMS)


_TERMS = tuple(Terms.model_fields)

Stated = tuple[tuple[date, Terms], ...]
"""What an agreement and its amendments state, in order of days."""


def terms_on(stated: Stated, day: date) -> Terms:
    """Return the terms as they read on the day. The first ones hold before their day, too."""
    terms = stated[0][1]
    for on, later in stated[1:]:
        if on <= day:
            terms = terms.changed_by(later)
    return terms


def with_terms(stated: Stated, on: date, terms: Terms) -> Stated:
    """Return what is stated, with further terms from the day on."""
    # Sorting keeps the order of equal days.
    return tuple(sorted((*stated, (on, terms)), key=lambda item: item[0]))


@dataclass(frozen=True)
class Agreement:
    """A partner's agreement. Its money is a pool. Amounts are in the holding currency."""

    partner: str
    currency: str
    """The currency of the amount that is agreed."""
    stated: Stated
    received: DatedSums = field(default_factory=DatedSums)
    fees: DatedSums = field(default_factory=DatedSums)
    left: DatedSums = field(default_factory=DatedSums)
    """Received - fees - returned - committed."""

    @property
    def since(self) -> date:
        """Return the day from which it holds."""
        return self.stated[0][0]

    def terms_on(self, day: date) -> Terms:
        """Return the terms as they read on the day."""
        return terms_on(self.stated, day)

    def amended(self, on: date, terms: Terms) -> "Agreement":
        """Return the agreement with further terms from the day on."""
        return replace(self, stated=with_terms(self.stated, on, terms))

    def least_fee_room(self, since: date) -> tuple[Decimal, date] | None:
        """Return how much more fees it allows on the day or a later one, and the day with the least of it.

        `None` if it names no limit. What is below zero was charged too much.
        """
        percent = self.terms_on(since).fee_percent
        days = sorted({since, *self.fees.days_from(since), *self.received.days_from(since)})
        rooms = [
            (self.received.at(day) * percent / 100 - self.fees.at(day), day)
            for day in days
            if (percent := self.terms_on(day).fee_percent) is not None
        ]
        return min(rooms, default=None)


@dataclass(frozen=True)
class Drawn:
    """What one change of a grant's commitment drew from pools, or gave back (below zero)."""

    on: date
    amount: Decimal
    parts: tuple[tuple[int, str | None, Decimal], ...]
    """The rank of the draw, the agreement (`FREE` for none) and the amount, in the order of payments."""
