"""Records a command, then brings the views and the seal up to the journal's end."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from lifecycle.journal.recorder import CommandResult
    from lifecycle.kernel.command import Command


class Recorded(NamedTuple):
    """The receipt of a command, and which work after it failed."""

    receipt: "CommandResult"
    unfinished: tuple[str, ...] = ()
    """A sentence for each step after recording that failed. Not escaped."""
    warnings: tuple[str, ...] = ()
    """Why the entry is odd, as ``grantbook audit exceptions`` lists it. Not escaped."""


def try_out(book: "Book", command: "Command", recorder: str) -> Recorded:
    """Decide the command as `record` does, and record nothing."""
    with book.trial((command,)):
        receipt = book.record(command, recorder)
        warnings = _odd(book)
    return Recorded(receipt, warnings=warnings)


def record(book: "Book", command: "Command", recorder: str) -> Recorded:
    """Decide and record the command, catch the views up and seal the journal.

    Raises ``VersionConflict``, ``StreamStopped`` and ``BookError`` as `Book.record` does.
    """
    receipt = book.record(command, recorder)
    warnings = _odd(book)
    unfinished = tuple(catch_up_and_seal(book, views=receipt.outcome == "accepted"))
    return Recorded(receipt, unfinished, warnings)


def _odd(book: "Book") -> tuple[str, ...]:
    from cli.recording.odd_entries import OddEntryWarnings

    return tuple(OddEntryWarnings(book).of_last_command())


def catch_up_and_seal(book: "Book", *, views: bool = True, founded: bool = False) -> list[str]:
    """Bring the views and the seal up to the journal's end, and return a sentence for each step that failed.

    A sentence also names a new signing key, except in a book that was just ``founded``. A failure here
    changes nothing that was recorded.
    """
    sentences = [catch_views_up(book)] if views else []
    sentences.append(_seal(book, founded=founded))
    return [sentence for sentence in sentences if sentence is not None]


def catch_views_up(book: "Book") -> str | None:
    """Bring the views up to the journal's end, and return why that failed, or `None`."""
    try:
        from lifecycle.journal.addresses import is_address
        from projections.engine.projector import catch_up
        from projections.store import MayNotWrite

        try:
            catch_up(book)
        except MayNotWrite:
            if not is_address(book.views):
                raise
            return None  # a program that follows the journal brings them up to date
    except Exception as error:
        reason = str(error) or type(error).__name__
        return f"the views could not be caught up ({reason}): grantbook views update does it"
    return None


def _seal(book: "Book", *, founded: bool) -> str | None:
    try:
        if book.seals_each_command:
            from lifecycle.seal.seal import seal_of

            seal = seal_of(book)
            if fault := seal.seal().fault:
                return f"not sealed from there on: {fault}"
            if seal.new_key is not None and not founded:
                return (
                    f"sealed here for the first time, with a new key in {book.path}: give {seal.new_key} to"
                    " the auditors; grantbook fund switch-sealing ends it, if this machine is not to seal"
                )
    except Exception as error:
        return f"not sealed: {str(error) or type(error).__name__}: grantbook audit seal does it"
    return None
