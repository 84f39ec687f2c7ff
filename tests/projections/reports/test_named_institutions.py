"""Which grants name an institution, in which role, and what it is called on the day that is asked about.

MOA receives, NDDB teaches. MOA signs the letters, is paid, and is renamed on 1 July 2017.
"""

from pathlib import Path
from typing import Any

import pytest

from lifecycle.parse import Malformed
from projections.engine.projector import rebuild
from projections.filters.declared import Filters
from projections.folds.windows import findings_of
from support import given as g
from support.given import LETTERS, given
from support.reading import ask, new_book

BODIES = [
    g.register_institution("01-05"),
    g.register_institution("01-05", institution="NDDB", name="Dairy Board", country="IN", identifier="IN-1"),
]
NAMED = [{"institution": "MOA", "role": "receiving"}, {"institution": "NDDB", "role": "providing"}]
LIFE = [
    *BODIES,
    g.propose("01-10", institutions=NAMED[:1]),
    g.revise("01-15", institutions=NAMED),
    g.request("01-20", letters=[{**letter, "institution": "MOA"} for letter in LETTERS]),
    g.approve("02-10"),
    g.sign("03-01"),
    g.make_effective("03-31"),
    g.plan("04-01", institutions=[{"institution": "NDDB", "role": "host"}]),
    g.request_payment("04-10", payee=None, payee_institution="MOA"),
    g.rename_institution("07-01"),
    g.propose("01-10", grant="SSF-2"),
]
ROLES = [
    ("MOA", "receiving", None),
    ("MOA", "signed", None),
    ("MOA", "payee", "P1"),
    ("NDDB", "providing", None),
    ("NDDB", "host", "A1"),
]


def test_each_role_is_a_row_with_the_name_of_the_day(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", LIFE) as book:

        def roles(day: str) -> list[tuple[str, str, str | None]]:
            rows = ask(book, "institutions", day, by="grant")
            return [(row["institution"], row["role"], row["item"]) for row in rows]

        assert roles("2017-01-09") == []
        assert roles("2017-01-14") == ROLES[:1]
        assert roles("2017-01-15") == [ROLES[0], ROLES[3]]
        assert roles("2017-04-10") == ROLES
        names = {
            day: {row["name"] for row in ask(book, "institutions", day, by="grant") if row["role"] == "payee"}
            for day in ("2017-06-30", "2017-07-01")
        }
        assert names == {"2017-06-30": {"Ministry of Agriculture"}, "2017-07-01": {"Ministry of Food"}}
        rows = ask(book, "institutions", "2017-07-01", by="grant")
        rebuild(book)
        assert ask(book, "institutions", "2017-07-01", by="grant") == rows
        before = book.position() - 2  # without the new name, and the other grant
        (known, *_) = ask(book, "institutions", "2017-07-01", by="grant", known=before)
        assert known["name"] == "Ministry of Agriculture"


def test_register_exchanges_and_payments_say_what_is_named(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", LIFE) as book:
        register, other = ask(book, "register", "2017-04-10")
        assert (register["institutions"], other["institutions"]) == (["receiving MOA", "providing NDDB"], [])
        (exchange,) = ask(book, "exchanges", "2017-04-10")
        assert exchange["institutions"] == ["host NDDB"]
        (payment,) = ask(book, "payments", "2017-04-10")
        assert (payment["payee"], payment["payee_institution"]) == ("MOA", "MOA")


@pytest.mark.parametrize(("institution", "grants"), [("MOA", ["SSF-1"]), ("NDDB", ["SSF-1"])])
def test_a_report_is_limited_to_the_grants_that_name_an_institution(
    tmp_path: Path, institution: str, grants: list[str]
) -> None:
    with new_book(tmp_path / "book", LIFE) as book:
        limited = ask(book, "register", "2017-04-10", filters=Filters(institution=institution))
        assert [row["grant"] for row in limited] == grants
        by_grant = ask(book, "institutions", "2017-04-10", by="grant", filters=Filters(window="stand_alone"))
        assert len(by_grant) == len(ROLES)
        with pytest.raises(Malformed, match=f"{institution}X"):
            ask(book, "register", "2017-04-10", filters=Filters(institution=f"{institution}X"))


def test_before_the_institution_is_named_no_grant_is_chosen(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", LIFE) as book:
        named = Filters(institution="NDDB")
        days = ("2017-01-14", "2017-01-15", "2017-01-16")
        assert [len(ask(book, "register", day, filters=named)) for day in days] == [0, 1, 1]


@pytest.mark.parametrize(
    ("fields", "figure"),
    [
        ({"institutions": [{"institution": "NDDB", "role": "implementing"}]}, "NDDB"),
        ({"institutions": NAMED}, None),
        ({"institution": "A ministry", "institutions": NAMED}, "A ministry"),
        ({"institution": "A", "institutions": [{"institution": "NDDB", "role": "implementing"}]}, "A"),
    ],
)
def test_the_institution_of_a_window_is_the_one_in_words_or_that_carries_the_grant_out(
    fields: dict[str, Any], figure: str | None
) -> None:
    past = given(BODIES, g.propose("01-10", window="oks", **fields))
    findings = findings_of(past.grant, past.fund.editions["2017-01"])
    found = next(finding for finding in findings if finding.rule == "institution")
    assert (found.figure, found.complies) == (figure, figure is not None)


def test_the_report_of_windows_is_content_with_the_institution_that_carries_the_grant_out(
    tmp_path: Path,
) -> None:
    plan = ["documenting_and_sharing", "solving_and_scaling"]
    named = [{"institution": "NDDB", "role": "implementing"}]
    proposed = g.propose("01-10", window="oks", capabilities_planned=plan, institutions=named)
    with new_book(tmp_path / "book", BODIES, proposed, g.request("01-20"), g.approve("02-10")) as book:
        row = next(row for row in ask(book, "windows", "02-10") if row["rule"] == "institution")
        assert (row["figure"], row["complies"]) == ("NDDB", True)
