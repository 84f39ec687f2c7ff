"""Errors of the book itself, each with its exit code. Refusals are not errors."""

from typing import ClassVar


class BookError(Exception):
    """The command was not decided, because the book could not be used."""

    exit_code: ClassVar[int] = 5


class VersionConflict(BookError):
    """The stream has another version than the officer has seen."""

    exit_code = 3


class Altered(BookError):
    """What is stored is not what was recorded, or this program is too old to read it."""

    exit_code = 4


class StreamStopped(Altered):
    """Nothing more is recorded in the stream: it holds a row that is no entry, or that the rules refuse."""


class Unreachable(BookError):
    """The store does not exist, cannot be opened, or cannot be written."""


class NotNow(Unreachable):
    """The command cannot run at this moment, though nothing is wrong with the book."""


class PositionNotReached(ValueError):
    """The journal has no entry at the position yet."""

    def __init__(self, position: int, last: int) -> None:
        super().__init__(f"the journal has no position {position} yet: its last entry is at position {last}")

    @classmethod
    def check(cls, position: int, last: int) -> int:
        """Return the position. Raises `PositionNotReached` if it is after the last one."""
        if position > last:
            raise cls(position, last)
        return position


class ClockRefused(BookError):
    """The machine's clock contradicts the journal: nothing is recorded until it is set right."""
