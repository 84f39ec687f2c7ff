"""What a message about a malformed amount or day offers: the currency that was probably meant, and today."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from lifecycle.parse import Hints
from lifecycle.types.money import AMOUNT

if TYPE_CHECKING:
    from lifecycle.book.book import Book

_IN_ANOTHER = "paid_amount"
"""The field of an amount in a currency that nothing else names."""
_IN_THE_HOLDING = "holding_amount"


def hints_for(book: "Book", words: Mapping[str, Any]) -> Hints:
    """Return the hints for a command's amounts and days. The book is asked only if a message needs it.

    The currency of an amount that names none is that of another amount in the command, else of the partner's
    agreement, else the fund's.
    """

    def currency_of(field: str) -> str | None:
        name = field.rpartition(".")[2]
        if name == _IN_ANOTHER:
            return None
        if name != _IN_THE_HOLDING:
            if (written := _written(words)) is not None:
                return written
            if isinstance(partner := words.get("partner"), str) and (agreed := _agreed(book, partner)):
                return agreed
        return book.fund().currency

    return Hints(cache(currency_of), book.today)


def _written(value: Any, name: str = "") -> str | None:
    """Return the currency of the first amount in the words that has one."""
    if isinstance(value, Mapping):
        found = (_written(part, str(key)) for key, part in value.items())
        return next((currency for currency in found if currency), None)
    if isinstance(value, list | tuple):
        return next((currency for part in value if (currency := _written(part, name))), None)
    is_amount = isinstance(value, str) and name not in {_IN_ANOTHER, _IN_THE_HOLDING}
    match = AMOUNT.fullmatch(value) if is_amount else None
    return None if match is None else match[2]


def _agreed(book: "Book", partner: str) -> str | None:
    """Return the currency of the partner's newest agreement or pledge; `None` if the views have none."""
    from lifecycle.kernel.errors import BookError
    from projections.engine.partner_currency import partner_currency

    try:
        return partner_currency(book, partner)
    except BookError:
        return None  # without its views a message names the fund's currency
