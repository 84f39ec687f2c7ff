"""``grantbook views``: the tables that reports read, made from the journal and made anew at will."""

import sys
from contextlib import AbstractContextManager, nullcontext

import click

from cli.settings import Command, settings
from cli.text import Progress, say, to_json


@click.command("update", cls=Command, help="Catch the views up with the journal.")
def update() -> int:
    """Catch up."""
    from projections.projector import catch_up

    with settings().open() as book, steps_of("catching up") as told:
        position = catch_up(book, told)
    return _at(position)


@click.command("rebuild", cls=Command, help="Make the views anew from the journal.\n\nNothing is lost by it.")
def rebuild() -> int:
    """Make them anew."""
    from projections.projector import rebuild as anew

    with settings().open() as book, steps_of("rebuilding") as told:
        position = anew(book, told)
    return _at(position)


@click.command("status", cls=Command, help="Tell how far the views are.")
def status() -> int:
    """Tell."""
    from projections.projector import status as of

    asked = settings()
    with asked.open() as book:
        told = of(book)
    if asked.json:
        say(to_json(told))
    elif told["behind"]:
        say(f"the views are {told['behind']:,} behind: at {told['views']:,} of {told['journal']:,}")
    else:
        say(f"the views are at the journal's end, position {told['journal']:,}")
    return 0


def _at(position: int) -> int:
    asked = settings()
    say(to_json({"views": position}) if asked.json else f"the views are at position {position:,}")
    return 0


def steps_of(what: str) -> AbstractContextManager[Progress | None]:
    """A bar on a terminal for what takes long; nothing elsewhere."""
    if not sys.stderr.isatty():
        return nullcontext(None)
    from cli.progress import steps

    return steps(what)
