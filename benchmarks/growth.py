"""Shows which costs grow with the book, by running each command and report on books of three sizes.

A cost may grow only as its output grows. So the table has the ratio of the costs on the largest and the
smallest book, and the ratio of their outputs. The books differ in the number of grants, in the length of one
grant, in the number of partners, and in what was corrected.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus import GRANTBOOK, OFFICER, Corpus, long_life
from lives import FOUNDED, Command, usd
from pairs import launch

from lifecycle.book.book import Book
from lifecycle.parse import command_from

GRANTS = (1_000, 10_000, 100_000)
"""How many grants the books have."""
COMMANDS_A_GRANT = 15
LONG, PARTNERS = (100, 1_000, 10_000), (5, 50, 500)
"""How many entries the long grant has; how many partners join."""
LIMIT = 1.2
"""A cost that grows more than this number of times the growth of its output is marked."""
_GRANT = "MADE-000001"


@dataclass(frozen=True)
class Cost:
    """What one process took, and how many bytes it printed."""

    wall: float
    processor: float
    megabytes: float
    printed: int
    exit_code: int


def cost(book: Path, words: Sequence[str]) -> Cost:
    """Run a command of the shell on the book, and return what it took."""
    printed = book.with_name("printed")
    variables = {"GRANTBOOK_BOOK": str(book), "GRANTBOOK_OFFICER": OFFICER}
    ended = launch([*GRANTBOOK, *words], printed, variables)
    return Cost(ended.wall, ended.processor, ended.megabytes, printed.stat().st_size, ended.exit_code)


# ── the commands ─────────────────────────────────────────────────────────────────────────────

_OF_ALL = (
    *("register", "disbursement", "windows", "timeline", "exchanges", "outcomes", "stages", "value"),
    *("follow-ups", "parties", "experts", "surveys", "payments", "entries", "documents"),
)
_OF_FUND = ("fund", "calls", "countries", "instalments", "consultations")
_SUMS = (
    *("disbursement window", "disbursement sector", "disbursement country", "disbursement fiscal-year"),
    *("disbursement partner", "exchanges instrument", "exchanges country", "outcomes outcome"),
    *("timeline obligation", "countries pair", "countries sector", "value window", "value sector"),
)


def reads(newest: int, grant: str = _GRANT) -> Iterator[tuple[str, list[str]]]:
    """Yield each command that reads a book at position ``newest``, with its name."""
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
    """Yield commands that write, each with its name. Commands with different numbers are not repeats."""
    on = ("--on", "2024-12-31")
    amount = ("--amount", usd(10 + number), "--purpose", "supervision")
    yield "grant cost", ["grant", "cost", _GRANT, *amount, *on, "--actor", "ttl-01"]
    yield "fund pledge", ["fund", "pledge", "CN", usd(100 + number), *on, "--actor", "finance-01"]
    yield "officer appoint", ["officer", "appoint", f"bench-{number}", "--roles", "ttl"]


# ── books ────────────────────────────────────────────────────────────────────────────────────


def _recorded(path: Path, commands: Iterable[Command]) -> Path:
    """Record the commands in the book, and return it."""
    with Book.open(path) as book, book.batch():
        for words in commands:
            receipt = book.record(command_from(words), OFFICER)
            assert receipt.outcome == "accepted", receipt
    return path


def joining(partners: int) -> Iterator[Command]:
    """Let that many partners join the fund, each with a pledge."""
    for number in range(partners):
        common = {"partner": f"P{number:03}", "on": FOUNDED}
        name = {"name": f"Partner {number}", "kind": "emerging"}
        yield {"command": "JoinPartner", "actor": "secretariat-01"} | common | name
        yield {"command": "PledgeContribution", "actor": "finance-01", "amount": usd(1_000)} | common


def grant_correction(_: Path) -> Iterator[Command]:
    """Correct the first entry of a grant."""
    yield _correction({"grant": _GRANT, "entry": 1, "reads": {"title": "Corrected"}})


def fund_correction(path: Path) -> Iterator[Command]:
    """Correct the first pledge to the fund."""
    with Book.open(path, read_only=True) as book:
        pledge = next(
            entry for entry in book.entries("fund") if type(entry.event).__name__ == "ContributionPledged"
        )
    yield _correction({"entry": pledge.originator_version, "reads": {"amount": usd(1_000)}})


def _correction(change: Command) -> Command:
    command = {"command": "CorrectEntry", "actor": "approver-02", "on": "2024-12-31"}
    return command | {"reason": "The letter says so"} | change


# ── the table ────────────────────────────────────────────────────────────────────────────────


def growth_of_everything(inputs: Corpus, runs: int, scale: float) -> None:
    """Print what each command and report costs, on books that differ in one way at a time."""
    books = [inputs.book(int(size * scale) * COMMANDS_A_GRANT) for size in GRANTS]
    _compare(f"books of {_listed(GRANTS, scale)} grants", books, runs)
    for corrected, correction in (("grant", grant_correction), ("fund", fund_correction)):
        copies = [_recorded(_copy(path, corrected), correction(path)) for path in books]
        _compare(f"the same after a correction of the {corrected}", copies, runs)
    sizes = [max(10, int(size * scale)) for size in LONG]
    copies = [_recorded(_copy(books[0], f"long-{size}"), long_life("LONG-001", size)) for size in sizes]
    _compare(f"a grant of {_listed(LONG, scale)} entries", copies, runs, grant="LONG-001")
    sizes = [max(1, int(size * scale)) for size in PARTNERS]
    copies = [_recorded(_copy(books[0], f"partners-{size}"), joining(size)) for size in sizes]
    _compare(f"{_listed(PARTNERS, scale)} more partners", copies, runs)


def _listed(sizes: Sequence[int], scale: float) -> str:
    return ", ".join(f"{int(size * scale):,}" for size in sizes)


def _copy(path: Path, name: str) -> Path:
    copy = path.with_name(f"{path.name}-{name}")
    shutil.copytree(path, copy)
    return copy


def _compare(title: str, books: Sequence[Path], runs: int, grant: str = _GRANT) -> None:
    """Print what each command costs on each book, the books in turn; the cheapest of the runs counts."""
    head = " |".join(f"{'cpu s':>8} {'wall s':>8} {'MB':>6}" for _ in books)
    print(f"\n{title}\n{'':42} {head} | {'grew':>6} {'output':>6}", flush=True)
    for path in books:  # so that the first command does not pay for it
        cost(path, ["views", "update"])
    commands = [dict(reads(_position(path), grant)) for path in books]
    for name in commands[0]:
        pairs = list(zip(books, commands, strict=True))
        costs = [[cost(path, words[name]) for path, words in pairs] for _ in range(runs)]
        print(line(name, [min(of_book, key=_processor) for of_book in zip(*costs, strict=True)]), flush=True)
    written = [_copy(path, "written") for path in books]
    for name in dict(writes(0)):
        costs = [[cost(path, dict(writes(n))[name]) for path in written] for n in range(runs)]
        print(line(name, [min(of_book, key=_processor) for of_book in zip(*costs, strict=True)]), flush=True)
    print(line("views rebuild", [cost(path, ["views", "rebuild"]) for path in written]), flush=True)
    for path in written:
        shutil.rmtree(path)


def _position(path: Path) -> int:
    with Book.open(path, read_only=True) as book:
        return book.position()


def _processor(cost: Cost) -> float:
    return cost.processor


def line(name: str, costs: Sequence[Cost]) -> str:
    """Return a row of the table: the cost on each book, and how it grew beside the output.

    ``!`` marks a command that did not exit with 0, ``grows`` a cost that grew more than its output.
    """
    cells = [
        f"{cost.processor:8.2f} {cost.wall:8.2f} {cost.megabytes:6.0f}{'!' if cost.exit_code else ''}"
        for cost in costs
    ]
    first, last = costs[0], costs[-1]
    grew, output = last.processor / first.processor, last.printed / max(1, first.printed)
    remark = "" if grew <= LIMIT * max(1, output) else "  grows"
    return f"{name:42} {' |'.join(cells)} | {grew:6.1f} {output:6.1f}{remark}"
