"""A page on the terminal for one row of a report, with its two dates."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from cli.output.terminal_text import moment, pairs, prose, readable, safe, say, to_json
from cli.shell.as_of_options import day_or_today, position_from
from cli.shell.settings import settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from projections.schema.columns import Columns


class Caption(NamedTuple):
    """The two dates of a page, and how its fields are shown."""

    as_of: date
    known: int
    words: str
    layout: "Columns"


@contextmanager
def asked(
    report: str, on: str | None, known: str | None, views: str | None, grant: str | None = None
) -> "Iterator[tuple[Connection, Iterator[dict[str, Any]], Caption]]":
    """Yield the open tables, the report's rows by column, and the two dates, as they were typed."""
    from projections.query import question_of, require_known_grant, rows_of, tables_at

    with settings().open_for_report(views) as book:
        day = day_or_today(book, on, "--on")
        position = None if known is None else position_from(book, known)
        with tables_at(book, position, grant) as (connection, at):
            if grant is not None:
                require_known_grant(connection, book, grant, position, day)
            question = question_of(report, None, grant)
            names = question.columns.names
            rows = (dict(zip(names, row, strict=True)) for row in rows_of(connection, question, day))
            recorded_at = book.recorded_at(at)
            when = "" if recorded_at is None else f" at {moment(recorded_at)}"
            words = f"as of {day}, as known{when} (position {at:,})"
            yield connection, rows, Caption(day, at, words, question.columns)


def print_page(
    title: str, fields: Mapping[str, Any], caption: Caption, *, without: tuple[str, ...] = ()
) -> None:
    """Print the fields one a line under the title, or all of them as JSON."""
    if settings().json:
        say(to_json({"on": caption.as_of.isoformat(), "known": caption.known, **fields}))
        return
    say(safe(title))
    say(caption.words)
    say()
    shown = [name for name in fields if name not in without and fields[name] is not None]
    say(pairs([(name.replace("_", " "), _cell(name, fields[name], caption)) for name in shown]))


def _cell(name: str, value: Any, caption: Caption) -> str:
    from cli.output.table import cell

    column = caption.layout.by_name.get(name)
    return readable(value) if column is None else prose(cell(column, value))
