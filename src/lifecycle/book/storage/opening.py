"""The storage at a path or an address, and the making of a new book in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lifecycle.book.storage.book_storage import BookStorage
from lifecycle.book.storage.folder_storage import FolderStorage
from lifecycle.journal.addresses import SCHEMES, is_address, named
from lifecycle.kernel.errors import Unreachable


def storage_at(place: Path | str) -> BookStorage:
    """Return the storage of a book in a folder, or at the address of a database. Raises `Unreachable`."""
    if not is_address(place):
        return FolderStorage(Path(place))
    if not place.startswith(SCHEMES):
        scheme = place.partition("://")[0]
        raise Unreachable(f"{scheme}:// is no store of books: name a folder, or postgresql://…")
    from lifecycle.book.storage.database_storage import DatabaseStorage

    return DatabaseStorage(place)


@contextmanager
def new_book_in(storage: BookStorage) -> Iterator[BookStorage]:
    """Yield the storage to make a book in. If that fails, remove what can safely be removed.

    Raises `Unreachable` if the storage cannot be written.
    """
    try:
        yield storage
    except BaseException as error:
        storage.abandon()
        if isinstance(error, OSError):
            message = f"{named(storage.place)} cannot be made: {error.strerror or error}"
            raise Unreachable(message) from error
        raise
