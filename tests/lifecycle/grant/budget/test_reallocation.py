"""Money goes from one budget line to another: how much, and who may say so."""

from typing import Any

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.budget.within_lines import ExceedsBudgetLine, UnknownBudgetLine
from lifecycle.grant.payment.reallocation import ReallocationNeedsApprover
from lifecycle.kernel.refusals import DecidesOwnRequest, NothingChanged, RoleNotHeld
from lifecycle.parse import Malformed, command_from
from support import given as g
from support.given import PROPOSED, Past, given

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


def move(amount: str, on: str = "04-10", **fields: Any) -> Any:
    return g.reallocate(on, amount=f"{amount} USD", **fields)


def with_share(*life: Any) -> Past:
    """Return a past under an edition by which a team leader may move a tenth of the commitment."""
    edition = {
        "name": "ours",
        "from": "2017-01-05",
        "agreement_required": True,
        "disbursement_grace": {"months": 4, "source": "a test"},
        "reallocation_share": {"value": "0.10", "source": "our manual"},
        "windows": {"stand_alone": {}},
    }
    return given(g.adopt("01-04", edition=edition), *life)


def held(past: Past) -> list[str]:
    lines = past.grant.lines.values()
    assert sum(line.amount for line in lines) == past.grant.committed
    return [f"{line.amount}" for line in lines]


def test_what_one_line_gives_another_gets() -> None:
    past = given(LIFE, move("1000.00"), move("300.00", from_line="WORKSHOPS", to_line="travel"))
    assert held(past) == ["59300.00", "40700.00"]
    assert [line.reallocated for line in past.grant.lines.values()] == [-700, 700]
    assert held(past.given(g.increase("05-01", amount="1000.00 USD"))) == ["59900.00", "41100.00"]


def test_from_and_to_are_other_names_of_the_lines() -> None:
    words = {"command": "ReallocateBudget", "grant": "G1", "on": "2017-04-10", "actor": "t", "reason": "r"}
    words |= {"amount": "5.00 USD"}
    short = command_from({**words, "from": "travel", "to": "venue"})
    assert short == command_from({**words, "from_line": "travel", "to_line": "venue"})
    with pytest.raises(Malformed, match="another name"):
        command_from({**words, "from": "travel", "from_line": "travel", "to": "venue"})
    past = given(LIFE, move("1000.00"))
    past.given(g.correct("06-01", entry=6, reads={"from": "workshops", "to": "Travel"}))
    assert held(past) == ["61000.00", "39000.00"]


def test_both_lines_are_of_the_budget_and_differ() -> None:
    given(LIFE).when(move("1.00", from_line="experts")).refused(UnknownBudgetLine)
    given(LIFE).when(move("1.00", to_line="workshop")).refused(UnknownBudgetLine, "workshops")
    given(LIFE).when(move("1.00", to_line="TRAVEL")).refused(NothingChanged)


@pytest.mark.parametrize(("amount", "fits"), [("39999.99", True), ("40000.00", True), ("40000.01", False)])
def test_a_line_gives_at_most_what_it_has_left(amount: str, fits: bool) -> None:
    past = given(LIFE, g.request_payment("04-05", amount="20000.00 USD"))
    outcome = past.when(move(amount))
    if fits:
        outcome.then(was.BudgetReallocated)
    else:
        outcome.refused(ExceedsBudgetLine, "at most 40,000.00 USD is possible")


def test_a_late_reallocation_leaves_every_later_day_its_lines() -> None:
    past = given(LIFE, g.request_payment("05-10", amount="59000.00 USD"))
    past.when(move("1000.00", on="05-01")).then(was.BudgetReallocated)
    past.when(move("1000.01", on="05-01")).refused(ExceedsBudgetLine, "no longer hold")
    back = move("1000.00", on="05-20", from_line="workshops", to_line="travel")
    moved = given(LIFE, move("40000.00", from_line="workshops", to_line="travel"))
    moved.when(move("41000.00", on="04-05", from_line="workshops", to_line="travel")).refused(
        ExceedsBudgetLine
    )
    moved.when(move("0.01", on="04-05", from_line="workshops", to_line="travel")).refused(
        ExceedsBudgetLine, "no longer hold"
    )
    given(LIFE, move("1000.00"), back).when(g.correct("06-01", entry=6, struck=True)).then(was.EntryCorrected)


def test_without_a_share_every_reallocation_is_an_approvers() -> None:
    given(LIFE).when(move("0.01", actor="t.leader")).refused(ReallocationNeedsApprover, "every reallocation")
    given(LIFE).when(move("0.01", actor="f.nance")).refused(RoleNotHeld, "ttl or approver")


def test_a_team_leader_moves_up_to_the_share_in_total() -> None:
    past = with_share(LIFE, move("6000.00", actor="t.leader"))
    past.when(move("4000.00", on="04-11", actor="t.leader")).then(was.BudgetReallocated)
    past.when(move("4000.01", on="04-11", actor="t.leader")).refused(
        ReallocationNeedsApprover, "10,000.01 USD would be reallocated in total"
    )
    past.given(move("4000.01", on="04-11"))
    past.when(move("0.01", on="04-12", actor="t.leader")).refused(ReallocationNeedsApprover)


def test_a_late_reallocation_counts_towards_later_ones() -> None:
    past = with_share(LIFE, move("6000.00", on="04-20", actor="t.leader"))
    past.when(move("4000.00", on="04-11", actor="t.leader")).then(was.BudgetReallocated)
    past.when(move("4000.01", on="04-11", actor="t.leader")).refused(
        ReallocationNeedsApprover, "no longer hold"
    )


def test_who_prepared_the_grant_does_not_approve_above_the_share() -> None:
    both = g.appoint("2016-01-01", officer="t.leader", roles=["approver"])
    given(both, LIFE).when(move("1.00", actor="t.leader")).refused(DecidesOwnRequest, "prepared")
    with_share(both, LIFE).when(move("10000.00", actor="t.leader")).then(was.BudgetReallocated)
