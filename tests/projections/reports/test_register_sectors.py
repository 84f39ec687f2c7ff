"""A sector is one group however it is spelled, and is shown as it was first recorded."""

from pathlib import Path

import pytest

from lifecycle.kernel.command import Command
from lifecycle.kernel.likeness import group_key
from lifecycle.types.text import as_label
from projections.query import tables_at
from projections.reports.directory.match import match
from projections.reports.results.library import Filters, search
from support import given as g
from support.given import EFFECTIVE
from support.reading import (
    ask,
    in_memory,
    new_book,
    of,
    record,
)

pytestmark = [pytest.mark.usefixtures("views"), pytest.mark.case("X5")]

SPELLINGS = (
    "agriculture",
    "agriculture ",
    "Agriculture",
    "\u00a0AGRICULTURE",
    "Énergie",
    "E\u0301nergie",
    "ÉNERGIE",
)


def lives(*spellings: str) -> list[Command]:
    """Return the commands of one grant for each spelling, after those that bring in the money."""
    commands: list[Command] = [g.receive("2017-01-02", amount="1000000.00 USD")]
    for n, sector in enumerate(spellings, 1):
        commands += of(f"SSF-{n}", [g.propose("01-10", sector=sector, amount="9000.00 USD"), *EFFECTIVE[1:]])
    return commands


@in_memory
def test_a_label_is_trimmed_and_composed() -> None:
    assert [as_label(spelling) for spelling in SPELLINGS[:4]] == [
        "agriculture",
        "agriculture",
        "Agriculture",
        "AGRICULTURE",
    ]
    assert as_label("E\u0301nergie") == "Énergie"
    assert group_key("Straße") == group_key("STRASSE")
    assert group_key("ÉNERGIE") == group_key(as_label("e\u0301nergie"))


@pytest.mark.both_stores
def test_a_sector_is_one_row_whatever_its_case(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", lives(*SPELLINGS)) as book:
        for name in ("disbursement", "value", "countries"):
            rows = ask(book, name, "2018-01-01", by="sector")
            assert [row["sector"] for row in rows] == ["agriculture", "Énergie"], name
        first = ask(book, "disbursement", "2018-01-01", by="sector")
        assert [row["grants"] for row in first] == [4, 3]
        register = ask(book, "register", "2018-01-01")
        assert [row["sector"] for row in register] == ["agriculture"] * 4 + ["Énergie"] * 3
        (row,) = ask(book, "register", "2018-01-01", grant="SSF-3", known=book.position() - 1)
        assert row["sector"] == "agriculture"


def test_it_is_written_as_in_the_first_recorded_entry_that_is_in_force(tmp_path: Path) -> None:
    spelled = lives("Water", "water", "WATER")
    with new_book(tmp_path / "book", spelled) as book:

        def written(on: str = "2018-01-01", known: int | None = None) -> list[object]:
            return [row["sector"] for row in ask(book, "disbursement", on, by="sector", known=known)]

        assert written() == ["Water"]
        before = book.position()
        record(book, g.correct("2018-02-01", grant="SSF-1", entry=1, reads={"sector": "Roads"}))
        assert written() == ["Roads", "water"]
        assert written(known=before) == ["Water"]
        # An entry of an earlier day that was recorded later does not count before those recorded first.
        late = of("SSF-0", [g.propose("01-02", sector="wATER", amount="9000.00 USD")])
        record(book, late)
        assert written() == ["Roads", "water"]
        assert [row["sector"] for row in ask(book, "register", "2017-01-05")] == ["wATER"]


def test_the_library_is_asked_for_it_in_any_case(tmp_path: Path) -> None:
    held = of("SSF-1", [g.plan("04-10"), g.hold("06-16")])
    book = new_book(tmp_path / "book", lives("Énergie", "énergie "), held)
    with book, tables_at(book, None) as (connection, _):
        day = g.day("2018-01-01")
        for spelled in ("énergie", " E\u0301NERGIE "):
            rows = search(connection, day, "dairy", Filters(sector=spelled), 20)
            assert [(row[1], row[5]) for row in rows] == [("SSF-1", "Énergie"), ("SSF-2", "Énergie")]
            offers = match(connection, day, "dairy", "PE", sector=spelled, limit=9)
            assert len(offers) > 0
