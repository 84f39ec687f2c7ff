"""A promise lapses once the time that runs is over: for the signature, else for effectiveness (domain §3)."""

import pytest

from lifecycle.decide import GrantHistory
from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.grant.agreement import NotYetLapsed
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected
from lifecycle.parse import Malformed
from lifecycle.policy.edition import Edition
from lifecycle.policy.edition_file import read_edition, shipped
from support import given as g
from support.given import (
    APPROVED,
    SIGNED,
    given,
    reads,
    strike,
)

IN_2012 = [g.propose("2012-01-10"), g.request("2012-01-20"), g.approve("2012-02-10")]


@pytest.mark.case("D14")
@pytest.mark.parametrize(
    ("life", "on", "over"),
    [
        (APPROVED, "2017-04-10", False),
        (APPROVED, "2017-04-11", False),  # 60 days after 10 February
        (APPROVED, "2017-04-12", True),
        (SIGNED, "2017-05-29", False),
        (SIGNED, "2017-05-30", False),  # 90 days after 1 March
        (SIGNED, "2017-05-31", True),
        (IN_2012, "2012-05-10", False),  # 90 days after the approval: no agreement is asked for
        (IN_2012, "2012-05-11", True),
    ],
)
def test_a_promise_lapses_the_day_after_the_due_date_that_runs(
    life: list[Command], on: str, over: bool
) -> None:
    outcome = given(life).when(g.lapse(on))
    outcome.then(was.GrantLapsed, on_fund.CommitmentReleased) if over else outcome.refused(
        NotYetLapsed, "is due on"
    )
    given(life).when(g.give_up(on)).then(was.GrantLapsed, on_fund.CommitmentReleased)


@pytest.mark.case("D14")
def test_a_grant_is_given_up_with_a_reason() -> None:
    with pytest.raises(Malformed, match="needs a reason"):
        g.lapse("03-01", given_up=True)
    past = given(APPROVED, g.give_up("03-01"))
    past.when(reads(past, was.GrantLapsed, given_up=None)).refused(NotYetLapsed)


@pytest.mark.case("D14")
def test_a_waiver_of_that_obligation_lifts_it() -> None:
    waiver = g.waive("02-20", obligation="signature")
    past = given(APPROVED, waiver)
    past.when(g.lapse("02-20")).then(was.GrantLapsed, on_fund.CommitmentReleased)
    past.when(g.lapse("02-19")).refused(NotYetLapsed)
    given(APPROVED, g.waive("02-20", obligation="effectiveness")).when(g.lapse("02-20")).refused(NotYetLapsed)
    given(SIGNED, waiver).when(g.lapse("03-02")).refused(NotYetLapsed, "effectiveness")
    past.given(g.lapse("02-20"))
    past.when(strike(past, was.ObligationWaived)).refused(NotYetLapsed)


def edition(spans: str, name: str = "ours", since: str = "2017-01-01") -> Edition:
    return read_edition(
        f"""[edition]
        name = "{name}"
        from = {since}
        agreement_required = true
        disbursement_grace = {{ months = 4, source = "s" }}
        [edition.windows.stand_alone]
        [edition.obligations]
        {spans}
        """
    )


@pytest.mark.case("D14")
def test_an_edition_without_the_obligation_lifts_it() -> None:
    only = edition('effectiveness = { days = 90, source = "s" }')
    given(APPROVED, editions=[*shipped(), only]).when(g.lapse("02-10")).then(
        was.GrantLapsed, on_fund.CommitmentReleased
    )
    given(SIGNED, editions=[*shipped(), only]).when(g.lapse("03-02")).refused(NotYetLapsed)


@pytest.mark.case("D14")
def test_after_a_restructuring_the_later_edition_counts() -> None:
    later = edition('signature = { days = 10, source = "s" }', since="2017-02-15")
    past = given(APPROVED, g.restructure("02-20"), editions=[*shipped(), later])
    past.when(g.lapse("02-20")).refused(NotYetLapsed, "2017-02-20")
    past.when(g.lapse("02-21")).then(was.GrantLapsed, on_fund.CommitmentReleased)


@pytest.mark.case("D14")
def test_a_late_signature_and_a_moved_approval_leave_the_lapse_lawful() -> None:
    past = given(APPROVED, g.lapse("04-12"))
    past.when(g.sign("04-01")).refused(NotYetLapsed, "no longer hold")
    moved = g.correct("2018-06-01", entry=past.version(was.GrantApproved), reads={"on": "2017-02-11"})
    past.when(moved).refused(NotYetLapsed)
    earlier = g.correct("2018-06-01", entry=past.version(was.GrantApproved), reads={"on": "2017-02-09"})
    past.when(earlier).then(EntryCorrected, on_fund.CommitmentIncreased, on_fund.CommitmentReleased)


@pytest.mark.case("D14")
def test_a_lapse_of_before_holds_nothing_back() -> None:
    past = given(APPROVED, g.give_up("03-01"))
    *before, lapsed = past.grants[g.G].entries
    early = lapsed._replace(event=lapsed.event.model_copy(update={"given_up": None}), rules=1)
    past.grants[g.G] = GrantHistory.of([*before, early])
    past.record(g.cost("02-20")).then(was.CostRecorded)
    past.when(reads(past, was.GrantProposed, title="Milk")).then(EntryCorrected)
