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

    what: str
    well: bool
    told: str


def guards(recorder: Recording) -> Check:
    """Check that the tables and triggers of the journal are as they were made."""
    expected, actual = recorder.expected_schema(), recorder.schema()
    odd = sorted(name for name in expected.keys() | actual.keys() if expected.get(name) != actual.get(name))
    detail = (
        f"not as they were made: {', '.join(odd)}" if odd else "tables and triggers are as they were made"
    )
    return Check("the journal is guarded", not odd, detail)


class BookStorage(ABC):
    """What a book needs of its storage."""

    place: Path | str
    """Where it is opened: a folder, or the address of a database."""
    path: Path
    """A folder on this machine: of the seals, at least."""
    views: Path | str
    """Where the tables of its reports are: a folder, or the address of a database."""

    @abstractmethod
    def create_journal(self) -> Journal:
        """Make the journal of a new book. Raises `Unreachable` if the place holds anything already."""

    lags: bool = False
    """Whether it is a standby, which may lack the newest entries for a while."""

    @abstractmethod
    def shortfall(self, sealed: Sizes, stored: Sizes) -> Shortfall | None:
        """Return what is missing of what was sealed at another address, or is not on this standby yet.

        ``sealed``: by the checkpoints of this address; ``stored``: what the journal has.
        """

    @abstractmethod
    def begin_sealing(self) -> None:
        """Keep, beside the checkpoints, the address at which they are made. Raises ``OSError``."""

    @abstractmethod
    def finish(self, name: str, *, seal: bool) -> None:
        """Write down that the new book is complete, and whether commands that record are to seal it."""

    @abstractmethod
    def abandon(self) -> None:
        """Take away what was made of a new book that will not be finished, as far as that is safe."""

    @abstractmethod
    def open_journal(self, *, read_only: bool) -> Journal:
        """Open the journal of a book. Raises `Unreachable`."""

    def retry(self, work: Callable[[bool], T]) -> T:
        """Do the work, and again if the store went away meanwhile and may come back.

        The work is called with whether it may have been done before, and must do no harm when it is done
        twice.
        """
        return work(False)

    @abstractmethod
    def seals_each_command(self) -> bool:
        """Return whether those who record are to seal after each command. Raises `Unreachable`."""

    @abstractmethod
    def health(self, *, standby: bool) -> Iterator[Check]:
        """Yield each check of the store. ``standby``: another one must confirm each commit."""

    @abstractmethod
    def title(self) -> str:
        """Return the name that the book was made with. Raises `Unreachable`."""

    @abstractmethod
    def names(self) -> OfficerNames:
        """Return the register of what people call the officers."""

    def settings(self) -> dict[str, object]:
        """Return what people have set by hand. Raises `Unreachable`."""
        return {}

    @abstractmethod
    def documents(self) -> Iterator[str]:
        """Yield the SHA-256 of each document that is kept."""

    @abstractmethod
    def keep(self, digest: str, data: bytes) -> None:
        """Keep a document's bytes by their SHA-256. Raises `Unreachable`."""

    @abstractmethod
    def document(self, digest: str) -> BufferedIOBase:
        """Return the document with this SHA-256, to be read. Raises ``OSError`` if it is not there."""
