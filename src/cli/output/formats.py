"""Writes a report as a table, JSON Lines, CSV, HTML, Parquet or XLSX."""

import os
import stat
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from cli.output.terminal_text import safe, say, writing_stdout

if TYPE_CHECKING:
    from datetime import datetime

    from projections.query import Report

FORMS = ("table", "json", "csv", "html", "parquet", "xlsx")
_ENDINGS = {
    ".csv": "csv",
    ".htm": "html",
    ".html": "html",
    ".ics": "ics",
    ".json": "json",
    ".jsonl": "json",
    ".md": "md",
    ".ndjson": "json",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}
"""The form that the ending of a file's name means, in all commands that write a file."""


def form_of(
    form: str | None,
    output: str | None,
    *,
    json: bool,
    forms: Collection[str] = FORMS,
    default: str = "table",
) -> str:
    """Return the form to write: that of ``--format``, of ``--json``, or of the ending of the file's name.

    Args:
        form: What ``--format`` says, if it is given.
        output: What ``--output`` says, if it is given.
        json: Whether ``--json`` is given.
        forms: The forms that the command writes.
        default: The form if nothing says which.

    Raises ``UsageError`` if two of the three contradict each other, or if the ending means no form.
    """
    asked = form or ("json" if json else None)
    ending = Path(output or "").suffix.lower()
    if output is None or not ending or _is_special(Path(output)):
        return asked or default
    meant = default if ending == ".txt" else _ENDINGS.get(ending)
    if meant is None or meant not in forms:
        if asked is not None and meant is None:
            return asked
        known = ", ".join([*sorted(ending for ending, form in _ENDINGS.items() if form in forms), ".txt"])
        raise click.UsageError(
            f"--output {output}: this command writes no {ending}; name a file that ends in {known}"
        )
    if asked is not None and asked != meant:
        option = f"--format {form}" if form else "--json"
        raise click.UsageError(f"{option} and --output {output} contradict each other: leave one out")
    return meant


def write(
    report: "Report",
    caption: str,
    form: str,
    output: str | None,
    *,
    color: bool,
    fund: str = "",
    known_at: "datetime | None" = None,
) -> None:
    """Write the report on stdout or to a file, row by row. A file is written completely or not at all.

    JSON and CSV hold only rows, so the caption with the two dates goes to stderr.
    """
    from cli.output.table import print_table

    if form == "parquet":
        _parquet(report, output)
        return
    if form == "xlsx":
        _spreadsheet(report, caption, output, fund, known_at)
        return
    if form == "table" and output is None:
        with writing_stdout():
            print_table(report, caption, color=color)
        return
    if output is not None:
        with opened_for_writing(output) as file, as_text(file) as text:
            if form == "table":
                print_table(report, caption, color=False, file=text, is_whole=True)
            else:
                text.writelines(_parts(report, caption, form, fund, Path(output).suffix.lower()))
        say(f"wrote {safe(output)}: {len(report.rows):,} rows", err=True)
    elif form == "csv" and sys.stdout.isatty():
        for part in _parts(report, caption, form, fund):
            for line in part.splitlines():
                say(safe(line))
    else:
        with writing_stdout():
            sys.stdout.writelines(_parts(report, caption, form, fund))
    if form in ("json", "csv"):
        say("\n".join(map(safe, caption.split("\n"))), err=True)


def _parts(report: "Report", caption: str, form: str, fund: str, ending: str = "") -> Iterator[str]:
    """Return the parts of the report's text: lines of JSON or CSV, or one page of HTML.

    A file that ends in ``.json`` is one JSON document, an array of the rows.
    """
    if form == "html":
        from cli.output.pages import report_page

        return iter([report_page(report, caption, fund)])
    from cli.output.table import csv_lines, json_array, json_lines

    if form == "json":
        return json_array(report) if ending == ".json" else json_lines(report)
    return csv_lines(report)


@contextmanager
def as_text(file: IO[bytes], encoding: str = "utf-8") -> Iterator[IO[str]]:
    """Yield the file for text, and leave it open."""
    text = TextIOWrapper(file, encoding, newline="")
    yield text
    text.detach()


def write_text(text: str, output: str | None) -> None:
    """Write a text unchanged, on stdout or to a file."""
    if output is None:
        with writing_stdout():
            click.echo(text, nl=False)
    else:
        write_file(output, text.encode())
        say(f"wrote {safe(output)}", err=True)


def _parquet(report: "Report", output: str | None) -> None:
    if output is None:
        raise click.UsageError("Parquet is for programs: name a file with --output FILE")
    try:
        from cli.output.parquet import write_parquet
    except ModuleNotFoundError:
        raise click.UsageError("Parquet needs pyarrow: pip install 'grantbook[parquet]'") from None
    _write_rows(report, output, lambda file: write_parquet(report, file))


def _spreadsheet(
    report: "Report", caption: str, output: str | None, fund: str, known_at: "datetime | None"
) -> None:
    if output is None:
        raise click.UsageError("XLSX is for spreadsheet programs: name a file with --output FILE.xlsx")
    _write_rows(report, output, lambda file: write_xlsx(report, caption, fund, known_at, file))


def write_xlsx(
    report: "Report", caption: str, fund: str, known_at: "datetime | None", file: IO[bytes]
) -> None:
    """Write the report as XLSX. Raises ``UsageError`` if the package that does it is not installed."""
    try:
        from cli.output.spreadsheet import Dates, write_spreadsheet
    except ModuleNotFoundError:
        raise click.UsageError("XLSX needs XlsxWriter: pip install 'grantbook[xlsx]'") from None
    write_spreadsheet(report, Dates(fund, known_at, caption), file)


def _write_rows(report: "Report", output: str, write: Callable[[IO[bytes]], None]) -> None:
    """Write the report's rows to a file, and say how many there are."""
    with opened_for_writing(output) as file:
        write(file)
    say(f"wrote {safe(output)}: {len(report.rows):,} rows", err=True)


def write_file(output: str, content: bytes) -> None:
    """Write the whole file or nothing. Raises ``UsageError`` if the path cannot be written."""
    with opened_for_writing(output) as file:
        file.write(content)


@contextmanager
def opened_for_writing(output: str) -> Iterator[IO[bytes]]:
    """Open a partial file, which becomes the file when the block ends without an error.

    A pipe or a device is opened itself, because a file in its place would remove it. Raises ``UsageError``
    if the file cannot be written, or is one of a book.
    """
    from tempfile import NamedTemporaryFile

    path = Path(output)
    try:
        _refuse_file_of_book(path)
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


def _refuse_file_of_book(path: Path) -> None:
    """Raise ``UsageError`` if the file is there, in the folder of a book: no output replaces the record."""
    if path.is_file():
        for folder in path.resolve().parents:
            if (folder / "book.toml").is_file():
                raise click.UsageError(f"{path} is a file in the book {folder}: name another")


def _is_special(path: Path) -> bool:
    """Return whether the path is a pipe, a device, a folder or standard output, which no file may replace."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(status.st_mode) or os.path.samestat(status, os.fstat(1))
