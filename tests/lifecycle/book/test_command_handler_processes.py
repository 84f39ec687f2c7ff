"""Several processes on one book, and killed processes: no money is promised twice, no entry is lost."""

import time
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from multiprocessing.queues import Queue, SimpleQueue
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.call.call import GrantSelected
from lifecycle.fund.pools.commitments import FundsCommitted
from lifecycle.grant.proposal.review import GrantApproved
from lifecycle.kernel.command import Command
from lifecycle.kernel.history import FUND, Entry
from support import given as g
from support.books import make_book, record
from support.processes import FORKS, process

pytestmark = pytest.mark.both_stores

PROCESSES, EACH, COVERED = 8, 5, 17
"""Eight processes approve five grants each; the fund has money for seventeen."""
PRICE = Decimal("1000.00")


def grants_of(worker: int) -> list[str]:
    return [f"SSF-{worker}-{number}" for number in range(EACH)]


def approve_all(path: str, worker: int, start: object, answers: "Queue[Receipt]") -> None:
    start.wait()  # type: ignore[attr-defined]
    with Book.open(path) as book:
        for grant in grants_of(worker):
            answer = book.record(g.approve("02-10", grant=grant, amount=f"{PRICE} USD"), "a.prover")
            answers.put((grant, answer.refusal, answer.entries))


Receipt = tuple[str, str | None, tuple[str, ...]]
"""Grant, refusal, entries."""


def approved_at_once(path: Path | str) -> list[Receipt]:
    """Return the receipt of each approval of each process."""
    answers: Queue[Receipt] = FORKS.Queue()
    start = FORKS.Event()
    workers = [process(approve_all, str(path), number, start, answers) for number in range(PROCESSES)]
    for worker in workers:
        worker.start()
    start.set()
    receipts = [answers.get(timeout=60) for _ in range(PROCESSES * EACH)]
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    return receipts


def proposals_and_requests(call: str | None = None) -> list[Command]:
    """Return the commands that propose each grant and request its funding."""
    return [
        command
        for worker in range(PROCESSES)
        for grant in grants_of(worker)
        for command in (g.propose("01-10", grant=grant, call=call), g.request("01-20", grant=grant))
    ]


def test_approvals_at_once_never_exceed_what_the_fund_has(place: Path | str) -> None:
    money = [*g.OFFICERS, g.join(g.START), g.receive("02-10", amount=f"{PRICE * COVERED} USD")]
    with make_book(place, money, clock=None) as book:
        record(book, proposals_and_requests())
    receipts = approved_at_once(book.place)
    assert Counter(refusal for _, refusal, _ in receipts) == {
        None: COVERED,
        "ExceedsAvailableFunds": PROCESSES * EACH - COVERED,
    }
    with Book.open(book.place) as after:
        assert_pairs_agree(after, {grant: entries for grant, refusal, entries in receipts if refusal is None})
        assert after.fund().available.least_from(g.day("02-10"))[0] == 0
        assert len(after.refusals()) == PROCESSES * EACH - COVERED


def test_approvals_at_once_never_exceed_the_envelope_of_their_call(place: Path | str) -> None:
    opened = g.open_call("01-03", closes="2017-01-31", envelope=f"{PRICE * COVERED} USD")
    with make_book(place, g.FOUNDED, clock=None) as book:
        record(book, [opened, *proposals_and_requests("C1")])
    receipts = approved_at_once(book.place)
    assert Counter(refusal for _, refusal, _ in receipts) == {
        None: COVERED,
        "ExceedsCallEnvelope": PROCESSES * EACH - COVERED,
    }
    with Book.open(book.place) as after:
        selected = [
            entry.event.grant for entry in after.entries("call:C1") if isinstance(entry.event, GrantSelected)
        ]
        assert sorted(selected) == sorted(grant for grant, refusal, _ in receipts if refusal is None)
        call = after.call("C1")
        assert call is not None
        assert call.left.least_from(g.day("02-10"))[0] == 0


def assert_pairs_agree(book: Book, accepted: dict[str, tuple[str, ...]]) -> None:
    """Assert that each approval is followed by its pair on the fund, of the same command, amount and day."""
    on_fund = {entry.name: entry for entry in book.entries(FUND)}
    committed = [entry for entry in on_fund.values() if isinstance(entry.event, FundsCommitted)]
    assert len(committed) == len(accepted)
    for grant, (own, pair) in accepted.items():
        approval = next(
            entry for entry in book.entries(f"grant:{grant}") if isinstance(entry.event, GrantApproved)
        )
        assert approval.name == own
        assert isinstance(approval.event, GrantApproved)
        taken = on_fund[pair]
        assert isinstance(taken.event, FundsCommitted)
        assert (taken.event.grant, taken.event.amount) == (grant, approval.event.amount)
        assert (taken.command_id, taken.event.on) == (approval.command_id, approval.event.on)
        assert taken.position == (approval.position or 0) + 1


# ── killed ───────────────────────────────────────────────────────────────────────────────────

IN_ALL, A_BATCH = 400, 40


def batches() -> list[list[tuple[str, str]]]:
    """Return batches of command ids and their grants. Every tenth command is refused."""
    commands = [(f"c{number}", f"SSF-{number % 7}") for number in range(IN_ALL)]
    return [commands[i : i + A_BATCH] for i in range(0, IN_ALL, A_BATCH)]


def run_through(path: str, done: "SimpleQueue[int]") -> None:
    """Record every batch, and send its number when it is on disk."""
    with Book.open(path) as book:
        for number, batch in enumerate(batches()):
            with book.batch():
                for index, (command_id, grant) in enumerate(batch):
                    on = "01-09" if index % 10 == 9 else "01-11"
                    book.record(g.cost(on, grant=grant, command_id=command_id), "t.leader")
            done.put(number)


@pytest.mark.parametrize("acknowledged", [0, 2, 5])
def test_a_killed_run_is_finished_by_running_it_again(place: Path | str, acknowledged: int) -> None:
    with make_book(place, clock=None) as book:
        record(book, [g.propose("01-10", grant=f"SSF-{number}") for number in range(7)])
        before = book.position()
    # Each has a queue of its own: the lock of the first one's may die with it.
    queues = done, _ = FORKS.SimpleQueue(), FORKS.SimpleQueue()
    run, again = (process(run_through, str(book.place), queue) for queue in queues)
    run.start()
    for number in range(acknowledged + 1):
        assert done.get() == number
    time.sleep(0.003 * acknowledged)
    run.kill()
    run.join(30)
    with Book.open(book.place) as killed:
        kept = [command_id for _, entries in killed.histories() for command_id in ids(entries)]
        whole = [
            command_id for batch in batches() for command_id, _ in batch if int(command_id[1:]) % 10 != 9
        ]
        assert sorted(kept) == sorted(whole[: len(kept)])
        assert len(kept) % (A_BATCH * 9 // 10) == 0
        assert len(kept) >= (acknowledged + 1) * A_BATCH * 9 // 10
    again.start()
    again.join(60)
    assert again.exitcode == 0
    with Book.open(book.place) as finished:
        kept = [command_id for _, entries in finished.histories() for command_id in ids(entries)]
        assert sorted(kept) == sorted(whole)
        assert finished.position() == before + len(whole)
        assert len(finished.refusals()) == IN_ALL // 10


def ids(entries: Iterable[Entry]) -> list[str]:
    """Return the ids of the run's commands that made these entries."""
    return [
        entry.command_id
        for entry in entries
        if entry.command_id[:1] == "c" and entry.command_id[1:].isdecimal()
    ]
