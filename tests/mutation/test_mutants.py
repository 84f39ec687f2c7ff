"""Every guard has a test that is named for it. A few guards are broken here; `make mutants` breaks all."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from mutants import ROOT, mutants
from run import Trial, try_broken

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


@pytest.mark.parametrize("file", sorted({mutant.test.partition("::")[0] for mutant in ALL}))
def test_every_named_test_is_there(file: str) -> None:
    """A parameter in brackets is not looked for: `make mutants` reports it if pytest does not find it."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    named = {
        test.partition("[")[0]
        for test_file, _, test in (mutant.test.partition("::") for mutant in ALL)
        if test_file == file and test
    }
    assert named - defined == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", FEW)
def test_a_broken_guard_is_noticed(name: str) -> None:
    (mutant,) = [mutant for mutant in ALL if mutant.name == name]
    trial = try_broken(mutant, [mutant.test])
    assert trial.was_noticed, trial.outcome
    assert trial.outcome.startswith(mutant.test)


@pytest.mark.slow
def test_a_guard_that_is_not_broken_is_not_noticed() -> None:
    (mutant,) = [mutant for mutant in ALL if mutant.name == FEW[0]]
    trial = try_broken(mutant._replace(new=mutant.old), [mutant.test])
    assert trial == Trial(was_noticed=False, outcome="passes all the same")


@pytest.mark.slow
@pytest.mark.parametrize("test", ["::test_that_nobody_wrote", " -k test_that_nobody_wrote"])
def test_a_test_that_pytest_does_not_find_notices_nothing(test: str) -> None:
    (mutant,) = [mutant for mutant in ALL if mutant.name == FEW[0]]
    file, *options = f"{mutant.test.partition('::')[0]}{test}".split(" ")
    trial = try_broken(mutant, [file, *options])
    assert trial == Trial(was_noticed=False, outcome="pytest found no test of this name")


@pytest.mark.slow
def test_an_interrupted_run_names_the_guards_that_it_has_not_tried() -> None:
    # Given a run of the four triggers, one after the other
    command = [sys.executable, str(HERE / "run.py"), "--only", "trigger: ", "--jobs", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "4 guards\n"
        # When it is interrupted
        run.terminate()
        output, errors = run.communicate(timeout=60)
    # Then each is named, in the order of the table, and none is counted
    assert output.splitlines() == [
        "not tried: trigger: no update",
        "not tried: trigger: no delete",
        "not tried: trigger: no replace",
        "not tried: trigger: numbers grow",
    ]
    assert errors.startswith("0 of 0 broken guards were noticed")
    assert run.returncode == 130


def test_the_runner_says_how_it_is_used() -> None:
    done = subprocess.run(
        [sys.executable, HERE / "run.py", "--help"], capture_output=True, text=True, check=True
    )
    assert "Break each guard once" in done.stdout


def test_a_mutant_is_another_text() -> None:
    assert all(mutant.old != mutant.new for mutant in ALL)
    assert len({mutant.name for mutant in ALL}) == len(ALL)
