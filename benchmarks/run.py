"""How quick grantbook is, beside the least that the same work can take.

    python benchmarks/run.py [--commands 20000] [--runs 5]

Every figure is a whole process, started anew: what a person or a job waits for. Each case stands
beside its floor (the bare imports, or bare sqlite3 appends of the same bytes), and all cases run in
turn, so that a busy machine slows both alike. Medians are shown, with the ratio to the floor.
Writes ``results.json`` beside this file.
"""

import argparse
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median

from lives import lives

HERE = Path(__file__).parent
ENTRY = Path(sys.executable).with_name("grantbook")
GRANTBOOK = [str(ENTRY)] if ENTRY.exists() else [sys.executable, "-m", "cli.main"]
LIBRARIES = ("click", "pydantic", "eventsourcing", "sqlalchemy", "structlog", "rich")
READS = "import click, pydantic, eventsourcing.sqlite"
WRITES = f"{READS}, sqlalchemy"


@dataclass
class Case:
    """One measured thing, its limit, and what was measured."""

    name: str
    run: Callable[[], "Spent"]
    limit: str = ""
    """In words, as the project promises it."""
    floor: str | None = None
    """Name of the case that is the least it can take."""
    count: int = 0
    """Commands or entries that one run handles; 0 where time alone counts."""
    spent: list["Spent"] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """The median of the runs."""
        return median(one.seconds for one in self.spent)


@dataclass(frozen=True)
class Spent:
    """What a process took: time on the wall, time on processors, most memory (0: not measured)."""

    seconds: float
    processor: float = 0.0
    megabytes: float = 0.0


def process(arguments: list[str], **variables: str) -> Spent:
    """Run it, with nothing shown. Stops the benchmark where it fails."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as heard:
        child = subprocess.Popen(
            arguments, stdout=subprocess.DEVNULL, stderr=heard, env=os.environ | variables
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            heard.seek(0)
            sys.exit(f"{' '.join(arguments)} failed:\n{heard.read().decode()[-2000:]}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Spent(seconds, usage.ru_utime + usage.ru_stime, kilobytes / 1024)


def imports(code: str) -> Callable[[], Spent]:
    """A process that only imports."""
    return lambda: process([sys.executable, "-c", code])


class Bench:
    """A place for books, and the cases that use them."""

    def __init__(self, place: Path, commands: int) -> None:
        self.place, self.commands = place, commands
        self.file = place / "lives.jsonl"
        with self.file.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(command) + "\n" for command in lives(commands))
        self.book = place / "book"
        self.journal = self.book / "journal.sqlite"
        self._record_anew()
        with sqlite3.connect(self.journal) as journal:
            (self.entries,) = journal.execute("SELECT count(*) FROM stored_events").fetchone()
        self._writes = 0

    def grantbook(self, *words: str) -> Spent:
        """One command, on the book that was recorded last."""
        return process([*GRANTBOOK, *words], GRANTBOOK_BOOK=str(self.book), GRANTBOOK_OFFICER="admin")

    def _record_anew(self) -> Spent:
        shutil.rmtree(self.book, ignore_errors=True)
        self.grantbook("init", str(self.book), "--name", "Lives", "--on", "2008-10-01")
        return self.grantbook("record", str(self.file))

    def _floor(self, *words: str) -> Spent:
        """What `floors.py` says that it took."""
        done = subprocess.run(
            [sys.executable, HERE / "floors.py", *words], capture_output=True, text=True, check=True
        )
        return Spent(float(done.stdout))

    def _append_the_same(self) -> Spent:
        for old in self.place.glob("bare.sqlite*"):
            old.unlink()
        return self._floor("append", str(self.journal), str(self.place / "bare.sqlite"))

    def _read_the_same(self) -> Spent:
        return self._floor("read", str(self.journal))

    def _write(self) -> Spent:
        self._writes += 1
        return self.grantbook("officer", "appoint", f"bench-{self._writes}", "--roles", "ttl")

    def cases(self) -> tuple[list[Case], list[Case]]:
        """The long ones, and the short ones that need more runs."""
        entries, promised = self.entries, "at least 3,000 a second, under 300 MB"
        long = [
            Case("bare sqlite3 appends of the same bytes", self._append_the_same, count=entries),
            Case(
                "record", self._record_anew, promised, "bare sqlite3 appends of the same bytes", self.commands
            ),
            Case("bare reading and parsing of the same bytes", self._read_the_same, count=entries),
            Case(
                "views rebuild",
                lambda: self.grantbook("views", "rebuild"),
                "at least 20,000 entries a second",
                "bare reading and parsing of the same bytes",
                entries,
            ),
        ]
        clicks, reads, writes = "import click", READS, WRITES
        short = [
            Case(clicks, imports(clicks)),
            Case("--help", lambda: self.grantbook("--help"), "1.5 times its floor", clicks),
            Case(reads, imports(reads)),
            Case("grant show", self._show, "1.3 times its floor", reads),
            Case(writes, imports(writes)),
            Case("a write, views caught up", self._write, "1.5 times its floor", writes),
        ]
        return long, short

    def _show(self) -> Spent:
        return self.grantbook("grant", "show", "MADE-000001")


def in_turn(cases: list[Case], runs: int) -> None:
    """Run all, then all again; a first round, which fills caches, does not count."""
    for round_ in range(runs + 1):
        for case in cases:
            spent = case.run()
            if round_:
                case.spent.append(spent)


def told(cases: list[Case]) -> list[dict[str, object]]:
    """The results, ready for JSON."""
    seconds = {case.name: case.seconds for case in cases}
    results: list[dict[str, object]] = []
    for case in cases:
        result: dict[str, object] = {"case": case.name, "seconds": round(case.seconds, 4)}
        result["least_and_most"] = [round(f(s.seconds for s in case.spent), 4) for f in (min, max)]
        if any(one.processor for one in case.spent):
            result["processor_seconds"] = round(median(one.processor for one in case.spent), 4)
            result["megabytes"] = round(max(one.megabytes for one in case.spent), 1)
        if case.count:
            result["a_second"] = round(case.count / case.seconds)
        if case.floor:
            result["floor"] = case.floor
            result["times_its_floor"] = round(case.seconds / seconds[case.floor], 2)
            result["promised"] = case.limit
        results.append(result)
    return results


def show(results: list[dict[str, object]]) -> None:
    """A table for people."""
    print(f"{'':42} {'seconds':>9} {'a second':>9} {'MB':>6} {'x floor':>8}  promised")
    for one in results:
        floor = one.get("times_its_floor", "")
        rate = f"{one['a_second']:,}" if "a_second" in one else ""
        memory = one.get("megabytes", "")
        name, promised = str(one["case"])[:42], one.get("promised", "")
        print(f"{name:42} {one['seconds']:>9} {rate:>9} {memory:>6} {floor:>8}  {promised}")


def machine() -> dict[str, object]:
    """On what it was measured."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "sqlite": sqlite3.sqlite_version,
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def main() -> None:
    """Measure, show, write."""
    parser = argparse.ArgumentParser(description="How quick grantbook is, beside the least it can take.")
    parser.add_argument("--commands", type=int, default=20_000, help="made-up commands to record (20,000)")
    parser.add_argument("--runs", type=int, default=5, help="runs of the short cases; the long get 3 at most")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="grantbook-bench-") as place:
        bench = Bench(Path(place), asked.commands)
        long, short = bench.cases()
        in_turn(long, min(3, asked.runs))
        in_turn(short, asked.runs)
    results = told([*long, *short])
    show(results)
    whole = {"commands": asked.commands, "runs": asked.runs, "machine": machine(), "results": results}
    (HERE / "results.json").write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
