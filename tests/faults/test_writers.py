"""Many at once: one winner a version, balances exact, and whoever reads on misses nothing."""

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
"""Once for all processes, which are forked from one that has loaded them and nothing else."""
Times = Callable[[int, int], int]


def effective(grant: str) -> list[Command]:
    """A grant of 90,000 that may ask for payments."""
    return [
        g.propose("01-10", grant=grant),
        g.request("01-20", grant=grant),
        g.approve("02-10", grant=grant),
        g.sign("03-01", grant=grant),
        g.make_effective("03-31", grant=grant),
    ]


def version_of(book: Book, grant: str) -> int:
    """How many entries the grant's stream has, without reading them."""
    question = "SELECT max(originator_version) FROM stored_events WHERE originator_id = ?"
    return int(book.journal.recorder.rows(question, f"grant:{grant}")[0][0])


def write(  # noqa: PLR0917 a process is given them by place
    path: str, writer: int, each: int, grants: list[str], start: Event, told: "Queue[list[Told]]"
) -> None:
    """Ask for payments on grants, each on the version just seen; look again where somebody was quicker."""
    dice, answers = random.Random(writer), list[Told]()
    # So that all of them ask for a little more than there is.
    most = int(COMMITTED) * len(grants) * 22 // (10 * each * WRITERS)
    start.wait()
    with Book.open(path) as book:
        for number in range(each):
            grant, amount = dice.choice(grants), dice.randint(1, most)
            payment, conflicts = f"P{writer}-{number}", 0
            while True:
                seen = version_of(book, grant)
                command = g.request_payment(
                    "04-10", grant=grant, payment=payment, amount=f"{amount}.00 USD", expect_version=seen
                )
                try:
                    answer = book.record(command, "t.leader")
                except VersionConflict:
                    conflicts += 1
                    continue
                answers.append((grant, amount, answer.refusal, answer.entries, conflicts))
                break
    told.put(answers)


Told = tuple[str, int, str | None, tuple[str, ...], int]
"""Grant, amount, refusal, entries, conflicts before it."""


def project(path: str, done: Event, told: "Queue[int]") -> None:
    """Catch the views up, again and again."""
    steps = 0
    with Book.open(path) as book:
        while not done.wait(0.02):
            catch_up(book)
            steps += 1
        catch_up(book)
    told.put(steps)


def read_on(book: Book, last: int, done: Callable[[], bool]) -> list[int]:
    """Positions as they come, by somebody who never asks for what is behind."""
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
def test_writers_at_once(
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
    answers: Queue[list[Told]] = server.Queue()
    steps: Queue[int] = server.Queue()
    writers = [
        server.Process(target=write, args=(str(book.path), seed + number, each, names, start, answers))
        for number in range(WRITERS)
    ]
    projectors = [server.Process(target=project, args=(str(book.path), done, steps)) for _ in range(2)]
    for process in (*writers, *projectors):
        process.start()
    start.set()
    with Book.open(book.path, read_only=True) as reader:
        seen = read_on(reader, before, lambda: answers.qsize() == WRITERS)
    told = [answer for _ in writers for answer in answers.get(timeout=60)]
    done.set()
    for process in (*writers, *projectors):
        process.join(120)
        assert process.exitcode == 0
    conflicts = sum(answer[-1] for answer in told)
    with Book.open(book.path) as after:
        what_holds(after, told, before, seen)
    tell(
        f"{len(told)} commands, {conflicts} conflicts asked again,"
        f" {Counter(answer[2] for answer in told)['ExceedsUndisbursedBalance']} refused,"
        f" {steps.get(timeout=10) + steps.get(timeout=10)} steps of two projectors"
    )


def what_holds(after: Book, told: list[Told], before: int, seen: list[int]) -> None:
    """Balances are exact, versions without gap, nothing was missed, and the views add up."""
    accepted = [answer for answer in told if answer[2] is None]
    assert {answer[2] for answer in told} <= {None, "ExceedsUndisbursedBalance"}
    names = [name for answer in accepted for name in answer[3]]
    assert len(names) == len(set(names)) == len(accepted)
    assert seen == list(range(before + 1, after.position() + 1))
    assert len(seen) == len(accepted)
    asked = Counter[str]()
    for grant, amount, refusal, _, _ in told:
        asked[grant] += amount if refusal is None else 0
    assert all(amount <= COMMITTED for amount in asked.values())
    report = run(after, "disbursement", as_of=g.TODAY)
    at = report.columns.index("requested")
    requested = {str(row[0]): Decimal(str(row[at])) for row in report.rows}
    assert requested == {grant: Decimal(asked[grant]) for grant in requested}
    Seal(after).seal()
    assert verify(after, Seal(after)).problems == []
    assert list(differences(after)) == []
