"""``grantbook report``: what the entries add up to, as a table, JSON Lines or CSV."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from cli.asking import day_from, position_from
from cli.settings import Command, Settings, settings
from cli.text import moment, safe, say

if TYPE_CHECKING:
    from lifecycle.book import Book
    from projections.reports import Report

KEYS = {
    "disbursement": ("window", "sector", "fiscal-year", "calendar-year", "quarter"),
    "calls": ("criterion",),
    "exchanges": ("instrument", "country"),
    "outcomes": ("outcome",),
}
"""The keys of ``--by``, for each report that has some. A test holds them against the projections'."""


@click.pass_context
def _report(ctx: click.Context, /, **given: Any) -> int:
    asked = settings()
    form = given["form"] or ("json" if asked.json else "table")
    with asked.open() as book:
        report = ask(
            book,
            str(ctx.info_name),
            as_of=given["as_of"],
            known=given["known"],
            by=given.get("by"),
            grant=given.get("grant"),
        )
        caption = caption_of(book, report)
    write(asked, report, caption, form, given["output"])
    return 0


def ask(
    book: "Book",
    name: str,
    *,
    as_of: str | None = None,
    known: str | None = None,
    by: str | None = None,
    grant: str | None = None,
) -> "Report":
    """The report on both dates, each as it is typed; today and now where it is not."""
    from projections.reports import run

    day = book.today() if as_of is None else day_from(as_of, "--as-of")
    position = None if known is None else position_from(book, known)
    return run(
        book, name, as_of=day, known=position, by=None if by is None else by.replace("-", "_"), grant=grant
    )


def caption_of(book: "Book", report: "Report") -> str:
    """Both dates of the report, and what its shares are shares of."""
    at = book.recorded_at(report.known)
    when = "" if at is None else f" at {moment(at)}"
    lines = [f"As of {report.as_of}, as known{when} (position {report.known:,})."]
    lines += [words for column, words in _DENOMINATORS.items() if column in report.columns]
    return "\n".join(lines)


_DENOMINATORS = {
    "share_of_sought": "share_of_sought = sought_and_achieved / sought.",
    "share_disbursed": "share_disbursed = net_disbursed / committed.",
    "share_elapsed": "share_elapsed = days since effectiveness / days from it to the closing date.",
}


def write(asked: Settings, report: "Report", caption: str, form: str, output: str | None) -> None:
    """Put the report out, on stdout or into a file, which is there whole or not at all."""
    from cli.tables import csv_text, json_text, print_table

    if form == "table" and output is None:
        print_table(report, caption, color=asked.color)
        return
    if form == "table":
        text = _drawn(report, caption)
    else:
        text = json_text(report) if form == "json" else csv_text(report)
    if output is not None:
        _into(output, text)
        say(f"wrote {safe(output)}: {len(report.rows):,} rows", err=True)
    elif form == "csv" and sys.stdout.isatty():
        for line in text.splitlines():
            say(safe(line))
    else:
        sys.stdout.write(text)


def _drawn(report: "Report", caption: str) -> str:
    import io

    from cli.tables import print_table

    drawn = io.StringIO()
    print_table(report, caption, color=False, file=drawn)
    return drawn.getvalue()


def _into(output: str, text: str) -> None:
    """Write beside the place, then put it there. Raises ``OSError``."""
    from pathlib import Path
    from tempfile import NamedTemporaryFile

    place = Path(output)
    try:
        with NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=place.parent, prefix=f".{place.name}.", delete=False
        ) as beside:
            beside.write(text)
        partial = Path(beside.name)
        partial.chmod(0o644)
        partial.replace(place)
    except OSError as error:
        raise click.UsageError(f"{output} cannot be written: {error.strerror}") from None


def _command(name: str, told: str, *more: Callable[[Any], Any]) -> click.Command:
    """One report as a command, with the options that all reports have."""
    command = click.command(name, cls=Command, help=told)(_report)
    own: list[click.Parameter] = [
        click.Option(["--as-of"], metavar="DATE", help="As of the end of this day; today where not given."),
        click.Option(
            ["--known"], metavar="TIME", help="As known at this time, or at this position of the journal."
        ),
        click.Option(
            ["--format", "form"], type=click.Choice(["table", "json", "csv"]), help="A table where not given."
        ),
        click.Option(["--output"], metavar="FILE", help="Write it there."),
    ]
    command.params = [*(make(command) for make in more), *own, *command.params]
    return command


def _by(command: click.Command) -> click.Option:
    keys = KEYS[str(command.name)]
    return click.Option(["--by"], type=click.Choice(keys), help="Sums by group instead of single rows.")


def _grant(_: Any) -> click.Option:
    return click.Option(["--grant"], metavar="GRANT", help="This grant only.")


register = _command("register", "Every grant: stage, terms and dates.", _grant)
disbursement = _command("disbursement", "Money promised and paid, by grant or by group.", _by, _grant)
windows = _command("windows", "Each rule of a grant's window, with its figure.", _grant)
timeline = _command("timeline", "Each obligation: due, met, overdue.", _grant)
fund = _command("fund", "Contributions, commitments and what is available.")
calls = _command("calls", "Proposals, selections and what is left, by call.", _by)
exchanges = _command("exchanges", "Activities, and who took part.", _by, _grant)
outcomes = _command("outcomes", "Outcomes sought and achieved, results and lessons.", _by, _grant)
