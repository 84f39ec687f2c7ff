"""``grantbook library``: finds texts of grants by words, and countries that solved a similar problem."""

from typing import TYPE_CHECKING, Any

import click

from cli.commands.reports.report import (
    AS_OF,
    KNOWN,
    OUTPUT,
    caption_of,
)
from cli.output.formats import form_of, write
from cli.shell.as_of_options import VIEWS, day_or_today, position_from
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from projections.reports.questions import Question

_FORMS = ("table", "json", "csv", "html", "xlsx")
_FORM = click.option("--format", "form", type=click.Choice(_FORMS), help="A table if not given.")
_LIMIT = click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="The most rows to show."
)
_SECTOR = click.option("--sector", metavar="SECTOR", help="Grants of this sector only.")


@click.command("search", cls=Command, help="Find stories, reports and lessons by their words.")
@click.argument("words", metavar="WORDS", nargs=-1, required=True)
@_SECTOR
@click.option("--country", metavar="CC", help="Grants in which this country receives or provides.")
@click.option("--outcome", metavar="OUTCOME", help="Grants that achieved this capacity outcome.")
@click.option("--kind", metavar="KIND", help="Texts of this kind only, such as results_story.")
@_LIMIT
@AS_OF
@KNOWN
@VIEWS
@_FORM
@OUTPUT
def search(words: tuple[str, ...], **given: Any) -> int:
    """Search the library."""
    filters = {name: given[name] for name in ("sector", "country", "outcome", "kind")}
    return _print("search", "", question_of_search(words, limit=given["limit"], **filters), given)


def question_of_search(
    words: tuple[str, ...],
    *,
    sector: str | None = None,
    country: str | None = None,
    outcome: str | None = None,
    kind: str | None = None,
    limit: int = 20,
) -> "Question":
    """Return the question for the texts with these words. Raises ``Malformed`` for an unknown filter."""
    from lifecycle.parse import Malformed
    from lifecycle.types.readings.nearest import did_you_mean
    from projections.reports.questions import Question
    from projections.reports.results.library import KINDS, SEARCH_COLUMNS, Filters
    from projections.reports.results.library import search as find
    from projections.reports.results.outcomes import OUTCOMES

    for name, value, known in (("kind", kind, KINDS), ("outcome", outcome, OUTCOMES)):
        if value is not None and value not in known:
            near = did_you_mean(value, known)
            raise Malformed([(name, f"{value} is none of: {', '.join(known)}{near}")])
    _check_country("country", country)
    filters = Filters(sector, country, outcome, kind)
    return Question(
        SEARCH_COLUMNS, lambda connection, on: find(connection, on, " ".join(words), filters, limit)
    )


@click.command("match", cls=Command, help="List who has solved a similar problem, with the evidence.")
@click.option("--need", metavar="WORDS", required=True, help="What is to be learned.")
@click.option("--recipient", metavar="CC", required=True, help="The country that wants to learn it.")
@click.option("--running", is_flag=True, help="The running grants on a like problem instead.")
@_SECTOR
@_LIMIT
@AS_OF
@KNOWN
@VIEWS
@_FORM
@OUTPUT
def match(need: str, recipient: str, running: bool, **given: Any) -> int:
    """List who has solved a similar problem."""
    from projections.reports.directory.match import MATCH_COLUMNS, RUNNING_COLUMNS
    from projections.reports.directory.match import match as find
    from projections.reports.directory.match import running as find_running
    from projections.reports.questions import Question

    _check_country("recipient", recipient)
    if running:
        return _print(
            "running",
            "The running grants whose texts match; score: how well the best text does (the best match: 1).\n",
            Question(
                RUNNING_COLUMNS,
                lambda connection, on: find_running(
                    connection, on, need, sector=given["sector"], limit=given["limit"]
                ),
            ),
            given,
        )
    return _print(
        "match",
        "score = sum over the provider's grants of how well their best text matches (the best match: 1),\n"
        "and half of that of its best offer. --running lists the running grants on a like problem.\n",
        Question(
            MATCH_COLUMNS,
            lambda connection, on: find(
                connection, on, need, recipient, sector=given["sector"], limit=given["limit"]
            ),
        ),
        given,
    )


def _check_country(option: str, code: str | None) -> None:
    """Raise ``Malformed`` if the code is no country's, so that a mistyped code does not just find nothing."""
    from lifecycle.parse import Malformed
    from lifecycle.types.codes import not_a_country

    if code is not None and not_a_country(code, None):
        raise Malformed([(option, f"{code} is no country: write its ISO 3166-1 code, such as TZ")])


def _print(name: str, heading: str, question: "Question", given: dict[str, Any]) -> int:
    from projections.query import ask, tables_at

    options = settings()
    form = form_of(given["form"], given["output"], json=options.json, forms=_FORMS)
    with options.open_for_report(given["views"]) as book:
        on = day_or_today(book, given["as_of"], "--as-of")
        known = None if given["known"] is None else position_from(book, given["known"])
        with tables_at(book, known) as (connection, position):
            report = ask(connection, name, question, as_of=on, known=position)
        caption = heading + caption_of(book, report)
    write(report, caption, form, given["output"], color=options.color)
    return 0
