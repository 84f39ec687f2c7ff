"""Roles that an edition names: officers are appointed to them from the day on which it was adopted."""

from typing import Any

import pytest

from lifecycle.fund import events as was
from lifecycle.fund.establishment import EditionContradictsItself
from lifecycle.fund.officers import UnknownRole
from lifecycle.grant import events as of_grant
from lifecycle.grant.proposal.clearance import ClearanceOfOtherRole
from lifecycle.kernel.event import EntryCorrected
from support import given as g
from support.given import PROPOSED, given

MANAGER = {"sector_manager": {"value": "the manager of the grant's sector", "source": "our manual"}}
STEP = {
    "step": "brief",
    "role": "sector_manager",
    "before": "request",
    "days": 5,
    "source": "our manual",
}


def ours(on: str = "01-04", **fields: Any) -> Any:
    """Return the adoption of an edition that names a role, and has a step for it."""
    edition = {
        "name": "ours",
        "from": "2017-01-05",
        "agreement_required": False,
        "disbursement_grace": {"months": 4, "source": "a test"},
        "roles": MANAGER,
        "clearances": [STEP],
        "windows": {"stand_alone": {}},
        **fields,
    }
    return g.adopt(on, edition=edition)


def appoint(on: str, **fields: Any) -> Any:
    return g.appoint(on, officer="m.anager", roles=["sector_manager"], **fields)


@pytest.mark.parametrize(("on", "is_known"), [("01-03", False), ("01-04", True), ("01-05", True)])
def test_an_officer_is_appointed_once_the_edition_is_adopted(on: str, is_known: bool) -> None:
    outcome = given(ours()).when(appoint(on))
    outcome.then(was.OfficerAppointed) if is_known else outcome.refused(UnknownRole, "adopted by 2017-01-03")


def test_an_unknown_role_is_refused_with_the_nearest_names() -> None:
    past = given(ours())
    misspelled = g.appoint("01-05", officer="m.anager", roles=["ttl", "sector_manger"])
    past.when(misspelled).refused(UnknownRole, "ttl, sector_manager; did you mean sector_manager or")
    past.given(appoint("01-05")).when(g.retire("01-06", officer="m.anager", roles=["sector_manger"])).refused(
        UnknownRole, "did you mean sector_manager"
    )


def test_who_holds_the_role_clears_its_step_and_nobody_else() -> None:
    past = given(ours(), appoint("01-05"), PROPOSED)
    past.when(g.clear("01-12", step="brief")).refused(ClearanceOfOtherRole, "brief is for sector_manager")
    past.when(g.clear("01-12", step="brief", actor="m.anager")).then(of_grant.ProposalCleared)
    another_role = g.appoint("01-11", officer="m.anager", roles=["finance"])
    retired = past.given(g.retire("01-11", officer="m.anager", roles=["sector_manager"]), another_role)
    retired.when(g.clear("01-12", step="brief", actor="m.anager")).refused(ClearanceOfOtherRole, "brief")


def test_a_role_that_is_adopted_late_is_known_from_its_day() -> None:
    past = given(g.appoint("01-06", officer="o.ther"), ours("01-05"))
    past.when(appoint("01-05")).then(was.OfficerAppointed)
    past.when(appoint("01-04")).refused(UnknownRole)


def test_an_appointment_is_not_corrected_to_what_no_edition_names_then() -> None:
    past = given(ours(), appoint("01-05"))
    entry = past.fund_version(was.OfficerAppointed, len(g.OFFICERS) + 2)
    moved = g.correct_fund("03-01", entry=entry, reads={"on": "2017-01-03"})
    past.when(moved).refused(UnknownRole, "2017-01-03")
    past.when(g.correct_fund("03-01", entry=entry, reads={"roles": ["king"]})).refused(UnknownRole, "king")
    past.when(g.correct_fund("03-01", entry=entry, reads={"roles": ["finance"]})).then(EntryCorrected)


def test_an_edition_does_not_name_a_role_that_there_is() -> None:
    named = MANAGER | {"finance": {"value": "the treasury", "source": "us"}}
    given().when(ours(roles=named)).refused(EditionContradictsItself, "edition.roles.finance")
    given().when(ours(roles={})).refused(
        EditionContradictsItself, "edition.clearances.0.role: sector_manager"
    )
