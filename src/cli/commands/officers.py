"""``grantbook officer name|erase|list``: officers' names, which can be erased."""

from typing import TYPE_CHECKING

import click

from cli.output.terminal_text import (
    prose,
    safe,
    say,
    to_json,
)
from cli.shell.settings import Command, Settings, settings

if TYPE_CHECKING:
    from lifecycle.book.book import Book


def _check_allowed(options: Settings, book: "Book", officer: str) -> None:
    """Check that an administrator names a known officer. Raises ``UsageError`` and ``Exit``."""
    fund, recorder = book.fund(), options.recorder()
    if "administrator" not in fund.roles_on(recorder, book.today()):
        say(f"refused: {safe(recorder)} is no administrator today: only administrators keep names", err=True)
        raise click.exceptions.Exit(1)
    if officer not in fund.officers:
        raise click.UsageError(f"there is no officer {officer}: grantbook officer list shows them")


@click.command(
    "name",
    cls=Command,
    help="""Set the name of an officer.

    The name is kept in a register outside the journal, from which it can be erased. Entries, answers,
    packages and logs hold only the id. Administrators may do this.""",
)
@click.argument("officer", metavar="OFFICER")
@click.argument("name", metavar="NAME")
def name_officer(officer: str, name: str) -> int:
    """Set the officer's name."""
    options = settings()
    with options.open() as book:
        _check_allowed(options, book, officer)
        try:
            book.name_officer(officer, name)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="NAME") from None
    _report(options, officer, "named")
    return 0


@click.command(
    "erase",
    cls=Command,
    help="""Erase the name of an officer.

    The id stays in the entries, and every proof stays valid. Erase copies of the register, as in backups,
    yourself. Administrators may do this.""",
)
@click.argument("officer", metavar="OFFICER")
def erase(officer: str) -> int:
    """Erase the officer's name."""
    options = settings()
    with options.open() as book:
        _check_allowed(options, book, officer)
        try:
            book.erase_name(officer)
        except KeyError:
            raise click.UsageError(f"{officer} has no name in the register: nothing was erased") from None
    _report(options, officer, "erased")
    return 0


def _report(options: Settings, officer: str, outcome: str) -> None:
    from cli.shell.log import line

    line(f"officer {outcome}", officer=officer)
    say(to_json({"officer": officer, "outcome": outcome}) if options.json else f"{outcome}: {safe(officer)}")


@click.command("list", cls=Command, help="List the officers: names, and roles held today.")
def list_officers() -> int:
    """List the officers."""
    from lifecycle.book.storage.officer_names import OfficerName

    options = settings()
    with options.open(read_only=True) as book:
        fund, today, names = book.fund(), book.today(), book.names()
    for officer in sorted(fund.officers):
        roles = sorted(fund.roles_on(officer, today))
        known = names.get(officer, OfficerName(None, None))
        erased = known.erased_on
        if options.json:
            fields = {"officer": officer, "name": known.name, "roles": roles}
            say(to_json({**fields, "erased_on": erased.isoformat() if erased else None}))
            continue
        name = prose(known.name) if known.name else f"name erased on {erased}" if erased else "\u2013"
        say(f"{safe(officer):<20}  {name:<30}  {', '.join(roles) or 'retired'}")
    return 0
