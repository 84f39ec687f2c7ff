"""A book with two proposals, and the quarantine of rows that somebody has put into its journal."""

from pathlib import Path

from lifecycle.book.book import Book
from lifecycle.decide.quarantined_rows import QuarantineRow
from lifecycle.kernel.command import Command
from lifecycle.seal.seal import Seal
from support import given as g
from support.books import make_book


def sealed_proposals(place: Path | str) -> Book:
    """Return a closed book with two proposals, all of it sealed."""
    with make_book(place, g.FOUNDED) as book:
        for grant in ("SSF-1", "SSF-2"):
            assert book.record(g.propose("01-10", grant=grant), "t.leader").outcome == "accepted"
        Seal(book).seal()
    return book


def reopened(book: Book, *, read_only: bool = False) -> Book:
    """Open the book again, with its clock."""
    return Book.open(book.place, clock=book._clock, read_only=read_only)


def quarantine(position: int, **fields: object) -> QuarantineRow:
    """Return the command that quarantines the row at the position."""
    words = {"on": "2026-01-31", "actor": "admin", "position": position, "reason": "put in by SQL"}
    return QuarantineRow.read({**words, **fields})


def cost(grant: str, amount: str = "1.00 USD") -> Command:
    """Return the command that records a cost of the grant."""
    return g.cost("01-12", grant=grant, amount=amount)
