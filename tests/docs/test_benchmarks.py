"""The benchmarks: only a full run replaces the published results."""

import runpy
from pathlib import Path

import pytest

run = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "run.py"))


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("", True),
        ("--runs 9", True),
        ("--runs 3", False),
        ("--scale 0.1", False),
        ("--only stream", False),
        ("--large", False),
        ("--scale 0.1 --runs 1 --write", True),
        ("--only stream --write", False),
    ],
)
def test_only_a_full_run_replaces_the_results(words: str, written: bool) -> None:
    assert run["is_written"](run["options_from"](words.split())) is written
