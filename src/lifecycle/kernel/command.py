"""A command: what somebody asks the book to record."""

from functools import cache
from typing import Any, ClassVar, Self, TypeVar

from pydantic import Field, ModelWrapValidatorHandler, ValidationError, ValidationInfo, model_validator

from lifecycle.kernel.event import Event, GrantEvent, Value
from lifecycle.kernel.history import FUND
from lifecycle.kernel.listed_codes import AS_STORED, faults, refuse, with_faults
from lifecycle.types.dates import Day
from lifecycle.types.decimals import exact_decimals
from lifecycle.types.money import can_be_added_up, may_hold_amounts
from lifecycle.types.text import CommandId, GrantId, ItemId, OfficerId, Reason


class Command(Value):
    """What somebody asks the book to record."""

    NAME: ClassVar[str] = ""
    """As in the catalogue."""
    FILLED_IN: ClassVar[tuple[str, ...]] = ()
    """Fields that the book fills in if they are not given."""

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


def fact(event: type[_E], asked: Command) -> _E:
    """The fact with what the command says of it; validated again, in less time than unchecked."""
    said, values = asked.model_fields_set, asked.__dict__
    return event.model_validate({name: values[name] for name in _fields(event) if name in said})


@cache
def _fields(event: type[Event]) -> tuple[str, ...]:
    return tuple(event.model_fields)


class OnGrant(GrantCommand, GrantEvent):
    """A command whose fact has fields of its own making, beside those that are asked."""


class CallCommand(Command):
    """A command on one call."""

    call: ItemId
    """The call's id."""


class FundCommand(Command):
    """A command on the fund."""

    STREAM: ClassVar[str] = FUND
    """In which its fact is kept."""
