"""Conditions, signature and effectiveness: what is refused."""

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.agreement import (
    AgreementNotSigned,
    ClosingDateBeforeEffectiveness,
    ConditionsUnmet,
    UnknownCondition,
)
from support import given as g
from support.given import APPROVED, EFFECTIVE, REQUESTED, SIGNED, given

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
    past.when(g.make_effective("2012-03-01", closing_date="2013-03-01")).then(
        was.GrantMadeEffective, closing_date="2013-03-01"
    )


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
    outcome.then(was.GrantMadeEffective, closing_date="2018-02-27") if signed else outcome.refused(
        AgreementNotSigned
    )


@pytest.mark.parametrize(
    ("closing", "fits"), [("2017-03-30", False), ("2017-03-31", True), ("2017-04-01", True)]
)
def test_a_grant_does_not_close_before_it_is_effective(closing: str, fits: bool) -> None:
    outcome = given(SIGNED).when(g.make_effective("03-31", closing_date=closing))
    outcome.then(was.GrantMadeEffective) if fits else outcome.refused(ClosingDateBeforeEffectiveness)
