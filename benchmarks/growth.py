"""Which costs grow with the book: each command and report on books of three sizes.

A cost may grow only as its output does. So the ratio of the costs on the largest and the smallest book stands
beside the ratio of their outputs. Books differ in the number of grants, in the length of one grant, in the
partners, and in what was corrected.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus import GRANTBOOK, OFFICER, Corpus, long_life
from lives import FOUNDED, Command, usd

from lifecycle.book.book import Book
from lifecycle.parse import command_from

GRANTS = (1_000, 10_000, 100_000)
"""How many grants the books have."""
COMMANDS_A_GRANT = 15
LONG, PARTNERS = (100, 1_000, 10_000), (5, 50, 500)
"""Entries of the long grant; partners that join."""
LIMIT = 1.2
"""How much a cost may grow beside what its output grows."""
_GRANT = "MADE-000001"


@dataclass(frozen=True)
class Cost:
    """What one process took, and how much it printed."""

    wall: float
    processor: float
    megabytes: float
    printed: int
    exit_code: int


_LAUNCH = """
import os, subprocess, sys, time
began = time.perf_counter()
child = subprocess.Popen(sys.argv[2:], stdout=open(sys.argv[1], "wb"), stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
wall = time.perf_counter() - began
print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))
"""
"""Starts a process from a small one: whoever starts it counts as its memory, too."""


def cost(book: Path, words: Sequence[str]) -> Cost:
    """What a command of the shell takes on the book."""
    printed = book.with_name("printed")
    variables = {"GRANTBOOK_BOOK": str(book), "GRANTBOOK_OFFICER": OFFICER}
    about = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    launch = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(printed), *GRANTBOOK, *words]
    done = subprocess.run(launch, capture_output=True, text=True, env=about | variables, check=True)
    wall, processor, megabytes, exit_code = done.stdout.split()
    return Cost(float(wall), float(processor), float(megabytes), printed.stat().st_size, int(exit_code))


# ── what is asked ────────────────────────────────────────────────────────────────────────────

_OF_ALL = (
    *("register", "disbursement", "windows", "timeline", "exchanges", "outcomes", "stages", "value"),
    *("follow-ups", "parties", "experts", "surveys"),
)
_OF_FUND = ("fund", "calls", "countries", "instalments", "consultations")
_SUMS = (
    *("disbursement window", "disbursement sector", "disbursement country", "disbursement fiscal-year"),
    *("disbursement partner", "exchanges instrument", "exchanges country", "outcomes outcome"),
    *("timeline obligation", "countries pair", "countries sector", "value window", "value sector"),
)


def questions(newest: int, grant: str = _GRANT) -> Iterator[tuple[str, list[str]]]:
    """Each command that reads, by name, on a book at the position; some are of one grant."""
    yield "--help", ["--help"]
    yield "grant propose --help", ["grant", "propose", "--help"]
    yield "grant show", ["grant", "show", grant]
    yield "grant list", ["grant", "list"]
    yield "officer list", ["officer", "list"]
    yield "audit history GRANT", ["audit", "history", grant]
    yield "audit refusals", ["audit", "refusals"]
    yield "audit recorders", ["audit", "recorders"]
    yield "audit recorders GRANT", ["audit", "recorders", grant]
    yield "views status", ["views", "status"]
    yield "views update", ["views", "update"]
    yield "report glance", ["report", "glance"]
    yield "report glance --json", ["report", "glance", "--json"]
    yield "report progress", ["report", "progress", "--year", "2019"]
    yield "library search", ["library", "search", "health"]
    for name in (*_OF_ALL, *_OF_FUND):
        yield f"report {name}", ["report", name]
        yield f"report {name} --json", ["report", name, "--json"]
    yield "report register csv", ["report", "register", "--format", "csv"]
    yield "report register parquet", ["report", "register", "--output", os.devnull, "--format", "parquet"]
    yield "report timeline --due-within", ["report", "timeline", "--due-within", "30", "--json"]
    for words in _SUMS:
        name, key = words.split()
        yield f"report {name} --by {key}", ["report", name, "--by", key, "--json"]
    for name in ("register", "disbursement", "timeline"):
        yield f"report {name} --grant", ["report", name, "--grant", grant, "--json"]
        yield f"report {name} --known", ["report", name, "--known", str(newest - 50), "--json"]
    yield "report register --known half", ["report", "register", "--known", str(newest // 2), "--json"]
    yield (
        "report disbursement --by window --known",
        [*("report", "disbursement", "--by", "window", "--known", str(newest - 50), "--json")],
    )


def writes(number: int) -> Iterator[tuple[str, list[str]]]:
    """Each kind of command that writes, by name; the number keeps two of them from being the same command."""
    on = ("--on", "2024-12-31")
    cost_ = ("--amount", usd(10 + number), "--purpose", "supervision")
    yield "grant cost", ["grant", "cost", _GRANT, *cost_, *on, "--actor", "ttl-01"]
    yield "fund pledge", ["fund", "pledge", "CN", usd(100 + number), *on, "--actor", "finance-01"]
    yield "officer appoint", ["officer", "appoint", f"bench-{number}", "--roles", "ttl"]


# ── books ────────────────────────────────────────────────────────────────────────────────────


def _recorded(path: Path, commands: Iterable[Command]) -> Path:
    """Record the commands in the book, and return it."""
    with Book.open(path) as book, book.batch():
        for words in commands:
            answer = book.record(command_from(words), OFFICER)
            assert answer.outcome == "accepted", answer
    return path


def joining(partners: int) -> Iterator[Command]:
    """Let that many partners join the fund, each with a pledge."""
    for number in range(partners):
        about = {"partner": f"P{number:03}", "on": FOUNDED}
        name = {"name": f"Partner {number}", "kind": "emerging"}
        yield {"command": "JoinPartner", "actor": "secretariat-01"} | about | name
        yield {"command": "PledgeContribution", "actor": "finance-01", "amount": usd(1_000)} | about


def correction_of_grant(_: Path) -> Iterator[Command]:
    """Correct the first entry of a grant."""
    yield _correction({"grant": _GRANT, "entry": 1, "reads": {"title": "Corrected"}})


def correction_of_fund(path: Path) -> Iterator[Command]:
    """Correct the first pledge to the fund."""
    with Book.open(path, read_only=True) as book:
        pledge = next(e for e in book.entries("fund") if type(e.event).__name__ == "ContributionPledged")
    yield _correction({"entry": pledge.originator_version, "reads": {"amount": usd(1_000)}})


def _correction(change: Command) -> Command:
    said = {"command": "CorrectEntry", "actor": "approver-02", "on": "2024-12-31"}
    return said | {"reason": "The letter says so"} | change


# ── the table ────────────────────────────────────────────────────────────────────────────────


def growth_of_everything(own: Corpus, runs: int, scale: float) -> None:
    """Print what each command and report costs, on books that differ in one way at a time."""
    books = [own.book(int(size * scale) * COMMANDS_A_GRANT) for size in GRANTS]
    _compare(f"books of {_listed(GRANTS, scale)} grants", books, runs)
    for kind, correct in (("grant", correction_of_grant), ("fund", correction_of_fund)):
        corrected = [_recorded(_copy(path, kind), correct(path)) for path in books]
        _compare(f"the same after a correction of the {kind}", corrected, runs)
    sizes = [max(10, int(size * scale)) for size in LONG]
    long_ = [_recorded(_copy(books[0], f"long-{size}"), long_life("LONG-001", size)) for size in sizes]
    _compare(f"a grant of {_listed(LONG, scale)} entries", long_, runs, grant="LONG-001")
    sizes = [max(1, int(size * scale)) for size in PARTNERS]
    many = [_recorded(_copy(books[0], f"partners-{size}"), joining(size)) for size in sizes]
    _compare(f"{_listed(PARTNERS, scale)} more partners", many, runs)


def _listed(sizes: Sequence[int], scale: float) -> str:
    return ", ".join(f"{int(size * scale):,}" for size in sizes)


def _copy(path: Path, name: str) -> Path:
    copy = path.with_name(f"{path.name}-{name}")
    shutil.copytree(path, copy)
    return copy


def _compare(what: str, books: Sequence[Path], runs: int, grant: str = _GRANT) -> None:
    """Print what each command costs on each book, the books in turn; the cheapest of the runs counts."""
    head = " |".join(f"{'cpu s':>8} {'wall s':>8} {'MB':>6}" for _ in books)
    print(f"\n{what}\n{'':42} {head} | {'grew':>6} {'output':>6}", flush=True)
    for path in books:  # what the first reader has to make is no cost of the commands
        cost(path, ["views", "update"])
    asked = [dict(questions(_position(path), grant)) for path in books]
    for name in asked[0]:
        pairs = list(zip(books, asked, strict=True))
        costs = [[cost(path, words[name]) for path, words in pairs] for _ in range(runs)]
        print(line(name, [min(of_one, key=_processor) for of_one in zip(*costs, strict=True)]), flush=True)
    written = [_copy(path, "written") for path in books]
    for name in dict(writes(0)):
        costs = [[cost(path, dict(writes(n))[name]) for path in written] for n in range(runs)]
        print(line(name, [min(of_one, key=_processor) for of_one in zip(*costs, strict=True)]), flush=True)
    print(line("views rebuild", [cost(path, ["views", "rebuild"]) for path in written]), flush=True)
    for path in written:
        shutil.rmtree(path)


def _position(path: Path) -> int:
    with Book.open(path, read_only=True) as book:
        return book.position()


def _processor(one: Cost) -> float:
    return one.processor


def line(name: str, costs: Sequence[Cost]) -> str:
    """Return a row of the table: the cost on each book, and how it grew beside the output.

    ``!`` stands behind a command that did not exit with 0, ``grows`` behind a cost that grew more than its
    output.
    """
    cells = [
        f"{one.processor:8.2f} {one.wall:8.2f} {one.megabytes:6.0f}{'!' if one.exit_code else ''}"
        for one in costs
    ]
    first, last = costs[0], costs[-1]
    grew, output = last.processor / first.processor, last.printed / max(1, first.printed)
    remark = "" if grew <= LIMIT * max(1, output) else "  grows"
    return f"{name:42} {' |'.join(cells)} | {grew:6.1f} {output:6.1f}{remark}"
