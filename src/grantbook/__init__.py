"""The book of record of a fund's grants, for programs in Python.

    import grantbook

    with grantbook.open("demo-book", officer="admin") as book:
        for row in book.report("disbursement", as_of="2011-10-31"):
            print(row.grant, row.net_disbursed)

`open` returns a `Book`. ``from grantbook import commands, events`` imports the classes of what is recorded.
``python -m grantbook`` is the command line.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from grantbook.own_packages import check

if TYPE_CHECKING:
    from cli.narrative.history import Paragraph
    from grantbook.book import Book, OddEntry, Refused, Unfinished
    from grantbook.report import Report
    from lifecycle.grant.state import Grant
    from lifecycle.journal.recorder import CommandResult
    from lifecycle.kernel.errors import BookError, VersionConflict
    from lifecycle.parse import Malformed

__all__ = [
    "Book",
    "BookError",
    "CommandResult",
    "Grant",
    "Malformed",
    "OddEntry",
    "Paragraph",
    "Refused",
    "Report",
    "Unfinished",
    "VersionConflict",
    "open",
]


def open(place: Path | str, *, officer: str | None = None) -> "Book":
    """Open the book in a folder, or at an address like ``postgresql://…``, and return it.

    Without an ``officer`` the book is only read: `Book.record` raises ``ValueError``.

    Raises ``Malformed`` if the officer's id has another form, ``BookError`` if the book is not there, cannot
    be read or has lost what was sealed, and ``ImportError`` if another package has overwritten one of
    grantbook's.
    """
    check()
    from grantbook.book import Book

    return Book(place, officer)


def __getattr__(name: str) -> object:
    """Import a public class when it is first used, so that ``grantbook --help`` does not import pydantic."""
    if name not in __all__:
        raise AttributeError(f"module 'grantbook' has no attribute {name!r}")
    from grantbook import public

    return getattr(public, name)
