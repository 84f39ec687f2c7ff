"""No event is dated after today, and which refusal comes first if several apply."""

import pytest

from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import DatedInFuture, DecidesOwnRequest
from support import given as g
from support.given import EFFECTIVE, ONE_DAY, PROPOSED, REQUESTED, TODAY, given


@pytest.mark.parametrize(("off", "is_past"), [(-1, True), (0, True), (1, False)])
def test_nothing_is_dated_after_today(off: int, is_past: bool) -> None:
    on = TODAY + off * ONE_DAY
    for command, event in (
        (g.propose(on), was.GrantProposed),
        (g.charge_fee(on), on_fund.FeeCharged),
        (g.correct_fund(on, entry=5, reads={"officer": "x"}), EntryCorrected),
    ):
        outcome = given().when(command)
        outcome.then(event, on=on) if is_past else outcome.refused(DatedInFuture, str(TODAY))


@pytest.mark.parametrize(("off", "is_past"), [(-1, True), (0, True), (1, False)])
def test_nothing_is_corrected_into_the_future(off: int, is_past: bool) -> None:
    past = given(PROPOSED)
    on = (TODAY + off * ONE_DAY).isoformat()
    for command in (
        g.correct("01-12", entry=1, reads={"on": on}),
        g.correct(on, entry=1, reads={"title": "Milk"}),
    ):
        outcome = past.when(command)
        outcome.then(EntryCorrected) if is_past else outcome.refused(DatedInFuture)
    fund = given(g.charge_fee("2012-01-01"))
    entry = len(fund.fund_entries)
    outcome = fund.when(g.correct_fund("2012-01-02", entry=entry, reads={"on": on}))
    outcome.then(EntryCorrected) if is_past else outcome.refused(DatedInFuture)


def test_four_eyes_are_refused_before_a_future_day_and_a_future_day_before_an_amount() -> None:
    tomorrow = TODAY + ONE_DAY
    both = g.appoint(g.START, officer="t.leader", roles=["approver"])
    given(both, REQUESTED).when(g.approve(tomorrow, actor="t.leader")).refused(DecidesOwnRequest)
    given(EFFECTIVE).when(g.request_payment(tomorrow, amount="90000.01 USD")).refused(DatedInFuture)
