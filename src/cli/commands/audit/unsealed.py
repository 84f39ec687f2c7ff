"""Says how much of a book no checkpoint covers."""

from typing import TYPE_CHECKING, Any

from cli.output.terminal_text import prose

if TYPE_CHECKING:
    from lifecycle.book.book import Book


def tail_of(book: "Book") -> dict[str, Any]:
    """Return how much of the book no checkpoint covers, as programs read it."""
    from lifecycle.kernel.errors import Altered
    from lifecycle.seal.seal import seal_of

    try:
        entries, receipts = seal_of(book).unsealed()
    except Altered as error:
        return {"unsealed_entries": None, "unsealed_receipts": None, "seal": str(error)}
    return {"unsealed_entries": entries, "unsealed_receipts": receipts}


def tail_line(book: "Book") -> str:
    """Return in a line how much of the book no checkpoint covers."""
    tail = tail_of(book)
    if "seal" in tail:
        return f"the seal cannot be trusted: {prose(tail['seal'])}: grantbook audit verify tells more"
    return in_words(tail["unsealed_entries"], tail["unsealed_receipts"])


def in_words(entries: int, receipts: int) -> str:
    """Return in words how many entries and answers are not sealed."""
    if not entries and not receipts:
        return "nothing is unsealed"
    return f"unsealed: {entries:,} entries, {receipts:,} answers"
