"""How golden files come to be, and a shell; the harness itself is `given`."""

from pathlib import Path

import pytest

from cli_shell import Shell


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--write-golden``: for a new event, or a new version of one."""
    parser.addoption(
        "--write-golden",
        action="store_true",
        help="write the golden files that are missing; one that is there is never changed",
    )


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A shell without a book."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRANTBOOK_OFFICER", "admin")
    for name in ("GRANTBOOK_BOOK", "COLUMNS", "NO_COLOR", "GRANTBOOK_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return Shell(tmp_path, capsys)
