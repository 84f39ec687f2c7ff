"""``grantbook init``: a new book, its fund, its first administrator and its policy."""

import shlex
from pathlib import Path
from typing import Any

import click

from cli.output.terminal_text import prose, safe, say, to_json
from cli.shell.as_of_options import day_from
from cli.shell.settings import Command, located, settings


@click.command(
    "init",
    cls=Command,
    help="Make a new book.\n\nThe officer who makes it (--as) is its first administrator.",
)
@click.argument("path", metavar="BOOK", required=False)
@click.option("--name", required=True, metavar="TEXT", help="The fund's name.")
@click.option("--currency", default="USD", show_default=True, metavar="CODE", help="Its holding currency.")
@click.option(
    "--fiscal-year-start",
    default=7,
    show_default=True,
    type=click.IntRange(1, 12),
    metavar="MONTH",
    help="First month of its fiscal year.",
)
@click.option(
    "--time-zone",
    default="UTC",
    show_default=True,
    metavar="ZONE",
    help="IANA time zone of its seat, like America/New_York: its days are counted there.",
)
@click.option("--on", metavar="DATE", help="The day on which it was established; today if not given.")
@click.option(
    "--policy",
    multiple=True,
    metavar="FILE",
    help="An edition to adopt instead of the shipped ones. May be given several times.",
)
@click.option(
    "--seal/--no-seal",
    default=None,
    help="Seal after each command. If not given: yes in a folder, no in a database, which the auditor seals.",
)
def init(  # noqa: PLR0917 click gives them by name
    path: str | None,
    name: str,
    currency: str,
    fiscal_year_start: int,
    time_zone: str,
    on: str | None,
    policy: tuple[str, ...],
    seal: bool | None,
) -> int:
    """Make the book."""
    from cli.commands.files.from_file import edition_from
    from lifecycle.book.book import Book

    options = settings()
    target = located(path or options.address())
    editions = [edition_from(file, currency) for file in policy] or None
    terms: dict[str, Any] = {
        "name": name,
        "currency": currency,
        "fiscal_year_start": fiscal_year_start,
        "time_zone": time_zone,
    }
    day = None if on is None else day_from(on, "--on")
    seal = isinstance(target, Path) if seal is None else seal
    with Book.create(
        target, on=day, recorder=options.recorder(), editions=editions, seal=seal, **terms
    ) as book:
        from cli.recording.record import catch_up_and_seal

        unfinished = catch_up_and_seal(book, founded=True)
        fund = book.fund()
        names, day = list(fund.editions), fund.established_on
        assert day is not None
        position, address = book.position(), book.name
    if options.json:
        created = {"book": address, **terms, "on": day.isoformat(), "editions": names, "position": position}
        say(to_json(created))
    else:
        say(
            f"made {safe(address)}: {safe(name)} in {safe(currency)}, established on {day}; "
            f"{safe(options.recorder())} is its administrator; policy editions: {safe(', '.join(names))}"
        )
        if not options.book:
            quoted = safe(shlex.quote(address))
            say(f"name it from now on with --book {quoted} or GRANTBOOK_BOOK={quoted}")
    for sentence in unfinished:
        say(prose(sentence), err=True)
    return 0
