"""The fund's beginning and its policy: currency, seat, editions, sealing."""

from bisect import insort
from typing import Annotated, ClassVar

from pydantic import Field

from lifecycle.fund.state import Adoption, Evolves, Fund, MutableFund, unchanged
from lifecycle.kernel.command import FundCommand
from lifecycle.kernel.event import DocumentAttached, FundEvent
from lifecycle.kernel.guards import in_holding_currency
from lifecycle.kernel.refusals import STAGE, TERMS, FieldNotCorrectable, FundAlreadyEstablished, Refusal
from lifecycle.kernel.rule import Guards, Rule, Rules
from lifecycle.policy.edition import Edition, Window, amounts_of, contradictions
from lifecycle.types.codes import MINOR_UNITS
from lifecycle.types.readings.nearest import did_you_mean
from lifecycle.types.text import Line
from lifecycle.types.vocabularies import Currency, Sealing, TimeZone


class FundEstablished(FundEvent):
    """The fund was established, with its holding currency and its seat. Recorded by ``init``."""

    VERSION: ClassVar[int] = 2

    name: Line
    """The fund's name."""
    currency: Currency
    """The holding currency, in which every grant and every total is."""
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)]
    """The first month of the fiscal year, which is named after the calendar year in which it ends."""
    time_zone: TimeZone = "UTC"
    """The IANA time zone of the seat, where "today" and the end of a day are counted."""


class PolicyAdopted(FundEvent):
    """A policy edition was adopted: windows, limits and times of obligations. It is never changed.

    Recorded by an administrator.
    """

    VERSION: ClassVar[int] = 9

    edition: Edition
    """The whole edition, each number with its source."""


class SealingSwitched(FundEvent):
    """From this day on the journal is sealed after each command, or only on request.

    Recorded by an administrator. Before the first one, the choice at ``init`` holds.
    """

    sealing: Sealing
    """After each command by its recorder, or on request by ``audit seal``."""


def _fund_established(fund: MutableFund, event: FundEstablished) -> None:
    fund.name = event.name
    fund.currency = event.currency
    fund.fiscal_year_start = event.fiscal_year_start
    fund.time_zone = event.time_zone
    fund.established_on = event.on


def _policy_adopted(fund: MutableFund, event: PolicyAdopted) -> None:
    insort(fund.adoptions, Adoption(event.on, event.edition), key=lambda adoption: adoption.on)


def _sealing_switched(fund: MutableFund, event: SealingSwitched) -> None:
    choice = event.on, event.sealing == "each_command"
    insort(fund.sealing, choice, key=lambda known: known[0])


EVOLVE: Evolves = {
    FundEstablished: _fund_established,
    PolicyAdopted: _policy_adopted,
    SealingSwitched: _sealing_switched,
    DocumentAttached: unchanged,
}
"""The function by which each event changes the fund, except its flow of money."""


def _check_not_established(fund: Fund) -> None:
    if fund.established_on is not None:
        raise FundAlreadyEstablished(f"{fund.name} was established on {fund.established_on}: one fund a book")


class EditionNameTaken(Refusal, order=STAGE, rule="domain §5: an edition once adopted is never changed"):
    """An edition of this name was adopted before."""


def _check_edition(fund: Fund, event: PolicyAdopted) -> None:
    if event.edition.name in fund.editions:
        raise EditionNameTaken(
            f"an edition {event.edition.name} was adopted: it is never changed, give the new one its own name"
        )
    _check_maximums(fund.currency, event.edition)


class EditionContradictsItself(Refusal, order=TERMS, rule="domain §5: an edition is complete"):
    """Two rules of the edition cannot both hold."""


def _check_rules_agree(event: PolicyAdopted) -> None:
    if found := tuple(contradictions(event.edition)):
        raise EditionContradictsItself("; ".join(f"edition.{path}: {sentence}" for path, sentence in found))


def _check_maximums(currency: str, edition: Edition) -> None:
    for _, amount in amounts_of(edition):
        in_holding_currency(amount, currency)


def has_usable_currency(fund: Fund) -> None:
    """Refuse a currency without minor units, or one that differs from that of a maximum. Raises a refusal."""
    if fund.currency not in MINOR_UNITS:
        raise FieldNotCorrectable(f"{fund.currency} is not an ISO 4217 currency")
    for edition in fund.editions.values():
        _check_maximums(fund.currency, edition)


class WindowNotInEdition(Refusal, order=TERMS, rule="domain §5: windows are names of the edition's own"):
    """The edition has no such window."""


def window_of(name: str, edition: Edition) -> Window:
    """Return the window's limits. Raises `WindowNotInEdition`."""
    window = edition.windows.get(name)
    if window is None:
        raise WindowNotInEdition(
            f"edition {edition.name} has no window {name}{did_you_mean(name, edition.windows)};"
            f" it has {', '.join(sorted(edition.windows))}"
        )
    return window


def window_is_known(window: str, fund: Fund) -> None:
    """Refuse a window that no adopted edition has. Raises `WindowNotInEdition`."""
    known = {name for edition in fund.editions.values() for name in edition.windows}
    if window not in known:
        raise WindowNotInEdition(
            f"no adopted edition has a window {window}{did_you_mean(window, known)};"
            f" known: {', '.join(sorted(known))}"
        )


RULES: Rules = {
    FundEstablished: Guards(invariants=(Rule(1, _check_not_established),)),
    PolicyAdopted: Guards(invariants=(Rule(1, _check_edition), Rule(2, _check_rules_agree))),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class EstablishFund(FundCommand[FundEstablished]):
    """Make a new book."""


class AdoptPolicy(FundCommand[PolicyAdopted]):
    """Adopt an edition of windows and limits."""


class SwitchSealing(FundCommand[SealingSwitched]):
    """Choose when the journal is sealed."""


class AttachFundDocument(FundCommand[DocumentAttached]):
    """Attach a file to the fund."""

    NAME = "AttachDocument"


COMMANDS = (
    EstablishFund.spec("init", "administrator"),
    AdoptPolicy.spec("fund adopt-policy", "administrator", (), ("file",)),
    SwitchSealing.spec("fund switch-sealing", "administrator"),
    AttachFundDocument.spec("document attach-to-fund", "any", (), ("file",)),
)
"""The commands, as the catalogue lists them."""
