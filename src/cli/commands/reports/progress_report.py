"""``grantbook report progress``: the progress report of a period as Markdown, one HTML page or JSON."""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from cli.commands.reports.report import AS_OF, KNOWN, OUTPUT
from cli.output.formats import form_of, write_text
from cli.output.terminal_text import safe, say
from cli.shell.as_of_options import VIEWS, day_from, position_from
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from projections.engine.detached_views import DetachedViews
    from projections.progress.model import Period, Progress, Table


_FORMS = ("md", "html", "json")


@click.command("progress", cls=Command, help="Write the report of a year, a quarter or a fiscal year.")
@click.option("--year", metavar="YYYY", help="A calendar year.")
@click.option("--quarter", metavar="YYYYQN", help="A quarter of a calendar year, like 2018Q4.")
@click.option("--fiscal-year", metavar="YYYY", help="The fiscal year that ends in this year.")
@AS_OF
@KNOWN
@VIEWS
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    help="Markdown, one HTML page or JSON; by FILE's ending if not given.",
)
@OUTPUT
def progress(**given: Any) -> int:
    """Write the progress report."""
    form = form_of(given["form"], given["output"], json=settings().json, forms=_FORMS, default="md")
    with settings().open_for_report(given["views"]) as book:
        text = written(book, given, form)
    write_text(text, given["output"])
    return 0


def written(book: "Book | DetachedViews", given: Mapping[str, str | None], form: str) -> str:
    """Return the text of the report for the period and dates that were typed."""
    from projections.engine.detached_views import DetachedViews
    from projections.progress import compute, fiscal_year_start
    from projections.progress.challenges import odd_entries_in
    from projections.query import tables_at

    chosen = [(name, text) for name in _PERIODS if (text := given.get(name)) is not None]
    if len(chosen) != 1:
        raise click.UsageError("name one period: --year 2018, --quarter 2018Q4 or --fiscal-year 2018")
    typed = given.get("known")
    position = None if typed is None else position_from(book, typed)
    with tables_at(book, position) as (connection, known):
        period = _period(*chosen[0], fiscal_year_start(connection))
        as_of = _day(given.get("as_of"), period, book.today())
        odd = None if isinstance(book, DetachedViews) else odd_entries_in(book, period, as_of, known)
        made = compute(connection, book.fund().name, period, as_of=as_of, known=known, odd_entries=odd)
    at = book.recorded_at(known)
    when = "before anything was recorded" if at is None else f"at {at:%Y-%m-%d %H:%M} UTC"
    caption = f"{when} (journal position {known:,})"
    writers = {"md": as_markdown, "html": as_html, "json": as_json}
    return writers[form](made, caption)


_PERIODS = ("year", "quarter", "fiscal_year")


def _period(unit: str, text: str, starts_in: int) -> "Period":
    from projections.progress.model import calendar_year, fiscal_year, quarter

    form = r"(\d{4})Q([1-4])" if unit == "quarter" else r"(\d{4})"
    match = re.fullmatch(form, text, re.ASCII)
    option = f"--{unit.replace('_', '-')}"
    if match is None or not 1900 <= int(match[1]) <= 9000:
        like = "2018Q4" if unit == "quarter" else "2018"
        raise click.BadParameter(f"write it like {like}", param_hint=option)
    year = int(match[1])
    if unit == "quarter":
        return quarter(year, int(match[2]))
    return calendar_year(year) if unit == "year" else fiscal_year(year, starts_in)


def _day(as_of: str | None, period: "Period", today: date) -> date:
    """Return the last day of the period, or today while it runs."""
    day = min(period.last, today) if as_of is None else day_from(as_of, "--as-of")
    if day < period.first:
        raise click.UsageError(f"{period.label} begins on {period.first}, after {day}: nothing to report yet")
    return day


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────


def as_json(report: "Progress", known: str) -> str:
    """Return the same report as one object, with the texts of the page; a chart's figures are in a table."""
    sections = [
        {
            "id": section.id,
            "title": section.title,
            "note": section.note,
            "figures": [figure._asdict() for figure in section.figures],
            "tables": [_rows_by_heading(table) for table in section.tables],
            "stories": [story._asdict() for story in section.stories],
        }
        for section in report.sections
    ]
    whole = {
        "fund": report.fund,
        "period": report.period.label,
        "first_day": str(report.period.first),
        "last_day": str(report.period.last),
        "as_of": str(report.as_of),
        "known": report.known,
        "known_at": known,
        "currency": report.currency,
        "sections": sections,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _rows_by_heading(table: "Table") -> dict[str, object]:
    """Return the table's caption, and its rows by heading."""
    headings = [name for name, _ in table.columns]
    return {
        "caption": table.caption,
        "rows": [dict(zip(headings, row, strict=True)) for row in table.rows],
    }


# ── HTML ─────────────────────────────────────────────────────────────────────────────────────


def as_html(report: "Progress", known: str) -> str:
    """Return one page; it says that charts are missing if the libraries that draw them are not installed."""
    from cli.output.pages import page

    dates = f"{report.period.first} to {report.period.last}. As of {report.as_of}, as known {known}."
    maps, captions = _maps(report)
    return page(
        "sections.html",
        title=f"Progress report, {report.period.label}",
        fund=report.fund,
        lines=[dates, f"Amounts in {report.currency}."],
        sections=report.sections,
        known=report.known,
        drawn={**_drawn(report), **maps},
        captions=captions,
    )


def _maps(report: "Progress") -> tuple[dict[str, Any], dict[str, str]]:
    """Return the SVG of each map by its title, and what stands below it."""
    from markupsafe import Markup

    from cli.output.world_map import caption, svg

    maps = [section.country_map for section in report.sections if section.country_map is not None]
    drawings = {country_map.title: Markup(svg(country_map)) for country_map in maps}
    return drawings, {country_map.title: caption(country_map) for country_map in maps}


def _drawn(report: "Progress") -> dict[str, Any]:
    """Return each chart's SVG by its title; `None` for a chart with nothing to show."""
    charts = [chart for section in report.sections for chart in section.charts]
    try:
        from markupsafe import Markup

        from cli.output.charts import svg
    except ModuleNotFoundError:
        say("without charts: they need pip install 'grantbook[charts]'", err=True)
        return dict.fromkeys(chart.title for chart in charts)
    return {
        chart.title: Markup(svg(chart, number)) if any(bar[2] for bar in chart.bars) else None
        for number, chart in enumerate(charts)
    }


# ── Markdown ─────────────────────────────────────────────────────────────────────────────────


def as_markdown(report: "Progress", known: str) -> str:
    """Return the same report as Markdown, in which the text of entries is escaped."""
    dates = f"{report.period.first} to {report.period.last}. As of {report.as_of}, as known {known}."
    lines = [
        f"# Progress report, {_md(report.period.label)}",
        f"**{_md(report.fund)}**",
        f"{dates} Amounts in {report.currency}.",
    ]
    for section in report.sections:
        lines.append(f"## {_md(section.title)}")
        if section.figures:
            lines.append("\n".join(_figure(*figure) for figure in section.figures))
        if section.note:
            lines.append(_md(section.note))
        for table in section.tables:
            lines += [f"### {_md(table.caption)}", _table(table)]
        for story in section.stories:
            lines += [f"### {_md(story.title)}", f"{_md(story.grant)}, {story.on}", _md(story.summary)]
    lines.append(f"Computed from the entries of the book up to journal position {report.known}.")
    return "\n\n".join(lines) + "\n"


def _figure(label: str, value: str, of: str) -> str:
    return f"- {_md(label)}: **{_md(value)}**" + (f" ({_md(of)})" if of else "")


def _table(table: "Table") -> str:
    heads = " | ".join(_md(name) for name, _ in table.columns)
    rule = " | ".join("---:" if number else "---" for _, number in table.columns)
    rows = [" | ".join(_md(cell) for cell in row) for row in table.rows] or [
        "none" + " |" * (len(table.columns) - 1)
    ]
    return "\n".join(f"| {row} |" for row in (heads, rule, *rows))


_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def _md(text: object) -> str:
    """Return the text in one line, with all that Markdown or HTML takes for markup escaped."""
    line = safe(" ".join(str(text).split()))
    escaped = _MARKS.sub(r"\\\1", line)
    return re.sub(r"^(\d+)([.)](?=\s|$))|^([-+=])(?=[\s=]|$)", _no_list, escaped)


def _no_list(match: re.Match[str]) -> str:
    return f"{match[1]}\\{match[2]}" if match[1] else f"\\{match[3]}"
