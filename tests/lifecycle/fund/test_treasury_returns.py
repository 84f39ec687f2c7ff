"""A partner gets back no more than it has left: received less returned and drawn (domain §3, §7)."""

from typing import Any

import pytest

from lifecycle.attribution import movements
from lifecycle.decide import other_streams
from lifecycle.decide.other_streams import ExceedsPartnerBalance
from lifecycle.fund import events as was
from lifecycle.grant import events as on_grant
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import ExceedsAvailableFunds
from support import given as g
from support.given import REQUESTED, Past, given

TWO = [
    *g.OFFICERS,
    g.join(g.START),
    g.join(g.START, partner="ES", name="Spain"),
    g.receive("02-01", amount="60000.00 USD"),
    g.receive("02-01", partner="ES", amount="60000.00 USD"),
]
"""Two partners with 60,000.00 USD each."""


def promised(amount: str = "90000.00 USD") -> Past:
    """Of which so much is promised on 10 February: half from each."""
    return given(REQUESTED, g.approve("02-10", amount=amount), founded=TWO)


@pytest.mark.case("M2")
@pytest.mark.parametrize("on", ["02-01", "02-09", "02-10", "02-11"])
@pytest.mark.parametrize(("amount", "has"), [("14999.99", True), ("15000.00", True), ("15000.01", False)])
def test_no_more_is_returned_than_the_partner_has_left_then_and_later(
    on: str, amount: str, has: bool
) -> None:
    outcome = promised().when(g.return_funds(on, partner="ES", amount=f"{amount} USD"))
    outcome.then(was.FundsReturned, amount=f"{amount} USD") if has else outcome.refused(
        ExceedsPartnerBalance, "15,000.00 USD on 2017-02-"
    )


def test_nothing_is_left_before_it_came() -> None:
    promised().when(g.return_funds("01-31", partner="ES", amount="0.01 USD")).refused(
        ExceedsPartnerBalance, "0.00 USD on 2017-01-31"
    )


def test_what_others_and_income_leave_is_not_the_partners() -> None:
    past = promised().given(g.credit_income("02-11", amount="50000.00 USD"))
    past.when(g.return_funds("02-12", partner="ES", amount="15000.01 USD")).refused(ExceedsPartnerBalance)
    past.given(g.receive("02-12", amount="50000.00 USD"))
    past.when(g.return_funds("02-12", partner="ES", amount="15000.01 USD")).refused(ExceedsPartnerBalance)


def test_what_was_returned_counts_and_what_is_given_back_too() -> None:
    past = promised().given(g.return_funds("02-12", partner="ES", amount="10000.00 USD"))
    again = g.return_funds("02-11", partner="ES", amount="5000.01 USD")
    past.when(again).refused(ExceedsPartnerBalance, "5,000.00 USD on 2017-02-12")
    past.copy().given(g.cancel_balance("02-11", amount="0.02 USD")).when(again).then(was.FundsReturned)
    past.record(g.cancel_balance("02-13", amount="90000.00 USD")).then(
        on_grant.BalanceCancelled, was.CommitmentReleased, amount="90000.00 USD"
    )
    past.when(again).refused(ExceedsPartnerBalance)
    past.when(g.return_funds("02-13", partner="ES", amount="50000.00 USD")).then(
        was.FundsReturned, amount="50000.00 USD"
    )


def test_a_fee_is_drawn_too_and_no_return_takes_what_is_promised() -> None:
    past = promised().given(g.charge_fee("02-11", amount="10000.00 USD"))
    past.when(g.return_funds("02-12", amount="10000.01 USD")).refused(ExceedsPartnerBalance, "10,000.00 USD")
    past.given(g.return_funds("02-12", amount="10000.00 USD"))
    past.when(g.charge_fee("02-12", amount="10000.01 USD")).refused(ExceedsAvailableFunds)


@pytest.mark.parametrize(("amount", "has"), [("15000.00", True), ("15000.01", False)])
def test_a_return_is_not_corrected_beyond_what_is_left(amount: str, has: bool) -> None:
    past = promised().given(g.return_funds("02-12", partner="ES", amount="1000.00 USD"))
    entry = past.fund_version(was.FundsReturned)
    outcome = past.when(g.correct_fund("06-01", entry=entry, reads={"amount": f"{amount} USD"}))
    outcome.then(EntryCorrected) if has else outcome.refused(ExceedsPartnerBalance, "no longer hold")


def test_a_receipt_is_not_corrected_away_under_a_return() -> None:
    """Whatever else the fund has: income, and money of the other partner."""
    past = promised("60000.00 USD").given(g.credit_income("02-01", amount="90000.00 USD"))
    past.given(g.return_funds("02-12", partner="ES", amount="30000.00 USD"))
    receipt = past.fund_version(was.InstalmentReceived, 2)
    less = g.correct_fund("06-01", entry=receipt, reads={"amount": "50000.00 USD"})
    past.when(less).refused(ExceedsPartnerBalance, "no longer hold")
    past.when(g.correct_fund("06-01", entry=receipt, struck=True)).refused(ExceedsPartnerBalance)
    past.when(g.correct_fund("06-01", entry=receipt, reads={"on": "2017-02-13"})).refused(
        ExceedsPartnerBalance
    )
    past.when(g.correct_fund("06-01", entry=receipt, reads={"amount": "70000.00 USD"})).then(EntryCorrected)


def test_a_return_of_before_holds_no_correction_back() -> None:
    past = promised().given(g.return_funds("02-12", partner="ES", amount="15000.00 USD"))
    amount = g.return_funds("02-12", partner="ES", amount="20000.00 USD").event.amount  # type: ignore[attr-defined]
    *before, returned = past.fund_entries
    past.fund_entries[:] = [
        *before,
        returned._replace(event=returned.event.model_copy(update={"amount": amount}), rules=1),
    ]
    entry = past.fund_version(was.PartnerJoined)
    past.when(g.correct_fund("06-01", entry=entry, reads={"name": "Kingdom of Denmark"})).then(EntryCorrected)


def test_a_correction_that_moves_no_money_compares_no_return(monkeypatch: pytest.MonkeyPatch) -> None:
    returned = [g.return_funds(on, partner="ES", amount="1.00 USD") for on in ("02-11", "02-12")]
    past = promised().given(g.consult("02-13"), returned)
    compared: list[object] = []
    left = movements.left_to_return

    def counted(*about: Any) -> Any:
        compared.append(about)
        return left(*about)

    monkeypatch.setattr(other_streams, "left_to_return", counted)
    wording = {"entry": past.fund_version(was.ConsultationHeld), "reads": {"summary": "met again"}}
    past.when(g.correct_fund("03-01", **wording)).then(EntryCorrected)
    assert not compared
    less = {"entry": past.fund_version(was.FundsReturned), "reads": {"amount": "0.50 USD"}}
    past.when(g.correct_fund("03-01", **less)).then(EntryCorrected)
    assert len(compared) == 2
