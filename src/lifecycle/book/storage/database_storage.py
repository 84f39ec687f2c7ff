"""A book in a database. Its seals are outside the database, in a folder on this machine."""

import os
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from errno import ENOENT
from io import BufferedIOBase, BytesIO
from uuid import uuid4

from lifecycle.book.storage.book_storage import (
    BookStorage,
    Check,
    T,
    guards,
)
from lifecycle.book.storage.copies import SealFolders, Shortfall, Sizes
from lifecycle.book.storage.health import checks
from lifecycle.book.storage.officer_names import OfficerNames
from lifecycle.book.storage.officer_names_table import OfficerNamesInTable
from lifecycle.journal.addresses import named
from lifecycle.journal.atomic_files import keep, seals
from lifecycle.journal.journal import STORE_ERRORS, Journal
from lifecycle.journal.postgresql.connection import (
    InDoubt,
    JournalDatastore,
    lost,
    several_hosts,
)
from lifecycle.journal.postgresql.recorder import JournalRecorder
from lifecycle.journal.postgresql.schema import SCHEMA
from lifecycle.kernel.errors import Unreachable

_TAKEN = f"""
SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('{SCHEMA}') AND relkind <> 'c'),
       to_regclass('{SCHEMA}.book')
"""
"""Whether the schema has anything but types (an `init` that failed early leaves types), and its table of
books."""
_PUBLISHER = "publisher.toml"
PATIENCE = 60
"""Seconds to try again after a server went away, while another may take its place."""


class DatabaseStorage(BookStorage):
    """A book in a PostgreSQL database, with one schema for the journal and one for the views."""

    def __init__(self, address: str) -> None:
        self.place = self.views = self._address = address
        self._recorder: JournalRecorder
        self._identity = ""
        self._made = False
        """Whether this object has made the schema."""
        self._read_only = False

    def create_journal(self) -> Journal:
        """Return the journal of a new book, in a schema that is new or empty."""
        store = JournalDatastore(self._address, read_only=True)
        (((taken, table),),) = store.ask((_TAKEN, None))
        begun = table is not None and store.ask((f"SELECT 1 FROM {SCHEMA}.book", None)) == [[]]
        store.close()
        if begun:
            raise Unreachable(
                f"{named(self._address)} has a book that was not made to the end:"
                f" DROP SCHEMA {SCHEMA} CASCADE takes it away; then make it again"
            )
        if taken:
            raise Unreachable(
                f"{named(self._address)} has a schema {SCHEMA} already: a new book needs its own database"
            )
        self._identity = str(uuid4())
        self._made = True
        journal = self._take(Journal(self._address, create=True))
        self._find_folder(self._identity)
        return journal

    def abandon(self) -> None:
        """Drop the schema that this object made, unless the book is complete."""
        if not self._made:
            return
        with suppress(Unreachable, *STORE_ERRORS):
            store = JournalDatastore(self._address, read_only=False)
            (((_, table),),) = store.ask((_TAKEN, None))
            if table is None or store.ask((f"SELECT 1 FROM {SCHEMA}.book", None)) == [[]]:
                store.ask((f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE", None))
            store.close()

    def finish(self, name: str, *, seal: bool, publisher: str = "") -> None:
        """Write the book's row, and who publishes it into a file beside the checkpoints."""
        if publisher:
            keep(self.path / _PUBLISHER, publisher)
        self._recorder.name_book(self._identity, name, seal_each_command=seal)

    def open_journal(self, *, read_only: bool, older: bool = False) -> Journal:
        """Return the journal in the database."""
        self._read_only = read_only

        def connected(_: bool) -> Journal:
            journal = self._take(Journal(self._address, read_only=read_only, older=older))
            ((identity, self.lags),) = self._recorder.rows("SELECT id::text, pg_is_in_recovery() FROM book")
            self._find_folder(identity)
            if not older and (self.lags or not self.path.exists()):
                with suppress(OSError):
                    self._folders.adopt(journal.ends())
            return journal

        # If the address names several servers, one may be taking the place of another just now.
        return self.retry(connected) if several_hosts(self._address) else connected(False)

    def _take(self, journal: Journal) -> Journal:
        assert isinstance(journal.recorder, JournalRecorder)
        self._recorder = journal.recorder
        return journal

    def _find_folder(self, identity: str) -> None:
        """Set the folder of the seals of this address."""
        self._folders = SealFolders(seals() / identity, self._recorder.address())
        self.path = self._folders.own

    def shortfall(self, sealed: Sizes, stored: Sizes) -> Shortfall | None:
        """Return, on a standby, what has not arrived yet; else what was sealed only at another address."""
        own = Shortfall.between(self._folders.address, self.path, sealed, stored)
        return (own if self.lags else None) if own else self._folders.shortfall(stored)

    def begin_sealing(self) -> None:
        """Store the address in the folder of its seals."""
        self._folders.begin()

    def retry(self, work: Callable[[bool], T]) -> T:
        """Do the work, and do it again on a new connection if one was lost, for `PATIENCE` seconds."""
        until, pause, again = time.monotonic() + PATIENCE, 0.05, False
        while True:
            try:
                return work(again)
            except (Unreachable, *STORE_ERRORS) as failure:
                # A batch has turned the error into `Unreachable` already.
                error = failure.__cause__ if isinstance(failure, Unreachable) else failure
                if self._read_only or not lost(error) or time.monotonic() + pause > until:
                    raise
                again = again or (isinstance(error, InDoubt) and error.wrote)
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    def health(self, *, standby: bool) -> Iterator[Check]:
        """Yield the checks of the server and of the journal in it."""
        yield from checks(self._recorder, standby=standby)
        yield guards(self._recorder)

    def seals_each_command(self) -> bool:
        """Return the setting in the book's row."""
        return self._recorder.book()[2]

    def title(self) -> str:
        """Return the name in the book's row."""
        return self._recorder.book()[1]

    def names(self) -> OfficerNames:
        """Return the register of names in the database."""
        return OfficerNamesInTable(self._recorder)

    def settings(self) -> dict[str, object]:
        """Return the table of the file ``publisher.toml`` in the folder of this machine, if there is one."""
        try:
            return tomllib.loads(self.publisher_text())
        except ValueError as error:
            raise Unreachable(f"{self.path / _PUBLISHER} cannot be read: {error}") from error

    def publisher_text(self) -> str:
        """Return the text of that file; an empty text if there is none."""
        try:
            return (self.path / _PUBLISHER).read_text("utf-8")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise Unreachable(f"{self.path / _PUBLISHER} cannot be read: {error.strerror}") from error

    def documents(self) -> Iterator[str]:
        """Yield the SHA-256 of each document in the table of documents."""
        return (digest for (digest,) in self._recorder.rows("SELECT sha256 FROM documents ORDER BY sha256"))

    def keep(self, digest: str, data: bytes) -> None:
        """Add a document to the table, unless it is there."""
        self._recorder.keep_document(digest, data)

    def document(self, digest: str) -> BufferedIOBase:
        """Open a document in the table."""
        data = self._recorder.document(digest)
        if data is None:
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), digest)
        return BytesIO(data)
