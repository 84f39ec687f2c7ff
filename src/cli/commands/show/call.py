"""``grantbook call show``: one call, with its terms, its figures and the grants that answer it."""

import click

from cli.commands.show.page import asked, print_page
from cli.output.terminal_text import prose, safe, say
from cli.shell.as_of_options import VIEWS, known_option, on_option
from cli.shell.settings import Command, settings


@click.command("show", cls=Command, help="Show one call: terms, figures, and the grants that answer it.")
@click.argument("call", metavar="CALL")
@on_option
@known_option
@VIEWS
def show(call: str, on: str | None, known: str | None, views: str | None) -> int:
    """Show the call."""
    from lifecycle.types.readings.nearest import unknown
    from projections.reports.fund.calls import answers_to

    call = call.removeprefix("call:")
    with asked("calls", on, known, views) as (connection, rows, caption):
        calls = {row["call"]: row for row in rows}
        answers = [] if call not in calls else answers_to(connection, call, caption.as_of)
    if call not in calls:
        raise click.UsageError(unknown("call", call, list(calls)))
    fields = {**calls[call], "grants": [answer["grant"] for answer in answers]}
    print_page(call, fields, caption, without=("call", "grants"))
    if answers and not settings().json:
        say()
        for answer in answers:
            stage = answer["stage"].replace("_", " ")
            say(f"  {safe(answer['grant']):<16}  {stage:<10}  {prose(answer['title'])}")
    return 0
