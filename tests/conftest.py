"""How golden files come to be, a shell, and a database server; the harness itself is `given`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli_shell import Shell
from servers import QUICK, Server


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
def server() -> Iterator[Server]:
    """A PostgreSQL server for this process of the tests."""
    server = Server(QUICK)
    yield server
    server.remove()


@pytest.fixture
def database(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a new, empty PostgreSQL database; the seals of a book in it lie in ``seals``."""
    monkeypatch.setenv("GRANTBOOK_SEALS", str(tmp_path / "seals"))
    with server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a book can be made: a folder, and then a PostgreSQL database."""
    if request.param == "postgres":
        address: str = request.getfixturevalue("database")
        return address
    return tmp_path / "book"
