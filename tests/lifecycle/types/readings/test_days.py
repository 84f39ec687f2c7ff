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
        ("31-12-24", "2024-12-31"),
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


@pytest.mark.parametrize(
    "typed", ["", "soon", "2024", "2024-13-45", "1850-01-01", "9 Feb", None, True, 1.5, "99999999"]
)
def test_what_has_no_reading_is_told_the_form(typed: object) -> None:
    assert day_fault(typed) == "write a day as YYYY-MM-DD, between 1900 and 2199"


def test_day_first_and_month_first_are_both_named_unless_only_one_is_a_day() -> None:
    assert read_day("12/12/2024").meant == (date(2024, 12, 12),)
    assert read_day("12/13/2024").meant == (date(2024, 12, 13),)
    assert len(read_day("11/12/2024").meant) == 2


def test_every_day_of_two_years_is_read_back_from_its_usual_forms() -> None:
    for number in range(731):
        day = date(2023, 1, 1) + timedelta(days=number)
        for form in ("%d %B %Y", "%B %d, %Y", "%d-%b-%Y", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y"):
            assert day in read_day(day.strftime(form)).meant, form
