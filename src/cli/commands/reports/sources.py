"""What a report is asked of: a book, its views alone, exported entries, or several books."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from cli.output.terminal_text import prose, say
from cli.shell.settings import settings

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from projections.engine.detached_views import DetachedViews
    from projections.partitions.exported_entries import ExportedEntries
    from projections.query import Report

Answer = Callable[..., "AbstractContextManager[Report]"]
"""Asks a source for a report, as `projections.query.answering` asks a book."""
_CLUSTERS = re.compile(r"local(:[1-9]\d{0,3})?|[a-z+]+://\S+", re.ASCII)
ENTRIES = click.option(
    "--entries", metavar="DIR", help="Take the entries that grantbook export entries wrote, not the book."
)
CLUSTER = click.option(
    "--cluster",
    metavar="ADDRESS|local[:N]",
    help="Fold the exported entries on the Dask cluster there, or in N processes here.",
)
BOOKS = click.option(
    "--books",
    multiple=True,
    metavar="PATH|URL",
    help="Report on all of these funds: a book, a folder of books, or a file with one place a line.",
)


def require_one_source(ctx: click.Context, given: dict[str, Any]) -> None:
    """Raises ``UsageError`` if two sources are named. Views that a variable names may stand beside others."""
    named = [
        f"--{option}"
        for option in ("books", "entries", "views")
        if given[option] and ctx.get_parameter_source(option) is ParameterSource.COMMANDLINE
    ]
    if len(named) > 1:
        raise click.UsageError(f"a report is of one source: leave {named[0]} or {named[1]} out")
    if given["cluster"] is not None and given["entries"] is None:
        raise click.UsageError("a cluster folds exported entries: name them with --entries DIR")
    if given["cluster"] is not None and not _CLUSTERS.fullmatch(given["cluster"]):
        raise click.BadParameter("write local, local:4 or tcp://HOST:PORT", param_hint="--cluster")


def source_of(given: dict[str, Any]) -> "tuple[Book | DetachedViews | ExportedEntries, Answer]":
    """Return what the report is asked of, and the function that asks it."""
    if given["entries"] is None:
        from projections.query import answering

        return settings().open_for_report(given["views"]), answering
    try:
        from projections.partitions.exported_entries import ExportedEntries
        from projections.partitions.report import run as run_on_entries
    except ModuleNotFoundError:
        raise click.UsageError("exported entries need pyarrow: pip install 'grantbook[cluster]'") from None
    entries = ExportedEntries(Path(given["entries"]), given["cluster"])
    for sentence in entries.plan.stops:
        say(f"warning: {prose(sentence)}", err=True)
    return entries, lambda *args, **dates_and_choices: nullcontext(run_on_entries(*args, **dates_and_choices))
