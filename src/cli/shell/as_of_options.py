"""The options ``--on``, ``--known`` and ``--views``: as of which day, and as known at which time."""

import re
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from cli.output.terminal_text import moment
from lifecycle.kernel.errors import PositionNotReached

if TYPE_CHECKING:
    from lifecycle.book.book import Book
    from lifecycle.kernel.history import Entry
    from lifecycle.types.readings.days import Today
    from projections.engine.detached_views import DetachedViews
    from projections.partitions.exported_entries import ExportedEntries

DIRECTORY = "directory"
QUARANTINES = "fund:quarantine"
"""The stream of the same name in `lifecycle.kernel.history`, which is not imported here."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

on_option = click.option("--on", "--as-of", "on", metavar="DATE", help="As of the end of this day.")
known_option = click.option(
    "--known",
    metavar="TIME",
    help="As known at this time (like 2018-01-09T12:00:00Z), day (its end at the seat) or journal position.",
)
VIEWS = click.option(
    "--views",
    envvar="GRANTBOOK_VIEWS",
    metavar="PATH|URL",
    help="Read these views as they are, without the journal (or GRANTBOOK_VIEWS).",
)


class AsOf(NamedTuple):
    """A day (`None`: all days), the newest position that counts (`None`: all), and both in words."""

    on: date | None
    known: int | None
    words: str

    @classmethod
    def of(cls, book: "Book", on: str | None, known: str | None) -> "AsOf":
        """Return the two dates that were typed. Raises ``BadParameter`` that names the option."""
        day = None if on is None else day_from(on, "--on", book.today)
        position = None if known is None else position_from(book, known)
        return cls(day, position, in_words(book, day, position))


def is_day(text: str) -> bool:
    """Return whether the text has the form of a day, rather than of a time or a position."""
    return _DAY.fullmatch(text) is not None


def day_from(text: str, option: str, today: "Today | None" = None) -> date:
    """Return the day that was typed. Raises ``BadParameter`` that names the option and what was meant.

    ``today``: asked if the text names a day by its distance from today.
    """
    from lifecycle.types.dates import day_of
    from lifecycle.types.readings.days import day_fault

    try:
        return day_of(text)
    except ValueError:
        raise click.BadParameter(day_fault(text, today), param_hint=option) from None


def day_or_today(book: "Book | DetachedViews | ExportedEntries", text: str | None, option: str) -> date:
    """Return the day that was typed, or today at the fund's seat. Raises as `day_from` does."""
    return book.today() if text is None else day_from(text, option, book.today)


def in_words(book: "Book", on: date | None, known: int | None) -> str:
    """Return both dates in words, for captions."""
    day = "" if on is None else f"as of {on}, "
    if known is None:
        return f"{day}as known now (position {book.position():,})"
    recorded_at = book.recorded_at(known)
    when = "before anything was recorded" if recorded_at is None else f"at {moment(recorded_at)}"
    return f"{day}as known {when} (position {known:,})"


def position_from(book: "Book | DetachedViews | ExportedEntries", known: str, option: str = "--known") -> int:
    """Return the position that was typed, or that of a time or day. Raises ``BadParameter``."""
    try:
        return book.resolve(known)
    except PositionNotReached as error:
        raise click.BadParameter(str(error), param_hint=option) from None
    except ValueError:
        from lifecycle.types.readings.days import days_meant

        form = "write a time with its zone, like 2018-01-09T12:00:00Z, a day, or a position of the journal"
        raise click.BadParameter(f"{form}{days_meant(known, book.today)}", param_hint=option) from None


def stream_named(name: str) -> str:
    """Return the stream with this name. People name a grant by its id alone."""
    if name in ("fund", DIRECTORY, QUARANTINES) or name.startswith("call:"):
        return name
    return f"grant:{name.removeprefix('grant:')}"


def entries_of(book: "Book", name: str, known: int | None = None) -> "tuple[str, list[Entry]]":
    """Return the stream and its entries. Raises ``UsageError`` if there is no such grant or call."""
    stream = stream_named(name)
    entries = book.entries(stream, known)
    if not entries:
        raise unknown_stream(book, stream, known)
    return stream, entries


def unknown_stream(book: "Book", stream: str, known: int | None = None) -> click.UsageError:
    """Return the error for an unknown grant or call; it suggests the most similar known one."""
    from lifecycle.types.readings.nearest import unknown

    stream_kind, _, id_ = stream.partition(":")
    then = "" if known is None else " at that time"
    if stream == DIRECTORY:
        return click.UsageError(f"nothing is recorded in the directory{then}")
    fund = ["fund"] if stream_kind == "grant" and id_.startswith("f") and id_ != "fund" else []
    return click.UsageError(unknown(stream_kind, id_, [*book.named(stream_kind, known), *fund], then))


def state_of(stream: str, entries: Any, on: date | None) -> Any:
    """Return the state of a stream as of a day; `None` if nothing of it was recorded by then."""
    from lifecycle.kernel.history import history, kind_of

    match kind_of(stream):
        case "grant":
            from lifecycle.grant.evolve import fold
        case "call":
            from lifecycle.call.call import fold  # type: ignore[assignment]
        case "directory":
            from lifecycle.directory.evolve import fold  # type: ignore[assignment]
        case _:
            from lifecycle.fund.evolve import fold  # type: ignore[assignment]
    return fold(history(entries, on))
