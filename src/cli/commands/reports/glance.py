"""``grantbook report glance``: one screen for a programme manager each morning."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click

from cli.commands.reports.report import AS_OF, KNOWN, OUTPUT
from cli.output.formats import form_of, write_text
from cli.output.terminal_text import (
    moment,
    safe,
    say,
    to_json,
    width,
)
from cli.shell.as_of_options import day_from, day_or_today, is_day, position_from
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from projections.progress.at_a_glance import Glance
    from projections.progress.model import Section

_LINES = {"waiting": 6, "overdue": 3, "due": 3, "money": 4, "pipeline": 3, "changes": 3}
"""How many rows of each section are shown, so that all sections fit 40 lines of 80 columns."""
_WEEK = timedelta(days=7)
_FORMS = ("table", "json", "html")


@click.command("glance", cls=Command, help="Show what waits, is overdue, due, paid, on its way, and new.")
@click.option(
    "--since", metavar="DATE|TIME", help="Show changes recorded since then; since a week before if not given."
)
@AS_OF
@KNOWN
@click.option("--format", "form", type=click.Choice(_FORMS), help="A screen if not given.")
@OUTPUT
def glance(**given: Any) -> int:
    """Show the glance."""
    options = settings()
    form = form_of(given["form"], given["output"], json=options.json, forms=_FORMS)
    with options.open_to_read() as book:
        on = day_or_today(book, given["as_of"], "--as-of")
        position = None if given["known"] is None else position_from(book, given["known"])
        made, parts = glance_on(book, on, position, given["since"])
        at = book.recorded_at(made.known)
        fund = book.fund().name
    when = "before anything was recorded" if at is None else f"at {moment(at)}"
    dates = f"As of {made.as_of}, as known {when} (position {made.known:,})."
    if form == "json":
        write_text(to_json(vars(made) | {"as_of": str(made.as_of)}) + "\n", given["output"])
    elif form == "html":
        from cli.output.pages import page

        fields = {"title": "At a glance", "fund": fund, "lines": [dates], "sections": parts}
        write_text(page("sections.html", **fields, known=made.known, drawn={}), given["output"])
    elif given["output"] is not None:
        write_text(_screen(parts, fund, dates, color=False), given["output"])
    else:
        say(_screen(parts, fund, dates, color=options.color), color=options.color)
    return 0


def glance_on(
    book: "Book", on: date, position: int | None = None, since: str | None = None
) -> "tuple[Glance, list[Section]]":
    """Return the glance on a day, as known at the position, and its sections.

    ``since``: the day, time or position of the changes; a week before if `None`.
    """
    from projections.progress.at_a_glance import look, sections
    from projections.query import tables_at

    since = since or str(on - _WEEK)
    start = position_from(book, _day_before(since) if is_day(since) else since, "--since")
    with tables_at(book, position) as (connection, known):
        made = look(book, connection, as_of=on, known=known, since=min(start, known))
    return made, sections(made, f"position {int(since):,}" if since.isdecimal() else since)


def _day_before(day: str) -> str:
    """Return the day before, so that all that was recorded on the day itself at the fund's seat is new."""
    return str(day_from(day, "--since") - timedelta(days=1))


def _screen(parts: "list[Section]", fund: str, dates: str, *, color: bool) -> str:
    """Return the screen as text: each section cut to its lines, each line to the width."""
    lines = [safe(fund), dates]
    for section in parts:
        lines += ["", click.style(section.title, bold=True) if color else section.title]
        lines += [_cut(line.rstrip()) for line in _section_lines(section)]
    return "\n".join(lines)


def _cut(line: str) -> str:
    available = width()
    return line if len(line) <= available else f"{line[: available - 1]}…"


def _section_lines(section: "Section") -> list[str]:
    (table,) = section.tables
    shown = [[safe(cell) for cell in row] for row in table.rows[: _LINES[section.id]]]
    heads = [name for name, _ in table.columns]
    wide = [max(len(cells[i]) for cells in (heads, *shown)) for i in range(len(heads))]
    lines = []
    for cells in (heads, *shown) if shown else ():
        parts = (
            f"{cell:>{size}}" if number else f"{cell:<{size}}"
            for cell, size, (_, number) in zip(cells, wide, table.columns, strict=True)
        )
        lines.append("  " + "  ".join(parts))
    if not shown:
        lines.append("  none")
    if (more := len(table.rows) + table.more - len(shown)) > 0:
        lines.append(f"  … and {more:,} more")
    return lines + [f"  {figure.label}: {figure.value}" for figure in section.figures]
