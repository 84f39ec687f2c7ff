"""Measures grantbook beside a rival, and beside the least that the same work can take.

    python benchmarks/run.py [--runs 7] [--only NAME …] [--scale 0.1] [--keep FOLDER] [--large]

``docs/performance.md`` describes each benchmark. Prints the results. Only a run of all of them, with books
of the usual size and at least seven rounds, writes ``results.json`` beside this file and the table of that
page; ``--write`` lets a smaller one write, too.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROUNDS = 7
COMMANDS, FEW, MANY, TIMES = 20_000, 2_000, 100_000, 10
"""How many commands the usual book has, the rival projects, and `record_many` records; by how much
a book grows."""
BEGIN, END = "<!-- results: written by make bench -->", "<!-- end of results -->"
GROWTH = "growth_of_everything"
PORTFOLIO = 180_000
"""Commands of the book that grows: about 200,000 entries of 11,000 grants."""


def benchmarks(folder: Path, runs: int, scale: float) -> dict[str, Callable[[], Any]]:
    """Return by name a function that makes each benchmark and the books that it needs."""
    import reading
    import shell
    import writing
    from corpus import Corpus

    inputs = Corpus(folder)
    few = min(3, runs)
    usual, many, portfolio = (int(commands * scale) for commands in (COMMANDS, MANY, PORTFOLIO))
    return {
        "record_one": lambda: writing.record_one(inputs, runs),
        "record_many": lambda: writing.record_many(inputs, many, runs),
        "replay_grant": lambda: reading.replay_grant(inputs, runs),
        "stream": lambda: reading.stream_sqlite(inputs, usual, runs),
        "rebuild": lambda: reading.rebuilt(inputs, many, FEW, runs),
        "catch_up": lambda: reading.caught_up(inputs, usual, runs),
        "as_of": lambda: reading.as_of(inputs, portfolio, few),
        "processes": lambda: shell.processes(inputs, usual, runs + 4),
        "growth": lambda: shell.growth(inputs, portfolio, TIMES),
        "report": lambda: reading.report(inputs.grown(portfolio, TIMES), runs),
        "storage": lambda: shell.storage(inputs, usual),
        "postgres": lambda: on_postgres(inputs, usual, many, runs),
    }


def on_postgres(inputs: Any, commands: int, many: int, runs: int) -> Iterator[Any]:
    """Yield the benchmarks with the book in a database, if there is a server."""
    import on_postgres

    if not on_postgres.is_possible():
        print("\nno PostgreSQL here: its benchmarks are left out")
        return
    with on_postgres.database() as make:
        yield from on_postgres.benchmarks(inputs, make, commands, many, runs)


def measured(made: Any) -> dict[str, dict[str, Any]]:
    """Run one benchmark, or several, print and return the results."""
    from pairs import show

    results = {}
    for benchmark in [made] if hasattr(made, "run") else made:
        benchmark.run()
        show(benchmark)
        results[benchmark.name] = benchmark.as_json()
    return results


def alone(name: str, folder: Path, runs: int, scale: float) -> dict[str, dict[str, Any]]:
    """Measure the benchmarks with this name in a process that others did not slow."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_measured_by_name, name, folder, runs, scale).result()


def _measured_by_name(name: str, folder: Path, runs: int, scale: float) -> dict[str, dict[str, Any]]:
    from pairs import TooSmall

    try:
        return measured(benchmarks(folder, runs, scale)[name]())
    except TooSmall as too_small:
        print(
            f"\n{name} is left out, because {too_small}. Use a larger --scale, or fewer --runs.", flush=True
        )
        return {}


def main() -> None:
    """Measure the benchmarks, print them, and write the results of a full run."""
    options = options_from(sys.argv[1:])
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="grantbook-bench-", dir=options.keep) as temporary:
        folder = Path(temporary)
        if options.large:
            results |= measured(large(folder, options.scale))
        elif options.only == [GROWTH]:
            growth_of_everything(options.keep or folder, options.runs, options.scale)
        else:
            known = benchmarks(folder, options.runs, options.scale)
            if unknown := set(options.only) - known.keys():
                sys.exit(f"unknown: {', '.join(sorted(unknown))}. Known: {', '.join([*known, GROWTH])}")
            for name in options.only or known:
                results |= alone(name, folder, options.runs, options.scale)
                if is_written(options):
                    write(options.runs, options.scale, results)
    if not is_written(options):
        print("\nA trial run: results.json and docs/performance.md are as they were.")


def options_from(words: list[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description="Measure grantbook beside a rival and a floor.")
    parser.add_argument("--runs", type=int, default=ROUNDS, help=f"how many rounds count ({ROUNDS})")
    parser.add_argument("--only", nargs="+", default=[], help="only these benchmarks")
    parser.add_argument("--scale", type=float, default=1, help="size of the books: 0.1 for a quick look")
    parser.add_argument("--keep", type=Path, help="make books and stores in this folder")
    parser.add_argument("--large", action="store_true", help="only how a rebuild of 10 million entries grows")
    parser.add_argument("--write", action="store_true", help="write the results of a smaller run of all, too")
    return parser.parse_args(words)


def is_written(options: argparse.Namespace) -> bool:
    """Return whether the results replace those in the repository."""
    everything = not options.only and not options.large
    return everything and (options.write or (options.scale >= 1 and options.runs >= ROUNDS))


def large(folder: Path, scale: float) -> Any:
    """Rebuild ten million entries, beside 200,000."""
    import shell
    from corpus import Corpus

    return shell.growth(Corpus(folder), int(PORTFOLIO * scale), 50, "growth_large")


def growth_of_everything(folder: Path, runs: int, scale: float) -> None:
    """Measure what each command costs on books of 1,000, 10,000 and 100,000 grants."""
    import growth
    from corpus import Corpus

    growth.growth_of_everything(Corpus(folder), runs, scale)


def write(runs: int, scale: float, results: dict[str, Any]) -> None:
    """Write the results so far to a file, and to the table of the documentation."""
    from pairs import machine, table

    report = {"rounds": runs, "scale": scale, "machine": machine(), "benchmarks": results}
    (HERE / "results.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", "utf-8")
    page = HERE.parent / "docs" / "performance.md"
    before, _, results_and_after = page.read_text("utf-8").partition(BEGIN)
    _, _, after = results_and_after.partition(END)
    page.write_text(f"{before}{BEGIN}\n{table(report)}{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
