"""``grantbook directory show``: one institution, with its names."""

import click

from cli.commands.show.page import asked, print_page
from cli.shell.as_of_options import VIEWS, known_option, on_option
from cli.shell.settings import Command


@click.command("show", cls=Command, help="Show one institution, with the names that it has had.")
@click.argument("institution", metavar="INSTITUTION")
@on_option
@known_option
@VIEWS
def show(institution: str, on: str | None, known: str | None, views: str | None) -> int:
    """Show the institution."""
    from lifecycle.types.readings.nearest import unknown
    from projections.reports.directory.institutions import names_of

    with asked("institutions", on, known, views) as (connection, rows, caption):
        institutions = {row["institution"]: row for row in rows}
        names = names_of(connection, institution, caption.as_of)
    if institution not in institutions:
        raise click.UsageError(unknown("institution", institution, list(institutions)))
    fields = {**institutions[institution], "names": [f"{name} from {since}" for since, name in names]}
    print_page(institution, fields, caption, without=("institution",))
    return 0
