"""The library's own suites for recorders, against the journal's: files and memory, text and UUID ids."""

import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, ClassVar
from uuid import UUID, uuid4

# The suites' module also holds those for ciphers, which need a package that the journal does not use.
cipher = ModuleType("eventsourcing.cipher")
cipher.AESCipher = object  # type: ignore[attr-defined]
sys.modules.setdefault("eventsourcing.cipher", cipher)

from eventsourcing.sqlite import SQLiteAggregateRecorder  # noqa: E402
from eventsourcing.tests.persistence import (  # noqa: E402
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)

from lifecycle.recorder import JournalDatastore, JournalRecorder  # noqa: E402


class _OnJournal:
    """A recorder on a database of its own."""

    id_type: ClassVar[str] = "text"
    in_memory: ClassVar[bool] = False
    kind: ClassVar[type[SQLiteAggregateRecorder]] = JournalRecorder

    def setUp(self) -> None:
        self._directory = TemporaryDirectory(ignore_cleanup_errors=True)
        self._stores: list[JournalDatastore] = []
        self._threads = set(threading.enumerate())

    def tearDown(self) -> None:
        # The suite tells its readers to stop and does not wait: to close a connection under one is fatal.
        for thread in set(threading.enumerate()) - self._threads:
            thread.join(timeout=30)
        for store in self._stores:
            store.close()
        self._directory.cleanup()

    def new_originator_id(self) -> UUID | str:
        return f"grant:{uuid4()}" if self.id_type == "text" else uuid4()

    def create_recorder(self) -> Any:
        file = Path(self._directory.name) / "journal.sqlite"
        name = f"file:{uuid4().hex}?mode=memory&cache=shared" if self.in_memory else f"file:{file}"
        store = JournalDatastore(name, originator_id_type=self.id_type, lock_timeout=20)
        store.pool.pool_timeout = (
            60  # the library's 5 seconds are short on a busy disk, with every commit synced
        )
        self._stores.append(store)
        recorder = self.kind(store)
        recorder.create_table()
        return recorder


class _Quiet:
    def test_performance(self) -> None:
        """Only measures and prints."""


class TestTextIds(_Quiet, _OnJournal, ApplicationRecorderTestCase[JournalRecorder]):
    """Text ids in a file: as the book uses it."""


class TestUuids(_Quiet, _OnJournal, ApplicationRecorderTestCase[JournalRecorder]):
    id_type = "uuid"


class TestInMemory(_Quiet, _OnJournal, ApplicationRecorderTestCase[JournalRecorder]):
    in_memory = True


class TestSnapshots(_Quiet, _OnJournal, AggregateRecorderTestCase):
    """The library's own table of snapshots, in the journal's file."""

    kind = SQLiteAggregateRecorder


class TestSnapshotsOfUuids(TestSnapshots):
    id_type = "uuid"


class TestSnapshotsInMemory(TestSnapshots):
    in_memory = True


class TestPositionsDoNotInterleave(_OnJournal, NonInterleavingNotificationIDsBaseCase):
    """Two writers of a thousand events each: one after the other."""


class TestPositionsDoNotInterleaveInMemory(_OnJournal, NonInterleavingNotificationIDsBaseCase):
    in_memory = True
