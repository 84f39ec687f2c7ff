"""The unsealed tail of a book: entries and refusals that no checkpoint covers."""

from typing import TYPE_CHECKING, Any

from cli.output.terminal_text import prose

if TYPE_CHECKING:
    from lifecycle.book.book import Book


def tail_of(book: "Book") -> dict[str, Any]:
    """Return how many entries and refusals no checkpoint covers, for JSON."""
    from lifecycle.kernel.errors import Altered
    from lifecycle.seal.seal import seal_of

    try:
        entries, refusals = seal_of(book).unsealed()
    except Altered as error:
        return {"unsealed_entries": None, "unsealed_refusals": None, "seal": str(error)}
    return {"unsealed_entries": entries, "unsealed_refusals": refusals}


def tail_line(book: "Book") -> str:
    """Return a line on how many entries and refusals no checkpoint covers."""
    tail = tail_of(book)
    if "seal" in tail:
        return f"the seal cannot be trusted: {prose(tail['seal'])}: grantbook audit verify shows why"
    return in_words(tail["unsealed_entries"], tail["unsealed_refusals"])


def in_words(entries: int, refusals: int) -> str:
    """Return in words how many entries and refusals are not sealed."""
    if not entries and not refusals:
        return "nothing is unsealed"
    return f"unsealed: {entries:,} entries, {refusals:,} refusals"
