"""One run of ``grantbook import``: the plan is judged in a trial, and only then recorded."""

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.commands.record.run import Outcome, Request, Run
from cli.importing.mapping.model import Map, Reconcile
from cli.importing.plan import Planned, Planner, Reject
from cli.importing.sums import Sums
from cli.output.formats import as_text, opened_for_writing
from cli.output.table import csv_cell
from cli.output.terminal_text import Progress
from cli.recording.overdrawn import overdrawn
from lifecycle.kernel.memory import collector_at_work

if TYPE_CHECKING:
    from lifecycle.book.book import Book

_BATCH = 800
"""Commands that are recorded at once."""
_HEADER = ("cell", "value", "reason")
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
        self.sums = self._no_sums()
        """The sums of the commands that are accepted, or were recorded before."""
        self.overdrawn: str | None = None
        """A sentence if the commands leave the fund with less than it has promised."""
        self._faulty_rows: set[str] = set()
        """The addresses of the rows of which a command was refused."""
        self.planner: Planner | None = None
        self.planned_commands = 0
        self.actors = Counter[str]()
        """How many commands are accepted as acts of each officer."""

    def judge(self, rejects: Rejects, progress: Progress | None, *, without_faulty_rows: bool = False) -> Run:
        """Read the files, and judge all commands in a transaction that is not committed. Raises `BadFile`.

        ``without_faulty_rows``: judge again without the rows of which a command was refused, until no other
        row is refused. Only the other rows are recorded then.
        """
        rejected: Callable[[Reject], None] = rejects.add
        while True:
            known = len(self._faulty_rows)
            self.sums, self.actors = self._no_sums(), Counter()
            with self.book.trial(), collector_at_work():
                run = self._run(rejected, rejects.add_refused, self._accepted, progress, dry=True)
                self.overdrawn = overdrawn(self.fund, self.book.fund())
            assert self.planner is not None
            self.planned_commands = self.planner.commands
            if not without_faulty_rows or len(self._faulty_rows) == known:
                return run
            rejected = _ignore  # cells that cannot be read are named already

    def record(self, rejects: Rejects, progress: Progress | None) -> Run:
        """Read the files again, and record the commands in durable transactions."""
        with collector_at_work():
            return self._run(rejects.add, rejects.add_refused, _ignore, progress, dry=False)

    def _accepted(self, words: dict[str, Any]) -> None:
        self.sums.add(words)
        self.actors[words["actor"]] += 1

    def fingerprints(self) -> dict[str, str]:
        """Return the SHA-256 of each file, by its path, so that an auditor can say which file it was."""
        digests = {}
        for path in self.files:
            with path.open("rb") as file:
                digests[str(path)] = hashlib.file_digest(file, "sha256").hexdigest()
        return digests

    def _no_sums(self) -> Sums:
        return Sums(by_grant=any(part.by == "grant" for part in self.map.reconcile))

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
        rejected: Callable[[Reject], None],
        refused: Callable[[Reject], None],
        accepted: Callable[[dict[str, Any]], None],
        progress: Progress | None,
        *,
        dry: bool,
    ) -> Run:
        from lifecycle.book.tries import Retry

        batch: dict[int, Planned] = {}
        left_out = frozenset(self._faulty_rows)

        def report(outcome: Outcome) -> None:
            planned = batch[outcome.line]
            if outcome.is_recorded:
                accepted(planned.words)
            else:
                self._faulty_rows.add(planned.row)
                refused(_refused(planned, outcome))

        run = Run(self.book, self.recorder, goes_on=True, report=report, dry=dry)
        self.planner = planner = Planner(self.map, self.fund, self.recorder, self.files, rejected)
        commands = (planned for planned in planner.run() if planned.row not in left_out)
        retry = Retry(judge_again=True)
        while planned := list(islice(commands, _BATCH)):
            batch.clear()
            batch.update((one.number, one) for one in planned)
            run.take_requests([Request(one.number, one.command, one.words, retry) for one in planned])
            if progress is not None:
                progress(planner.commands, self.planned_commands or planner.commands)
        return run


def _ignore(_: object) -> None:
    """Do nothing."""


def _refused(planned: Planned, outcome: Outcome) -> Reject:
    words = planned.words
    value = f"{planned.key}: {words['command']} {words.get('grant', '')} {words['on']}"
    reason = outcome.message or ""
    if outcome.refusal == "CommandIdReused":
        reason = (
            "the row was recorded before with other values: correct the entry (grantbook grant correct), or"
            " give the row another key"
        )
    return Reject(
        planned.row, " ".join(value.split()), f"{outcome.refusal}: {reason}" if outcome.refusal else reason
    )


def csv_writer(path: Path | None) -> AbstractContextManager[Callable[[Reject], None] | None]:
    """Return a context with a function that writes rejected cells to a CSV file; with `None` without one."""
    return nullcontext() if path is None else _rejects_file(path)


@contextmanager
def _rejects_file(path: Path) -> Iterator[Callable[[Reject], None]]:
    """Write rejected cells to a file, which takes its place at the end.

    Raises ``UsageError`` if another file than one of rejects is there: it may be the table, or of a book.
    """
    _require_rejects(path)
    with opened_for_writing(str(path)) as file, as_text(file, "utf-8-sig") as text:
        writer = csv.writer(text)
        writer.writerow(_HEADER)
        yield lambda reject: writer.writerow([csv_cell(part) for part in reject])


def _require_rejects(path: Path) -> None:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            is_of_rejects = not path.is_file() or file.readline().rstrip() in ("", ",".join(_HEADER))
    except FileNotFoundError:
        return
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}") from None
    if not is_of_rejects:
        raise click.UsageError(f"--rejects: {path} is there already, and is no file of rejects: name another")


__all__ = ["ImportRun", "Rejects", "Run", "csv_writer"]
