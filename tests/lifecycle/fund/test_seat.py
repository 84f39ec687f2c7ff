"""Days at the fund's seat: which day it is there, and when a day ends (domain §1.2)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from lifecycle.fund.seat import (
    day_at,
    day_of,
    end_of,
    offsets,
    start_of,
    zone,
)
from lifecycle.types.codes import time_zones

WASHINGTON, AUCKLAND = "America/New_York", "Pacific/Auckland"
EVENING = datetime(2018, 7, 1, 0, 38, tzinfo=UTC)
"""20:38 in Washington on 30 June 2018."""


@pytest.mark.case("D1")
@pytest.mark.parametrize(
    ("time_zone", "day"), [("UTC", "2018-07-01"), (WASHINGTON, "2018-06-30"), (AUCKLAND, "2018-07-01")]
)
def test_a_moment_is_of_the_day_at_the_seat(time_zone: str, day: str) -> None:
    assert day_at(EVENING, time_zone) == date.fromisoformat(day)


@pytest.mark.case("D15")
@pytest.mark.parametrize("time_zone", ["UTC", WASHINGTON, AUCKLAND, "Asia/Kathmandu"])
@pytest.mark.parametrize("day", ["2018-03-11", "2018-06-30", "2018-11-04", "2020-12-31"])
def test_a_day_ends_a_microsecond_before_the_next_one_begins(time_zone: str, day: str) -> None:
    this = date.fromisoformat(day)
    end = end_of(this, time_zone)
    assert day_at(end, time_zone) == this
    assert day_at(end + timedelta(microseconds=1), time_zone) == this + timedelta(days=1)
    assert day_at(start_of(this, time_zone), time_zone) == this


def test_a_name_that_no_list_has_stands_for_utc() -> None:
    assert "Mars/Olympus" not in time_zones()
    assert zone("Mars/Olympus") is UTC
    assert zone("localtime") is UTC  # a file of some machines, no name of the list


@pytest.mark.parametrize(
    "time_zone", ["UTC", WASHINGTON, AUCKLAND, "Africa/Casablanca", "Australia/Lord_Howe"]
)
def test_the_offsets_give_the_same_days_as_the_rules(time_zone: str) -> None:
    rows, rules = offsets(time_zone), zone(time_zone)
    at, last = datetime(2024, 1, 1, 0, 7, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
    while at < last:
        since, seconds = max(row for row in rows if row[0] <= f"{at:%Y-%m-%dT%H:%M:%S}Z")
        assert at.astimezone(rules).utcoffset() == timedelta(seconds=seconds), (since, at)
        at += timedelta(hours=11)


@pytest.mark.parametrize("text", ["2018-6-30", "2018-06-30T00:00:00Z", "20180630", "", "today"])
def test_another_form_is_no_day(text: str) -> None:
    assert day_of(text) is None


@pytest.mark.parametrize("text", ["2018-06-31", "1899-12-31", "2200-01-01"])
def test_a_day_that_cannot_be_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"day|between"):
        day_of(text)
