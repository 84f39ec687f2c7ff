"""The founding of the fund, and the editions of its policy."""

from datetime import date

import pytest

from lifecycle.decide.correction.target import EditionNeverChanges
from lifecycle.fund import events as was
from lifecycle.fund.establishment import EditionContradictsItself, EditionNameTaken
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import FundAlreadyEstablished, NotAnOfficer
from support import given as g
from support.given import ONE_DAY, START, given

EDITION = {
    "name": "2018-01",
    "from": "2018-01-01",
    "agreement_required": False,
    "disbursement_grace": {"months": 1, "source": "us"},
    "windows": {"stand_alone": {}},
}


def test_there_is_one_fund_a_book() -> None:
    again = g.do("EstablishFund", START, "admin", name="Another", currency="USD", fiscal_year_start=1)
    given().when(again).refused(FundAlreadyEstablished, "The Facility")


def test_the_founding_is_not_struck() -> None:
    given().when(g.correct_fund("01-10", entry=1, struck=True)).refused(FundAlreadyEstablished)
    past = given()
    past.record(g.correct_fund("01-10", entry=1, reads={"name": "The Fund"})).then(EntryCorrected)
    assert past.fund.name == "The Fund"


def test_nobody_acts_before_the_first_administrator() -> None:
    given().when(g.appoint(START - ONE_DAY)).refused(NotAnOfficer)


def test_an_edition_is_adopted_once_and_never_changed() -> None:
    past = given(g.adopt("2018-01-01", edition=EDITION))
    past.when(g.adopt("2019-01-01", edition=EDITION)).refused(EditionNameTaken, "2018-01")
    entry = past.fund_version(was.PolicyAdopted, 3)
    for change in ({"struck": True}, {"reads": {"on": "2018-01-02"}}):
        past.when(g.correct_fund("2019-01-01", entry=entry, **change)).refused(EditionNeverChanges)


@pytest.mark.parametrize("noun", ["months", "activities"])
@pytest.mark.parametrize(("least", "fits"), [(11, True), (12, True), (13, False)])
def test_the_rules_of_an_edition_can_all_hold(noun: str, least: int, fits: bool) -> None:
    limits = {"min": least, "max": 12}
    window = {f"{end}_{noun}": {"value": value, "source": "s"} for end, value in limits.items()}
    outcome = given().when(g.adopt("2018-01-01", edition={**EDITION, "windows": {"stand_alone": window}}))
    outcome.then(was.PolicyAdopted) if fits else outcome.refused(
        EditionContradictsItself, f"windows.stand_alone.min_{noun}: at least 13 {noun} and at most 12"
    )


@pytest.mark.parametrize(
    ("on", "name"), [("2017-12-31", "2017-01"), ("2018-01-01", "2018-01"), ("2018-01-02", "2018-01")]
)
def test_a_later_edition_supersedes_from_its_date(on: str, name: str) -> None:
    edition = given(g.adopt("2017-06-01", edition=EDITION)).fund.edition_on(date.fromisoformat(on))
    assert edition is not None
    assert edition.name == name


def test_a_grant_keeps_the_edition_of_its_approval() -> None:
    past = given(g.SIGNED, g.adopt("2017-03-15", edition={**EDITION, "from": "2017-03-15"}))
    assert past.grant.edition == "2017-01"
    past.given(g.make_effective("03-31")).given(g.restructure("04-01"))
    assert past.grant.edition == "2018-01"
