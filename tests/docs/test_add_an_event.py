"""The how-to "Add an event": its blocks, written into a copy, are enough."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from support.cli_shell import life
from support.code_blocks import blocks_of, write_block
from support.shell_blocks import ROOT

PAGE = ROOT / "docs" / "how-to" / "add-an-event.md"
LEFT_OUT = ignore_patterns("__pycache__", "*.egg-info")
CHECKS = (
    "tests/lifecycle/journal/test_golden.py",
    "tests/lifecycle/test_completeness.py",
    "tests/lifecycle/journal/test_mapper.py",
    "tests/lifecycle/grant/test_agreement_leader.py",
    "tests/mutation/test_mutants.py::test_every_guard_has_a_test",
)
FILES_BY_HAND = 4


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project with the page's blocks."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("src", "tests", "docs"):
        copytree(ROOT / folder, root / folder, ignore=LEFT_OUT)
    (root / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for block in blocks_of(PAGE):
        write_block(root, block)
    return root


def run(project: Path, *arguments: str) -> str:
    """Run Python on the copy, and return what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project / "src"), "GRANTBOOK_OFFICER": "admin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_few_files_are_written_by_hand() -> None:
    files = {block.path for block in blocks_of(PAGE)}
    assert len({path for path in files if path.startswith("src/")}) <= FILES_BY_HAND


@pytest.mark.slow
def test_the_event_is_there_after_the_last_step(project: Path) -> None:
    run(project, "docs/reference.py")
    run(project, "-m", "pytest", "-n0", "-q", "--write-golden", CHECKS[0])
    assert (project / "tests/golden/grant/TeamLeaderChanged.v1.json").exists()
    run(project, "-m", "pytest", "-n0", "-q", *CHECKS)
    book = project / "book"
    before = [words for words in life() if words["on"] <= "2017-03-31"]
    (project / "life.jsonl").write_text("".join(json.dumps(words) + "\n" for words in before), "utf-8")
    shell = ("-m", "grantbook", "--book", str(book), "--as", "admin")
    run(project, "-m", "grantbook", "init", str(book), "--name", "A fund", "--on", "2008-10-01")
    run(project, *shell, "record", "life.jsonl")
    words = {"grant": "G-1", "on": "2017-04-01", "actor": "desk", "leader": "boss"}
    (project / "change.jsonl").write_text(json.dumps({"command": "ChangeTeamLeader", **words}), "utf-8")
    run(project, *shell, "record", "change.jsonl")
    assert "made boss the task team leader" in run(project, *shell, "audit", "history", "G-1")
