"""The parts of a request for funding that a grant's state keeps."""

from lifecycle.grant.budget.lines import AskedLine
from lifecycle.kernel.event import Value
from lifecycle.types.dates import Day
from lifecycle.types.money import Cost
from lifecycle.types.text import ItemId, Line
from lifecycle.types.vocabularies import Country, Label, LineKind


class BudgetLine(Value):
    """One line of the requested budget."""

    line: Label
    """What the money is for."""
    amount: Cost
    """In the holding currency; zero if it costs the fund nothing."""
    capacity: bool = False
    """Whether it is for the countries' own capacity to share know-how."""
    kind: LineKind | None = None
    """What kind of cost it is; other if not given."""

    @property
    def as_asked(self) -> AskedLine:
        """Return the line as a budget asks for it."""
        return AskedLine(self.line, self.amount.amount, self.capacity, self.kind)


class Letter(Value):
    """A recipient country's letter that asks for the exchange."""

    country: Country
    """The recipient country that asks; ISO 3166-1 alpha-2."""
    ministry: Line
    """The ministry that signed the letter."""
    dated: Day
    """The date of the letter."""
    institution: ItemId | None = None
    """The institution of the directory that signed it."""
