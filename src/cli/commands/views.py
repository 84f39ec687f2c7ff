"""``grantbook views``: the tables that reports read, made from the journal."""

import json
import signal
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from cli.output.terminal_text import (
    prose,
    say,
    to_json,
)
from cli.shell.progress_bar import steps_of
from cli.shell.settings import Command, located, settings

if TYPE_CHECKING:
    from projections.engine.subscription import News

_VIEWS = click.option(
    "--views",
    envvar="GRANTBOOK_VIEWS",
    metavar="PATH|URL",
    help="Where the views are, if not in the book (or GRANTBOOK_VIEWS).",
)


@click.command("update", cls=Command, help="Catch the views up with the journal.")
@_VIEWS
def update(views: str | None) -> int:
    """Catch the views up."""
    from projections.engine.projector import catch_up

    with settings().open(read_only=True, views=views) as book, steps_of("catching up") as progress:
        position = catch_up(book, progress)
    return _print_position(position)


@click.command("rebuild", cls=Command, help="Make the views again from the journal.\n\nThis loses nothing.")
@_VIEWS
@click.option(
    "--from",
    "source",
    metavar="PATH|URL",
    help="Read the entries from this standby or copy of the journal, and only the newest from the book.",
)
def rebuild(views: str | None, source: str | None) -> int:
    """Make the views again."""
    from lifecycle.book.book import Book
    from projections.engine.projector import rebuild as make_again

    with settings().open(read_only=True, views=views) as book, steps_of("rebuilding") as progress:
        other = None if source is None else Book.open(located(source), read_only=True, as_is=True)
        with nullcontext() if other is None else other:
            position = make_again(book, progress, source=other)
    return _print_position(position)


@click.command("status", cls=Command, help="Show how far the views are behind the journal.")
@_VIEWS
def status(views: str | None) -> int:
    """Report how far the views are."""
    from projections.engine.projector import status as of

    options = settings()
    with options.open(read_only=True, views=views) as book:
        from cli.commands.audit.unsealed import tail_line, tail_of

        state, tail, line = of(book), tail_of(book), tail_line(book)
    if options.json:
        say(to_json({**state, **tail}))
        return 0
    if state["behind"]:
        position = f"at {state['views']:,} of {state['journal']:,}"
        say(f"the views are {state['behind']:,} behind, for {state['seconds']:,.1f} seconds: {position}")
    else:
        say(f"the views are at the journal's end, position {state['journal']:,}")
    say(line)
    return 0


@click.command(
    "follow",
    cls=Command,
    help="""Keep the views at the journal's end until interrupted.

    If several processes follow, one leads and the others wait to take over. If the store goes away, it is
    tried again.""",
)
@_VIEWS
def follow(views: str | None) -> int:
    """Follow the journal."""
    from projections.engine.subscription import follow as until_interrupted

    options = settings()
    # A service manager stops the process by SIGTERM, which is handled like Ctrl-C.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        until_interrupted(lambda: options.open(read_only=True, views=views), _print)
    except KeyboardInterrupt:
        say(to_json({"state": "stopped"}) if options.json else "stopped")
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


@click.command(
    "datasette",
    cls=Command,
    help="""Describe the views for Datasette, with queries of any day.

    Then run `datasette views.sqlite --metadata FILE`. Without FILE the metadata is printed.""",
)
@_VIEWS
@click.argument("file", required=False, metavar="[FILE]")
@click.option("--licence", metavar="TEXT", help="The licence of the data, such as 'CC BY 4.0'.")
@click.option("--licence-url", metavar="URL", help="The address of the licence.")
def datasette(views: str | None, file: str | None, licence: str | None, licence_url: str | None) -> int:
    """Write the metadata."""
    from cli.output.formats import write_text
    from lifecycle.journal.addresses import is_address
    from projections.reports.datasette import metadata

    with settings().open_for_report(views) as book:
        if is_address(book.views):
            raise click.UsageError(
                "Datasette serves a file, and these views are in a database: name a folder with --views, into"
                " which grantbook views update --views FOLDER has written them"
            )
        described = metadata(book.fund().name, licence=licence, licence_url=licence_url)
    write_text(json.dumps(described, indent=2, ensure_ascii=False) + "\n", None if file == "-" else file)
    return 0


def _print(news: "News") -> None:
    if settings().json:
        say(to_json({name: value for name, value in vars(news).items() if value is not None}))
    elif news.state == "views":
        say(f"the views are at position {news.position:,}")
    elif news.state == "stopped":
        say(f"warning: {prose(news.message or '')}", err=True)
    elif news.state == "away":
        say(f"{prose(news.message or '')}; tried again in {news.retry_in:g} seconds", err=True)
    else:
        say(
            "this process leads" if news.state == "leading" else "another process leads: waiting to take over"
        )


def _print_position(position: int) -> int:
    options = settings()
    say(to_json({"views": position}) if options.json else f"the views are at position {position:,}")
    return 0
