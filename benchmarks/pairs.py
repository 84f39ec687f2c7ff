"""Measures the sides of a benchmark in turn, so that a busy machine slows all of them.

Each side runs once in a round. Each round gives a ratio of two runs that are close in time, and the
result is the median ratio of the rounds. The first round fills caches and does not count.
"""

import gc
import os
import platform
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

OURS = "grantbook"
LIBRARIES = ("click", "cryptography", "eventsourcing", "psycopg", "pydantic", "sqlalchemy", "structlog")


@dataclass(frozen=True)
class Spent:
    """What one run took for each command or entry (see `Benchmark.what`), and the most memory."""

    seconds: float
    """From the start to the end."""
    megabytes: float = 0.0
    processor: float = 0.0
    """Seconds on the processor, without waits for the disk or for another program; 0 if not measured."""


class TooSmall(Exception):
    """The books are too small for this benchmark."""


Side = Callable[[], Spent]


@dataclass(frozen=True)
class Goal:
    """A limit on the ratio to another side."""

    against: str
    limit: float | None = None
    """``None`` if the ratio is shown without a goal."""
    faster: bool = False
    """If true, the ratio is theirs to ours and must be at least the limit.

    If false, it is ours to theirs and must be at most the limit."""
    of: str = "seconds"
    """The field of `Spent` that is compared: ``seconds``, or ``megabytes``."""

    def ratio(self, ours: Spent, theirs: Spent, of: str = "") -> float | None:
        """Return the ratio of one round; ``None`` if it was not measured."""
        mine, other = getattr(ours, of or self.of), getattr(theirs, of or self.of)
        if not mine or not other:
            return None
        return float(other / mine if self.faster else mine / other)

    @property
    def name(self) -> str:
        """Return the name of the ratio: the other side's name, and ``memory`` if that is compared."""
        return self.against if self.of == "seconds" else f"{self.against}, memory"

    def is_met(self, ratio: float) -> bool | None:
        """Return whether the ratio is within the limit; ``None`` if there is no limit."""
        if self.limit is None:
            return None
        return ratio >= self.limit if self.faster else ratio <= self.limit

    def __str__(self) -> str:
        return "" if self.limit is None else f"{'≥' if self.faster else '≤'} {self.limit:g}"


@dataclass
class Benchmark:
    """What grantbook and other sides take for the same work."""

    name: str
    what: str
    """What was done in the seconds of a side, in words."""
    sides: dict[str, Side]
    goals: Sequence[Goal]
    runs: int = 7
    unit: str = "s"
    """What ``Spent.seconds`` holds: seconds (``s``), or bytes."""
    spent: dict[str, list[Spent]] = field(default_factory=dict)

    def run(self) -> None:
        """Run all sides, round by round."""
        self.spent = {name: [] for name in self.sides}
        names = list(self.sides)
        for round_ in range(self.runs + 1 if self.runs > 1 else 1):
            for name in names if round_ % 2 else reversed(names):
                gc.collect()
                spent = self.sides[name]()
                if round_ or self.runs == 1:
                    self.spent[name].append(spent)

    def seconds(self, side: str) -> float:
        """Return the median of the rounds."""
        return median(spent.seconds for spent in self.spent[side])

    def processor(self, side: str) -> float:
        """Return the median of the rounds' processor time."""
        return median(spent.processor for spent in self.spent[side])

    def ratio(self, goal: Goal, of: str = "") -> float | None:
        """Return the median of the ratios of the rounds; ``None`` if it was not measured."""
        pairs = zip(self.spent[OURS], self.spent[goal.against], strict=True)
        ratios = [ratio for pair in pairs if (ratio := goal.ratio(*pair, of)) is not None]
        return median(ratios) if ratios else None

    def as_json(self) -> dict[str, Any]:
        """Return the results as they are written to the JSON file."""
        sides: dict[str, Any] = {}
        for name, rounds in self.spent.items():
            least, most = (pick(spent.seconds for spent in rounds) for pick in (min, max))
            sides[name] = {
                "seconds" if self.unit == "s" else self.unit: _short(self.seconds(name)),
                "least": _short(least),
                "most": _short(most),
            }
            if processor := self.processor(name):
                sides[name]["processor"] = _short(processor)
            if memory := max(spent.megabytes for spent in rounds):
                sides[name]["megabytes"] = round(memory, 1)
        ratios = {goal.name: self._ratio_as_json(goal) for goal in self.goals}
        return {"what": self.what, "rounds": self.runs, "sides": sides, "ratios": ratios}

    def _ratio_as_json(self, goal: Goal) -> dict[str, Any]:
        ratio = self.ratio(goal)
        assert ratio is not None, f"{self.name}: {goal.name} was not measured"
        of_processor = self.ratio(goal, "processor") if goal.of == "seconds" else None
        return {
            "ratio": round(ratio, 3),
            "processor": None if of_processor is None else round(of_processor, 3),
            "is": f"{goal.against} / {OURS}" if goal.faster else f"{OURS} / {goal.against}",
            "goal": str(goal),
            "met": goal.is_met(ratio),
        }


def _short(number: float) -> float:
    return float(f"{number:.4g}")


def show(benchmark: Benchmark) -> None:
    """Print the results of a benchmark."""
    results = benchmark.as_json()
    print(f"\n{benchmark.name}: {benchmark.what}")
    for side in benchmark.sides:
        memory, processor = (results["sides"][side].get(name) for name in ("megabytes", "processor"))
        wall = _readable(benchmark.seconds(side), benchmark.unit)
        on_processor = f"({_readable(processor, 's')})" if processor else ""
        print(f"  {side:36} {wall:>12} {on_processor:>14} {f'{memory} MB' if memory else '':>10}")
    for name, ratio in results["ratios"].items():
        of_processor = f" ({ratio['processor']})" if ratio["processor"] else ""
        goal = f", goal {ratio['goal']}: {_OUTCOME[ratio['met']]}" if ratio["goal"] else ""
        print(f"    {name}: {ratio['is']} = {ratio['ratio']}{of_processor}{goal}", flush=True)


def _readable(number: float, unit: str) -> str:
    if unit != "s":
        return f"{number:,.0f} {unit}"
    for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if number * factor >= 1:
            return f"{number * factor:,.2f} {name}"
    return f"{number * 1e6:.2f} µs"


def table(results: dict[str, Any]) -> str:
    """Return the results in Markdown, a row for each ratio; processor time in brackets."""
    lines = [
        "",
        _machine_line(results),
        "",
        "| Benchmark | grantbook | beside | | ratio | goal | |",
        "| --- | ---: | --- | ---: | ---: | ---: | --- |",
    ]
    for name, result in results["benchmarks"].items():
        ours, shown = result["sides"][OURS], ""
        for key, ratio in result["ratios"].items():
            side = key.removesuffix(", memory")
            beside = _cell(result["sides"][side])
            in_brackets = f" ({ratio['processor']})" if ratio["processor"] else ""
            first = (f"`{name}`", _cell(ours)) if name != shown else ("", "")
            cells = (*first, key, beside, f"{ratio['ratio']}{in_brackets}", ratio["goal"])
            lines.append(f"| {' | '.join(cells)} | {_OUTCOME[ratio['met']]} |")
            shown = name
    return "\n".join(lines) + "\n\n"


_OUTCOME = {True: "met", False: "missed", None: ""}


def _cell(spent: dict[str, float]) -> str:
    """Return a median as text: seconds or bytes, then processor time in brackets, then memory."""
    if "bytes" in spent:
        return _readable(spent["bytes"], "bytes")
    processor = f" ({_readable(spent['processor'], 's')})" if "processor" in spent else ""
    memory = f", {spent['megabytes']:.0f} MB" if "megabytes" in spent else ""
    return f"{_readable(spent['seconds'], 's')}{processor}{memory}"


def _machine_line(results: dict[str, Any]) -> str:
    machine = results["machine"]
    libraries = ", ".join(f"{name} {number}" for name, number in machine["libraries"].items())
    books = "" if results["scale"] == 1 else f" Books of {results['scale']:.0%} of the usual size."
    return (
        f"{machine['system']}, {machine['processors']} processors, Python {machine['python']}, SQLite"
        f" {machine['sqlite']}; {libraries}. Medians of {results['rounds']} rounds.{books}"
    )


# ── how a side is measured ───────────────────────────────────────────────────────────────────


def timed(work: Callable[[], object], count: float = 1) -> Spent:
    """Return what the work took, divided by ``count``."""
    began, began_processor = time.perf_counter(), processor_time()
    work()
    return Spent(
        (time.perf_counter() - began) / count, processor=(processor_time() - began_processor) / count
    )


def processor_time() -> float:
    """Return the seconds on the processor of this process, and of its processes that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def mean(runs: Sequence[Spent]) -> Spent:
    """Return the mean of several runs."""
    seconds, processor = (sum(getattr(run, of) for run in runs) for of in ("seconds", "processor"))
    return Spent(seconds / len(runs), processor=processor / len(runs))


_LAUNCH = """
import os, subprocess, sys, time
began = time.perf_counter()
child = subprocess.Popen(sys.argv[2:], stdout=open(sys.argv[1], "wb"))
_, status, usage = os.wait4(child.pid, 0)
wall = time.perf_counter() - began
print(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
"""
"""Starts a process and prints what it took.

It runs in a small process, because the system counts the memory of the starting process for the started one.
"""


class Ended(NamedTuple):
    """What a process took, and how it ended."""

    wall: float
    processor: float
    megabytes: float
    exit_code: int
    errors: str


def launch(arguments: Sequence[str], output: Path | str, variables: Mapping[str, str]) -> Ended:
    """Run a process to its end, with its output in a file."""
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(output), *map(str, arguments)]
    # Modules are compiled once, as those of an installed program are, and not at each start.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        launcher, capture_output=True, text=True, env={**inherited, **variables}, check=True
    )
    wall, processor, memory, exit_code = done.stdout.split()
    kilobytes = float(memory) / (1024 if sys.platform == "darwin" else 1)
    return Ended(float(wall), float(processor), kilobytes / 1024, int(exit_code), done.stderr)


def process(arguments: Sequence[str], count: float = 1, **variables: str) -> Spent:
    """Run a process, and return what it took from its start to its end. Exit if the process fails."""
    ended = launch(arguments, os.devnull, variables)
    if ended.exit_code:
        sys.exit(f"{' '.join(map(str, arguments))} failed:\n{ended.errors[-2000:]}")
    return Spent(ended.wall / count, ended.megabytes, ended.processor / count)


def machine() -> dict[str, object]:
    """Return the machine and the versions on which the benchmarks ran."""
    libraries = {}
    for name in LIBRARIES:
        try:
            libraries[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "sqlite": sqlite3.sqlite_version,
        "libraries": libraries,
    }
