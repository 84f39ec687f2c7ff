"""One run of ``grantbook import``: the plan is judged in a trial, and only then recorded."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.commands.record.run import Outcome, Request, Run
from cli.importing.mapping.model import Map, Reconcile
from cli.importing.plan import Planned, Planner, Reject
from cli.importing.sums import Sums
from cli.output.table import csv_cell
from cli.output.terminal_text import Progress
from lifecycle.kernel.memory import collector_at_work

if TYPE_CHECKING:
    from lifecycle.book.book import Book

_BATCH = 800
"""Commands that are recorded at once."""
_KEPT = 10_000
"""How many rejected cells stay in memory, to be printed. A file gets all of them."""


class Rejects:
    """Counts rejected cells, keeps the first of them, and writes all to a file if one is named."""

    def __init__(self, write: Callable[[Reject], None] | None) -> None:
        self.kept: list[Reject] = []
        self.malformed = self.refused = 0
        self._write = write

    @property
    def count(self) -> int:
        """How many cells were rejected."""
        return self.malformed + self.refused

    def add(self, reject: Reject) -> None:
        """Add a cell that cannot be read."""
        self.malformed += 1
        self._keep(reject)

    def add_refused(self, reject: Reject) -> None:
        """Add a row whose command is refused."""
        self.refused += 1
        self._keep(reject)

    def _keep(self, reject: Reject) -> None:
        if len(self.kept) < _KEPT:
            self.kept.append(reject)
        if self._write is not None:
            self._write(reject)


class ImportRun:
    """One import: its map, its files and its book."""

    def __init__(self, loaded: Map, files: Sequence[Path], book: "Book", recorder: str) -> None:
        self.map, self.files, self.book, self.recorder = loaded, files, book, recorder
        self.fund = book.fund()
        self.sums = Sums(by_grant=any(part.by == "grant" for part in loaded.reconcile))
        """The sums of the commands that are accepted, or were recorded before."""
        self.planner: Planner | None = None
        self.planned_commands = 0

    def judge(self, rejects: Rejects, progress: Progress | None) -> Run:
        """Read the files, and judge all commands in a transaction that is not committed. Raises `BadFile`."""
        with self.book.trial(), collector_at_work():
            run = self._run(rejects, self.sums.add, progress, dry=True)
        assert self.planner is not None
        self.planned_commands = self.planner.commands
        return run

    def record(self, rejects: Rejects, progress: Progress | None) -> Run:
        """Read the files again, and record the commands in durable transactions."""
        with collector_at_work():
            return self._run(rejects, lambda _: None, progress, dry=False)

    def differences(self) -> list[str]:
        """Return a sentence for each sum that does not come out as the map expects."""
        return [sentence for part in self.map.reconcile for sentence in self._differences(part)]

    def _differences(self, part: Reconcile) -> Iterator[str]:
        expected = part.expected if isinstance(part.expected, dict) else {"all": part.expected}
        return self.sums.differences(
            part.sum, part.by, {name: Decimal(str(amount)) for name, amount in expected.items()}
        )

    def _run(
        self,
        rejects: Rejects,
        accepted: Callable[[dict[str, Any]], None],
        progress: Progress | None,
        *,
        dry: bool,
    ) -> Run:
        from lifecycle.book.tries import Retry

        batch: dict[int, Planned] = {}

        def report(outcome: Outcome) -> None:
            planned = batch[outcome.line]
            if outcome.is_recorded:
                accepted(planned.words)
            else:
                rejects.add_refused(_refused(planned, outcome))

        run = Run(self.book, self.recorder, goes_on=True, report=report, dry=dry)
        self.planner = planner = Planner(self.map, self.fund, self.recorder, self.files, rejects.add)
        commands = planner.run()
        retry = Retry(judge_again=True)
        while planned := list(islice(commands, _BATCH)):
            batch.clear()
            batch.update((one.number, one) for one in planned)
            run.take_requests([Request(one.number, one.command, one.words, retry) for one in planned])
            if progress is not None:
                progress(planner.commands, self.planned_commands or planner.commands)
        return run


def _refused(planned: Planned, outcome: Outcome) -> Reject:
    words = planned.words
    value = f"{planned.key}: {words['command']} {words.get('grant', '')} {words['on']}"
    reason = outcome.message or ""
    return Reject(
        planned.row, " ".join(value.split()), f"{outcome.refusal}: {reason}" if outcome.refusal else reason
    )


def csv_writer(path: Path | None) -> "nullcontext[Callable[[Reject], None] | None] | _RejectsFile":
    """Return a context with a function that writes rejected cells to a CSV file; with `None` without one."""
    return nullcontext(None) if path is None else _RejectsFile(path)


class _RejectsFile:
    """Writes rejected cells to a file as they come; the file is replaced if there is one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Callable[[Reject], None]:
        try:
            self._file = self._path.open("w", encoding="utf-8-sig", newline="")
        except OSError as error:
            raise click.UsageError(f"{self._path}: {error.strerror}") from None
        writer = csv.writer(self._file)
        writer.writerow(("cell", "value", "reason"))
        return lambda reject: writer.writerow([csv_cell(part) for part in reject])

    def __exit__(self, *_: object) -> None:
        self._file.close()


__all__ = ["ImportRun", "Rejects", "Run", "csv_writer"]
