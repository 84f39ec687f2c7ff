"""``grantbook audit entries``: every entry as it is stored, so that anybody can check the sums."""

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from cli.output.terminal_text import safe, say, to_json, writing_stdout
from cli.shell.as_of_options import (
    known_option,
    position_from,
    stream_named,
    unknown_stream,
)
from cli.shell.settings import Command, settings

if TYPE_CHECKING:
    from lifecycle.book.book import Book


@click.command(
    "entries",
    cls=Command,
    help="""Export every entry as it is stored.

    One JSON object a line, in the order of recording: the columns of the entry, and under "stored" the text
    of the event that the journal holds. Nothing is corrected, sorted or left out.""",
)
@click.argument("stream", metavar="[GRANT|fund|directory|call:CALL]", required=False)
@known_option
@click.option("--output", metavar="FILE", help="Write to this file.")
def entries(stream: str | None, known: str | None, output: str | None) -> int:
    """Export every entry as it is stored."""
    with settings().open(read_only=True) as book:
        position = None if known is None else position_from(book, known)
        name = None if stream is None else stream_named(stream)
        if name is not None and next(book.stored(position, name), None) is None:
            raise unknown_stream(book, name, position)
        lines = _lines(book, position, name)
        if output is not None:
            say(f"wrote {safe(output)}: {_write(output, lines):,} entries", err=True)
        elif sys.stdout.isatty():
            for line in lines:
                say(to_json(json.loads(line)))
        else:
            with writing_stdout():
                sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _lines(book: "Book", known: int | None, stream: str | None) -> Iterator[str]:
    from lifecycle.seal.leaves import readable

    for entry in book.stored(known, stream):
        head = json.dumps({"position": entry.position, **readable(entry)}, ensure_ascii=False)
        yield f'{head[:-1]}, "stored": {entry.state.decode()}}}'


def _write(output: str, lines: Iterator[str]) -> int:
    from cli.output.formats import opened_for_writing

    written = 0
    with opened_for_writing(output) as file:
        for line in lines:
            file.write(f"{line}\n".encode())
            written += 1
    return written
