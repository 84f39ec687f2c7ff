"""What a declined proposal lacked, in the register: as of a day, and as known then."""

from pathlib import Path

from support import given as g
from support.given import REQUESTED
from support.reading import ask, new_book, record


def test_the_register_says_what_a_declined_proposal_lacked(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", REQUESTED, g.decline("02-10", cause="money")) as book:

        def lacked(on: str, known: int | None = None) -> list[object]:
            (row,) = ask(book, "register", on, known=known)
            return [row["stage"], row["declined_for"]]

        assert lacked("2017-02-09") == ["requested", None]
        for on in ("2017-02-10", "2017-02-11"):
            assert lacked(on) == ["declined", "money"]
        known = book.position()
        record(book, g.correct("2017-03-01", entry=len(REQUESTED) + 1, reads={"cause": "quality"}))
        assert lacked("2017-02-10") == ["declined", "quality"]
        assert lacked("2017-02-10", known) == ["declined", "money"]
