"""What a day in another form may mean."""

from datetime import date, timedelta

import pytest

from lifecycle.types.dates import day_of
from lifecycle.types.readings.days import day_fault, read_day


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("31/12/2024", "2024-12-31"),
        ("31.12.2024", "2024-12-31"),
        ("12/31/2024", "2024-12-31"),
        ("31-12-24", "2031-12-24 or 2024-12-31"),
        ("31.12.24", "2024-12-31"),
        ("24-01-02", "2024-01-02 or 2002-01-24"),
        ("24/1/2", "2024-01-02"),
        ("99-12-31", "1999-12-31"),
        ("31/12/99", "1999-12-31"),
        ("2024-00-10", "2024-01-10"),
        ("2024-01-00", "2024-01-01 or 2023-12-31"),
        ("２０２４-01-02", "2024-01-02"),  # noqa: RUF001 as a keyboard for wide letters writes it
        ("2024-2-9", "2024-02-09"),
        ("2024/02/09", "2024-02-09"),
        ("20240209", "2024-02-09"),
        (20240209, "2024-02-09"),
        ("45300", "2024-01-09"),
        ("9 Feb 2024", "2024-02-09"),
        ("Feb 9th, 2024", "2024-02-09"),
        ("9. März 2024", "2024-03-09"),
        ("9 de mayo de 2024", "2024-05-09"),
        ("2024-02-09T10:00:00Z", "2024-02-09"),
        (" 2024-02-09", "2024-02-09"),
        ("2024-13-01", "2024-01-13"),
        ("03/04/2024", "2024-04-03 or 2024-03-04"),
        ("2024-06-31", "2024-06-30 or 2024-07-01"),
        ("31/06/2024", "2024-06-30 or 2024-07-01"),
        ("2023-02-29", "2023-02-28 or 2023-03-01"),
        ("2024-06", "2024-06-01 or 2024-06-30"),
    ],
)
def test_each_reading_is_offered_and_none_is_taken(typed: object, meant: str) -> None:
    with pytest.raises(ValueError, match="write a day as YYYY-MM-DD") as refused:
        day_of(typed)
    assert f"did you mean {meant}?" in str(refused.value)


@pytest.mark.parametrize("typed", ["", "soon", "2024", "1850-01-01", "9 Feb", None, True, 1.5, "99999999"])
def test_what_has_no_reading_is_told_the_form(typed: object) -> None:
    assert day_fault(typed) == "write a day as YYYY-MM-DD, between 1900 and 2199"


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("2024-13-45", "names month 13, and months are 01 to 12"),
        ("2024-06-45", "is no day: June 2024 has 30 days"),
        ("yesterday", "names a day without its date"),
    ],
)
def test_what_has_no_reading_gets_a_reason_if_there_is_one(typed: str, reason: str) -> None:
    assert day_fault(typed) == f'write a day as YYYY-MM-DD: "{typed}" {reason}'


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("yesterday", "2024-02-29"),
        ("Today", "2024-03-01"),
        ("demain", "2024-03-02"),
        ("last Friday", "2024-02-23"),
        ("thu", "2024-02-29"),
        ("31-12-23", "2023-12-31"),
    ],
)
def test_a_day_that_is_named_from_today_is_offered_with_its_date(typed: str, meant: str) -> None:
    """The 1st of March 2024 was a Friday. A year of two digits that would be in the future is not offered."""
    assert f"did you mean {meant}?" in day_fault(typed, lambda: date(2024, 3, 1))


def test_day_first_and_month_first_are_both_named_unless_only_one_is_a_day() -> None:
    assert read_day("12/12/2024").meant == (date(2024, 12, 12),)
    assert read_day("12/13/2024").meant == (date(2024, 12, 13),)
    assert len(read_day("11/12/2024").meant) == 2


def test_every_day_of_two_years_is_read_back_from_its_usual_forms() -> None:
    for number in range(731):
        day = date(2023, 1, 1) + timedelta(days=number)
        for form in ("%d %B %Y", "%B %d, %Y", "%d-%b-%Y", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y"):
            assert day in read_day(day.strftime(form)).meant, form
