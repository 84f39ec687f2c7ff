"""A full disk: the message says so, no acknowledged command is lost, and recording can go on later."""

import json
import os
import random
import resource
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from support.cli_shell import Shell, life, on_grant

SMALL = (
    "mount -t tmpfs -o size={size}k tmpfs {folder} && {python} {script} {folder} {lines}"
    " && cp -r {folder}/. {copy}"
)
ROOT = Path(__file__).parents[2]
Results = dict[str, list[object]]
"""Exit code, output and errors of each command."""


def lines() -> list[dict[str, object]]:
    """Return more commands than fit on the disk."""
    costs = (
        on_grant(
            "RecordCost",
            "2017-06-01",
            "leader",
            purpose="supervision",
            amount="1.00 USD",
            note=f"{number:05} " * 300,
        )
        for number in range(700)
    )
    return [*life(), *costs]


def on_small_disk(folder: Path, copy: Path, size: int, file: str) -> Results | None:
    """Record in a namespace with a small disk. Returns None if the machine allows no namespace."""
    script = str(Path(__file__).with_name("disk.py"))
    fill = SMALL.format(size=size, folder=folder, python=sys.executable, script=script, lines=file, copy=copy)
    if shutil.which("unshare") is None:
        return None
    return run_disk_script(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", fill])


def under_quota(copy: Path, size: int, file: str) -> Results:
    """Record with a quota for the size of each file."""

    def quota() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size * 512, size * 512))

    results = run_disk_script(
        [sys.executable, str(Path(__file__).with_name("disk.py")), str(copy), file], quota
    )
    assert results is not None
    return results


def run_disk_script(command: list[str], before: Callable[[], None] | None = None) -> Results | None:
    """Return the results that the script printed, or None if it printed nothing."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    run = subprocess.run(
        command, capture_output=True, check=False, text=True, env=environment, preexec_fn=before
    )
    results: Results | None = json.loads(run.stdout) if run.stdout else None
    return results


@pytest.mark.of_a_file("its disk")
def test_a_full_disk_loses_nothing_that_was_acknowledged(
    shell: Shell, tmp_path: Path, seed: int, times: Callable[[int, int], int], tell: Callable[[str], None]
) -> None:
    dice, seen = random.Random(seed), Counter[str]()
    file = shell.file(lines())
    for number in range(times(1, 20)):
        folder, copy = tmp_path / f"small{number}", tmp_path / f"copy{number}"
        folder.mkdir()
        copy.mkdir()
        size = dice.randint(250, 900)
        disk = on_small_disk(folder, copy, size, file) if number % 4 != 3 else None
        seen["disks" if disk else "quotas"] += 1
        results = disk or under_quota(copy, size, file)
        code, out, err = results["record"]
        assert "Traceback" not in str(err)
        assert code == 5, (size, results)
        assert "is full" in str(err) or "quota" in str(err) or "I/O error" in str(err), err
        if results["init"][0] != 0:
            seen["no book made"] += 1
            continue
        acknowledged = [row for row in map(json.loads, str(out).splitlines()) if row["outcome"] == "accepted"]
        seen["filled while recording"] += 1
        seen["acknowledged"] += len(acknowledged)
        at = ("--book", str(copy / "book"), "--as", "admin")
        kept = {(row["stream"], row["version"]) for row in shell("audit", "entries", *at).rows}
        for row in acknowledged:
            for name in row["entries"]:
                stream, _, version = name.rpartition("@")
                assert (stream, int(version)) in kept
        again = shell("record", file, *at)
        assert again.code == 0, again.err
        assert f"{len(acknowledged):,} recorded before" in again.out or not acknowledged
        assert shell("audit", "verify", *at).code == 0
        shutil.rmtree(copy)
    assert seen["acknowledged"] > 0 or times(1, 20) == 1  # a single disk may be too small
    tell(", ".join(f"{count:,} {outcome}" for outcome, count in sorted(seen.items())))
