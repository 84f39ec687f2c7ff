"""``grantbook audit export``: a package that an auditor checks without grantbook."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.commands.audit.seal_json import checkpoint_json
from cli.commands.audit.unsealed import in_words
from cli.output.terminal_text import safe, say, to_json
from cli.shell.as_of_options import entries_of, stream_named
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from lifecycle.seal.prove import Package


@click.command(
    "export",
    cls=Command,
    help="""Write a package that an auditor can check alone.

    A new folder with entries, refusals, the hashes of all leaves, checkpoints, public key, a proof of each
    stream's newest entry, a signed list of all files, and verify.py, one readable file that checks them
    without grantbook. If grants are named, only their entries are shown, and the hashes of all others.""",
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("names", metavar="[GRANT|fund|directory|call:CALL]...", nargs=-1)
@click.option("--documents", is_flag=True, help="Include the attached files.")
def export(folder: Path, names: tuple[str, ...], documents: bool) -> int:
    """Write the package."""
    from lifecycle.seal.prove import export as write
    from lifecycle.seal.seal import seal_of

    options = settings()
    with options.open(read_only=True, as_is=True) as book:
        for name in names:
            entries_of(book, name)
        seal = seal_of(book)
        streams = [stream_named(name) for name in names]
        package = write(book, seal, folder, streams, documents=documents)
        unsealed = seal.unsealed()
    if options.json:
        say(to_json(_as_json(folder, package, unsealed)))
        return 0
    say(
        f"wrote {safe(folder)}: {package.entries:,} entries, {package.refusals:,} refusals,"
        f" {package.proofs:,} proofs, sealed up to entry {package.checkpoint.size:,}"
    )
    if any(unsealed):
        say(f"left out is what is {in_words(*unsealed)}: grantbook audit seal seals them")
    if not package.signed:
        say("its manifest is not signed, because the book's key is not here: run verify.py with --unsigned")
    flags = f"{' --part' if names else ''}{'' if package.signed else ' --unsigned'}"
    script = f"{safe(shlex.quote(str(folder / 'verify.py')))}{flags}"
    say(f"check it with: python {script} --key …, the key as the fund gave it to you")
    return 0


def _as_json(folder: Path, package: "Package", unsealed: tuple[int, int]) -> dict[str, Any]:
    return {
        "folder": str(folder),
        "entries": package.entries,
        "refusals": package.refusals,
        "proofs": package.proofs,
        "documents": package.documents,
        "signed": package.signed,
        "unsealed_entries": unsealed[0],
        "unsealed_refusals": unsealed[1],
        "checkpoint": checkpoint_json(package.checkpoint),
    }
