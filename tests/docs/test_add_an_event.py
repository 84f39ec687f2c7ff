"""The blocks of the how-to "Add an event" are enough to add it to a copy."""

import json
from pathlib import Path

import pytest

from support.cli_shell import life
from support.code_blocks import blocks_of, write_block
from support.project_copy import copy_project, run_python
from support.shell_blocks import ROOT

PAGE = ROOT / "docs" / "how-to" / "add-an-event.md"
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
    root = copy_project(tmp_path_factory.mktemp("project"))
    for block in blocks_of(PAGE):
        write_block(root, block)
    return root


def test_few_files_are_written_by_hand() -> None:
    files = {block.path for block in blocks_of(PAGE)}
    assert len({path for path in files if path.startswith("src/")}) <= FILES_BY_HAND


@pytest.mark.slow
def test_the_event_exists_after_the_last_step(project: Path) -> None:
    run_python(project, "docs/reference.py")
    run_python(project, "-m", "pytest", "-n0", "-q", "--write-golden", CHECKS[0])
    assert (project / "tests/golden/grant/TeamLeaderChanged.v1.json").exists()
    run_python(project, "-m", "pytest", "-n0", "-q", *CHECKS)
    book = project / "book"
    commands = [command for command in life() if command["on"] <= "2017-03-31"]
    (project / "life.jsonl").write_text("".join(json.dumps(command) + "\n" for command in commands), "utf-8")
    shell = ("-m", "grantbook", "--book", str(book), "--as", "admin")
    run_python(project, "-m", "grantbook", "init", str(book), "--name", "A fund", "--on", "2008-10-01")
    run_python(project, *shell, "record", "life.jsonl")
    fields = {"grant": "G-1", "on": "2017-04-01", "actor": "desk", "leader": "boss"}
    (project / "change.jsonl").write_text(json.dumps({"command": "ChangeTeamLeader", **fields}), "utf-8")
    run_python(project, *shell, "record", "change.jsonl")
    assert "made boss the task team leader" in run_python(project, *shell, "audit", "history", "G-1")
