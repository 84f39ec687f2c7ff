"""What a recorded command changed: its entries, and the states before and after."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lifecycle.book.loaded_state import LoadedState
from lifecycle.call.call import Call
from lifecycle.decide import Decision
from lifecycle.fund.state import Fund
from lifecycle.grant.state import Grant
from lifecycle.kernel.history import Entry, kind_of


class States(NamedTuple):
    """The states that a command concerns."""

    grant: Grant | None
    fund: Fund
    calls: Mapping[str, Call | None]


class Effect(NamedTuple):
    """What a command changed."""

    entries: tuple[Entry, ...]
    before: States
    after: States


def effect_of(state: LoadedState, stream: str, entries: Sequence[Entry], decision: Decision) -> Effect:
    """Return what a command changes. ``state``: without the command's entries."""
    grant = state.grant(stream).grant if kind_of(stream) == "grant" else None
    calls = {name: state.call(name)[0] for name in decision.calls}
    before = States(grant, state.fund, calls)
    return Effect(tuple(entries), before, States(decision.grant, decision.fund, decision.calls))
