"""All states of one grant: by day, and as known after each of its entries.

A replay of a grant differs only between days on which something took effect, or an obligation changed because
time passed, and between entries of the grant. Most of these cells show the same state as another, so each
state is kept once.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cli.narrative.history import Paragraph, arrows, marks, named_sentence, paragraphs_of, unstated_changes
from cli.narrative.replay.money_lines import Lines, Scale, lines_of
from cli.narrative.replay.obligation_rows import (
    Editions,
    KnownSteps,
    ObligationRow,
    days_of_change,
    known_steps,
    rows_on,
)
from cli.narrative.replay.shown_sets import ShownSets
from cli.narrative.replay.states import Field, State, Sums, known_states, runs
from cli.output.terminal_text import prose
from lifecycle.fund.events import PolicyAdopted
from lifecycle.fund.evolve import fold as fold_fund
from lifecycle.fund.state import Fund
from lifecycle.kernel.history import Entry, history

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lifecycle.book.book import Book
    from lifecycle.book.storage.officer_names import OfficerName

NO_SUMS = Sums("", Decimal(0), Decimal(0), Decimal(0))
"""The sums before the grant was there."""


class ShownEntry(NamedTuple):
    """An entry of the history, as it reads at one time."""

    on: date
    version: int
    day: str
    """The day as it is shown; empty if it cannot be read."""
    sentence: str
    changes: str
    """Before → after, of what the sentence does not say."""
    marks: tuple[str, ...]
    note: str
    labels: tuple[str, ...]
    """``late``, ``out of order``, ``corrected``, ``struck`` and ``left out``."""


class Grid(NamedTuple):
    """The states of a grant by what was known and by day. A cell is the number of what is shown in it."""

    days: list[date]
    known: list[Entry]
    """The grant's entries. Each is a time: what was known after it."""
    fields: ShownSets[Field]
    field_cells: list[list[int]]
    obligations: ShownSets[ObligationRow]
    obligation_cells: list[list[int]]
    sums: ShownSets[Sums]
    sums_cells: list[list[int]]
    entries: ShownSets[ShownEntry]
    entry_rows: list[int]
    """The history at each time."""
    lines: list[Lines]
    """The chart at each time."""
    scale: Scale
    largest: Decimal
    """The largest amount of the chart."""


def grid_of(book: "Book", entries: Sequence[Entry], on: date | None = None) -> Grid:
    """Return all states of a grant. ``on`` is added to the days, of which the last is today or later."""
    states = list(known_states(entries))
    obligations = _obligations(book, entries)
    days = _days(states, obligations, {book.today(), *([] if on is None else [on])})
    fields, of_sums = ShownSets[Field](), ShownSets[Sums]()
    field_cells, sums_cells = [], []
    for known in states:
        on_days = [_state_on(known, day) for day in days]
        field_cells.append([fields.add(() if state is None else state.fields) for state in on_days])
        sums_cells.append([of_sums.add([NO_SUMS if state is None else state.sums]) for state in on_days])
    rows = ShownSets[ObligationRow]()
    obligation_cells = [[rows.add(rows_on(known, day)) for day in days] for known in obligations]
    history_rows = ShownSets[ShownEntry]()
    entry_rows = [history_rows.add(shown) for shown in _histories(book, entries)]
    due_days = (day for row in rows.items for day in (row.due_on, row.met_on) if day is not None)
    entry_days = {state.entry.on for known in states for state in known}
    scale = Scale.of(entry_days or days, due_days)
    largest = max((amount for sums in of_sums.items for amount in sums[1:]), default=Decimal(0))
    lines = [lines_of(known, scale, largest) for known in states]
    return Grid(
        days=days,
        known=list(entries),
        fields=fields,
        field_cells=field_cells,
        obligations=rows,
        obligation_cells=obligation_cells,
        sums=of_sums,
        sums_cells=sums_cells,
        entries=history_rows,
        entry_rows=entry_rows,
        lines=lines,
        scale=scale,
        largest=largest,
    )


def _days(
    states: Sequence[Sequence[State]], obligations: Sequence[Sequence[KnownSteps]], others: set[date]
) -> list[date]:
    """Return the days between which nothing changes, up to the last entry or the last of the others."""
    days = others | {state.entry.on for known in states for state in known}
    first, last = min(days), max(days)
    return sorted(
        days | {day for known in obligations for day in days_of_change(known) if first <= day <= last}
    )


def _state_on(states: Sequence[State], day: date) -> State | None:
    number = bisect_right(states, day, key=lambda state: state.entry.on)
    return states[number - 1] if number else None


def _obligations(book: "Book", entries: Sequence[Entry]) -> list[list[KnownSteps]]:
    """Return the obligations as known after each entry, by the editions that the fund had adopted by then."""
    adoptions = book.fund_entries_of([PolicyAdopted.__name__])
    editions: dict[int, Editions] = {}
    known = []
    for i, entry in enumerate(entries):
        position = entry.position or 0
        number = sum((adoption.position or 0) <= position for adoption in adoptions)
        if number not in editions:
            fund = fold_fund(history(adoptions, known=position))
            editions[number] = Editions(fund.editions, fund.edition_on)
        known.append(known_steps(entries[: i + 1], editions[number]))
    return known


def _histories(book: "Book", entries: Sequence[Entry]) -> list[list[ShownEntry]]:
    """Return the history as known after each entry."""
    fund, names = book.fund(), book.names()
    histories = []
    for first, last in runs(entries):
        paragraphs = paragraphs_of(entries[0].originator_id, entries[: last + 1], fund)
        shown = [_shown(paragraph, fund, names) for paragraph in paragraphs]
        for newest in range(first, last + 1):
            version = entries[newest].originator_version
            histories.append([entry for entry in shown if entry.version <= version])
    return histories


def _shown(paragraph: Paragraph, fund: Fund, names: "Mapping[str, OfficerName]") -> ShownEntry:
    entry = paragraph.entry
    labels = {
        "late": paragraph.late,
        "out of order": paragraph.out_of_order,
        "corrected": bool(paragraph.corrections),
        "struck": paragraph.struck_by is not None or paragraph.without_effect,
        "left out": paragraph.left_out is not None,
    }
    return ShownEntry(
        on=entry.on,
        version=entry.originator_version,
        day="" if paragraph.left_out == "stopped" else str(entry.on),
        sentence=named_sentence(paragraph, names),
        changes=arrows(unstated_changes(paragraph), fund.currency),
        marks=tuple(marks(paragraph)),
        note=prose(entry.note or ""),
        labels=tuple(label for label, holds in labels.items() if holds),
    )
