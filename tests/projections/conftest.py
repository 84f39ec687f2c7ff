"""A test that uses ``views`` runs twice: with the views of its books in a file, and in a database."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from support import reading
from support.servers import Server


class Databases:
    """Databases for views. A database that is given back is emptied and used again."""

    def __init__(self, server: Server, stack: ExitStack) -> None:
        self._server, self._stack = server, stack
        self._free: list[str] = []
        self.taken: list[str] = []

    def take(self, _: Path) -> str:
        """Return the address of a database without views."""
        url = self._free.pop() if self._free else self._stack.enter_context(self._server.database())
        self.taken.append(url)
        return url

    def give_back(self, kept: int) -> None:
        """Empty the databases that were taken after the first ``kept`` ones."""
        while len(self.taken) > kept:
            url = self.taken.pop()
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("DROP SCHEMA IF EXISTS views, journal CASCADE")
            self._free.append(url)


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Yield the databases of this process."""
    with ExitStack() as stack:
        yield Databases(request.getfixturevalue("server"), stack)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store_of_views(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the store of new books' views. With ``--store postgresql`` it is the store of the books too."""
    store_of_books = request.config.getoption("--store")
    if request.param == "sqlite":
        if store_of_books == "postgresql":
            pytest.skip("about a file: its views are in one")
        yield "sqlite"
        return
    databases: Databases = request.getfixturevalue("databases")
    before = len(databases.taken)
    places = reading.place_of_books if store_of_books == "postgresql" else reading.place_of_views
    places.append(databases.take)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRANTBOOK_SEALS", str(tmp_path_factory.mktemp("seals")))
        yield "postgresql"
    places.pop()
    databases.give_back(before)


@pytest.fixture
def views(store_of_views: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield the store of views for one test, and give its databases back at the end."""
    if (file := request.node.get_closest_marker("of_a_file")) and request.config.getoption("--store"):
        pytest.skip(f"about a file: {file.args[0]}")
    before = len(request.getfixturevalue("databases").taken) if store_of_views == "postgresql" else 0
    yield store_of_views
    if store_of_views == "postgresql":
        request.getfixturevalue("databases").give_back(before)
