"""``grantbook fund show``: the fund's constants, its edition, its officers, its money."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from cli.commands.show.page import asked, print_page
from cli.shell.as_of_options import known_option, on_option
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from datetime import date

    from lifecycle.fund.state import Fund


@click.command("show", cls=Command, help="Show the fund: its seat, edition, officers, partners and money.")
@on_option
@known_option
def show(on: str | None, known: str | None) -> int:
    """Show the fund."""
    with asked("fund", on, known, None) as (_, rows, caption):
        *partners, totals = rows
    with settings().open_to_read() as book:
        fund = book.fund() if known is None else book.fund(caption.known)
    money = {name: totals[name] for name in _MONEY}
    terms = _terms(fund, caption.as_of)
    names = [partner["partner"] for partner in partners]
    print_page(fund.name, {**terms, "partners": list(dict.fromkeys(names)), **money}, caption)
    return 0


_MONEY = ("pledged", "received_holding", "fees", "income", "returned", "committed", "set_aside", "available")


def _terms(fund: "Fund", day: "date") -> dict[str, Any]:
    edition = fund.edition_on(day)
    roles = Counter(role for officer in fund.officers for role in fund.roles_on(officer, day))
    closed_on = fund.closed_on if fund.closed_on is not None and fund.closed_on <= day else None
    return {
        "currency": fund.currency,
        "fiscal_year_start": fund.fiscal_year_start,
        "time_zone": fund.time_zone,
        "established_on": None if fund.established_on is None else fund.established_on.isoformat(),
        **({} if closed_on is None else {"closed_on": closed_on.isoformat()}),
        "edition": None if edition is None else edition.name,
        "windows": [] if edition is None else sorted(edition.windows),
        "officers": dict(sorted(roles.items())),
    }
