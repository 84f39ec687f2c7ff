"""Benchmarks of whole processes, from the shell, and of what a fund's journal weighs and how it grows."""

import sqlite3
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import corpus
from corpus import Corpus
from floors import least_bytes
from pairs import OURS, Benchmark, Goal, Spent, process

READS = "import click, pydantic, eventsourcing.sqlite"
WRITES = f"import sys; sys.modules['rich'] = None; {READS}, structlog"
"""What a write cannot do without: the shell, the commands, the journal and the log; not rich, which structlog
imports if it can."""


def _imports(code: str) -> Callable[[], Spent]:
    return lambda: process([sys.executable, "-c", code])


def processes(own: Corpus, commands: int, runs: int) -> list[Benchmark]:
    """Help, a grant shown, a command recorded: with views and seal brought to the end."""
    path = own.copy(commands)
    number = count()

    def write() -> Spent:
        return corpus.grantbook(path, "officer", "appoint", f"bench-{next(number)}", "--roles", "ttl")

    def case(name: str, what: str, ours: Callable[[], Spent], floor: str, limit: float) -> Benchmark:
        what += f", beside a process of `{floor}`"
        return Benchmark(name, what, {OURS: ours, "imports": _imports(floor)}, [Goal("imports", limit)], runs)

    return [
        case("help", "grantbook --help", lambda: corpus.grantbook(path, "--help"), "import click", 1.3),
        case(
            "help_of_command",
            "grantbook grant propose --help",
            lambda: corpus.grantbook(path, "grant", "propose", "--help"),
            "import click",
            1.3,
        ),
        case(
            "show",
            "grantbook grant show",
            lambda: corpus.grantbook(path, "grant", "show", "MADE-000001"),
            READS,
            1.2,
        ),
        case("record", "grantbook officer appoint, views caught up, sealed", write, WRITES, 2.2),
    ]


def growth(own: Corpus, commands: int, times: int, name: str = "growth") -> Benchmark:
    """A rebuild of so many times the entries: time, and the memory of the largest of its processes."""
    small, large = own.grown(commands, 1), own.grown(commands, times)

    def side(path: Path) -> Callable[[], Spent]:
        return lambda: corpus.grantbook(path, "views", "rebuild")

    return Benchmark(
        name,
        f"views rebuild of {_count(large):,} entries, beside one of {_count(small):,}",
        {OURS: side(large), "small": side(small)},
        [Goal("small", 1.1 * times), Goal("small", 1.1, of="megabytes")],
        runs=1,
    )


def _count(path: Path) -> int:
    with sqlite3.connect(path / "journal.sqlite") as raw:
        return int(raw.execute("SELECT count(*) FROM entries").fetchone()[0])


def storage(own: Corpus, commands: int) -> Benchmark:
    """Bytes of the journal's file for each entry."""
    journal = own.book(commands) / "journal.sqlite"
    entries = _count(own.book(commands))
    store = own.rival(commands)
    events = len(own.rival_events(commands))
    least = least_bytes(own.place / "least.sqlite", corpus.entry_rows(own.book(commands)))

    return Benchmark(
        "storage",
        f"an entry of {entries:,}, in the file",
        {
            OURS: lambda: Spent(journal.stat().st_size / entries),
            "rival": lambda: Spent(store.stat().st_size / events),
            "the least": lambda: Spent(least / entries),
        },
        [Goal("rival", 0.75)],
        runs=1,
        unit="bytes",
    )
