"""Rules of the house that a reader would otherwise have to remember: CONTRIBUTING.md."""

from collections import Counter
from pathlib import Path

from support.shell_blocks import ROOT

SRC = ROOT / "src"
FILES = sorted(file for file in SRC.rglob("*.py") if file.name != "__init__.py")
FOLDERS = sorted({parent for file in FILES for parent in file.parents if parent.is_relative_to(SRC)} - {SRC})
ENTRIES = 14
LINES = 450
LONGER = {
    "lifecycle/seal/standalone.py": "one file that goes into each package",
    "lifecycle/book/book.py": "to be split",
    "lifecycle/book/command_handler.py": "to be split",
    "lifecycle/journal/journal.py": "to be split",
    "lifecycle/journal/left_out.py": "to be split",
    "lifecycle/kernel/refusals.py": "to be split",
    "cli/commands/audit/seal.py": "to be split",
}
FULLER = {"lifecycle": 15}
NAMED_BY_FOLDER = {
    *(
        "state.py",
        "events.py",
        "evolve.py",
        "rules.py",
        "request.py",
    ),  # grant/ and fund/; payment/ and proposal/
    *(
        "call.py",
        "officers.py",
        "quarantine.py",
        "correction.py",
    ),  # an aggregate, deciding on it, commands of the shell
    *(
        "connection.py",
        "recorder.py",
        "schema.py",
        "checksum.py",
        "log.py",
        "history.py",
        "seal.py",
    ),  # by layer
    *(
        "contributions.py",
        "disbursement.py",
        "glance.py",
        "library.py",
        "results.py",
        "sites.py",
        "timeline.py",
    ),
}
"""File names that stand twice, because the folder says which is meant. Add one only if that is so."""


def name(path: Path) -> str:
    return str(path.relative_to(SRC))


def test_no_folder_holds_more_than_a_reader_takes_in() -> None:
    entries = {
        name(folder): sum(
            entry.name not in {"__init__.py", "__pycache__", "py.typed"} for entry in folder.iterdir()
        )
        for folder in FOLDERS
    }
    assert {folder: n for folder, n in entries.items() if n > FULLER.get(folder, ENTRIES)} == {}


def test_no_file_is_longer_than_a_stage_of_life() -> None:
    lines = {name(file): len(file.read_text("utf-8").splitlines()) for file in FILES}
    assert {file: n for file, n in lines.items() if n > LINES and file not in LONGER} == {}


def test_a_file_name_stands_twice_only_if_its_folder_says_which_is_meant() -> None:
    times = Counter(file.name for file in FILES)
    assert {file for file, n in times.items() if n > 1} - NAMED_BY_FOLDER == set()
