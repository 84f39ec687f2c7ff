"""Every guard has a test that is named for it, and a few are broken here; `make mutants` breaks all."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from mutants import ROOT, mutants
from run import broken

ALL = [mutant for mutant in mutants() if not mutant.test.startswith("none: ")]
FEW = (
    "grant/payment/disbursement.py _check_disbursement DisbursementDeadlinePassed",
    "trigger: no update",
    "seal: a shorter journal",
    "projector: a position is tracked once",
)


def test_every_guard_has_a_test() -> None:
    assert [mutant.name for mutant in ALL if not mutant.test] == []


def test_every_name_in_the_table_is_a_guard() -> None:
    named = tomllib.loads((HERE / "refusals.toml").read_text("utf-8"))
    assert named.keys() - {mutant.name for mutant in mutants()} == set()


@pytest.mark.parametrize("place", sorted({mutant.test.partition("::")[0] for mutant in ALL}))
def test_every_named_test_is_there(place: str) -> None:
    """By name: with its parameters, `make mutants` finds out."""
    tree = ast.parse((ROOT / place).read_text("utf-8"))
    there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    wanted = {
        test.partition("[")[0]
        for file, _, test in (mutant.test.partition("::") for mutant in ALL)
        if file == place and test
    }
    assert wanted - there == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", FEW)
def test_a_broken_guard_is_noticed(name: str) -> None:
    (mutant,) = [one for one in ALL if one.name == name]
    noticed, first = broken(mutant, [mutant.test])
    assert noticed, first


@pytest.mark.slow
def test_a_test_that_holds_notices_nothing() -> None:
    """The runner tells a failing test from one that passes."""
    (mutant,) = [one for one in ALL if one.name == FEW[0]]
    assert broken(mutant._replace(new=mutant.old), [mutant.test])[0] is False


def test_the_runner_says_how_it_is_used() -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "run.py"), "--help"], capture_output=True, text=True, check=True
    )
    assert "Break each guard once" in done.stdout


def test_a_mutant_is_another_text() -> None:
    assert all(one.old != one.new for one in ALL)
    assert len({one.name for one in ALL}) == len(ALL)
