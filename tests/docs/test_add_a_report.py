"""The how-tos "Add a report" and "Add a column": their blocks, written into a copy, are enough."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from support.cli_shell import life
from support.code_blocks import Block, blocks_of, write_block
from support.shell_blocks import ROOT

REPORT = ROOT / "docs" / "how-to" / "add-a-report.md"
COLUMN = ROOT / "docs" / "how-to" / "add-a-column.md"
FILES_BY_HAND = {REPORT: 4, COLUMN: 3}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project, with a book whose views were made before the report was added."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("src", "tests", "docs"):
        copytree(ROOT / folder, root / folder, ignore=ignore_patterns("__pycache__", "*.egg-info"))
    (root / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    commands = [command for command in life() if command["on"] <= "2017-03-31"]
    (root / "life.jsonl").write_text("".join(json.dumps(command) + "\n" for command in commands), "utf-8")
    run(root, "-m", "grantbook", "init", "book", "--name", "A fund", "--on", "2008-10-01")
    shell(root, "record", "life.jsonl")
    assert reported(root, "register")[0]["grant"] == "G-1"
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


def shell(project: Path, *words: str) -> str:
    return run(project, "-m", "grantbook", "--book", "book", "--as", "admin", *words)


def reported(project: Path, name: str) -> list[dict[str, object]]:
    lines = shell(project, "--json", "report", name, "--as-of", "2017-03-31").splitlines()
    return [json.loads(line) for line in lines]


def follow(project: Path, page: Path) -> None:
    """Write the page's blocks, those with two ``...`` after the first line between them."""
    for block in blocks_of(page):
        if block.code.count("...\n") == 2:
            insert_after(project, block)
        else:
            write_block(project, block)


def insert_after(project: Path, block: Block) -> None:
    lines = block.code.splitlines(keepends=True)
    first, last = (number for number, line in enumerate(lines) if line.strip() == "...")
    anchor, new = lines[first + 1], "".join(lines[first + 2 : last])
    source = (project / block.path).read_text("utf-8")
    assert source.count(anchor) == 1
    (project / block.path).write_text(source.replace(anchor, anchor + new), "utf-8")


@pytest.mark.parametrize("page", FILES_BY_HAND, ids=lambda page: page.stem)
def test_few_files_are_written_by_hand(page: Path) -> None:
    files = {block.path for block in blocks_of(page) if block.path.startswith("src/")}
    assert len(files) <= FILES_BY_HAND[page]


@pytest.mark.slow
def test_the_report_is_there_after_the_last_step(project: Path) -> None:
    follow(project, REPORT)
    (row,) = reported(project, "closings")
    assert list(row) == ["grant", "title", "closing_date", "days_left"]
    assert "Running grants, by the day on which they close." in shell(project, "report", "--help")
    run(project, "docs/reference.py")
    assert "## report closings" in (project / "docs/reference/reports.md").read_text("utf-8")
    run(project, "-m", "pytest", "-n0", "-q", "tests/projections/reports/test_closings.py")


@pytest.mark.slow
def test_the_column_is_there_after_the_last_step(project: Path) -> None:
    follow(project, COLUMN)
    (row,) = reported(project, "register")
    assert [*row][-2:] == ["closed_on", "institution"]
    run(project, "docs/reference.py")
    page = (project / "docs/reference/reports.md").read_text("utf-8")
    assert "| `institution` | Its institution; null if it names none |" in page
