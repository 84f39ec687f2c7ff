"""The states of a grant on each day, as known after each of its entries."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from cli.narrative.state_fields import filled, grant_fields
from lifecycle.grant import evolve as grant_state
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import EntryCorrected, LeftOut
from lifecycle.kernel.history import Entry, in_force

Field = tuple[str, str]
"""The name of a field and its value, both as they are shown."""


class Sums(NamedTuple):
    """The stage and the sums of a grant after an entry."""

    stage: str
    committed: Decimal
    paid: Decimal
    """Disbursed less refunded."""
    left: Decimal
    """Committed and not disbursed."""


class State(NamedTuple):
    """What a page shows of a grant after an entry."""

    entry: Entry
    fields: tuple[Field, ...]
    sums: Sums


def known_states(entries: Sequence[Entry]) -> Iterator[list[State]]:
    """Yield, for each entry as the newest known one, the states after each entry in force, in order of day.

    ``entries`` are those of one grant, in the order of their versions. Entries that are corrected or
    recorded late change the states of later days, so all are folded again; others add one state.
    """
    for first, last in runs(entries):
        states = list(_states(in_force(entries[: last + 1])))
        for newest in range(first, last + 1):
            version = entries[newest].originator_version
            yield [state for state in states if state.entry.originator_version <= version]


def runs(entries: Sequence[Entry]) -> Iterator[tuple[int, int]]:
    """Yield the first and last index of entries of which each is later than all before, and no correction."""
    first, latest = 0, (date.min, 0)
    for i, entry in enumerate(entries):
        if isinstance(entry.event, LeftOut):
            continue
        is_correction = isinstance(entry.event, EntryCorrected)
        if i > first and (is_correction or entry.order < latest):
            yield first, i - 1
            first = i
        # A correction may change the day of an entry.
        orders = [held.order for held in in_force(entries[: i + 1])] if is_correction else [entry.order]
        latest = max([latest, *orders])
    if entries:
        yield first, len(entries) - 1


def _states(held: Sequence[Entry]) -> Iterator[State]:
    grant: Grant | None = None
    for entry in held:
        grant = grant_state.evolve(grant, entry.event, entry.originator_id.removeprefix("grant:"))
        paid = grant.disbursed - grant.refunded
        sums = Sums(str(grant.stage), grant.committed, paid, grant.undisbursed)
        yield State(entry, tuple(filled(grant_fields(grant), grant.currency)), sums)
