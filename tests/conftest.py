"""How golden files come to be, a shell, and a database server; the harness itself is `given`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli_shell import Shell
from servers import Server


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


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A PostgreSQL server, the same for all processes of a run; it ends with the last of them."""
    folder = tmp_path_factory.getbasetemp()
    if folder.name.startswith("popen-"):  # of one process among several
        folder = folder.parent
    return Server(folder / "pg")


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """The address of a new, empty PostgreSQL database."""
    with server.database() as url:
        yield url
