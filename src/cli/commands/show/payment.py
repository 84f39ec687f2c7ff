"""``grantbook payment show``: one payment, with its amounts, days and officers."""

from typing import TYPE_CHECKING

import click

from cli.commands.show.next_acts import acts_from_book, acts_from_views, next_in_words, next_json
from cli.commands.show.page import asked, print_page
from cli.output.terminal_text import say
from cli.shell.as_of_options import VIEWS, entries_of, known_option, on_option, state_of
from cli.shell.settings import Command, located, settings

if TYPE_CHECKING:
    from lifecycle.grant.obligations.next_acts import NextAct


@click.command("show", cls=Command, help="Show one payment: amounts, days and officers.")
@click.argument("grant", metavar="GRANT")
@click.argument("payment", metavar="PAYMENT")
@on_option
@known_option
@VIEWS
def show(grant: str, payment: str, on: str | None, known: str | None, views: str | None) -> int:
    """Show the payment."""
    from lifecycle.types.readings.nearest import unknown

    grant = grant.removeprefix("grant:")
    with asked("payments", on, known, views, grant=grant) as (_, rows, caption):
        payments = {row["payment"]: row for row in rows}
    if payment not in payments:
        raise click.UsageError(unknown("payment", payment, list(payments), f" of {grant}"))
    acts = _next_acts(grant, payment) if on is None and known is None and views is None else None
    fields = payments[payment] | ({} if acts is None else {"next": [next_json(act) for act in acts]})
    print_page(f"{grant}  {payment}", fields, caption, without=("grant", "payment", "next"))
    if acts is not None and not settings().json:
        say()
        say(next_in_words(acts))
    return 0


def _next_acts(grant: str, payment: str) -> "list[NextAct]":
    from projections.engine.standing import standing

    place = located(settings().address())
    if current := standing(place, grant):
        return acts_from_views(place, current.grant, payment)
    with settings().open_to_read() as book:
        stream, entries = entries_of(book, f"grant:{grant}")
    return acts_from_book(state_of(stream, entries, None), payment)
