"""Grants that continue an earlier one, in reports and in the page of a grant: by the day, and as known then.

SSF-1 is approved on 10 February 2017. SSF-2 follows it from 1 March on, SSF-3 from 12 March on.
"""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli
from lifecycle.book.book import Book
from projections.engine.projector import rebuild
from support import given as g
from support.given import APPROVED
from support.reading import ask, new_book, record

LATER = [
    g.propose("03-01", grant="SSF-2", follows="SSF-1"),
    g.propose("03-02", grant="SSF-3"),
    g.revise("03-12", grant="SSF-3", follows="SSF-1"),
    g.request("03-20", grant="SSF-3"),
    g.approve("04-10", grant="SSF-3"),
]


def followed(book: Book, on: str, known: int | None = None) -> list[str | None]:
    """Return what each grant follows on the day."""
    return [row["follows"] for row in ask(book, "register", on, known=known)]


def show(place: Path, grant: str, *options: str) -> tuple[object, object]:
    """Return which grant this one follows and which follow it, as ``grant show`` has them."""
    words = ["--json", "--book", str(place), "grant", "show", grant, *options]
    shown = json.loads(CliRunner().invoke(cli, words, catch_exceptions=False).stdout)
    return shown["follows"], shown["followed_by"]


def test_the_register_and_the_value_report_say_what_continues(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", APPROVED, LATER) as book:
        assert followed(book, "2017-03-11") == [None, "SSF-1", None]
        assert followed(book, "2017-03-12") == followed(book, "2017-03-13") == [None, "SSF-1", "SSF-1"]
        for on, count in (("2017-04-09", 0), ("2017-04-10", 1), ("2017-04-11", 1)):  # approved ones alone
            assert ask(book, "value", on)[-1]["following"] == count
            assert ask(book, "value", on, by="window")[-1]["following"] == count
        known = book.position()
        record(book, g.revise("03-11", grant="SSF-3", follows="SSF-2"))
        record(book, g.correct("05-01", grant="SSF-2", entry=1, reads={"follows": None}))
        assert followed(book, "2017-03-11") == [None, None, "SSF-2"]
        assert followed(book, "2017-03-11", known) == [None, "SSF-1", None]
        before = ask(book, "register", "2017-06-01")
        rebuild(book)
        assert ask(book, "register", "2017-06-01") == before


@pytest.mark.parametrize("lost", [False, True], ids=["from the views", "without views"])
def test_a_grants_page_shows_both_ways(tmp_path: Path, lost: bool) -> None:
    place = tmp_path / "book"
    with new_book(place, APPROVED, LATER) as book:
        ask(book, "register", "2017-06-01")
        known = str(book.position())
        if lost:
            book.close()
            (place / "views.sqlite").unlink()
    assert show(place, "SSF-1") == (None, ["SSF-2", "SSF-3"])
    assert show(place, "SSF-3") == ("SSF-1", [])
    assert show(place, "SSF-1", "--on", "2017-03-11") == (None, ["SSF-2"])
    assert show(place, "SSF-1", "--known", known) == (None, ["SSF-2", "SSF-3"])
    words = ["--book", str(place), "grant", "show", "SSF-1"]
    assert "followed by" in CliRunner().invoke(cli, words, catch_exceptions=False).stdout
