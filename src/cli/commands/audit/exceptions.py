"""``grantbook audit exceptions``: odd entries, which were recorded with a warning."""

from typing import TYPE_CHECKING

import click

from cli.output.formats import FORMS, form_of
from cli.shell.as_of_options import day_or_today, known_option, position_from, stream_named, unknown_stream
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from lifecycle.book.book import Book


@click.command(
    "exceptions",
    cls=Command,
    help="""List odd entries: the same one twice, a rate far off.

    The rules allow them, so they are recorded, with a warning. same_entry: it says the same as an earlier
    entry under another id, and neither is rejected or withdrawn. rate_off: its rate is off the last one, of
    the partner or in the grant, by more than a fifth. irregular_payment: the bank paid in breach.
    history_breaks_rule: it was brought in as history, and would have been refused here. Entries count as
    they are corrected.""",
)
@click.argument("stream", metavar="[GRANT|fund|directory|call:ID]", required=False)
@click.option("--as-of", "--on", "as_of", metavar="DATE", help="As of the end of this day; else today.")
@known_option
@click.option(
    "--rule",
    metavar="NAME",
    type=click.Choice(("same_entry", "rate_off", "irregular_payment", "history_breaks_rule")),
    help="Only by this rule: same_entry, rate_off, irregular_payment or history_breaks_rule.",
)
@click.option("--format", "form", type=click.Choice(FORMS), help="The form; else that of the file's ending.")
@click.option("--output", metavar="FILE", help="Write to this file.")
def exceptions(  # noqa: PLR0917 click gives them by name
    stream: str | None,
    as_of: str | None,
    known: str | None,
    rule: str | None,
    form: str | None,
    output: str | None,
) -> int:
    """List odd entries."""
    from cli.commands.reports.report import caption_of
    from cli.output.formats import write
    from projections.query import Report
    from projections.reports.exceptions import COLUMNS, rows_of
    from projections.streamed_rows import StreamedRows

    options = settings()
    form = form_of(form, output, json=options.json)
    with options.open(read_only=True) as book:
        day = day_or_today(book, as_of, "--as-of")
        position = book.position() if known is None else position_from(book, known)
        name = _known_stream(book, stream, None if known is None else position)
        rows = StreamedRows(rows_of(book, day, position, name, rule))
        report = Report("exceptions", COLUMNS, rows, day, position)
        caption, known_at = caption_of(book, report), book.recorded_at(position)
        fund = book.fund().name
        write(report, caption, form, output, color=options.color, fund=fund, known_at=known_at)
    return 0


def _known_stream(book: "Book", name: str | None, known: int | None) -> str | None:
    """Return the stream; `None` for all. Raises ``UsageError`` with the nearest grant if there is none."""
    if name is None or name == "fund":
        return name
    stream = stream_named(name)
    if not book.entries(stream, known):
        raise unknown_stream(book, stream, known)
    return stream
