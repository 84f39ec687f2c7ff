"""Makes what the benchmarks measure: the same lives as a book, as the rival's store, and as bare rows."""

import json
import shutil
import sqlite3
import sys
import uuid
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from itertools import count as counter
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

import rival
from lives import FOUNDED, founding, lives, usd
from pairs import process

from lifecycle.book.book import Book
from lifecycle.book.loaded_state import load_fund
from lifecycle.journal.journal import Journal
from lifecycle.journal.snapshots import keep
from lifecycle.journal.stored_row import Stored, with_sum
from lifecycle.parse import command_from
from lifecycle.seal.seal import seal_of

ENTRY = Path(sys.executable).with_name("grantbook")
GRANTBOOK = [str(ENTRY)] if ENTRY.exists() else [sys.executable, "-m", "cli.main"]
OFFICER = "admin"
AT_ONCE = 20
"""Commands of one run of `record_one`. Each is on another grant, so that no grant is in memory yet."""
Words = dict[str, Any]
Row = tuple[Any, ...]
Place = TypeVar("Place", Path, str)
"""A folder, or the address of a database."""


def grantbook(book: Path | str, *words: str) -> Any:
    """Run a command of the shell on a book, and return what it took."""
    return process([*GRANTBOOK, *words], GRANTBOOK_BOOK=str(book), GRANTBOOK_OFFICER=OFFICER)


def new_book(place: Place) -> Place:
    """Make an empty book in a folder, which is emptied first, or in an empty database."""
    if isinstance(place, Path):
        shutil.rmtree(place, ignore_errors=True)
    grantbook(place, "init", str(place), "--name", "Lives", "--on", FOUNDED)
    return place


class Corpus:
    """A folder of books and stores. Each is made when a process first asks for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lives = cache(self.lives)
        self.book = cache(self.book)
        self.grown = cache(self.grown)
        self.rival = cache(self.rival)
        self.rival_events = cache(self.rival_events)

    def lives(self, commands: int) -> Path:
        """Write a file with this number of commands."""
        file = self.folder / f"lives-{commands}.jsonl"
        with file.open("w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(words) + "\n" for words in lives(commands))
        return file

    def book(self, commands: int) -> Path:
        """Record the commands in a book through the shell, which updates the views and seals."""
        path = self.folder / f"book-{commands}"
        if not path.exists():
            grantbook(new_book(path), "record", str(self.lives(commands)))
        return path

    def copy(self, commands: int) -> Path:
        """Copy the book, for a benchmark that writes in it."""
        path = self.folder / f"copy-{commands}-{len(list(self.folder.glob('copy-*')))}"
        shutil.copytree(self.book(commands), path)
        return path

    def grown(self, commands: int, times: int) -> Path:
        """Make a book that is `times` as long: its grants, and copies of them under other ids."""
        path = self.folder / f"book-{commands}-{times}"
        if path.exists():
            return path
        shutil.copytree(self.book(commands), path)
        (path / "views.sqlite").unlink()
        with sqlite3.connect(path / "journal.sqlite") as raw:
            raw.execute("DELETE FROM stored_snapshots")
        journal = Journal(path / "journal.sqlite")
        rows = [row for page in journal.entry_rows(0, 5_000) for row in page]
        commitments = [row for row in rows if row.stream == "fund" and b'"grant":' in row.state]
        count, first = len(commitments), commitments[0].version
        kept = [row for row in rows if row.stream != "fund" or row.version >= first]
        moments = counter(rows[-1].recorded_at + 1)
        for copy in range(1, times):
            with journal.recorder.writing():
                journal.recorder.adopt(
                    entries=[
                        _copied(row, copy, copy * count, moment)
                        for row, moment in zip(kept, moments, strict=False)
                    ]
                )
        journal.close()
        self._seal(path)
        return path

    @staticmethod
    def _seal(path: Path) -> None:
        """Store a snapshot of the fund and seal, as recording would have done.

        The copies are sealed as if this process had recorded them: by the rules they promise money that the
        fund does not have, and an unsealed row is judged again whenever a book is opened.
        """
        with Book.open(path) as book:
            book._handler.own_rows.add(range(1, book.position() + 1))
            seal_of(book).seal()
        with Book.open(path) as book:
            fund, version, _ = load_fund(book.journal)
            keep(book.journal.snapshots.recorder, fund, version)

    def rival_events(self, commands: int) -> list[Any]:
        """Return the events that the rival makes of the same lives, ready to be saved."""
        return list(rival.events(lives(commands)))

    def rival(self, commands: int) -> Path:
        """Save these events in a store of the rival."""
        file = self.folder / f"rival-{commands}.sqlite"
        if not file.exists():
            save_all(rival.Grants(rival.sqlite_env(file)), self.rival_events(commands))
        return file


def _copied(row: Stored, copy: int, versions: int, moment: int) -> Stored:
    """Return the entry for a copy of its grant, with another name and command id, and with the sum that fits.

    ``versions``: by how much the version of an entry of the fund grows. ``moment``: when it was recorded,
    later than every entry before it.
    """
    name = f"M{copy:03}"
    version = row.version + versions if row.stream == "fund" else row.version
    command_id = sha256(b"%d" % copy + row.command_id).digest()[:16]
    state = row.state.replace(b"MADE", name.encode())
    stream = row.stream.replace("MADE", name)
    return with_sum(
        row._replace(stream=stream, version=version, recorded_at=moment, command_id=command_id, state=state)
    )


def save_all(application: rival.Grants, events: Iterable[Any], at_once: int = 100) -> None:
    """Save events in the rival's store, ``at_once`` in a commit."""
    remaining = iter(events)
    while batch := list(islice(remaining, at_once)):
        application.save(*batch)


class Target(Protocol):
    """A bare journal that rows are appended to."""

    def append(self, entries: list[Row]) -> None:
        """Append the rows in one durable commit."""


def append_all(target: Target, entries: list[Row], at_once: int) -> None:
    """Append all entries, ``at_once`` in a commit."""
    for start in range(0, len(entries), at_once):
        target.append(entries[start : start + at_once])


# ── one long life ────────────────────────────────────────────────────────────────────────────


def long_life(grant: str, entries: int) -> Iterator[Words]:
    """Yield the commands of a grant: six until it is effective, then three for each payment."""
    for number, words in enumerate(islice(_endless_life(), entries)):
        yield {"command_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{grant}:{number}")), "grant": grant} | words


def _endless_life() -> Iterator[Words]:
    ttl, amount = {"actor": "ttl-01"}, usd(100_000)
    yield {
        "command": "ProposeGrant",
        "on": "2019-01-02",
        "title": "Learning from CN about health",
        "window": "stand_alone",
        "recipients": ["ZA", "ET"],
        "providers": ["CN"],
        "sector": "health",
        "objective": "Made up: a national strategy in each receiving country",
        "outcomes_sought": ["raised_awareness"],
        "amount": amount,
        "months": 12,
    } | ttl
    yield {
        "command": "RequestFunding",
        "on": "2019-01-12",
        "amount": amount,
        "budget": [{"line": "travel", "amount": amount}],
        "letters": [
            {"country": code, "ministry": f"Ministry of {code}", "dated": "2019-01-10"}
            for code in ("ZA", "ET")
        ],
    } | ttl
    scores = {"demand_driven": 4, "design": 4, "readiness": 5}
    yield {"command": "ReviewProposal", "on": "2019-01-20", "scores": scores, "advice": "approve"} | {
        "actor": "reviewer-01"
    }
    yield {"command": "ApproveGrant", "on": "2019-02-01", "amount": amount, "actor": "approver-01"}
    yield {"command": "SignAgreement", "on": "2019-02-20", "actor": "secretariat-01"}
    yield {
        "command": "MakeEffective",
        "on": "2019-03-01",
        "closing_date": "2020-02-20",
        "actor": "secretariat-01",
    }
    number = 0
    while True:
        number += 1
        payment = {"payment": f"P{number}", "on": str(date(2019, 3, 2) + timedelta(days=min(number, 300)))}
        money = {"amount": usd(10)}
        yield (
            {"command": "RequestPayment", "payee": "Travel agent", "category": "travel"}
            | payment
            | money
            | ttl
        )
        yield {"command": "AuthorisePayment", "actor": "finance-01"} | payment
        yield {"command": "DisburseFunds", "actor": "finance-02"} | payment | money


def long_lives(place: Place, grants: int, entries: int) -> Place:
    """Make a book of grants with this number of entries each, named ``LONG-001`` and so on."""
    with Book.open(new_book(place)) as book, book.batch():
        for words in founding(1, grants + 10):
            book.record(command_from(words), OFFICER)
        for number in range(1, grants + 1):
            for words in long_life(f"LONG-{number:03}", entries):
                receipt = book.record(command_from(words), OFFICER)
                assert receipt.outcome == "accepted", receipt
    return place


def rival_long_lives(application: rival.Grants, grants: int, entries: int) -> rival.Grants:
    """Save the same grants with the rival, each with its snapshots if the application keeps any."""
    for number in range(1, grants + 1):
        name = f"LONG-{number:03}"
        application.save(*rival.events(list(long_life(name, entries))))
        interval = application.snapshotting_intervals.get(rival.Grant, entries + 1)
        if newest := entries // interval * interval:
            application.take_snapshot(rival.Grant.create_id(name), newest)
    return application


# ── bare rows ────────────────────────────────────────────────────────────────────────────────


def entry_rows(book: Path) -> list[Row]:
    """Return the columns of a book's entries without the position, in the order of recording."""
    journal = Journal(book / "journal.sqlite", read_only=True)
    return [tuple(row[:-1]) for page in journal.entry_rows(0, 5_000) for row in page]
