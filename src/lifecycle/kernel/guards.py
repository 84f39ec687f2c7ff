"""Checks that rules of several stages share."""

from decimal import Decimal

from lifecycle.kernel.refusals import TERMS, DecidesOwnRequest, Refusal
from lifecycle.types.codes import minor_units
from lifecycle.types.money import Money

OfficerActs = tuple[tuple[str, str], ...]
"""Officers, each with what the officer did, as a verb phrase: ``asked for P1``."""


def money(amount: Decimal, currency: str) -> str:
    """Return the amount as text for people: ``2,000.00 USD``."""
    return f"{minor_units(amount, currency):,f} {currency}"


def by_another_officer(actor: str, decision: str, *earlier_acts: tuple[str, str]) -> None:
    """Refuse a decision by an officer who did one of the earlier acts. Raises `DecidesOwnRequest`."""
    for officer, act in earlier_acts:
        if actor == officer:
            raise DecidesOwnRequest(f"{actor} {act}, so somebody else has to {decision}")


class CurrencyNotHolding(Refusal, order=TERMS, rule="domain §2: amounts in different currencies"):
    """The amount is not in the fund's holding currency."""


def in_holding_currency(amount: Money, currency: str) -> None:
    """Refuse an amount in another currency. Raises `CurrencyNotHolding`."""
    if amount.currency != currency:
        raise CurrencyNotHolding(f"{amount} is not in {currency}, the holding currency: convert it first")
