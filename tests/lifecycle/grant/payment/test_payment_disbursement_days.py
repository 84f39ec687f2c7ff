"""Invariant 3: no payment before effectiveness, after the deadline or inside a suspension."""

from datetime import date

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.payment.disbursement import DisbursementDeadlinePassed, PaymentsSuspended
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import NotYetEffective
from lifecycle.types.money import Money
from support import given as g
from support.given import (
    AUTHORISED,
    EFFECTIVE,
    ONE_DAY,
    PAID,
    given,
    strike,
)

DEADLINE = date(2018, 7, 31)
"""Four months after the closing date, 2018-03-31."""


@pytest.mark.parametrize(("on", "fits"), [("03-30", False), ("03-31", True), ("04-01", True)])
def test_no_payment_is_requested_before_effectiveness(on: str, fits: bool) -> None:
    outcome = given(EFFECTIVE).when(g.request_payment(on))
    outcome.then(was.PaymentRequested) if fits else outcome.refused(NotYetEffective, "signed on 2017-03-30")


@pytest.mark.parametrize(("on", "fits"), [("03-30", False), ("03-31", True), ("04-01", True)])
def test_nothing_is_paid_before_effectiveness(on: str, fits: bool) -> None:
    early = [*EFFECTIVE, g.request_payment("03-31"), g.authorise("03-31")]
    outcome = given(early).when(g.disburse(on))
    outcome.then(was.FundsDisbursed) if fits else outcome.refused(NotYetEffective)


@pytest.mark.parametrize(("on", "fits"), [("04-09", True), ("04-10", True), ("04-11", False)])
def test_effectiveness_is_not_moved_behind_a_payment(on: str, fits: bool) -> None:
    past = given(PAID)
    entry = past.version(was.GrantMadeEffective)
    outcome = past.when(g.correct("2018-06-01", entry=entry, reads={"on": f"2017-{on}"}))
    outcome.then(EntryCorrected) if fits else outcome.refused(NotYetEffective, "PaymentRequested")


def test_effectiveness_is_not_struck_under_a_payment() -> None:
    past = given(PAID)
    past.when(strike(past, was.GrantMadeEffective)).refused(NotYetEffective)


@pytest.mark.parametrize(("off", "fits"), [(-1, True), (0, True), (1, False)])
def test_money_moves_until_the_deadline(off: int, fits: bool) -> None:
    outcome = given(AUTHORISED).when(g.disburse(DEADLINE + off * ONE_DAY))
    if fits:
        outcome.then(
            was.FundsDisbursed(
                on=DEADLINE + off * ONE_DAY, actor="p.ayer", payment="P1", amount=Money.parse("2000.00 USD")
            )
        )
    else:
        outcome.refused(DisbursementDeadlinePassed, "2018-07-31")


@pytest.mark.parametrize(("off", "fits"), [(-1, True), (0, True), (1, False)])
def test_an_extension_moves_the_deadline(off: int, fits: bool) -> None:
    longer = g.extend("2018-03-31", closing_date="2018-04-30", waiver="a flood")
    outcome = given(AUTHORISED, longer).when(g.disburse(date(2018, 8, 30) + off * ONE_DAY))
    outcome.then(was.FundsDisbursed) if fits else outcome.refused(DisbursementDeadlinePassed)


def test_an_extension_is_not_struck_under_a_payment_that_needed_it() -> None:
    longer = g.extend("2018-03-31", closing_date="2018-04-30", waiver="a flood")
    past = given(AUTHORISED, longer, g.disburse("2018-08-30"))
    past.when(strike(past, was.ClosingDateExtended, on="2018-09-01")).refused(DisbursementDeadlinePassed)
    entry = past.version(was.ClosingDateExtended)
    for closing, fits in (("2018-04-29", False), ("2018-04-30", True), ("2018-05-01", True)):
        reads = {"closing_date": closing, "reason": "a flood, as the letter says"}
        outcome = past.when(g.correct("2018-09-01", entry=entry, reads=reads))
        outcome.then(EntryCorrected) if fits else outcome.refused(DisbursementDeadlinePassed)


@pytest.mark.parametrize(("scope", "covers"), [("all", True), ("payments", True), ("activities", False)])
@pytest.mark.parametrize(
    ("on", "inside"), [("05-09", False), ("05-10", True), ("05-19", True), ("05-20", False)]
)
def test_no_payment_inside_a_suspension(scope: str, covers: bool, on: str, inside: bool) -> None:
    past = given(AUTHORISED, g.suspend("05-10", scope=scope), g.lift("05-20"))
    outcome = past.when(g.disburse(on))
    outcome.refused(PaymentsSuspended, on) if covers and inside else outcome.then(was.FundsDisbursed)


@pytest.mark.parametrize(("on", "fits"), [("04-30", False), ("05-01", True), ("05-02", True)])
def test_a_suspension_recorded_late_covers_no_payment(on: str, fits: bool) -> None:
    outcome = given(PAID).when(g.suspend(on))
    outcome.then(was.GrantSuspended) if fits else outcome.refused(PaymentsSuspended, "FundsDisbursed")


def test_the_end_of_a_suspension_is_not_struck_under_a_payment() -> None:
    past = given(AUTHORISED, g.suspend("04-21"), g.lift("04-25"), g.disburse("05-01"))
    past.when(strike(past, was.SuspensionLifted)).refused(PaymentsSuspended)
    entry = past.version(was.SuspensionLifted)
    for on, fits in (("2017-04-30", True), ("2017-05-01", True), ("2017-05-02", False)):
        outcome = past.when(g.correct("2018-06-01", entry=entry, reads={"on": on}))
        outcome.then(EntryCorrected) if fits else outcome.refused(PaymentsSuspended)


def test_two_suspensions_are_lifted_one_by_one_or_together() -> None:
    both = [*AUTHORISED, g.suspend("04-21", scope="payments"), g.suspend("04-22", scope="activities")]
    given(both, g.lift("04-23", scope="activities")).when(g.disburse("05-01")).refused(PaymentsSuspended)
    given(both, g.lift("04-23", scope="payments")).when(g.disburse("05-01")).then(was.FundsDisbursed)
    given(both, g.lift("04-23")).when(g.disburse("05-01")).then(was.FundsDisbursed)
