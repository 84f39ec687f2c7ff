"""`library match` names the institutions behind a delivered experience or an offer, as of the day.

NDDB of India teaches in SSF-1, an institute of several countries hosts, and a community of several receives.
"""

from pathlib import Path

import pytest

from lifecycle.book.book import Book
from projections.query import tables_at
from projections.reports.directory.match import MATCH_COLUMNS, match
from support import given as g
from support.given import EFFECTIVE
from support.reading import Rows, new_book, record

NAMED = [{"institution": "EAC", "role": "receiving"}, {"institution": "NDDB", "role": "providing"}]
LIFE = [
    g.register_institution("01-05", institution="EAC", name="East African Community", country=None),
    g.register_institution("01-05", institution="NDDB", name="Dairy Board", country="IN"),
    g.register_institution("01-05", institution="ILRI", name="Livestock Institute", country=None),
    g.propose("01-10", institutions=NAMED),
    *EFFECTIVE[1:],
    g.plan("04-10"),
    g.hold("06-16", institutions=[{"institution": "ILRI", "role": "host"}]),
    g.rename_institution("07-01", institution="NDDB", name="National Dairy Board"),
]


def behind(book: Book, on: str, known: int | None = None) -> dict[str, list[str]]:
    """Return the institutions behind each provider on the day."""
    with tables_at(book, known) as (connection, _):
        rows = match(connection, g.day(on), "dairy", "KE", sector=None, limit=9)
    found: Rows = [dict(zip(MATCH_COLUMNS.names, row, strict=True)) for row in rows]
    return {str(row["provider"]): list(row["institutions"]) for row in found}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return new_book(tmp_path_factory.mktemp("match") / "book", LIFE)


@pytest.mark.parametrize(("on", "name"), [("06-30", "Dairy"), ("07-01", "National"), ("07-02", "National")])
def test_those_that_gave_are_named_as_of_the_day(book: Book, on: str, name: str) -> None:
    boards = {"Dairy": "Dairy Board (NDDB)", "National": "National Dairy Board (NDDB)"}
    assert behind(book, on)["IN"] == sorted([boards[name], "Livestock Institute (ILRI)"])


def test_an_offers_institution_is_named_beside_what_the_country_delivered(tmp_path: Path) -> None:
    offer = g.offer_experience("07-05", institution="NDDB", summary="Dairy villages")
    with new_book(tmp_path / "book", LIFE[:3], offer) as book:
        assert behind(book, "07-04") == {}
        assert behind(book, "07-05") == {"IN": ["Dairy Board (NDDB)"]}
        known = book.position()
        record(book, g.withdraw_offer("07-10"))
        assert behind(book, "07-10") == {}
        assert behind(book, "07-10", known) == {"IN": ["Dairy Board (NDDB)"]}
