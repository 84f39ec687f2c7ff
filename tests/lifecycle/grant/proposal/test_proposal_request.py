"""The named "no"s from the proposal to effectiveness."""

from datetime import date

import pytest

from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import (
    AgreementNotSigned,
    BudgetDoesNotAddUp,
    ClosingDateBeforeEffectiveness,
    ConditionsUnmet,
    CurrencyNotHolding,
    DatedInFuture,
    DecidesOwnRequest,
    GrantIdTaken,
    LetterMissing,
    NoEditionInForce,
    NothingChanged,
    NotInStage,
    UnknownCondition,
    UnknownGrant,
    WindowNotInEdition,
)
from support import given as g
from support.given import (
    APPROVED,
    ASKED,
    AUTHORISED,
    EFFECTIVE,
    ONE_DAY,
    PAID,
    PROPOSED,
    REQUESTED,
    SIGNED,
    TODAY,
    given,
)

# ── proposal ─────────────────────────────────────────────────────────────────────────────────


def test_an_id_is_used_once() -> None:
    given(PROPOSED).when(g.propose("02-01")).refused(GrantIdTaken)
    given(PROPOSED).when(g.propose("01-01")).refused(GrantIdTaken)
    struck = given(PROPOSED, g.correct("01-12", entry=1, struck=True))
    assert struck.grant is None
    struck.when(g.propose("02-01")).refused(GrantIdTaken)
    struck.when(g.cost("02-01")).refused(UnknownGrant)


def test_the_window_is_one_of_the_funds() -> None:
    given().when(g.propose("01-10", window="tourism")).refused(WindowNotInEdition, "stand_alone")
    given(PROPOSED).when(g.revise("01-11", window="tourism")).refused(WindowNotInEdition)


OKS = {
    "institution": "Dairy Board",
    "capabilities_planned": ["documenting_and_sharing", "solving_and_scaling"],
}


def test_the_window_is_one_of_the_edition_of_the_approval() -> None:
    life = [g.propose("2016-12-01", window="oks", **OKS), g.request("2016-12-02")]
    given(life).when(g.approve("2016-12-31")).refused(WindowNotInEdition, "2008-10")
    given(life).when(g.approve("2017-01-01")).then(was.GrantApproved, on_fund.FundsCommitted)


def test_amounts_are_in_the_holding_currency() -> None:
    euros = {"amount": "5.00 EUR"}
    given().when(g.propose("01-10", **euros)).refused(CurrencyNotHolding)
    given(PROPOSED).when(g.revise("01-10", **euros)).refused(CurrencyNotHolding)
    lines = [{"line": "travel", "amount": "5.00 EUR"}]
    given(PROPOSED).when(g.request("01-20", budget=lines, **euros)).refused(CurrencyNotHolding)
    given(PROPOSED).when(g.request("01-20", budget=lines, amount="5.00 USD")).refused(CurrencyNotHolding)
    given(REQUESTED).when(g.approve("02-10", **euros)).refused(CurrencyNotHolding)
    given(APPROVED).when(g.increase("02-11", **euros)).refused(CurrencyNotHolding)
    given(APPROVED).when(g.cancel_balance("02-11", **euros)).refused(CurrencyNotHolding)
    given(APPROVED).when(g.plan("02-11", budget="5.00 EUR")).refused(CurrencyNotHolding)
    given(EFFECTIVE).when(g.request_payment("04-01", **euros)).refused(CurrencyNotHolding)
    given(ASKED).when(g.authorise("04-20", **euros)).refused(CurrencyNotHolding)
    given(AUTHORISED).when(g.disburse("04-20", **euros)).refused(CurrencyNotHolding)
    given(PAID).when(g.refund("05-02", **euros)).refused(CurrencyNotHolding)
    given(PAID).when(g.irregular("05-02", **euros)).refused(CurrencyNotHolding)


def test_what_others_paid_may_be_in_any_currency() -> None:
    given(PROPOSED).when(g.co_finance("01-11", amount="5.00 EUR")).then(was.CoFinancingRecorded)


@pytest.mark.parametrize(("amount", "fits"), [("99999.99", False), ("100000.00", True), ("100000.01", False)])
def test_the_budget_adds_up(amount: str, fits: bool) -> None:
    outcome = given(PROPOSED).when(g.request("01-20", amount=f"{amount} USD"))
    outcome.then(was.FundingRequested) if fits else outcome.refused(BudgetDoesNotAddUp, "100,000.00 USD")


def test_each_recipient_writes_a_letter() -> None:
    given(PROPOSED).when(g.request("01-20", letters=g.LETTERS[:1])).refused(LetterMissing, "UG")
    some = g.propose("01-10", recipients=["TZ", "ZZ"])
    given(some).when(g.request("01-20", letters=g.LETTERS[:1])).then(was.FundingRequested)
    late = given(REQUESTED)
    late.when(g.revise("01-15", recipients=["TZ", "UG", "KE"])).refused(LetterMissing, "KE")


def test_a_revision_changes_something() -> None:
    given(PROPOSED).when(g.revise("01-11")).refused(NothingChanged)
    given(PROPOSED).when(g.revise("01-11", reason="typo")).refused(NothingChanged)
    given(PROPOSED).when(g.revise("01-11", reason="typo", months=11)).then(was.ProposalRevised)


def test_a_returned_proposal_is_asked_for_anew() -> None:
    past = given(REQUESTED, g.send_back("01-25"))
    past.when(g.approve("02-10")).refused(NotInStage, "proposed")
    past.given(g.request("02-01")).when(g.approve("02-10")).then(was.GrantApproved, on_fund.FundsCommitted)


@pytest.mark.parametrize(("on", "holds"), [("2008-09-30", False), ("2008-10-01", True), ("2008-10-02", True)])
def test_an_edition_holds_from_its_date(on: str, holds: bool) -> None:
    early = [g.appoint(g.START, officer="f.ounder", roles=["administrator"]), *g.OFFICERS, g.join(g.START)]
    past = given(founded=[*early, g.receive(g.START, amount="500000.00 USD")])
    if holds:
        past.given(g.propose(g.START), g.request(g.START)).when(g.approve(on)).then(
            was.GrantApproved, on_fund.FundsCommitted
        )
    else:
        assert past.fund.edition_on(date.fromisoformat(on)) is None


def test_without_an_edition_nothing_is_promised() -> None:
    ours = [
        edition.model_copy(update={"from_": date(2017, 2, 10)}) for edition in given().fund.editions.values()
    ]
    past = given(REQUESTED, editions=ours)
    past.when(g.approve("02-09")).refused(NoEditionInForce, "2017-02-09")
    past.record(g.approve("02-10")).then(was.GrantApproved, on_fund.FundsCommitted)
    past.when(g.restructure("02-09")).refused(NotInStage)
    past.when(g.restructure("02-10")).then(was.GrantRestructured)


# ── days ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("off", "come"), [(-1, True), (0, True), (1, False)])
def test_nothing_is_dated_after_today(off: int, come: bool) -> None:
    on = TODAY + off * ONE_DAY
    for asked, event in (
        (g.propose(on), was.GrantProposed),
        (g.charge_fee(on), on_fund.FeeCharged),
        (g.correct_fund(on, entry=5, reads={"officer": "x"}), EntryCorrected),
    ):
        outcome = given().when(asked)
        outcome.then(event, on=on) if come else outcome.refused(DatedInFuture, str(TODAY))


@pytest.mark.parametrize(("off", "come"), [(-1, True), (0, True), (1, False)])
def test_nothing_is_corrected_into_the_future(off: int, come: bool) -> None:
    past = given(PROPOSED)
    on = (TODAY + off * ONE_DAY).isoformat()
    for asked in (
        g.correct("01-12", entry=1, reads={"on": on}),
        g.correct(on, entry=1, reads={"title": "Milk"}),
    ):
        outcome = past.when(asked)
        outcome.then(EntryCorrected) if come else outcome.refused(DatedInFuture)
    fund = given(g.charge_fee("2012-01-01"))
    entry = len(fund.fund_entries)
    outcome = fund.when(g.correct_fund("2012-01-02", entry=entry, reads={"on": on}))
    outcome.then(EntryCorrected) if come else outcome.refused(DatedInFuture)


def test_four_eyes_are_told_before_a_future_day_and_that_before_an_amount() -> None:
    tomorrow = TODAY + ONE_DAY
    both = g.appoint(g.START, officer="t.leader", roles=["approver"])
    given(both, REQUESTED).when(g.approve(tomorrow, actor="t.leader")).refused(DecidesOwnRequest)
    given(EFFECTIVE).when(g.request_payment(tomorrow, amount="90000.01 USD")).refused(DatedInFuture)


# ── agreement ────────────────────────────────────────────────────────────────────────────────

WITH_CONDITION = [*REQUESTED, g.approve("02-10", conditions=["a bank account", "a co-ordinator"])]


def test_conditions_are_met_before_the_signature() -> None:
    past = given(WITH_CONDITION, g.meet_condition("02-20"))
    past.when(g.sign("03-01")).refused(ConditionsUnmet, "a co-ordinator")
    past.given(g.meet_condition("02-28", condition="a co-ordinator"))
    for on, met in (("02-27", False), ("02-28", True), ("03-01", True)):
        outcome = past.when(g.sign(on))
        outcome.then(was.AgreementSigned) if met else outcome.refused(ConditionsUnmet)


def test_a_condition_is_not_unmet_under_a_signature() -> None:
    past = given(
        REQUESTED,
        g.approve("02-10", conditions=["a bank account"]),
        g.meet_condition("02-20"),
        g.sign("03-01"),
    )
    entry = past.version(was.ConditionMet)
    past.when(g.correct("03-02", entry=entry, struck=True)).refused(ConditionsUnmet, "AgreementSigned")


def test_conditions_are_met_before_effectiveness_without_an_agreement() -> None:
    old = [
        g.propose("2012-01-10"),
        g.request("2012-01-20"),
        g.approve("2012-02-10", conditions=["a bank account"]),
    ]
    given(old).when(g.make_effective("2012-03-01", closing_date="2013-03-01")).refused(ConditionsUnmet)
    past = given(old, g.meet_condition("2012-02-20"))
    past.when(g.make_effective("2012-03-01", closing_date="2013-03-01")).then(was.GrantMadeEffective)


def test_only_a_condition_of_the_approval_is_met() -> None:
    given(WITH_CONDITION).when(g.meet_condition("02-20", condition="a car")).refused(
        UnknownCondition, "a bank account"
    )
    given(APPROVED).when(g.meet_condition("02-20")).refused(UnknownCondition, "none")


def test_the_edition_asks_for_an_agreement() -> None:
    given(APPROVED).when(g.make_effective("03-31")).refused(AgreementNotSigned, "2017-01")
    past = given(EFFECTIVE)
    past.when(g.correct("04-01", entry=past.version(was.AgreementSigned), struck=True)).refused(
        AgreementNotSigned
    )


@pytest.mark.parametrize(("on", "signed"), [("02-28", False), ("03-01", True), ("03-02", True)])
def test_effective_from_the_day_of_the_signature(on: str, signed: bool) -> None:
    outcome = given(SIGNED).when(g.make_effective(on, closing_date="2018-02-27"))
    outcome.then(was.GrantMadeEffective) if signed else outcome.refused(AgreementNotSigned)


@pytest.mark.parametrize(
    ("closing", "fits"), [("2017-03-30", False), ("2017-03-31", True), ("2017-04-01", True)]
)
def test_a_grant_does_not_close_before_it_is_effective(closing: str, fits: bool) -> None:
    outcome = given(SIGNED).when(g.make_effective("03-31", closing_date=closing))
    outcome.then(was.GrantMadeEffective) if fits else outcome.refused(ClosingDateBeforeEffectiveness)
