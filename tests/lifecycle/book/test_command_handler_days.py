"""The days of the fund's seat count, in each store: in Washington, in Auckland and elsewhere."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lifecycle.book.book import Book
from lifecycle.fund.seat import day_at
from lifecycle.kernel.history import FUND
from projections.query import tables_at
from projections.reports.sql_views import TODAY
from support import given as g
from support.books import Clock, make_book, record
from support.cli_shell import Shell

EVENING = datetime(2018, 7, 1, 0, 38, tzinfo=UTC)
"""20:38 in Washington on 30 June 2018; the 1st of July in Auckland."""
pytestmark = pytest.mark.both_stores


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still, eight hours before the evening."""
    return Clock(EVENING - timedelta(hours=8), timedelta(0))


@pytest.fixture
def washington(place: Path | str, clock: Clock) -> Iterator[Book]:
    """A founded fund with its seat in Washington."""
    with make_book(place, g.FOUNDED, clock=clock, time_zone="America/New_York") as book:
        yield book


@pytest.mark.case("D1")
def test_today_is_the_day_at_the_seat(washington: Book, clock: Clock) -> None:
    clock.now = EVENING
    assert washington.today() == date(2018, 6, 30)
    fee = g.charge_fee(washington.today(), amount="1.00 USD")
    record(washington, [fee])
    assert washington.entries(FUND)[-1].on == date(2018, 6, 30)


@pytest.mark.case("D1")
def test_tomorrow_at_the_seat_is_refused_though_it_has_begun_in_utc(washington: Book, clock: Clock) -> None:
    clock.now = EVENING
    fee = g.charge_fee("2018-07-01", amount="1.00 USD")
    assert washington.record(fee, fee.actor).refusal == "DatedInFuture"
    clock.now = EVENING + timedelta(hours=3, minutes=21, seconds=59)
    assert washington.record(fee, fee.actor).refusal == "DatedInFuture"
    clock.now = EVENING + timedelta(hours=3, minutes=22)
    assert washington.record(fee, fee.actor).outcome == "accepted"


@pytest.mark.case("D1")
def test_this_morning_in_auckland_is_not_in_the_future(place: Path | str) -> None:
    morning = datetime(2018, 6, 30, 20, tzinfo=UTC)  # 8 o'clock there
    clock = Clock(morning, timedelta(0))
    with make_book(place, g.FOUNDED, clock=clock, time_zone="Pacific/Auckland") as book:
        assert book.today() == date(2018, 7, 1)
        record(book, [g.charge_fee("2018-07-01", amount="1.00 USD")])


@pytest.mark.case("D15")
def test_a_bare_day_is_known_to_its_end_at_the_seat(washington: Book, clock: Clock) -> None:
    def charge(amount: str) -> int:
        record(washington, [g.charge_fee("2018-06-30", amount=amount)])
        return washington.position()

    clock.now = EVENING
    evening = charge("1.00 USD")
    clock.now = datetime(2018, 7, 1, 3, 59, 59, 999_999, tzinfo=UTC)
    last = charge("2.00 USD")
    clock.now = datetime(2018, 7, 1, 4, 0, 0, tzinfo=UTC)
    first = charge("3.00 USD")
    assert evening < last < first
    assert washington.resolve("2018-06-30") == last
    assert washington.resolve("2018-07-01") == first
    assert washington.resolve("2000-01-01") == 0


@pytest.mark.case("D1")
@pytest.mark.parametrize("time_zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "UTC"])
def test_the_sql_views_are_of_today_at_the_seat(place: Path | str, time_zone: str) -> None:
    """The first two are 25 hours apart, so for at least one of them it is not the day in UTC."""
    with make_book(place, g.FOUNDED, time_zone=time_zone) as book:
        expected = today = None
        while expected != day_at(datetime.now(UTC), time_zone):  # once, except about midnight
            expected = day_at(datetime.now(UTC), time_zone)
            with tables_at(book, None) as (connection, _):
                today = connection.execute(select(TODAY)).scalar()
        assert today == str(expected)


@pytest.mark.of_a_file("its entry is put in by SQL")
def test_a_book_created_without_a_seat_has_it_in_utc(place: Path, clock: Clock) -> None:
    with make_book(place, g.FOUNDED, clock=clock) as book:
        assert book.time_zone() == book.fund().time_zone == "UTC"
        path = book.path
    with closing(sqlite3.connect(path / "journal.sqlite")) as connection:
        state = connection.execute("SELECT state FROM stored_events ORDER BY position LIMIT 1").fetchone()[0]
    assert b'"time_zone":"UTC"' in state


def test_init_takes_only_time_zones_of_the_list(shell: Shell) -> None:
    answer = shell("init", shell.book, "--name", "F", "--time-zone", "Washington")
    assert answer.code == 2
    assert "America/New_York" in answer.err
    assert shell("init", shell.book, "--name", "F", "--time-zone", "Asia/Kathmandu").code == 0
