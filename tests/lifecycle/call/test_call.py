"""Calls: when proposals may answer, what reviews score, and an envelope that is never exceeded.

The call C1 is announced on 3 January 2012, takes proposals from the 10th to the 31st, and has an envelope of
USD 250,000. The fund has half a million.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lifecycle.call import call as was
from lifecycle.call.call import (
    CallAlreadyClosed,
    CallIdTaken,
    CallIsClosed,
    CallStillOpen,
    ExceedsCallEnvelope,
)
from lifecycle.decide.correction.target import PairedEntry
from lifecycle.fund import events as on_fund
from lifecycle.fund.establishment import WindowNotInEdition
from lifecycle.fund.pools.commitments import FundsCommitted
from lifecycle.grant import events as on_grant
from lifecycle.grant.proposal.call_terms import (
    CallDeadlinePassed,
    CallNotOpenYet,
    CriteriaNotScored,
    WindowNotInCall,
)
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.guards import CurrencyNotHolding
from lifecycle.kernel.refusals import DatedInFuture, FieldNotCorrectable, RoleNotHeld, UnknownCall
from lifecycle.types.money import Money
from support import given as g
from support.given import (
    ONE_DAY,
    Past,
    day,
    given,
)

ANNOUNCED, OPENS, CLOSES = date(2012, 1, 3), date(2012, 1, 10), date(2012, 1, 31)
OPEN = [g.open_call(ANNOUNCED, opens=str(OPENS))]
SCORES = {"demand": 4, "readiness": 3}


def answer(on: str | date = "2012-01-20", **fields: object) -> Command:
    return g.propose(on, **{"call": "C1", **fields})


def asked(grant: str = g.G, on: str = "2012-01-20") -> list[Command]:
    return [answer(on, grant=grant), g.request(on, grant=grant)]


def approve(on: str, amount: str = "100000.00", grant: str = g.G) -> Command:
    return g.approve(on, amount=f"{amount} USD", grant=grant)


def selected(on: str, amount: str) -> Event:
    return was.GrantSelected(on=day(on), actor="a.prover", grant=g.G, amount=Money(Decimal(amount), "USD"))


def released(on: str, amount: str) -> Event:
    return was.SelectionReleased(
        on=day(on), actor="a.prover", grant=g.G, amount=Money(Decimal(amount), "USD")
    )


def left(past: Past, on: str) -> Any:
    call = past.call("C1")
    assert call is not None
    return call.left.at(day(on))


# ── open and close ───────────────────────────────────────────────────────────────────────────


def test_a_call_is_opened_once() -> None:
    given().when(OPEN[0]).then(was.CallOpened)
    given(OPEN).when(g.open_call("2012-01-04")).refused(CallIdTaken, "2012-01-03")
    given(OPEN).when(g.open_call(ANNOUNCED - ONE_DAY)).refused(CallIdTaken)


def test_a_call_is_for_a_window_of_the_fund_in_the_holding_currency() -> None:
    given().when(g.open_call(ANNOUNCED, window="weather")).refused(WindowNotInEdition)
    given().when(g.open_call("2017-01-03", closes="2017-02-28", window="programmatic")).then(was.CallOpened)
    given().when(g.open_call(ANNOUNCED, envelope="250000.00 EUR")).refused(CurrencyNotHolding)


def test_the_secretariat_opens_and_closes() -> None:
    given().when(g.open_call(ANNOUNCED, actor="t.leader")).refused(RoleNotHeld, "secretariat")
    given(OPEN).when(g.close_call("2012-03-01", actor="a.prover")).refused(RoleNotHeld)


def test_a_day_that_has_not_come() -> None:
    given().when(g.open_call("2012-01-03"), today=date(2012, 1, 2)).refused(DatedInFuture)


@pytest.mark.parametrize("late", [-1, 0])
def test_a_call_does_not_close_while_it_takes_proposals(late: int) -> None:
    given(OPEN).when(g.close_call(CLOSES + timedelta(days=late))).refused(CallStillOpen, "2012-01-31")


def test_a_call_closes_the_day_after_and_once() -> None:
    past = given(OPEN)
    past.record(g.close_call(CLOSES + ONE_DAY)).then(was.CallClosed)
    past.when(g.close_call("2012-03-01")).refused(CallAlreadyClosed, "2012-02-01")


def test_a_call_that_was_not_opened_is_not_closed() -> None:
    given().when(g.close_call("2012-03-01")).refused(UnknownCall)
    given(OPEN).when(g.close_call(ANNOUNCED - ONE_DAY)).refused(UnknownCall)


# ── proposals ────────────────────────────────────────────────────────────────────────────────


def test_a_proposal_names_a_call_that_is_there() -> None:
    given().when(answer()).refused(UnknownCall, "C1")
    given(OPEN).when(answer(ANNOUNCED - ONE_DAY)).refused(UnknownCall)
    given(OPEN).when(answer(call="C2")).refused(UnknownCall, "C2")


@pytest.mark.parametrize("on", [OPENS, OPENS + ONE_DAY, CLOSES - ONE_DAY, CLOSES])
def test_proposals_are_taken_from_the_first_day_to_the_last(on: date) -> None:
    given(OPEN).when(answer(on)).then(on_grant.GrantProposed)


def test_no_proposal_is_taken_the_day_before_or_the_day_after() -> None:
    given(OPEN).when(answer(OPENS - ONE_DAY)).refused(CallNotOpenYet, "from 2012-01-10 to 2012-01-31")
    given(OPEN).when(answer(CLOSES + ONE_DAY)).refused(CallDeadlinePassed, "from 2012-01-10 to 2012-01-31")


def test_a_proposal_recorded_late_is_judged_by_its_own_day() -> None:
    past = given(OPEN, g.close_call("2012-03-01"))
    past.record(answer(CLOSES)).then(on_grant.GrantProposed)
    past.when(answer(CLOSES + ONE_DAY, grant="SSF-2")).refused(CallDeadlinePassed)


def test_a_proposal_is_for_the_calls_window() -> None:
    opened = g.open_call("2017-01-03", closes="2017-02-28", window="programmatic")
    given(opened).when(answer("2017-01-20")).refused(WindowNotInCall, "programmatic")
    past = given(opened, answer("2017-01-20", window="programmatic"))
    past.when(g.revise("2017-01-21", window="stand_alone")).refused(WindowNotInCall)
    past.when(g.revise("2017-01-21", title="Milk")).then(on_grant.ProposalRevised)


def test_a_proposal_without_a_call_is_not_bound_by_one() -> None:
    given(OPEN, g.close_call("2012-03-01")).when(g.propose("2012-04-01")).then(on_grant.GrantProposed)


# ── reviews ──────────────────────────────────────────────────────────────────────────────────


def test_reviews_score_the_calls_criteria_all_of_them_and_no_other() -> None:
    past = given(OPEN, asked())
    review = "2012-02-05"
    past.when(g.review(review, scores={"demand": 4})).refused(CriteriaNotScored, "missing: readiness")
    past.when(g.review(review, scores={**SCORES, "style": 1})).refused(CriteriaNotScored, "style")
    past.when(g.review(review, scores=SCORES)).then(on_grant.ProposalReviewed)


def test_without_a_call_a_review_scores_any_criteria() -> None:
    past = given(g.propose("2012-01-20"), g.request("2012-01-21"))
    past.when(g.review("2012-02-05", scores={"style": 1})).then(on_grant.ProposalReviewed)


# ── the envelope ─────────────────────────────────────────────────────────────────────────────


def test_an_approval_writes_its_selection_beside_the_commitment() -> None:
    past = given(OPEN, asked())
    past.record(approve("2012-02-10")).then(
        on_grant.GrantApproved, FundsCommitted, selected("2012-02-10", "100000.00")
    )
    assert (left(past, "2012-02-09"), left(past, "2012-02-10")) == (250_000, 150_000)


THREE = [command for n in (1, 2, 3) for command in asked(f"SSF-{n}")]
TWO_TAKEN = [*OPEN, *THREE, approve("2012-02-10", grant="SSF-1"), approve("2012-02-11", grant="SSF-2")]


def test_the_envelope_is_spent_to_the_cent_and_no_further() -> None:
    past = given(TWO_TAKEN)
    past.when(approve("2012-02-12", "50000.01", "SSF-3")).refused(ExceedsCallEnvelope, "0.01 USD")
    past.record(approve("2012-02-12", "50000.00", "SSF-3")).then(
        on_grant.GrantApproved, FundsCommitted, was.GrantSelected
    )
    assert left(past, "2012-02-12") == 0


def test_a_late_approval_must_leave_every_later_day_true() -> None:
    past = given(TWO_TAKEN)
    late = "2012-02-01"  # nothing was selected yet on this day: what counts is the 11th
    past.when(approve(late, "50000.01", "SSF-3")).refused(ExceedsCallEnvelope, "2012-02-11")
    past.record(approve(late, "50000.00", "SSF-3")).then(
        on_grant.GrantApproved, FundsCommitted, was.GrantSelected
    )
    assert [left(past, f"2012-02-{n:02}") for n in (1, 10, 11)] == [200_000, 100_000, 0]


def test_another_calls_envelope_is_another() -> None:
    other = [
        g.open_call(ANNOUNCED, call="C2", envelope="100000.00 USD"),
        answer(grant="SSF-9", call="C2"),
        g.request("2012-01-20", grant="SSF-9"),
    ]
    given(TWO_TAKEN, other).when(approve("2012-02-12", grant="SSF-9")).then(
        on_grant.GrantApproved, FundsCommitted, was.GrantSelected
    )


def test_a_lapse_gives_back_the_selection() -> None:
    opened = [g.open_call("2017-01-03", closes="2017-01-31")]
    past = given(opened, [answer("01-20"), g.request("01-20"), approve("02-10", "90000.00")])
    outcome = past.record(g.lapse("05-01"))
    outcome.then(on_grant.GrantLapsed, on_fund.CommitmentReleased, was.SelectionReleased)
    assert outcome.events[-1] == released("05-01", "90000.00")
    assert (left(past, "04-30"), left(past, "05-01")) == (160_000, 250_000)


EFFECTIVE = [
    *OPEN,
    *asked(),
    approve("2012-02-10"),
    g.make_effective("2012-03-01", closing_date="2013-01-31"),
]


def test_a_cancellation_before_effectiveness_gives_back_and_after_it_does_not() -> None:
    before = given(OPEN, asked(), approve("2012-02-10"))
    before.record(g.cancel("2012-02-20")).then(
        on_grant.GrantCancelled, on_fund.CommitmentReleased, was.SelectionReleased
    )
    assert left(before, "2012-02-20") == 250_000
    after = given(EFFECTIVE)
    assert was.SelectionReleased not in map(type, after.record(g.cancel("2012-04-01")).events)
    assert left(after, "2012-04-01") == 150_000


def test_increases_and_cancelled_balances_concern_the_fund_only() -> None:
    past = given(EFFECTIVE)
    for change in (
        g.increase("2012-04-01", amount="20000.00 USD"),
        g.cancel_balance("2012-05-01", amount="60000.00 USD"),
    ):
        assert {type(event) for event in past.record(change).events}.isdisjoint(
            {was.GrantSelected, was.SelectionReleased}
        )
    assert left(past, "2012-06-01") == 150_000


# ── closed ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("on", "refused"), [("2012-02-29", False), ("2012-03-01", False), ("2012-03-02", True)]
)
def test_nothing_is_selected_after_the_close(on: str, refused: bool) -> None:
    outcome = given(OPEN, asked(), g.close_call("2012-03-01")).when(approve(on))
    if refused:
        outcome.refused(CallIsClosed, "2012-03-01")
    else:
        outcome.then(on_grant.GrantApproved, FundsCommitted, was.GrantSelected)


def test_a_late_close_does_not_undo_what_was_selected_after_it() -> None:
    past = given(OPEN, asked(), approve("2012-03-05"))
    past.when(g.close_call("2012-03-04")).refused(CallIsClosed, "would no longer hold")
    past.when(g.close_call("2012-03-05")).then(was.CallClosed)


def test_a_closed_call_still_takes_back_what_lapses() -> None:
    past = given(EFFECTIVE[:-1], g.close_call("2012-03-01"))
    past.record(g.cancel("2012-04-01")).then(
        on_grant.GrantCancelled, on_fund.CommitmentReleased, was.SelectionReleased
    )
    assert left(past, "2012-04-01") == 250_000


# ── corrections ──────────────────────────────────────────────────────────────────────────────


def reads(**fields: object) -> Command:
    return g.correct_call("2012-06-01", entry=1, reads=fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"window": "other"},
        {"criteria": ["demand"]},
        {"closes": "2012-01-30"},
        {"opens": "2012-01-11"},
        {"on": "2012-01-04"},
    ],
)
def test_what_proposals_rest_on_is_not_taken_from_a_call(fields: dict[str, object]) -> None:
    given(OPEN).when(reads(**fields)).refused(FieldNotCorrectable)


def test_days_are_added_and_late_proposals_then_fit() -> None:
    past = given(OPEN)
    past.record(reads(closes="2012-02-02")).then(EntryCorrected)
    past.record(answer("2012-02-02")).then(on_grant.GrantProposed)
    past.when(answer("2012-02-03", grant="SSF-2")).refused(CallDeadlinePassed)


def test_an_envelope_is_corrected_down_to_what_is_selected() -> None:
    past = given(TWO_TAKEN)
    past.when(reads(envelope="199999.99 USD")).refused(ExceedsCallEnvelope)
    past.record(reads(envelope="200000.00 USD")).then(EntryCorrected)
    past.when(approve("2012-02-12", "0.01", "SSF-3")).refused(ExceedsCallEnvelope)


def test_an_opening_and_a_pair_are_not_struck() -> None:
    past = given(TWO_TAKEN)
    past.when(g.correct_call("2012-06-01", entry=1, struck=True)).refused(FieldNotCorrectable)
    past.when(g.correct_call("2012-06-01", entry=2, struck=True)).refused(PairedEntry, "SSF-1")
    given().when(g.correct_call("2012-06-01", entry=1, struck=True)).refused(UnknownCall)


def test_a_proposal_that_was_struck_by_mistake_answers_its_call_again() -> None:
    past = given(OPEN, answer("2012-01-20"), g.correct("2012-06-01", entry=1, struck=True))
    past.given(g.correct("2012-06-02", entry=2, struck=True, actor="a.prover"))
    assert past.grant.call == "C1"


def test_a_call_that_a_correction_left_out_is_answered_again_when_it_is_struck() -> None:
    past = given(OPEN, g.open_call("2012-01-05", call="C2", closes="2012-01-31"), answer("2012-01-20"))
    past.given(g.correct("2012-06-01", entry=1, reads={"call": "C2"}))
    past.given(g.correct("2012-06-02", entry=2, struck=True, actor="a.prover"))
    assert past.grant.call == "C1"


def test_days_that_a_correction_gave_are_not_taken_by_striking_it() -> None:
    """Proposals may rest on them, as on days that were given at once."""
    past = given(OPEN, reads(closes="2012-02-28"))
    strike = g.correct_call("2012-06-02", entry=2, struck=True, actor="a.prover")
    past.when(strike).refused(FieldNotCorrectable, "2012-02-28")


def test_a_close_that_was_a_mistake_is_struck() -> None:
    past = given(OPEN, asked(), g.close_call("2012-03-01"))
    past.record(g.correct_call("2012-06-01", entry=2, struck=True)).then(EntryCorrected)
    past.when(approve("2012-03-05")).then(on_grant.GrantApproved, FundsCommitted, was.GrantSelected)


def test_a_corrected_approval_corrects_its_selection() -> None:
    past = given(OPEN, asked(), approve("2012-02-10"))
    lower = g.reads(past, on_grant.GrantApproved, on="2012-06-01", amount="80000.00 USD")
    given_back = past.record(lower).events[-1]
    assert isinstance(given_back, was.SelectionReleased)
    assert (given_back.on, str(given_back.amount)) == (day("2012-02-10"), "20000.00 USD")
    assert left(past, "2012-02-10") == 170_000


def test_a_correction_does_not_bring_an_approval_over_the_envelope() -> None:
    past = given(g.open_call(ANNOUNCED, envelope="100000.00 USD"), asked(), approve("2012-02-10", "90000.00"))
    fits = g.reads(past, on_grant.GrantApproved, on="2012-06-01", amount="100000.00 USD")
    over = g.reads(past, on_grant.GrantApproved, on="2012-06-01", amount="100000.01 USD")
    past.when(over).refused(ExceedsCallEnvelope)
    past.record(fits).then(EntryCorrected, on_fund.CommitmentIncreased, was.GrantSelected)
    assert left(past, "2012-02-10") == 0


def test_a_proposal_is_not_corrected_into_a_day_after_the_last() -> None:
    past = given(OPEN, answer("2012-01-31"))
    past.when(g.correct("2012-06-01", entry=1, reads={"on": "2012-02-01"})).refused(CallDeadlinePassed)
    past.record(g.correct("2012-06-01", entry=1, reads={"call": None})).then(EntryCorrected)
    past.when(g.correct("2012-06-01", entry=1, reads={"on": "2012-02-01"})).then(EntryCorrected)
