"""Benchmarks of whole processes of the shell, and of the size and growth of a journal."""

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
"""What every write imports: the shell, the commands, the journal and the log, but not rich, which structlog
imports if it is installed."""


ONE_MODEL = f"""{WRITES}
class Model(pydantic.BaseModel):
    number: int
Model(number=1)"""
"""The same, and one class that pydantic checks: ``import pydantic`` alone loads little of that package."""


def _imports(code: str) -> Callable[[], Spent]:
    return lambda: process([sys.executable, "-c", code])


def processes(inputs: Corpus, commands: int, runs: int) -> list[Benchmark]:
    """Measure help, showing a grant, and recording a command, which also updates the views and seals."""
    path = inputs.copy(commands)
    number = count()

    def write() -> Spent:
        return corpus.grantbook(path, "officer", "appoint", f"bench-{next(number)}", "--roles", "ttl")

    def case(name: str, what: str, ours: Callable[[], Spent], floor: str, limit: float) -> Benchmark:
        what += f", beside a process of `{floor}`"
        return Benchmark(name, what, {OURS: ours, "imports": _imports(floor)}, [Goal("imports", limit)], runs)

    record = Benchmark(
        "record",
        f"grantbook officer appoint, views caught up, sealed, beside a process of `{WRITES}`",
        {OURS: write, "imports": _imports(WRITES), "imports and one model": _imports(ONE_MODEL)},
        [Goal("imports", 2.2), Goal("imports and one model")],
        runs,
    )

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
        record,
    ]


def growth(inputs: Corpus, commands: int, times: int, name: str = "growth") -> Benchmark:
    """Compare a rebuild with one of ``times`` as many entries: time, and memory of the largest process."""
    small, large = inputs.grown(commands, 1), inputs.grown(commands, times)

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


def storage(inputs: Corpus, commands: int) -> Benchmark:
    """Measure the bytes of the journal's file for each entry."""
    journal = inputs.book(commands) / "journal.sqlite"
    entries = _count(inputs.book(commands))
    store = inputs.rival(commands)
    events = len(inputs.rival_events(commands))
    least = least_bytes(inputs.folder / "least.sqlite", corpus.entry_rows(inputs.book(commands)))

    return Benchmark(
        "storage",
        f"an entry of {entries:,}, in the file",
        {
            OURS: lambda: Spent(journal.stat().st_size / entries),
            "rival": lambda: Spent(store.stat().st_size / events),
            "the least": lambda: Spent(least / entries),
        },
        [Goal("rival", 0.75), Goal("the least", 1.1)],
        runs=1,
        unit="bytes",
    )
