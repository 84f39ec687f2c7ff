"""The forms that a report can take: a table, JSON Lines, CSV, HTML, Parquet."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from cli.output.terminal_text import safe, say

if TYPE_CHECKING:
    from projections.query import Report

FORMS = ("table", "json", "csv", "html", "parquet")


def write(
    report: "Report", caption: str, form: str, output: str | None, *, color: bool, fund: str = ""
) -> None:
    """Put the report out, on stdout or into a file, which is there whole or not at all.

    JSON and CSV are rows alone, of fixed keys: what the report is of, its two dates first, goes to stderr.
    """
    from cli.output.table import csv_text, json_text, print_table

    if form == "parquet":
        _parquet(report, output)
        return
    if form == "table" and output is None:
        print_table(report, caption, color=color)
        return
    if form == "table":
        text = _drawn(report, caption)
    elif form == "html":
        from cli.output.pages import report_page

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

    from cli.output.table import print_table

    drawn = io.StringIO()
    print_table(report, caption, color=False, file=drawn)
    return drawn.getvalue()


def _parquet(report: "Report", output: str | None) -> None:
    if output is None:
        raise click.UsageError("Parquet is for programs: name a file with --output FILE")
    try:
        from cli.output.parquet import parquet_bytes
    except ModuleNotFoundError:
        raise click.UsageError("Parquet needs pyarrow: pip install 'grantbook[parquet]'") from None
    into(output, parquet_bytes(report))
    say(f"wrote {safe(output)}: {len(report.rows):,} rows", err=True)


def into(output: str, content: bytes) -> None:
    """Write the whole file or nothing. Raises ``UsageError`` if the path cannot be written."""
    with file_at(output) as file:
        file.write(content)


@contextmanager
def file_at(output: str) -> Iterator[IO[bytes]]:
    """A file beside the place, which is put there once all is written. Raises ``UsageError``.

    A pipe or a device is written into: put in its place, a file would take it away from everybody.
    """
    from tempfile import NamedTemporaryFile

    path = Path(output)
    try:
        if _is_no_plain_file(path):
            with path.open("wb") as file:
                yield file
            return
        beside = NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115
        partial = Path(beside.name)
        try:
            with beside:
                yield beside
            partial.chmod(0o644)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise click.UsageError(f"{output or '--output'} cannot be written: {error.strerror}") from None


def _is_no_plain_file(path: Path) -> bool:
    """Whether a file may not be put in its place: a pipe, a device, a folder, standard output."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(status.st_mode) or os.path.samestat(status, os.fstat(1))
