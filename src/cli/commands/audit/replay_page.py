"""The page of ``grantbook audit replay GRANT --format html``: all states of a grant behind two sliders."""

from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from cli.narrative.replay.shown_sets import changes_only, merged_order, toggled
from cli.output.terminal_text import counted, in_units, prose, readable
from lifecycle.kernel.history import UNREADABLE_MOMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.narrative.replay.grid import Grid, ShownEntry
    from cli.narrative.replay.money_lines import Scale
    from cli.narrative.replay.obligation_rows import ObligationRow
    from cli.narrative.replay.states import Field, Sums
    from cli.output.pages import GuardedPage, PageLink
    from cli.shell.as_of_options import AsOf
    from lifecycle.book.book import Book
    from lifecycle.kernel.history import Entry


class _Orders(NamedTuple):
    """The order in which the page lists the rows of each kind. It shows some of them at a time."""

    fields: "list[Field]"
    obligations: "list[ObligationRow]"
    entries: "list[ShownEntry]"


def replay_page(
    book: "Book",
    grant: str,
    as_of: "AsOf",
    pages: "Sequence[PageLink]" = (),
    *,
    newest: int | None = None,
) -> "GuardedPage":
    """Return the page. The two dates of ``as_of`` are where its sliders are at first.

    ``pages``: the pages beside it, to which it leads. ``newest``: the position of the newest entry that it
    may hold (`None`: the newest of the book).
    """
    import json

    from markupsafe import Markup

    from cli.narrative.replay.grid import grid_of
    from cli.output.pages import page_with_policy

    fund = book.fund()
    grid = grid_of(book, book.entries(f"grant:{grant}", newest), as_of.on)
    orders = _orders(grid)
    start = _start(grid, as_of)
    known_labels = [_known(entry) for entry in grid.known]
    paths = list(dict.fromkeys((name, d) for lines in grid.lines for name, d in lines._asdict().items()))
    positions = _positions(grid, orders, paths) | {"known": known_labels}
    return page_with_policy(
        "replay.html",
        *("style.css", "replay.css"),
        script="replay.js",
        pages=pages,
        title=grant,
        fund=fund.name,
        lines=["Replay of a grant: as of each day, as known at each time."],
        days=[str(day) for day in grid.days],
        known=known_labels,
        start=start,
        x=positions["x"],
        shown=_shown(grid, orders, start) | {"paths": positions["paths"][start[1]]},
        all_sums=[_sums(sums, fund.currency) for sums in grid.sums.items],
        largest=readable(in_units(grid.largest, fund.currency), fund.currency),
        years=grid.scale.years(),
        paths=[{"line": line, "d": d} for line, d in paths],
        fields=orders.fields,
        obligations=[_obligation(row, grid.scale) for row in orders.obligations],
        entries=[
            _entry(entry, is_later=day > start[0])
            for entry, day in zip(orders.entries, positions["entryDays"], strict=True)
        ],
        position=book.position() if newest is None else newest,
        positions=Markup(json.dumps(positions, separators=(",", ":"))),  # noqa: S704 numbers, days, moments
    )


def _start(grid: "Grid", as_of: "AsOf") -> tuple[int, int]:
    """Return where the sliders are at first: the last day and time, if no others were asked for."""
    on = len(grid.days) - 1 if as_of.on is None else bisect_left(grid.days, as_of.on)
    if as_of.known is None:
        return on, len(grid.known) - 1
    return on, bisect_right([entry.position or 0 for entry in grid.known], as_of.known) - 1


def _orders(grid: "Grid") -> _Orders:
    names = merged_order([name for name, _ in fields] for fields in grid.fields.sets)
    keys = merged_order([row.key for row in rows] for rows in grid.obligations.sets)
    return _Orders(
        sorted(grid.fields.items, key=lambda field: names[field[0]]),
        sorted(grid.obligations.items, key=lambda row: keys[row.key]),
        sorted(grid.entries.items, key=lambda entry: (entry.on, entry.version)),
    )


def _positions(grid: "Grid", orders: _Orders, paths: list[tuple[str, str]]) -> dict[str, Any]:
    """Return what the script needs to choose the rows of a cell: numbers, days and moments."""
    place = {path: i for i, path in enumerate(paths)}
    histories = grid.entries.in_order(orders.entries)
    last_day = len(grid.days) - 1
    versions = [entry.originator_version for entry in grid.known]
    return {
        "days": [str(day) for day in grid.days],
        "x": [grid.scale.x(day) for day in grid.days],
        "fields": {
            "sets": toggled(grid.fields.in_order(orders.fields)),
            "cells": changes_only(grid.field_cells),
        },
        "obligations": {
            "sets": toggled(grid.obligations.in_order(orders.obligations)),
            "cells": changes_only(grid.obligation_cells),
        },
        "sums": {
            "sets": toggled(grid.sums.in_order(grid.sums.items)),
            "cells": changes_only(grid.sums_cells),
        },
        "paths": [[place[item] for item in lines._asdict().items()] for lines in grid.lines],
        "entries": toggled([histories[row] for row in grid.entry_rows]),
        "entryDays": [min(bisect_left(grid.days, entry.on), last_day) for entry in orders.entries],
        "entryKnown": [bisect_left(versions, entry.version) for entry in orders.entries],
    }


def _shown(grid: "Grid", orders: _Orders, start: tuple[int, int]) -> dict[str, set[int]]:
    """Return the rows that are shown at first, by kind."""
    on, known = start
    return {
        "fields": grid.fields.in_order(orders.fields)[grid.field_cells[known][on]],
        "obligations": grid.obligations.in_order(orders.obligations)[grid.obligation_cells[known][on]],
        "sums": grid.sums.in_order(grid.sums.items)[grid.sums_cells[known][on]],
        "entries": grid.entries.in_order(orders.entries)[grid.entry_rows[known]],
    }


def _known(entry: "Entry") -> str:
    """Return the moment and position of an entry, as the label of what was known after it."""
    is_readable = entry.recorded_at != UNREADABLE_MOMENT
    moment = f"{entry.recorded_at:%Y-%m-%d %H:%M:%S} UTC" if is_readable else "a moment that cannot be read"
    return f"{moment} (position {entry.position:,})"


def _sums(sums: "Sums", currency: str) -> dict[str, Any]:
    amounts = (
        ("Committed", "committed", sums.committed),
        ("Paid, less refunds", "paid", sums.paid),
        ("Left", "left", sums.left),
    )
    return {
        "stage": sums.stage.replace("_", " "),
        "amounts": [
            (name, line, readable(in_units(amount, currency), currency)) for name, line, amount in amounts
        ],
    }


def _entry(entry: "ShownEntry", *, is_later: bool) -> dict[str, Any]:
    names = [label.replace(" ", "-") for label in entry.labels]
    classes = " ".join([*names, "later"] if is_later else names)
    return entry._asdict() | {"is_later": is_later, "classes": classes}


def _obligation(row: "ObligationRow", scale: "Scale") -> dict[str, Any]:
    """Return an obligation in words, and as paths of a drawing."""
    name = row.name.replace("_", " ")
    drawing = {"bar": "", "moved": "", "met": ""}
    if row.triggered_on is not None and row.due_on is not None:
        start, end = scale.x(row.triggered_on), scale.x(row.due_on)
        drawing["bar"] = f"M{start} 10H{max(end, start + 3)}"
        drawing["moved"] = "".join(f"M{scale.x(day)} 2V18" for day in row.superseded)
        if row.met_on is not None:
            drawing["met"] = f"M{scale.x(row.met_on)} 2l8 8l-8 8l-8-8z"
    return {
        "name": f"{name} {prose(row.item)}" if row.item else name,
        "status": row.status,
        "words": _status(row),
        "dates": list(_dates(row)),
        **drawing,
    }


def _status(row: "ObligationRow") -> str:
    words = row.status.replace("_", " ")
    if row.status == "overdue" and row.due_on is not None:
        return f"overdue since {row.due_on + timedelta(days=1)}"
    return f"{words} by {counted(row.days, 'day')}" if row.days else words


def _dates(row: "ObligationRow") -> list[str]:
    def dated(words: str, day: date | None) -> list[str]:
        return [] if day is None else [f"{words} {day}"]

    moved = [f"moved from {', '.join(map(str, row.superseded))}"] if row.superseded else []
    return [*dated("began", row.triggered_on), *dated("due", row.due_on), *moved, *dated("met", row.met_on)]
