"""What may come next is what `decide` accepts: of one grant at each stage, and of random lives."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from lifecycle.grant.obligations.next_acts import WAITS, NextAct, Terms, next_acts
from lifecycle.kernel.command import Command
from lifecycle.kernel.refusals import DecidesOwnRequest, NotInStage, RoleNotHeld
from support import given as g
from support.given import APPROVED, ASKED, AUTHORISED, EFFECTIVE, PROPOSED, REQUESTED, SIGNED, Past, given

START = g.day("2017-01-10")
MAKERS: dict[str, Callable[[str, str, str | None], Command]] = {
    "RequestFunding": lambda on, actor, _: g.request(on, actor=actor),
    "ReviewProposal": lambda on, actor, _: g.review(on, actor=actor),
    "ApproveGrant": lambda on, actor, _: g.approve(on, actor=actor, conditions=["a bank account"]),
    "DeclineProposal": lambda on, actor, _: g.decline(on, actor=actor),
    "MeetCondition": lambda on, actor, item: g.meet_condition(on, actor=actor, condition=item),
    "SignAgreement": lambda on, actor, _: g.sign(on, actor=actor),
    "MakeEffective": lambda on, actor, _: g.make_effective(on, actor=actor, closing_date=_year_after(on)),
    "HoldActivity": lambda on, actor, item: g.hold(on, actor=actor, activity=item, starts=on, ends=on),
    "AuthorisePayment": lambda on, actor, item: g.authorise(on, actor=actor, payment=item),
    "RejectPayment": lambda on, actor, item: g.reject(on, actor=actor, payment=item),
    "DisburseFunds": lambda on, actor, item: g.disburse(on, actor=actor, payment=item),
    "DocumentExpenditure": lambda on, actor, item: g.document(
        on, actor=actor, payment=item, amount="0.01 USD"
    ),
    "LiftSuspension": lambda on, actor, _: g.lift(on, actor=actor),
    "CompleteImplementation": lambda on, actor, _: g.complete(on, actor=actor),
    "SubmitCompletionReport": lambda on, actor, _: g.submit_report(on, actor=actor),
    "AcceptCompletionReport": lambda on, actor, _: g.accept_report(on, actor=actor),
    "CompleteFollowUp": lambda on, actor, item: g.complete_follow_up(on, actor=actor, follow_up=item),
    "CloseGrant": lambda on, actor, _: g.close(on, actor=actor),
}
"""A command of each act, that only officer, stage or what the grant waits for can make unlawful."""
ITEMS: dict[str, tuple[str | None, ...]] = {
    **dict.fromkeys(MAKERS, (None,)),
    **dict.fromkeys(
        ("AuthorisePayment", "RejectPayment", "DisburseFunds", "DocumentExpenditure"), ("P1", "P2")
    ),
    "MeetCondition": ("a bank account",),
    "HoldActivity": ("A1",),
    "CompleteFollowUp": ("F1",),
}
OTHERS: tuple[Callable[[str], Command], ...] = (
    lambda on: g.request_payment(on, payment="P1"),
    lambda on: g.request_payment(on, payment="P2", actor="b.oth", method="advance"),
    lambda on: g.plan(on, starts=on, ends=on),
    g.suspend,
    lambda on: g.agree(on, due=_year_after(on)),
    lambda on: g.cancel_balance(on, amount="90000.00 USD"),
    lambda on: g.cancel_balance(on, amount="88000.00 USD"),
    lambda on: g.waive(on, obligation="completion_report"),
)
"""Acts that nothing waits for, and that make others wait."""
BOTH = g.appoint(g.START, officer="b.oth", roles=["ttl", "finance", "approver", "secretariat", "reviewer"])
"""An officer of many roles, whom four eyes keep from deciding alone."""


def _year_after(on: str) -> str:
    return (g.day(on) + timedelta(days=365)).isoformat()


def begun() -> Past:
    return g.given(BOTH)


def waiting(past: Past, on: str) -> dict[tuple[str, str | None], NextAct]:
    """Return the acts that may come next, by command and item."""
    grant, edition = past.grant, past.fund.editions["2017-01"]
    names = {str(name) for name in edition.obligations}
    terms = Terms(edition.agreement_required, "completion_report" in names)
    roles = {officer: past.fund.roles_on(officer, g.day(on)) for officer in past.fund.officers}
    return {(act.command, act.item): act for act in next_acts(grant, terms, roles)}


def test_under_team_only_a_team_leaders_act_is_that_of_the_team() -> None:
    past = given(PROPOSED, g.assign_leader("01-12", leader="t.eacher", deputies=["t.leader"]), BOTH)
    roles = {officer: past.fund.roles_on(officer, g.day("01-12")) for officer in past.fund.officers}
    for team_only, officers in ((False, ("b.oth", "t.eacher", "t.leader")), (True, ("t.eacher", "t.leader"))):
        terms = Terms(agreement=True, completion_report=True, team_only=team_only)
        (act,) = [act for act in next_acts(past.grant, terms, roles) if act.command == "RequestFunding"]
        assert act.officers == officers


@pytest.mark.parametrize(
    ("life", "commands"),
    [
        (PROPOSED, ["RequestFunding"]),
        (REQUESTED, ["ReviewProposal", "ApproveGrant", "DeclineProposal"]),
        (APPROVED, ["SignAgreement"]),
        (SIGNED, ["MakeEffective"]),
        (EFFECTIVE, ["CompleteImplementation"]),
        (ASKED, ["AuthorisePayment", "RejectPayment", "CompleteImplementation"]),
        (AUTHORISED, ["RejectPayment", "DisburseFunds", "CompleteImplementation"]),
    ],
)
def test_each_stage_has_its_acts(life: list[Command], commands: list[str]) -> None:
    past = g.given(life)
    assert [command for command, _ in waiting(past, "2017-05-01")] == commands


def test_who_asked_is_named_with_the_reason_and_may_not_act() -> None:
    asked = g.request_payment("04-10", actor="b.oth")
    past = begun().given(EFFECTIVE, asked, g.authorise("04-20"))
    act = waiting(past, "2017-05-01")["DisburseFunds", "P1"]
    assert (act.words, act.role) == ("payment disburse", "finance")
    assert act.officers == ("p.ayer",)
    assert act.excluded == (("b.oth", "asked for P1"), ("f.nance", "authorised P1"))


def test_nothing_waits_to_be_closed_while_something_is_open() -> None:
    past = g.given(g.SETTLED)
    assert ("CloseGrant", None) in waiting(past, "2018-06-01")
    past = g.given(g.SETTLED, g.agree("2018-05-02"))
    assert ("CloseGrant", None) not in waiting(past, "2018-06-01")
    assert ("CompleteFollowUp", "F1") in waiting(past, "2018-06-01")


@pytest.mark.parametrize("seed", range(12))
def test_it_is_what_decide_accepts_in_random_lives(seed: int) -> None:
    dice, past = Random(seed), begun().given(PROPOSED)
    officers = [*g.OFFICER.values(), g.PAYER, "b.oth"]
    for step in range(1, 40):
        on = (START + timedelta(days=10 * step)).isoformat()
        listed = waiting(past, on)
        for (command, item), act in listed.items():
            for officer in act.officers:
                refusal = past.when(MAKERS[command](on, officer, item)).refusal
                assert refusal is None, f"{command} {item} by {officer}: {refusal}"
            for officer, _ in act.excluded:
                past.when(MAKERS[command](on, officer, item)).refused(DecidesOwnRequest)
        for command in WAITS:
            for item in ITEMS[command]:
                officer = dice.choice(officers)
                outcome = past.when(MAKERS[command](on, officer, item))
                expected = listed.get((command, item))
                if expected is None:
                    assert outcome.refusal is not None or not _is_asked(command, past), (command, item)
                elif officer not in expected.officers:
                    assert type(outcome.refusal) in (DecidesOwnRequest, RoleNotHeld, NotInStage)
        _go_on(past, on, dice, list(listed.values()))


_ALSO_UNASKED = (
    "ReviewProposal",
    "MeetCondition",
    "HoldActivity",
    "SubmitCompletionReport",
    "CompleteFollowUp",
)
"""Acts that are possible though nothing waits for them: said again, early, or of what nobody planned."""


def _is_asked(command: str, past: Past) -> bool:
    """Return whether an act that `decide` accepts has to be listed."""
    is_early = command == "DeclineProposal" and past.grant.stage == "proposed"
    return command not in _ALSO_UNASKED and not is_early


def _go_on(past: Past, on: str, dice: Random, acts: list[NextAct]) -> None:
    """Record an act that may come next, or one that makes others wait."""
    wished = [act for act in acts if act.officers and act.command not in ("DeclineProposal", "RejectPayment")]
    if wished and dice.random() < 0.5:
        act = dice.choice(wished)
        past.record(MAKERS[act.command](on, dice.choice(act.officers), act.item))
    else:
        past.record(dice.choice(OTHERS)(on))
