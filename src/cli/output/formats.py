"""Writes a report as a table, JSON Lines, CSV, HTML or Parquet."""

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
    """Write the report on stdout or to a file. A file is written completely or not at all.

    JSON and CSV hold only rows, so the caption with the two dates goes to stderr.
    """
    from cli.output.table import csv_text, json_text, print_table

    if form == "parquet":
        _parquet(report, output)
        return
    if form == "table" and output is None:
        print_table(report, caption, color=color)
        return
    if form == "table":
        text = _table_text(report, caption)
    elif form == "html":
        from cli.output.pages import report_page

        text = report_page(report, caption, fund)
    else:
        text = json_text(report) if form == "json" else csv_text(report)
    if output is not None:
        write_file(output, text.encode())
        say(f"wrote {safe(output)}: {len(report.rows):,} rows", err=True)
    elif form == "csv" and sys.stdout.isatty():
        for line in text.splitlines():
            say(safe(line))
    else:
        sys.stdout.write(text)
    if form in ("json", "csv"):
        say("\n".join(map(safe, caption.split("\n"))), err=True)


def write_text(text: str, output: str | None) -> None:
    """Write a text unchanged, on stdout or to a file."""
    if output is None:
        click.echo(text, nl=False)
    else:
        write_file(output, text.encode())
        say(f"wrote {safe(output)}", err=True)


def _table_text(report: "Report", caption: str) -> str:
    import io

    from cli.output.table import print_table

    text = io.StringIO()
    print_table(report, caption, color=False, file=text)
    return text.getvalue()


def _parquet(report: "Report", output: str | None) -> None:
    if output is None:
        raise click.UsageError("Parquet is for programs: name a file with --output FILE")
    try:
        from cli.output.parquet import parquet_bytes
    except ModuleNotFoundError:
        raise click.UsageError("Parquet needs pyarrow: pip install 'grantbook[parquet]'") from None
    write_file(output, parquet_bytes(report))
    say(f"wrote {safe(output)}: {len(report.rows):,} rows", err=True)


def write_file(output: str, content: bytes) -> None:
    """Write the whole file or nothing. Raises ``UsageError`` if the path cannot be written."""
    with opened_for_writing(output) as file:
        file.write(content)


@contextmanager
def opened_for_writing(output: str) -> Iterator[IO[bytes]]:
    """Open a partial file, which becomes the file when the block ends without an error.

    A pipe or a device is opened itself, because a file in its place would remove it. Raises ``UsageError``
    if the file cannot be written.
    """
    from tempfile import NamedTemporaryFile

    path = Path(output)
    try:
        if _is_special(path):
            with path.open("wb") as special:
                yield special
            return
        file = NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115
        partial = Path(file.name)
        try:
            with file:
                yield file
            partial.chmod(0o644)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise click.UsageError(f"{output or '--output'} cannot be written: {error.strerror}") from None


def _is_special(path: Path) -> bool:
    """Return whether the path is a pipe, a device, a folder or standard output, which no file may replace."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(status.st_mode) or os.path.samestat(status, os.fstat(1))
