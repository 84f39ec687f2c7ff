"""Killed at any moment: nothing acknowledged is lost, nothing is there twice, running again finishes it."""

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
def test_killed(
    works: str, tmp_path: Path, seed: int, times: Callable[[int, int], int], tell: Callable[[str], None]
) -> None:
    """A taste of all is had in one process, because starting one takes longer than the kills."""
    count = times(2, 60)
    done = subprocess.run(
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
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["work"] for one in found] == works.split(",")
    for one in found:
        assert one["failures"] == []
        seen = one["seen"]
        assert seen["killed after a time"] == count
        assert not one["writes"] or seen["killed at a call that writes"] == count
        told = ", ".join(f"{number:,} {what}" for what, number in sorted(seen.items()))
        tell(f"{told}; a whole run makes {one['writes']} calls that write; nothing lost, nothing twice")
