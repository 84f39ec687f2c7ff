"""The options that limit a report: the same for every report, made from one declaration."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from cli.shell.as_of_options import day_from
from projections.filters.declared import HELP, HELP_OF_PERIOD, Filters, taken_by_any_key

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from projections.engine.detached_views import DetachedViews
    from projections.partitions.exported_entries import ExportedEntries


def filter_options(report: str) -> list[click.Option]:
    """Return an option for each filter. Help leaves out those that the report refuses."""
    possible = taken_by_any_key(report)
    of_grants = [
        click.Option([f"--{name}"], metavar=name.upper(), help=help, hidden=name not in possible)
        for name, help in HELP.items()
    ]
    of_period = [
        click.Option([f"--{name}", f"{name}_"], metavar="DATE", help=help, hidden=name not in possible)
        for name, help in HELP_OF_PERIOD.items()
    ]
    return of_grants + of_period


def limits_of(
    given: dict[str, Any],
) -> "Callable[[Book | DetachedViews | ExportedEntries], Filters]":
    """Return the function that returns the filters that were typed; a day may be counted from today.

    The grant is not one of them: a report of one grant is asked for by its name.
    """

    def limits(book: "Book | DetachedViews | ExportedEntries") -> Filters:
        days = {
            name: None if (text := given[f"{name}_"]) is None else day_from(text, f"--{name}", book.today)
            for name in HELP_OF_PERIOD
        }
        values = {name: given[name] for name in HELP if name != "grant"}
        return Filters(**values, first_day=days["from"], last_day=days["to"])

    return limits
