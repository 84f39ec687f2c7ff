"""Errors of the book itself, as distinct from refusals: each with its exit code."""

from typing import ClassVar


class BookError(Exception):
    """The command was not decided, because the book could not be used."""

    exit_code: ClassVar[int] = 5


class VersionConflict(BookError):
    """The stream has another version than the one that the officer had seen."""

    exit_code = 3


class Altered(BookError):
    """What is stored is not what was recorded, or this program is too old to read it."""

    exit_code = 4


class StreamStopped(Altered):
    """Nothing more is recorded in the stream: it holds a row that is no entry, or that the rules refuse."""


class Unreachable(BookError):
    """The store is not there, cannot be opened, or could not write."""


class NotNow(Unreachable):
    """It cannot be done at this moment; nothing is wrong with the book."""


class ClockRefused(BookError):
    """The machine's clock contradicts the journal: nothing is recorded until it is set right."""
