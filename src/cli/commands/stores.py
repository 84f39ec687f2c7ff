"""``grantbook move``, ``roles`` and ``health``: books on a database server, and from one store to another."""

from typing import TYPE_CHECKING

import click

from cli.output.terminal_text import safe, say, to_json
from cli.shell.progress_bar import steps_of
from cli.shell.settings import Command, located, settings

if TYPE_CHECKING:
    from lifecycle.book.storage.book_storage import Check


@click.command(
    "move",
    cls=Command,
    help="""Copy a book to another place or store.

    From a folder to a PostgreSQL database, or back: the same entries in the same order, the same answers,
    documents, checkpoints, keys and names, and the same root. The source is left as it is; record in one
    of the two only. Remove a copy that was interrupted, and make it again.""",
)
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@click.option(
    "--seal/--no-seal",
    default=None,
    help="Whether each command is sealed there, unless fund switch-sealing says it; as in SRC if not given.",
)
def move(source: str, target: str, seal: bool | None) -> int:
    """Copy the book."""
    from lifecycle.book.book import Book
    from lifecycle.journal.addresses import named
    from lifecycle.seal.copy_book import move as copy

    destination = located(target)
    with Book.open(located(source), read_only=True) as book, steps_of("copying") as progress:
        moved = copy(book, destination, progress, seal=seal)
    if settings().json:
        counts = {"entries": moved.entries, "receipts": moved.receipts, "documents": moved.documents}
        say(to_json({"book": named(destination), **counts, "root": moved.root.hex()}))
        return 0
    say(
        f"copied to {safe(named(destination))}: {moved.entries:,} entries, {moved.receipts:,} answers,"
        f" {moved.documents:,} documents; root {moved.root.hex()}"
    )
    say(f"the views are made when they are first asked; {safe(book.name)} is left as it is")
    return 0


@click.command(
    "roles",
    cls=Command,
    help="""Print the SQL that gives a database its roles.

    Owner (nobody logs in as it), administrator, projector, auditor and reporter, each with the least that
    its work needs. Run it with psql in the book's database, after grantbook init; it can be run again.""",
)
@click.option("--prefix", default="grantbook", show_default=True, metavar="NAME", help="Before each role.")
def roles(prefix: str) -> int:
    """Print the SQL."""
    from lifecycle.journal.postgresql.roles import script

    if not prefix.isidentifier() or not prefix.isascii() or prefix != prefix.lower():
        raise click.BadParameter("use small letters, digits and underscores", param_hint="--prefix")
    say(script(prefix).rstrip())
    return 0


@click.command(
    "health",
    cls=Command,
    help="""Check that the store keeps what it acknowledges.

    That each commit is on disk before it is acknowledged, that what guards the journal is in place, and
    which standbys confirm commits. Exit code 5 where something is not.""",
)
@click.option("--standby", is_flag=True, help="A standby must confirm each commit before it is acknowledged.")
def health(standby: bool) -> int:
    """Report the state of the store."""
    options = settings()
    with options.open(read_only=True, as_is=True) as book:
        checks = book.health(standby=standby)
    well = all(check.is_well for check in checks)
    if options.json:
        rows = [{"what": check.name, "well": check.is_well, "told": check.detail} for check in checks]
        say(to_json({"well": well, "checks": rows}))
    else:
        for check in checks:
            say(_line(check))
    return 0 if well else 5


def _line(check: "Check") -> str:
    return f"{'well' if check.is_well else 'NOT WELL':8}  {check.name}: {safe(check.detail)}"
