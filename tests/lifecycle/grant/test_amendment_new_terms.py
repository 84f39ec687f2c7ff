"""Amendments: title, sector, operation, months and outcomes sought, from a day on."""

from typing import Any

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.agreement import BeyondWindow
from lifecycle.grant.amendment.new_terms import BeyondClosingDate
from lifecycle.grant.evolve import fold
from lifecycle.grant.proposal.request import OperationMissing
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import in_force
from lifecycle.kernel.refusals import GrantIsClosed, NothingChanged, NotInStage
from support import given as g
from support.given import APPROVED, CLOSED, EFFECTIVE, PROPOSED, REQUESTED, Past, day, given, reads, strike


def terms_as_of(past: Past, on: str) -> Any:
    return fold([entry for entry in in_force(past.grants[g.G].entries) if entry.on <= day(on)])


def test_a_grant_reads_otherwise_from_the_day_on() -> None:
    past = given(EFFECTIVE, g.amend("05-02", title="Milk", sector="water", months=10))
    assert terms_as_of(past, "05-01").title == "Dairy supply chains"
    for on in ("05-02", "05-03"):
        grant = terms_as_of(past, on)
        assert (grant.title, grant.sector, grant.months) == ("Milk", "water", 10)
    late = past.given(g.amend("04-01", title="Butter", outcomes_sought=["enhanced_networks"]))
    assert terms_as_of(late, "04-01").title == "Butter"
    assert terms_as_of(late, "05-02").title == "Milk"
    assert terms_as_of(late, "05-02").outcomes_sought == ("enhanced_networks",)


def test_a_struck_amendment_leaves_what_was_said_before() -> None:
    past = given(EFFECTIVE, g.amend("05-02", title="Milk"))
    past.given(reads(past, was.GrantAmended, title="Butter"))
    assert terms_as_of(past, "06-01").title == "Butter"
    past.given(strike(past, was.GrantAmended))
    assert terms_as_of(past, "06-01").title == "Dairy supply chains"


@pytest.mark.parametrize(
    "fields", [{}, {"title": "Dairy supply chains"}, {"sector": "Agriculture"}, {"months": 12}]
)
def test_something_changes(fields: dict[str, Any]) -> None:
    given(APPROVED).when(g.amend("02-11", **fields)).refused(NothingChanged, "reads so already")


def test_a_late_amendment_leaves_a_later_one_something_to_change() -> None:
    past = given(EFFECTIVE, g.amend("05-02", title="Milk"))
    past.when(g.amend("05-01", title="Milk")).refused(NothingChanged, "entry")
    past.when(g.amend("05-03", title="Milk")).refused(NothingChanged)


def test_an_earlier_entry_may_be_corrected_to_what_a_later_amendment_says() -> None:
    past = given(EFFECTIVE, g.amend("05-02", title="Milk"), g.amend("05-04", title="Butter"))
    past.when(reads(past, was.GrantProposed, title="Milk")).then(EntryCorrected)
    past.when(reads(past, was.GrantAmended, nth=2, title="Milk")).then(EntryCorrected)
    past.given(reads(past, was.GrantProposed, title="Milk"))
    assert terms_as_of(past, "05-01").title == "Milk"
    past.when(g.amend("05-03", title="Butter")).refused(NothingChanged, "would no longer hold")


def test_it_is_the_approved_grant_that_is_amended() -> None:
    given(REQUESTED).when(g.amend("01-21", title="Milk")).refused(NotInStage, "approved or signed")
    given(APPROVED).when(g.amend("02-09", title="Milk")).refused(NotInStage)
    for on in ("02-10", "02-11"):
        given(APPROVED).when(g.amend(on, title="Milk")).then(was.GrantAmended)
    given(CLOSED).when(g.amend("2018-06-02", title="Milk")).refused(GrantIsClosed)


@pytest.mark.parametrize(("months", "is_possible"), [(11, True), (12, True), (13, False)])
def test_no_more_months_than_the_window_has(months: int, *, is_possible: bool) -> None:
    past = given(g.propose("01-10", months=6), *REQUESTED[1:], g.approve("02-10"))
    outcome = past.when(g.amend("02-11", months=months))
    outcome.then(was.GrantAmended) if is_possible else outcome.refused(BeyondWindow, "window stand_alone")


@pytest.mark.parametrize(("closing_date", "is_possible"), [("2018-01-30", False), ("2018-01-31", True)])
def test_the_months_end_by_the_closing_date(closing_date: str, *, is_possible: bool) -> None:
    """Ten months from the 31st of March end on the 31st of January."""
    past = given(EFFECTIVE[:-1], g.make_effective("03-31", closing_date=closing_date))
    outcome = past.when(g.amend("05-02", months=10))
    outcome.then(was.GrantAmended) if is_possible else outcome.refused(BeyondClosingDate, "2018-01-31")


def test_an_extension_with_a_waiver_lets_the_months_go_on_with_it() -> None:
    past = given(EFFECTIVE, g.extend("2018-03-01", closing_date="2018-06-30", waiver="rain"))
    past.when(g.amend("2018-03-01", months=14)).then(was.GrantAmended)
    past.when(g.amend("2018-03-01", months=15)).then(was.GrantAmended)
    past.when(g.amend("2018-03-01", months=16)).refused(BeyondClosingDate)
    past.given(g.amend("2018-03-02", months=15))
    past.when(strike(past, was.ClosingDateExtended)).refused(BeyondWindow, "entry")


def test_an_operation_has_a_kind_and_a_new_one_has_its_own() -> None:
    past = given(APPROVED)
    past.when(g.amend("02-11", operation_kind="lending")).refused(OperationMissing, "name the operation")
    past.given(g.amend("02-11", operation="P123", operation_kind="lending"))
    past.given(g.amend("02-12", operation="P124"))
    assert (past.grant.operation, past.grant.operation_kind) == ("P124", None)
    past.given(g.amend("02-13", operation_kind="technical_assistance"))
    assert (past.grant.operation, past.grant.operation_kind) == ("P124", "technical_assistance")
    past.when(strike(past, was.GrantAmended)).then(EntryCorrected)


def test_a_proposal_names_the_operation_with_its_kind() -> None:
    given().when(g.propose("01-10", operation_kind="lending")).refused(OperationMissing)
    past = given(g.propose("01-10", operation="P123", operation_kind="lending"))
    assert past.grant.operation_kind == "lending"
    assert past.given(g.revise("01-11", operation="P124")).grant.operation_kind is None
    given(PROPOSED).when(g.revise("01-11", operation_kind="lending")).refused(OperationMissing)
