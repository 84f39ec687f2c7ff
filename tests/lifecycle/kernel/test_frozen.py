"""States are frozen: only a fold changes them, and only its own copy."""

from copy import deepcopy
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from lifecycle.call.call import Call
from lifecycle.call.call import evolve as evolve_call
from lifecycle.call.call import fold as fold_call
from lifecycle.fund.evolve import evolve as evolve_fund
from lifecycle.fund.evolve import fold as fold_fund
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import fold, steps
from lifecycle.grant.state import Grant, MutableGrant
from lifecycle.kernel.history import Entry, in_force
from support import given as g

CALL = [g.open_call("2011-12-01"), g.close_call("2012-02-01")]


def states(state: Any, evolve: Any, entries: list[Entry]) -> None:
    """Evolve the state by each entry, and check that each state stays as it was made."""
    for entry in entries:
        before = deepcopy(state)
        after = evolve(state, entry.event)
        assert state == before, f"{type(entry.event).__name__} changed the state that was given"
        assert after is not state
        state = after


def test_evolve_leaves_fund_and_call_as_they_were() -> None:
    past = g.given(*g.EFFECTIVE, *CALL, g.switch_sealing("2012-03-01"), g.schedule("2012-03-02"))
    states(Fund(), evolve_fund, past.fund_entries)
    states(None, lambda call, event: evolve_call(call, event, "C1"), past.calls["C1"])


def test_a_fold_goes_on_from_a_state_and_leaves_it_as_it_was() -> None:
    held = in_force(g.given(*g.CLOSED).grants[g.G].entries)
    for index in range(len(held)):
        earlier = fold(held[:index])
        before = deepcopy(earlier)
        assert fold(held[index:], earlier) == fold(held)
        assert earlier == before


def test_a_state_cannot_be_changed() -> None:
    past = g.given(*g.EFFECTIVE, *CALL)
    grant: Any = past.grant
    fund: Any = fold_fund(past.fund_entries)
    call: Any = fold_call(in_force(past.calls["C1"]))
    assert (type(grant), type(fund), type(call)) == (Grant, Fund, Call)
    for state, name in ((grant, "title"), (fund, "name"), (call, "closes"), (grant, "closing_date")):
        with pytest.raises(FrozenInstanceError):
            setattr(state, name, getattr(state, name))


def test_a_frozen_copy_cannot_be_changed_by_who_made_it() -> None:
    changed = g.given(*g.EFFECTIVE).grant.thaw()
    assert isinstance(changed, MutableGrant)
    changed.title = "Another"
    frozen = changed.freeze()
    assert frozen is changed
    with pytest.raises(FrozenInstanceError):
        changed.title = "A third"


def test_steps_give_the_grant_after_each_entry() -> None:
    held = in_force(g.given(*g.ASKED).grants[g.G].entries)
    for number, (entry, grant) in enumerate(steps(held), 1):
        assert entry is held[number - 1]
        assert deepcopy(grant).freeze() == fold(held[:number])
