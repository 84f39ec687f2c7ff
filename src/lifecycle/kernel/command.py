"""A command: what somebody asks the book to record. It holds the event, beside an id and a stream."""

from abc import ABC
from collections.abc import Mapping
from copy import copy
from dataclasses import MISSING, dataclass, fields
from functools import cache
from inspect import cleandoc
from typing import Annotated, Any, ClassVar, Generic, NoReturn, Self, get_args

from pydantic import Field, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_core import InitErrorDetails, PydanticCustomError
from typing_extensions import TypeVar

from lifecycle.kernel.event import Draft, Event, Value
from lifecycle.kernel.history import FUND
from lifecycle.kernel.listed_codes import faults, raisable, refuse, with_faults
from lifecycle.kernel.spec import Spec
from lifecycle.types.dates import Day
from lifecycle.types.decimals import exact_decimals
from lifecycle.types.money import can_be_added_up, may_hold_amounts
from lifecycle.types.text import CommandId, GrantId, ItemId, OfficerId, Reason

_E = TypeVar("_E", bound=Event, default=Event, covariant=True)  # noqa: PLC0105 as short as the others


@dataclass(frozen=True, kw_only=True)
class Command(ABC, Generic[_E]):
    """What somebody asks the book to record: an event, and an envelope of the other fields.

    It is validated once, when it is made or read. Both raise pydantic's ``ValidationError``.
    """

    NAME: ClassVar[str] = ""
    """As in the catalogue: the name of the class, unless the class says another."""
    EVENT: ClassVar[type[Event]] = Event
    """The class of what it holds, as the class statement names it."""
    BECOMES: ClassVar[type[Event] | None] = None
    """The event that is recorded, if the command holds only a part of it."""
    FILLED_IN: ClassVar[tuple[str, ...]] = ()
    """Fields that the book fills in if they are not given."""
    CHECKS_MORE: ClassVar[bool] = False
    """Whether its words are checked against more than the shape of the event that it becomes."""

    event: _E
    """What is to be recorded, with its day and the officer whose act it was."""
    command_id: CommandId = ""
    """A repeated id returns the first receipt. The book makes an id if this is empty."""
    note: Reason | None = None
    """Kept beside the event; no rule reads it."""
    expect_version: Annotated[int, Field(ge=0)] | None = None
    """The version of the stream that the officer has seen. If the stream has another, it is a conflict."""

    def __init_subclass__(cls) -> None:
        """Take the name and the event from the class statement."""
        if "NAME" not in vars(cls):
            cls.NAME = cls.__name__
        for base in vars(cls).get("__orig_bases__", ()):
            for event in get_args(base):
                if isinstance(event, type) and issubclass(event, Event):
                    cls.EVENT = event
                    cls.CHECKS_MORE = cls.CHECKS_MORE or issubclass(event, Draft)

    def __post_init__(self) -> None:
        """Validate a command that was made in Python."""
        if not isinstance(self.event, self.EVENT):
            raise TypeError(f"{self.NAME} holds a {self.EVENT.__name__}, not a {type(self.event).__name__}")
        own = {name: value for name, value in self.__dict__.items() if name != "event"}
        self.envelope().model_validate(own)
        try:
            exact_decimals(self.event, self.EVENT)
            self._adds_up()
        except ValueError as error:
            _raise(self.NAME, error)
        self._held_against_lists()

    @property
    def on(self) -> Day:
        """The day on which it took effect in the world."""
        return self.event.on

    @property
    def actor(self) -> OfficerId:
        """Whose act it was."""
        return self.event.actor

    @classmethod
    def spec(
        cls, words: str, role: str, stages: tuple[str, ...] = (), arguments: tuple[str, ...] = ()
    ) -> Spec:
        """Return its line of the catalogue; the help is the first paragraph of the class's docstring."""
        event = cls.BECOMES or cls.EVENT
        first, _, _ = cleandoc(cls.__doc__ or "").partition("\n\n")
        return Spec(cls.NAME, words, role, stages, event.__name__, arguments, " ".join(first.split()))

    @classmethod
    def fields(cls) -> Mapping[str, FieldInfo]:
        """Return the fields of its words: the event's, the envelope's, and those that only the draft has."""
        return _fields(cls)

    @classmethod
    def envelope(cls) -> type[Value]:
        """Return the model of the fields beside the event."""
        return _envelope(cls)

    @classmethod
    def read(cls, words: Mapping[str, Any], *, as_stored: bool = False) -> Self:
        """Read the command from flat words, in which the event's fields stand beside the envelope's.

        ``as_stored``: the words are those of an entry, so they are not checked against lists of codes.
        """
        try:
            command = cls._of_shape(words)
        except ValidationError as error:
            raise with_faults(error, cls.EVENT, words) from None
        command._held_against_lists(as_stored=as_stored)
        return command

    @classmethod
    def holding(cls, event: Event, **envelope: Any) -> Self:
        """Make a command of parts that are known to be valid, without validating them."""
        command = object.__new__(cls)
        command.__dict__.update(envelope, event=event)
        return command

    def words(self) -> dict[str, Any]:
        """Return it as flat words, as a line of ``grantbook record`` has them."""
        said = self.event.model_dump(mode="json", by_alias=True, exclude_none=True)
        envelope = {name: getattr(self, name) for name in self.envelope().model_fields}
        given = {name: value for name, value in envelope.items() if value not in ("", None)}
        return {"command": self.NAME, **said, **given}

    def with_id(self, command_id: str) -> Self:
        """Return the same command under this id."""
        command = copy(self)
        command.__dict__["command_id"] = command_id
        return command

    @classmethod
    def spoken(cls, words: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the words as the event reads them. Raises ``ValueError`` if they contradict each other."""
        return words

    def agrees(self) -> None:
        """Refuse fields that contradict each other, though the event allows them. Raises ``ValueError``."""

    @classmethod
    def _of_shape(cls, words: Mapping[str, Any]) -> Self:
        try:
            said = cls.spoken(words)
            exact_decimals(said, cls.EVENT)
        except ValueError as error:
            _raise(cls.NAME, error)
        shape = cls.envelope()
        own = {name: said[name] for name in shape.model_fields if name in said}
        of_event = {name: value for name, value in said.items() if name not in own}
        try:
            envelope = shape.model_validate(own)
        except ValidationError as error:
            raise _all_faults(cls, error, of_event) from None
        command = cls.holding(cls.EVENT.model_validate(of_event), **envelope.__dict__)
        try:
            command._adds_up()
        except ValueError as error:
            _raise(cls.NAME, error)
        return command

    def _adds_up(self) -> None:
        for name in _with_amounts(self.EVENT):
            can_be_added_up(self.event.__dict__[name], name)

    def _held_against_lists(self, *, as_stored: bool = False) -> None:
        if not as_stored:
            refuse(self.NAME, faults(self.event, self.event.on))
        try:
            self.agrees()
        except ValueError as error:
            _raise(self.NAME, error)


@dataclass(frozen=True, kw_only=True)
class GrantCommand(Command[_E], Generic[_E]):
    """A command on one grant."""

    grant: GrantId
    """The grant's id."""


@dataclass(frozen=True, kw_only=True)
class CallCommand(Command[_E], Generic[_E]):
    """A command on one call."""

    call: ItemId
    """The call's id."""


class FundCommand(Command[_E], Generic[_E]):
    """A command on the fund."""

    STREAM: ClassVar[str] = FUND
    """The stream in which its event is kept."""


ENVELOPE = frozenset({"command_id", "note", "expect_version", "grant"})
"""The fields of a command on a grant that are not its event's."""


_D = TypeVar("_D", bound=Event)


def event_of(kind: type[_D], draft: Event) -> _D:
    """Make the event from those fields of the draft that it has."""
    said, values = draft.model_fields_set, draft.__dict__
    return kind.model_validate({name: values[name] for name in _names(kind) if name in said})


@cache
def _names(kind: type[Event]) -> tuple[str, ...]:
    return tuple(kind.model_fields)


@cache
def _envelope(kind: type[Command]) -> type[Value]:
    """The model of the fields beside the event: one for all commands on grants, one for those on calls."""
    declares = next(base for base in kind.__mro__ if "__dataclass_fields__" in vars(base))
    if declares is not kind:
        return _envelope(declares)
    own: dict[str, Any] = {
        field.name: (field.type, ... if field.default is MISSING else field.default)
        for field in fields(kind)
        if field.name != "event"
    }
    return create_model("Envelope", __base__=Value, **own)


@cache
def _fields(kind: type[Command]) -> Mapping[str, FieldInfo]:
    of_event, of_draft = dict(kind.EVENT.model_fields), dict[str, FieldInfo]()
    if issubclass(kind.EVENT, Draft):
        event = {name for base in kind.EVENT.__bases__ for name in getattr(base, "model_fields", ())}
        of_draft = {name: of_event.pop(name) for name in kind.EVENT.model_fields if name not in event}
    return {**of_event, **kind.envelope().model_fields, **of_draft}


@cache
def _with_amounts(event: type[Event]) -> tuple[str, ...]:
    """The fields that may hold an amount. Cached, because every command needs them."""
    return tuple(name for name, field in event.model_fields.items() if may_hold_amounts(field.annotation))


def _raise(title: str, error: ValueError) -> NoReturn:
    """Raise an error of ours as pydantic raises those of its validators."""
    if isinstance(error, PydanticCustomError):
        detail = InitErrorDetails(type=error, loc=(), input=None)
    else:
        detail = InitErrorDetails(type="value_error", loc=(), input=None, ctx={"error": error})
    raise ValidationError.from_exception_data(title, [detail]) from None


def _all_faults(kind: type[Command], error: ValidationError, of_event: Mapping[str, Any]) -> ValidationError:
    """The faults of the envelope with those of the event's fields, in the order of the command's."""
    try:
        kind.EVENT.model_validate(of_event)
    except ValidationError as other:
        # If a field is malformed, contradictions between fields are not reported.
        details = [detail for detail in other.errors(include_url=False) if detail["loc"]]
    else:
        return error
    place = {name: number for number, name in enumerate(kind.fields())}
    details += error.errors(include_url=False)
    details.sort(key=lambda detail: place.get(str(detail["loc"][0]), len(place)))
    return ValidationError.from_exception_data(kind.NAME, [raisable(detail) for detail in details])
