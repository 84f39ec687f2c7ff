"""A name that the book does not know is refused with the nearest known one, never answered with no rows."""

from datetime import date
from pathlib import Path

import pytest

from lifecycle.parse import Malformed
from lifecycle.types.readings.nearest import did_you_mean, unknown
from projections.query import run
from support import given as g
from support.cli_shell import Shell, on_grant
from support.reading import new_book

pytestmark = pytest.mark.case("X8")

BY_GRANT = (
    "register disbursement windows timeline exchanges outcomes value follow-ups stages parties experts"
    " surveys"
).split()


@pytest.mark.both_stores
@pytest.mark.parametrize("name", BY_GRANT)
def test_a_report_of_an_unknown_grant_is_refused_with_the_nearest(lived: Shell, name: str) -> None:
    result = lived("report", name, "--grant", "G-3")
    assert (result.code, result.out) == (2, "")
    assert "knows no grant 'G-3'; did you mean G-1?" in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("report timeline --grant G-2 --due-within 30", "knows no grant 'G-2'; did you mean G-1?"),
        ("report register --grant G-1 --known 3", "knows no grant 'G-1' at that time"),
        ("report register --grant G-1 --as-of 2009-01-01", "no grant 'G-1' on 2009-01-01"),
        ("report disbursement --by windw", "windw"),
        ("audit history G-2", "did you mean G-1?"),
        ("audit history fnd", "did you mean fund?"),
        ("audit replay G-2", "did you mean G-1?"),
        ("audit diff G-2 --from 2017-01-01 --to 2018-01-01", "did you mean G-1?"),
        ("audit refusals G-2", "did you mean G-1?"),
        ("audit entries G-2", "did you mean G-1?"),
        ("audit history call:C-1", "knows no call 'C-1'; there is none yet"),
        ("audit prove G-2@1", "did you mean G-1?"),
        ("audit prove G-1@99", "no entry G-1@99: the newest is G-1@9"),
        ("audit export package G-1 G-2", "did you mean G-1?"),
        ("grant show G-2", "did you mean G-1?"),
        ("grant show fund", "knows no grant 'fund'; there are: G-1"),
        ("activity sites G-2 A1", "knows no grant 'G-2'; did you mean G-1?"),
        ("activity sites G-1 A9", "no activity A9"),
        ("library search dairy --sector agricultur", "did you mean agriculture?"),
        ("library search dairy --kind results_storys", "did you mean results_story or result?"),
        ("library match --need dairy --recipient TZ --sector agri", "did you mean agriculture?"),
        ("report register --as-of 1017-01-01", "YYYY-MM-DD"),
    ],
)
def test_an_unknown_name_is_refused_wherever_it_is_typed(lived: Shell, words: str, message: str) -> None:
    result = lived(*words.split())
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_a_line_that_names_an_unknown_grant_or_call_is_offered_the_nearest(lived: Shell) -> None:
    """As the shell does; the names are read once, and for the first 20 such lines only."""
    cost = on_grant("RecordCost", "2017-06-01", "leader", purpose="supervision", amount="12.00 USD")
    lines = [{**cost, "grant": f"G1-{number}"} for number in range(22)]
    answers = lived("record", "--continue", lived.file(lines)).out.splitlines()
    offered = [line for line in answers if "there is no grant G1-" in line and "; did you mean G-1?" in line]
    assert len(offered) == 20
    row = lived("--json", "record", lived.file([{**cost, "grant": "g-1"}])).row
    assert row["message"] == "there is no grant g-1 on 2017-06-01; did you mean G-1?"
    assert "did you mean G-1?" in lived("grant", "sign", "G1", "--on", "2017-06-01", "--actor", "desk").err


def test_views_alone_refuse_an_unknown_name(lived: Shell) -> None:
    assert lived("views", "update").code == 0
    for words in (("report", "register", "--grant", "G-2"), ("grant", "show", "G-2")):
        result = lived(*words, "--views", lived.book)
        assert (result.code, result.out) == (2, "")
        assert "did you mean G-1?" in result.err


@pytest.mark.both_stores
def test_the_python_library_refuses_an_unknown_name(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", g.EFFECTIVE) as book:
        for known in (None, book.position(), 3):
            with pytest.raises(Malformed, match="knows no grant 'SSF-2'"):
                run(book, "disbursement", as_of=date(2018, 1, 1), grant="SSF-2", known=known)


def test_a_grant_whose_proposal_was_struck_is_known(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", g.propose("01-10")) as book:
        struck = g.correct("01-12", entry=1, struck=True)
        assert book.record(struck, struck.actor).outcome == "accepted"
        assert run(book, "register", as_of=date(2018, 1, 1), grant=g.G).rows == []


def test_an_unknown_name_is_answered_with_the_nearest_or_all_known() -> None:
    assert did_you_mean("ssf_2017_01", ["SSF-2017-01", "SSF-2018-07"]).startswith(
        "; did you mean SSF-2017-01"
    )
    assert (
        did_you_mean("garment", ["SEETF-03-garment-production"])
        == "; did you mean SEETF-03-garment-production?"
    )
    assert unknown("call", "X", []) == "the book knows no call 'X'; there is none yet"
    assert unknown("sector", "zzz", ["a", "b"]) == "the book knows no sector 'zzz'; there are: a, b"
    assert unknown("grant", "zzz", [f"G{n}" for n in range(99)]) == "the book knows no grant 'zzz'"
