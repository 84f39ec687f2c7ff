"""``grantbook record``: records commands from a file or a pipe, one a line, in durable batches."""

import os
import stat
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cli.commands.record_lines import (
    BadLine,
    Ids,
    Line,
    batches,
    words_of,
)
from cli.output.terminal_text import (
    discard_stdout,
    prose,
    say,
    to_json,
)
from cli.shell.settings import Command, Settings, settings
from lifecycle.kernel.memory import collector_at_work

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from lifecycle.journal.recorder import CommandResult
    from lifecycle.kernel.command import Command as BookCommand

_NO_READER = 141
"""The exit code that a shell gives to a program that wrote into a closed pipe."""
_MOST_WARNINGS = 20
"""How many warnings of personal data are printed."""
_BATCH_SECONDS = 0.25
"""A batch ends after this time, so that other writers wait no longer."""


class Outcome(NamedTuple):
    """The result of a line."""

    line: int
    outcome: str
    """``accepted``, ``refused``, ``repeat`` or ``malformed``."""
    command_id: str | None = None
    refusal: str | None = None
    message: str | None = None
    rule: str | None = None
    entries: tuple[str, ...] = ()
    position: int | None = None

    @property
    def is_recorded(self) -> bool:
        """Whether the command is recorded, now or before."""
        return self.outcome in ("accepted", "repeat") and self.refusal is None

    def as_json(self) -> dict[str, Any]:
        """Return the result for JSON."""
        return {
            "line": self.line,
            "command_id": self.command_id,
            "outcome": self.outcome,
            "refusal": self.refusal,
            "message": self.message,
            "entries": list(self.entries),
            "position": self.position,
        }

    def sentence(self) -> str:
        """Return in words why the line was not recorded."""
        message = prose(self.message or "")
        if self.outcome == "malformed":
            return f"line {self.line}: malformed: {message}"
        before = "refused before" if self.outcome == "repeat" else "refused"
        rule = f" ({prose(self.rule)})" if self.rule else ""
        return f"line {self.line}: {before}: {self.refusal}: {message}{rule}"


class Request(NamedTuple):
    """A line with a command."""

    line: int
    command: "BookCommand"
    words: dict[str, Any]
    """The words of the line."""


@dataclass
class Run:
    """One run over a file, with what has been done so far."""

    book: "Book"
    recorder: str
    goes_on: bool
    """Whether to go on after a refused or malformed line."""
    report: Callable[[Outcome], None]
    counts: dict[str, int] = field(default_factory=dict)
    line: int = 0
    """The last line whose outcome is durable."""
    stopped: bool = False
    ids: Ids = field(default_factory=Ids)
    warnings: list[str] = field(default_factory=list)
    """Warnings about the first lines that seem to hold personal data."""
    lines_with_personal_data: int = 0

    def take(self, lines: list[Line]) -> None:
        """Record the lines in one or more durable transactions, and report each."""
        recorded, requests = 0, [self._read(number, raw) for number, raw in lines]
        while recorded < len(lines) and not self.stopped:
            done = self.book.retry(partial(self._batch, requests[recorded:], {}))
            recorded += len(done)
            for outcome in done:
                self._count(outcome)
                self.report(outcome)
            self.stopped = bool(done) and not done[-1].is_recorded and not self.goes_on

    def _batch(
        self, requests: Sequence[Request | Outcome], before: dict[int, Outcome], again: bool
    ) -> list[Outcome]:
        """Record lines in one transaction until its time is over, and return their outcomes.

        ``again`` says that this is a retry. The first try, whose outcomes are in ``before``, may have been
        committed, and its commands then come back as repeats.
        """
        done: list[Outcome] = []
        until = time.monotonic() + _BATCH_SECONDS
        with self.book.batch([request.command for request in requests if isinstance(request, Request)]):
            for request in requests:
                outcome = self._record(request)
                if again and outcome.outcome == "repeat":
                    outcome = before.get(outcome.line, outcome)
                done.append(outcome)
                if (not outcome.is_recorded and not self.goes_on) or time.monotonic() > until:
                    break
            before.update((outcome.line, outcome) for outcome in done)
        return done

    def _count(self, outcome: Outcome) -> None:
        self.line = outcome.line
        key = outcome.outcome
        if key == "refused" and outcome.refusal == "VersionConflict":
            key = "conflict"
        elif key == "refused" and outcome.refusal == "StreamStopped":
            key = "stopped"
        elif key == "repeat" and outcome.refusal is not None:
            key = "refused before"
        self.counts[key] = self.counts.get(key, 0) + 1

    def _read(self, number: int, raw: bytes | BadLine) -> Request | Outcome:
        """Return the line's command, with an id if the line has none; or the outcome of a malformed line."""
        from lifecycle.parse import Malformed, command_from

        command_id = None
        try:
            words = words_of(raw)
            words.setdefault("actor", self.recorder)
            if not words.get("command_id"):
                words.pop("command_id", None)
                words["command_id"] = self.ids.of(words)
            command_id = words["command_id"]
            return Request(number, command_from(words), words)
        except (BadLine, Malformed) as error:
            id_ = command_id if isinstance(command_id, str) else None
            return Outcome(number, "malformed", id_, message=str(error))

    def _record(self, request: Request | Outcome) -> Outcome:
        from cli.recording.personal_data import personal, warning
        from lifecycle.kernel.errors import StreamStopped, VersionConflict
        from lifecycle.parse import Malformed

        if isinstance(request, Outcome):
            return request
        number, command, words = request
        try:
            receipt = self.book.record(command, self.recorder)
        except Malformed as error:
            return Outcome(number, "malformed", command.command_id, message=str(error))
        except VersionConflict as error:
            return Outcome(number, "refused", command.command_id, "VersionConflict", str(error))
        except StreamStopped as error:
            return Outcome(number, "refused", command.command_id, "StreamStopped", str(error))
        if receipt.outcome == "accepted" and (fields := personal(words)):
            self.lines_with_personal_data += 1
            if self.lines_with_personal_data <= _MOST_WARNINGS:
                self.warnings.append(f"line {number}: {warning(fields)}")
        return _outcome(number, receipt)

    @property
    def code(self) -> int:
        """The exit code of the worst outcome."""
        if self.counts.get("stopped"):
            return 4
        if self.counts.get("malformed"):
            return 2
        if self.counts.get("refused") or self.counts.get("refused before"):
            return 1
        return 3 if self.counts.get("conflict") else 0

    def summary(self) -> str:
        """Return in words how many lines had each outcome."""
        words = (
            ("accepted", "accepted"),
            ("repeat", "recorded before"),
            ("refused", "refused"),
            ("refused before", "refused before"),
            ("conflict", "in conflict with another version"),
            ("stopped", "not taken by a stream that holds a row that is not lawful"),
            ("malformed", "malformed"),
        )
        parts = [f"{count:,} {description}" for key, description in words if (count := self.counts.get(key))]
        return ", ".join(parts) or "no commands"


def _outcome(number: int, receipt: "CommandResult") -> Outcome:
    return Outcome(
        number,
        receipt.outcome,
        receipt.command_id,
        receipt.refusal,
        receipt.message,
        receipt.rule,
        receipt.entries,
        receipt.position,
    )


@click.command(
    "record",
    cls=Command,
    help="""Record commands from a file, one a line.

    Each line is an object like {"command": "ProposeGrant", "grant": "…", "on": "2017-01-10", …}; grantbook
    schema commands describes them. A line is accepted, refused, malformed, or a repeat of one recorded
    before. Running a file again records nothing twice: if a run was stopped, run it again.""",
)
@click.argument("file", metavar="FILE.jsonl|-")
@click.option("--continue", "go_on", is_flag=True, help="Go on after a refused or malformed line.")
@click.option(
    "--confirm-clock", is_flag=True, help="Trust the machine's clock although it is more than a year ahead."
)
def record(file: str, go_on: bool, confirm_clock: bool) -> int:
    """Record a file of commands."""
    options = settings()
    descriptor, size = _descriptor_and_size(file)
    try:
        with options.open(confirm_clock=confirm_clock) as book:
            return record_all(options, book, descriptor, size=size, go_on=go_on)
    finally:
        if descriptor:
            os.close(descriptor)


def _descriptor_and_size(file: str) -> tuple[int, int]:
    if file == "-":
        return sys.stdin.fileno(), 0
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from None
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise click.UsageError(f"{file} is a folder: name a file of commands")
    return descriptor, os.fstat(descriptor).st_size


def record_all(
    options: Settings,
    book: "Book",
    descriptor: int,
    *,
    size: int = 0,
    go_on: bool = False,
    quiet: bool = False,
) -> int:
    """Record every line of an open file, catch the views up, print a summary, and return the exit code."""
    run = Run(book, options.recorder(), go_on, _reporter(options, quiet=quiet))
    started = time.perf_counter()
    failure: BaseException | None = None
    try:
        with _progress(size) as advance, collector_at_work():
            for lines, bytes_read in batches(descriptor):
                run.take(lines)
                sys.stdout.flush()
                advance(bytes_read)
                if run.stopped:
                    break
    except (Exception, KeyboardInterrupt) as error:
        failure = error
    unfinished = _catch_up_and_seal(book)
    options.warn(book)
    _log(run, time.perf_counter() - started)
    if not (quiet or isinstance(failure, BrokenPipeError)):
        _sum_up(options, run, failure, unfinished)
    return run.code if failure is None else _failed(failure, run)


def _reporter(options: Settings, *, quiet: bool) -> Callable[[Outcome], None]:
    def as_json(outcome: Outcome) -> None:
        sys.stdout.write(to_json(outcome.as_json()) + "\n")

    def in_words(outcome: Outcome) -> None:
        if not outcome.is_recorded:
            say(outcome.sentence())

    if quiet:
        return lambda outcome: None if outcome.is_recorded else say(outcome.sentence(), err=True)
    return as_json if options.json else in_words


def _catch_up_and_seal(book: "Book") -> list[str]:
    from cli.recording.record import catch_up_and_seal

    return catch_up_and_seal(book)


def _sum_up(options: Settings, run: Run, failure: BaseException | None, unfinished: Sequence[str]) -> None:
    for sentence in run.warnings:
        say(prose(sentence), err=True)
    if (more := run.lines_with_personal_data - len(run.warnings)) > 0:
        say(f"warning: {more:,} more lines seem to hold people's data", err=True)
    if not options.json:
        say(run.summary())
        if run.stopped:
            say(f"stopped after line {run.line}: nothing after it was recorded; --continue goes on")
    for sentence in unfinished if failure is None else ():
        say(prose(sentence), err=True)


def _failed(failure: BaseException, run: Run) -> int:
    done = f"lines up to {run.line} are recorded: run the same file again to go on; nothing is recorded twice"
    if isinstance(failure, KeyboardInterrupt):
        say("interrupted", err=True)
        say(done, err=True)
        return 130
    if isinstance(failure, BrokenPipeError):
        discard_stdout()
        say(f"nobody reads the answers any more; {done}", err=True)
        return _NO_READER
    if not isinstance(failure, Exception):
        raise failure
    from cli.shell.failures import show

    return show(failure, done)


def _log(run: Run, seconds: float) -> None:
    from cli.shell.log import line

    line(
        "record",
        **{key.replace(" ", "_"): count for key, count in run.counts.items()},
        seconds=round(seconds, 3),
    )


def _progress(size: int) -> AbstractContextManager[Callable[[int], None]]:
    """Draw a bar on a terminal if the size of the file is known; do nothing elsewhere."""
    if not size or not sys.stderr.isatty():
        return nullcontext(lambda _: None)
    from cli.shell.progress_bar import bar

    return bar("recording", size)
