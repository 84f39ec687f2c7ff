"""Measuring in turn: each side of a benchmark runs once a round, so that a busy machine slows all of them.

A ratio is taken in each round, between neighbours in time, and the median of the rounds counts. The first
round fills caches and does not count.
"""

import gc
import os
import platform
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from statistics import median
from typing import Any

OURS = "grantbook"
LIBRARIES = ("click", "cryptography", "eventsourcing", "psycopg", "pydantic", "sqlalchemy", "structlog")


@dataclass(frozen=True)
class Spent:
    """What one run took: seconds for each of the things that it did, and the most memory."""

    seconds: float
    megabytes: float = 0.0


Side = Callable[[], Spent]


@dataclass(frozen=True)
class Goal:
    """What was promised: so many times as fast as another side, or at most so many times as long."""

    against: str
    limit: float
    faster: bool = False
    """The ratio is theirs to ours and has to reach the limit; otherwise ours to theirs, within it."""
    of: str = "seconds"
    """What is compared: ``seconds`` (or what stands for them), or ``megabytes``."""

    def ratio(self, ours: Spent, theirs: Spent) -> float:
        """Of one round."""
        mine, other = getattr(ours, self.of), getattr(theirs, self.of)
        return float(other / mine if self.faster else mine / other)

    @property
    def name(self) -> str:
        """Of the ratio: the other side's, where time is compared."""
        return self.against if self.of == "seconds" else f"{self.against}, memory"

    def met(self, ratio: float) -> bool:
        """Whether the promise is kept."""
        return ratio >= self.limit if self.faster else ratio <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.faster else '≤'} {self.limit:g}"


@dataclass
class Benchmark:
    """One measured thing beside its rival and its floor."""

    name: str
    what: str
    """One of what the seconds are of, in words."""
    sides: dict[str, Side]
    goals: Sequence[Goal]
    runs: int = 7
    unit: str = "s"
    """Of what a side gives: seconds, or bytes."""
    spent: dict[str, list[Spent]] = field(default_factory=dict)

    def run(self) -> None:
        """All sides, round by round."""
        self.spent = {name: [] for name in self.sides}
        names = list(self.sides)
        for round_ in range(self.runs + 1 if self.runs > 1 else 1):
            for name in names if round_ % 2 else reversed(names):
                gc.collect()
                one = self.sides[name]()
                if round_ or self.runs == 1:
                    self.spent[name].append(one)

    def seconds(self, side: str) -> float:
        """The median of the rounds."""
        return median(one.seconds for one in self.spent[side])

    def ratio(self, goal: Goal) -> float:
        """The median of the rounds' own ratios."""
        pairs = zip(self.spent[OURS], self.spent[goal.against], strict=True)
        return median(goal.ratio(ours, theirs) for ours, theirs in pairs)

    def as_json(self) -> dict[str, Any]:
        """Return the results as they are written to the JSON file."""
        sides: dict[str, Any] = {}
        for name, spent in self.spent.items():
            least, most = (pick(one.seconds for one in spent) for pick in (min, max))
            sides[name] = {
                "seconds" if self.unit == "s" else self.unit: _short(self.seconds(name)),
                "least": _short(least),
                "most": _short(most),
            }
            if memory := max(one.megabytes for one in spent):
                sides[name]["megabytes"] = round(memory, 1)
        ratios = {
            goal.name: {
                "ratio": round(ratio, 3),
                "is": f"{goal.against} / {OURS}" if goal.faster else f"{OURS} / {goal.against}",
                "goal": str(goal),
                "met": goal.met(ratio),
            }
            for goal in self.goals
            for ratio in (self.ratio(goal),)
        }
        return {"what": self.what, "rounds": self.runs, "sides": sides, "ratios": ratios}


def _short(number: float) -> float:
    return float(f"{number:.4g}")


def show(benchmark: Benchmark) -> None:
    """Its lines of the table."""
    results = benchmark.as_json()
    print(f"\n{benchmark.name}: {benchmark.what}")
    for side in benchmark.sides:
        seconds, memory = benchmark.seconds(side), results["sides"][side].get("megabytes", "")
        line = f"  {side:36} {_readable(seconds, benchmark.unit):>12} {f'{memory} MB' if memory else '':>10}"
        print(line)
    for name, ratio in results["ratios"].items():
        kept = "met" if ratio["met"] else "MISSED"
        print(f"    {name}: {ratio['is']} = {ratio['ratio']}, goal {ratio['goal']}: {kept}", flush=True)


def _readable(number: float, unit: str) -> str:
    if unit != "s":
        return f"{number:,.0f} {unit}"
    for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if number * factor >= 1:
            return f"{number * factor:,.2f} {name}"
    return f"{number * 1e6:.2f} µs"


def table(results: dict[str, Any]) -> str:
    """All results in Markdown: a row for each ratio, and one for each side that has none."""
    lines = [
        "",
        _on(results),
        "",
        "| Benchmark | grantbook | beside | | ratio | goal | |",
        "| --- | ---: | --- | ---: | ---: | ---: | --- |",
    ]
    for name, result in results["benchmarks"].items():
        (unit,) = result["sides"][OURS].keys() - {"least", "most", "megabytes"}
        unit = "s" if unit == "seconds" else unit
        ours = _cell(result["sides"][OURS], unit)
        for side, spent in result["sides"].items():
            if side == OURS:
                continue
            of_side = [r for key, r in result["ratios"].items() if key.partition(",")[0] == side] or [None]
            for ratio in of_side:
                kept = ("", "", "") if ratio is None else (ratio["ratio"], ratio["goal"], _KEPT[ratio["met"]])
                cells = (f"`{name}`", ours, side, _cell(spent, unit), *kept)
                lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n\n"


_KEPT = {True: "met", False: "missed"}


def _cell(spent: dict[str, float], unit: str) -> str:
    text = _readable(spent["seconds" if unit == "s" else unit], unit)
    return f"{text}, {spent['megabytes']:.0f} MB" if "megabytes" in spent else text


def _on(results: dict[str, Any]) -> str:
    machine = results["machine"]
    libraries = ", ".join(f"{name} {number}" for name, number in machine["libraries"].items())
    books = "" if results["scale"] == 1 else f" Books of {results['scale']:.0%} of the usual size."
    return (
        f"{machine['system']}, {machine['processors']} processors, Python {machine['python']}, SQLite"
        f" {machine['sqlite']}; {libraries}. Medians of {results['rounds']} rounds.{books}"
    )


# ── how a side is measured ───────────────────────────────────────────────────────────────────


def timed(
    work: Callable[[], object], count: float = 1, clock: Callable[[], float] = time.perf_counter
) -> Spent:
    """What the work took, for each of so many things."""
    began = clock()
    work()
    return Spent((clock() - began) / count)


_LAUNCH = """
import os, subprocess, sys, time
began = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(time.perf_counter() - began, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Starts a process from a small one: whoever starts it counts as its memory, too."""


def process(arguments: Sequence[str], count: float = 1, **variables: str) -> Spent:
    """What a whole process took, from its start to its end. Stops everything where it fails."""
    launch = [sys.executable, "-I", "-S", "-c", _LAUNCH, *map(str, arguments)]
    # As an installed program has its modules, and packages have theirs: compiled once, not at each start.
    about = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(launch, capture_output=True, text=True, env=about | variables, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, arguments))} failed:\n{done.stderr[-2000:]}")
    seconds, memory = done.stdout.split()
    kilobytes = float(memory) / (1024 if sys.platform == "darwin" else 1)
    return Spent(float(seconds) / count, kilobytes / 1024)


def machine() -> dict[str, object]:
    """On what it was measured."""
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
