"""A primary is killed under eight writers and its standby promoted: nothing is lost, nothing done twice."""

import multiprocessing
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing.queues import Queue
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from projections.engine.consistency_check import differences
from support import given as g
from support.books import make_book, record
from support.follower import Follower
from support.servers import Server

WRITERS, EACH, GRANTS = 8, 25, 5
Acknowledged = tuple[str, int]
"""The id of an acknowledged command, and its position."""


@contextmanager
def pair() -> Iterator[tuple[Server, Server]]:
    """A primary, and a standby that confirms each commit once it can be read there."""
    primary = Server({"synchronous_commit": "remote_apply"})
    try:
        primary.rows("CREATE DATABASE fund TEMPLATE template0")
        standby = Server({"synchronous_commit": "remote_apply"}, copy_of=primary)
        try:
            primary.rows("ALTER SYSTEM SET synchronous_standby_names = '*'")
            primary.rows("SELECT pg_reload_conf()")
            yield primary, standby
        finally:
            standby.remove()
    finally:
        primary.remove()


def write(
    address: str, writer: int, acknowledged: "Queue[Acknowledged]", start: "multiprocessing.synchronize.Event"
) -> None:
    """Record one command after the other, and put each into the queue once it is acknowledged."""
    with Book.open(address) as book:
        start.wait(120)
        for number in range(EACH):
            command = g.cost("06-12", grant=f"SSF-{number % GRANTS + 1}", command_id=f"{writer}-{number}")
            receipt = book.record(command, "t.leader")
            assert receipt.outcome == "accepted", receipt
            acknowledged.put((receipt.command_id, receipt.position or 0))


def acknowledged_by_all(
    queue: "Queue[Acknowledged]", after: int, act: Callable[[], None]
) -> tuple[list[Acknowledged], float]:
    """Return all acknowledged commands, and the seconds from the act to the next acknowledgement."""
    acknowledged, waited = list[Acknowledged](), 0.0
    while len(acknowledged) < WRITERS * EACH:
        acknowledged.append(queue.get(timeout=120))
        if len(acknowledged) == after:
            began = time.monotonic()
            act()
            acknowledged.append(queue.get(timeout=120))
            waited = time.monotonic() - began
    return acknowledged, waited


def test_a_failover_loses_nothing_and_repeats_nothing(
    seed: int,
    times: Callable[[int, int], int],
    tell: Callable[[str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GRANTBOOK_SEALS", str(tmp_path))
    dice, longest = random.Random(seed), 0.0
    for _ in range(times(1, 10)):
        with pair() as (primary, standby):
            longest = max(longest, failed_over(primary, standby, dice))
    killed = times(1, 10)
    tell(
        f"{killed} primaries killed under {WRITERS} writers, {killed * WRITERS * EACH:,} commands:"
        f" none lost, none twice; answers again after {longest:.1f} s at the most"
    )


def test_views_follow_through_a_promotion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A follower of an address with both servers goes on after the promotion."""
    monkeypatch.setenv("GRANTBOOK_SEALS", str(tmp_path))
    with pair() as (primary, standby):
        both = f"postgresql://postgres@/fund?host={primary.folder},{standby.folder}"
        with make_book(primary.url("fund"), [*g.FOUNDED], clock=None) as book:
            record(book, [g.propose("01-10", grant="SSF-1")])
            _until(lambda: all(check.is_well for check in book.health(standby=True)))
            before = book.position()
        with closing(Follower(both)) as follower:
            follower.until(lambda message: message.get("position") == before)
            primary.end(signal.SIGKILL)
            standby.promote()
            with Book.open(both) as after:
                after.record(g.cost("06-12", grant="SSF-1"), "t.leader")
                follower.until(lambda message: message.get("position") == before + 1)
                assert list(differences(after)) == []
            states = [message["state"] for message in follower.messages]
            assert states.index("away") < len(states) - 1
            assert follower.end(signal.SIGTERM) == 0


def failed_over(primary: Server, standby: Server, dice: random.Random) -> float:
    """Kill the primary at some command. Returns the seconds until the next one is acknowledged."""
    with make_book(primary.url("fund"), [*g.FOUNDED], clock=None) as book:
        record(book, [g.propose("01-10", grant=f"SSF-{number + 1}") for number in range(GRANTS)])
        before = book.position()
        _until(lambda: all(check.is_well for check in book.health(standby=True)))
    both = f"postgresql://postgres@/fund?host={primary.folder},{standby.folder}"
    spawn = multiprocessing.get_context("spawn")
    queue: Queue[Acknowledged] = spawn.Queue()
    start = spawn.Event()
    writers = [spawn.Process(target=write, args=(both, number, queue, start)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    start.set()

    def kill() -> None:
        primary.end(signal.SIGKILL)
        standby.promote()

    acknowledged, waited = acknowledged_by_all(queue, dice.randrange(10, WRITERS * EACH - 40), kill)
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    with Book.open(both) as after:
        assert_nothing_is_lost(after, acknowledged, before)
    return waited


def assert_nothing_is_lost(after: Book, acknowledged: list[Acknowledged], before: int) -> None:
    """Assert that each command is recorded once at its acknowledged position, without gaps."""
    entries = [entry for _, entries in after.histories(before) for entry in entries]
    kept = {entry.command_id: entry.position for entry in entries if "-" in entry.command_id[:3]}
    counted = Counter(entry.command_id for entry in entries)
    assert dict(acknowledged).items() <= kept.items()
    assert len(acknowledged) == len(dict(acknowledged)) == WRITERS * EACH
    assert {counted[command_id] for command_id, _ in acknowledged} == {1}
    assert after.position() == before + WRITERS * EACH
    Seal(after).seal()
    assert verify(after, Seal(after)).problems == []


def _until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)
