"""Partners, what they promise and pay, and the fund's own money."""

import pytest

from lifecycle.decide.other_streams import ExceedsPartnerBalance
from lifecycle.fund import events as was
from lifecycle.fund.contributions import (
    HoldingAmountMissing,
    InstalmentIdTaken,
    PartnerAlreadyJoined,
    UnknownInstalment,
    UnknownPartner,
)
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.guards import CurrencyNotHolding
from lifecycle.kernel.refusals import ExceedsAvailableFunds, UnknownItem, UnknownObligation
from lifecycle.types.money import Money
from support import given as g
from support.given import given

CO = g.join("2012-01-10", partner="CO", name="Colombia", kind="emerging")


def test_a_partner_joins_once() -> None:
    given(CO).when(g.join("2012-01-11", partner="CO", name="Colombia")).refused(
        PartnerAlreadyJoined, "2012-01-10"
    )


@pytest.mark.parametrize(
    ("act", "event"),
    [
        (g.pledge, was.ContributionPledged),
        (g.agree_contribution, was.ContributionAgreed),
        (g.schedule, was.InstalmentScheduled),
        (g.receive, was.InstalmentReceived),
    ],
)
@pytest.mark.parametrize(("on", "there"), [("2012-01-09", False), ("2012-01-10", True), ("2012-01-11", True)])
def test_a_partner_acts_from_the_day_of_joining(
    act: g.Make, event: type[Event], on: str, there: bool
) -> None:
    outcome = given(CO).when(act(on, partner="CO"))
    outcome.then(event) if there else outcome.refused(UnknownPartner, "CO")


def test_nothing_is_returned_to_who_has_not_joined() -> None:
    given(CO).when(g.return_funds("2012-01-09", partner="CO")).refused(UnknownPartner, "CO")


def test_a_joining_is_not_moved_behind_an_act() -> None:
    for act in (g.pledge, g.schedule, g.receive):
        past = given(CO, act("2012-02-10", partner="CO"))
        entry = past.fund_version(was.PartnerJoined, 2)
        for on, fits in (("2012-02-09", True), ("2012-02-10", True), ("2012-02-11", False)):
            outcome = past.when(g.correct_fund("01-10", entry=entry, reads={"on": on}))
            outcome.then(EntryCorrected) if fits else outcome.refused(UnknownPartner)
        past.when(g.correct_fund("01-10", entry=entry, struck=True)).refused(UnknownPartner)


@pytest.mark.case("M4")
def test_an_instalment_is_scheduled_once_and_received_in_parts() -> None:
    past = given(g.schedule("2012-01-10"))
    past.when(g.schedule("2012-01-11")).refused(InstalmentIdTaken, "I1")
    past.when(g.receive("2012-02-01", instalment="I2")).refused(UnknownInstalment, "I1")
    past.given(g.receive("2012-02-01", instalment="I1"))
    past.when(g.receive("2012-02-02", instalment="I1")).then(was.InstalmentReceived)


@pytest.mark.case("M4")
@pytest.mark.parametrize(("on", "there"), [("2012-01-09", False), ("2012-01-10", True), ("2012-01-11", True)])
def test_an_instalment_is_waived_from_the_day_on_which_it_was_scheduled(on: str, there: bool) -> None:
    past = given(g.schedule("2012-01-10"))
    outcome = past.record(g.waive_instalment(on))
    outcome.then(was.ObligationWaived) if there else outcome.refused(UnknownItem, "scheduled then: none")
    past.record(g.waive_instalment(on, item=None)).then(was.ObligationWaived)
    past.when(g.waive_instalment("2012-01-11", item="DK/I2")).refused(UnknownItem, "DK/I1")
    past.when(g.waive_instalment("2012-01-11", obligation="closure")).refused(UnknownObligation, "instalment")


def test_a_schedule_is_not_struck_under_its_waiver() -> None:
    past = given(g.schedule("2012-01-10"), g.waive_instalment("2012-01-11"))
    entry = past.fund_version(was.InstalmentScheduled)
    past.when(g.correct_fund("02-20", entry=entry, struck=True)).refused(UnknownItem, "ObligationWaived")
    past.when(g.correct_fund("02-20", entry=entry, reads={"on": "2012-01-12"})).refused(UnknownItem)
    past.when(g.correct_fund("02-20", entry=entry, reads={"on": "2012-01-11"})).then(EntryCorrected)


def test_money_in_another_currency_needs_its_worth() -> None:
    pesos = {"partner": "CO", "amount": "973500000.00 COP"}
    past = given(CO)
    past.when(g.receive("2012-02-01", **pesos)).refused(HoldingAmountMissing, "USD")
    past.when(g.receive("2012-02-01", holding_amount="1.00 EUR", **pesos)).refused(CurrencyNotHolding)
    past.when(g.receive("2012-02-01", amount="5.00 USD", holding_amount="6.00 USD")).refused(
        HoldingAmountMissing
    )
    before = past.fund.available.at(g.day("2012-02-01"))
    past.given(g.receive("2012-02-01", holding_amount="500000.00 USD", **pesos))
    assert past.fund.available.at(g.day("2012-02-01")) == before + 500_000


@pytest.mark.case("M5")
@pytest.mark.parametrize(
    ("act", "event"),
    [(g.pledge, was.ContributionPledged), (g.agree_contribution, was.ContributionAgreed)],
)
def test_a_contribution_in_another_currency_needs_its_worth(act: g.Make, event: type[Event]) -> None:
    """Without it the total of pledges would leave it out without a word."""
    kroner = {"amount": "10000000.00 DKK"}
    past = given()
    past.when(act("2012-01-10", **kroner)).refused(HoldingAmountMissing, "USD")
    past.when(act("2012-01-10", holding_amount="1.00 EUR", **kroner)).refused(CurrencyNotHolding)
    past.when(act("2012-01-10", amount="5.00 USD", holding_amount="6.00 USD")).refused(HoldingAmountMissing)
    past.record(act("2012-01-10", amount="5.00 USD", holding_amount="5.00 USD")).then(event)
    past.record(act("2012-01-10", holding_amount="1500000.00 USD", **kroner)).then(event, **kroner)
    entry = len(past.fund_entries)
    for reading, refusal in (
        ({"holding_amount": None}, HoldingAmountMissing),
        ({"holding_amount": "1.00 EUR"}, CurrencyNotHolding),
        ({"amount": "10.00 USD"}, HoldingAmountMissing),
    ):
        past.when(g.correct_fund("2012-02-01", entry=entry, reads=reading)).refused(refusal)


@pytest.mark.case("M5")
def test_a_contribution_of_before_without_its_worth_holds_no_correction_back() -> None:
    past = given(g.pledge("2012-01-10"))
    *before, pledged = past.fund_entries
    amount = Money.parse("10000000.00 DKK")
    old = pledged._replace(event=pledged.event.model_copy(update={"amount": amount}), rules=1)
    past.fund_entries[:] = [*before, old]
    entry = past.fund_version(was.PartnerJoined)
    past.when(g.correct_fund("2012-02-01", entry=entry, reads={"name": "Kingdom of Denmark"})).then(
        EntryCorrected
    )


def test_the_funds_own_amounts_are_in_the_holding_currency() -> None:
    for act in (g.charge_fee, g.credit_income, g.return_funds):
        given().when(act("2012-01-10", amount="5.00 EUR")).refused(CurrencyNotHolding)
    given().when(g.pledge("2012-01-10", holding_amount="5.00 EUR")).refused(CurrencyNotHolding)


def test_a_correction_brings_no_other_currency_into_the_sums() -> None:
    past = given(g.charge_fee("2012-01-10"), g.credit_income("2012-01-10"))
    for event_class in (was.FeeCharged, was.IncomeCredited):
        change = g.correct_fund("01-10", entry=past.fund_version(event_class), reads={"amount": "5.00 EUR"})
        past.when(change).refused(CurrencyNotHolding)
    received = past.fund_version(was.InstalmentReceived)
    past.when(g.correct_fund("01-10", entry=received, reads={"amount": "5000000.00 EUR"})).refused(
        HoldingAmountMissing
    )


def test_the_holding_currency_stays() -> None:
    outcome = given().when(g.correct_fund("01-10", entry=1, reads={"currency": "EUR"}))
    assert outcome.refusal is not None


@pytest.mark.parametrize(("on", "there"), [("2008-11-14", False), ("2008-11-15", True), ("2008-11-16", True)])
def test_only_money_that_is_there_is_taken(on: str, there: bool) -> None:
    for act, event, refusal in (
        (g.charge_fee, was.FeeCharged, ExceedsAvailableFunds),
        (g.return_funds, was.FundsReturned, ExceedsPartnerBalance),
    ):
        outcome = given().when(act(on, amount="500000.00 USD"))
        outcome.then(event, amount="500000.00 USD") if there else outcome.refused(refusal)
        given().when(act(on, amount="500000.01 USD")).refused(refusal)


def test_a_fee_recorded_late_leaves_every_later_date_true() -> None:
    past = given(
        g.charge_fee("2012-01-10", amount="500000.00 USD"), g.credit_income("2012-01-11", amount="10.00 USD")
    )
    past.when(g.charge_fee("2012-01-09", amount="0.01 USD")).refused(ExceedsAvailableFunds, "2012-01-10")
    past.when(g.charge_fee("2012-01-11", amount="10.00 USD")).then(was.FeeCharged, amount="10.00 USD")
