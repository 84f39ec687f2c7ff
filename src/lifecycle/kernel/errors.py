"""What can go wrong with a book itself, as distinct from a refusal: each with its exit code."""

from typing import ClassVar


class BookError(Exception):
    """The command was not judged: the book could not be used."""

    exit_code: ClassVar[int] = 5


class VersionConflict(BookError):
    """The stream has another version than the one that the asker had seen."""

    exit_code = 3


class Altered(BookError):
    """What is stored is not what was recorded, or this program is too old to read it."""

    exit_code = 4


class StreamStopped(Altered):
    """The stream holds a row that is no entry, or one that the rules refuse: it takes nothing more."""


class Unreachable(BookError):
    """The store is not there, cannot be opened, or could not write."""


class NotNow(Unreachable):
    """It cannot be done just now; nothing is wrong with the book."""


class ClockRefused(BookError):
    """The machine's clock contradicts the journal: nothing is recorded until it is put right."""
