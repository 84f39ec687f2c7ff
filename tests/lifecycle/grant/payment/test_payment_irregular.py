"""What the bank paid in breach is recorded in any stage; beyond the commitment it is overpaid."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import pytest

from lifecycle.decide import GrantHistory, decide_grant
from lifecycle.decide.correction.correct_entry import CorrectEntry
from lifecycle.decide.correction.target import PairedEntry
from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.grant.closure import NothingOverpaid, OverpaymentOpen
from lifecycle.grant.payment.irregular import DISBURSEMENT_REFUSALS, UnknownRule
from lifecycle.grant.payment.request import PaymentIdTaken, UnknownPayment
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.refusals import DecidesOwnRequest, ExceedsUndisbursedBalance, UnknownItem
from lifecycle.rejudge.possible_refusals import refusable
from lifecycle.types.money import Money
from support import given as g
from support.given import (
    APPROVED,
    CLOSED,
    EFFECTIVE,
    FOLLOW_UP,
    PAID,
    PROPOSED,
    REQUESTED,
    SETTLED,
    SIGNED,
    G,
    Past,
    day,
    given,
    reads,
    strike,
)

STAGES: Mapping[str, Sequence[Command]] = {
    "proposed": PROPOSED,
    "requested": REQUESTED,
    "approved": APPROVED,
    "signed": SIGNED,
    "effective": PAID,
    "follow_up": FOLLOW_UP,
    "closed": CLOSED,
    "declined": [*REQUESTED, g.decline("02-10")],
    "withdrawn": [*REQUESTED, g.withdraw("02-10")],
    "lapsed": [*APPROVED, g.lapse("2017-06-01")],
    "cancelled": [*PAID, g.cancel("06-01")],
}
RULES = ["NotYetEffective", "GrantHasEnded", "PaymentAlreadyDisbursed", "ExceedsUndisbursedBalance"]


def recorded(on: str, amount: str, actor: str = "a.prover") -> Event:
    return on_fund.OverpaymentRecorded(on=day(on), actor=actor, grant=G, amount=Money.parse(amount))


def settled(on: str, amount: str, actor: str = "a.prover") -> Event:
    return on_fund.OverpaymentSettled(on=day(on), actor=actor, grant=G, amount=Money.parse(amount))


def moved(past: Past, event: type[Event], on: str) -> Command:
    """The last such entry is of another day."""
    return g.correct("2018-06-01", entry=past.version(event), reads={"on": on})


def overpaid(past: Past, on: str = "2030-01-01") -> Decimal:
    """What is overpaid on the day, of the grant's dated sums; the fund has the same."""
    return Decimal(sum(change for at, change in past.grant.overpayments if at <= day(on)))


# ── recorded in any stage ────────────────────────────────────────────────────────────────────


@pytest.mark.case("M7")
@pytest.mark.parametrize("stage", STAGES)
def test_what_the_bank_paid_is_recorded_in_any_stage(stage: str) -> None:
    past = given(STAGES[stage])
    assert past.grant.stage == stage
    left, free = past.grant.undisbursed, past.fund.available.at(day("2019-01-01"))
    past.given(g.irregular("2018-07-01", amount="100000.00 USD", rule="NotYetEffective"))
    assert past.grant.payments["X1"].disbursed == 100_000
    assert (past.grant.undisbursed, past.grant.overpaid) == (0, 100_000 - left)
    assert past.fund.available.at(day("2019-01-01")) == free - (100_000 - left)


@pytest.mark.case("M7")
@pytest.mark.parametrize("rule", RULES)
def test_a_breach_is_named_as_the_refusal_that_the_payment_would_have_got(rule: str) -> None:
    given(PAID).when(g.irregular("05-02", rule=rule)).then(was.IrregularPaymentRecorded)


@pytest.mark.parametrize(
    "rule", ["deadline", "ExceedsAvailableFunds", "notyeteffective", "OverpaymentOpen", "CommandIdReused"]
)
def test_another_rule_is_no_breach_of_a_payment(rule: str) -> None:
    given(PAID).when(g.irregular("05-02", rule=rule)).refused(UnknownRule, "DisbursementDeadlinePassed")


def test_a_rule_in_free_text_of_an_older_entry_holds_nothing_back() -> None:
    past = given(PAID, g.irregular("05-02"))
    past.grants[G] = known_with_old_rule(past)
    past.record(g.increase("05-01")).then(was.CommitmentIncreased, on_fund.CommitmentIncreased)
    past.when(reads(past, was.IrregularPaymentRecorded, amount="5.00 USD")).refused(UnknownRule, "deadline")
    past.when(reads(past, was.IrregularPaymentRecorded, amount="5.00 USD", rule="GrantHasEnded")).then(
        EntryCorrected
    )


def known_with_old_rule(past: Past) -> GrantHistory:
    """The grant whose last entry was recorded under the first rule set, in free text."""
    *before, last = past.grants[G].entries
    changed = last.event.model_copy(update={"rule": "deadline"})
    return GrantHistory.of([*before, last._replace(event=changed, rules=1)])


def test_an_irregular_payment_has_a_new_name_and_names_a_known_payment() -> None:
    past = given(PAID)
    past.when(g.irregular("05-02", payment="P1")).refused(PaymentIdTaken)
    past.when(g.irregular("05-02", of="P2")).refused(UnknownPayment, "P2")
    past.when(g.irregular("04-09", of="P1")).refused(UnknownPayment, "P1")
    past.given(g.irregular("05-02", of="P1", category="travel", rule="PaymentAlreadyDisbursed"))
    assert past.grant.payments["X1"].duplicate_of == "P1"


def test_the_task_team_leader_does_not_record_the_irregular_payment() -> None:
    """The grant's own, and who asked for the payment that it doubles."""
    past = given(
        g.appoint("2017-01-01", officer="t.leader", roles=["approver"]),
        g.appoint("2017-01-01", officer="t.wo", roles=["ttl", "approver"]),
        EFFECTIVE,
        g.request_payment("04-10", actor="t.wo"),
    )
    past.when(g.irregular("05-02", actor="t.leader")).refused(DecidesOwnRequest, "leads")
    past.when(g.irregular("05-02", actor="t.wo", of="P1")).refused(DecidesOwnRequest, "asked for P1")
    entry = past.given(g.irregular("05-02")).version(was.IrregularPaymentRecorded)
    past.when(g.correct("06-01", actor="t.leader", entry=entry, struck=True)).refused(DecidesOwnRequest)


# ── overpaid, by day ─────────────────────────────────────────────────────────────────────────


@pytest.mark.case("M7")
@pytest.mark.parametrize(("amount", "over"), [("88000.00", "0"), ("88000.01", "0.01"), ("90000.00", "2000")])
def test_what_exceeds_the_commitment_is_overpaid(amount: str, over: str) -> None:
    past = given(PAID)
    outcome = past.record(g.irregular("05-02", amount=f"{amount} USD"))
    pair = [] if over == "0" else [recorded("05-02", f"{Decimal(over):.2f} USD")]
    outcome.then(was.IrregularPaymentRecorded, *pair, amount=f"{amount} USD")
    for on, so_far in (("05-01", "0"), ("05-02", over), ("05-03", over)):
        assert overpaid(past, f"2017-{on}") == Decimal(so_far)
        free = past.fund.available.at(day(on))
        assert free == Decimal("410000.00") - Decimal(so_far)


@pytest.mark.case("M7")
def test_an_approval_takes_up_first_what_was_overpaid_before_it() -> None:
    past = given(REQUESTED, g.irregular("02-01", amount="30000.00 USD", rule="NotYetEffective"))
    past.record(g.approve("02-10", amount="20000.00 USD")).then(
        was.GrantApproved, on_fund.FundsCommitted, settled("02-10", "20000.00 USD"), amount="20000.00 USD"
    )
    assert (past.grant.overpaid, past.grant.undisbursed) == (10_000, 0)
    past.record(g.increase("02-11", amount="15000.00 USD")).then(
        was.CommitmentIncreased,
        on_fund.CommitmentIncreased,
        settled("02-11", "10000.00 USD"),
        amount="15000.00 USD",
    )
    assert (past.grant.overpaid, past.grant.undisbursed) == (0, 5_000)
    assert past.fund.available.at(day("03-01")) == 465_000


def test_a_late_payment_changes_what_is_overpaid_on_each_day_that_changes() -> None:
    """Before the approval all of it is overpaid, after it nothing, after the cancellation all of it again."""
    past = given(PAID, g.cancel_balance("06-01", amount="88000.00 USD"), g.refund("07-01"))
    past.record(g.irregular("02-01", amount="1000.00 USD", rule="NotYetEffective")).then(
        was.IrregularPaymentRecorded,
        recorded("02-01", "1000.00 USD"),
        settled("02-10", "1000.00 USD"),
        recorded("06-01", "1000.00 USD"),
        settled("07-01", "500.00 USD"),
        amount="1000.00 USD",
    )
    assert past.grant.overpaid == 500


OVER = [*PAID, g.irregular("05-02", amount="90000.00 USD")]
"""2,000.00 is overpaid."""


def test_a_refund_and_a_failure_settle_what_is_overpaid() -> None:
    given(OVER).when(g.refund("05-03", amount="1500.00 USD")).then(
        was.RefundReceived, settled("05-03", "1500.00 USD", "f.nance"), amount="1500.00 USD"
    )
    given(OVER).when(g.fail("05-03", payment="X1")).then(
        was.PaymentFailed, settled("05-03", "2000.00 USD", "f.nance")
    )


def test_after_the_end_what_comes_back_settles_it_first_and_then_goes_on_to_the_fund() -> None:
    past = given(PAID, g.cancel("06-01"), g.irregular("06-02", amount="300.00 USD", rule="GrantHasEnded"))
    assert (past.grant.overpaid, past.grant.committed) == (300, 2_000)
    past.record(g.refund("06-03", amount="400.00 USD")).then(
        was.RefundReceived,
        on_fund.CommitmentReleased(
            on=date(2017, 6, 3), actor="f.nance", grant=G, amount=Money.parse("100.00 USD")
        ),
        settled("06-03", "300.00 USD", "f.nance"),
        amount="400.00 USD",
    )
    assert (past.grant.overpaid, past.grant.committed, past.grant.undisbursed) == (0, 1_900, 0)


def test_it_is_a_correction_of_the_irregular_payment_that_settles_it_too() -> None:
    past = given(OVER)
    past.when(reads(past, was.IrregularPaymentRecorded, amount="88500.00 USD")).then(
        EntryCorrected, settled("05-02", "1500.00 USD", g.CHECKER)
    )
    past.when(moved(past, was.IrregularPaymentRecorded, "2017-05-04")).then(
        EntryCorrected,
        settled("05-02", "2000.00 USD", g.CHECKER),
        recorded("05-04", "2000.00 USD", g.CHECKER),
    )
    past.when(strike(past, was.IrregularPaymentRecorded)).then(
        EntryCorrected, settled("05-02", "2000.00 USD", g.CHECKER)
    )


# ── who may raise it ─────────────────────────────────────────────────────────────────────────

USED = [
    *EFFECTIVE,
    g.request_payment("04-10", amount="90000.00 USD"),
    g.authorise("04-11"),
    g.disburse("05-01", amount="90000.00 USD"),
    g.refund("05-11", amount="1.00 USD"),
    g.request_payment("05-12", payment="P2", amount="1.00 USD"),
    g.authorise("05-12", payment="P2"),
    g.disburse("05-13", payment="P2", amount="1.00 USD"),
]
"""All is paid, a dollar came back, and was paid again."""


@pytest.mark.parametrize("on", ["05-12", "05-13", "05-14"])
def test_a_correction_of_a_refund_is_recorded_though_its_money_was_used(on: str) -> None:
    past = given(USED)
    outcome = past.when(moved(past, was.RefundReceived, f"2017-{on}"))
    raised = (recorded("05-13", "1.00 USD", g.CHECKER), settled("05-14", "1.00 USD", g.CHECKER))
    outcome.then(EntryCorrected, *(raised if on == "05-14" else ()))
    past.when(strike(past, was.RefundReceived)).then(EntryCorrected, recorded("05-13", "1.00 USD", g.CHECKER))
    past.record(reads(past, was.RefundReceived, amount="0.25 USD")).then(
        EntryCorrected, recorded("05-13", "0.75 USD", g.CHECKER)
    )
    assert past.grant.overpaid == Decimal("0.75")


def test_a_correction_of_a_failure_is_recorded_though_its_money_was_used() -> None:
    past = given(
        AUTHORISED_ALL,
        g.fail("05-02"),
        g.request_payment("05-03", payment="P2", amount="90000.00 USD"),
        g.authorise("05-03", payment="P2"),
        g.disburse("05-04", payment="P2", amount="90000.00 USD"),
    )
    past.when(strike(past, was.PaymentFailed)).then(
        EntryCorrected, recorded("05-04", "90000.00 USD", g.CHECKER)
    )


AUTHORISED_ALL = [
    *EFFECTIVE,
    g.request_payment("04-10", amount="90000.00 USD"),
    g.authorise("04-11"),
    g.disburse("05-01", amount="90000.00 USD"),
]


def test_no_more_is_paid_than_is_left() -> None:
    """The authorisation came before the bank paid the same to somebody else."""
    life = [*AUTHORISED_ALL[:-1], g.irregular("04-12", amount="0.01 USD")]
    pay = g.disburse("05-01", amount="90000.00 USD")
    given(life).when(pay).refused(ExceedsUndisbursedBalance, "89,999.99 USD")
    given(life).when(g.disburse("05-01", amount="89999.99 USD")).then(
        was.FundsDisbursed, amount="89999.99 USD"
    )


ENDED = [
    *PAID,
    g.cancel("06-01"),
    g.irregular("06-10", amount="2300.00 USD", rule="GrantHasEnded"),
    g.fail("07-01"),
]
"""After the end the bank paid 2,300.00 in breach; then all of P1 came back, and settled most of that."""


@pytest.mark.parametrize(("on", "fits"), [("06-09", False), ("06-10", True), ("06-11", True)])
def test_no_refund_that_arrives_late_raises_what_is_overpaid(on: str, fits: bool) -> None:
    """Before the breach it goes on to the fund, so that the failure brings back less to settle it with."""
    past = given(ENDED)
    assert past.grant.overpaid == 300
    outcome = past.when(g.refund(on, amount="500.00 USD"))
    message = "on 2017-07-01 500.00 USD more"
    outcome.then(
        was.RefundReceived, on_fund.OverpaymentSettled, on_fund.OverpaymentRecorded, amount="500.00 USD"
    ) if fits else outcome.refused(ExceedsUndisbursedBalance, message)
    past.given(strike(past, was.PaymentFailed), g.refund(on, amount="500.00 USD"), g.fail("07-01"))
    assert past.grant.overpaid == (300 if fits else 800)


def test_no_failure_that_arrives_late_raises_what_is_overpaid() -> None:
    """Such a one leaves what comes back later as it is: it lowers what is overpaid, and is recorded."""
    second = [g.request_payment("04-10", payment="P2"), g.authorise("04-20", payment="P2")]
    past = given(PAID, second, g.disburse("05-01", payment="P2"), ENDED[len(PAID) :])
    past.when(g.fail("06-15", payment="P2")).then(
        was.PaymentFailed, on_fund.OverpaymentSettled, on_fund.CommitmentReleased, on_fund.OverpaymentRecorded
    )


def test_no_decision_raises_what_is_overpaid() -> None:
    past = given(OVER)
    past.when(g.cancel_balance("05-03", amount="0.01 USD")).refused(ExceedsUndisbursedBalance)
    past.when(g.cancel_balance("04-30", amount="0.01 USD")).refused(ExceedsUndisbursedBalance, "2017-05-02")
    past.when(reads(past, was.GrantApproved, amount="89999.99 USD")).refused(ExceedsUndisbursedBalance)
    past.when(g.cancel("05-01")).refused(ExceedsUndisbursedBalance, "2017-05-02")
    past.when(reads(past, was.GrantApproved, amount="90000.01 USD")).then(
        EntryCorrected, on_fund.CommitmentIncreased, on_fund.OverpaymentSettled
    )


@pytest.mark.parametrize("rules", [1, 2])
def test_no_correction_of_earlier_rule_sets_raises_what_is_overpaid(rules: int) -> None:
    """Since rule set 3, what is left is compared day by day as well."""
    past = given(OVER)
    correction = reads(past, was.GrantApproved, amount="89999.99 USD")
    assert isinstance(correction, CorrectEntry)
    with pytest.raises(ExceedsUndisbursedBalance, match="more would be paid than is committed"):
        decide_grant(past.grants[g.G], correction, past.fund, correction.actor, g.TODAY, rules=rules)


def test_a_decision_that_lowers_it_is_taken_though_some_is_left() -> None:
    past = given(OVER, g.increase("05-05", amount="1500.00 USD"))
    assert past.grant.overpaid == 500
    past.when(reads(past, was.CommitmentIncreased, amount="1499.99 USD")).refused(ExceedsUndisbursedBalance)
    past.when(reads(past, was.CommitmentIncreased, amount="1500.01 USD")).then(
        EntryCorrected, on_fund.CommitmentIncreased, on_fund.OverpaymentSettled
    )


def test_the_pair_of_a_grant_is_not_corrected_by_itself() -> None:
    past = given(OVER, g.refund("05-03"))
    for pair in (on_fund.OverpaymentRecorded, on_fund.OverpaymentSettled):
        past.when(g.correct_fund("06-01", entry=past.fund_version(pair), struck=True)).refused(PairedEntry)


# ── closing, and waiving ─────────────────────────────────────────────────────────────────────

DONE = [*SETTLED, g.irregular("2018-05-15", amount="700.00 USD")]
"""All is in order but for 700.00 that the bank paid twice."""


@pytest.mark.case("M7")
def test_a_grant_is_not_closed_while_something_is_overpaid() -> None:
    past = given(DONE)
    past.when(g.close("2018-05-15")).refused(OverpaymentOpen, "700.00 USD")
    past.when(g.close("2018-05-14")).then(was.GrantClosed)
    for way in (
        g.refund("2018-05-16", payment="X1", amount="700.00 USD"),
        g.increase("2018-05-16", amount="700.00 USD"),
        g.waive("2018-05-16", obligation="overpayment"),
    ):
        past = given(DONE, way)
        past.when(g.close("2018-05-15")).refused(OverpaymentOpen)
        past.when(g.close("2018-05-16")).then(was.GrantClosed)


def test_what_is_waived_still_lowers_what_is_available() -> None:
    past = given(DONE)
    before = past.fund.available.at(day("2019-01-01"))
    past.given(g.waive("2018-05-16", obligation="overpayment"), g.close("2018-05-17"))
    assert past.fund.available.at(day("2019-01-01")) == before
    assert past.grant.overpaid == 700


@pytest.mark.parametrize(("on", "there"), [("2018-05-14", False), ("2018-05-15", True), ("2018-05-16", True)])
def test_an_overpayment_is_waived_while_there_is_one(on: str, there: bool) -> None:
    outcome = given(DONE).when(g.waive(on, obligation="overpayment"))
    outcome.then(was.ObligationWaived) if there else outcome.refused(NothingOverpaid, on)


def test_an_overpayment_is_waived_as_a_whole() -> None:
    given(DONE).when(g.waive("2018-05-16", obligation="overpayment", item="X1")).refused(
        UnknownItem, "leave X1 out"
    )


def test_a_refund_dated_before_the_waiver_is_recorded_all_the_same() -> None:
    past = given(DONE, g.waive("2018-05-16", obligation="overpayment"))
    past.when(g.refund("2018-05-15", payment="X1", amount="700.00 USD")).then(
        was.RefundReceived, on_fund.OverpaymentSettled, amount="700.00 USD"
    )


# ── the names of breaches ────────────────────────────────────────────────────────────────────

NO_RULE_OF_PAYMENTS = {
    "CommandIdReused",
    "GrantIdTaken",
    "WindowNotInEdition",
    "ExceedsAvailableFunds",
    "ExceedsCallEnvelope",
    "ClosesAfterPool",
    *("UnknownCall", "CallIdTaken", "CallAlreadyClosed", "CallStillOpen", "CallIsClosed"),
    "Refusal",
    "NotOfTheTeam",
    "FundClosureWouldNotHold",
}
"""What the judge of a payment names in its code and gives to other commands, or of the id of a command."""


@pytest.mark.case("M7")
def test_every_refusal_of_a_payment_can_be_named() -> None:
    """Found in the code of the judge and the rules: a refusal that is added is a rule that can be broken."""
    refusals = refusable("grant", "DisburseFunds", later=False)
    assert {refusal.__name__ for refusal in DISBURSEMENT_REFUSALS} == refusals - NO_RULE_OF_PAYMENTS
