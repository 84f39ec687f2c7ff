"""Each case that once gave a wrong result has a test that is marked with its number."""

import ast
import os
import re
from pathlib import Path

import pytest

CASES = Path(__file__).parents[3] / "shared" / "cases" / "README.md"
TESTS = Path(__file__).parents[1]
CLASSES = "TMDXOK"
"""The letters of the classes of cases."""
ROW = re.compile(rf"^\| ([{CLASSES}]\d+) \|", re.MULTILINE)
NUMBER = re.compile(rf"[{CLASSES}]\d+")


def files_by_case() -> dict[str, list[str]]:
    """Return, by number of a case, the test files that are marked with it."""
    files: dict[str, list[str]] = {}
    for file in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.case":
                for number in node.args:
                    assert isinstance(number, ast.Constant), f"{file}: name the case by its number"
                    files.setdefault(str(number.value), []).append(file.name)
    return files


@pytest.mark.skipif(
    not CASES.exists() and os.environ.get("CI") != "true",
    reason="the list of cases is not beside the project",
)
def test_each_case_has_a_test_of_its_number() -> None:
    numbers = ROW.findall(CASES.read_text("utf-8"))
    assert len(numbers) == len(set(numbers)) == 65
    tested = files_by_case()
    assert [number for number in numbers if number not in tested] == []


def test_no_test_is_marked_with_a_number_that_no_case_can_have() -> None:
    assert [number for number in files_by_case() if not NUMBER.fullmatch(number)] == []
