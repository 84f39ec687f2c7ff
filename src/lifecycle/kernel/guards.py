"""Checks that rules of several stages share."""

from decimal import Decimal

from lifecycle.kernel.refusals import TERMS, DecidesOwnRequest, Refusal
from lifecycle.types.codes import minor_units
from lifecycle.types.money import Money

Others = tuple[tuple[str, str], ...]
"""Officers, each with what they did."""


def money(amount: Decimal, currency: str) -> str:
    """Return an amount as people read it."""
    return f"{minor_units(amount, currency):,f} {currency}"


def third(actor: str, act: str, *others: tuple[str, str]) -> None:
    """Refuse an actor who is one of the others. Raises `DecidesOwnRequest`."""
    for other, did in others:
        if actor == other:
            raise DecidesOwnRequest(f"{actor} {did}, so somebody else has to {act}")


class CurrencyNotHolding(Refusal, order=TERMS, rule="domain §2: amounts in different currencies"):
    """The amount is not in the fund's holding currency."""


def in_holding_currency(amount: Money, currency: str) -> None:
    """Refuse another currency. Raises `CurrencyNotHolding`."""
    if amount.currency != currency:
        raise CurrencyNotHolding(f"{amount} is not in {currency}, the holding currency: convert it first")
