"""``grantbook audit verify``: a proof that nothing recorded was altered."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.commands.audit.seal_json import checkpoint_json, quarantined_refusal_json, row_json
from cli.commands.audit.unsealed import in_words
from cli.output.terminal_text import counted, prose, safe, say, to_json
from cli.shell.progress_bar import steps_of
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from lifecycle.journal.left_out.quarantined import Quarantined, QuarantinedRefusal
    from lifecycle.seal.verified import Verified

_OF = {"fund": "the fund", "grant": "grants", "call": "calls", "directory": "the directory"}
"""What entries are about, by the kind of their stream."""
_FAILED = 4
_BEHIND = 5


@click.command(
    "verify",
    cls=Command,
    help="""Prove that nothing recorded was altered.

    Hashes every stored byte again and compares it with every checkpoint. Checks the order of versions and
    moments, the refusals, the triggers of the tables, the snapshot, the documents, and whether the
    views are what the entries add up to. Judges entries that no checkpoint covers again by the rules, on what
    was known when they were recorded; with --rules, all entries. Names the first bad entry; exit code 4.""",
)
@click.option(
    "--checkpoint",
    "kept",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that you kept elsewhere. May be given several times.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="KEY",
    help="The only public key to trust. May be given several times.",
)
@click.option(
    "--rules", is_flag=True, help="Judge every entry and refusal again, not only the unsealed ones."
)
@click.option("--journal-only", is_flag=True, help="Leave out the comparison of the views.")
def verify(kept: tuple[Path, ...], keys: tuple[str, ...], rules: bool, journal_only: bool) -> int:
    """Verify the journal, and compare the views with it."""
    from lifecycle.seal.notes import NotSigned, PublicKey
    from lifecycle.seal.seal import seal_of
    from lifecycle.seal.verify import verify as verify_journal

    options = settings()
    try:
        trusted = [PublicKey.parse(key) for key in keys]
    except NotSigned as error:
        raise click.BadParameter(str(error), param_hint="--key") from None
    with options.open(read_only=True, as_is=True) as book:
        shortfall, lags = book.shortfall(), book.storage.lags
        with steps_of("hashing") as progress:
            verified = verify_journal(
                book, seal_of(book), kept=kept, trusted=trusted, rules=rules, progress=progress
            )
        problems: list[tuple[str, str]] = [*verified.problems]
        views = _compared(book, problems, leave_out=journal_only)
    if shortfall is not None:
        say(f"this is {'a standby' if lags else 'a copy'}, {safe(str(shortfall))}", err=True)
    if options.json:
        say(to_json(_as_json(verified, problems, views)))
    else:
        _print(verified, problems, views, kept=bool(kept or keys))
    if problems:
        return _FAILED
    return _BEHIND if shortfall is not None else 0


def _compared(book: "Book", problems: list[tuple[str, str]], *, leave_out: bool) -> str:
    """Compare the views with the journal, unless there are ``problems`` already, and add the differences.

    Returns in words what was done.
    """
    from projections.engine.consistency_check import AnotherFormat, differences, has_views

    if not leave_out and not has_views(book):
        return "none"
    if leave_out or problems:
        return "not looked at"
    try:
        with steps_of("comparing the views") as progress:
            problems += differences(book, progress)
    except AnotherFormat:
        return "of another format"
    return "compared"


def _as_json(verified: "Verified", problems: list[tuple[str, str]], views: str) -> dict[str, Any]:
    return {
        "verified": not problems,
        "entries": verified.entries,
        "entries_of": {name: verified.kinds.get(name, 0) for name in _OF},
        "refusals": verified.refusals,
        "checkpoints": verified.checkpoints,
        "last": checkpoint_json(verified.last) if verified.last else None,
        "unsealed_entries": verified.unsealed[0],
        "unsealed_refusals": verified.unsealed[1],
        "judged_entries": verified.judged[0],
        "judged_refusals": verified.judged[1],
        "history_entries": verified.history,
        "documents": verified.documents,
        "keys": [
            {"key": str(key), "since": since, "vouched": vouched} for key, since, vouched in verified.keys
        ],
        "views": not problems if views == "compared" else None,
        "problems": [{"where": where, "what": what} for where, what in problems],
        "quarantined": [row_json(row) for row in verified.quarantined],
        "quarantined_answers": [quarantined_refusal_json(answer) for answer in verified.quarantined_refusals],
    }


def _print(verified: "Verified", problems: list[tuple[str, str]], views: str, *, kept: bool) -> None:
    for where, what in problems:
        say(f"{prose(where)}: {prose(what)}", err=True)
    say(
        f"{counted(verified.entries, 'entry', 'entries')}, {counted(verified.refusals, 'refusal')},"
        f" {counted(verified.checkpoints, 'checkpoint')}, {counted(verified.documents, 'document')}"
    )
    parts = [
        f"{verified.kinds[name]:,} of {words}" for name, words in _OF.items() if verified.kinds.get(name)
    ]
    if parts:
        say(f"entries: {', '.join(parts)}")
    if verified.last is not None:
        say(f"sealed up to entry {verified.last.size:,}: root {verified.last.root.hex()}")
    say(in_words(*verified.unsealed))
    quarantined: list[Quarantined | QuarantinedRefusal] = [
        *verified.quarantined,
        *verified.quarantined_refusals,
    ]
    for row in quarantined:
        say(f"not lawful: {prose(row)} (what is wrong with it: {prose(row.event.fault)})")
    if verified.history:
        brought_in = counted(verified.history, "entry", "entries")
        say(f"history that was brought in: {brought_in}, judged by arithmetic alone")
    for line in _limits(verified, kept=kept):
        say(line)
    if problems:
        say(f"failed verification: {counted(len(problems), 'problem')}", err=True)
        return
    state_of_views = {
        "compared": "the views are what the entries add up to",
        "none": "there are no views",
        "of another format": "the views are of another format: the next report makes them again",
    }
    say(f"verified: {_proved(verified)}; {state_of_views.get(views, 'the views were not looked at')}")


def _proved(verified: "Verified") -> str:
    """Return what was proved; of the rules, only for the entries that were judged by them."""
    if verified.last is None:
        return f"nothing is sealed; rules judged for the {counted(verified.judged[0], 'entry', 'entries')}"
    if verified.judged == (verified.entries, verified.refusals):
        return f"sealed and unaltered; rules judged for all {verified.entries:,} entries"
    unsealed = counted(verified.judged[0], "unsealed entry", "unsealed entries")
    return f"sealed and unaltered; rules judged for the {unsealed}"


def _limits(verified: "Verified", *, kept: bool) -> Iterator[str]:
    """Yield a line for each further key that signed, and for each limit of what the seal proves."""
    for key, since, vouched in verified.keys[1:]:
        signed = f"signs from checkpoint {since} on" if since else "has signed nothing yet"
        voucher = f"the key before it {'signed for it' if vouched else 'did not sign for it: ask why'}"
        yield f"key {safe(key)} {signed}; {voucher}"
    if not verified.each_command:
        yield "commands are not sealed as they are recorded"
    if not kept:
        yield (
            "compared with the book's own checkpoints: only a checkpoint that you kept elsewhere"
            "\n(--checkpoint FILE), and the key as it was given to you (--key KEY), show what the people who"
            "\nrun the book could have rewritten"
        )
