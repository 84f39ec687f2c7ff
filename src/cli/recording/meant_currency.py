"""The currency that an amount without one was probably meant in, for messages. Nothing is recorded in it."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from lifecycle.parse import CurrencyOf
from lifecycle.types.money import AMOUNT

if TYPE_CHECKING:
    from lifecycle.book.book import Book

_IN_ANOTHER = "paid_amount"
"""The field of an amount in a currency that nothing else names."""
_IN_THE_HOLDING = "holding_amount"


def currency_for(book: "Book", words: Mapping[str, Any]) -> CurrencyOf:
    """Return the function that returns the currency of an amount that names none, by its field.

    It is that of another amount in the command, else of the partner's agreement, else the fund's. The book is
    asked only if a message needs it.
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

    return cache(currency_of)


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
