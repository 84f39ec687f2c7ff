"""``grantbook record``: records commands from a file or a pipe, one a line, in durable batches."""

import os
import stat
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import click

from cli.commands.record.lines import batches
from cli.commands.record.run import Outcome, Run
from cli.output.terminal_text import discard_stdout, prose, say, to_json, writing_stdout
from cli.shell.settings import Command, Settings, settings
from lifecycle.kernel.memory import collector_at_work

if TYPE_CHECKING:
    from lifecycle.book.book import Book

_NO_READER = 141
"""The exit code that a shell gives to a program that wrote into a closed pipe."""


@click.command(
    "record",
    cls=Command,
    help="""Record commands from a file, one a line.

    Each line is an object like {"command": "ProposeGrant", "grant": "…", "on": "2017-01-10", …}; grantbook
    schema commands describes them. A line is accepted, refused, malformed, or a repeat of one recorded
    before. Running a file again records nothing twice: if a run was stopped, run it again. A line that was
    refused is then judged again.

    A line without a command_id is known by what it says, also in another file: for a second act that says
    the same, give it a command_id or write the line twice in one file.""",
)
@click.argument("file", metavar="FILE.jsonl|-")
@click.option("--continue", "go_on", is_flag=True, help="Go on after a refused or malformed line.")
@click.option(
    "--retry-refused",
    is_flag=True,
    help="Judge refused lines again also if they have a command_id; others are always judged again.",
)
@click.option("--dry-run", is_flag=True, help="Judge all lines and record nothing.")
@click.option(
    "--confirm-clock", is_flag=True, help="Trust the machine's clock although it is more than a year ahead."
)
def record(file: str, go_on: bool, retry_refused: bool, dry_run: bool, confirm_clock: bool) -> int:
    """Record a file of commands."""
    options = settings()
    descriptor, size = _descriptor_and_size(file)
    if dry_run:
        descriptor, size = _whole(descriptor, size)
    try:
        with options.open(confirm_clock=confirm_clock) as book:
            run = Run(book, options.recorder(), go_on, _reporter(options), retry_refused, dry_run)
            return _record_all(options, run, descriptor, size)
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


def _whole(descriptor: int, size: int) -> tuple[int, int]:
    """Return a file with all that comes from a pipe, and its size; a file itself.

    A dry run is one transaction. It begins when all lines are there, so that nobody waits for the pipe.
    """
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor, size
    from shutil import copyfileobj
    from tempfile import TemporaryFile

    with TemporaryFile() as spool, open(descriptor, "rb", closefd=descriptor != 0) as source:
        copyfileobj(source, spool)
        spool.seek(0)
        return os.dup(spool.fileno()), os.fstat(spool.fileno()).st_size


def record_all(options: Settings, book: "Book", descriptor: int, *, size: int = 0) -> int:
    """Record every line of an open file, print only what is not recorded, and return the exit code."""
    run = Run(book, options.recorder(), goes_on=True, report=_report_failure)
    return _record_all(options, run, descriptor, size, quiet=True)


def _record_all(options: Settings, run: Run, descriptor: int, size: int, *, quiet: bool = False) -> int:
    """Record every line, catch the views up, print a summary, and return the exit code."""
    started = time.perf_counter()
    failure: BaseException | None = None
    try:
        with _progress(size) as advance, collector_at_work(), run.book.trial() if run.dry else nullcontext():
            for lines, bytes_read in batches(descriptor):
                run.take(lines)
                with writing_stdout():
                    sys.stdout.flush()
                advance(bytes_read)
                if run.stopped:
                    break
    except (Exception, KeyboardInterrupt) as error:
        failure = error
    unfinished = [] if run.dry else _catch_up_and_seal(run.book)
    options.warn(run.book)
    _log(run, time.perf_counter() - started)
    if not (quiet or isinstance(failure, BrokenPipeError)):
        _sum_up(options, run, failure, unfinished)
    if failure is not None:
        return _failed(failure, run)
    return run.code


def _report_failure(outcome: Outcome) -> None:
    if not outcome.is_recorded:
        say(outcome.sentence(), err=True)


def _reporter(options: Settings) -> Callable[[Outcome], None]:
    def in_json(outcome: Outcome) -> None:
        with writing_stdout():
            sys.stdout.write(to_json(outcome.as_json()) + "\n")

    def in_words(outcome: Outcome) -> None:
        if outcome.message is not None:
            say(outcome.sentence())

    return in_json if options.json else in_words


def _catch_up_and_seal(book: "Book") -> list[str]:
    from cli.recording.record import catch_up_and_seal

    return catch_up_and_seal(book)


def _sum_up(options: Settings, run: Run, failure: BaseException | None, unfinished: Sequence[str]) -> None:
    for sentence in run.warnings:
        say(prose(sentence), err=True)
    if (more := run.lines_with_personal_data - len(run.warnings)) > 0:
        say(f"warning: {more:,} more lines seem to hold people's data", err=True)
    for sentence in run.odd_warnings:
        say(prose(sentence), err=True)
    if run.odd_lines:
        more = run.odd_lines - len(run.odd_warnings)
        beside = f"{more:,} more entries are odd; " if more else ""
        say(f"{beside}grantbook audit exceptions lists odd entries", err=True)
    if not options.json:
        for sentence in run.sentences():
            say(sentence)
    if failure is None:
        for sentence in unfinished:
            say(prose(sentence), err=True)


def _failed(failure: BaseException, run: Run) -> int:
    done = f"lines up to {run.line} are recorded: run the same file again to go on; nothing is recorded twice"
    if run.dry:
        done = "nothing was recorded: this was a dry run"
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
        **{count.name.lower(): number for count, number in run.counts.items()},
        dry_run=run.dry or None,
        seconds=round(seconds, 3),
    )


def _progress(size: int) -> AbstractContextManager[Callable[[int], None]]:
    """Draw a bar on a terminal if the size of the file is known; do nothing elsewhere."""
    if not size or not sys.stderr.isatty():
        return nullcontext(lambda _: None)
    from cli.shell.progress_bar import bar

    return bar("recording", size)
