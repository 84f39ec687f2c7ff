"""The named "no"s of activities and payments."""

from contextlib import nullcontext
from datetime import date

import pytest

from lifecycle.decide import Known, judge_grant
from lifecycle.grant import events as was
from lifecycle.kernel.command import Command, GrantCommand
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import (
    ActivitiesStillPlanned,
    ActivityAlreadyHeld,
    ActivityIdTaken,
    ActivityNotPlanned,
    DatedInFuture,
    DecidesOwnRequest,
    ExceedsAuthorisedAmount,
    ExceedsRequestedAmount,
    GrantHasEnded,
    HeldBeforeItEnded,
    NothingCorrected,
    PaymentAlreadyAuthorised,
    PaymentAlreadyDisbursed,
    PaymentAlreadyFinished,
    PaymentIdTaken,
    PaymentNotAuthorised,
    UnknownPayment,
)
from lifecycle.parse import Malformed, command_from
from support import given as g
from support.given import (
    ASKED,
    AUTHORISED,
    EFFECTIVE,
    PAID,
    Past,
    day,
    given,
    reads,
    strike,
)

# ── activities ───────────────────────────────────────────────────────────────────────────────

PLANNED = [*EFFECTIVE, g.plan("04-10")]


def test_an_activity_is_planned_once() -> None:
    given(PLANNED).when(g.plan("04-11")).refused(ActivityIdTaken, "planned")
    given(PLANNED, g.call_off("04-11")).when(g.plan("04-12")).refused(ActivityIdTaken, "cancelled")
    given(PLANNED).when(g.plan("04-09")).refused(ActivityIdTaken, "entry")


@pytest.mark.parametrize(("on", "there"), [("04-09", False), ("04-10", True), ("04-11", True)])
def test_only_a_planned_activity_is_moved_or_called_off(on: str, there: bool) -> None:
    for asked, event in ((g.reschedule, was.ActivityRescheduled), (g.call_off, was.ActivityCancelled)):
        outcome = given(PLANNED).when(asked(on))
        outcome.then(event) if there else outcome.refused(ActivityNotPlanned, "unknown")


def test_what_was_held_or_called_off_is_not_moved() -> None:
    given(PLANNED, g.hold("06-16")).when(g.reschedule("06-17")).refused(ActivityNotPlanned, "held")
    given(PLANNED, g.call_off("04-11")).when(g.call_off("04-12")).refused(ActivityNotPlanned, "cancelled")
    given(PLANNED, g.reschedule("04-12")).when(g.call_off("04-11")).refused(ActivityNotPlanned, "entry")


@pytest.mark.parametrize("later", [g.call_off("06-20"), g.reschedule("06-20"), g.call_off("06-17")])
def test_that_it_was_held_is_recorded_though_it_was_called_off_or_moved_later(later: Command) -> None:
    """The world goes before the books (domain §1.1): held it stays, whatever they said afterwards."""
    past = given(PLANNED, later).given(g.hold("06-16"))
    assert past.grant.activities["A1"].status == "held"
    assert past.grant.activities["A1"].held_on == day("06-16")
    past.when(g.call_off("06-21")).refused(ActivityNotPlanned, "held")


def test_that_it_had_not_been_planned_is_corrected_all_the_same() -> None:
    past = given(PLANNED, g.call_off("06-20"), g.hold("06-16"))
    struck = past.record(strike(past, was.ActivityPlanned))
    struck.then(EntryCorrected)
    assert past.grant.activities["A1"].status == "held"


def test_an_activity_is_held_once_however_late_and_planned_or_not() -> None:
    given(PLANNED, g.hold("06-16")).when(g.hold("06-17")).refused(ActivityAlreadyHeld)
    given(PLANNED).when(g.hold("2018-12-31")).then(was.ActivityHeld)
    given(EFFECTIVE).when(g.hold("06-16", activity="A9")).then(was.ActivityHeld)


@pytest.mark.case("D2")
@pytest.mark.parametrize(("on", "over"), [("06-15", False), ("06-16", True), ("06-17", True)])
def test_an_activity_has_been_held_once_it_has_ended(on: str, over: bool) -> None:
    outcome = given(PLANNED).when(g.hold(on))
    outcome.then(was.ActivityHeld) if over else outcome.refused(HeldBeforeItEnded, "ends on 2017-06-16")
    past = given(PLANNED, g.hold("06-16"))
    if on != "06-16":
        moved = g.correct("2018-06-01", entry=past.version(was.ActivityHeld), reads={"on": f"2017-{on}"})
        corrected = past.when(moved)
        corrected.then(EntryCorrected) if over else corrected.refused(HeldBeforeItEnded)


@pytest.mark.case("D2")
@pytest.mark.parametrize(
    ("ends", "come"), [("2026-01-30", True), ("2026-01-31", True), ("2026-02-01", False)]
)
def test_an_activity_is_held_when_its_last_day_has_come(ends: str, come: bool) -> None:
    held = given(PLANNED).when(g.hold(ends, starts="2017-06-05", ends=ends))
    held.then(was.ActivityHeld) if come else held.refused(DatedInFuture, "2026-02-01")
    # The day of the entry has come; the activity has not ended, whether its last day has come or not.
    given(PLANNED).when(g.hold("2026-01-29", ends=ends)).refused(HeldBeforeItEnded, f"ends on {ends}")
    past = given(PLANNED, g.hold("06-16"))
    past.when(reads(past, was.ActivityHeld, ends=ends)).refused(HeldBeforeItEnded, f"ends on {ends}")
    corrected = past.when(correct_held(past, ends))
    corrected.then(EntryCorrected) if come else corrected.refused(DatedInFuture, "2026-02-01")


@pytest.mark.case("D2")
@pytest.mark.parametrize(("ends", "come"), [("2026-01-31", True), ("2026-02-01", False)])
def test_under_the_first_rules_the_last_day_had_to_have_come(ends: str, come: bool) -> None:
    past, asked = given(PLANNED), g.hold("2026-01-29", ends=ends)
    assert isinstance(asked, GrantCommand)
    with nullcontext() if come else pytest.raises(DatedInFuture):
        judge_grant(past.grants[g.G], asked, past.fund, asked.actor, g.TODAY, rules=1)


def correct_held(past: Past, on: str) -> Command:
    """The activity ended on this day, and was recorded on it."""
    return g.correct("2018-06-01", entry=past.version(was.ActivityHeld), reads={"on": on, "ends": on})


@pytest.mark.case("D2")
def test_an_activity_that_was_recorded_too_early_holds_nothing_else_back() -> None:
    """Books of before hold such entries: they stay, and what arrives later is judged for itself."""
    past = given(PLANNED, g.hold("06-16"))
    *before, held = past.grants[g.G].entries
    early = held.event.model_copy(update={"ends": date(2017, 6, 20)})
    past.grants[g.G] = Known.of([*before, held._replace(event=early, rules=1)])
    past.record(g.plan("06-01", activity="A2")).then(was.ActivityPlanned)
    past.record(reads(past, was.GrantProposed, title="Milk")).then(EntryCorrected)
    past.when(reads(past, was.ActivityHeld, lessons="Go early")).refused(HeldBeforeItEnded)
    past.when(reads(past, was.ActivityHeld, ends="2017-06-16")).then(EntryCorrected)


def test_nothing_is_still_planned_at_the_end() -> None:
    given(PLANNED).when(g.complete("2018-03-31")).refused(ActivitiesStillPlanned, "A1")
    given(PLANNED, g.hold("06-16")).when(g.complete("2018-03-31")).then(was.ImplementationCompleted)
    past = given(PLANNED, g.call_off("06-16"))
    for on, over in (("06-15", False), ("06-16", True), ("06-17", True)):
        outcome = past.when(g.complete(on))
        outcome.then(was.ImplementationCompleted) if over else outcome.refused(ActivitiesStillPlanned)


# ── payments ─────────────────────────────────────────────────────────────────────────────────


def test_a_payment_has_a_name_of_its_own() -> None:
    given(ASKED).when(g.request_payment("04-11")).refused(PaymentIdTaken, "P1")
    given(PAID).when(g.irregular("05-02", payment="P1")).refused(PaymentIdTaken, "P1")
    given(ASKED).when(g.request_payment("04-09")).refused(PaymentIdTaken, "entry")


@pytest.mark.parametrize(("on", "there"), [("04-09", False), ("04-10", True), ("04-11", True)])
def test_only_what_was_asked_for_is_decided(on: str, there: bool) -> None:
    for asked, event in ((g.authorise, was.PaymentAuthorised), (g.reject, was.PaymentRejected)):
        outcome = given(ASKED).when(asked(on))
        outcome.then(event) if there else outcome.refused(UnknownPayment)
    for asked in (g.disburse, g.fail, g.refund):
        given(EFFECTIVE).when(asked("05-01", payment="P9")).refused(UnknownPayment)


@pytest.mark.parametrize(("on", "allowed"), [("04-19", False), ("04-20", True), ("04-21", True)])
def test_only_what_was_authorised_is_paid(on: str, allowed: bool) -> None:
    outcome = given(AUTHORISED).when(g.disburse(on))
    outcome.then(was.FundsDisbursed) if allowed else outcome.refused(PaymentNotAuthorised, "requested")


def test_a_payment_that_never_went_to_the_bank_does_not_fail_there() -> None:
    given(ASKED).when(g.fail("05-01")).refused(PaymentNotAuthorised, "reject")
    given(AUTHORISED).when(g.fail("05-01")).then(was.PaymentFailed)
    given(PAID).when(g.fail("05-01")).then(was.PaymentFailed)


def test_a_payment_is_authorised_once() -> None:
    given(AUTHORISED).when(g.authorise("04-21", actor="p.ayer")).refused(PaymentAlreadyAuthorised, "f.nance")
    given(AUTHORISED).when(g.authorise("04-15", actor="p.ayer")).refused(PaymentAlreadyAuthorised, "entry")


def test_one_disbursement_finishes_a_payment() -> None:
    given(PAID).when(g.disburse("05-02", amount="1.00 USD")).refused(PaymentAlreadyDisbursed)
    given(PAID).when(g.authorise("05-02", actor="p.ayer")).refused(PaymentAlreadyDisbursed)
    given(PAID).when(g.reject("05-02")).refused(PaymentAlreadyDisbursed)
    given(PAID).when(g.disburse("04-25", amount="1.00 USD")).refused(PaymentAlreadyDisbursed, "entry")


def test_what_was_rejected_or_failed_is_over() -> None:
    rejected, failed = given(ASKED, g.reject("04-20")), given(AUTHORISED, g.fail("05-01"))
    for past in (rejected, failed):
        past.when(g.authorise("05-02", actor="p.ayer")).refused(PaymentAlreadyFinished)
        past.when(g.disburse("05-02")).refused(PaymentAlreadyFinished)
        past.when(g.fail("05-02")).refused(PaymentAlreadyFinished)


@pytest.mark.parametrize(("amount", "fits"), [("1999.99", True), ("2000.00", True), ("2000.01", False)])
def test_no_more_is_authorised_than_was_asked_for(amount: str, fits: bool) -> None:
    outcome = given(ASKED).when(g.authorise("04-20", amount=f"{amount} USD"))
    outcome.then(was.PaymentAuthorised) if fits else outcome.refused(ExceedsRequestedAmount)


@pytest.mark.parametrize(("amount", "fits"), [("1499.99", True), ("1500.00", True), ("1500.01", False)])
def test_no_more_is_paid_than_was_authorised(amount: str, fits: bool) -> None:
    past = given(ASKED, g.authorise("04-20", amount="1500.00 USD"))
    outcome = past.when(g.disburse("05-01", amount=f"{amount} USD"))
    outcome.then(was.FundsDisbursed) if fits else outcome.refused(ExceedsAuthorisedAmount)
    past.given(g.disburse("05-01", amount="1500.00 USD"))
    entry = past.version(was.PaymentAuthorised)
    change = g.correct("06-01", entry=entry, reads={"amount": f"{amount} USD"})
    outcome = past.when(change)
    refusal = {"1499.99": ExceedsAuthorisedAmount, "1500.00": NothingCorrected}.get(amount)
    outcome.then(EntryCorrected) if refusal is None else outcome.refused(refusal)


# ── rejected, whatever became of the grant ───────────────────────────────────────────────────


@pytest.mark.case("M11")
@pytest.mark.parametrize(("on", "there"), [("04-09", False), ("04-10", True), ("04-11", True)])
def test_a_payment_is_rejected_after_the_grants_end_and_while_it_is_suspended(on: str, there: bool) -> None:
    for more in (
        [g.suspend("04-01", scope="all")],
        [g.suspend("04-01", scope="payments"), g.cancel("04-10")],
    ):
        past = given(EFFECTIVE, more[:1], g.request_payment("04-10"), more[1:])
        outcome = past.when(g.reject(on))
        outcome.then(was.PaymentRejected) if there else outcome.refused(UnknownPayment)


@pytest.mark.case("M11")
def test_an_authorised_one_too_and_then_it_is_over() -> None:
    past = given(AUTHORISED, g.cancel("05-01"), g.reject("05-02"))
    assert past.grant.payments["P1"].status == "rejected"
    assert past.grant.pending == 0
    past.when(g.reject("05-03")).refused(PaymentAlreadyFinished)
    given(AUTHORISED, g.cancel("05-01")).when(g.authorise("05-02")).refused(GrantHasEnded)
    given(AUTHORISED, g.cancel("05-01")).when(g.disburse("05-02")).refused(GrantHasEnded)


@pytest.mark.case("M11")
def test_whoever_asked_does_not_reject_after_the_end_either() -> None:
    past = given(g.appoint("04-01", officer="t.leader", roles=["finance"]), ASKED, g.cancel("05-01"))
    past.when(g.reject("05-02", actor="t.leader")).refused(DecidesOwnRequest)


# ── the budget line ──────────────────────────────────────────────────────────────────────────


def test_line_is_another_name_of_category() -> None:
    words = {"command": "RequestPayment", "grant": "G1", "on": "2017-04-10", "actor": "t", "payment": "P1"}
    words |= {"payee": "Hotel", "amount": "5.00 USD"}
    by_line, by_category = (command_from({**words, name: "travel"}) for name in ("line", "category"))
    assert by_line == by_category
    with pytest.raises(Malformed, match="another name"):
        command_from({**words, "line": "travel", "category": "travel"})
    past = given(EFFECTIVE, g.request_payment("04-10"), g.irregular("05-02", line="experts"))
    past.given(reads(past, was.PaymentRequested, line="experts"))
    past.given(reads(past, was.IrregularPaymentRecorded, line="travel"))
    asked, breach = (entry.event for entry in past.grants[g.G].held[-2:])
    assert (asked.__dict__["category"], breach.__dict__["category"]) == ("experts", "travel")
