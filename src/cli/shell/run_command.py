"""Runs a command that records: parses what was typed, records it, and prints the receipt."""

import re
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from cli.output.terminal_text import (
    prose,
    safe,
    say,
    to_json,
    wrapped,
)
from cli.shell.command_fields import FIELDS, fields_of_command
from cli.shell.fields import Field, example_of, parameters
from cli.shell.settings import HelpPage, Settings, global_options, settings
from lifecycle.catalogue import SPECS
from lifecycle.kernel.spec import Spec

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from lifecycle.book.recording_effect import Effect
    from lifecycle.journal.recorder import CommandResult
    from lifecycle.kernel.command import Command
    from lifecycle.kernel.errors import BookError
    from lifecycle.parse import Hints


class SpecCommand(HelpPage):
    """A command of the catalogue. Its options are made when they are first needed."""

    def __init__(self, spec: Spec, stream_kind: str) -> None:
        super().__init__(name=spec.words.rpartition(" ")[2], help=_help_of(spec), callback=self.run)
        self.spec, self.stream_kind = spec, stream_kind
        self._has_params = False

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the fields of the command, then the global options."""
        if not self._has_params:
            self._has_params = True
            self.params += [*self.own_params(), *global_options()]
        return super().get_params(ctx)

    def command_class(self) -> "type[Command]":
        """Return the class of the command."""
        from lifecycle.parse import command_class

        return command_class(self.spec.name, self.stream_kind)

    def own_params(self) -> list[click.Parameter]:
        """Return the arguments and options for the command's fields."""
        return parameters(self.fields())

    def example(self) -> str:
        """Return a line with the arguments and the options that the command needs."""
        return super().example() or example_of(self.spec.words, self.fields())

    def fields(self) -> list[Field]:
        """Return how each field is typed."""
        return fields_of_command(self.spec.words)

    def run(self, confirm_clock: bool, dry_run: bool, **typed: Any) -> int:
        """Record what was typed, and return the exit code."""
        from cli.shell.options import words_from

        words, faults = words_from(self.command_class(), typed)
        return record_and_print(
            {"command": self.spec.name, **words}, faults, confirm_clock=confirm_clock, dry_run=dry_run
        )


def _help_of(spec: Spec) -> str:
    """Return what the command does, which event it records, and who may give it at which stages."""
    role = "any officer" if spec.role == "any" else f"the role {spec.role}"
    stages = tuple(stage for stage in spec.stages if stage)
    condition = ""
    if 0 < len(stages) < 11:
        condition = f", while the grant is {' or '.join(stage.replace('_', '-') for stage in stages)}"
    return f"{spec.help}\n\nRecorded as {spec.event}. An act of {role}{condition}."


def record_and_print(
    words: Mapping[str, Any],
    faults: Sequence[tuple[str, str]] = (),
    *,
    confirm_clock: bool = False,
    dry_run: bool = False,
    file: bytes | None = None,
) -> int:
    """Parse and record the command, print the receipt, and return the exit code.

    ``faults``: of the values that were typed, each with the name of its field. The bytes of a ``file``, whose
    digest is among the words, are first kept in the book's documents.
    """
    from cli.recording.hints import hints_for
    from cli.recording.nearest_names import NearestNames
    from cli.recording.odd_entries import sentence_of
    from cli.recording.personal_data import personal, warning
    from cli.recording.record import record, try_out
    from lifecycle.kernel.errors import StreamStopped, VersionConflict
    from lifecycle.parse import Malformed

    options = settings()
    recorder = options.recorder()
    with options.open(confirm_clock=confirm_clock) as book:
        day, without_day = _default_day(words, book)
        with_defaults = {"on": day, "actor": recorder, **words}
        try:
            command = _parsed(with_defaults, faults, hints_for(book, with_defaults))
        except Malformed as error:
            return _malformed(options, error, with_defaults.get("command_id"))
        if file is not None and not dry_run:
            book.attach(file)
        started = time.perf_counter()
        try:
            receipt, unfinished, warnings = (try_out if dry_run else record)(book, command, recorder)
        except (VersionConflict, StreamStopped) as error:
            return not_recorded(options, error, command.command_id)
        seconds = time.perf_counter() - started
        effect, near = book.effect, NearestNames(book).of(receipt.refusal, words).removeprefix("; ")
    _log(receipt, seconds, dry_run=dry_run)
    code = _print(options, receipt, effect, "" if "on" in words else without_day, warnings, dry_run=dry_run)
    if near:
        say(prose(near), err=True)
    for reason in warnings:
        say(prose(sentence_of(reason)), err=True)
    for sentence in unfinished:
        say(f"{'recorded; ' if receipt.refusal is None else ''}{prose(sentence)}", err=True)
    if fields := personal(words):
        say(prose(warning(fields)), err=True)
    return code


def _parsed(words: Mapping[str, Any], faults: Sequence[tuple[str, str]], hints: "Hints") -> "Command":
    """Return the command. Raises ``Malformed`` with the faults of typed values and all others."""
    from lifecycle.parse import Malformed, command_from

    faulty = {field for field, _ in faults}
    try:
        command = command_from(words, hints)
    except Malformed as error:
        others = [problem for problem in error.problems if problem[0].partition(".")[0] not in faulty]
        raise Malformed([*faults, *others]) from None
    if faults:
        raise Malformed(list(faults))
    return command


def _default_day(words: Mapping[str, Any], book: "Book") -> tuple[object, str]:
    """Return the day of a command without one, and why it is this day: an activity's last day, or today."""
    if words.get("command") == "HoldActivity" and "ends" in words:
        return words["ends"], "its last day: no --on given"
    return book.today().isoformat(), "today: no --on given"


def _malformed(options: Settings, error: Any, command_id: object) -> int:
    from cli.shell.failures import malformed

    for line in malformed(error):
        say(line, err=True)
    if options.json:
        id_ = command_id if isinstance(command_id, str) and command_id else None
        say(to_json(_outcome_json(id_, "malformed", message=str(error))))
    return 2


def not_recorded(options: Settings, error: "BookError", command_id: str) -> int:
    """Print why nothing was recorded, and return the exit code. The command may be given again."""
    from cli.shell.failures import show

    if options.json:
        say(to_json(_outcome_json(command_id or None, "refused", type(error).__name__, str(error))))
    return show(error)


def _print(
    options: Settings,
    receipt: "CommandResult",
    effect: "Effect | None",
    without_day: str,
    warnings: tuple[str, ...],
    *,
    dry_run: bool,
) -> int:
    """Print the receipt in words or as JSON on stdout, or a refusal on stderr, and return the exit code."""
    if options.json:
        say(to_json(receipt_json(receipt) | ({"warnings": list(warnings)} if warnings else {})))
    elif receipt.refusal is None:
        say(accepted(receipt, dry_run=dry_run))
        if effect is not None:
            from cli.narrative.receipt import lines_of

            for sentence in lines_of(effect, without_day):
                say(wrapped(sentence, "    ", "  "))
    if receipt.refusal is not None:
        say(refused(receipt, _option_names(receipt.command)), err=True)
    if dry_run and not options.json:
        say("dry run: nothing was recorded")
    return 0 if receipt.refusal is None else 1


def accepted(receipt: "CommandResult", *, dry_run: bool = False) -> str:
    """Return what was recorded, or would be, and at which position."""
    entries = f"{safe(' and '.join(receipt.entries))}, position {receipt.position} of the journal"
    if receipt.outcome == "repeat":
        message = f" ({prose(receipt.message)})" if receipt.message else ""
        return f"recorded before: {receipt.command} as {entries}; nothing new{message}"
    return f"{'would be recorded' if dry_run else 'recorded'}: {receipt.command} as {entries}"


def _option_names(command: str) -> list[str]:
    """Return the names of the command's fields that are written otherwise as options."""
    words = [specs[command].words for specs in SPECS.values() if command in specs]
    fields = [field for name in words if name in FIELDS for field in FIELDS[name]]
    return [field.name for field in fields if "_" in field.name and not field.is_argument]


def refused(receipt: "CommandResult", options: Sequence[str] = ()) -> str:
    """Return which rule refused the command, and why.

    ``options``: fields that the message may name, as it does for programs. They are named as options instead.
    """
    message = receipt.message or ""
    for name in options:
        message = re.sub(rf"(?<![\w-]){name}\b", f"--{name.replace('_', '-')}", message)
    outcome = "refused before" if receipt.outcome == "repeat" else "refused"
    rule = f" ({prose(receipt.rule)})" if receipt.rule else ""
    return f"{outcome}: {receipt.refusal}: {prose(message)}{rule}"


def receipt_json(receipt: "CommandResult") -> dict[str, Any]:
    """Return the receipt for JSON."""
    return _outcome_json(
        receipt.command_id,
        receipt.outcome,
        receipt.refusal,
        receipt.message,
        receipt.entries,
        receipt.position,
    )


def _outcome_json(  # noqa: PLR0917 in the order of the keys
    command_id: str | None,
    outcome: str,
    refusal: str | None = None,
    message: str | None = None,
    entries: tuple[str, ...] = (),
    position: int | None = None,
) -> dict[str, Any]:
    """Return the fields of a receipt under the keys of ``--json``."""
    return {
        "command_id": command_id,
        "outcome": outcome,
        "refusal": refusal,
        "message": message,
        "entries": list(entries),
        "position": position,
    }


def _log(receipt: "CommandResult", seconds: float, *, dry_run: bool) -> None:
    from cli.shell.log import line

    stream_kind, _, id_ = receipt.stream.partition(":")
    line(
        "command",
        command=receipt.command,
        command_id=receipt.command_id,
        grant=id_ if stream_kind == "grant" else None,
        outcome=receipt.outcome,
        refusal=receipt.refusal,
        dry_run=dry_run or None,
        seconds=round(seconds, 4),
    )
