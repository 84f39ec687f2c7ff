"""``grantbook report published``: published figures of a file beside those that the book gives."""

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.commands.reports.report import KNOWN, OUTPUT
from cli.output.formats import form_of, write
from cli.shell.as_of_options import VIEWS, position_from
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from projections.published_figures import PublishedFigure

_FORMS = ("table", "json", "csv", "html", "xlsx")
_COLUMNS = ("figure", "day", "published", "report", "by", "row", "column", "source", "explanation")
_MAY_BE_EMPTY = ("by", "row", "explanation")
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,10})?", re.ASCII)
_TERMS = re.compile(r"([+-])?\s*([a-z0-9_]+)\s*", re.ASCII)


@click.command(
    "published", cls=Command, help="Compare published figures, from a file, with those of the book."
)
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@KNOWN
@VIEWS
@click.option("--format", "form", type=click.Choice(_FORMS), help="A table if not given.")
@OUTPUT
def published(file: Path, **given: Any) -> int:
    """Show each published figure beside the computed one."""
    from projections.published_figures import COLUMNS, compared
    from projections.query import Report, tables_at

    options = settings()
    form = form_of(given["form"], given["output"], json=options.json, forms=_FORMS)
    figures = figures_in(file)
    with options.open_for_report(given["views"]) as book:
        known = None if given["known"] is None else position_from(book, given["known"])
        with tables_at(book, known) as (connection, position):
            rows = list(compared(connection, figures))
        day = max((figure.day for figure in figures), default=book.today())
        caption = f"Each figure as of its own day, as known at position {position:,}."
        write(
            Report("published", COLUMNS, rows, day, position),
            caption,
            form,
            given["output"],
            color=options.color,
        )
    return 0


def figures_in(file: Path) -> "list[PublishedFigure]":
    """Return the figures of a CSV file. Raises ``Malformed`` that names each line and field with a fault."""
    from lifecycle.parse import Malformed

    try:
        lines = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    except UnicodeDecodeError:
        raise Malformed([(file.name, "the file is not UTF-8: save it as CSV UTF-8")]) from None
    head, *rows = lines or [[]]
    if sorted(head) != sorted(_COLUMNS):
        raise Malformed([("line 1", f"the columns must be: {', '.join(_COLUMNS)}")])
    faults = list[tuple[str, str]]()
    figures = list["PublishedFigure"]()
    for number, cells in enumerate(rows, start=2):
        if not any(cells):
            continue
        values = dict(zip(head, (cell.strip() for cell in cells), strict=False))
        found = list(_faults(values, is_whole=len(cells) == len(head)))
        faults += [(f"line {number}, {name}", what) for name, what in found]
        if not found:
            figures.append(_figure(number, values))
    if faults:
        raise Malformed(faults)
    return figures


def _faults(values: dict[str, str], *, is_whole: bool) -> Iterator[tuple[str, str]]:
    """Yield each field of a line that cannot be used, and what to write instead."""
    from lifecycle.types.dates import day_of
    from lifecycle.types.readings.days import day_fault

    if not is_whole:
        yield "figure", f"a line has {len(_COLUMNS)} cells: put text with a comma between quotation marks"
        return
    for name in _COLUMNS:
        if not values[name] and name not in _MAY_BE_EMPTY:
            yield name, "is empty"
    if values["day"]:
        try:
            day_of(values["day"])
        except ValueError:
            yield "day", day_fault(values["day"])
    if values["published"] and not _NUMBER.fullmatch(values["published"]):
        yield (
            "published",
            f"{values['published']!r} is no number: write digits and a point, such as 9516087.00",
        )
    if values["column"] and not re.fullmatch(f"({_TERMS.pattern})+", values["column"]):
        yield "column", f"{values['column']!r} is not names of columns with + and - between them"


def _figure(line: int, values: dict[str, str]) -> "PublishedFigure":
    from lifecycle.types.dates import day_of
    from projections.published_figures import PublishedFigure

    terms = tuple((-1 if sign == "-" else 1, name) for sign, name in _TERMS.findall(values["column"]))
    return PublishedFigure(
        line=line,
        figure=values["figure"],
        day=day_of(values["day"]),
        published=Decimal(values["published"]),
        report=values["report"],
        by=values["by"] or None,
        row=values["row"] or None,
        terms=terms,
        source=values["source"],
        explanation=values["explanation"],
    )
