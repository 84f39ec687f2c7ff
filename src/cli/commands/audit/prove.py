"""``grantbook audit prove``: a proof that one entry is in the sealed journal."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.commands.audit.seal_json import checkpoint_json, row_json
from cli.output.formats import write_file, write_text
from cli.output.terminal_text import prose, safe, say, to_json
from cli.shell.as_of_options import entries_of, stream_named
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from lifecycle.seal.prove import Proof

_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
"""A position or version, no larger than a database can hold."""


@click.command(
    "prove",
    cls=Command,
    help="""Prove that an entry is in the sealed journal.

    Prints a proof in the form of C2SP tlog-proof. It includes the entry and can be checked with only the
    public key. ENTRY is a name as in audit history, or a position.""",
)
@click.argument("entry", metavar="ENTRY")
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path), help="Write to this file.")
def prove(entry: str, output: Path | None) -> int:
    """Write a proof of the entry."""
    from lifecycle.seal.prove import prover
    from lifecycle.seal.seal import seal_of

    options = settings()
    with options.open(read_only=True, as_is=True) as book:
        stream, version = _entry_named(book, entry)
        with prover(book, seal_of(book)) as maker:
            proof = maker.prove(stream, version)
    if output is not None:
        write_file(str(output), proof.text.encode())
        number = f"entry {proof.leaf_index + 1:,} of {proof.checkpoint.size:,}"
        say(f"wrote {safe(output)}: {safe(proof.name)} is {number}", err=True)
        _warn_if_not_lawful(proof)
    elif options.json:
        say(to_json(_as_json(proof)))
    else:
        write_text(proof.text, None)
        _warn_if_not_lawful(proof)
    return 0


def _as_json(proof: "Proof") -> dict[str, object]:
    return {
        "entry": proof.name,
        "index": proof.leaf_index,
        "leaf": proof.leaf.hex(),
        "proof": [sibling.hex() for sibling in proof.hashes],
        "checkpoint": checkpoint_json(proof.checkpoint),
        "text": proof.text,
        "quarantined": None if proof.quarantined is None else row_json(proof.quarantined),
    }


def _entry_named(book: "Book", text: str) -> tuple[str, int]:
    """Return the stream and version of ``SSF-1@3``, ``fund@5`` or a position. Raises ``BadParameter``."""
    if _NUMBER.fullmatch(text):
        entry = book.entry_at(int(text))
        if entry is None:
            raise click.BadParameter(f"there is no entry at position {text}", param_hint="ENTRY")
        return entry
    name, at, version = text.rpartition("@")
    if not at or not _NUMBER.fullmatch(version):
        raise click.BadParameter("name an entry like SSF-2018-07@3, fund@12 or 684", param_hint="ENTRY")
    stream = stream_named(name.removeprefix("grant:"))
    if book.journal.entry_row(stream, int(version)) is None:
        _, entries = entries_of(book, stream)
        newest = f"the newest is {name}@{entries[-1].originator_version}"
        raise click.BadParameter(f"there is no entry {text}: {newest}", param_hint="ENTRY")
    return stream, int(version)


def _warn_if_not_lawful(proof: "Proof") -> None:
    """Print on stderr if the entry is quarantined: it is sealed, but counts in nothing."""
    if proof.quarantined is not None:
        say(f"it is sealed as not lawful, and counts in nothing: {prose(proof.quarantined)}", err=True)
