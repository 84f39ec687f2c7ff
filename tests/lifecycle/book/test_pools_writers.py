"""Eight writers that draw from pools at once, and correct what they drew: no pool is ever short."""

import random
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.fund.evolve import fold
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import fold as fold_grant
from lifecycle.grant.proposal.review import GrantApproved
from lifecycle.kernel.command import Command
from lifecycle.kernel.history import FUND, in_force
from support import given as g
from support.books import make_book
from support.faults_mode import SEED
from support.rejudging import faults

pytestmark = [pytest.mark.both_stores, pytest.mark.slow]

WRITERS, EACH, GRANTS = 8, 10, 5
TZ_ONLY = {"strength": "hard", "countries": ["TZ", "UG"]}
HEALTH_FIRST = {"strength": "soft", "sectors": ["health"]}
MONEY = [
    *g.OFFICERS,
    g.join(g.START),
    g.receive("2016-12-01", amount="60000.00 USD"),
    g.agree_contribution("2016-12-01", agreement="HARD", preference=TZ_ONLY),
    g.agree_contribution("2016-12-01", agreement="SOFT", preference=HEALTH_FIRST),
    g.receive("2016-12-02", agreement="HARD", amount="100000.01 USD"),
    g.receive("2016-12-02", agreement="SOFT", amount="70000.00 USD"),
]


def any_command(dice: random.Random, book: Book) -> Command:
    """Return a command that draws from pools, gives back, or changes what they have."""
    grant, amount = f"SSF-{dice.randrange(GRANTS)}", f"{dice.randint(1, 4_000_000) / 100:.2f} USD"
    on = f"2017-0{dice.randint(2, 4)}-{dice.randint(10, 28)}"
    pool = dice.choice(["HARD", "SOFT", None])
    stream = book.entries(f"grant:{grant}")
    approved = [entry.originator_version for entry in stream if isinstance(entry.event, GrantApproved)]
    if approved and dice.random() < 0.3:
        reads = dice.choice([{"amount": amount}, {"on": on}, {"amount": amount, "on": on}])
        return g.correct("2017-06-01", grant=grant, entry=approved[0], reads=reads)
    return dice.choice(
        [
            g.approve(on, grant=grant, amount=amount),
            g.increase(on, grant=grant, amount=amount),
            g.cancel_balance(on, grant=grant, amount=amount),
            g.receive(on, agreement=pool, amount=amount),
            g.return_funds(on, agreement=pool, amount=amount),
            g.charge_fee(on, agreement=pool, amount=amount),
        ]
    )


def write(path: str, seed: str, start: threading.Barrier) -> int:
    """Record commands, and return how many were accepted."""
    dice, accepted = random.Random(seed), 0
    with Book.open(path) as book:
        start.wait(120)
        for _ in range(EACH):
            command = any_command(dice, book)
            accepted += book.record(command, command.actor).outcome == "accepted"
    return accepted


def test_eight_writers_leave_no_pool_short(place: Path | str) -> None:
    asked = [g.but(command, grant=f"SSF-{number}") for number in range(GRANTS) for command in g.REQUESTED]
    start = threading.Barrier(WRITERS)
    with make_book(place, [*MONEY, *asked], clock=None) as book:
        with ThreadPoolExecutor(WRITERS) as workers:
            parts = [
                workers.submit(write, str(place), f"{SEED} {writer}", start) for writer in range(WRITERS)
            ]
            assert sum(part.result() for part in parts) > WRITERS
        entries = book.entries(FUND)
        _check_pools(fold(in_force(entries)))
        _check_draws(book, fold(in_force(entries)))
        assert not faults(book)


def _check_pools(fund: Fund) -> None:
    """Assert that the pools add up to what is available, and that none is below zero, on each day."""
    assert fund.agreements
    names = (*fund.agreements, None)
    for on in fund.available.days_from(date(2008, 1, 1)):
        left = [fund.pool(name).at(on) for name in names]
        assert min(left) >= 0, on
        assert sum(left) == fund.available.at(on), on


def _check_draws(book: Book, fund: Fund) -> None:
    """Assert that a grant's draws add up to its commitment on each day, none below zero."""
    for number in range(GRANTS):
        grant = fold_grant(in_force(book.entries(f"grant:SSF-{number}")))
        assert grant is not None
        committed = defaultdict[date, Decimal](Decimal)
        for on, amount in grant.commitments:
            committed[on] += amount
        drawn = defaultdict[date, Decimal](Decimal)
        by_pool = defaultdict[object, Decimal](Decimal)
        changes = fund.drawn.get(grant.id, ())
        for position, change in enumerate(changes):
            drawn[change.on] += change.amount
            assert sum(part for _, _, part in change.parts) == change.amount
            for rank, agreement, part in change.parts:
                by_pool[rank, agreement] += part
            if position + 1 == len(changes) or changes[position + 1].on > change.on:
                assert min(by_pool.values()) >= 0, change.on
        assert {on: amount for on, amount in drawn.items() if amount} == {
            on: amount for on, amount in committed.items() if amount
        }
