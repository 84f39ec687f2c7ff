"""Who may receive and provide in a window, as of the day of the request and of the approval."""

from datetime import date, timedelta
from typing import Any

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.exchange import TooManyActivities
from lifecycle.grant.proposal.eligibility import NotEligible, is_eligible
from lifecycle.kernel.event import EntryCorrected
from projections.folds.windows import findings_of
from support import given as g
from support.given import APPROVED, Past, given, strike


def ours(name: str = "ours", since: str = "2017-01-05", **window: Any) -> Any:
    """Return the adoption of an edition whose window has these rules since a day."""
    limits = {rule: {"value": value, "source": "us"} for rule, value in window.items()}
    edition = {
        "name": name,
        "from": since,
        "agreement_required": False,
        "disbursement_grace": {"months": 4, "source": "a test"},
        "windows": {"stand_alone": limits},
    }
    day_before = date.fromisoformat(since) - timedelta(days=1)
    return g.adopt(day_before.isoformat(), edition=edition)


def proposed(on: str = "01-10", **countries: Any) -> Any:
    return g.propose(on, **countries)


def request(on: str, *codes: str) -> Any:
    letters = [{"country": code, "ministry": "Finance", "dated": "2017-01-05"} for code in codes]
    return g.request(on, letters=letters)


@pytest.mark.parametrize(
    ("country", "groups", "day", "eligible"),
    [
        ("KE", ("low",), "2015-06-30", True),
        ("KE", ("low",), "2015-07-01", False),
        ("KE", ("lower_middle",), "2015-07-01", True),
        ("KE", ("IDA", "Blend"), "2017-01-01", None),
        ("KE", ("IDA", "Blend", "KE"), "2017-01-01", True),
        ("DK", ("IBRD", "IDA", "Blend"), "2021-01-31", None),
        ("DK", ("IBRD", "IDA", "Blend"), "2021-02-01", False),
        ("DK", ("high", "IDA"), "2017-01-01", True),
        ("ZZ", ("low",), "2017-01-01", None),
        ("KE", ("TZ",), "2017-01-01", False),
    ],
)
def test_a_country_is_of_a_group_on_a_day(
    country: str, groups: tuple[str, ...], day: str, eligible: bool | None
) -> None:
    assert is_eligible(country, groups, date.fromisoformat(day)) is eligible


def test_a_request_for_a_country_that_is_not_eligible_is_refused() -> None:
    """Denmark learns from Norway for 100,000: both are of high income."""
    past = given(
        ours(eligible_recipients=["low", "lower_middle"]), proposed(recipients=["DK"], providers=["NO"])
    )
    past.when(request("01-20", "DK")).refused(
        NotEligible, "Denmark (DK) may not receive in window stand_alone"
    )
    past = given(
        ours(eligible_providers=["low", "lower_middle"]), proposed(recipients=["TZ"], providers=["NO"])
    )
    past.when(request("01-20", "TZ")).refused(NotEligible, "Norway (NO) may not provide")
    past = given(ours(eligible_recipients=["high"]), proposed(recipients=["DK"], providers=["NO"]))
    past.when(request("01-20", "DK")).then(was.FundingRequested)


def test_nothing_is_refused_if_the_class_is_not_known() -> None:
    past = given(ours(eligible_recipients=["IDA"]), proposed(recipients=["DK"], providers=["NO"]))
    past.record(request("01-20", "DK")).then(was.FundingRequested)
    edition = past.fund.editions["ours"]
    (finding,) = findings_of(past.grant, edition)
    assert (finding.rule, finding.limit, finding.complies) == ("eligible_recipients", "IDA", None)


@pytest.mark.parametrize(
    ("on", "taken"), [("2020-06-30", True), ("2020-07-01", False), ("2020-07-02", False)]
)
def test_an_approval_is_judged_by_the_classes_of_its_own_day(on: str, taken: bool) -> None:
    """Tanzania was of low income until June 2020."""
    asked = [proposed("2020-06-01", recipients=["TZ"], providers=["IN"]), request("2020-06-10", "TZ")]
    outcome = given(ours(eligible_recipients=["low"]), asked).when(g.approve(on))
    if taken:
        assert outcome.refusal is None
    else:
        outcome.refused(NotEligible, "Tanzania (TZ)")


def test_a_restructuring_brings_no_country_in_that_is_not_eligible() -> None:
    past: Past = given(ours(eligible_recipients=["low", "lower_middle"]), APPROVED)
    past.when(g.restructure("03-01", recipients=["TZ", "DK"])).refused(NotEligible, "Denmark")
    past.when(g.restructure("03-01", recipients=["TZ", "KE"])).then(was.GrantRestructured)


@pytest.mark.parametrize(
    ("on", "taken"), [("2020-06-30", True), ("2020-07-01", False), ("2020-07-02", False)]
)
def test_a_country_whose_class_changed_stays_in_the_grant(on: str, taken: bool) -> None:
    """Tanzania was of low income until June 2020; Uganda still is."""
    asked = [proposed("2020-06-01", recipients=["TZ"], providers=["IN"]), request("2020-06-10", "TZ")]
    past = given(ours(eligible_recipients=["low"]), asked, g.approve("2020-06-20"))
    past.when(g.restructure(on, objective="other")).then(was.GrantRestructured)
    past.when(g.restructure(on, recipients=["TZ", "UG"])).then(was.GrantRestructured)
    past.given(g.restructure("2020-06-21", recipients=["UG"]))
    outcome = past.when(g.restructure(on, recipients=["TZ", "UG"]))
    outcome.then(was.GrantRestructured) if taken else outcome.refused(NotEligible, "Tanzania (TZ)")


def test_no_more_activities_than_the_window_has() -> None:
    """S0 calls stand-alone exchanges one-off."""
    past = given(ours(max_activities=1), APPROVED, g.make_effective("03-31"), g.plan("04-10"))
    past.when(g.plan("04-11", activity="A2")).refused(TooManyActivities, "at most 1")
    past.given(g.call_off("04-11")).when(g.plan("04-11", activity="A2")).then(was.ActivityPlanned)
    past.when(g.hold("06-16", activity="A9")).then(was.ActivityHeld)


def test_a_called_off_activity_does_not_come_back_when_another_took_its_place() -> None:
    past = given(ours(max_activities=1), APPROVED, g.make_effective("03-31"), g.plan("04-10"))
    past.given(g.call_off("04-11"), g.plan("04-11", activity="A2"))
    past.when(strike(past, was.ActivityCancelled)).refused(TooManyActivities, "at most 1")
    for on, fits in (("2017-04-10", True), ("2017-04-12", False)):
        version = past.version(was.ActivityCancelled)
        outcome = past.when(g.correct("05-01", entry=version, reads={"on": on}))
        outcome.then(EntryCorrected) if fits else outcome.refused(TooManyActivities)
    past.given(strike(past, was.ActivityPlanned, 2))
    past.when(strike(past, was.ActivityCancelled)).then(EntryCorrected)


def test_what_was_held_is_recorded_though_the_window_has_no_room() -> None:
    past = given(ours(max_activities=1), APPROVED, g.make_effective("03-31"), g.plan("04-10"))
    past.when(g.hold("04-05", activity="A9", starts="2017-04-04", ends="2017-04-05")).then(was.ActivityHeld)


def test_a_restructuring_takes_no_edition_that_has_too_few_activities() -> None:
    past = given(ours(max_activities=2), APPROVED, g.make_effective("03-31"), g.plan("04-10"))
    past.given(g.plan("04-11", activity="A2"), ours("later", "2017-05-01", max_activities=1))
    past.when(g.restructure("04-30", objective="other")).then(was.GrantRestructured)
    past.when(g.restructure("05-01", objective="other")).refused(TooManyActivities, "cancel those")
    past.given(g.hold("05-02", activity="A9", starts="2017-05-01", ends="2017-05-02"))
    past.when(g.restructure("05-03", objective="other")).then(was.GrantRestructured)
