"""Killed at any moment: no acknowledged command is lost or doubled, and a second run finishes the work."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.faults_mode import MODE

ROOT = Path(__file__).parents[2]
WORKS = ["append", "record", "projection", "rebuild", "seal"]


@pytest.mark.parametrize("works", [",".join(WORKS)] if MODE == "taste" else WORKS)
def test_a_killed_program_loses_nothing_and_is_finished_by_a_second_run(
    works: str, tmp_path: Path, seed: int, times: Callable[[int, int], int], tell: Callable[[str], None]
) -> None:
    """The short suite does all works in one process, because starting one takes longer than the kills."""
    count = times(2, 60)
    script = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("works.py")),
            works,
            str(count),
            str(seed),
            str(tmp_path),
        ],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert script.returncode == 0, script.stderr
    reports = [json.loads(line) for line in script.stdout.splitlines()]
    assert [report["work"] for report in reports] == works.split(",")
    for report in reports:
        assert report["failures"] == []
        seen = report["seen"]
        assert seen["killed after a time"] == count
        assert not report["writes"] or seen["killed at a call that writes"] == count
        summary = ", ".join(f"{number:,} {outcome}" for outcome, number in sorted(seen.items()))
        tell(f"{summary}; a whole run makes {report['writes']} calls that write; nothing lost, nothing twice")
