"""``grantbook activity sites``: each site's local time of one session."""

from typing import Any

import click

from cli.commands.reports.report import (
    AS_OF,
    KNOWN,
    OUTPUT,
    caption_of,
)
from cli.output.formats import form_of, write, write_text
from cli.output.terminal_text import safe
from cli.shell.as_of_options import VIEWS, day_or_today, position_from
from cli.shell.settings import Command, settings

_FORMS = ("table", "json", "csv", "ics")


@click.command("sites", cls=Command, help="Show each site's local time of a session, or write an invitation.")
@click.argument("grant", metavar="GRANT")
@click.argument("activity", metavar="ACTIVITY")
@AS_OF
@KNOWN
@VIEWS
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    help="A table if not given; ics is an invitation for calendar programs.",
)
@OUTPUT
def sites(grant: str, activity: str, **given: Any) -> int:
    """Show each site's local time, or write the invitation."""
    from projections.query import Report, tables_at
    from projections.reports.results.sites import (
        COLUMNS,
        local_times,
        session_on,
        unknown_zones,
    )

    options = settings()
    form = form_of(given["form"], given["output"], json=options.json, forms=_FORMS)
    with options.open_for_report(given["views"]) as book:
        on = day_or_today(book, given["as_of"], "--as-of")
        known = None if given["known"] is None else position_from(book, given["known"])
        with tables_at(book, known, grant) as (connection, position):
            session = session_on(connection, on, grant, activity)
        report = Report("sites", COLUMNS, local_times(session), on, position)
        heading = f"{session.title}, {activity}: {session.starts_at:%Y-%m-%d %H:%M} UTC"
        caption = f"{safe(heading)}, {session.minutes or '?'} minutes.\n{caption_of(book, report)}"
        if unknown := unknown_zones(session):
            caption += f"No time zone that is known, so no local time: {safe(', '.join(unknown))}.\n"
        if form == "ics":
            from cli.output.calendar import invitation

            stamp = book.recorded_at(position)
            assert stamp is not None, "an activity was recorded"
            write_text(invitation(session, book.fund().name, stamp).decode(), given["output"])
            return 0
    write(report, caption, form, given["output"], color=options.color)
    return 0
