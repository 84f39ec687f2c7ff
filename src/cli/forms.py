"""The forms that a report can take: a table, JSON Lines, CSV, HTML, Parquet."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.settings import Settings
from cli.text import safe, say

if TYPE_CHECKING:
    from projections.reports import Report

FORMS = ("table", "json", "csv", "html", "parquet")


def write(  # noqa: PLR0917 a report, and all that it takes to write one
    asked: Settings, report: "Report", caption: str, form: str, output: str | None, fund: str = ""
) -> None:
    """Put the report out, on stdout or into a file, which is there whole or not at all.

    JSON and CSV are rows alone, of fixed keys: what the report is of, its two dates first, goes to stderr.
    """
    from cli.tables import csv_text, json_text, print_table

    if form == "parquet":
        _parquet(report, output)
        return
    if form == "table" and output is None:
        print_table(report, caption, color=asked.color)
        return
    if form == "table":
        text = _drawn(report, caption)
    elif form == "html":
        from cli.pages import report_page

        text = report_page(report, caption, fund)
    else:
        text = json_text(report) if form == "json" else csv_text(report)
    if output is not None:
        into(output, text.encode())
        say(f"wrote {safe(output)}: {len(report.rows):,} rows", err=True)
    elif form == "csv" and sys.stdout.isatty():
        for line in text.splitlines():
            say(safe(line))
    else:
        sys.stdout.write(text)
    if form in ("json", "csv"):
        say("\n".join(map(safe, caption.split("\n"))), err=True)


def write_text(text: str, output: str | None) -> None:
    """Put a text out as it is, on stdout or into a file."""
    if output is None:
        click.echo(text, nl=False)
    else:
        into(output, text.encode())
        say(f"wrote {safe(output)}", err=True)


def _drawn(report: "Report", caption: str) -> str:
    import io

    from cli.tables import print_table

    drawn = io.StringIO()
    print_table(report, caption, color=False, file=drawn)
    return drawn.getvalue()


def _parquet(report: "Report", output: str | None) -> None:
    if output is None:
        raise click.UsageError("Parquet is for programs: name a file with --output FILE")
    try:
        from cli.parquet import parquet_bytes
    except ModuleNotFoundError:
        raise click.UsageError("Parquet needs pyarrow: pip install 'grantbook[parquet]'") from None
    into(output, parquet_bytes(report))
    say(f"wrote {safe(output)}: {len(report.rows):,} rows", err=True)


def into(output: str, content: bytes) -> None:
    """Write beside the place, then put it there. Raises ``UsageError`` where that cannot be done."""
    from tempfile import NamedTemporaryFile

    place = Path(output)
    try:
        with NamedTemporaryFile("wb", dir=place.parent, prefix=f".{place.name}.", delete=False) as beside:
            beside.write(content)
        partial = Path(beside.name)
        partial.chmod(0o644)
        partial.replace(place)
    except OSError as error:
        raise click.UsageError(f"{output} cannot be written: {error.strerror}") from None
