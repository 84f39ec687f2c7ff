"""Killed at any moment: nothing acknowledged is lost, nothing is there twice, running again finishes it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("work", ["append", "record", "projection", "rebuild", "seal"])
def test_killed(
    work: str, tmp_path: Path, seed: int, times: Callable[[int, int], int], tell: Callable[[str], None]
) -> None:
    words = [sys.executable, str(Path(__file__).with_name("works.py")), work, str(times(4, 60)), str(seed)]
    done = subprocess.run(
        [*words, str(tmp_path)],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["failures"] == []
    assert found["seen"]["killed"] >= times(1, 30)
    told = ", ".join(f"{count} {what}" for what, count in sorted(found["seen"].items()))
    tell(f"{told}; a whole run makes {found['writes']} calls that write")
