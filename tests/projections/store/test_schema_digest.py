"""The format of the views is computed from the code that makes them: nobody has to raise a number."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "src"
PRINT_FORMAT = "from projections.store import schema_digest; print(schema_digest.current_format())"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy") / "src"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("__pycache__", "cli"))
    return folder


def format_of(source: Path) -> int:
    environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(
        [sys.executable, "-c", PRINT_FORMAT], env=environment, check=True, capture_output=True
    )
    return int(result.stdout)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("projections/schema/layout.py", '"title", "window", "edition", "stage"', '"title", "stage"'),
        ("projections/reports/portfolio/stages.py", '"follow_up", "closed")', '"follow_up")'),
        ("projections/folds/register.py", "grant.title,", "grant.title.strip(),"),
        ("lifecycle/grant/state.py", "class Grant(", "class Added:\n    pass\n\n\nclass Grant("),
    ],
    ids=["a table", "a report", "a fold", "the state that is kept"],
)
def test_a_change_of_tables_selects_or_folds_changes_the_format(
    copy: Path, file: str, old: str, new: str
) -> None:
    before, text = format_of(copy), (copy / file).read_text("utf-8")
    assert old in text
    try:
        (copy / file).write_text(text.replace(old, new, 1), "utf-8")
        assert format_of(copy) != before
    finally:
        (copy / file).write_text(text, "utf-8")
    assert 0 < format_of(copy) == before < 2**31


def test_ends_of_lines_do_not_change_the_format(copy: Path) -> None:
    before, file = format_of(copy), copy / "projections/schema/layout.py"
    text = file.read_bytes()
    try:
        file.write_bytes(text.replace(b"\n", b"\r\n"))
        assert format_of(copy) == before
    finally:
        file.write_bytes(text)
