"""An amended grant in the reports: as of a day, and as known then."""

from pathlib import Path

from support import given as g
from support.given import PAID
from support.reading import ask, new_book, record


def test_reports_show_the_terms_of_the_day_and_as_known_then(tmp_path: Path) -> None:
    amended = g.amend("06-01", title="Milk", sector="water", operation="P1", operation_kind="lending")
    with new_book(tmp_path / "book", PAID, amended) as book:

        def read(on: str, known: int | None = None) -> list[object]:
            (row,) = ask(book, "register", on, known=known)
            return [row[name] for name in ("title", "sector", "operation", "operation_kind")]

        assert read("2017-05-31") == ["Dairy supply chains", "agriculture", None, None]
        for on in ("2017-06-01", "2017-06-02"):
            assert read(on) == ["Milk", "water", "P1", "lending"]
        sectors = [
            ask(book, "disbursement", on, by="sector")[0]["sector"] for on in ("2017-05-31", "2017-06-01")
        ]
        assert sectors == ["agriculture", "water"]
        known = book.position()
        record(book, g.amend("05-15", title="Butter", outcomes_sought=["enhanced_networks"]))
        assert read("2017-05-31")[0] == "Butter"
        assert read("2017-05-31", known)[0] == "Dairy supply chains"
        assert read("2017-06-01")[0] == "Milk"
        assert [ask(book, "outcomes", on)[0]["sought"] for on in ("2017-05-14", "2017-05-15")] == [
            None,
            ["enhanced_networks"],
        ]
        record(book, g.correct("2018-01-01", entry=len(PAID) + 1, struck=True))
        assert read("2017-06-02")[:2] == ["Butter", "agriculture"]
