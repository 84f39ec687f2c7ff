"""The team of a grant in the register, as of a day and as known then, and whose act comes next."""

from pathlib import Path
from typing import Any

from lifecycle.grant.state import Grant
from projections.engine.projector import catch_up
from projections.engine.standing import authority
from support import given as g
from support.given import EFFECTIVE, PROPOSED, given
from support.reading import ask, new_book, record

TEAM = ["leader", "deputies"]


def team(rows: list[dict[str, Any]]) -> list[str | None]:
    (row,) = rows
    return [row[name] for name in TEAM]


def test_the_register_has_the_team_of_the_day_and_as_known_then(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", EFFECTIVE, g.assign_leader("06-01", deputies=["t.leader"])) as book:
        assert team(ask(book, "register", "2017-05-31")) == ["t.leader", None]
        for on in ("2017-06-01", "2017-06-02"):
            assert team(ask(book, "register", on)) == ["t.eacher", "t.leader"]
        known = book.position()
        record(book, g.assign_leader("05-15"))
        assert team(ask(book, "register", "2017-05-31")) == ["t.eacher", None]
        assert team(ask(book, "register", "2017-05-31", known=known)) == ["t.leader", None]
        first_assignment = len(EFFECTIVE) + 1
        record(book, g.correct("2018-01-01", entry=first_assignment, reads={"on": "2017-06-03"}))
        assert team(ask(book, "register", "2017-06-02")) == ["t.eacher", None]
        assert team(ask(book, "register", "2017-06-03")) == ["t.eacher", "t.leader"]


def of_edition(name: str | None) -> Grant:
    grant = given(PROPOSED).grant
    assert isinstance(grant, Grant)
    return grant.replace(edition=name)


def test_the_views_know_whose_act_it_is_under_team_only(tmp_path: Path) -> None:
    edition = {
        "name": "ours",
        "from": "2017-01-05",
        "agreement_required": True,
        "disbursement_grace": {"months": 4, "source": "a test"},
        "team_only": {"value": True, "source": "our manual"},
        "windows": {"stand_alone": {}},
    }
    with new_book(tmp_path / "book", g.adopt("01-04", edition=edition), PROPOSED) as book:
        catch_up(book)
        for name, is_for_team in ((None, True), ("ours", True), ("2017-01", False), ("2008-10", False)):
            read = authority(book.views, of_edition(name))
            assert read is not None
            assert read.terms.team_only is is_for_team
