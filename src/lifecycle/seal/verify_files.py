"""Checks of everything but the rows: the schema, the counters, the snapshots, the settings, the documents.

Each check yields its problems: where, and what is wrong.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from lifecycle.book.book import Book
from lifecycle.book.grant_snapshots import snapshot_fault
from lifecycle.fund.establishment import FundEstablished
from lifecycle.fund.evolve import fold
from lifecycle.journal.journal import Journal
from lifecycle.journal.mapper import entry_of
from lifecycle.journal.snapshots import injured, newest
from lifecycle.kernel.errors import BookError
from lifecycle.kernel.history import FUND, in_force

Problems = Iterator[tuple[str, str]]
_FILE = "journal.sqlite"


def check_schema(journal: Journal) -> Problems:
    """Check that the schema is that of a new journal, and that no position can be given twice."""
    recorder = journal.recorder
    expected, actual = recorder.expected_schema(), recorder.schema()
    for name in sorted(expected.keys() | actual.keys()):
        where = f"{_FILE}: {name}"
        if name not in actual:
            yield where, "it is not there: what it forbids may have been done"
        elif name not in expected:
            yield where, "it does not belong there"
        elif actual[name] != expected[name]:
            yield where, "it has another definition"
    for table, counters, newest_number in recorder.counters():
        if counters != [newest_number]:
            yield f"{_FILE}: {table}", _counter_problem(counters, newest_number)


def _counter_problem(counters: list[Any], newest_number: int) -> str:
    if len(counters) != 1 or not isinstance(counters[0], int):
        return f"its counter was altered: {counters}"
    if counters[0] < newest_number:
        return f"number {counters[0] + 1} could be given twice"
    return f"numbers up to {counters[0]} were given, and those after {newest_number} are gone"


def check_snapshots(journal: Journal) -> Problems:
    """Check that the newest snapshots of the fund and of grants are the sums of their entries."""
    assert journal.snapshots is not None
    other_streams = "SELECT DISTINCT originator_id FROM stored_snapshots WHERE originator_id <> ?"
    for (name,) in journal.recorder.rows(other_streams, FUND):
        if fault := snapshot_fault(journal, name):
            yield f"{_FILE}: a snapshot of {name}", fault
    if (version := injured(journal.snapshots.recorder)) is not None:
        yield f"the fund's snapshot at version {version}", "it is not as it was written"
    snapshot = newest(journal.snapshots.recorder)
    if snapshot is None:
        return
    fund, version = snapshot
    entries = [entry for entry in journal.entries(FUND) if entry.originator_version <= version]
    if len(entries) != version or fold(in_force(entries)) != fund:
        yield f"the fund's snapshot at version {version}", "it is not what the entries add up to"


def check_settings(book: Book) -> Problems:
    """Check that the book has the name of the journal's fund, and that every setting is known."""
    row = book.journal.entry_row(FUND, 1)
    try:
        first = entry_of(row).event if row else None
        title, values = book.storage.title(), book.storage.settings()
    except BookError as error:
        yield "book.toml", str(error)
        return
    name = first.name if isinstance(first, FundEstablished) else None
    if values.get("format", 1) != 1:
        yield "book.toml", f"it says to be of format {values['format']!r}, not 1"
    if title != name:
        yield "book.toml", f"it names {title!r}, the journal {name!r}"
    for unknown in sorted(values.keys() - {"format", "name", "seal_each_command", "publisher"}):
        yield "book.toml", f"{unknown!r} is no setting"


def check_documents(book: Book, attached: Sequence[tuple[str, str]]) -> Problems:
    """Check that every attached document is there, is a plain file, and is unchanged."""
    for name, digest in attached:
        where = f"document {digest[:12]}… of {name}"
        try:
            with book.document(digest) as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                    yield where, "it is not the file that was attached"
        except OSError as error:
            yield where, f"it cannot be read: {error.strerror}"
