"""``grantbook move``, ``roles`` and ``health``: copies a book, and sets up and checks stores."""

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

    From a folder to a PostgreSQL database, or back. The copy has the same entries in the same order, the same
    refusals, documents, checkpoints, keys and names, and the same root. The source stays unchanged; record in
    only one of the two from now on. Remove a copy that was interrupted, and make it again.

    A book of journal format 2 becomes one of format 3, without its checkpoints: they seal the old form, and
    go on proving the old book. Seal the new one with grantbook audit seal.""",
)
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@click.option(
    "--seal/--no-seal",
    default=None,
    help="Seal each command in DST, unless fund switch-sealing decides it; as in SRC if not given.",
)
def move(source: str, target: str, seal: bool | None) -> int:
    """Copy the book."""
    from lifecycle.book import format_2
    from lifecycle.book.book import Book
    from lifecycle.journal.addresses import named
    from lifecycle.seal.copy_book import format_at, move_format_2
    from lifecycle.seal.copy_book import move as copy

    origin, destination = located(source), located(target)
    if format_at(origin) == format_2.FORMAT:
        with steps_of("copying") as progress:
            moved = move_format_2(origin, destination, progress, seal=seal)
    else:
        with Book.open(origin, read_only=True) as book, steps_of("copying") as progress:
            moved = copy(book, destination, progress, seal=seal)
    if settings().json:
        counts = {"entries": moved.entries, "refusals": moved.refusals, "documents": moved.documents}
        say(to_json({"book": named(destination), **counts, "root": moved.root.hex()}))
        return 0
    say(
        f"copied to {safe(named(destination))}: {moved.entries:,} entries, {moved.refusals:,} refusals,"
        f" {moved.documents:,} documents; root {moved.root.hex()}"
    )
    say(f"the views are made when they are first read; {safe(named(origin))} is unchanged")
    return 0


@click.command(
    "roles",
    cls=Command,
    help="""Print the SQL that gives a database its roles.

    The roles are owner (without login), administrator, projector, auditor and reporter, each with only the
    rights that its work needs. Run the SQL with psql in the book's database, after grantbook init. It can be
    run again.""",
)
@click.option("--prefix", default="grantbook", show_default=True, metavar="NAME", help="Prefix of each role.")
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

    Checks that each commit is on disk before it is acknowledged and that the guards of the journal are in
    place, and lists the standbys that confirm commits. Exit code 5 if a check fails.""",
)
@click.option(
    "--standby",
    is_flag=True,
    help="Also require that a standby confirms each commit before it is acknowledged.",
)
def health(standby: bool) -> int:
    """Report the state of the store."""
    options = settings()
    with options.open(read_only=True, as_is=True) as book:
        checks = book.health(standby=standby)
    all_well = all(check.is_well for check in checks)
    if options.json:
        rows = [{"what": check.name, "well": check.is_well, "told": check.detail} for check in checks]
        say(to_json({"well": all_well, "checks": rows}))
    else:
        for check in checks:
            say(_line(check))
    return 0 if all_well else 5


def _line(check: "Check") -> str:
    return f"{'well' if check.is_well else 'NOT WELL':8}  {check.name}: {safe(check.detail)}"
