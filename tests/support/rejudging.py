"""What the rules find in the rows of a book when they judge them again."""

from lifecycle.book.book import Book
from lifecycle.journal.left_out.faults import Judged
from lifecycle.rejudge.walk import judged


def judged_all(book: Book, after: tuple[int, int] = (0, 0)) -> Judged:
    """Judge the rows after a position and a number of refusals."""
    with book.journal.recorder.reading():
        return judged(book.journal, after)


def faults(book: Book) -> list[str]:
    """Return the faults of all rows, as text."""
    return [f"{fault.where}: {fault.kind}: {fault.what}" for fault in judged_all(book).faults]
