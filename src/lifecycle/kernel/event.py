"""The base classes of events, and the events that several kinds of streams share."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from lifecycle.types.dates import Day
from lifecycle.types.readings.shape_faults import in_words, without_consequences
from lifecycle.types.text import ByName, Digest, Line, OfficerId, Reason

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _InFieldsWords
else:

    class _InFieldsWords(type(BaseModel)):
        """Makes models whose errors are in the words of their fields if they are made in Python."""

        def __call__(cls, *args: Any, **fields: Any) -> Any:
            """Make an instance. Raises pydantic's ``ValidationError``."""
            try:
                return super().__call__(*args, **fields)
            except ValidationError as error:
                raise in_fields_words(error) from None


def in_fields_words(error: ValidationError) -> ValidationError:
    """Return the error with sentences in the words of the fields instead of pydantic's."""
    details = [
        InitErrorDetails(
            type=PydanticCustomError("shape", "{sentence}", {"sentence": in_words(detail)}),
            loc=detail["loc"],
            input=detail["input"],
        )
        for detail in without_consequences(error.errors(include_url=False))
    ]
    return ValidationError.from_exception_data(error.title, details)


SHAPE = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Value(BaseModel, metaclass=_InFieldsWords):
    """A part of an event: frozen, without unknown fields."""

    model_config = SHAPE


class Event(Value):
    """Something that happened, with its day and the officer who acted."""

    VERSION: ClassVar[int] = 1
    """Version of the stored form. A journal that holds a newer one is not read."""

    on: Day
    """The day on which it took effect in the world."""
    actor: OfficerId
    """The officer who acted."""

    def check_new(self) -> None:
        """Raise ``ValueError`` if it is not taken any more, though entries were recorded with such fields.

        Commands and corrections are checked, stored entries are not.
        """


class Draft(Event):
    """The fields of an event that a command gives, before the book adds others. Never stored."""


class ImportedFrom(Value):
    """Where an entry was brought in from, and how much of it was judged (domain §14)."""

    source: Line
    """What it was read from: a system, a spreadsheet, a register."""
    reference: Line
    """What names it in the source: a key, a row, a cell."""
    mode: Literal["live", "history"]
    """``live``: judged by all rules. ``history``: judged by arithmetic alone, since it happened elsewhere."""


class LeftOut(Event):
    """Takes the place of a row that is quarantined or is in a stopped stream, and that no fold counts.

    It is made when the row is read, and never stored.
    """

    topic: str
    """The row's topic, as it is stored."""
    why: str
    """A sentence that says why the row is left out."""
    quarantined: bool
    """Whether an administrator quarantined the row; otherwise its stream is stopped."""

    @classmethod
    def of(cls, topic: str, on: date, why: str, quarantined: bool) -> "LeftOut":
        """Make one without validating its fields. ``on``: the day of the quarantine."""
        return cls.model_construct(on=on, actor="", topic=topic, why=why, quarantined=quarantined)


class GrantEvent(Event):
    """An event of one grant's stream."""


class FundEvent(Event):
    """An event of the fund's stream."""


class CallEvent(Event):
    """An event of one call's stream."""


class DirectoryEvent(Event):
    """An event of the directory's stream."""


class EntryCorrected(GrantEvent, FundEvent, CallEvent, DirectoryEvent):
    """An earlier entry was wrong: it should read otherwise, or should not be there.

    Recorded by an approver who neither acted in nor recorded the entry. Holds from the corrected
    entry's day. A report of what was known before the correction still shows the entry as it was.
    """

    entry: int
    """The version of the corrected entry in its stream, from 1."""
    reads: Annotated[dict[str, object], ByName] | None = None
    """The fields that should read otherwise, with their right values; ``on`` may be one of them."""
    struck: Literal[True] | None = None
    """The entry should not be there at all."""
    reason: Reason
    """How it is known that the entry was wrong."""


class DocumentAttached(GrantEvent, FundEvent):
    """A file was attached. It is known by the digest of its content.

    Recorded by any officer.
    """

    name: Line
    """The file's name."""
    media_type: Line
    """The file's type, such as ``application/pdf``."""
    sha256: Digest
    """The SHA-256 of the file's bytes; also its name in the book's ``documents`` folder."""
