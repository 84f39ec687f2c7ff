"""Books with each case that partitions could get wrong, their export, and a cluster."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dask
import pytest
from distributed import LocalCluster

from lifecycle.book.book import Book
from lifecycle.decide.quarantined_rows import QuarantineRow
from projections.engine.projector import catch_up
from projections.partitions.export import export
from support import given as g
from support.inserting import forging
from support.made_up_fund import made_up_fund
from support.reading import new_book, of, record

FIELDS = {"on": "2017-01-12", "actor": "t.leader"}


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """Yield the book of a made-up fund."""
    book, _ = made_up_fund(tmp_path_factory.mktemp("made-up") / "book", 24, 11)
    with book:
        catch_up(book)
        yield book


@pytest.fixture(scope="module")
def injured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """Yield a book with a quarantined row, a stopped grant, a gap, and a correction of the fund."""
    place = tmp_path_factory.mktemp("injured") / "book"
    lives = {"G-1": g.CLOSED, "G-2": g.PAID, "G-3": g.EFFECTIVE, "G-4": g.FOLLOW_UP}
    with new_book(place, *(of(name, life) for name, life in lives.items())) as book:
        money = next(e.originator_version for e in book.entries("fund") if e.event.on == date(2008, 11, 15))
        reads = {"amount": "600000.00 USD"}
        record(
            book,
            g.correct_fund("2018-06-01", entry=money, reads=reads),
            g.consult("2018-01-01", partners=["DK"]),
        )
    with forging(place) as forger:
        position = forger.entry("grant:G-1", "Nonsense.v1", FIELDS)
        forger.entry("grant:G-3", "CostRecorded.v2", {**FIELDS, "x": 1}, command_id="another")
        forger.entry("grant:G-4", "GrantClosed.v1", FIELDS, version=99, command_id="third")
    with Book.open(place) as book:
        fields = {"on": "2026-01-31", "actor": "admin", "position": position, "reason": "put in by SQL"}
        assert book.record(QuarantineRow.read(fields), "admin").outcome == "accepted"
        record(book, g.cost("2018-07-01", grant="G-1", amount="3.00 USD"))
        assert len(book.stops()) == 2
        catch_up(book)
        yield book


@pytest.fixture(scope="module", params=["made_up", "injured"])
def book(request: pytest.FixtureRequest) -> Book:
    """Return each of the two books."""
    made: Book = request.getfixturevalue(request.param)
    return made


@pytest.fixture(scope="module")
def exported(book: Book, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export the book's entries in five buckets, the fund's included, and return the folder."""
    folder = tmp_path_factory.mktemp("exported") / "entries"
    export(book, folder, 4)
    return folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """Yield the address of a Dask cluster of two processes. It never retries a task that ended one."""
    config = {"distributed.scheduler.allowed-failures": 0}
    with (
        dask.config.set(config),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as made,
    ):
        yield str(made.scheduler_address)
