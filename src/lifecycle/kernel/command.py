"""Commands: requests to record one event. A command holds the event and an envelope of other fields."""

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

from lifecycle.kernel.event import Draft, Event, ImportedFrom, Value
from lifecycle.kernel.history import DIRECTORY, FUND
from lifecycle.kernel.listed_codes import faults, raisable, refuse, with_faults
from lifecycle.kernel.spec import Spec
from lifecycle.types.dates import Day
from lifecycle.types.decimals import check_decimals
from lifecycle.types.money import check_digits, may_hold_amounts
from lifecycle.types.text import CommandId, GrantId, ItemId, OfficerId, Reason

_E = TypeVar("_E", bound=Event, default=Event, covariant=True)  # noqa: PLC0105 as short as the others


@dataclass(frozen=True, kw_only=True)
class Command(ABC, Generic[_E]):
    """A request to record an event: the event, and an envelope of other fields.

    A command is validated once, when it is made or read. Both raise pydantic's ``ValidationError``.
    """

    NAME: ClassVar[str] = ""
    """The name in the catalogue: that of the class, unless the class sets another."""
    EVENT: ClassVar[type[Event]] = Event
    """The class of the event or draft that it holds, taken from the class statement."""
    BECOMES: ClassVar[type[Event] | None] = None
    """The class of the recorded event, if the command holds a draft."""
    FILLED_IN: ClassVar[tuple[str, ...]] = ()
    """Fields that the book fills in if they are not given."""
    CHECKS_MORE: ClassVar[bool] = False
    """Whether more is checked than the shape of the event that is recorded."""

    event: _E
    """The event to record, with its day and the officer who acted."""
    command_id: CommandId = ""
    """A repeated id returns the first receipt. The book makes an id if this is empty."""
    note: Reason | None = None
    """Kept beside the event; no rule reads it."""
    expect_version: Annotated[int, Field(ge=0)] | None = None
    """The version of the stream that the officer has seen. Another version is a conflict."""
    imported_from: ImportedFrom | None = None
    """Where it was brought in from, if it was imported."""

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
        envelope = {name: value for name, value in self.__dict__.items() if name != "event"}
        self.envelope().model_validate(envelope)
        try:
            check_decimals(self.event, self.EVENT)
            self._check_size_of_amounts()
        except ValueError as error:
            _raise(self.NAME, error)
        self._check_lists()

    @property
    def on(self) -> Day:
        """The day on which it took effect in the world."""
        return self.event.on

    @property
    def actor(self) -> OfficerId:
        """The officer who acted."""
        return self.event.actor

    @property
    def is_history(self) -> bool:
        """Whether it was brought in as history, which is judged by arithmetic alone."""
        return self.imported_from is not None and self.imported_from.mode == "history"

    @classmethod
    def spec(
        cls, words: str, role: str, stages: tuple[str, ...] = (), arguments: tuple[str, ...] = ()
    ) -> Spec:
        """Return the spec for the catalogue. Its help is the first paragraph of the class's docstring."""
        event = cls.BECOMES or cls.EVENT
        first, _, _ = cleandoc(cls.__doc__ or "").partition("\n\n")
        return Spec(cls.NAME, words, role, stages, event.__name__, arguments, " ".join(first.split()))

    @classmethod
    def fields(cls) -> Mapping[str, FieldInfo]:
        """Return the fields of its words: the event's, the envelope's, then those that only the draft has."""
        return _fields(cls)

    @classmethod
    def envelope(cls) -> type[Value]:
        """Return the model of the fields beside the event."""
        return _envelope(cls)

    @classmethod
    def read(cls, words: Mapping[str, Any], *, as_stored: bool = False) -> Self:
        """Read the command from one mapping of the event's and the envelope's fields.

        ``as_stored``: the words come from an entry, so they are not checked against lists of codes.
        """
        try:
            command = cls._parse(words)
        except ValidationError as error:
            raise with_faults(error, cls.EVENT, words) from None
        command._check_lists(as_stored=as_stored)
        return command

    @classmethod
    def holding(cls, event: Event, **envelope: Any) -> Self:
        """Make a command of an event and envelope fields that are valid. Nothing is validated."""
        command = object.__new__(cls)
        command.__dict__.update(envelope, event=event)
        return command

    def words(self) -> dict[str, Any]:
        """Return the fields as a line of ``grantbook record`` has them."""
        of_event = self.event.model_dump(mode="json", by_alias=True, exclude_none=True)
        envelope = {name: getattr(self, name) for name in self.envelope().model_fields}
        filled = {name: value for name, value in envelope.items() if value not in ("", None)}
        if self.imported_from is not None:
            filled["imported_from"] = self.imported_from.model_dump()
        return {"command": self.NAME, **of_event, **filled}

    def with_id(self, command_id: str) -> Self:
        """Return the same command under this id."""
        command = copy(self)
        command.__dict__["command_id"] = command_id
        return command

    @classmethod
    def normalised_words(cls, words: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the words with the event's field names. Raises ``ValueError`` if they are contradictory."""
        return words

    def check_consistency(self) -> None:
        """Raise ``ValueError`` if fields contradict each other, though the event allows them."""

    @classmethod
    def _parse(cls, words: Mapping[str, Any]) -> Self:
        try:
            words = cls.normalised_words(words)
            check_decimals(words, cls.EVENT)
        except ValueError as error:
            _raise(cls.NAME, error)
        model = cls.envelope()
        of_envelope = {name: words[name] for name in model.model_fields if name in words}
        of_event = {name: value for name, value in words.items() if name not in of_envelope}
        try:
            envelope = model.model_validate(of_envelope)
        except ValidationError as error:
            raise _with_event_faults(cls, error, of_event) from None
        command = cls.holding(cls.EVENT.model_validate(of_event), **envelope.__dict__)
        try:
            command._check_size_of_amounts()
        except ValueError as error:
            _raise(cls.NAME, error)
        return command

    def _check_size_of_amounts(self) -> None:
        for name in _amount_fields(self.EVENT):
            check_digits(self.event.__dict__[name], name)

    def _check_lists(self, *, as_stored: bool = False) -> None:
        if not as_stored:
            refuse(self.NAME, faults(self.event, self.event.on))
        try:
            if not as_stored:
                self.event.check_new()
            self.check_consistency()
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


class DirectoryCommand(Command[_E], Generic[_E]):
    """A command on the directory."""

    STREAM: ClassVar[str] = DIRECTORY
    """The stream in which its event is kept."""


ENVELOPE = frozenset({"command_id", "note", "expect_version", "imported_from", "grant"})
"""The fields of a command on a grant that are not fields of its event."""


_D = TypeVar("_D", bound=Event)


def event_of(event_class: type[_D], draft: Event) -> _D:
    """Make an event of the class from the fields of the draft that are set."""
    names, values = draft.model_fields_set, draft.__dict__
    return event_class.model_validate(
        {name: values[name] for name in _field_names(event_class) if name in names}
    )


@cache
def _field_names(event_class: type[Event]) -> tuple[str, ...]:
    return tuple(event_class.model_fields)


@cache
def _envelope(command_class: type[Command]) -> type[Value]:
    """Return the model of the fields beside the event: one for all commands on grants, one for calls."""
    dataclass_base = next(base for base in command_class.__mro__ if "__dataclass_fields__" in vars(base))
    if dataclass_base is not command_class:
        return _envelope(dataclass_base)
    of_envelope: dict[str, Any] = {
        field.name: (field.type, ... if field.default is MISSING else field.default)
        for field in fields(command_class)
        if field.name != "event"
    }
    return create_model("Envelope", __base__=Value, **of_envelope)


@cache
def _fields(command_class: type[Command]) -> Mapping[str, FieldInfo]:
    event_class = command_class.EVENT
    of_event, of_draft = dict(event_class.model_fields), dict[str, FieldInfo]()
    if issubclass(event_class, Draft):
        of_bases = {name for base in event_class.__bases__ for name in getattr(base, "model_fields", ())}
        of_draft = {name: of_event.pop(name) for name in event_class.model_fields if name not in of_bases}
    return {**of_event, **command_class.envelope().model_fields, **of_draft}


@cache
def _amount_fields(event_class: type[Event]) -> tuple[str, ...]:
    """Return the fields that may hold an amount. Cached, because every command needs them."""
    fields = event_class.model_fields
    return tuple(name for name, field in fields.items() if may_hold_amounts(field.annotation))


def _raise(title: str, error: ValueError) -> NoReturn:
    """Raise the error as pydantic raises errors of validators."""
    if isinstance(error, PydanticCustomError):
        detail = InitErrorDetails(type=error, loc=(), input=None)
    else:
        detail = InitErrorDetails(type="value_error", loc=(), input=None, ctx={"error": error})
    raise ValidationError.from_exception_data(title, [detail]) from None


def _with_event_faults(
    command_class: type[Command], error: ValidationError, of_event: Mapping[str, Any]
) -> ValidationError:
    """Return the envelope's error with the faults of the event's fields, in the order of the fields."""
    try:
        command_class.EVENT.model_validate(of_event)
    except ValidationError as event_error:
        # If a field is malformed, contradictions between fields are not reported.
        details = [detail for detail in event_error.errors(include_url=False) if detail["loc"]]
    else:
        return error
    order = {name: number for number, name in enumerate(command_class.fields())}
    details += error.errors(include_url=False)
    details.sort(key=lambda detail: order.get(str(detail["loc"][0]), len(order)))
    return ValidationError.from_exception_data(command_class.NAME, [raisable(detail) for detail in details])
