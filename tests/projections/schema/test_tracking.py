"""The event-sourcing library's tests of tracking recorders, run on the views' recorder."""

import sys
from pathlib import Path
from types import ModuleType

# The library's module also tests ciphers, which need a package that grantbook does not use.
cipher = ModuleType("eventsourcing.cipher")
cipher.AESCipher = object  # type: ignore[attr-defined]
sys.modules.setdefault("eventsourcing.cipher", cipher)

import pytest  # noqa: E402
from eventsourcing.persistence import IntegrityError, Tracking, TrackingRecorder  # noqa: E402
from eventsourcing.tests.persistence import TrackingRecorderTestCase  # noqa: E402

from projections import store  # noqa: E402
from projections.schema.tracking import ViewsTracking  # noqa: E402
from support.reading import place_of_views as places_of_views  # noqa: E402


class TestViewsTracking(TrackingRecorderTestCase):
    place_of_views: store.Place

    @pytest.fixture(autouse=True)
    def set_place(self, tmp_path: Path) -> None:
        self.place_of_views = tmp_path

    def setUp(self) -> None:
        self._views = self.enterContext(store.opened(self.place_of_views))

    def create_recorder(self) -> TrackingRecorder:
        return ViewsTracking(lambda: store.writing(self._views))


class TestViewsTrackingInADatabase(TestViewsTracking):
    @pytest.fixture(autouse=True)
    def set_place(self, database: str) -> None:
        self.place_of_views = database


def test_a_position_is_forgotten_with_its_transaction(views: str, tmp_path: Path) -> None:
    def insert_twice(views: store.Views) -> None:
        with store.writing(views) as raw:
            inside = ViewsTracking.inside(raw)
            inside.insert_tracking(Tracking("journal", 7))
            inside.insert_tracking(Tracking("journal", 7))

    with store.opened(places_of_views[-1](tmp_path)) as opened:
        with pytest.raises(IntegrityError):
            insert_twice(opened)
        with store.writing(opened) as raw:
            assert ViewsTracking.inside(raw).max_tracking_id("journal") is None


del TrackingRecorderTestCase
