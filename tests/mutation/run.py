"""Break each guard once, and see that the test that is named for it fails.

    python tests/mutation/run.py [--find] [--only WORDS] [--jobs 2]

``--find`` names a test for each guard that has none, by running the suite until one fails.
Exit code 1 where a broken guard was not noticed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mutants import ROOT, SRC, Mutant, mutants

_LIMIT = 300
_FAILED = 1


def broken(mutant: Mutant, tests: list[str]) -> tuple[bool, str]:
    """Whether the tests fail with the guard broken, and the first that does."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(SRC, source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        place = source / mutant.file
        text = place.read_text("utf-8")
        after = mutant.at + len(mutant.old)
        place.write_text(text[: mutant.at] + mutant.new + text[after:], "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            check=False,
        )
    lines = done.stdout.splitlines()
    first = next((line.split(" ")[1] for line in lines if line.startswith(("FAILED ", "ERROR "))), "")
    if done.returncode not in (0, _FAILED):
        first = f"pytest ran no such test, and ended with {done.returncode}"
    return done.returncode == _FAILED, first or "\n".join(lines[-5:])


def _wide(mutant: Mutant) -> list[str]:
    """Return the tests that are named after the mutant's file, and then all of the write side."""
    stem = Path(mutant.file).stem
    named = sorted((ROOT / "tests").rglob(f"test_*{stem}*.py"))
    return [*(path.relative_to(ROOT).as_posix() for path in named), "tests/lifecycle"]


def main() -> int:
    parser = argparse.ArgumentParser(description="Break each guard once.")
    parser.add_argument("--find", action="store_true", help="name a test for each guard that has none")
    parser.add_argument("--only", default="", help="only guards whose name holds these words")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    asked = parser.parse_args()
    all_of_them = [one for one in mutants() if not one.test.startswith("none: ")]
    chosen = [one for one in all_of_them if asked.only in one.name and (not asked.find or not one.test)]
    began, unnoticed = time.perf_counter(), 0

    def look(mutant: Mutant) -> tuple[Mutant, bool, str]:
        return mutant, *broken(mutant, _wide(mutant) if asked.find else [mutant.test])

    with ThreadPoolExecutor(asked.jobs) as pool:
        for mutant, was_noticed, first in pool.map(look, chosen):
            if asked.find:
                print(f'"{mutant.name}" = "{first if was_noticed else ""}"', flush=True)
            elif not was_noticed:
                print(f"not noticed: {mutant.name}: {mutant.test}: {first}", flush=True)
            unnoticed += not was_noticed
    took = time.perf_counter() - began
    noticed = len(chosen) - unnoticed
    print(f"{noticed} of {len(chosen)} broken guards were noticed, in {took:.0f} s", file=sys.stderr)
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
