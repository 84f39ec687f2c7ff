"""What all events share."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from lifecycle.types.dates import Day
from lifecycle.types.text import ByName, Digest, Line, OfficerId, Reason

SHAPE = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Value(BaseModel):
    """A part of an event: frozen, without unknown fields."""

    model_config = SHAPE


class Event(Value):
    """An event with its day and the officer whose act it was."""

    VERSION: ClassVar[int] = 1
    """Version of the stored form. A journal that holds a newer one is not read."""

    on: Day
    """The day on which it took effect in the world."""
    actor: OfficerId
    """Whose act it was."""


class Draft(Event):
    """An event as it is asked for, before the book has completed it. It is never stored."""


class LeftOut(Event):
    """Takes the place of a row that no fold counts: it is quarantined, or its stream is stopped.

    It is never stored: it is made when the row is read.
    """

    topic: str
    """The row's topic, as it is stored."""
    why: str
    """A sentence that says why it is left out."""
    quarantined: bool
    """Whether an administrator quarantined it; otherwise its stream is stopped."""

    @classmethod
    def of(cls, topic: str, on: date, why: str, quarantined: bool) -> "LeftOut":
        """Make one from what is known of the row; ``on``: the day of the quarantine."""
        return cls.model_construct(on=on, actor="", topic=topic, why=why, quarantined=quarantined)


class GrantEvent(Event):
    """An event of one grant's stream."""


class FundEvent(Event):
    """An event of the fund's stream."""


class CallEvent(Event):
    """An event of one call's stream."""


class EntryCorrected(GrantEvent, FundEvent, CallEvent):
    """An entry was found wrong: it should have read so, or should not have been there.

    Recorded by an approver who neither acted in nor recorded the entry. Holds from the corrected
    entry's day; a report of what was known before the correction still shows the entry as it was.
    """

    entry: int
    """Version of the corrected entry in its stream, from 1."""
    reads: Annotated[dict[str, object], ByName] | None = None
    """The fields as they should be, ``on`` included."""
    struck: Literal[True] | None = None
    """The entry should not have been there at all."""
    reason: Reason
    """How it is known that the entry was wrong."""


class DocumentAttached(GrantEvent, FundEvent):
    """A file was put beside the record, known by its content.

    Recorded by any officer.
    """

    name: Line
    """The file's name."""
    media_type: Line
    """Such as ``application/pdf``."""
    sha256: Digest
    """Of the file's bytes; also its name in the book's ``documents`` folder."""
