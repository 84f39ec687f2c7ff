"""``grantbook audit seal``: a signed checkpoint over what is unsealed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from cli.commands.audit.seal_json import checkpoint_json
from cli.output.terminal_text import prose, safe, say, to_json
from cli.shell.progress_bar import steps_of
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from lifecycle.journal.left_out.quarantined import Quarantined, QuarantinedRefusal
    from lifecycle.seal.seal import Sealed

WAY_OUT = "grantbook audit seal --quarantine {} --reason …"
"""The command that quarantines a row that is no lawful entry."""
_FAILED = 4


@click.command(
    "seal",
    cls=Command,
    help="""Seal all unsealed entries with a signed checkpoint.

    First hashes every stored byte again. The journal must extend what was sealed before; it is refused if it
    is shorter or differs. Unsealed entries that others recorded are judged again by the rules. If a row is no
    lawful entry, the seal stops before it with exit code 4, until an administrator quarantines it: the row
    then stays in the journal, is sealed as not lawful, and counts in nothing. The same holds for a refusal
    that the rules would not have given. Keep copies of checkpoints where the people who run the book cannot
    reach them: only those copies prove later that nothing was rewritten.""",
)
@click.option("--new-key", is_flag=True, help="Make another key, and seal with it from now on.")
@click.option(
    "--quarantine",
    "position",
    type=click.IntRange(1, 1 << 62),
    metavar="POSITION",
    help="First set aside this row and those of the same transaction.",
)
@click.option(
    "--quarantine-answer",
    "answered",
    metavar="COMMAND_ID",
    help="First set aside the refusal of this command id.",
)
@click.option("--reason", metavar="TEXT", help="Why it is set aside, and how it got there if that is known.")
@click.option("--on", metavar="DATE", help="The day of the quarantine, if not today.")
@click.option(
    "--command-id", metavar="ID", help="The id of the quarantine: the same id gets the same answer again."
)
def seal(
    *,
    new_key: bool,
    position: int | None,
    answered: str | None,
    reason: str | None,
    on: str | None,
    command_id: str | None,
) -> int:
    """Seal the journal, after the quarantine if one is asked for."""
    from lifecycle.seal.seal import seal_of

    words = {"position": position, "answered": answered, "reason": reason, "on": on, "command_id": command_id}
    typed = {name: value for name, value in words.items() if value is not None}
    quarantine = None
    if _sets_aside(typed):
        code, quarantine = _quarantine(typed)
        if code:
            return code
    options = settings()
    with options.open(as_is=True) as book, steps_of("hashing") as progress:
        sealer = seal_of(book)
        sealed = sealer.seal(rehash=True, new_key=new_key, progress=progress)
        key = str(sealer.keys()[-1])
    if options.json:
        say(to_json(_as_json(sealed, key, quarantine)))
    else:
        _print(sealed, key if sealer.new_key is not None else None)
    if sealed.fault is None:
        return 0
    position = sealed.fault.position
    way_out = f"; the way out: {WAY_OUT.format(position)}" if position else prose(sealed.way_out)
    say(f"{prose(sealed.fault)}: neither it nor what comes after it is sealed{way_out}", err=True)
    return _FAILED


def _sets_aside(typed: Mapping[str, Any]) -> bool:
    """Return whether a row or an answer is to be set aside. Raises ``UsageError`` if the options disagree."""
    if "position" in typed and "answered" in typed:
        raise click.UsageError("set aside a row or an answer, one at a time")
    sets_aside = "position" in typed or "answered" in typed
    if not sets_aside and any(typed.values()):
        raise click.UsageError("--reason, --on and --command-id go with --quarantine POSITION")
    if sets_aside and "reason" not in typed:
        raise click.UsageError("say why it is set aside: --reason TEXT")
    return sets_aside


def _as_json(sealed: "Sealed", key: str, quarantine: dict[str, Any] | None) -> dict[str, Any]:
    return {
        **checkpoint_json(sealed.checkpoint),
        "file": str(sealed.file),
        "written": sealed.written,
        "key": key,
        "fault": None if sealed.fault is None else str(sealed.fault),
        "quarantine": quarantine,
    }


def _print(sealed: "Sealed", new_key: str | None) -> None:
    """Print how much was sealed, by which checkpoint, and the key if it is new."""
    size = sealed.checkpoint.size
    if sealed.written:
        tail = "nothing is unsealed" if sealed.fault is None else "what comes after them is not"
        say(f"sealed {sealed.entries:,} entries and {sealed.refusals:,} refusals; {tail}")
        say(f"checkpoint {safe(sealed.file)}: {size:,} entries, root {sealed.checkpoint.root.hex()}")
    else:
        state = "nothing was unsealed" if sealed.fault is None else "nothing more is sealed"
        say(f"{state}: all {size:,} entries are as {safe(sealed.file.name)} has them")
    if new_key is not None:
        say(f"the key from now on, to be given to auditors: {safe(new_key)}")


def _quarantine(words: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
    """Record the quarantine, and return the exit code and the receipt for JSON.

    Prints the result on stderr, because the result of the seal goes to stdout.
    """
    from cli.recording.record import catch_views_up
    from cli.shell.failures import malformed
    from cli.shell.run_command import accepted, not_recorded, receipt_json, refused
    from lifecycle.decide.quarantined_rows import QuarantineAnswer, QuarantineRow
    from lifecycle.kernel.errors import VersionConflict
    from lifecycle.parse import Malformed, checked

    options = settings()
    recorder = options.recorder()
    with options.open(as_is=True) as book:
        fields = {"on": book.today().isoformat(), "actor": recorder, **words}
        try:
            command = checked(QuarantineAnswer if "answered" in words else QuarantineRow, fields)
        except Malformed as error:
            for line in malformed(error):
                say(line, err=True)
            return 2, None
        try:
            receipt = book.record(command, recorder)
        except VersionConflict as error:
            return not_recorded(options, error, command.command_id), None
        if receipt.refusal is not None:
            say(refused(receipt), err=True)
            if options.json:
                say(to_json(receipt_json(receipt)))
            return 1, None
        if sentence := catch_views_up(book):
            say(prose(sentence), err=True)
        rows: list[Quarantined | QuarantinedRefusal] = [*book.quarantined(), *book.quarantined_refusals()]
        for row in rows:
            if row.by.name in receipt.entries:
                say(prose(row), err=True)
    say(accepted(receipt), err=True)
    return 0, receipt_json(receipt)
