"""A made-up fund: corrections of every kind, late entries, calls, partners, several currencies."""

import importlib
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

from lifecycle.book.book import Book
from lifecycle.parse import Malformed, command_from
from support.shell_blocks import ROOT


def reconcile() -> ModuleType:
    """Return the module of the benchmarks that makes the fund's commands, and computes its reports again."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        return importlib.import_module("reconcile")
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))


def made_up_fund(path: Path, grants: int, seed: int) -> tuple[Book, list[str]]:
    """Return a new book of the fund, open, and the outcome of each command that was recorded in it."""
    book = Book.create(
        path, name="Made up", currency="USD", fiscal_year_start=7, on=date(2008, 10, 1), recorder="admin"
    )
    with book.batch():
        return book, [_outcome(book, fields) for fields in reconcile().commands(grants, seed)]


def _outcome(book: Book, fields: Mapping[str, Any]) -> str:
    try:
        return book.record(command_from(fields), "admin").outcome
    except Malformed:
        # An extra entry can shift a correction to an event of another type.
        if fields["command"] != "CorrectEntry":
            raise
        return "malformed"
