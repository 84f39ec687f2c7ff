"""Where a book is stored: its journal, settings, documents, and the folder of its seals."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import NamedTuple, TypeVar

from lifecycle.book.storage.copies import Shortfall, Sizes
from lifecycle.book.storage.officer_names import OfficerNames
from lifecycle.journal.journal import Journal
from lifecycle.journal.recorder import Recording

T = TypeVar("T")


class Check(NamedTuple):
    """A check of a store, and its result."""

    name: str
    """The condition that was checked, as a sentence."""
    is_well: bool
    detail: str


def guards(recorder: Recording) -> Check:
    """Check that the tables and triggers of the journal are those of a new journal."""
    expected, actual = recorder.expected_schema(), recorder.schema()
    names = expected.keys() | actual.keys()
    changed = sorted(name for name in names if expected.get(name) != actual.get(name))
    detail = "tables and triggers are as they were made"
    if changed:
        detail = f"not as they were made: {', '.join(changed)}"
    return Check("the journal is guarded", not changed, detail)


class BookStorage(ABC):
    """The storage of a book."""

    place: Path | str
    """The folder of the book, or the address of its database."""
    path: Path
    """The folder of its seals, on this machine."""
    views: Path | str
    """The folder of its views, or the address of their database."""
    lags: bool = False
    """Whether it is a standby, which may lack the newest entries for a while."""

    @abstractmethod
    def create_journal(self) -> Journal:
        """Make the journal of a new book. Raises `Unreachable` if the place is not empty."""

    @abstractmethod
    def shortfall(self, sealed: Sizes, stored: Sizes) -> Shortfall | None:
        """Return the sealed rows that are missing in this copy or on this standby; `None` if none is.

        ``sealed``: the numbers that the checkpoints of this address cover; ``stored``: those of the journal.
        """

    @abstractmethod
    def begin_sealing(self) -> None:
        """Store the book's address beside its checkpoints. Raises ``OSError``."""

    @abstractmethod
    def finish(self, name: str, *, seal: bool, publisher: str = "") -> None:
        """Mark the new book as complete.

        ``seal``: whether it is sealed after each command. ``publisher``: the text of the table that says who
        publishes the book, if people wrote one.
        """

    @abstractmethod
    def abandon(self) -> None:
        """Remove what was made of a book that will not be finished, as far as that is safe."""

    @abstractmethod
    def open_journal(self, *, read_only: bool, older: bool = False) -> Journal:
        """Open the journal of a book. Raises `Unreachable`."""

    def retry(self, work: Callable[[bool], T]) -> T:
        """Do the work, and do it again if the store went away meanwhile. It must do no harm when done twice.

        The work gets one argument: whether it may have been done before.
        """
        return work(False)

    @abstractmethod
    def seals_each_command(self) -> bool:
        """Return whether the book is sealed after each command. Raises `Unreachable`."""

    @abstractmethod
    def health(self, *, standby: bool) -> Iterator[Check]:
        """Yield the checks of the store. ``standby``: whether a standby must confirm each commit."""

    @abstractmethod
    def title(self) -> str:
        """Return the name that the book was made with. Raises `Unreachable`."""

    @abstractmethod
    def names(self) -> OfficerNames:
        """Return the register of officers' names."""

    def settings(self) -> dict[str, object]:
        """Return the settings that people may edit. Raises `Unreachable`."""
        return {}

    def publisher_text(self) -> str:
        """Return the text of the table ``[publisher]``; an empty text without one. Raises `Unreachable`."""
        return ""

    @abstractmethod
    def documents(self) -> Iterator[str]:
        """Yield the SHA-256 of each stored document."""

    @abstractmethod
    def keep(self, digest: str, data: bytes) -> None:
        """Store a document under its SHA-256. Raises `Unreachable`."""

    @abstractmethod
    def document(self, digest: str) -> BufferedIOBase:
        """Open the document with this SHA-256. Raises ``OSError`` if it is not there."""
