"""The rules of CONTRIBUTING.md that can be counted."""

import re
from collections import Counter
from pathlib import Path

import pytest

from support.shell_blocks import ROOT

SRC = ROOT / "src"
FILES = sorted(file for file in SRC.rglob("*.py") if file.name != "__init__.py")
FOLDERS = sorted({parent for file in FILES for parent in file.parents if parent.is_relative_to(SRC)} - {SRC})
PAGES = [
    *(page for page in sorted(ROOT.glob("*.md")) if page.name != "CONTRIBUTING.md"),
    *(page for page in sorted((ROOT / "docs").rglob("*.md")) if "reference" not in page.parts),
    *sorted(SRC.rglob("*.md")),
    *(ROOT / folder / "README.md" for folder in ("benchmarks", "tests/hostile")),
]
"""Pages that are written by hand. CONTRIBUTING.md quotes what not to write."""

ENTRIES = 14
GENERATED = {"lifecycle/catalogue.py", "lifecycle/decide/commands.py"}
"""Files that nobody writes, so that they do not count as entries of their folders."""
LINES = 450
LONGER = {
    "lifecycle/seal/standalone.py": "one file that goes into each package",
    "cli/shell/command_fields.py": "generated",
}
AVOID = re.compile(r"(\b|_)(facts?|verdicts?|so many|told|tells?|anew)(\b|_)", re.IGNORECASE)
"""Words that have a plainer one in this code base."""
AVOIDED_EXCEPT = {
    # The domain names a field of ClearProposal so.
    "cli/narrative/grant_sentences.py": 1,
    "cli/shell/command_fields.py": 1,
    "cli/shell/examples.py": 1,
    "lifecycle/grant/proposal/clearance.py": 2,
    "cli/commands/stores.py": 1,  # a key of `health --json`
    "cli/facility/assumed.py": 1,  # countries told other countries
    "cli/facility/compile.py": 2,  # notes that books of the demo hold
}
"""How many lines of a file may have one of the words, because programs or books know them."""
_CODE = re.compile(r"(?<!`)`(?!`)((?:``|[^`])+)`(?!`)")
NAMED_BY_FOLDER = {
    *("state.py", "events.py", "evolve.py", "rules.py"),  # grant/, fund/
    *("call.py", "quarantine.py"),  # the aggregate, and deciding on it
    *("request.py",),  # payment/, proposal/
    *("connection.py", "recorder.py"),  # sqlite/, postgresql/
    *("history.py", "record.py"),  # the command of the shell, and what it does
}
"""File names that may stand twice in a package, because the folder says which is meant."""


def name(path: Path) -> str:
    return str(path.relative_to(SRC))


def test_no_folder_has_too_many_entries() -> None:
    files = [file for file in SRC.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    entries = {entry for file in files for entry in (file, *file.parents) if entry.is_relative_to(SRC)}
    written = [entry for entry in entries if not entry.is_file() or name(entry) not in GENERATED]
    times = Counter(entry.parent for entry in written if entry.name not in {"__init__.py", "py.typed"})
    assert {name(folder): n for folder, n in times.items() if folder in FOLDERS and n > ENTRIES} == {}


@pytest.mark.parametrize("folder", ["src", "tests", "docs", "benchmarks"])
def test_no_file_is_left_over_from_an_editor_or_a_merge(folder: str) -> None:
    left_over = (".orig", ".rej", ".bak", ".log", ".swp", "~")
    assert [file for file in (ROOT / folder).rglob("*") if file.name.endswith(left_over)] == []


def test_no_file_is_too_long() -> None:
    lines = {name(file): len(file.read_text("utf-8").splitlines()) for file in FILES}
    assert {file: n for file, n in lines.items() if n > LINES and file not in LONGER} == {}


def test_a_file_name_is_used_twice_in_a_package_only_if_the_folder_says_which_is_meant() -> None:
    folds = SRC / "projections" / "folds"
    """A report's fold has the name of the report."""
    times = Counter(
        (file.relative_to(SRC).parts[0], file.name) for file in FILES if folds not in file.parents
    )
    assert {file for (_, file), n in times.items() if n > 1} - NAMED_BY_FOLDER == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_say_event(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert [line for line in prose.splitlines() if re.search(r"\bfacts?\b", line, re.IGNORECASE)] == []


def test_no_line_has_a_word_to_avoid() -> None:
    lines = {
        name(file): sum(map(bool, map(AVOID.search, file.read_text("utf-8").splitlines()))) for file in FILES
    }
    assert {file: number for file, number in lines.items() if number} == AVOIDED_EXCEPT


def test_each_do_of_the_style_is_in_the_code() -> None:
    code = " ".join(" ".join(file.read_text("utf-8").split()) for file in FILES)
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    quotes = [
        quote for line in re.findall(r"^- Do: (.*)$", page, re.MULTILINE) for quote in _CODE.findall(line)
    ]
    assert len(quotes) > 6
    assert [quote for quote in quotes if quote.strip('"') not in code] == []
