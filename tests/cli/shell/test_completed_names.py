"""A shell completes the names of grants, payments, calls, officers and windows that the book knows."""

import pytest
from click.shell_completion import BashComplete

from cli.main import cli
from cli.shell import completed_names
from cli.shell.settings import Settings
from projections.engine.known_names import KINDS
from support.cli_shell import PROGRAM, Shell

HEAVY = ("sqlalchemy", "pydantic", "eventsourcing", "rich", "structlog")


def completed(*words: str) -> list[str]:
    *typed, incomplete = words
    completion = BashComplete(cli, {"obj": Settings()}, "grantbook", "_GRANTBOOK_COMPLETE")
    return [item.value for item in completion.get_completions(typed, incomplete)]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("grant", "show", ""), ["G-1"]),
        (("grant", "show", "G"), ["G-1"]),
        (("grant", "show", "H"), []),
        (("payment", "show", "G-1", ""), ["P1"]),
        (("payment", "authorise", "G-1", "P"), ["P1"]),
        (("payment", "show", "G-2", ""), []),
        (("payment", "disburse", "G-1", "P1", "--actor", "p"), ["payer"]),
        (("--as", "bo"), ["boss", "boss2"]),
        (("officer", "retire", "re"), ["reader"]),
        (("report", "register", "--grant", ""), ["G-1"]),
        (("grant", "list", "--window", "s"), ["stand_alone"]),
        (("fund", "receive-instalment", "D"), ["DK"]),
        (("grant", "list", "--stage", "eff"), ["effective"]),
    ],
)
def test_names_of_the_book_are_completed(lived: Shell, words: tuple[str, ...], names: list[str]) -> None:
    assert completed(*words) == names


def test_calls_activities_and_follow_ups_are_completed(lived: Shell) -> None:
    desk = ("--actor", "desk")
    opened = ("call", "open", "C1", "--window", "oks", "--envelope", "9 USD", "--criteria", "need", *desk)
    assert lived(*opened, "--on", "2020-01-01", "--closes", "2020-03-31").code == 0
    planned = ("activity", "plan", "G-1", "A1", "--instrument", "study_tour", "--countries", "IN,TZ")
    days = ("--starts", "2017-06-05", "--ends", "2017-06-16", "--on", "2017-05-01", "--actor", "leader")
    assert lived(*planned, *days).code == 0
    assert completed("call", "show", "") == ["C1"]
    assert completed("activity", "hold", "G-1", "") == ["A1"]
    assert completed("follow-up", "complete", "G-1", "") == []


def test_without_a_book_or_views_nothing_is_offered(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    lived.lose_views()
    assert completed("grant", "show", "") == []
    monkeypatch.setenv("GRANTBOOK_BOOK", "nowhere")
    assert completed("grant", "show", "") == []
    monkeypatch.delenv("GRANTBOOK_BOOK")
    assert completed("grant", "show", "") == []


def test_every_kind_of_name_is_the_value_of_a_parameter() -> None:
    assert set(completed_names._KINDS.values()) == set(KINDS)


def test_a_completion_imports_no_library(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    program = f"""
import atexit, sys
atexit.register(lambda: sys.stderr.write(" ".join(sys.modules)))
{PROGRAM}
"""
    asked = {"COMP_WORDS": "grantbook payment show G-1 ", "COMP_CWORD": "4"}
    for name, value in {**asked, "_GRANTBOOK_COMPLETE": "bash_complete"}.items():
        monkeypatch.setenv(name, value)
    ran = lived.other(program=program)
    assert ran.out.split() == ["plain,P1"]
    modules = {name.partition(".")[0] for name in ran.err.split()}
    assert "sqlite3" in modules
    assert not modules & set(HEAVY)
