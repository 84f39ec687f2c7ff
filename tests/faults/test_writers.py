"""Many writers at once: each version is written once, balances are exact, and a reader misses no entry."""

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.journal.clock import utc_now
from lifecycle.kernel.command import Command
from lifecycle.kernel.errors import VersionConflict
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from projections.engine.consistency_check import differences
from projections.engine.projector import catch_up
from projections.query import run
from support import given as g
from support.books import make_book, record

WRITERS = 8
FUNDED = 40_000_000
COMMITTED = Decimal(90_000)
LOADED = [
    "lifecycle.book.command_handler",
    "lifecycle.parse",
    "projections.engine.projector",
    "projections.reports.sql_views",
]
"""The modules that are loaded once, in the process from which all others are forked."""
Times = Callable[[int, int], int]


def effective(grant: str) -> list[Command]:
    """Return the commands of an effective grant of 90,000."""
    return [
        g.propose("01-10", grant=grant),
        g.request("01-20", grant=grant),
        g.approve("02-10", grant=grant),
        g.sign("03-01", grant=grant),
        g.make_effective("03-31", grant=grant),
    ]


def version_of(book: Book, grant: str) -> int:
    """Return the newest version of the grant's stream without reading its entries."""
    question = "SELECT max(originator_version) FROM stored_events WHERE originator_id = ?"
    return int(book.journal.recorder.rows(question, f"grant:{grant}")[0][0])


def write(  # noqa: PLR0917 a process is given them by place
    path: str, writer: int, each: int, grants: list[str], start: Event, results: "Queue[list[Result]]"
) -> None:
    """Request payments, each on the version just read; read it again after a conflict."""
    dice, own_results = random.Random(writer), list[Result]()
    # Together all writers request a little more than is committed.
    largest = int(COMMITTED) * len(grants) * 22 // (10 * each * WRITERS)
    start.wait()
    with Book.open(path) as book:
        for number in range(each):
            grant, amount = dice.choice(grants), dice.randint(1, largest)
            payment, conflicts = f"P{writer}-{number}", 0
            while True:
                seen = version_of(book, grant)
                command = g.request_payment(
                    "04-10", grant=grant, payment=payment, amount=f"{amount}.00 USD", expect_version=seen
                )
                try:
                    receipt = book.record(command, "t.leader")
                except VersionConflict:
                    conflicts += 1
                    continue
                own_results.append((grant, amount, receipt.refusal, receipt.entries, conflicts))
                break
    results.put(own_results)


Result = tuple[str, int, str | None, tuple[str, ...], int]
"""Grant, amount, refusal, entries, and the number of conflicts before it."""


def project(path: str, done: Event, steps_taken: "Queue[int]") -> None:
    """Catch the views up again and again, and put the number of steps into the queue."""
    steps = 0
    with Book.open(path) as book:
        while not done.wait(0.02):
            catch_up(book)
            steps += 1
        catch_up(book)
    steps_taken.put(steps)


def read_on(book: Book, last: int, done: Callable[[], bool]) -> list[int]:
    """Return the positions as they appear, to a reader that never reads backwards."""
    seen = list[int]()
    while True:
        finished = done()
        for stored in book.stored(after=last):
            seen.append(stored.position)
            last = stored.position
        if finished:
            return seen
        time.sleep(0.002)


@pytest.mark.parametrize("grants", [1, 16])
def test_writers_at_once_keep_balances_exact(
    grants: int, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    names, each = [f"SSF-{number}" for number in range(grants)], times(160, 2000) // WRITERS
    money = [*g.OFFICERS, g.join(g.START), g.receive("2008-11-15", amount=f"{FUNDED}.00 USD")]
    with make_book(tmp_path / "book", money, clock=utc_now) as book:
        record(book, [command for grant in names for command in effective(grant)])
        before = book.position()
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(LOADED)
    start, done = server.Event(), server.Event()
    queue: Queue[list[Result]] = server.Queue()
    steps: Queue[int] = server.Queue()
    writers = [
        server.Process(target=write, args=(str(book.path), seed + number, each, names, start, queue))
        for number in range(WRITERS)
    ]
    projectors = [server.Process(target=project, args=(str(book.path), done, steps)) for _ in range(2)]
    for process in (*writers, *projectors):
        process.start()
    start.set()
    with Book.open(book.path, read_only=True) as reader:
        seen = read_on(reader, before, lambda: queue.qsize() == WRITERS)
    results = [result for _ in writers for result in queue.get(timeout=60)]
    done.set()
    for process in (*writers, *projectors):
        process.join(120)
        assert process.exitcode == 0
    conflicts = sum(result[-1] for result in results)
    with Book.open(book.path) as after:
        assert_nothing_is_lost(after, results, before, seen)
    tell(
        f"{len(results)} commands, {conflicts} conflicts asked again,"
        f" {Counter(result[2] for result in results)['ExceedsUndisbursedBalance']} refused,"
        f" {steps.get(timeout=10) + steps.get(timeout=10)} steps of two projectors"
    )


def assert_nothing_is_lost(after: Book, results: list[Result], before: int, seen: list[int]) -> None:
    """Assert exact balances, versions without gaps, that the reader missed nothing, and right views."""
    accepted = [result for result in results if result[2] is None]
    assert {result[2] for result in results} <= {None, "ExceedsUndisbursedBalance"}
    names = [name for result in accepted for name in result[3]]
    assert len(names) == len(set(names)) == len(accepted)
    assert seen == list(range(before + 1, after.position() + 1))
    assert len(seen) == len(accepted)
    requested = Counter[str]()
    for grant, amount, refusal, _, _ in results:
        requested[grant] += amount if refusal is None else 0
    assert all(amount <= COMMITTED for amount in requested.values())
    report = run(after, "disbursement", as_of=g.TODAY)
    at = report.columns.index("requested")
    reported = {str(row[0]): Decimal(str(row[at])) for row in report.rows}
    assert reported == {grant: Decimal(requested[grant]) for grant in reported}
    Seal(after).seal()
    assert verify(after, Seal(after)).problems == []
    assert list(differences(after)) == []
