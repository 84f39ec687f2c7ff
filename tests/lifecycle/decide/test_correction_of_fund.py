"""Entries of the fund are corrected like those of a grant; a pair is corrected by the grant's entry."""

from datetime import date

from lifecycle.decide.correction.target import (
    CorrectionNotCorrectable,
    NothingCorrected,
    PairedEntry,
    UnknownEntry,
)
from lifecycle.fund import events as was
from lifecycle.kernel.event import EntryCorrected
from lifecycle.types.money import Money
from support import given as g
from support.given import OFFICER, given


def test_a_pair_is_corrected_by_the_grants_entry() -> None:
    past = given(g.APPROVED, g.increase("02-11"), g.cancel_balance("02-12", amount="1.00 USD"))
    for event in (was.FundsCommitted, was.CommitmentIncreased, was.CommitmentReleased):
        for change in ({"struck": True}, {"reads": {"amount": "1.00 USD"}}):
            correction = g.correct_fund("03-01", entry=past.fund_version(event), **change)
            past.when(correction).refused(PairedEntry, g.G)


def test_a_fund_entry_is_named_struck_once_and_not_twice_corrected() -> None:
    past = given(g.charge_fee("2012-01-10"))
    entry = past.fund_version(was.FeeCharged)
    past.when(g.correct_fund("01-10", entry=entry + 1, struck=True)).refused(UnknownEntry)
    past.given(g.correct_fund("01-10", entry=entry, struck=True))
    past.when(g.correct_fund("01-11", entry=entry, struck=True)).refused(NothingCorrected)
    change = g.correct_fund("01-11", actor=OFFICER["approver"], entry=entry + 1, reads={"reason": "else"})
    past.when(change).refused(CorrectionNotCorrectable)


def test_a_correction_of_money_is_what_counts() -> None:
    past = given(g.charge_fee("2012-01-10", amount="10.00 USD"))
    entry = past.fund_version(was.FeeCharged)
    past.record(g.correct_fund("01-10", entry=entry, reads={"amount": "9.00 USD", "on": "2012-01-12"})).then(
        EntryCorrected
    )
    assert past.fund.available.at(date(2012, 1, 11)) == 500_000
    assert past.fund.available.at(date(2012, 1, 12)) == 499_991
    past.given(g.correct_fund("01-11", entry=entry, struck=True))
    assert past.fund.available.at(date(2012, 1, 12)) == 500_000


def test_an_approval_has_its_pair() -> None:
    amount = Money.parse("90000.00 USD")
    outcome = given(g.REQUESTED).when(g.approve("02-10"))
    assert outcome.events[1] == was.FundsCommitted(
        on=date(2017, 2, 10), actor="a.prover", grant=g.G, amount=amount
    )
