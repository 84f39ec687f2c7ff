"""Payments are asked for from a budget line, and from none is asked more than it has left."""

from typing import Any

import pytest

from lifecycle.decide import decide_grant
from lifecycle.grant import events as was
from lifecycle.grant.budget.within_lines import ExceedsBudgetLine, UnknownBudgetLine
from lifecycle.kernel.refusals import ExceedsUndisbursedBalance
from lifecycle.parse import Malformed, command_from
from support import given as g
from support.given import EFFECTIVE, PROPOSED, given

BUDGET = [
    {"line": "Travel", "amount": "60000.00 USD"},
    {"line": "workshops", "amount": "40000.00 USD"},
]
LIFE = [
    *PROPOSED,
    g.request("01-20", budget=BUDGET),
    g.approve("02-10", amount="100000.00 USD"),
    g.sign("03-01"),
    g.make_effective("03-31"),
]


def ask(amount: str, line: str | None = "travel", payment: str = "P1", on: str = "04-10") -> Any:
    return g.request_payment(on, payment=payment, category=line, amount=f"{amount} USD")


def test_a_line_is_found_without_regard_to_case_and_no_other_is() -> None:
    given(LIFE).when(ask("1.00", "TRAVEL")).then(was.PaymentRequested, category="TRAVEL")
    given(LIFE).when(ask("1.00", "workshop")).refused(UnknownBudgetLine, "did you mean workshops?")
    given(LIFE).when(ask("1.00", "catering")).refused(UnknownBudgetLine, "it has: Travel, workshops")


def test_only_the_line_of_a_budget_with_one_line_may_be_left_out() -> None:
    given(EFFECTIVE).when(ask("1.00", None)).then(was.PaymentRequested, category="travel")
    given(LIFE).when(ask("1.00", None)).refused(UnknownBudgetLine, "name the budget line")


@pytest.mark.parametrize(("amount", "fits"), [("59999.99", True), ("60000.00", True), ("60000.01", False)])
def test_at_most_what_the_line_has_left_is_asked_for(amount: str, fits: bool) -> None:
    outcome = given(LIFE).when(ask(amount))
    if fits:
        outcome.then(was.PaymentRequested)
    else:
        outcome.refused(ExceedsBudgetLine, "at most 60,000.00 USD is possible")


def test_what_is_asked_for_and_paid_already_is_not_left() -> None:
    past = given(LIFE, ask("45000.00"), g.authorise("04-20", amount="40000.00 USD"))
    past.when(ask("20000.01", payment="P2", on="04-21")).refused(
        ExceedsBudgetLine, "40,000.00 USD is asked for already"
    )
    past.given(g.disburse("05-01", amount="35000.00 USD"), g.refund("05-02", amount="5000.00 USD"))
    past.when(ask("30000.01", payment="P2", on="05-03")).refused(ExceedsBudgetLine)
    past.given(ask("30000.00", payment="P2", on="05-03"))
    past.when(ask("0.01", payment="P3", on="05-04")).refused(ExceedsBudgetLine, "nothing is left of it")


def test_the_balance_of_the_grant_is_judged_first() -> None:
    given(LIFE).when(ask("100000.01")).refused(ExceedsUndisbursedBalance)
    past = given(LIFE, g.irregular("04-05", amount="50000.00 USD", category="workshops"))
    past.when(ask("50000.01")).refused(ExceedsUndisbursedBalance)
    past.when(ask("50000.00")).then(was.PaymentRequested)


def test_a_late_request_leaves_every_later_request_its_line() -> None:
    past = given(LIFE, ask("40000.00", on="05-10"))
    past.when(ask("20000.00", payment="P2", on="05-01")).then(was.PaymentRequested)
    past.when(ask("20000.01", payment="P2", on="05-01")).refused(ExceedsBudgetLine, "no longer hold")


def test_a_correction_names_a_line_of_the_budget() -> None:
    past = given(LIFE, ask("10.00"))
    past.when(g.correct("06-01", entry=6, reads={"category": "workshops"})).then(was.EntryCorrected)
    past.when(g.correct("06-01", entry=6, reads={"category": "catering"})).refused(UnknownBudgetLine)


def test_requests_of_an_earlier_rule_set_stay_as_they_were_decided() -> None:
    """A book recorded before these rules holds requests that name no line, or more than a line has."""
    past = given(LIFE)
    for number, command in enumerate([ask("90000.00"), ask("10.00", "catering", "P2")]):
        known = past.grants[g.G]
        decision = decide_grant(known, command, past.fund, "t.leader", g.TODAY, rules=2)
        entry = known.entries[-1]._replace(event=decision.event, rules=2, originator_version=6 + number)
        past.grants[g.G] = known.plus(entry, decision.grant)
    assert past.grant.left_of_line("travel") == -30_000
    past.given(g.authorise("04-20"), g.disburse("05-01", amount="90000.00 USD"))
    past.given(g.correct("06-01", entry=3, reads={"amount": "101000.00 USD"}))


def test_an_empty_line_is_named_as_it_was_typed() -> None:
    words = {**ask("5.00").words(), "line": ""}
    del words["category"]
    with pytest.raises(Malformed, match="line: is empty"):
        command_from(words)
