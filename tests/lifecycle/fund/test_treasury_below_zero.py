"""What the fund has available may be below zero, since the bank paid too much: what then is refused."""

from datetime import date

import pytest

from lifecycle.decide.other_streams import ExceedsPartnerBalance
from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import ExceedsAvailableFunds
from lifecycle.types.money import Money
from support import given as g
from support.given import (
    PAID,
    G,
    Past,
    day,
    given,
)

POOR = [*g.OFFICERS, g.join(g.START), g.receive("2012-01-01", amount="90000.00 USD")]
"""Just enough for one grant."""


def short() -> Past:
    """A fund that promised all it had; the bank paid 300.00 more."""
    return given(PAID, g.irregular("05-02", amount="88300.00 USD"), founded=POOR)


@pytest.mark.case("M7")
def test_the_available_amount_may_be_below_zero() -> None:
    past = short()
    assert past.fund.available.at(day("05-01")) == 0
    assert past.fund.available.at(day("05-02")) == -300


def test_nothing_more_is_taken_from_a_fund_that_has_less_than_nothing() -> None:
    past = short()
    past.when(g.charge_fee("05-03", amount="0.01 USD")).refused(
        ExceedsAvailableFunds, "on 2017-05-03 it has promised 300.00 USD more than it has"
    )
    past.when(g.return_funds("05-03", amount="0.01 USD")).refused(ExceedsPartnerBalance)
    past.when(g.charge_fee("05-01", amount="0.01 USD")).refused(ExceedsAvailableFunds)
    past.when(g.increase("05-03", amount="300.01 USD")).refused(ExceedsAvailableFunds, "0.01 USD more")
    received = past.fund_version(on_fund.InstalmentReceived)
    less = g.correct_fund("06-01", entry=received, reads={"amount": "89999.99 USD"})
    past.when(less).refused(ExceedsAvailableFunds, "0.01 USD more")


def test_what_takes_nothing_is_not_held_back_by_what_is_missing() -> None:
    """The increase takes up what is overpaid, so it leaves the fund as it was."""
    past = short()
    past.record(g.increase("05-03", amount="300.00 USD")).then(
        was.CommitmentIncreased, on_fund.CommitmentIncreased, on_fund.OverpaymentSettled, amount="300.00 USD"
    )
    for lower, event in (
        (g.credit_income("05-03", amount="1.00 USD"), on_fund.IncomeCredited),
        (g.receive("05-03", amount="1.00 USD"), on_fund.InstalmentReceived),
        (g.refund("05-03", amount="1.00 USD"), was.RefundReceived),
        (g.irregular("05-04", payment="X2", amount="1.00 USD"), was.IrregularPaymentRecorded),
    ):
        past.record(lower).then(event, amount="1.00 USD")
    assert past.fund.available.at(day("05-04")) == -298


def test_a_correction_that_repairs_the_fund_is_taken_though_it_stays_below_zero() -> None:
    past = given(short_of_income())
    income = past.fund_version(on_fund.IncomeCredited)
    past.when(g.correct_fund("06-01", entry=income, reads={"amount": "9.99 USD"})).refused(
        ExceedsAvailableFunds
    )
    past.record(g.correct_fund("06-01", entry=income, reads={"amount": "10.01 USD"})).then(EntryCorrected)
    past.when(g.correct_fund("06-01", entry=income, reads={"on": "2017-05-04"})).refused(
        ExceedsAvailableFunds, "2017-05-03"
    )
    past.when(g.correct_fund("06-01", entry=income, reads={"on": "2017-05-02"})).then(EntryCorrected)


def short_of_income() -> list[Command]:
    return [
        g.return_funds("2012-01-02", amount="410000.00 USD"),
        *PAID,
        g.irregular("05-02", amount="88300.00 USD"),
        g.credit_income("05-03", amount="10.00 USD"),
    ]


def test_a_late_payment_that_takes_back_what_was_given_to_the_fund_is_recorded() -> None:
    """What the cancelled grant gave back was promised to another; the bank had paid it before."""
    past = given(
        PAID,
        g.cancel("06-01"),
        g.propose("06-02", grant="SSF-2"),
        g.request("06-03", grant="SSF-2"),
        g.approve("06-04", grant="SSF-2", amount="88000.00 USD"),
        founded=POOR,
    )
    past.record(g.irregular("05-31", amount="50.00 USD")).then(
        was.IrregularPaymentRecorded,
        on_fund.CommitmentIncreased(
            on=date(2017, 6, 1), actor="a.prover", grant=G, amount=Money.parse("50.00 USD")
        ),
        amount="50.00 USD",
    )
    assert past.fund.available.at(day("06-04")) == -50
