"""The event-sourcing library's tests of recorders, run on the journal's: in a file, memory and PostgreSQL."""

import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, ClassVar
from uuid import uuid4

import psycopg
import pytest

# The library's module also tests ciphers, which need a package that grantbook does not use.
cipher = ModuleType("eventsourcing.cipher")
cipher.AESCipher = object  # type: ignore[attr-defined]
sys.modules.setdefault("eventsourcing.cipher", cipher)

from eventsourcing.postgres import PostgresAggregateRecorder  # noqa: E402
from eventsourcing.sqlite import SQLiteAggregateRecorder  # noqa: E402
from eventsourcing.tests.persistence import (  # noqa: E402
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)

from lifecycle.journal.postgresql import recorder as postgres  # noqa: E402
from lifecycle.journal.postgresql.connection import JournalDatastore as PostgresDatastore  # noqa: E402
from lifecycle.journal.sqlite.connection import JournalDatastore  # noqa: E402
from lifecycle.journal.sqlite.recorder import JournalRecorder  # noqa: E402


class _OnJournal:
    """Makes a recorder on a new file."""

    in_memory: ClassVar[bool] = False
    recorder_class: ClassVar[type[SQLiteAggregateRecorder]] = JournalRecorder

    def setUp(self) -> None:
        self._directory = TemporaryDirectory(ignore_cleanup_errors=True)
        self._stores: list[JournalDatastore] = []
        self._threads = set(threading.enumerate())

    def tearDown(self) -> None:
        # The library's tests do not wait for their readers to end. A reader's connection must not be closed.
        for thread in set(threading.enumerate()) - self._threads:
            thread.join(timeout=30)
        for store in self._stores:
            store.close()
        self._directory.cleanup()

    def new_originator_id(self) -> str:
        return f"grant:{uuid4()}"

    def create_recorder(self) -> Any:
        file = Path(self._directory.name) / "journal.sqlite"
        name = f"file:{uuid4().hex}?mode=memory&cache=shared" if self.in_memory else f"file:{file}"
        store = JournalDatastore(name, originator_id_type="text", lock_timeout=20)
        store.pool.pool_timeout = (
            60  # the library's 5 seconds are too short if every commit waits for a busy disk
        )
        self._stores.append(store)
        recorder = self.recorder_class(store)
        recorder.create_table()
        return recorder


class _Quiet:
    def test_performance(self) -> None:
        """The library's test only measures and prints."""


class TestInFile(_Quiet, _OnJournal, ApplicationRecorderTestCase[JournalRecorder]):
    """In a file, as a book uses it."""


class TestInMemory(_Quiet, _OnJournal, ApplicationRecorderTestCase[JournalRecorder]):
    in_memory = True


class TestSnapshots(_Quiet, _OnJournal, AggregateRecorderTestCase):
    """The library's own table of snapshots, in the journal's file."""

    recorder_class = SQLiteAggregateRecorder


class TestSnapshotsInMemory(TestSnapshots):
    in_memory = True


class _OnPostgres:
    """Makes a recorder on a new PostgreSQL database."""

    address: str
    recorder_class: ClassVar[type[PostgresAggregateRecorder]] = postgres.JournalRecorder

    @pytest.fixture(autouse=True)
    def _database(self, database: str) -> None:
        self.address = database

    def setUp(self) -> None:
        self._stores: list[PostgresDatastore] = []
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA journal")

    def tearDown(self) -> None:
        for store in self._stores:
            store.close()

    def new_originator_id(self) -> str:
        return f"grant:{uuid4()}"

    def create_recorder(self) -> Any:
        store = PostgresDatastore(self.address, read_only=False)
        self._stores.append(store)
        recorder = self.recorder_class(store)
        recorder.create_table()
        return recorder


class TestOnPostgres(_Quiet, _OnPostgres, ApplicationRecorderTestCase[postgres.JournalRecorder]):
    """In a database."""


class TestSnapshotsOnPostgres(_Quiet, _OnPostgres, AggregateRecorderTestCase):
    """The library's own table of snapshots, in the journal's schema."""

    recorder_class = PostgresAggregateRecorder


class TestPositionsDoNotInterleaveOnPostgres(_OnPostgres, NonInterleavingNotificationIDsBaseCase):
    """Two writers of a thousand events each: the positions of one follow those of the other."""


class TestPositionsDoNotInterleave(_OnJournal, NonInterleavingNotificationIDsBaseCase):
    """Two writers of a thousand events each: the positions of one follow those of the other."""


class TestPositionsDoNotInterleaveInMemory(_OnJournal, NonInterleavingNotificationIDsBaseCase):
    in_memory = True
