"""Options for golden files and stores, and fixtures: where books are made, a shell, and a server."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli_shell import SRC, Shell
from support.command_server import CommandServer, command_server
from support.made_books import SEALS, MadeBooks, Recipe
from support.servers import QUICK, Server

STORES = ("sqlite", "postgresql")
TESTS = Path(__file__).parent
INNER_LOOP = (
    "lifecycle/attribution",
    "projections/audit",
    "lifecycle/call",
    "lifecycle/decide",
    "lifecycle/fund",
    "lifecycle/grant",
    "lifecycle/kernel",
    "lifecycle/policy",
    "lifecycle/types",
    "lifecycle/test_completeness.py",
    "lifecycle/journal/test_golden.py",
    "lifecycle/journal/test_mapper.py",
    "docs/test_house.py",
    "docs/test_links.py",
    "support",
)
"""The folders and files of the inner loop, which need no store and no other process."""
DICE = ("test_*_in_random_lives.py", "test_*_second_opinion.py", "test_draws.py")
"""Files in these folders whose random lives take seconds; the inner loop leaves them out."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--write-golden``: for a new event, or a new version of one. ``--store``: where books are made."""
    parser.addoption(
        "--write-golden",
        action="store_true",
        help="write the golden files that are missing; one that is there is never changed",
    )
    parser.addoption(
        "--store",
        choices=STORES,
        help="make the tests' books in this store alone; what is about a file is left out of the other",
    )


def is_quick(path: Path) -> bool:
    """Return whether the tests at the path are part of the inner loop."""
    if any(path.match(pattern) for pattern in DICE):
        return False
    return any(path.is_relative_to(TESTS / room) for room in INNER_LOOP)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the other files unread if asked for ``-m quick``: their imports take longer than its tests."""
    if config.option.markexpr != "quick" or not collection_path.match("test_*.py"):
        return None
    return not is_quick(collection_path) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the inner loop by their folder; a slow one is left out of it."""
    if missing := [room for room in INNER_LOOP if not (TESTS / room).exists()]:
        raise pytest.UsageError(f"INNER_LOOP in tests/conftest.py names missing paths: {missing}")
    for item in items:
        if is_quick(item.path) and not item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.quick)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose the stores for a test's books: a file, both stores if marked, or that of ``--store``."""
    if "store" not in metafunc.fixturenames:
        return
    marked = metafunc.definition.get_closest_marker
    chosen = metafunc.config.getoption("--store")
    stores = [chosen] if chosen else STORES if marked("both_stores") else STORES[:1]
    if file := marked("of_a_file"):
        skipped = pytest.mark.skip(reason=f"about a file: {file.args[0]}")
        stores = [pytest.param(chosen, marks=skipped)] if chosen == "postgresql" else STORES[:1]
    metafunc.parametrize("store", stores, indirect=True)


@pytest.fixture
def store(request: pytest.FixtureRequest) -> str:
    """Return the store of this test's books."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def made_books(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MadeBooks:
    """The books that this process of the tests has made, to be copied."""
    return MadeBooks(tmp_path_factory.mktemp("made"), lambda: request.getfixturevalue("server"))


@pytest.fixture
def recipe() -> Recipe | None:
    """How the book is made that a test finds at its place. A folder of tests may say so for its own."""
    return None


@pytest.fixture
def place(
    store: str,
    recipe: Recipe | None,
    made_books: MadeBooks,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Path | str:
    """Return a place for a book: a folder, or the address of a new PostgreSQL database."""
    if store == "sqlite":
        if recipe is not None:
            made_books.copy_to_folder(recipe, tmp_path / "book")
        return tmp_path / "book"
    address: str = request.getfixturevalue("database")
    return address


@pytest.fixture
def shell(
    place: Path | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    """A shell without a book."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRANTBOOK_OFFICER", "admin")
    for name in ("GRANTBOOK_BOOK", "COLUMNS", "NO_COLOR", "GRANTBOOK_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    return Shell(tmp_path, place, capsys)


@pytest.fixture(scope="session")
def commands() -> Iterator[CommandServer]:
    """A server of commands for this process of the tests."""
    with command_server({**os.environ, "PYTHONPATH": str(SRC)}) as server:
        yield server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server for this process of the tests."""
    server = Server(QUICK)
    yield server
    server.remove()


@pytest.fixture
def database(
    server: Server,
    recipe: Recipe | None,
    made_books: MadeBooks,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """Yield the address of a new database, empty or with a copy of the test's book.

    The seals of its book are in the folder ``seals``.
    """
    monkeypatch.setenv(SEALS, str(tmp_path / "seals"))
    copied = server.database() if recipe is None else made_books.in_database(recipe, tmp_path / "seals")
    with copied as address:
        yield address
