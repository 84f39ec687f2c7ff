"""One command from shell words to its answer: read, record, catch the views up, say so."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from cli.output.terminal_text import (
    prose,
    safe,
    say,
    to_json,
)
from cli.shell.settings import Settings, global_options, settings
from lifecycle.kernel.spec import Spec

if TYPE_CHECKING:
    from lifecycle.journal.recorder import CommandResult
    from lifecycle.kernel.errors import BookError


class RowCommand(click.Command):
    """A row of the table as a command; its options are made when they are needed."""

    def __init__(self, row: Spec, about: str) -> None:
        super().__init__(name=row.words.rpartition(" ")[2], help=help_of(row), callback=self._give)
        self.row, self.about = row, about
        self._made = False

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The fields of the command, then the global options."""
        if not self._made:
            from cli.shell.options import parameters
            from lifecycle.parse import command_class

            self._made = True
            self.params += parameters(self.row, command_class(self.row.name, self.about))
            self.params += global_options()
        return super().get_params(ctx)

    def _give(self, confirm_clock: bool, **given: Any) -> int:
        from cli.shell.options import words_from
        from lifecycle.parse import command_class

        words = words_from(command_class(self.row.name, self.about), given)
        if self.row.name == "HoldActivity" and "ends" in words:
            words.setdefault("on", words["ends"])  # it has been held once it has ended
        return give({"command": self.row.name, **words}, confirm_clock=confirm_clock)


def help_of(row: Spec) -> str:
    """Return what the row's command does, what it becomes, and whose act it is."""
    who = "any officer" if row.role == "any" else f"the role {row.role}"
    stages = tuple(stage for stage in row.stages if stage)
    when = ""
    if 0 < len(stages) < 11:
        when = f", while the grant is {' or '.join(stage.replace('_', '-') for stage in stages)}"
    return f"{row.help}\n\nRecorded as {row.event}. An act of {who}{when}."


def give(words: Mapping[str, Any], *, confirm_clock: bool = False, file: bytes | None = None) -> int:
    """Record the command that the words make, print the answer, and return the exit code.

    A ``file`` is kept in the book's documents first; its digest is among the words.
    """
    from cli.recording.personal_data import personal, warning
    from cli.recording.record import record
    from lifecycle.kernel.errors import StreamStopped, VersionConflict
    from lifecycle.parse import Malformed, command_from

    options = settings()
    recorder = options.who()
    with options.open(confirm_clock=confirm_clock) as book:
        full = {"on": book.today().isoformat(), "actor": recorder, **words}
        try:
            command = command_from(full)
        except Malformed as error:
            return _malformed(options, error, full.get("command_id"))
        if fields := personal(words):
            say(prose(warning(fields)), err=True)
        if file is not None:
            book.attach(file)
        began = time.perf_counter()
        try:
            answer, unfinished = record(book, command, recorder)
        except (VersionConflict, StreamStopped) as error:
            return not_recorded(options, error, command.command_id)
        took = time.perf_counter() - began
    _log(answer, took)
    return tell(options, answer, unfinished)


def _malformed(options: Settings, error: Any, command_id: object) -> int:
    from cli.shell.failures import malformed

    for line in malformed(error):
        say(line, err=True)
    if options.json:
        named = command_id if isinstance(command_id, str) and command_id else None
        say(to_json(as_json(named, "malformed", message=str(error))))
    return 2


def not_recorded(options: Settings, error: "BookError", command_id: str) -> int:
    """Print why nothing was recorded, and return the exit code. The command may come again."""
    from cli.shell.failures import show

    if options.json:
        say(to_json(as_json(command_id or None, "refused", type(error).__name__, str(error))))
    return show(error)


def tell(options: Settings, answer: "CommandResult", unfinished: Sequence[str] = ()) -> int:
    """Print a sentence or JSON on stdout, or a refusal on stderr, and return the exit code."""
    if options.json:
        say(to_json(answer_json(answer)))
    elif answer.refusal is None:
        say(accepted(answer))
    if answer.refusal is not None:
        say(refused(answer), err=True)
    for sentence in unfinished:
        say(f"{'recorded; ' if answer.refusal is None else ''}{prose(sentence)}", err=True)
    return 0 if answer.refusal is None else 1


def accepted(answer: "CommandResult") -> str:
    """Return what was recorded, and at which position."""
    at = f"{safe(' and '.join(answer.entries))}, position {answer.position} of the journal"
    if answer.outcome == "repeat":
        return f"recorded before: {answer.command} as {at}; nothing new"
    return f"recorded: {answer.command} as {at}"


def refused(answer: "CommandResult") -> str:
    """Return which rule refused it, and why."""
    before = "refused before" if answer.outcome == "repeat" else "refused"
    rule = f" ({prose(answer.rule)})" if answer.rule else ""
    return f"{before}: {answer.refusal}: {prose(answer.message or '')}{rule}"


def answer_json(answer: "CommandResult") -> dict[str, Any]:
    """The answer as programs read it."""
    return as_json(
        answer.command_id,
        answer.outcome,
        answer.refusal,
        answer.message,
        answer.entries,
        answer.position,
    )


def as_json(  # noqa: PLR0917 in the order of the keys
    command_id: str | None,
    outcome: str,
    refusal: str | None = None,
    message: str | None = None,
    entries: tuple[str, ...] = (),
    position: int | None = None,
) -> dict[str, Any]:
    """Return one answer with every key."""
    return {
        "command_id": command_id,
        "outcome": outcome,
        "refusal": refusal,
        "message": message,
        "entries": list(entries),
        "position": position,
    }


def _log(answer: "CommandResult", took: float) -> None:
    from cli.shell.log import line

    about, _, grant = answer.stream.partition(":")
    line(
        "command",
        command=answer.command,
        command_id=answer.command_id,
        grant=grant if about == "grant" else None,
        outcome=answer.outcome,
        refusal=answer.refusal,
        seconds=round(took, 4),
    )
