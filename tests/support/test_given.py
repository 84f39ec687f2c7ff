"""The harness of these tests: a trial leaves the past as it is, and says which events came out."""

import pytest

from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from support import given as g
from support.given import APPROVED, REQUESTED, given


def test_a_trial_changes_nothing_of_the_past() -> None:
    past = given(REQUESTED)
    approval = g.approve("02-10")
    first, second = past.when(approval), past.when(approval)
    assert first == second
    assert past == given(REQUESTED)


def test_what_is_recorded_is_part_of_the_past() -> None:
    past = given(REQUESTED)
    past.record(g.approve("02-10")).then(was.GrantApproved, on_fund.FundsCommitted)
    assert past == given(APPROVED)
    refused = past.record(g.approve("02-11"))
    assert refused.refusal is not None
    assert past == given(APPROVED)


def test_an_event_that_did_not_come_out_is_named() -> None:
    outcome = given(REQUESTED).when(g.approve("02-10", amount="80000.00 USD"))
    outcome.then(was.GrantApproved, on_fund.FundsCommitted, amount="80000.00 USD", actor="a.prover")
    with pytest.raises(AssertionError):
        outcome.then(was.GrantApproved)
    with pytest.raises(AssertionError):
        outcome.then(was.GrantApproved, on_fund.FundsCommitted, amount="80000.01 USD")
