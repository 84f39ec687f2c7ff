"""Who uses ``views`` runs twice: with the views of new books in a file, and in a database."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from support import reading
from support.servers import Server


class Databases:
    """Databases for views; those that are given back are emptied and given again."""

    def __init__(self, server: Server, stack: ExitStack) -> None:
        self._server, self._stack = server, stack
        self._free: list[str] = []
        self.given: list[str] = []

    def take(self, _: Path) -> str:
        """One without views."""
        url = self._free.pop() if self._free else self._stack.enter_context(self._server.database())
        self.given.append(url)
        return url

    def give_back(self, before: int) -> None:
        """All that were taken after so many."""
        while len(self.given) > before:
            url = self.given.pop()
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("DROP SCHEMA IF EXISTS views, journal CASCADE")
            self._free.append(url)


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Of this process."""
    with ExitStack() as stack:
        yield Databases(request.getfixturevalue("server"), stack)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The store of the views of new books; with ``--store postgresql`` of the books, too."""
    whole = request.config.getoption("--store")
    if request.param == "sqlite":
        if whole == "postgresql":
            pytest.skip("about a file: its views are in one")
        yield "sqlite"
        return
    databases: Databases = request.getfixturevalue("databases")
    before = len(databases.given)
    taking = reading.place_of_books if whole == "postgresql" else reading.place_of_views
    taking.append(databases.take)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRANTBOOK_SEALS", str(tmp_path_factory.mktemp("seals")))
        yield "postgresql"
    taking.pop()
    databases.give_back(before)


@pytest.fixture
def views(kind: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The same, for one test: its databases are given back at its end."""
    before = len(request.getfixturevalue("databases").given) if kind == "postgresql" else 0
    yield kind
    if kind == "postgresql":
        request.getfixturevalue("databases").give_back(before)
