"""What went wrong, in a sentence and an exit code: no traceback reaches a person."""

import errno
import os
import traceback

import click

from cli.output.terminal_text import Untold, prose, safe
from lifecycle.kernel.errors import BookError
from lifecycle.parse import Malformed, shown

_STORE = ("sqlite3", "sqlalchemy", "eventsourcing", "psycopg")
UNREACHABLE = 5
BUG = 70
"""As ``sysexits.h`` has it: a fault of the program itself."""

_PLAIN = {
    errno.ENOSPC: "the disk is full: nothing half-done was kept; make room and run it again",
    errno.EDQUOT: "your quota on the disk is used up: make room and run it again",
    errno.EROFS: "the disk may only be read",
}
_SPOKEN = {
    "disk is full": _PLAIN[errno.ENOSPC],
    "readonly database": "the book may only be read here: ask for the right to write to its folder",
    "malformed": "the file is damaged: restore it from a backup (views can be made again: views rebuild)",
    "not a database": "the file is not a book's: restore it from a backup",
    "database is locked": "another program holds the book: try again in a moment",
    "unable to open": "the file cannot be opened: check the path and your rights to the folder",
}


def show(error: Exception, done: str = "") -> int:
    """Print the error on stderr, with what was done before, and return the exit code."""
    code, message = _reading(error)
    click.echo(message, err=True)
    if done:
        click.echo(done, err=True)
    if os.environ.get("GRANTBOOK_DEBUG"):
        click.echo("".join(traceback.format_exception(error)), err=True)
    return code


def _reading(error: Exception) -> tuple[int, str]:
    if isinstance(error, BookError):
        word = {3: "conflict", 4: "failed verification", 5: "unreachable"}.get(error.exit_code, "failed")
        return error.exit_code, f"{word}: {prose(error)}"
    if isinstance(error, Malformed):
        return 2, "\n".join(malformed(error))
    if isinstance(error, Untold):
        return UNREACHABLE, (
            f"the answer could not be written ({prose(error)}): what was to be recorded is recorded, once;"
            " the same --command-id gets the same answer"
        )
    if isinstance(error, UnicodeEncodeError):  # nothing that the book keeps: a word of the shell
        return 2, f"malformed: {shown(error.object)} holds bytes that are no text: write it in UTF-8"
    if isinstance(error, OSError):
        why = _PLAIN.get(error.errno or 0) or error.strerror or str(error)
        at = f": {error.filename}" if error.filename else ""
        return UNREACHABLE, f"unreachable: {prose(why)}{prose(at)}"
    if type(error).__module__.partition(".")[0] in _STORE:
        return UNREACHABLE, f"unreachable: {_store(error)}"
    return BUG, (
        f"grantbook failed on its own fault ({safe(type(error).__name__)}: {prose(str(error)[:300])});"
        " nothing half-done was kept. GRANTBOOK_DEBUG=1 shows where: please report it."
    )


def _store(error: BaseException) -> str:
    words = prose(str(error).split("\n", maxsplit=1)[0])
    plain = next((plain for said, plain in _SPOKEN.items() if said in words), "")
    return f"{words}: {plain}" if plain else words


def malformed(error: Malformed, option: bool = True) -> list[str]:
    """Return a line for each problem: the field as it was to be written, and how to write it."""
    return [f"malformed: {problem}" for problem in problems(error, option=option)]


def problems(error: Malformed, *, option: bool = False) -> list[str]:
    """Return each problem with its field, as an option of the command line or as a key of a line."""
    return [f"{_field(path, option=option)}{prose(text)}" for path, text in error.problems]


def _field(path: str, *, option: bool) -> str:
    if not path:
        return ""
    first, dot, rest = path.partition(".")
    return safe(f"--{first.replace('_', '-')}{dot}{rest}: " if option else f"{path}: ")
