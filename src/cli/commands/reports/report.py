"""``grantbook report``: the commands that print reports, and their options."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from cli.commands.reports.filter_options import filter_options, limits_of
from cli.commands.reports.sources import BOOKS, CLUSTER, ENTRIES, Answer, require_one_source, source_of
from cli.output.formats import FORMS, form_of, write
from cli.output.terminal_text import moment
from cli.output.totals import not_added
from cli.shell.as_of_options import VIEWS, day_or_today, position_from
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from projections.engine.detached_views import DetachedViews
    from projections.filters.declared import Filters
    from projections.partitions.exported_entries import ExportedEntries
    from projections.query import Report

KEYS = {
    "disbursement": (
        *("window", "sector", "region", "country", "call"),
        *("fiscal-year", "fiscal-quarter", "calendar-year", "quarter", "partner"),
    ),
    "budget": ("kind",),
    "calls": ("criterion", "proposal"),
    "exchanges": ("instrument", "country"),
    "outcomes": ("outcome",),
    "timeline": ("obligation",),
    "countries": ("pair", "region-pair", "region", "income-group", "lending", "sector"),
    "value": ("window", "sector"),
    "surveys": ("kind", "question"),
    "stages": ("window", "calendar-year", "fiscal-year"),
    "unmet": ("window", "calendar-year", "fiscal-year", "country"),
    "cohorts": ("fiscal-year", "window", "sector"),
    "pools": ("request",),
    "institutions": ("grant",),
    "follow-ups": ("waiting",),
}
"""The keys of ``--by``, by report. ``waiting`` is chosen by the option ``--waiting``. A test compares them
with the keys of the projections."""


STATUSES = ("requested", "authorised", "rejected", "disbursed", "failed")
"""The statuses of ``--status``. A test compares them with those of the projection."""
AS_OF = click.option(
    "--as-of", metavar="DATE", help="As of the end of this day; today at the fund's seat if not given."
)
KNOWN = click.option(
    "--known",
    metavar="TIME",
    help="As known at this time, at the end of this day at the fund's seat, or at this journal position.",
)
OUTPUT = click.option(
    "--output", metavar="FILE", help="Write to this file, in the form of its ending, such as .csv or .xlsx."
)


def _report(name: str, **given: Any) -> int:
    ctx, options = click.get_current_context(), settings()
    forms = next(option.type.choices for option in ctx.command.params if option.name == "form")  # type: ignore[attr-defined]
    form = "sql" if given["sql"] else form_of(given["form"], given["output"], json=options.json, forms=forms)
    due_within = given.get("due_within")
    if due_within is not None and given["by"] is not None:
        raise click.UsageError("--due-within lists single obligations: leave --by out")
    if given.get("every") and (due_within is not None or given["by"] is not None):
        raise click.UsageError(
            "--all adds obligations that the edition does not ask for: leave --by and --due-within out"
        )
    if form == "ics" and due_within is None:
        raise click.UsageError("reminders need a number of days ahead: give --due-within DAYS")
    require_one_source(ctx, given)
    dates_and_choices = {
        "as_of": given["as_of"],
        "known": given["known"],
        "by": "waiting" if given.get("waiting") else given.get("by"),
        "grant": given.get("grant"),
        "due_within": due_within,
        "every": given.get("every", False),
        "status": given.get("status"),
        "filters": limits_of(given),
    }
    if given["sql"]:
        return _print_sql(name, given, dates_and_choices)
    if given["books"]:
        return _on_all(name, given, dates_and_choices, form)
    source, answer = source_of(given)
    with source as book, answering(book, name, answer=answer, **dates_and_choices) as report:
        caption, fund = caption_of(book, report), book.fund().name
        if form == "ics":
            from cli.output.calendar import reminders
            from cli.output.formats import write_text

            stamp = book.recorded_at(report.known) or book.recorded_at(book.position())
            assert stamp is not None, "a book is founded when it is made"
            write_text(reminders(report, fund, stamp).decode(), given["output"])
        else:
            known_at = book.recorded_at(report.known)
            write(report, caption, form, given["output"], color=options.color, fund=fund, known_at=known_at)
    return 0


def _print_sql(name: str, given: dict[str, Any], dates_and_choices: dict[str, Any]) -> int:
    """Print the report's select instead of its rows. Raises ``UsageError`` for a source other than views."""
    from cli.output.formats import write_text
    from projections.query import chosen_by_partner, sql_of, tables_at

    for option in ("known", "books", "entries", "cluster", "form"):
        if given[option]:
            typed = "format" if option == "form" else option
            raise click.UsageError(f"--sql prints the select for the book's views: leave --{typed} out")
    with settings().open_for_report(given["views"]) as book:
        day = day_or_today(book, given["as_of"], "--as-of")
        keys = ("by", "grant", "due_within", "every", "status")
        choices = {key: dates_and_choices[key] for key in keys}
        filters = dates_and_choices["filters"](book)
        with tables_at(book, None) as (connection, _):
            of_partner = chosen_by_partner(connection, name, filters, day) if filters else None
        select = sql_of(book.views, name, as_of=day, filters=filters, of_partner=of_partner, **choices)
        write_text(select + "\n", given["output"])
    return 0


def _on_all(name: str, given: dict[str, Any], dates_and_choices: dict[str, Any], form: str) -> int:
    """Report on several funds. Raises ``UsageError`` for what can be asked of one book only."""
    from cli.commands.reports.many_funds import report_on_all

    if dates_and_choices["grant"] is not None:
        raise click.UsageError("a grant is of one fund: name its book with --book")
    if str(dates_and_choices["known"] or "").isdecimal():
        raise click.UsageError("a position is of one book: write a time or a day for --known")
    if form == "ics":
        raise click.UsageError("reminders are of one fund: name its book with --book")

    def answer(book: "Book") -> "tuple[Report, str]":
        report = ask(book, name, **dates_and_choices)
        return report, caption_of(book, report)

    return report_on_all(given["books"], answer, form, given["output"])


def ask(book: "Book | DetachedViews | ExportedEntries", name: str, **dates_and_choices: Any) -> "Report":
    """Return what `answering` yields, with all rows in memory."""
    from dataclasses import replace

    with answering(book, name, **dates_and_choices) as report:
        return replace(report, rows=[*report.rows])


@contextmanager
def answering(
    book: "Book | DetachedViews | ExportedEntries",
    name: str,
    *,
    as_of: str | None = None,
    known: str | None = None,
    by: str | None = None,
    grant: str | None = None,
    due_within: int | None = None,
    every: bool = False,
    status: str | None = None,
    filters: "Callable[[Any], Filters] | None" = None,
    answer: "Answer | None" = None,
) -> "Iterator[Report]":
    """Yield the report on the dates that were typed, or as of today and as known now.

    Its rows are read from the open tables, each time that they are needed.

    ``filters`` returns what the report is limited to.
    ``answer`` is the function that asks the source, if that is neither a book nor detached views.
    ``every`` adds to the timeline the obligations that the edition does not ask for.
    """
    from projections import query
    from projections.filters.declared import NO_FILTERS

    day = day_or_today(book, as_of, "--as-of")
    position = None if known is None else position_from(book, known)
    answer_of: Answer = query.answering if answer is None else answer
    answered = answer_of(
        book,
        name,
        as_of=day,
        known=position,
        by=by,
        grant=grant,
        every=every,
        due_within=due_within,
        status=status,
        filters=NO_FILTERS if filters is None else filters(book),
    )
    with answered as report:
        yield report


def caption_of(book: "Book | DetachedViews | ExportedEntries", report: "Report") -> str:
    """Return both dates of the report in words, and the denominators of its shares."""
    at = book.recorded_at(report.known)
    when = "" if at is None else f" at {moment(at)}"
    lines = [f"As of {report.as_of}, as known{when} (position {report.known:,})."]
    lines += [report.filters.words] if report.filters else []
    lines += [column.denominator for column in report.layout if column.denominator]
    if report.layout.note is not None:
        rows = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
        lines.append(report.layout.note(rows, report.as_of))
    if amounts := not_added(report):
        lines.append(f"In other currencies, and not added: {', '.join(amounts)}.")
    if report.layout.overlap:
        lines.append(report.layout.overlap)
    return "\n".join(lines)


def report_command(
    name: str,
    help: str,
    *options: Callable[[Any], Any],
    forms: tuple[str, ...] = FORMS,
    report: str | None = None,
) -> click.Command:
    """Return the command of one report, with its own options and those of all reports.

    ``report``: the name of the report, if it is not that of the command.
    """
    command = click.command(name, cls=Command, help=help)(partial(_report, report or name))
    form = click.Option(
        ["--format", "form"],
        type=click.Choice(forms),
        help="The form of the file's ending, or a table, if not given.",
    )
    params = [
        *(option(command) for option in options),
        *filter_options(report or name),
        _option(AS_OF),
        _option(KNOWN),
        _option(VIEWS),
        _option(ENTRIES),
        _option(CLUSTER),
        _option(BOOKS),
        form,
        click.Option(["--sql"], is_flag=True, help="Print the SQL query of the report instead of its rows."),
        _option(OUTPUT),
    ]
    command.params = [*params, *command.params]
    return command


def _option(decorate: Callable[[Any], Any]) -> click.Parameter:
    """Return the option that a decorator would add."""
    added: click.Command = decorate(click.Command("any"))
    return added.params[0]


def _by(command: click.Command) -> click.Option:
    keys = KEYS[str(command.name)]
    help = "Print sums by group instead of single rows; by two keys as in window,fiscal-year."
    return click.Option(["--by"], type=_Keys(keys), help=help)


class _Keys(click.Choice[str]):
    """One key of a report, or two with a comma between them, which the report itself checks."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the keys as they were typed."""
        return str(value) if "," in str(value) else super().convert(value, param, ctx)


def _due_within(_: Any) -> click.Option:
    return click.Option(
        ["--due-within"],
        type=click.IntRange(0, 3660),
        metavar="DAYS",
        help="Only what is overdue, or due in this number of days.",
    )


def _every(_: Any) -> click.Option:
    return click.Option(
        ["--all", "every"], is_flag=True, help="Also obligations that the edition does not ask for."
    )


def by_status(_: Any) -> click.Option:
    """Return the option that limits payments to one status."""
    return click.Option(
        ["--status"],
        type=click.Choice(STATUSES),
        help="Only payments of this status: authorised ones wait to be paid, for example.",
    )


def _waiting(_: Any) -> click.Option:
    return click.Option(["--waiting"], is_flag=True, help="Only grants whose results wait for money.")


register = report_command("register", "Every grant: stage, terms and dates.")
disbursement = report_command("disbursement", "Money promised and paid, by grant or by group.", _by)
payments = report_command("payments", "Each payment: amounts, days, officers, status.", by_status)
advances = report_command("advances", "What of each advance is outstanding, by age.")
budget = report_command("budget", "Each budget line: what it holds, and what is left.", _by)
windows = report_command("windows", "Each rule of a grant's window, with its figure.")
timeline = report_command(
    "timeline",
    "Each obligation: due, met, overdue.",
    _by,
    _due_within,
    _every,
    forms=(*FORMS, "ics"),
)
fund = report_command("fund", "Contributions, commitments and what is available.")
calls = report_command("calls", "Proposals, selections and what is left, by call.", _by)
exchanges = report_command("exchanges", "Activities, and who took part.", _by)
outcomes = report_command("outcomes", "Outcomes sought and achieved, results and lessons.", _by)
countries = report_command("countries", "Who receives and who provides, alone and in pairs.", _by)
value = report_command("value", "Co-financing beside the grants, and unit costs.", _by)
instalments = report_command("instalments", "What partners had to pay, when, and what arrived.")
set_asides = report_command("set-asides", "Money set aside for calls and plans, and what is left.")
pools = report_command("pools", "Each agreement's money: what is left, and until when.", _by)
follow_ups = report_command("follow-ups", "Follow-up actions, and the money that they need.", _waiting)
indicators = report_command("indicators", "Results as numbers: baseline, target, actual, on track or off.")
stages = report_command("stages", "How many days each grant spent in each stage.", _by)
unmet = report_command("unmet", "Requests that wait, and proposals declined for want of money.", _by)
cohorts = report_command(
    "cohorts", "Grants by year of approval: how many, how large, tied to an operation.", _by
)
parties = report_command("parties", "Who facilitates or finances exchanges of others.")
experts = report_command("experts", "Who helps with an exchange, and what for.")
ratings = report_command("ratings", "Ratings of progress reports, and what changed.")
surveys = report_command("surveys", "Surveys of clients and team leaders: answers, means.", _by)
entries = report_command("entries", "Each entry in force, corrections applied.")
documents = report_command("documents", "Each file attached to a grant or to the fund.")
institutions = report_command("institutions", "The bodies that the directory knows.", _by)
needs = report_command("needs", "What countries want to learn, and the grants that meet it.")
offers = report_command("offers", "What countries offer to share.")
uses = report_command("uses", "What results stories were used for, and what that was worth.")
consultations = report_command("consultations", "When partners met.")
