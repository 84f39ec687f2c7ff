"""The least that the same work can take, as processes of their own: bare SQLite, no rules.

    python benchmarks/floors.py append JOURNAL TARGET
    python benchmarks/floors.py read JOURNAL

Prints the seconds of the work itself, without starting and without loading what is appended.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

IN_ONE_COMMIT = 200
"""Appends that are one durable transaction: as many as ``record`` takes lines at once."""
_ROWS = "SELECT originator_id, originator_version, topic, state FROM stored_events ORDER BY position"


def append(journal: Path, target: Path) -> Callable[[], None]:
    """The journal's bytes into a bare table, as durably and in as many commits."""
    with sqlite3.connect(journal) as source:
        rows = source.execute(_ROWS).fetchall()

    def work() -> None:
        bare = sqlite3.connect(target, isolation_level=None)
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        bare.execute("CREATE TABLE e (p INTEGER PRIMARY KEY, s TEXT, v INT, t TEXT, b BLOB, UNIQUE (s, v))")
        for start in range(0, len(rows), IN_ONE_COMMIT):
            bare.execute("BEGIN IMMEDIATE")
            part = rows[start : start + IN_ONE_COMMIT]
            bare.executemany("INSERT INTO e (s, v, t, b) VALUES (?, ?, ?, ?)", part)
            bare.execute("COMMIT")
        bare.close()

    return work


def read(journal: Path) -> Callable[[], None]:
    """The journal's bytes, read and parsed: what any fold of them begins with."""

    def work() -> None:
        with sqlite3.connect(journal) as source:
            for *_, state in source.execute(_ROWS):
                json.loads(state)

    return work


def main() -> None:
    what, *paths = sys.argv[1:]
    works: dict[str, Callable[..., Callable[[], None]]] = {"append": append, "read": read}
    work = works[what](*map(Path, paths))
    began = time.perf_counter()
    work()
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
