"""The library's own suite for tracking recorders, against the views' one."""

import sys
from pathlib import Path
from types import ModuleType

# The suites' module also holds those for ciphers, which need a package that the views do not use.
cipher = ModuleType("eventsourcing.cipher")
cipher.AESCipher = object  # type: ignore[attr-defined]
sys.modules.setdefault("eventsourcing.cipher", cipher)

import pytest  # noqa: E402
from eventsourcing.persistence import IntegrityError, Tracking, TrackingRecorder  # noqa: E402
from eventsourcing.tests.persistence import TrackingRecorderTestCase  # noqa: E402
from sqlalchemy import Engine  # noqa: E402

from projections import store  # noqa: E402
from projections.schema.tracking import ViewsTracking  # noqa: E402
from support.reading import place_of_views  # noqa: E402


class TestViewsTracking(TrackingRecorderTestCase):
    place: store.Place

    @pytest.fixture(autouse=True)
    def where(self, tmp_path: Path) -> None:
        self.place = tmp_path

    def setUp(self) -> None:
        self._engine = self.enterContext(store.opened(self.place))

    def create_recorder(self) -> TrackingRecorder:
        return ViewsTracking(lambda: store.writing(self._engine))


class TestViewsTrackingInADatabase(TestViewsTracking):
    @pytest.fixture(autouse=True)
    def where(self, database: str) -> None:
        self.place = database


def test_a_position_is_forgotten_with_its_transaction(views: str, tmp_path: Path) -> None:
    def twice(engine: Engine) -> None:
        with store.writing(engine) as connection:
            inside = ViewsTracking.inside(connection)
            inside.insert_tracking(Tracking("journal", 7))
            inside.insert_tracking(Tracking("journal", 7))

    with store.opened(place_of_views[-1](tmp_path)) as engine:
        with pytest.raises(IntegrityError):
            twice(engine)
        with engine.connect() as connection:
            assert ViewsTracking.inside(connection).max_tracking_id("journal") is None


del TrackingRecorderTestCase
