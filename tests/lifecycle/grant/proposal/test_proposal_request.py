"""A proposal, its revisions and the request for funding: what is refused."""

from datetime import date

import pytest

from lifecycle.decide.grant_checks import GrantIdTaken
from lifecycle.fund import events as on_fund
from lifecycle.fund.establishment import WindowNotInEdition
from lifecycle.grant import events as was
from lifecycle.grant.budget.within_lines import BudgetDoesNotAddUp
from lifecycle.grant.proposal.request import LetterMissing
from lifecycle.kernel.guards import CurrencyNotHolding
from lifecycle.kernel.refusals import NoEditionInForce, NothingChanged, NotInStage, UnknownGrant
from support import given as g
from support.given import APPROVED, ASKED, AUTHORISED, EFFECTIVE, PAID, PROPOSED, REQUESTED, given


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
    given(PROPOSED).when(g.co_finance("01-11", amount="5.00 EUR")).then(
        was.CoFinancingRecorded, amount="5.00 EUR"
    )


@pytest.mark.parametrize(("amount", "fits"), [("99999.99", False), ("100000.00", True), ("100000.01", False)])
def test_the_budget_adds_up(amount: str, fits: bool) -> None:
    outcome = given(PROPOSED).when(g.request("01-20", amount=f"{amount} USD"))
    outcome.then(was.FundingRequested, amount=f"{amount} USD") if fits else outcome.refused(
        BudgetDoesNotAddUp, "100,000.00 USD"
    )


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


def test_funding_for_a_returned_proposal_is_requested_again() -> None:
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
