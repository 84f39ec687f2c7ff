"""Countries: who receives and provides, on any day; where they belong, by a dated table."""

import csv
from itertools import pairwise
from pathlib import Path

import pycountry
import pytest

from lifecycle.policy.places import regions
from lifecycle.policy.places.regions import (
    NOT_CLASSIFIED,
    SEVERAL,
    UNSTATED,
    editions_in_words,
    income_edition,
    lending_edition,
    lending_on,
    name_of,
    place_on,
    region_of,
)
from support import given as g
from support.given import APPROVED, EFFECTIVE, PROPOSED
from support.reading import (
    Rows,
    ask,
    in_memory,
    new_book,
    of,
    record,
)

pytestmark = pytest.mark.usefixtures("views")

# ── the dated table ──────────────────────────────────────────────────────────────────────────

TABLE = list(
    csv.DictReader(Path(regions.__file__).with_name("countries.csv").read_text("utf-8").splitlines())
)


@in_memory
def test_rows_are_in_order_and_each_differs_from_the_countrys_last() -> None:
    for before, after in pairwise(TABLE):
        assert (before["country"], before["since"]) < (after["country"], after["since"])
        if before["country"] == after["country"]:
            assert (before["region"], before["income_group"]) != (after["region"], after["income_group"])
            assert before["name"] == after["name"]
    assert {row["income_group"] for row in TABLE} == {"", "low", "lower_middle", "upper_middle", "high"}


@in_memory
def test_every_country_is_listed_but_for_territories_that_are_not_classified() -> None:
    codes = {country.alpha_2 for country in pycountry.countries} | {"XK"}
    listed = {row["country"] for row in TABLE}
    assert listed <= codes
    assert codes - listed == set(
        "AI AQ AX BL BQ BV CC CK CX EH FK GF GG GP GS HM IO JE MQ MS NF NU PM PN RE SH SJ TF TK UM VA WF"
        " YT".split()
    )


@in_memory
@pytest.mark.parametrize(
    ("country", "day", "group"),
    [
        ("IN", "2008-07-01", "lower_middle"),
        ("CN", "2011-06-30", "lower_middle"),
        ("CN", "2011-07-01", "upper_middle"),
        ("MU", "2020-06-30", "upper_middle"),
        ("MU", "2020-07-01", "high"),
        ("MU", "2021-07-01", "upper_middle"),
        ("TZ", "2020-06-30", "low"),
        ("TZ", "2020-07-01", "lower_middle"),
        ("VE", "2021-07-01", NOT_CLASSIFIED),
        ("TZ", "2008-06-30", NOT_CLASSIFIED),
    ],
)
def test_income_groups_are_those_that_were_published_at_the_time(country: str, day: str, group: str) -> None:
    assert place_on(country, day).income_group == group


@in_memory
@pytest.mark.case("X3")
@pytest.mark.parametrize(
    ("country", "day", "group"),
    [
        ("CR", "2025-06-30", "upper_middle"),
        ("CR", "2025-07-01", "high"),
        ("CR", "2026-04-30", "high"),
        ("CV", "2026-04-30", "upper_middle"),
        ("NA", "2025-07-01", "lower_middle"),
        ("ET", "2025-06-30", "low"),
        ("ET", "2025-07-01", NOT_CLASSIFIED),
        ("WS", "2025-07-01", "upper_middle"),
        ("XK", "2021-01-31", NOT_CLASSIFIED),
        ("XK", "2021-02-01", "upper_middle"),
    ],
)
def test_income_groups_of_fiscal_year_2026(country: str, day: str, group: str) -> None:
    assert place_on(country, day).income_group == group


@in_memory
@pytest.mark.case("X3")
@pytest.mark.parametrize(
    ("country", "before", "first", "second"),
    [
        ("LK", None, "IBRD", "IDA"),
        ("BZ", None, "IBRD", "Blend"),
        ("SZ", None, "IBRD", "Blend"),
        ("SR", None, "IBRD", "Blend"),
        ("CI", None, "IDA", "Blend"),
        ("BB", None, NOT_CLASSIFIED, "IBRD"),
        ("XK", None, "IDA", "IDA"),
        ("TW", None, NOT_CLASSIFIED, None),  # it is in the first snapshot alone
    ],
)
def test_a_class_of_lending_holds_from_its_month_until_the_next(
    country: str, before: str | None, first: str | None, second: str | None
) -> None:
    days = ("2021-01-31", "2021-02-01", "2026-03-31", "2026-04-01", "2030-01-01")
    assert [lending_on(country, day) for day in days] == [before, first, first, second, second]


@in_memory
@pytest.mark.case("X3")
@pytest.mark.parametrize(
    ("day", "income", "lending", "sentence"),
    [
        ("2008-06-30", None, None, "Income groups are not known before 2008-07-01."),
        ("2008-07-01", "FY2009", None, "Classes of lending are not known before 2021-02."),
        ("2025-06-30", "FY2025", "2021-02", "fiscal year 2025, from 2024-07-01"),
        ("2025-07-01", "FY2026", "2021-02", "as published in 2021-02"),
        ("2026-06-30", "FY2026", "2026-04", "as published in 2026-04"),
        (
            "2026-07-01",
            "FY2026",
            "2026-04",
            "The table of income groups ends on 2026-06-30: later ones are not in it.",
        ),
    ],
)
def test_the_edition_that_holds_on_the_day_is_named(
    day: str, income: str | None, lending: str | None, sentence: str
) -> None:
    assert (income_edition(day), lending_edition(day)) == (income, lending)
    assert sentence in editions_in_words(day)
    assert ("ends on" in editions_in_words(day)) == (day > "2026-06-30")


@in_memory
def test_the_second_snapshot_gave_the_newest_income_groups() -> None:
    groups = {"High income": "high", "Upper middle income": "upper_middle"}
    groups |= {"Lower middle income": "lower_middle", "Low income": "low", "Not classified": NOT_CLASSIFIED}
    file = Path(regions.__file__).with_name("countries_lending_income.csv")
    newest = [row for row in csv.DictReader(file.open(encoding="utf-8")) if row["snapshot"] == "2026-04"]
    differ = {
        row["country"]
        for row in newest
        if place_on(row["country"], "2026-04-30").income_group != groups[row["income_group"]]
    }
    assert differ == {"JG"}  # the Channel Islands have one code for each island


@pytest.mark.case("X3")
def test_the_report_shows_groups_lending_and_their_editions(tmp_path: Path) -> None:
    lives = of("SSF-1", [g.propose("01-10", recipients=["LK", "ZZ"], providers=["BB", "CR"])])
    with new_book(tmp_path / "book", lives) as book:
        names = ("income_group", "income_edition", "lending", "lending_edition")
        now = counted(ask(book, "countries", "2026-05-01"), *names)
        assert now["LK"] == ["lower_middle", "FY2026", "IDA", "2026-04"]
        assert now["CR"] == ["high", "FY2026", "IBRD", "2026-04"]
        assert now["ZZ"] == now[None] == [None] * 4
        assert counted(ask(book, "countries", "2020-12-31"), *names)["LK"] == [
            "lower_middle",
            "FY2021",
            None,
            None,
        ]


@pytest.mark.case("X3")
def test_by_lending_and_by_income_group_the_edition_is_named(tmp_path: Path) -> None:
    approved = [g.propose("01-10", recipients=["LK"], providers=["BB"]), *EFFECTIVE[1:]]
    approved[1] = g.request("01-20", letters=[g.LETTERS[0] | {"country": "LK"}])
    with new_book(tmp_path / "book", approved) as book:

        def rows(on: str, by: str, column: str) -> list[object]:
            rows = ask(book, "countries", on, by=by)
            return [[row[column], row["edition"], row["receiving"], row["providing"]] for row in rows]

        assert rows("2026-05-01", "lending", "lending") == [
            ["IBRD", "2026-04", 0, 1],
            ["IDA", "2026-04", 1, 0],
        ]
        assert rows("2020-05-01", "lending", "lending") == [["not_known", None, 1, 1]]
        assert rows("2026-05-01", "income-group", "income_group") == [
            ["high", "FY2026", 0, 1],
            ["lower_middle", "FY2026", 1, 0],
        ]


@in_memory
def test_regions_are_dated_too() -> None:
    assert place_on("PK", "2025-06-30").region == "South Asia"
    assert place_on("PK", "2025-07-01").region == "Middle East, North Africa, Afghanistan and Pakistan"
    assert region_of(["TZ", "UG", "ZZ"], "2018-01-01") == "Sub-Saharan Africa"
    assert region_of(["TZ", "IN"], "2018-01-01") == SEVERAL
    assert region_of(["ZZ"], "2018-01-01") == UNSTATED
    assert (name_of("TZ"), name_of("ZZ"), name_of("AQ")) == ("Tanzania", "not stated", "AQ")


# ── the report ───────────────────────────────────────────────────────────────────────────────

PEOPLE = [{"country": "TZ", "women": 1}, {"country": "IN", "men": 1}, {"country": "KE", "men": 1}]
DAIRY = [*EFFECTIVE, g.plan("04-10"), g.hold("06-16", participants=PEOPLE)]
MUTUAL = of("SSF-2", [g.propose("01-10", recipients=["IN", "ZZ"], providers=["TZ", "IN"], sector="water")])
MUTUAL += of("SSF-2", [g.request("01-20", letters=[g.LETTERS[0] | {"country": "IN"}]), *APPROVED[2:]])
ASKED = of("SSF-3", [g.propose("01-10", recipients=["PE"], providers=["IN"])])


def counted(rows: Rows, *names: str) -> dict[str | None, list[object]]:
    return {row["country"]: [row[name] for name in names] for row in rows}


def test_approved_grants_count_and_proposals_stand_apart(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", DAIRY, MUTUAL, ASKED) as book:
        rows = ask(book, "countries", "2017-07-01")
        names = ("receiving", "providing", "both", "grants", "held", "proposals")
        assert counted(rows, *names) == {
            "IN": [1, 2, 1, 2, 1, 1],
            "KE": [0, 0, 0, 0, 1, 0],
            "PE": [0, 0, 0, 0, 0, 1],
            "TZ": [1, 1, 0, 2, 1, 0],
            "UG": [1, 0, 0, 1, 0, 0],
            "ZZ": [1, 0, 0, 1, 0, 0],
            None: [3, 2, 2, 2, 1, 1],  # countries: IN, TZ, UG receive; IN, TZ provide; both do both
        }
        india = next(row for row in rows if row["country"] == "IN")
        assert (india["name"], india["region"], india["income_group"]) == (
            "India",
            "South Asia",
            "lower_middle",
        )
        before = counted(ask(book, "countries", "02-09"), "grants", "proposals")
        assert before[None] == [0, 3]


def test_a_grant_that_lapsed_or_was_declined_is_not_counted(tmp_path: Path) -> None:
    declined = of("SSF-2", [*PROPOSED, g.decline("01-20")])
    with new_book(tmp_path / "book", APPROVED, declined, g.lapse("05-01")) as book:
        assert counted(ask(book, "countries", "04-30"), "grants")[None] == [1]
        assert counted(ask(book, "countries", "05-01"), "grants", "proposals") == {None: [0, 0]}


def test_parties_are_counted_beside_the_countries(tmp_path: Path) -> None:
    parties = [
        g.involve("04-10"),
        g.involve("04-11", role="financing", organization=None, country="NO"),
        g.engage("04-12", days=5),
        g.consult("04-13", partners=["DK"]),
    ]
    with new_book(tmp_path / "book", EFFECTIVE, parties) as book:
        assert counted(ask(book, "countries", "04-11"), "financing")["NO"] == [1]
        assert "NO" not in counted(ask(book, "countries", "04-10"), "financing")
        rows = ask(book, "parties", "05-01")
        assert [(row["role"], row["country"], row["organization"]) for row in rows] == [
            ("facilitating", None, "JICA"),
            ("financing", "NO", None),
        ]
        (expert,) = ask(book, "experts", "05-01", grant=g.G)
        assert (expert["expert"], expert["phases"], expert["days"]) == ("x.pert", ["design"], 5)
        (met,) = ask(book, "consultations", "05-01")
        assert (met["on"], met["partners"], met["summary"]) == ("2017-04-13", ["DK"], "met")
        assert ask(book, "consultations", "04-12") == []


def test_pairs_are_each_provider_with_each_recipient(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", DAIRY, MUTUAL, ASKED) as book:
        rows = ask(book, "countries", "2017-07-01", by="pair")
        assert [tuple(row.values()) for row in rows] == [
            ("IN", "TZ", 1, 1, "2017-06-16"),
            ("IN", "UG", 1, 0, None),  # nobody from Uganda came
            ("TZ", "IN", 1, 0, None),
        ]


def test_by_region_income_group_and_sector(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", DAIRY, MUTUAL, ASKED) as book:
        rows = ask(book, "countries", "2017-07-01", by="region")
        assert [tuple(row.values()) for row in rows] == [
            ("South Asia", 1, 1, 1, 1, 2),
            ("Sub-Saharan Africa", 2, 2, 1, 1, 2),
            ("not_stated", 0, 0, 0, 0, 1),
        ]
        groups = {
            row["income_group"]: row["countries"]
            for row in ask(book, "countries", "2017-07-01", by="income-group")
        }
        assert groups == {"low": 2, "lower_middle": 1, "not_stated": 0}
        sectors = {row["sector"]: row for row in ask(book, "countries", "2017-07-01", by="sector")}
        dairy = sectors["agriculture"]
        assert (dairy["recipients"], dairy["providers"], dairy["delivered"]) == (
            ["PE", "TZ", "UG"],
            ["IN"],
            1,
        )
        assert (sectors["water"]["demand"], sectors["water"]["supply"]) == (1, 2)


def test_disbursement_by_region_sums_to_the_whole(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", DAIRY, MUTUAL, ASKED) as book:
        rows = ask(book, "disbursement", "2017-07-01", by="region")
        assert [(row["region"], row["grants"], row["committed"]) for row in rows] == [
            ("Latin America and Caribbean", 0, "0.00"),  # a proposal is no grant
            ("South Asia", 1, "90000.00"),
            ("Sub-Saharan Africa", 1, "90000.00"),
        ]
        assert ask(book, "disbursement", "2017-07-01", by="region", known=0) == []


def test_what_was_known_before_the_proposal_was_corrected(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", PROPOSED) as book:
        known = book.position()
        record(book, g.correct("2018-01-05", entry=1, reads={"providers": ["BR"]}))
        assert counted(ask(book, "countries", "2017-07-01"), "proposals")["BR"] == [1]
        assert "BR" not in counted(ask(book, "countries", "2017-07-01", known=known), "proposals")
