"""Eight writers that record at once whatever they like: money balances, and nothing is recorded twice."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from threading import Barrier

import pytest

from lifecycle.book.book import Book
from lifecycle.grant.evolve import fold
from lifecycle.kernel.command import Command
from lifecycle.kernel.history import FUND, in_force
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from support import given as g
from support.books import make_book, record
from support.faults_mode import SEED
from support.processes import FORKS, pool

pytestmark = [pytest.mark.both_stores, pytest.mark.slow]

WRITERS, EACH, GRANTS = 8, 12, 6
FUNDED, COMMITTED = 300_000, 90_000
"""The fund has money for three of the grants, and for a little more."""


def names() -> list[str]:
    return [f"SSF-{number}" for number in range(GRANTS)]


def any_command(dice: random.Random, command_id: str) -> Command:
    """One that another writer may be in the way of: of the grant, of the fund, or not at all."""
    grant, amount = dice.choice(names()), f"{dice.randint(1, 30_000)}.00 USD"
    asked = [
        g.cost("06-12", grant=grant, command_id=command_id),
        g.cost("01-01", grant=grant, command_id=command_id),
        g.approve("02-10", grant=grant, command_id=command_id),
        g.increase("02-11", grant=grant, amount=amount, command_id=command_id),
        g.cancel("06-14", grant=grant, command_id=command_id),
        g.receive("02-10", amount="10.00 USD", command_id=command_id),
    ]
    return dice.choices(asked, weights=[6, 2, 5, 6, 1, 1])[0]


Answer = tuple[str, str, str | None, tuple[str, ...], int | None]
"""Id, outcome, refusal, entries, position."""


def write(path: str, seed: int, writer: int, start: Barrier) -> list[Answer]:
    """Half of the ids belong to this writer; every other one is given by a second writer, too."""
    answers = list[Answer]()
    with Book.open(path) as book:
        start.wait(120)
        for number in range(EACH):
            command_id = f"{writer // 2 if number % 2 else f'own-{writer}'}-{number}"
            command = any_command(random.Random(f"{seed} {command_id}"), command_id)
            receipt = book.record(command, command.actor)
            answers.append((command_id, receipt.outcome, receipt.refusal, receipt.entries, receipt.position))
    return answers


def threads(path: str, seed: int) -> list[Answer]:
    """What eight threads were answered, each with the book open for itself."""
    start = threading.Barrier(WRITERS)
    with ThreadPoolExecutor(WRITERS) as workers:
        parts = [workers.submit(write, path, seed, writer, start) for writer in range(WRITERS)]
    return [answer for part in parts for answer in part.result()]


def processes(path: str, seed: int) -> list[Answer]:
    """What eight processes were answered."""
    with FORKS.Manager() as manager, pool(WRITERS) as workers:
        start = manager.Barrier(WRITERS)
        parts = [workers.submit(write, path, seed, writer, start) for writer in range(WRITERS)]
        return [answer for part in parts for answer in part.result()]


@pytest.mark.parametrize(
    ("writers", "seed"), [(processes, SEED), *((threads, SEED + more) for more in range(4))]
)
def test_eight_writers(place: Path | str, writers: Callable[[str, int], list[Answer]], seed: int) -> None:
    money = [*g.OFFICERS, g.join(g.START), g.receive("02-10", amount=f"{FUNDED}.00 USD")]
    asked = [g.but(command, grant=name) for name in names() for command in g.REQUESTED]
    with make_book(place, [*money], clock=None) as book:
        record(book, asked)
        before = book.position()
    answers = writers(str(book.place), seed)
    with Book.open(book.place) as after:
        each_is_answered_once(after, answers)
        money_balances(after)
        rows = list(after.stored())
        assert [row.position for row in rows] == list(range(1, len(rows) + 1))
        assert len(rows) == before + sum(len(answer[3]) for answer in answers if answer[1] == "accepted")
        assert all(later.recorded_at > row.recorded_at for row, later in pairwise(rows))
        Seal(after).seal()
        assert verify(after, Seal(after)).problems == []


def each_is_answered_once(book: Book, answers: list[Answer]) -> None:
    """Whoever asked with the same id was told the same, one of them as a repeat."""
    by_id: dict[str, list[Answer]] = {}
    for answer in answers:
        by_id.setdefault(answer[0], []).append(answer)
    for same in by_id.values():
        assert len({answer[2:] for answer in same}) == 1
        assert sum(answer[1] != "repeat" for answer in same) == 1
    refused = Counter(refusal.id for refusal in book.refusals())
    assert set(refused.values()) <= {1}
    assert len(refused) == sum(answer[1] == "refused" for answer in answers)


def money_balances(book: Book) -> None:
    """The fund never promised more than it has, and its promises are those of its grants."""
    fund = book.fund()
    assert fund.available.least_from(g.START)[0] >= 0
    signs = {"FundsCommitted": 1, "CommitmentIncreased": 1, "CommitmentReleased": -1}
    promised: dict[str, Decimal] = dict.fromkeys(names(), Decimal(0))
    for entry in book.entries(FUND):
        if sign := signs.get(type(entry.event).__name__):
            promised[entry.event.grant] += sign * entry.event.amount.amount  # type: ignore[attr-defined]
    for name, amount in promised.items():
        grant = fold(in_force(book.entries(f"grant:{name}")))
        assert grant is not None
        assert grant.committed == amount
