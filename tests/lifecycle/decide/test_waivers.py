"""A waiver names an obligation of the edition, and an item that exists on the waiver's day (domain §3)."""

import pytest

from lifecycle.decide import GrantHistory
from lifecycle.grant import events as was
from lifecycle.grant.closure import ObligationNotAsked
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import UnknownItem, UnknownObligation
from support import given as g
from support.given import (
    APPROVED,
    EFFECTIVE,
    FOLLOW_UP,
    PAID,
    PROPOSED,
    SIGNED,
    given,
    strike,
)

IN_2012 = [g.propose("2012-01-10"), g.request("2012-01-20"), g.approve("2012-02-10")]
OKS = {
    "window": "oks",
    "institution": "Dairy Board",
    "capabilities_planned": ["documenting_and_sharing", "solving_and_scaling"],
}


@pytest.mark.case("D14")
@pytest.mark.parametrize(
    ("life", "on", "obligation", "item", "exists"),
    [
        ([*EFFECTIVE, g.plan("04-10")], "04-09", "activity", "A1", False),
        ([*EFFECTIVE, g.plan("04-10")], "04-10", "activity", "A1", True),
        ([*EFFECTIVE, g.plan("04-10")], "04-11", "activity", "A1", True),
        ([*EFFECTIVE, g.plan("04-10")], "04-11", "activity", "a1", False),
        ([*FOLLOW_UP, g.agree("2018-04-10")], "2018-04-09", "follow_up", "F1", False),
        ([*FOLLOW_UP, g.agree("2018-04-10")], "2018-04-10", "follow_up", "F1", True),
        ([*FOLLOW_UP, g.agree("2018-04-10")], "2018-04-10", "follow_up", "F2", False),
        (SIGNED, "03-30", "inactivity", "1", False),
        (EFFECTIVE, "03-31", "inactivity", "1", True),
        (PAID, "04-30", "inactivity", "2", False),
        (PAID, "05-01", "inactivity", "2", True),
        (EFFECTIVE, "03-31", "progress_report", "1", True),
        (EFFECTIVE, "2018-03-30", "progress_report", "2", False),
        (EFFECTIVE, "2018-03-31", "progress_report", "2", True),
        (EFFECTIVE, "2018-04-01", "progress_report", "3", False),
        (FOLLOW_UP, "2018-12-31", "completion_report", "1", False),
        (EFFECTIVE, "04-10", "disbursement_deadline", "2", False),
    ],
)
def test_a_waived_item_exists_on_the_day(
    life: list[Command], on: str, obligation: str, item: str, exists: bool
) -> None:
    outcome = given(life).when(g.waive(on, obligation=obligation, item=item))
    outcome.then(was.ObligationWaived) if exists else outcome.refused(UnknownItem, f"no item {item}")
    given(life).when(g.waive(on, obligation=obligation)).then(was.ObligationWaived)


@pytest.mark.case("D14")
def test_an_item_that_a_waiver_names_is_not_struck_moved_or_renamed() -> None:
    past = given(EFFECTIVE, g.plan("04-10"), g.waive("04-12", obligation="activity", item="A1"))
    past.when(strike(past, was.ActivityPlanned)).refused(UnknownItem, "no longer hold")
    for on, fits in (("2017-04-11", True), ("2017-04-12", True), ("2017-04-13", False)):
        moved = g.correct("2018-06-01", entry=past.version(was.ActivityPlanned), reads={"on": on})
        outcome = past.when(moved)
        outcome.then(EntryCorrected) if fits else outcome.refused(UnknownItem)
    renamed = g.correct("2018-06-01", entry=past.version(was.ObligationWaived), reads={"item": "A2"})
    past.when(renamed).refused(UnknownItem)
    past.record(g.plan("04-12", activity="A2")).then(was.ActivityPlanned)
    past.when(renamed).refused(UnknownItem)  # the plan comes after the waiver on that day
    past.when(g.plan("04-11", activity="A3")).then(was.ActivityPlanned)


@pytest.mark.case("D14")
def test_an_older_waiver_of_a_missing_item_blocks_nothing() -> None:
    past = given(EFFECTIVE, g.waive("04-12", obligation="activity"))
    *before, waiver = past.grants[g.G].entries
    old = waiver._replace(event=waiver.event.model_copy(update={"item": "A9"}), rules=1)
    past.grants[g.G] = GrantHistory.of([*before, old])
    past.record(g.plan("04-10")).then(was.ActivityPlanned)
    past.when(strike(past, was.ActivityPlanned)).then(EntryCorrected)


@pytest.mark.case("D14")
@pytest.mark.parametrize(
    ("life", "on", "obligation", "is_asked"),
    [
        (APPROVED, "02-11", "signature", True),
        (IN_2012, "2012-02-11", "signature", False),  # that edition asks for no agreement
        (IN_2012, "2012-02-11", "effectiveness", True),
        (IN_2012, "2012-02-11", "implementation", False),  # its window states no limit on months
        (EFFECTIVE, "04-11", "implementation", True),
        (EFFECTIVE, "04-11", "activity", True),
        (EFFECTIVE, "04-11", "disbursement_deadline", True),
        (EFFECTIVE, "04-11", "instalment", False),  # the fund's, not a grant's
        (PROPOSED, "01-11", "signature", True),
        ([g.propose("2016-12-30")], "2016-12-31", "signature", False),
        ([g.propose("2016-12-30"), g.withdraw("2016-12-31")], "2017-01-01", "signature", False),
        ([g.propose("2016-12-30"), g.withdraw("2017-01-01")], "2017-01-02", "signature", True),
        ([g.propose("2016-12-30")], "2017-01-01", "signature", True),
    ],
)
def test_only_an_obligation_of_the_edition_is_waived(
    life: list[Command], on: str, obligation: str, is_asked: bool
) -> None:
    outcome = given(life).when(g.waive(on, obligation=obligation))
    outcome.then(was.ObligationWaived) if is_asked else outcome.refused(ObligationNotAsked, obligation)


@pytest.mark.case("D14")
def test_the_edition_is_that_of_the_approval_or_of_a_restructuring() -> None:
    past = given([g.propose("2016-12-01"), g.request("2016-12-02"), g.approve("2016-12-31")])
    past.when(g.waive("2017-01-05", obligation="implementation")).refused(ObligationNotAsked, "2008-10")
    past.given(g.restructure("2017-01-10"))
    past.record(g.waive("2017-01-10", obligation="implementation")).then(was.ObligationWaived)
    past.when(strike(past, was.GrantRestructured)).refused(ObligationNotAsked, "no longer hold")
    past.when(g.waive("2017-01-10", obligation="sleep")).refused(UnknownObligation)
