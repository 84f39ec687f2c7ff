"""Turns an error into a sentence and an exit code, so that people see no traceback."""

import errno
import os
import traceback

import click

from cli.output.terminal_text import OutputNotWritten, prose, safe
from lifecycle.kernel.errors import BookError
from lifecycle.parse import Malformed
from lifecycle.types.text import quoted

_STORE = ("sqlite3", "sqlalchemy", "eventsourcing", "psycopg")
UNREACHABLE = 5
BUG = 70
"""The exit code of a fault in the program itself: ``EX_SOFTWARE`` of ``sysexits.h``."""

_BY_ERRNO = {
    errno.ENOSPC: "the disk is full: nothing half-done was kept; make room and run it again",
    errno.EDQUOT: "your quota on the disk is used up: make room and run it again",
    errno.EROFS: "the disk is read-only",
}
_BY_PHRASE = {
    "disk is full": _BY_ERRNO[errno.ENOSPC],
    "readonly database": "you may only read the book: ask for the right to write to its folder",
    "malformed": "the file is damaged: restore it from a backup (views can be made again: views rebuild)",
    "not a database": "the file is not part of a book: restore it from a backup",
    "database is locked": "another program holds the book: try again in a moment",
    "unable to open": "the file cannot be opened: check the path and your rights to the folder",
}
"""What to do about an error of the store, by a phrase of its message."""


def show(error: Exception, done: str = "") -> int:
    """Print the error, then the line ``done`` about the work before it, on stderr; return the exit code."""
    code, message = code_and_message(error)
    click.echo(message, err=True)
    if done:
        click.echo(done, err=True)
    if os.environ.get("GRANTBOOK_DEBUG"):
        click.echo("".join(traceback.format_exception(error)), err=True)
    return code


def code_and_message(error: Exception) -> tuple[int, str]:
    """Return the exit code of an error, and the words that people see."""
    if isinstance(error, BookError):
        word = {3: "conflict", 4: "failed verification", 5: "unreachable"}.get(error.exit_code, "failed")
        return error.exit_code, f"{word}: {prose(error)}"
    if isinstance(error, Malformed):
        return 2, "\n".join(malformed(error))
    if isinstance(error, OutputNotWritten):
        return UNREACHABLE, (
            f"the answer could not be written ({prose(error)}): what was to be recorded is recorded, once;"
            " the same --command-id gets the same answer"
        )
    if isinstance(error, UnicodeEncodeError):  # raised by an argument of the shell, not by the book's data
        return 2, f"malformed: {quoted(error.object)} holds bytes that are no text: write it in UTF-8"
    if isinstance(error, OSError):
        why = _BY_ERRNO.get(error.errno or 0) or error.strerror or str(error)
        at = f": {error.filename}" if error.filename else ""
        return UNREACHABLE, f"unreachable: {prose(why)}{prose(at)}"
    if type(error).__module__.partition(".")[0] in _STORE:
        return UNREACHABLE, f"unreachable: {_store_message(error)}"
    return BUG, (
        f"grantbook has a fault ({safe(type(error).__name__)}: {prose(str(error)[:300])});"
        " nothing half-done was kept. GRANTBOOK_DEBUG=1 shows where: please report it."
    )


def _store_message(error: BaseException) -> str:
    message = prose(str(error).split("\n", maxsplit=1)[0])
    advice = next((advice for phrase, advice in _BY_PHRASE.items() if phrase in message), "")
    return f"{message}: {advice}" if advice else message


def malformed(error: Malformed, option: bool = True) -> list[str]:
    """Return a line for each problem: the field, and how to write it."""
    return [f"malformed: {problem}" for problem in problems(error, option=option)]


def problems(error: Malformed, *, option: bool = False) -> list[str]:
    """Return each problem with its field, named as an option of the shell or as a key of a line."""
    return [f"{_field(path, option=option)}{prose(text)}" for path, text in error.problems]


def _field(path: str, *, option: bool) -> str:
    if not path:
        return ""
    field, dot, part = path.partition(".")
    return safe(f"--{field.replace('_', '-')}{dot}{part}: " if option else f"{path}: ")
