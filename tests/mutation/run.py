"""Break each guard once, and see that the test that is named for it fails.

    python tests/mutation/run.py [--find] [--only WORDS] [--jobs 2]

``--find`` names a test for each guard that has none: it runs the suite until a test fails.
Prints one line for each broken guard that was not noticed, and ends with exit code 1 if there is one. A run
that is interrupted names the guards that it has not tried, and ends with exit code 130.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from mutants import ROOT, SRC, Mutant, mutants

_SECONDS = 300
"""How long the tests of one guard may run. Then they are killed, and the guard counts as not noticed."""
_PYTEST = ("pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--disable-warnings")
_PASSED, _FAILED, _NOT_FOUND, _NOTHING_COLLECTED = 0, 1, 4, 5
_INTERRUPTED = 130

_running: set[subprocess.Popen[str]] = set()
_stopping = threading.Event()


class Interrupted(Exception):
    """The run was interrupted before the tests of this guard ended."""


class Trial(NamedTuple):
    """What the tests did with one guard broken."""

    was_noticed: bool
    outcome: str
    """The name of the first test that failed; otherwise, why none did."""


def try_broken(mutant: Mutant, tests: list[str]) -> Trial:
    """Run the tests on a copy of the source in which the guard is broken, until one fails.

    Raises ``Interrupted``.
    """
    if _stopping.is_set():
        raise Interrupted
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(SRC, source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        file = source / mutant.file
        text = file.read_text("utf-8")
        file.write_text(text[: mutant.at] + mutant.new + text[mutant.at + len(mutant.old) :], "utf-8")
        return _run_tests(source, tests)


def _run_tests(source: Path, tests: list[str]) -> Trial:
    with subprocess.Popen(
        [sys.executable, "-m", *_PYTEST, *tests],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pytest:
        _running.add(pytest)
        if _stopping.is_set():  # since the handler of the signal looked for what is running
            pytest.kill()
        try:
            output, _ = pytest.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            pytest.kill()
            return Trial(was_noticed=False, outcome=f"its tests did not end in {_SECONDS} s")
        finally:
            _running.discard(pytest)
    if _stopping.is_set():
        raise Interrupted
    return Trial(pytest.returncode == _FAILED, _outcome(pytest.returncode, output))


def _outcome(exit_code: int, output: str) -> str:
    if exit_code == _PASSED:
        return "passes all the same"
    if exit_code in (_NOT_FOUND, _NOTHING_COLLECTED):
        return "pytest found no test of this name"
    for line in output.splitlines():
        result, _, test = line.partition(" ")
        if result in ("FAILED", "ERROR"):
            return test.partition(" - ")[0]
    return f"pytest ended with {exit_code}"


def _tests_near(mutant: Mutant) -> list[str]:
    """Return the tests that are named after the mutant's file, and then all of the write side."""
    stem = Path(mutant.file).stem
    named = sorted((ROOT / "tests").rglob(f"test_*{stem}*.py"))
    return [*(path.relative_to(ROOT).as_posix() for path in named), "tests/lifecycle"]


def try_all(chosen: list[Mutant], jobs: int, *, find: bool) -> int:
    """Break each guard in turn, print what was not noticed, and return the exit code."""
    print(f"{len(chosen)} guards", flush=True)
    began = time.perf_counter()
    untried = {mutant.name: mutant for mutant in chosen}
    unnoticed = 0
    with ThreadPoolExecutor(jobs) as pool:
        trials = {
            pool.submit(try_broken, mutant, _tests_near(mutant) if find else [mutant.test]): mutant
            for mutant in chosen
        }
        for done in as_completed(trials):
            mutant = trials[done]
            try:
                trial = done.result()
            except Interrupted:
                continue
            del untried[mutant.name]
            unnoticed += not trial.was_noticed
            if find:
                print(f'"{mutant.name}" = "{trial.outcome if trial.was_noticed else ""}"', flush=True)
            elif not trial.was_noticed:
                print(f"not noticed: {mutant.name}: {mutant.test}: {trial.outcome}", flush=True)
    for name in untried:
        print(f"not tried: {name}")
    tried = len(chosen) - len(untried)
    seconds = time.perf_counter() - began
    print(f"{tried - unnoticed} of {tried} broken guards were noticed, in {seconds:.0f} s", file=sys.stderr)
    return _INTERRUPTED if untried else 1 if unnoticed else 0


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """Kill the tests that are running, and let no others start."""
    _stopping.set()
    for pytest in tuple(_running):
        pytest.kill()


def main() -> int:
    parser = argparse.ArgumentParser(description="Break each guard once.")
    parser.add_argument("--find", action="store_true", help="name a test for each guard that has none")
    parser.add_argument("--only", default="", help="only guards whose name holds these words")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    options = parser.parse_args()
    for interruption in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interruption, _stop)
    chosen = [
        mutant
        for mutant in mutants()
        if not mutant.test.startswith("none: ")
        and options.only in mutant.name
        and not (options.find and mutant.test)
    ]
    return try_all(chosen, options.jobs, find=options.find)


if __name__ == "__main__":
    sys.exit(main())
