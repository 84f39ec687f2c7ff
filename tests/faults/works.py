"""The works that are killed (appending, `record`, projecting, rebuilding, sealing), and what must hold then.

Run as a script, it does some works a number of times and prints for each what was seen as a line of JSON:
    python works.py WORK,WORK COUNT SEED FOLDER
"""

import io
import json
import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from cli.main import run as grantbook
from lifecycle.book.book import Book
from lifecycle.journal.clock import utc_now
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from projections.engine.consistency_check import differences
from projections.engine.projector import catch_up, rebuild
from support import given as g
from support.books import make_book
from support.killing import (
    Ended,
    Work,
    acknowledged_before_synced,
    run,
)

GRANTS = [f"SSF-{number}" for number in range(5)]
COMMANDS = [(f"c{number}", GRANTS[number % 5]) for number in range(60)]
"""Ids of commands and their grants. Every tenth command is refused."""


def is_refused(command_id: str) -> bool:
    """Return whether the command is refused: its day is before the grant's first."""
    return int(command_id[1:]) % 10 == 9


def command_line(command_id: str, grant: str) -> dict[str, str]:
    """Return the command as a line for `record`."""
    day = "2017-01-09" if is_refused(command_id) else "2017-01-11"
    return {
        "command": "RecordCost",
        "grant": grant,
        "on": day,
        "actor": "t.leader",
        "purpose": "preparation",
        "amount": "10.00 USD",
        "command_id": command_id,
    }


# ── works ────────────────────────────────────────────────────────────────────────────────────


def append(path: Path) -> Work:
    """Record one command after the other, and acknowledge each when it is on disk."""

    def work(out: int) -> None:
        from lifecycle.parse import command_from

        with Book.open(path) as book:
            for command_id, grant in COMMANDS:
                book.record(command_from(command_line(command_id, grant)), "admin")
                os.write(out, f"{command_id}\n".encode())

    return work


def record(path: Path) -> Work:
    """Record a file of commands by the command line, with views and seal."""

    def work(out: int) -> None:
        lines = path.with_name("lines.jsonl")
        lines.write_text("".join(json.dumps(command_line(*command)) + "\n" for command in COMMANDS))
        os.dup2(out, 1)
        sys.stdout = os.fdopen(1, "w", buffering=1)
        sys.stderr = io.StringIO()
        words = ["record", str(lines), "--book", str(path), "--as", "admin", "--continue", "--json"]
        assert grantbook(words) == 1

    return work


def _with_entries(path: Path, then: Callable[[Book], object]) -> Work:
    def work(out: int) -> None:
        with Book.open(path) as book:
            then(book)
            os.write(out, b"done\n")

    return work


def project(path: Path) -> Work:
    """Catch the views up."""
    return _with_entries(path, catch_up)


def rebuild_views(path: Path) -> Work:
    """Rebuild the views."""
    return _with_entries(path, rebuild)


def seal(path: Path) -> Work:
    """Seal what is unsealed."""
    return _with_entries(path, lambda book: Seal(book).seal(rehash=True))


class Kind(NamedTuple):
    """A work, and whether the commands are recorded before it."""

    make: Callable[[Path], Work]
    recorded: bool


KINDS = {
    "append": Kind(append, False),
    "record": Kind(record, False),
    "projection": Kind(project, True),
    "rebuild": Kind(rebuild_views, True),
    "seal": Kind(seal, True),
}


# ── what must hold ───────────────────────────────────────────────────────────────────────────


def acknowledged(output: bytes) -> set[str]:
    """Return the ids of acknowledged commands in complete lines."""
    lines = output.decode().split("\n")[:-1]
    return {json.loads(line)["command_id"] if line.startswith("{") else line for line in lines} - {"done"}


def fault_after(path: Path, output: bytes) -> str | None:
    """Return what is wrong after a kill, before the work is run again, or None."""
    with Book.open(path) as book:
        kept = Counter(row[2] for row in _ids(book))
        refused = Counter(refusal.id for refusal in book.refusals())
        for command_id in acknowledged(output):
            if not (refused if is_refused(command_id) else kept)[command_id]:
                return f"{command_id} was acknowledged and is lost"
        twice = [command_id for command_id, count in (kept + refused).items() if count > 1]
        if twice:
            return f"{twice} are there twice"
        problems = [
            problem
            for problem in verify(book, Seal(book)).problems
            if "nothing was sealed" not in problem.message
        ]
        if problems:
            return str(problems)
    return None


def fault_at_the_end(path: Path) -> str | None:
    """Return what is wrong after the work was run again to its end, or None."""
    with Book.open(path) as book:
        kept = Counter(row[2] for row in _ids(book))
        expected = Counter(command_id for command_id, _ in COMMANDS if not is_refused(command_id))
        if kept != expected:
            return (
                f"other entries than those of an unbroken run: {kept - expected} more, {expected - kept} less"
            )
        if len(book.refusals()) != len(COMMANDS) // 10:
            return f"{len(book.refusals())} refusals"
        catch_up(book)
        Seal(book).seal()
        problems = [*verify(book, Seal(book)).problems, *differences(book)]
    return str(problems) if problems else None


def _ids(book: Book) -> list[tuple[str, int, str]]:
    return [
        (entry.originator_id, entry.originator_version, entry.command_id)
        for _, entries in book.histories()
        for entry in entries
        if entry.command_id[:1] == "c" and entry.command_id[1:].isdecimal()
    ]


def ask_in_a_child(question: Callable[[], str | None]) -> str | None:
    """Ask in a child, so that nothing is open in this process when it forks."""

    def work(out: int) -> None:
        os.write(out, (question() or "").encode())

    ended = run(work)
    return ended.output.decode() or (None if ended.code == 0 else f"the check ended with {ended.code}")


# ── many times ───────────────────────────────────────────────────────────────────────────────


def base_book(folder: Path, kind: Kind) -> Path:
    """Make the book as it is before the work, in a child. Returns its path."""
    path = folder / "base"

    def make(_: int) -> None:
        with make_book(path, clock=utc_now) as book:
            with book.batch():
                for grant in GRANTS:
                    assert book.record(g.propose("01-10", grant=grant), "t.leader").outcome == "accepted"
            catch_up(book)
            Seal(book).seal()
        if kind.recorded:
            append(path)(os.open(os.devnull, os.O_WRONLY))

    assert run(make).code == 0
    return path


def run_many_times(name: str, count: int, seed: int, folder: Path) -> dict[str, object]:
    """Run the work, kill it ``count`` times after a time and as often at a write, and check what is left."""
    kind, dice = KINDS[name], random.Random(seed)
    folder.mkdir(exist_ok=True)
    base, book = base_book(folder, kind), folder / "book"

    def fresh() -> Work:
        shutil.rmtree(book, ignore_errors=True)
        shutil.copytree(base, book)
        return kind.make(book)

    whole = run(fresh())
    assert whole.code == 0, whole
    counted = run(fresh(), kill_at_write=1 << 40)
    seen: Counter[str] = Counter()
    failures = []
    for moment, options in _moments(dice, count, whole, counted):
        if seen[moment] >= count:
            continue
        ended = run(fresh(), **options)
        if not ended.killed:
            seen["ended before"] += 1
            continue
        seen[moment] += 1
        seen["acknowledged before"] += len(acknowledged(ended.output))
        if fault := _fault_of(book, kind, ended):
            failures.append(f"seed {seed}, {moment} {options}: {fault}")
    if name == "append" and (too_early := acknowledged_before_synced(counted)):
        failures.append(f"{too_early} commands were acknowledged before they were on the disk")
    return {"seen": dict(seen), "writes": len(counted.calls), "failures": failures}


_TRIES = 20
"""The number of runs for each wanted kill that may end before their moment comes."""
AFTER, AT = "killed after a time", "killed at a call that writes"


def _moments(
    dice: random.Random, count: int, whole: Ended, counted: Ended
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield moments to kill at: first each call that writes, in random order, then random times.

    There are more moments than needed: on a machine that is less busy than when the whole runs were timed, a
    run commits less often and may end before its moment comes.
    """
    calls = list(range(1, len(counted.calls) + 1))
    dice.shuffle(calls)
    for number in range(_TRIES * count if calls else 0):
        yield AT, {"kill_at_write": calls[number % len(calls)]}
    for _ in range(_TRIES * count):
        yield AFTER, {"kill_after": dice.uniform(0, whole.seconds)}


def _fault_of(book: Path, kind: Kind, ended: Ended) -> str | None:
    """Return what is wrong after the kill, or after the work was run again."""
    fault = ask_in_a_child(lambda: fault_after(book, ended.output))
    if fault is None:
        run_again = run(kind.make(book))
        fault = None if run_again.code == 0 else f"run again, it ended with {run_again.code}"
    return fault or ask_in_a_child(lambda: fault_at_the_end(book))


if __name__ == "__main__":
    _, names, times, dice_seed, place = sys.argv
    for asked_for in names.split(","):
        found = run_many_times(asked_for, int(times), int(dice_seed), Path(place) / asked_for)
        sys.stdout.write(json.dumps({"work": asked_for, **found}) + "\n")
