"""Support that costs the fund nothing: proposed, asked for and approved with an amount of zero."""

import pytest

from lifecycle.call import call as on_call
from lifecycle.call.call import ExceedsCallEnvelope
from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.grant.budget.within_lines import BudgetDoesNotAddUp
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import ExceedsAvailableFunds, ExceedsUndisbursedBalance
from lifecycle.parse import Malformed
from lifecycle.policy.edition_file import read_edition, shipped
from support import given as g
from support.given import EFFECTIVE, given, reads

NOTHING = "0.00 USD"
BUDGET = [{"line": "staff time", "amount": NOTHING}]
REQUESTED = [
    g.propose("01-10", amount=NOTHING),
    g.request("01-20", amount=NOTHING, budget=BUDGET),
]
APPROVED = [*REQUESTED, g.approve("02-10", amount=NOTHING)]
LIFE = [*APPROVED, g.sign("03-01"), g.make_effective("03-31")]


@pytest.mark.case("M9")
def test_nothing_is_written_on_the_fund() -> None:
    past = given(REQUESTED)
    available = past.fund.available
    past.record(g.approve("02-10", amount=NOTHING)).then(was.GrantApproved)
    assert past.fund.available == available
    assert (past.grant.committed, past.grant.undisbursed, past.grant.commitments) == (0, 0, [])


@pytest.mark.case("M9")
def test_nothing_is_written_on_the_call() -> None:
    call = g.open_call("2016-12-01", closes="2017-01-31", envelope="1000.00 USD")
    answer = [g.propose("01-10", amount=NOTHING, call="C1"), REQUESTED[1]]
    past = given(call, answer)
    past.record(g.approve("02-10", amount=NOTHING)).then(was.GrantApproved)
    assert past.grant.selections == []
    correction = past.record(reads(past, was.GrantApproved, amount="1000.00 USD"))
    correction.then(EntryCorrected, on_fund.CommitmentIncreased, on_call.GrantSelected)
    past.when(reads(past, was.GrantApproved, amount="1000.01 USD")).refused(ExceedsCallEnvelope)


@pytest.mark.case("M9")
def test_a_whole_life_of_nothing() -> None:
    past = given(LIFE, g.plan("04-10"), g.hold("06-16"), g.complete("2018-03-31"))
    past.given(g.submit_report("2018-04-10"), g.accept_report("2018-04-20"))
    past.when(g.close("2018-06-01")).then(was.GrantClosed)
    given(APPROVED).when(g.cancel("02-11")).then(was.GrantCancelled)


@pytest.mark.case("M9")
@pytest.mark.parametrize("amount", ["-0.01 USD", "-1.00 USD"])
def test_less_than_nothing_is_no_amount(amount: str) -> None:
    for make in (g.propose, g.request, g.approve):
        with pytest.raises(Malformed, match="must not be negative"):
            make("01-10", amount=amount)


@pytest.mark.case("M9")
def test_the_lines_add_up_to_nothing_too() -> None:
    past = given(REQUESTED[0])
    cent = [*BUDGET, {"line": "travel", "amount": "0.01 USD"}]
    past.when(g.request("01-20", amount=NOTHING, budget=cent)).refused(BudgetDoesNotAddUp)
    past.record(g.request("01-20", amount="0.01 USD", budget=cent)).then(
        was.FundingRequested, amount="0.01 USD"
    )
    past.when(g.revise("01-21", amount=NOTHING)).then(was.ProposalRevised)


@pytest.mark.case("M9")
def test_payments_are_never_of_nothing() -> None:
    for make in (g.request_payment, g.authorise, g.disburse, g.refund, g.irregular, g.increase):
        with pytest.raises(Malformed, match="more than zero"):
            make("04-10", amount=NOTHING)
    given(LIFE).when(g.request_payment("04-10", category=None, amount="0.01 USD")).refused(
        ExceedsUndisbursedBalance
    )


@pytest.mark.case("M9")
def test_money_may_be_promised_later() -> None:
    past = given(LIFE)
    past.when(g.increase("04-01", amount="500000.01 USD")).refused(ExceedsAvailableFunds)
    past.record(g.increase("04-01", amount="2000.00 USD")).then(
        was.CommitmentIncreased, on_fund.CommitmentIncreased, amount="2000.00 USD"
    )
    past.given(g.request_payment("04-10", category=None), g.authorise("04-20"), g.disburse("05-01"))
    assert (past.grant.committed, past.grant.undisbursed) == (2000, 0)


@pytest.mark.case("M9")
def test_a_correction_to_nothing_gives_everything_back_and_from_nothing_takes_it() -> None:
    past = given(EFFECTIVE)
    past.record(reads(past, was.GrantApproved, amount=NOTHING)).then(
        EntryCorrected, on_fund.CommitmentReleased
    )
    assert past.grant.committed == 0
    past.when(reads(past, was.GrantApproved, amount="90000.00 USD")).then(
        EntryCorrected, on_fund.CommitmentIncreased
    )


FIFTH = read_edition(
    """[edition]
    name = "fifth"
    from = 2017-01-01
    agreement_required = true
    disbursement_grace = { months = 4, source = "s" }
    [edition.windows.stand_alone]
    max_amount = { value = "0.01 USD", source = "s" }
    max_capacity_share = { value = "0.20", source = "s" }
    """
)


@pytest.mark.case("M9")
def test_a_share_of_nothing_breaks_no_window() -> None:
    capacity = [{**BUDGET[0], "capacity": True}]
    request = g.request("01-20", amount=NOTHING, budget=capacity)
    past = given(REQUESTED[0], request, editions=[*shipped(), FIFTH])
    past.record(g.approve("02-10", amount=NOTHING)).then(was.GrantApproved)
    assert past.grant.capacity_share is None
