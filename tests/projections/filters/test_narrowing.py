"""A report that is limited by filters has the rows that the whole report has of these grants and days."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.parse import Malformed
from projections.filters.declared import HELP, taken
from projections.filters.known_values import UnknownValue
from projections.query import KEYS, REPORTS
from support.filtered_reports import DAY, limited
from support.reading import Rows, ask, in_memory

CHOSEN = {
    "window": ("oks", {"ROADS"}),
    "sector": ("WATER", {"WATER", "ROADS"}),
    "stage": ("effective", {"DAIRY"}),
    "country": ("TZ", {"DAIRY", "ROADS", "LATE"}),
    "call": ("C1", {"WATER"}),
    "grant": ("DAIRY", {"DAIRY"}),
    "partner": ("IN", {"LATE"}),
}
"""A value of each filter, and the grants that it leaves."""
OF_GRANTS = [name for name in REPORTS if taken(name)[: len(HELP)] == tuple(HELP)]


@pytest.mark.parametrize("filter_", CHOSEN)
def test_rows_of_grants_are_those_of_the_grants_that_a_filter_leaves(book: Book, filter_: str) -> None:
    value, grants = CHOSEN[filter_]
    for name in OF_GRANTS:
        rows = ask(book, name, DAY)
        if rows and "grant" in rows[0]:
            expected = [row for row in rows if row["grant"] in grants]
            shown = limited(book, name, **{filter_: value})
            assert [row for row in shown if row["grant"] is not None] == expected, name  # but for the totals


@pytest.mark.parametrize("by", KEYS["disbursement"])
def test_sums_by_each_key_are_of_the_grants_that_the_filters_leave(book: Book, by: str) -> None:
    rows = limited(book, "disbursement", by=by, sector="agriculture", country="TZ")
    single = limited(book, "disbursement", sector="agriculture", country="TZ")
    if by != "country":  # a grant counts whole in each country
        for column in ("approved", "disbursed", "refunded"):
            total = sum(Decimal(row[column]) for row in single)
            assert sum(Decimal(row[column]) for row in rows) == total > 0


@in_memory
def test_a_partners_share_does_not_depend_on_the_grants_that_are_shown(book: Book) -> None:
    def of_late(rows: Rows) -> dict[str, str]:
        return {row["partner"]: row["increased"] for row in rows if row["increased"] != "0.00"}

    assert of_late(limited(book, "disbursement", by="partner", grant="LATE")) == of_late(
        ask(book, "disbursement", DAY, by="partner")
    )


@pytest.mark.parametrize(
    ("first", "last", "refunded"), [("02-01", "02-01", 1), ("02-02", None, 0), (None, "01-31", 0)]
)
def test_flows_of_a_period_are_those_from_its_first_to_its_last_day(
    book: Book, first: str | None, last: str | None, refunded: int
) -> None:
    ends = [None if day is None else date.fromisoformat(f"2018-{day}") for day in (first, last)]
    filters = {"first_day": ends[0], "last_day": ends[1]}
    total = f"{500 * refunded}.00"
    (row,) = limited(book, "disbursement", grant="DAIRY", **filters)
    assert row["refunded"] == total
    assert "undisbursed" not in row, "a balance is of a day"
    for by in KEYS["disbursement"]:
        rows = limited(book, "disbursement", by=by, grant="DAIRY", **filters)
        assert {row["refunded"] for row in rows} <= {total, "0.00"}, by
        assert not refunded or total in {row["refunded"] for row in rows}, by


@in_memory
@pytest.mark.parametrize(
    ("name", "day", "number"),
    [
        ("payments", "2017-05-01", 1),
        ("exchanges", "2017-06-16", 1),
        ("timeline", "2018-07-31", 1),
        ("calls", "2016-11-01", 1),
    ],
)
def test_other_reports_have_what_is_dated_in_the_period(book: Book, name: str, day: str, number: int) -> None:
    on = date.fromisoformat(day)
    assert len(limited(book, name, first_day=on, last_day=on)) == number
    assert limited(book, name, first_day=on, last_day=on) != limited(
        book, name, first_day=on.replace(year=2030)
    )


@in_memory
def test_participants_are_those_of_the_activities_of_the_period(book: Book) -> None:
    def women(day: str, by: str) -> list[int]:
        on = date.fromisoformat(day)
        return [row["women"] for row in limited(book, "exchanges", by=by, first_day=on) if row["women"]]

    for by in ("instrument", "country"):
        assert set(women("2017-06-16", by)) == {3}, by
        assert women("2017-06-17", by) == [], by


def test_a_filter_reads_the_grant_as_it_was_on_the_day_and_as_it_was_known(book: Book) -> None:
    def effective(**dates: Any) -> list[str]:
        return [row["grant"] for row in limited(book, "register", stage="effective", **dates)]

    assert effective(as_of=date(2017, 3, 30)) == []
    assert effective(as_of=date(2017, 3, 31)) == ["DAIRY"]
    made_effective = next(
        entry.position or 0
        for entry in book.entries("grant:DAIRY")
        if type(entry.event).__name__ == "GrantMadeEffective"
    )
    assert effective(known=made_effective - 1) == []
    assert effective(known=made_effective) == ["DAIRY"]
    assert effective(known=book.position() - 1) == ["DAIRY"], "only another grant has changed since"


@in_memory
def test_entries_are_those_of_the_chosen_grants_and_days(book: Book) -> None:
    rows = limited(book, "entries", sector="water", first_day=date(2017, 1, 13))
    assert [(row["stream"], row["on"]) for row in rows] == [("grant:ROADS", "2017-01-13")]


def test_rows_of_no_grant_are_limited_by_their_own_columns(book: Book) -> None:
    assert limited(book, "institutions", country="KE") == []
    assert [row["partner"] for row in limited(book, "fund", partner="IN")] == ["IN"]
    assert [row["partner"] for row in limited(book, "instalments", partner="IN")] == ["IN"]


def test_what_is_due_of_a_partner_itself_is_shown_beside_its_grants(book: Book) -> None:
    def of_fund(**filters: str) -> set[str]:
        return {row["item"] for row in limited(book, "timeline", **filters) if row["grant"] is None}

    assert of_fund(partner="IN") == {"IN/I1"}
    assert of_fund(partner="IN", window="stand_alone") == set(), "an instalment is of no window"
    assert of_fund() == {"DK/I1", "IN/I1"}


@in_memory
@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"window": "stand-alone"}, "no window 'stand-alone' on 2018-12-31; did you mean stand_alone?"),
        ({"sector": "agricultre"}, "no sector 'agricultre' on 2018-12-31; did you mean agriculture?"),
        ({"stage": "efective"}, "no stage 'efective'; did you mean effective or declined?"),
        ({"country": "Kenya"}, "'Kenya' is no country: write its ISO 3166-1 code; did you mean KE?"),
        ({"call": "C2"}, "no call 'C2' on 2018-12-31; did you mean C1?"),
        ({"partner": "India"}, "no partner 'India' on 2018-12-31"),
        ({"grant": "DAIRYS"}, "no grant 'DAIRYS'; did you mean DAIRY?"),
    ],
)
def test_a_name_that_is_not_known_is_refused_with_the_nearest(
    book: Book, filters: dict[str, str], message: str
) -> None:
    for name, by in (("payments", None), ("disbursement", "window")):
        with pytest.raises(Malformed, match=message.replace("?", r"\?")):
            limited(book, name, by=by, **filters)


@in_memory
def test_a_call_is_known_from_its_first_day(book: Book) -> None:
    assert limited(book, "register", call="C1", as_of=date(2016, 11, 1)) == []
    with pytest.raises(UnknownValue, match="no call 'C1' on 2016-10-31"):
        limited(book, "register", call="C1", as_of=date(2016, 10, 31))


@in_memory
@pytest.mark.parametrize(
    ("name", "filters", "message"),
    [
        ("fund", {"stage": "closed"}, "stage: report fund has no rows by stage; it takes --partner"),
        (
            "register",
            {"first_day": DAY},
            "from: report register is about a day, not a period; it takes --window",
        ),
        ("consultations", {"grant": "DAIRY"}, "it takes --from, --to"),
        ("payments", {"first_day": DAY, "last_day": date(2018, 1, 1)}, "would end before it begins"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(
    book: Book, name: str, filters: dict[str, Any], message: str
) -> None:
    with pytest.raises(Malformed, match=message):
        limited(book, name, **filters)


@in_memory
def test_every_report_takes_the_filters_that_are_declared_for_it(book: Book) -> None:
    for name in REPORTS:
        for by in (None, *KEYS.get(name, ())):
            for filter_, (value, _) in CHOSEN.items():
                if filter_ not in taken(name, by):
                    with pytest.raises(Malformed, match=f"has no rows by {filter_}"):
                        limited(book, name, by=by, **{filter_: value})
                else:
                    limited(book, name, by=by, **{filter_: value})


@in_memory
def test_a_filter_that_leaves_no_grant_leaves_what_a_book_without_grants_has(book: Book) -> None:
    """A report that takes a filter and ignores it would show the figures of all grants."""
    for name in REPORTS:
        for by in (None, *KEYS.get(name, ())):
            if "stage" in taken(name, by):
                rows = limited(book, name, by=by, stage="declined")
                assert rows == ask(book, name, date(2016, 10, 31), by=by), (name, by)
