"""What was decided stays decided under what then held: an edition begins after it (domain §5)."""

from typing import Any

import pytest

from lifecycle.decide import decide_grant
from lifecycle.fund import events as on_fund
from lifecycle.fund.establishment import EditionNameTaken
from lifecycle.grant import events as was
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import EditionTooLate
from support import given as g
from support.given import (
    APPROVED,
    EFFECTIVE,
    PROPOSED,
    REQUESTED,
    given,
    reads,
    strike,
)


def edition(since: str, name: str = "ours") -> dict[str, Any]:
    """An edition that holds from the day."""
    return {
        "name": name,
        "from": since,
        "agreement_required": True,
        "disbursement_grace": {"months": 4, "source": "s"},
        "windows": {"stand_alone": {}},
    }


@pytest.mark.case("D5")
@pytest.mark.parametrize(
    ("life", "last"),
    [
        (REQUESTED, "2017-01-20"),
        (APPROVED, "2017-02-10"),
        ([*EFFECTIVE, g.restructure("04-10")], "2017-04-10"),
        (EFFECTIVE, "2017-02-10"),
    ],
)
def test_an_edition_holds_from_the_day_after_the_last_decision_on(life: list[Command], last: str) -> None:
    past, day = given(life), g.day(last)
    for since, in_time in ((day - g.ONE_DAY, False), (day, False), (day + g.ONE_DAY, True)):
        outcome = past.when(g.adopt("2018-01-01", edition=edition(since.isoformat())))
        outcome.then(on_fund.PolicyAdopted) if in_time else outcome.refused(
            EditionTooLate, f"from {day + g.ONE_DAY} on"
        )


@pytest.mark.case("D5")
def test_a_proposal_alone_and_an_empty_book_hold_no_edition_back() -> None:
    for life in ([], PROPOSED):
        given(life).when(g.adopt("2018-01-01", edition=edition("2008-10-01"))).then(on_fund.PolicyAdopted)


@pytest.mark.case("D5")
def test_the_latest_of_all_grants_counts_as_it_reads_now() -> None:
    other = [g.propose("03-01", grant="SSF-2"), g.request("03-10", grant="SSF-2")]
    past = given(APPROVED, other)
    ours = g.adopt("2018-01-01", edition=edition("2017-02-11"))
    past.when(ours).refused(EditionTooLate, "2017-03-11")
    past.copy().given(g.correct("2018-06-01", grant="SSF-2", entry=2, struck=True)).when(ours).then(
        on_fund.PolicyAdopted
    )
    earlier = g.correct("2018-06-01", grant="SSF-2", entry=2, reads={"on": "2017-03-02"})
    past.copy().given(earlier).when(ours).refused(EditionTooLate, "2017-03-03")
    moved = g.correct("2018-06-01", entry=past.version(was.GrantApproved), reads={"on": "2017-03-20"})
    past.given(moved).when(ours).refused(EditionTooLate, "2017-03-21")


@pytest.mark.case("D5")
def test_a_decision_that_is_struck_or_declined() -> None:
    past = given(REQUESTED, g.decline("02-10"))
    past.when(g.adopt("2018-01-01", edition=edition("2017-01-20"))).refused(EditionTooLate)
    past.when(g.adopt("2018-01-01", edition=edition("2017-01-21"))).then(on_fund.PolicyAdopted)
    past = given(APPROVED)
    past.given(strike(past, was.GrantApproved), strike(past, was.FundingRequested))
    past.when(g.adopt("2018-01-01", edition=edition("2017-01-20"))).then(on_fund.PolicyAdopted)


@pytest.mark.case("D5")
def test_what_arrives_late_is_under_the_edition_of_its_own_day() -> None:
    past = given(REQUESTED, g.adopt("2018-01-01", edition=edition("2017-02-10")))
    for on, name in (("02-09", "2017-01"), ("02-10", "ours")):
        late = past.copy().given(g.approve(on))
        assert late.grant.edition == name
        late.given(reads(late, was.GrantApproved, amount="80000.00 USD"))
        assert late.grant.edition == name


@pytest.mark.case("D5")
def test_a_taken_name_is_refused_before_the_day_of_an_edition() -> None:
    past = given(APPROVED)
    past.when(g.adopt("2018-01-01", edition=edition("2017-01-01", "2017-01"))).refused(EditionNameTaken)


def undone(past: g.Past) -> Any:
    """The first correction of the grant is struck."""
    return g.correct("2018-07-01", actor="a.prover", entry=past.version(EntryCorrected), struck=True)


@pytest.mark.case("D5")
@pytest.mark.parametrize(
    ("since", "fits"), [("2017-05-09", False), ("2017-05-10", False), ("2017-05-11", True)]
)
def test_an_approval_is_not_brought_back_to_a_day_of_another_edition(since: str, fits: bool) -> None:
    """Moved forward, it let an edition be adopted that holds on its first day: that one is asked there."""
    past = given(REQUESTED, g.approve("05-10"))
    approval = past.version(was.GrantApproved)
    past.given(g.correct("2018-06-01", entry=approval, reads={"on": "2017-02-10"}))
    past.given(g.adopt("2018-06-02", edition=edition(since)))
    outcome = past.when(undone(past))
    message = "decided by edition 2017-01, and edition ours"
    outcome.then(
        EntryCorrected, on_fund.CommitmentReleased, on_fund.CommitmentIncreased
    ) if fits else outcome.refused(EditionTooLate, message)
    past.given(g.correct("2018-07-02", entry=approval, reads={"on": "2017-05-10"}))
    assert past.grant.edition == ("2017-01" if fits else "ours")


@pytest.mark.case("D5")
def test_an_approval_that_was_struck_is_not_brought_back_under_another_edition() -> None:
    past = given(APPROVED)
    past.given(strike(past, was.GrantApproved))
    past.when(undone(past)).then(EntryCorrected, on_fund.CommitmentIncreased)
    past.given(g.adopt("2018-06-02", edition=edition("2017-02-10")))
    past.when(undone(past)).refused(EditionTooLate, "record it again")
    past.given(g.approve("02-10"))
    assert past.grant.edition == "ours"


@pytest.mark.case("D5")
def test_a_restructuring_is_not_brought_back_under_another_edition() -> None:
    past = given(EFFECTIVE, g.restructure("05-10"))
    redrawn = past.version(was.GrantRestructured)
    past.given(g.correct("2018-06-01", entry=redrawn, reads={"on": "2017-04-10"}))
    past.given(g.adopt("2018-06-02", edition=edition("2017-05-01")))
    past.when(undone(past)).refused(EditionTooLate, "GrantRestructured")


@pytest.mark.case("D5")
def test_a_strike_that_moves_no_decision_is_not_asked() -> None:
    past = given(APPROVED)
    past.given(reads(past, was.GrantApproved, amount="80000.00 USD"))
    past.given(g.adopt("2018-06-02", edition=edition("2017-02-11")))
    past.when(undone(past)).then(EntryCorrected, on_fund.CommitmentIncreased)


def test_what_was_brought_back_under_the_first_rules_stays_lawful() -> None:
    past = given(APPROVED)
    past.given(strike(past, was.GrantApproved), g.adopt("2018-06-02", edition=edition("2017-02-10")))
    asked, known = undone(past), past.grants[g.G]
    assert decide_grant(known, asked, past.fund, asked.actor, g.TODAY, rules=1).grant is not None
    with pytest.raises(EditionTooLate):
        decide_grant(known, asked, past.fund, asked.actor, g.TODAY, rules=2)
