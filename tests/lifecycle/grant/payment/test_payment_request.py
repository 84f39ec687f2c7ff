"""A payment is asked for, authorised or rejected, paid, and finished once."""

import pytest

from lifecycle.decide.correction.target import NothingCorrected
from lifecycle.grant import events as was
from lifecycle.grant.payment.disbursement import ExceedsAuthorisedAmount, PaymentNotAuthorised
from lifecycle.grant.payment.request import (
    ExceedsRequestedAmount,
    PaymentAlreadyAuthorised,
    PaymentAlreadyDisbursed,
    PaymentAlreadyFinished,
    PaymentIdTaken,
    UnknownPayment,
)
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import DecidesOwnRequest, GrantHasEnded, NotYetEffective, UnknownGrant
from lifecycle.parse import Malformed, command_from
from support import given as g
from support.given import ASKED, AUTHORISED, EFFECTIVE, PAID, PROPOSED, given, reads


def test_a_payment_has_a_name_of_its_own() -> None:
    given(ASKED).when(g.request_payment("04-11")).refused(PaymentIdTaken, "P1")
    given(PAID).when(g.irregular("05-02", payment="P1")).refused(PaymentIdTaken, "P1")
    given(ASKED).when(g.request_payment("04-09")).refused(PaymentIdTaken, "entry")


@pytest.mark.parametrize(("on", "there"), [("04-09", False), ("04-10", True), ("04-11", True)])
def test_only_a_requested_payment_is_decided(on: str, there: bool) -> None:
    for decide, event in ((g.authorise, was.PaymentAuthorised), (g.reject, was.PaymentRejected)):
        outcome = given(ASKED).when(decide(on))
        outcome.then(event) if there else outcome.refused(UnknownPayment)
    for act in (g.disburse, g.fail, g.refund):
        given(EFFECTIVE).when(act("05-01", payment="P9")).refused(UnknownPayment)


@pytest.mark.parametrize(("on", "allowed"), [("04-19", False), ("04-20", True), ("04-21", True)])
def test_only_what_was_authorised_is_paid(on: str, allowed: bool) -> None:
    outcome = given(AUTHORISED).when(g.disburse(on))
    outcome.then(was.FundsDisbursed) if allowed else outcome.refused(PaymentNotAuthorised, "requested")


def test_a_refusal_names_the_later_entry_that_the_act_waits_for() -> None:
    """A payment that no later entry names gets no such sentence."""
    past = given(AUTHORISED)
    past.when(g.disburse("04-09")).refused(
        UnknownPayment, "(PaymentRequested) is of 2017-04-10, which is after 2017-04-09"
    )
    past.when(g.disburse("04-19")).refused(PaymentNotAuthorised, "(PaymentAuthorised) is of 2017-04-20")
    past.when(g.request_payment("02-20", payment="P2")).refused(NotYetEffective, "(GrantMadeEffective) is of")
    past.when(g.sign("01-05")).refused(UnknownGrant, "(GrantProposed) is of 2017-01-10")
    assert "which is after" not in str(past.when(g.disburse("04-09", payment="P9")).refusal)


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


def test_a_rejected_or_failed_payment_is_finished() -> None:
    rejected, failed = given(ASKED, g.reject("04-20")), given(AUTHORISED, g.fail("05-01"))
    for past in (rejected, failed):
        past.when(g.authorise("05-02", actor="p.ayer")).refused(PaymentAlreadyFinished)
        past.when(g.disburse("05-02")).refused(PaymentAlreadyFinished)
        past.when(g.fail("05-02")).refused(PaymentAlreadyFinished)


@pytest.mark.parametrize(("amount", "fits"), [("1999.99", True), ("2000.00", True), ("2000.01", False)])
def test_no_more_is_authorised_than_was_requested(amount: str, fits: bool) -> None:
    outcome = given(ASKED).when(g.authorise("04-20", amount=f"{amount} USD"))
    outcome.then(was.PaymentAuthorised, amount=f"{amount} USD") if fits else outcome.refused(
        ExceedsRequestedAmount
    )


@pytest.mark.parametrize(("amount", "fits"), [("1499.99", True), ("1500.00", True), ("1500.01", False)])
def test_no_more_is_paid_than_was_authorised(amount: str, fits: bool) -> None:
    past = given(ASKED, g.authorise("04-20", amount="1500.00 USD"))
    outcome = past.when(g.disburse("05-01", amount=f"{amount} USD"))
    outcome.then(was.FundsDisbursed, amount=f"{amount} USD") if fits else outcome.refused(
        ExceedsAuthorisedAmount
    )
    past.given(g.disburse("05-01", amount="1500.00 USD"))
    entry = past.version(was.PaymentAuthorised)
    change = g.correct("06-01", entry=entry, reads={"amount": f"{amount} USD"})
    outcome = past.when(change)
    refusal = {"1499.99": ExceedsAuthorisedAmount, "1500.00": NothingCorrected}.get(amount)
    outcome.then(EntryCorrected) if refusal is None else outcome.refused(refusal)


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
def test_an_authorised_payment_is_rejected_too_and_then_is_finished() -> None:
    past = given(AUTHORISED, g.cancel("05-01"), g.reject("05-02"))
    assert past.grant.payments["P1"].status == "rejected"
    assert past.grant.pending == 0
    past.when(g.reject("05-03")).refused(PaymentAlreadyFinished)
    given(AUTHORISED, g.cancel("05-01")).when(g.authorise("05-02")).refused(GrantHasEnded)
    given(AUTHORISED, g.cancel("05-01")).when(g.disburse("05-02")).refused(GrantHasEnded)


@pytest.mark.case("M11")
def test_the_requester_does_not_reject_a_payment_after_the_end_either() -> None:
    past = given(g.appoint("04-01", officer="t.leader", roles=["finance"]), ASKED, g.cancel("05-01"))
    past.when(g.reject("05-02", actor="t.leader")).refused(DecidesOwnRequest)


def test_line_is_another_name_of_category() -> None:
    words = {"command": "RequestPayment", "grant": "G1", "on": "2017-04-10", "actor": "t", "payment": "P1"}
    words |= {"payee": "Hotel", "amount": "5.00 USD"}
    by_line, by_category = (command_from({**words, name: "travel"}) for name in ("line", "category"))
    assert by_line == by_category
    with pytest.raises(Malformed, match="another name"):
        command_from({**words, "line": "travel", "category": "travel"})
    budget = [{"line": name, "amount": "50000.00 USD"} for name in ("travel", "experts")]
    life = [*PROPOSED, g.request("01-20", budget=budget), *EFFECTIVE[2:]]
    past = given(life, g.request_payment("04-10"), g.irregular("05-02", line="experts"))
    past.given(reads(past, was.PaymentRequested, line="experts"))
    past.given(reads(past, was.IrregularPaymentRecorded, line="travel"))
    asked, breach = (entry.event for entry in past.grants[g.G].held[-2:])
    assert (asked.__dict__["category"], breach.__dict__["category"]) == ("experts", "travel")
