"""The classes that `grantbook` exports. They are imported together when the first of them is used."""

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
]
