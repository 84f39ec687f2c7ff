"""The blocks of the how-tos "Add a report" and "Add a column" are enough to add them to a copy."""

import json
from pathlib import Path

import pytest

from support.cli_shell import life
from support.code_blocks import Block, blocks_of, write_block
from support.project_copy import copy_project, run_python
from support.shell_blocks import ROOT

REPORT = ROOT / "docs" / "how-to" / "add-a-report.md"
COLUMN = ROOT / "docs" / "how-to" / "add-a-column.md"
FILES_BY_HAND = {REPORT: 4, COLUMN: 3}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project, with a book whose views were made before the report was added."""
    root = copy_project(tmp_path_factory.mktemp("project"))
    commands = [command for command in life() if command["on"] <= "2017-03-31"]
    (root / "life.jsonl").write_text("".join(json.dumps(command) + "\n" for command in commands), "utf-8")
    run_python(root, "-m", "grantbook", "init", "book", "--name", "A fund", "--on", "2008-10-01")
    shell(root, "record", "life.jsonl")
    assert report_rows(root, "register")[0]["grant"] == "G-1"
    return root


def shell(project: Path, *words: str) -> str:
    return run_python(project, "-m", "grantbook", "--book", "book", "--as", "admin", *words)


def report_rows(project: Path, name: str) -> list[dict[str, object]]:
    lines = shell(project, "--json", "report", name, "--as-of", "2017-03-31").splitlines()
    return [json.loads(line) for line in lines]


def follow(project: Path, page: Path) -> None:
    """Write the page's blocks into the copy. A block with two ``...`` is an insertion."""
    for block in blocks_of(page):
        if block.code.count("...\n") == 2:
            insert_after(project, block)
        else:
            write_block(project, block)


def insert_after(project: Path, block: Block) -> None:
    """Insert the lines between the two ``...`` after the first of them, which the file has already."""
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
def test_the_report_exists_after_the_last_step(project: Path) -> None:
    follow(project, REPORT)
    (row,) = report_rows(project, "closings")
    assert list(row) == ["grant", "title", "closing_date", "days_left"]
    assert "Running grants, by the day on which they close." in shell(project, "report", "--help")
    run_python(project, "docs/reference.py")
    assert "## report closings" in (project / "docs/reference/reports.md").read_text("utf-8")
    run_python(project, "-m", "pytest", "-n0", "-q", "tests/projections/reports/test_closings.py")


@pytest.mark.slow
def test_the_column_exists_after_the_last_step(project: Path) -> None:
    follow(project, COLUMN)
    (row,) = report_rows(project, "register")
    assert [*row][[*row].index("closed_on") :][:2] == ["closed_on", "institution"]
    run_python(project, "docs/reference.py")
    page = (project / "docs/reference/reports.md").read_text("utf-8")
    assert "| `institution` | Its institution; null if it names none |" in page
