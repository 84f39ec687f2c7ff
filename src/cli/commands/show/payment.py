"""``grantbook payment show``: one payment, with its amounts, days and officers."""

import click

from cli.commands.show.page import asked, print_page
from cli.shell.as_of_options import VIEWS, known_option, on_option
from cli.shell.settings import Command


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
    print_page(f"{grant}  {payment}", payments[payment], caption, without=("grant", "payment"))
    return 0
