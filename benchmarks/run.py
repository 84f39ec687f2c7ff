"""How quick grantbook is, beside a rival and beside the least that the same work can take.

    python benchmarks/run.py [--runs 7] [--only NAME …] [--scale 0.1] [--keep FOLDER] [--large]

``docs/performance.md`` describes each benchmark. Prints a table; a run of all of them writes
``results.json`` beside this file, and the table of that page.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
COMMANDS, FEW, MANY, TIMES = 20_000, 2_000, 100_000, 10
"""Commands of the usual book; of what the rival projects; of what is recorded; how much a book grows."""
BEGIN, END = "<!-- results: written by make bench -->", "<!-- end of results -->"
GROWTH = "growth_of_everything"
PORTFOLIO = 180_000
"""Commands of the book that grows: some 200,000 entries, of 11,000 grants."""


def benchmarks(place: Path, runs: int, scale: float) -> dict[str, Callable[[], Any]]:
    """All of them by name; what they need is made when they are."""
    import reading
    import shell
    import writing
    from corpus import Corpus

    own = Corpus(place)
    few = min(3, runs)
    some, many, portfolio = (int(commands * scale) for commands in (COMMANDS, MANY, PORTFOLIO))
    return {
        "record_one": lambda: writing.record_one_sqlite(own, runs),
        "record_one_processor": lambda: writing.record_one_sqlite(own, runs, time.process_time),
        "record_many": lambda: writing.record_many(own, many, runs),
        "replay_grant": lambda: reading.replay_grant(own, runs),
        "stream": lambda: reading.stream_sqlite(own, some, runs),
        "rebuild": lambda: reading.rebuilt(own, many, FEW, runs),
        "catch_up": lambda: reading.caught_up(own, some, runs),
        "as_of": lambda: reading.as_of(own, portfolio, few),
        "processes": lambda: shell.processes(own, some, runs + 4),
        "growth": lambda: shell.growth(own, portfolio, TIMES),
        "report": lambda: reading.report(own.grown(portfolio, TIMES), runs),
        "storage": lambda: shell.storage(own, some),
        "postgres": lambda: on_postgres(own, some, many, runs),
    }


def on_postgres(own: Any, commands: int, many: int, runs: int) -> Iterator[Any]:
    """Those with the book in a database, where there is a server."""
    import on_postgres

    if not on_postgres.possible():
        print("\nno PostgreSQL here: its benchmarks are left out")
        return
    with on_postgres.database() as make:
        yield from on_postgres.recorded(own, make, commands, many, runs)


def measured(made: Any) -> dict[str, dict[str, Any]]:
    """Run one, or some, and show them."""
    from pairs import show

    results = {}
    for benchmark in [made] if hasattr(made, "run") else made:
        benchmark.run()
        show(benchmark)
        results[benchmark.name] = benchmark.as_json()
    return results


def alone(name: str, place: Path, runs: int, scale: float) -> dict[str, dict[str, Any]]:
    """Those of a name, in a process of its own: what others leave in memory makes it an eighth slower."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_measured_by_name, name, place, runs, scale).result()


def _measured_by_name(name: str, place: Path, runs: int, scale: float) -> dict[str, dict[str, Any]]:
    return measured(benchmarks(place, runs, scale)[name]())


def main() -> None:
    """Measure, show, write."""
    parser = argparse.ArgumentParser(description="How quick grantbook is, beside a rival and a floor.")
    parser.add_argument("--runs", type=int, default=7, help="rounds that count (7)")
    parser.add_argument("--only", nargs="+", default=[], help="these alone; no result is written")
    parser.add_argument("--scale", type=float, default=1, help="of the books: 0.1 for a quick look")
    parser.add_argument("--keep", type=Path, help="make books and stores in this folder")
    parser.add_argument("--large", action="store_true", help="only how a rebuild of 10 million entries grows")
    asked = parser.parse_args()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="grantbook-bench-", dir=asked.keep) as place:
        if asked.large:
            results |= measured(large(Path(place), asked.scale))
        elif asked.only == [GROWTH]:
            growth_of_everything(Path(place), asked.runs, asked.scale)
        else:
            for name in asked.only or benchmarks(Path(place), asked.runs, asked.scale):
                results |= alone(name, Path(place), asked.runs, asked.scale)
                if not asked.only:
                    write(asked.runs, asked.scale, results)


def large(place: Path, scale: float) -> Any:
    """A rebuild of ten million entries beside one of 200,000."""
    import shell
    from corpus import Corpus

    return shell.growth(Corpus(place), int(PORTFOLIO * scale), 50, "growth_large")


def growth_of_everything(place: Path, runs: int, scale: float) -> None:
    """What each command costs on books of 1,000, 10,000 and 100,000 grants."""
    import growth
    from corpus import Corpus

    growth.growth_of_everything(Corpus(place), runs, scale)


def write(runs: int, scale: float, results: dict[str, Any]) -> None:
    """The results so far as a file, and as the table of the documentation."""
    from pairs import machine, table

    whole = {"rounds": runs, "scale": scale, "machine": machine(), "benchmarks": results}
    (HERE / "results.json").write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", "utf-8")
    page = HERE.parent / "docs" / "performance.md"
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{table(whole)}{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
