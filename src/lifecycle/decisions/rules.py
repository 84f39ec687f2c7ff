"""How the decisions on grants are written and found.

Of each fact a stage of life may state three things. ``lawful``: what must be true before it whenever
it is looked at, so also again when an entry dated earlier arrives late or is corrected (domain
§1.3: every later date stays true). ``within_balance``: what must be left of the money for it, asked
again when another decision arrives late or is corrected, but not against facts of the world: what the
bank paid all the same is overpaid. ``conditions``: what is asked when it is decided, and again when
another decision arrives late, but not against late facts of the world or corrections.

Each is written with ``since``, the number of the rule set that introduced it (domain §4.9); there may be
several functions for one fact. A new or stricter check is a function of its own with the newest number.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Self, TypeVar

from pydantic import Field, ModelWrapValidatorHandler, ValidationError, ValidationInfo, model_validator

from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import Grant
from lifecycle.kernel.event import Event, GrantEvent, Value
from lifecycle.kernel.listed_codes import (
    AS_STORED,
    faults,
    refuse,
    with_faults,
)
from lifecycle.kernel.refusals import CurrencyNotHolding, DecidesOwnRequest, WindowNotInEdition
from lifecycle.kernel.rule import Rule, in_set
from lifecycle.policy.edition import Edition, Window
from lifecycle.types.codes import minor_units
from lifecycle.types.decimals import exact_decimals
from lifecycle.types.terms import (
    CommandId,
    Day,
    GrantId,
    Money,
    OfficerId,
    Reason,
    can_be_added_up,
    may_hold_amounts,
)


class Command(Value):
    """What somebody asks the book to record."""

    NAME: ClassVar[str] = ""
    """As in the table."""

    on: Day
    actor: OfficerId
    command_id: CommandId = ""
    """One id, one answer; made by the book where it is empty."""
    note: Reason | None = None
    """Kept beside the fact; never judged."""
    expect_version: int | None = Field(default=None, ge=0)
    """The stream's version that the asker has seen: any other is a conflict."""

    @model_validator(mode="before")
    @classmethod
    def _exact(cls, given: object) -> object:
        exact_decimals(given, cls)
        return given

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        for name in _with_amounts(type(self)):
            can_be_added_up(self.__dict__[name], name)
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _on_the_lists(cls, said: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        try:
            made = handler(said)
        except ValidationError as error:
            raise with_faults(error, cls, said) from None
        if info.context is not AS_STORED:
            refuse(cls.NAME, faults(made, made.on))
        return made


@cache
def _with_amounts(command: type[Command]) -> tuple[str, ...]:
    """The fields in which there may be an amount: found once for each command, for every command is asked."""
    return tuple(name for name, field in command.model_fields.items() if may_hold_amounts(field.annotation))


class GrantCommand(Command):
    """A command on one grant."""

    grant: GrantId
    """The grant's id."""


ENVELOPE = frozenset({"command_id", "note", "expect_version", "grant"})
"""The fields of a command that are not the fact's own."""

_E = TypeVar("_E", bound=Event)
_C = TypeVar("_C", bound=Command)
Check = Callable[[Grant, _E, Fund], None]
Rules = dict[type[Event], list[Rule]]

LAWFUL: Rules = {}
WITHIN_BALANCE: Rules = {}
CONDITIONS: Rules = {}
Others = tuple[tuple[str, str], ...]
"""Officers, each with what they did."""
ASKED: Rules = {}
BECOMES: dict[type[Command], Callable[[Any, Any, Fund], Event]] = {}
FILLED_IN: dict[type[Command], tuple[str, ...]] = {}
"""Fields of a command that the book fills in if they are not given."""


def lawful(event: type[_E], *, since: int) -> Callable[[Check[_E]], Check[_E]]:
    """Keep the function as what must be true before every such fact, from this rule set on."""
    return _kept_in(LAWFUL, event, since)


def within_balance(event: type[_E], *, since: int) -> Callable[[Check[_E]], Check[_E]]:
    """Keep the function as what must be left of the money for such a fact, from this rule set on."""
    return _kept_in(WITHIN_BALANCE, event, since)


def conditions(event: type[_E], *, since: int) -> Callable[[Check[_E]], Check[_E]]:
    """Keep the function as what is asked when such a fact is decided, from this rule set on."""
    return _kept_in(CONDITIONS, event, since)


def _kept_in(rules: Rules, event: type[_E], since: int) -> Callable[[Check[_E]], Check[_E]]:
    def keep(check: Check[_E]) -> Check[_E]:
        rules.setdefault(event, []).append(Rule(since, check))
        return check

    return keep


def asked_by(
    *events: type[Event], since: int
) -> Callable[[Callable[[Grant, Any], Others]], Callable[[Grant, Any], Others]]:
    """Keep the function as who asked for what such a fact decides: they do not decide it (domain §4.4)."""

    def keep(others: Callable[[Grant, Any], Others]) -> Callable[[Grant, Any], Others]:
        for event in events:
            ASKED.setdefault(event, []).append(Rule(since, others))
        return others

    return keep


def askers(grant: Grant, event: Event, rules: int) -> Others:
    """Who asked for what the fact decides, by the rule set of this number."""
    found: Others = ()
    for others in in_set(ASKED.get(type(event), ()), rules):
        found += others(grant, event)
    return found


def becomes(
    command: type[_C], *, fills: tuple[str, ...] = ()
) -> Callable[[Callable[[Grant, _C, Fund], Event]], Callable[[Grant, _C, Fund], Event]]:
    """Keep the function as how the command becomes its fact, where fields are not simply taken over.

    ``fills``: the command's fields that the fact has even if the command did not give them.
    """

    def keep(make: Callable[[Grant, _C, Fund], Event]) -> Callable[[Grant, _C, Fund], Event]:
        BECOMES[command] = make
        FILLED_IN[command] = fills
        return make

    return keep


def fact(event: type[_E], asked: Command) -> _E:
    """The fact with what the command says of it; validated again, in less time than unchecked."""
    said, values = asked.model_fields_set, asked.__dict__
    return event.model_validate({name: values[name] for name in _fields(event) if name in said})


@cache
def _fields(event: type[Event]) -> tuple[str, ...]:
    return tuple(event.model_fields)


# ── what several stages ask ──────────────────────────────────────────────────────────────────


def money(amount: Decimal, currency: str) -> str:
    """An amount as people read it."""
    return f"{minor_units(amount, currency):,f} {currency}"


def third(actor: str, act: str, *others: tuple[str, str]) -> None:
    """Refuse the actor who is one of the others. Raises `DecidesOwnRequest`."""
    for other, did in others:
        if actor == other:
            raise DecidesOwnRequest(f"{actor} {did}, so somebody else has to {act}")


def in_holding_currency(amount: Money, currency: str) -> None:
    """Refuse another currency. Raises `CurrencyNotHolding`."""
    if amount.currency != currency:
        raise CurrencyNotHolding(f"{amount} is not in {currency}, the holding currency: convert it first")


def edition_of(grant: Grant, fund: Fund) -> Edition:
    """The edition that governs an approved grant."""
    assert grant.edition is not None
    return fund.editions[grant.edition]


def window_of(name: str, edition: Edition) -> Window:
    """The window's rules. Raises `WindowNotInEdition`."""
    window = edition.windows.get(name)
    if window is None:
        raise WindowNotInEdition(
            f"edition {edition.name} has no window {name}; it has {', '.join(sorted(edition.windows))}"
        )
    return window


def window_is_known(window: str, fund: Fund) -> None:
    """Refuse a window that no adopted edition has. Raises `WindowNotInEdition`."""
    known = {name for edition in fund.editions.values() for name in edition.windows}
    if window not in known:
        raise WindowNotInEdition(
            f"no adopted edition has a window {window}; known: {', '.join(sorted(known))}"
        )


def deadline(grant: Grant, fund: Fund) -> date | None:
    """The last day on which money may leave; `None` before effectiveness."""
    return None if grant.closing_date is None else edition_of(grant, fund).deadline(grant.closing_date)


class OnGrant(GrantCommand, GrantEvent):
    """A command whose fact has fields of its own making, beside those that are asked."""
