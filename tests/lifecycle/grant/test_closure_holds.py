"""A closure that stands is asked again when a decision that it rests on is corrected (domain §3)."""

from collections.abc import Sequence

import pytest

from lifecycle.decide import decide_grant
from lifecycle.decide.correction.correct_entry import CorrectEntry
from lifecycle.decide.grant import ClosureWouldNotHold
from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected, Event
from support import given as g
from support.given import (
    CLOSED,
    FOLLOW_UP,
    SETTLED,
    Past,
    given,
    reads,
    strike,
)

WITH_ALL = [
    *SETTLED[: len(FOLLOW_UP)],
    g.increase("2018-04-01", amount="100.00 USD"),
    g.agree("2018-04-01"),
    g.agree("2018-04-01", follow_up="F2"),
    g.agree("2018-04-01", follow_up="F3"),
    g.complete_follow_up("2018-04-02"),
    g.drop("2018-04-02", follow_up="F2"),
    g.hand_over("2018-04-02", follow_up="F3"),
    g.request_payment("2018-04-02", payment="P2", amount="5.00 USD"),
    g.reject("2018-04-03", payment="P2"),
    *SETTLED[len(FOLLOW_UP) : -1],
    g.cancel_balance("2018-05-01", amount="88100.00 USD"),
    g.close("2018-06-01"),
]


def less(past: Past, event: type[Event], amount: str) -> Command:
    return reads(past, event, amount=amount)


@pytest.mark.case("D8")
@pytest.mark.parametrize(
    "event",
    [
        was.BalanceCancelled,
        was.CompletionReportAccepted,
        was.FollowUpCompleted,
        was.FollowUpDropped,
        was.FollowUpHandedOver,
        was.PaymentRejected,
    ],
)
def test_what_a_closure_rests_on_is_not_struck(event: type[Event]) -> None:
    past = given(WITH_ALL)
    past.when(strike(past, event)).refused(ClosureWouldNotHold, "2018-06-01")
    past.given(g.reopen("2018-06-02"))
    pair = [on_fund.CommitmentIncreased] if event is was.BalanceCancelled else []
    past.when(strike(past, event)).then(EntryCorrected, *pair)


@pytest.mark.case("D8")
@pytest.mark.parametrize(
    ("event", "amount"),
    [
        (was.GrantApproved, "90000.01 USD"),
        (was.CommitmentIncreased, "100.01 USD"),
        (was.BalanceCancelled, "88099.99 USD"),
        (was.FundsDisbursed, "1999.99 USD"),
    ],
)
def test_an_entry_under_a_closure_is_not_corrected_so_that_money_is_left(
    event: type[Event], amount: str
) -> None:
    past = given(WITH_ALL)
    past.when(less(past, event, amount)).refused(
        ClosureWouldNotHold, "0.01 USD is neither paid nor cancelled"
    )


@pytest.mark.parametrize(("on", "fits"), [("2018-05-31", True), ("2018-06-01", True), ("2018-06-02", False)])
def test_the_day_of_the_closure_is_what_counts(on: str, fits: bool) -> None:
    """On the day itself the cancellation comes first: its version is lower."""
    past = given(CLOSED)
    outcome = past.when(g.correct("2018-08-01", entry=past.version(was.BalanceCancelled), reads={"on": on}))
    outcome.then(
        EntryCorrected, on_fund.CommitmentIncreased, on_fund.CommitmentReleased
    ) if fits else outcome.refused(ClosureWouldNotHold, "88,000.00 USD")


@pytest.mark.case("D8")
def test_a_waiver_is_not_struck_under_the_closure_that_used_it() -> None:
    past = given(
        FOLLOW_UP,
        g.waive("2018-04-01", obligation="completion_report"),
        g.cancel_balance("2018-05-01", amount="88000.00 USD"),
        g.close("2018-06-01"),
    )
    past.when(strike(past, was.ObligationWaived)).refused(ClosureWouldNotHold, "report")
    past.when(reads(past, was.ObligationWaived, obligation="client_survey")).refused(ClosureWouldNotHold)


def test_the_waiver_of_an_overpayment_is_not_struck_under_the_closure() -> None:
    past = given(
        SETTLED,
        g.irregular("2018-05-02", amount="5.00 USD"),
        g.waive("2018-05-03", obligation="overpayment"),
        g.close("2018-06-01"),
    )
    past.when(strike(past, was.ObligationWaived)).refused(ClosureWouldNotHold, "5.00 USD")


def test_to_strike_a_correction_is_to_change_the_decision() -> None:
    past = given(WITH_ALL[:-2], g.cancel_balance("2018-05-01", amount="88000.00 USD"))
    past.given(reads(past, was.BalanceCancelled, amount="88100.00 USD"), g.close("2018-06-01"))
    undone = g.correct("2018-07-01", actor="a.prover", entry=past.version(EntryCorrected), struck=True)
    past.when(undone).refused(ClosureWouldNotHold, "100.00 USD")


def test_only_the_closure_that_stands_is_asked() -> None:
    """The first was undone: what it rested on is free; the second rests on what holds then."""
    past = given(CLOSED, g.reopen("2018-07-01"), g.increase("2018-07-02", amount="50.00 USD"))
    past.given(g.cancel_balance("2018-07-03", amount="50.00 USD"), g.close("2018-07-04"))
    past.when(strike(past, was.BalanceCancelled, 2)).refused(ClosureWouldNotHold, "2018-07-04")
    past.when(strike(past, was.BalanceCancelled, 1)).refused(ClosureWouldNotHold, "2018-07-04")
    later = g.correct("2018-08-01", entry=past.version(was.BalanceCancelled, 1), reads={"on": "2018-07-02"})
    past.when(later).then(EntryCorrected, on_fund.CommitmentIncreased, on_fund.CommitmentReleased)


def test_a_reopening_is_not_struck_if_its_closure_would_not_hold() -> None:
    past = given(CLOSED, g.reopen("2018-07-01"))
    past.when(strike(past, was.GrantReopened)).then(EntryCorrected)
    past.given(strike(past, was.BalanceCancelled))
    past.when(strike(past, was.GrantReopened)).refused(ClosureWouldNotHold, "2018-06-01")


def test_a_closure_is_not_moved_before_what_it_rests_on() -> None:
    past = given(CLOSED)
    for on, fits in (("2018-04-30", False), ("2018-05-01", True), ("2018-05-02", True)):
        move = g.correct("2018-07-01", entry=past.version(was.GrantClosed), reads={"on": on})
        outcome = past.when(move)
        outcome.then(EntryCorrected) if fits else outcome.refused(ClosureWouldNotHold)


@pytest.mark.case("D8")
@pytest.mark.parametrize(
    ("late", "event"),
    [
        ([g.refund("2018-05-15")], was.RefundReceived),
        ([g.fail("2018-05-15")], was.PaymentFailed),
        ([g.irregular("2018-05-15", amount="5.00 USD")], was.IrregularPaymentRecorded),
    ],
)
def test_events_of_the_world_are_corrected_under_a_closure(
    late: Sequence[Command], event: type[Event]
) -> None:
    past = given(CLOSED, late)
    past.given(g.correct("2018-07-01", entry=past.version(event), reads={"on": "2018-05-16"}))
    past.given(g.correct("2018-07-01", entry=past.version(event), struck=True))


def test_the_precondition_of_a_request_is_not_checked_again() -> None:
    request = g.request_payment("04-05", payment="P2", amount="88000.00 USD")
    past = given(FOLLOW_UP, request, g.reject("04-06", payment="P2"))
    past.when(reads(past, was.GrantApproved, amount="50000.00 USD")).then(
        EntryCorrected, on_fund.CommitmentReleased
    )


def test_what_was_corrected_under_the_first_rules_stays_lawful() -> None:
    """Judged again, a correction of then is asked no more than it was then."""
    past = given(CLOSED)
    correction = strike(past, was.BalanceCancelled)
    assert isinstance(correction, CorrectEntry)
    known = past.grants[g.G]
    decision = decide_grant(known, correction, past.fund, correction.actor, g.TODAY, rules=1)
    assert decision.grant is not None
    with pytest.raises(ClosureWouldNotHold):
        decide_grant(known, correction, past.fund, correction.actor, g.TODAY, rules=2)
