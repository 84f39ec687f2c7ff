"""Money: amounts that are exact to their currency's minor unit, and counts.

A stored amount is read by its shape alone, so that no later list of currencies can make an entry unreadable.
Amounts are ``Decimal``, and amounts of two currencies are never added.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, Self, get_args, get_origin

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from lifecycle.types.codes import MINOR_UNITS, decimals, minor_units
from lifecycle.types.readings.amounts import amount_fault

AMOUNT = re.compile(r"(-?\d{1,14}(?:\.\d{1,6})?) ([A-Z]{3})", re.ASCII)


class Money(NamedTuple):
    """An amount in one currency, exact to its minor unit: written ``2000.00 USD``."""

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> Self:
        """Return the amount as money, with the number of decimals of the currency."""
        return cls(minor_units(amount, currency), currency)

    @classmethod
    def parse(cls, text: object) -> Self:
        """Parse text like ``"2000.00 USD"``. The amount gets at least the decimals of its currency.

        Raises a ``ValueError`` that says what the text may mean.
        """
        match = AMOUNT.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise PydanticCustomError("money", "{fault}", {"fault": amount_fault(text)})
        digits, currency = match.groups()
        amount, places = Decimal(digits), MINOR_UNITS.get(currency)
        if places is None or len(digits.partition(".")[2]) == places:
            return cls(amount, currency)
        exact = minor_units(amount, currency)
        return cls(exact if exact == amount else amount, currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: object, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _money,
            serialization=core_schema.to_string_ser_schema(),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^-?\d+(\.\d+)? [A-Z]{3}$", "examples": ["2000.00 USD"]}


def _money(value: object) -> Money:
    if type(value) is Money:
        amount, currency = value
        as_kept = amount.as_tuple().exponent == -MINOR_UNITS.get(currency, 0)
        return value if as_kept else Money.parse(f"{amount:f} {currency}")
    return _amount_written(value) if type(value) is str else Money.parse(value)


_amount_written = lru_cache(maxsize=1 << 13)(Money.parse)
"""Cached, because the same amount is requested, authorised, paid, and in the fund's paired event."""


DIGITS = 15
"""The most digits of an amount in minor units, in a command: less than ten trillion dollars.

This is a technical limit: reports sum amounts in the 64-bit integers of a database, which hold the sum of
nine thousand of the largest. A larger amount in a command is refused; one that is stored is read as it is.
"""


def check_digits(value: Any, at: str = "", *, written: bool = False) -> None:
    """Refuse an amount of more than `DIGITS` digits anywhere in a value. Raises `PydanticCustomError`.

    ``at``: the path of the value's field, for the error; ``written``: also check texts that are amounts.
    """
    if written and type(value) is str and (match := AMOUNT.fullmatch(value)):
        value = Money(Decimal(match[1]), match[2])
    if type(value) is Money:
        amount, currency = value
        if amount.adjusted() + decimals(currency) >= DIGITS:
            context = {"amount": str(value), "digits": DIGITS, "field": at}
            raise PydanticCustomError(
                "too_large", "{amount} is too large to be added up: it has more than {digits} digits", context
            )
        return
    members: Any = enumerate(value) if type(value) in (tuple, list) else getattr(value, "__dict__", value)
    if type(members) is dict:
        members = members.items()
    elif type(members) is not enumerate:
        return
    for name, part in members:
        if written or type(part) not in _NO_AMOUNTS:
            check_digits(part, f"{at}.{name}" if at else str(name), written=written)


_NO_AMOUNTS = (str, int, date, datetime, Decimal, NoneType)


def may_hold_amounts(annotation: Any) -> bool:
    """Return whether a field with this annotation may hold an amount; plain values do not."""
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return may_hold_amounts(arguments[0])
    if get_origin(annotation) is Literal:
        return False
    return any(map(may_hold_amounts, arguments)) if arguments else annotation not in (*_NO_AMOUNTS, ...)


def _positive(money: Money) -> Money:
    if money.amount <= 0:
        raise PydanticCustomError("positive", "the amount must be more than zero")
    return money


Amount = Annotated[Money, AfterValidator(_positive)]
"""Money that is paid or committed: more than zero."""


def _not_negative(money: Money) -> Money:
    if money.amount < 0:
        raise PydanticCustomError("not_negative", "the amount must not be negative")
    return money


Cost = Annotated[Money, AfterValidator(_not_negative)]
"""Money that may be zero: a cost, or a proposed amount."""
Figure = Annotated[
    Decimal, Field(max_digits=18, decimal_places=6), AfterValidator(lambda number: Decimal(f"{number:f}"))
]
"""A number that was measured, or is wanted, in the unit of its indicator."""
Count = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
"""A count of people or days, up to a million."""
