"""The known grant or call that a refused command probably meant, for messages."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifecycle.book.book import Book

_ABOUT = {"UnknownGrant": "grant", "UnknownCall": "call"}
"""The field whose name is not known, by the name of the refusal."""
_MOST_SEARCHES = 20
"""How many names are searched for: in a book of 100,000 grants one search takes seconds."""


class NearestNames:
    """Searches the names of grants and calls, which are read once."""

    def __init__(self, book: "Book") -> None:
        self._book = book
        self._names = dict[str, list[str]]()
        self._searches = 0

    def of(self, refusal: str | None, words: Mapping[str, Any]) -> str:
        """Return ``; did you mean G1?`` if the command was refused for a grant or call that is not known.

        Returns an empty text for other refusals, if no name is near, and after 20 searches.
        """
        about = _ABOUT.get(refusal or "")
        if about is None or self._searches == _MOST_SEARCHES:
            return ""
        from lifecycle.types.readings.nearest import did_you_mean

        self._searches += 1
        if about not in self._names:
            self._names[about] = self._book.named(about)
        name = _named(about, words, self._names[about])
        return "" if name in self._names[about] else did_you_mean(name, self._names[about])


def _named(about: str, words: Mapping[str, Any], known: list[str]) -> str:
    """Return the name in a command's words that is not known: its own, or else the one that it follows."""
    reads = words.get("reads")
    follows = words.get("follows") or (reads.get("follows") if isinstance(reads, dict) else None)
    own = str(words.get(about))
    is_new = words.get("command") == "ProposeGrant" or own in known
    return str(follows) if about == "grant" and follows and is_new else own
