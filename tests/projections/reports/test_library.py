"""The library: texts found by words, and countries that have solved a similar problem."""

from pathlib import Path

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st

from lifecycle.book.book import Book
from lifecycle.parse import Malformed
from projections.query import ask, tables_at
from projections.reports.directory.match import MATCH_COLUMNS, RUNNING_COLUMNS, match, running
from projections.reports.questions import Question
from projections.reports.results.library import (
    SEARCH_COLUMNS,
    Filters,
    search,
    words_of,
)
from support import given as g
from support.given import EFFECTIVE, FOLLOW_UP
from support.reading import (
    Rows,
    new_book,
    of,
    record,
)

pytestmark = pytest.mark.usefixtures("views")

ANY = Filters()
DAIRY = [
    *EFFECTIVE,
    g.plan("04-10", countries=["TZ", "UG", "IN"]),
    g.hold("06-16", lessons="Cooperatives first"),
    g.complete("2018-03-31"),
    g.report_outcomes("2018-04-05", results={"strategy": "A national dairy strategy"}),
    g.publish_story("2018-05-01", title="Milk from villages", summary="How dairy chains came to Tanzania."),
]
ROADS = of(
    "SSF-2",
    [
        g.propose(
            "01-10",
            title="Rural roads",
            objective="Roads to the dairy",
            sector="transport",
            providers=["BR", "ZZ", "TZ"],
        ),
        *EFFECTIVE[1:],
        g.plan("04-10", countries=["TZ", "UG", "BR"]),
        g.hold("06-20"),
    ],
)
PROMISED = of("SSF-3", [g.propose("01-10", title="Dairy cattle", providers=["KE"]), *EFFECTIVE[1:]])


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return new_book(tmp_path_factory.mktemp("library") / "book", DAIRY, ROADS, PROMISED)


def find(
    book: Book, question: str, on: str = "2018-06-01", filters: Filters = ANY, known: int | None = None
) -> Rows:
    report_question = Question(
        SEARCH_COLUMNS, lambda connection, day: search(connection, day, question, filters, 20)
    )
    with tables_at(book, known) as (connection, position):
        report = ask(connection, "search", report_question, as_of=g.day(on), known=position)
    return [dict(zip(report.columns, row, strict=True)) for row in report.rows]


def offers(book: Book, need: str, recipient: str, on: str = "2018-06-01", sector: str | None = None) -> Rows:
    with tables_at(book, None) as (connection, _):
        rows = match(connection, g.day(on), need, recipient, sector=sector, limit=20)
    return [dict(zip(MATCH_COLUMNS.names, row, strict=True)) for row in rows]


def grants_and_kinds(rows: Rows) -> list[tuple[str, str]]:
    return [(row["grant"], row["kind"]) for row in rows]


def test_every_word_stands_before_some_and_titles_before_texts(book: Book) -> None:
    results = grants_and_kinds(find(book, "dairy chains"))
    assert results[:2] == [("SSF-1", "objective"), ("SSF-1", "results_story")]
    assert set(results[2:]) == {("SSF-1", "result"), ("SSF-2", "objective"), ("SSF-3", "objective")}
    assert results.index(("SSF-3", "objective")) < results.index(("SSF-2", "objective"))


def test_words_are_found_in_other_forms_and_marked(book: Book) -> None:
    (lesson,) = find(book, "cooperative")
    assert (lesson["kind"], lesson["snippet"], lesson["on"]) == (
        "lesson",
        "**Cooperatives** first",
        "2017-06-16",
    )
    assert find(book, "COOPÉRATIVES") == find(book, "cooperatives")


def test_filters_select_by_sector_country_outcome_and_kind(book: Book) -> None:
    assert {row["grant"] for row in find(book, "dairy", filters=Filters(sector="transport"))} == {"SSF-2"}
    assert {row["grant"] for row in find(book, "dairy", filters=Filters(country="KE"))} == {"SSF-3"}
    assert {row["grant"] for row in find(book, "dairy", filters=Filters(outcome="raised_awareness"))} == {
        "SSF-1"
    }
    assert grants_and_kinds(find(book, "dairy", filters=Filters(kind="result"))) == [("SSF-1", "result")]


def test_only_texts_of_the_day_are_found(book: Book) -> None:
    assert ("SSF-1", "results_story") not in grants_and_kinds(find(book, "dairy", on="2018-04-30"))
    assert find(book, "dairy", on="2017-01-09") == []


def test_a_revised_objective_replaces_the_old_one_from_its_day(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", g.propose("01-10"), g.revise("01-15", objective="Cheese")) as book:
        assert len(find(book, "strategy", on="01-14")) == 1
        assert find(book, "strategy", on="01-15") == []
        assert grants_and_kinds(find(book, "cheese", on="01-15")) == [(g.G, "objective")]


def test_a_struck_story_is_found_only_as_it_was_known(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", FOLLOW_UP, g.publish_story("2018-05-01", summary="cheese")) as book:
        known = book.position()
        version = len(book.entries(f"grant:{g.G}"))
        record(book, g.correct("2018-06-01", entry=version, struck=True))
        assert find(book, "cheese", on="2018-06-02") == []
        assert len(find(book, "cheese", on="2018-06-02", known=known)) == 1


@settings(max_examples=60, deadline=None)
@hypothesis_given(st.text(max_size=40))
def test_no_question_makes_the_index_fail(book: Book, question: str) -> None:
    try:
        words_of(question)
    except Malformed:
        return
    assert isinstance(find(book, question), list)


def test_operators_of_the_index_are_searched_as_words(book: Book) -> None:
    assert grants_and_kinds(find(book, 'dairy" OR title:* NEAR(')) == grants_and_kinds(
        find(book, "dairy or title near")
    )


# ── match ────────────────────────────────────────────────────────────────────────────────────


def test_a_country_that_delivered_is_listed_and_one_that_promised_is_not(book: Book) -> None:
    rows = offers(book, "dairy chains", "UG")
    assert [row["provider"] for row in rows] == ["IN", "BR", "TZ"]
    india = rows[0]
    assert (india["name"], india["score"], india["held"], india["stories"]) == ("India", "1.0000", 1, 1)
    assert (india["outcomes"], india["last_held_on"]) == (["raised_awareness"], "2017-06-16")
    assert india["received_before"] is True
    assert india["evidence"].startswith("SSF-1: ")
    assert "ZZ" not in {row["provider"] for row in rows}


def test_a_country_is_not_offered_to_itself(book: Book) -> None:
    assert "TZ" not in {row["provider"] for row in offers(book, "dairy", "TZ")}


def test_nothing_is_offered_before_it_was_delivered(book: Book) -> None:
    assert offers(book, "dairy", "UG", on="2017-06-15") == []
    assert [row["provider"] for row in offers(book, "dairy", "UG", on="2017-06-16")] == ["IN"]
    assert {row["provider"] for row in offers(book, "dairy", "UG", sector="transport")} == {"BR", "TZ"}


OFFERS = [
    g.offer_experience("2017-02-01", offer="PE-MILK", country="PE", topic="Dairy chains in the Andes"),
    g.offer_experience("2017-02-01", sector="Agriculture", topic="Dairy", summary="Milk cooperatives"),
    g.offer_experience("2017-02-01", offer="UG-MILK", country="UG", topic="Dairy chains"),
    g.withdraw_offer("2018-05-01"),
]


def test_an_offer_counts_half_of_what_was_delivered_while_it_holds(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", DAIRY, OFFERS) as book:
        rows = {row["provider"]: row for row in offers(book, "dairy chains", "UG")}
        assert (rows["PE"]["score"], rows["PE"]["held"], rows["PE"]["offers"]) == ("0.5000", 0, ["PE-MILK"])
        assert rows["PE"]["evidence"].startswith("PE-MILK: ")
        assert "UG" not in rows
        assert (rows["IN"]["offers"], rows["IN"]["score"]) == ([], "1.0000")
        before = {row["provider"]: row for row in offers(book, "dairy chains", "UG", on="2018-04-30")}
        assert before["IN"]["offers"] == ["IN-DAIRY"]
        assert float(before["IN"]["score"]) > 1
        assert offers(book, "dairy chains", "UG", on="2017-01-31") == []
        of_sector = offers(book, "dairy", "UG", on="2018-04-30", sector="agriculture")
        assert [row["provider"] for row in of_sector] == ["IN"]


def test_running_grants_on_a_like_problem_are_shown(book: Book) -> None:
    with tables_at(book, None) as (connection, _):
        rows = running(connection, g.day("2018-06-01"), "dairy", sector=None, limit=20)
    found = [dict(zip(RUNNING_COLUMNS.names, row, strict=True)) for row in rows]
    assert [(row["grant"], row["stage"]) for row in found] == [("SSF-3", "effective"), ("SSF-2", "effective")]
    assert found[0]["score"] == "1.0000"
    (brazil,) = [row for row in offers(book, "dairy", "UG") if row["provider"] == "BR"]
    assert brazil["running"] == ["SSF-2"]


# ── spellings ────────────────────────────────────────────────────────────────────────────────

SPELLED = (
    ("İstanbul", "İstanbul"),
    ("İstanbul", "istanbul"),
    ("İstanbul", "ISTANBUL"),
    ("Isparta", "\u0131sparta"),
    ("\u0131sparta", "ISPARTA"),
    ("São Paulo", "Sa\u0303o"),
    ("Sa\u0303o Paulo", "são"),
    ("São Paulo", "SAO"),
    ("Straße", "STRASSE"),
    ("STRASSE", "straße"),
    ("ﬁsheries", "fisheries"),
    ("\uff29\uff23\uff34", "ict"),
    ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),
    ("\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국"),
    ("ΟΔΟΣ", "οδος"),
    ("हिन्दी", "हिन्दी"),
    ("Łódź", "lodz"),
    ("Đắk Lắk", "dak"),
    ("Tromsø", "TROMSO"),
    ("Bosœuf", "bosoeuf"),
)


@pytest.mark.case("X4")
@pytest.mark.parametrize(("written", "typed"), SPELLED)
def test_a_word_is_found_however_it_is_spelled(tmp_path: Path, written: str, typed: str) -> None:
    approved = [g.propose("01-10", title=f"On {written} alone", providers=["BR"]), *EFFECTIVE[1:]]
    life = [*approved, g.plan("04-10", countries=["TZ", "BR"]), g.hold("06-16")]
    another_life = of("SSF-2", [g.propose("01-10", title="Something o else", amount="9000.00 USD")])
    with new_book(tmp_path / "book", life, another_life) as mine:
        assert {row["grant"] for row in find(mine, typed)} == {g.G}
        assert [row["provider"] for row in offers(mine, typed, "PE")] == ["BR"]
        assert written in unmarked(find(mine, typed)[0]["snippet"])


def unmarked(snippet: object) -> str:
    return str(snippet).replace("**", "")


@pytest.mark.case("X4")
@pytest.mark.parametrize("typed", ["", " ", "\u0307", "\u0301\u0302", "_", "…!?", "\u200d", "\ufe0f", '""'])
def test_a_question_without_a_word_matches_nothing(book: Book, typed: str) -> None:
    with pytest.raises(Malformed, match="say what to look for"):
        find(book, typed)
    with pytest.raises(Malformed, match="say what to look for"):
        offers(book, typed, "PE")


@pytest.mark.case("X4")
def test_each_word_of_a_question_must_be_there_in_one_of_its_spellings(tmp_path: Path) -> None:
    lives = [g.propose("01-10", title="Straße und Fluss"), *EFFECTIVE[1:]]
    another_life = of("SSF-2", [g.propose("01-10", title="Fluss", amount="9000.00 USD")])
    with new_book(tmp_path / "book", lives, another_life) as mine:
        assert [row["grant"] for row in find(mine, "strasse FLUSS")] == [g.G, "SSF-2"]
