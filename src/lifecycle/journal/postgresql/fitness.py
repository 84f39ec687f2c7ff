"""Checks whether a connection is fit for a book: text in UTF-8, and the settings that it asked for."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from lifecycle.journal.addresses import named
from lifecycle.kernel.errors import Unreachable

_OPTION = re.compile(r"-c\s*(\w+)=((?:\\.|\S)+)")
_LOOK = """
SELECT current_setting('search_path'),
       current_setting('lock_timeout') <> '0' AND current_setting('statement_timeout') <> '0'
"""
PATIENCE = 30
"""Seconds that a new connection may take for its first answer: its own limits may not hold yet."""


def refuse_unfit(connection: psycopg.Connection[Any], address: str, options: str) -> None:
    """Refuse a database in another encoding, and a pooler that drops the options of a connection.

    ``options``: what the connection asked for. Raises `Unreachable`, or psycopg's errors.
    """
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise Unreachable(
            f"{named(address)} keeps text as {encoding}: a book needs a database in UTF-8"
            " (createdb --template=template0 --encoding=UTF8)"
        )
    path = dict(_OPTION.findall(options))["search_path"]
    with _limited(connection), connection.cursor(row_factory=tuple_row) as cursor:
        search_path, limited = cursor.execute(_LOOK).fetchone() or ("", False)
    if search_path != path or not limited:
        raise Unreachable(
            f"{named(address)} did not take the settings of the connection (search_path is {search_path!r},"
            f" not {path!r}): a pooler that ignores the startup parameter options cannot serve a book;"
            " name the server itself, or let the pooler pool by session and pass options on"
        )


@contextmanager
def _limited(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Cut the connection if it does not answer in `PATIENCE` seconds."""
    timer = threading.Timer(PATIENCE, _cut, (connection,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(connection: psycopg.Connection[Any]) -> None:
    with socket.fromfd(connection.fileno(), socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.shutdown(socket.SHUT_RDWR)
