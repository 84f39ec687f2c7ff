"""Replaces what a file of views holds; the file stays the same for programs that have it open."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from projections.store import checksum, pages


def overwrite(file: Path, source: sqlite3.Connection, sums: checksum.Sums) -> None:
    """Put the source's pages in the place of the file's, in one transaction."""
    with pages.bytes_of(file) as descriptor:
        if file.stat().st_size < _SMALLEST_PAGE:
            _write_empty_head(descriptor)
        try:
            back_up(source, file, sums)
        except sqlite3.OperationalError:  # the file is locked or read-only, or the disk is full
            raise
        except sqlite3.DatabaseError:  # the head of the file cannot be read
            _write_empty_head(descriptor)
            back_up(source, file, sums)


_SMALLEST_PAGE = 512
"""The fewest bytes that the first page of a database has."""


def back_up(source: sqlite3.Connection, file: Path, sums: checksum.Sums) -> None:
    """Copy all pages of the source into the file, and make its checksums again."""
    with closing(sqlite3.connect(file, isolation_level=None, timeout=checksum.WAIT)) as target:
        target.execute("PRAGMA synchronous=OFF")
        target.execute("PRAGMA wal_autocheckpoint=0")
        target.execute("PRAGMA journal_mode=WAL").fetchall()
        source.backup(target)
        sums.renew()
        sums.fold(target)


def _write_empty_head(descriptor: int) -> None:
    """Write the first page of an empty database, so that the file can be opened and overwritten."""
    with tempfile.TemporaryDirectory() as folder:
        with closing(sqlite3.connect(Path(folder) / "empty.sqlite", isolation_level=None)) as raw:
            raw.execute("PRAGMA journal_mode=WAL")
            raw.execute("PRAGMA user_version=1")
        head = (Path(folder) / "empty.sqlite").read_bytes()
    os.pwrite(descriptor, head, 0)
