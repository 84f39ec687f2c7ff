"""A disk that is full: said in words, nothing acknowledged is lost, and with room again it goes on."""

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
Answers = dict[str, list[object]]
"""Exit code, output and errors of each command."""


def lines() -> list[dict[str, object]]:
    """More than fits."""
    many = (
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
    return [*life(), *many]


def on_small_disk(folder: Path, copy: Path, size: int, file: str) -> Answers | None:
    """In a namespace of its own with a small disk; `None` where that cannot be had."""
    script = str(Path(__file__).with_name("disk.py"))
    fill = SMALL.format(size=size, folder=folder, python=sys.executable, script=script, lines=file, copy=copy)
    if shutil.which("unshare") is None:
        return None
    return answers(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", fill])


def under_quota(copy: Path, size: int, file: str) -> Answers:
    """With a quota for each file."""

    def quota() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size * 512, size * 512))

    found = answers([sys.executable, str(Path(__file__).with_name("disk.py")), str(copy), file], quota)
    assert found is not None
    return found


def answers(words: list[str], before: Callable[[], None] | None = None) -> Answers | None:
    """What the command line said there."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        words, capture_output=True, check=False, text=True, env=environment, preexec_fn=before
    )
    found: Answers | None = json.loads(done.stdout) if done.stdout else None
    return found


@pytest.mark.of_a_file("its disk")
def test_disk_full(
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
        found = disk or under_quota(copy, size, file)
        code, out, err = found["record"]
        assert "Traceback" not in str(err)
        assert code == 5, (size, found)
        assert "is full" in str(err) or "quota" in str(err) or "I/O error" in str(err), err
        if found["init"][0] != 0:
            seen["no book made"] += 1
            continue
        acknowledged = [row for row in map(json.loads, str(out).splitlines()) if row["outcome"] == "accepted"]
        seen["filled while recording"] += 1
        seen["acknowledged"] += len(acknowledged)
        at = ("--book", str(copy / "book"), "--as", "admin")
        there = {(row["stream"], row["version"]) for row in shell("audit", "entries", *at).rows}
        for row in acknowledged:
            for name in row["entries"]:
                stream, _, version = name.rpartition("@")
                assert (stream, int(version)) in there
        again = shell("record", file, *at)
        assert again.code == 0, again.err
        assert f"{len(acknowledged):,} recorded before" in again.out or not acknowledged
        assert shell("audit", "verify", *at).code == 0
        shutil.rmtree(copy)
    assert seen["acknowledged"] > 0 or times(1, 20) == 1  # one alone may be too small
    tell(", ".join(f"{count:,} {what}" for what, count in sorted(seen.items())))
