"""A progress report rates a grant by the scale of the edition that governs it."""

from typing import Any

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.results.reporting import RatingNotInScale
from lifecycle.kernel.event import EntryCorrected
from support import given as g
from support.given import EFFECTIVE, REQUESTED, Past, given, reads


def edition(since: str) -> dict[str, Any]:
    """Return an edition with a scale of two ratings."""
    return {
        "name": "ours",
        "from": since,
        "agreement_required": False,
        "disbursement_grace": {"months": 4, "source": "a test"},
        "rating_scale": {"value": ["satisfactory", "unsatisfactory"], "source": "our manual"},
        "windows": {"stand_alone": {}},
    }


def approved(on: str, *life: Any) -> Past:
    """Return a past in which the edition holds from the 2nd of February, and the grant is approved."""
    adopted = g.adopt("01-04", edition=edition("2017-02-02"))
    signed = [g.sign(on)] if on < "02-02" else []
    return given(adopted, REQUESTED, g.approve(on), *signed, g.make_effective("03-31"), *life)


@pytest.mark.parametrize(("on", "any_word"), [("02-01", True), ("02-02", False), ("02-03", False)])
def test_a_rating_is_of_the_scale_of_the_edition(on: str, any_word: bool) -> None:
    past = approved(on)
    past.when(g.report_progress("06-30", rating="satisfactory")).then(was.ProgressReported)
    outcome = past.when(g.report_progress("06-30", rating="unsatisfactry"))
    if any_word:
        outcome.then(was.ProgressReported)
    else:
        outcome.refused(RatingNotInScale, "did you mean unsatisfactory or satisfactory? (our manual)")


def test_the_newest_report_rates_the_grant_whatever_was_recorded_last() -> None:
    past = approved("02-02", g.report_progress("06-30", rating="unsatisfactory"))
    past.record(g.report_progress("05-31", rating="satisfactory")).then(was.ProgressReported)
    assert past.grant.rating == "unsatisfactory"
    past.when(reads(past, was.ProgressReported, rating="poor")).refused(RatingNotInScale, "poor")
    past.record(reads(past, was.ProgressReported, on="2018-06-01", rating="satisfactory")).then(
        EntryCorrected
    )
    assert past.grant.rating == "satisfactory"


def test_a_restructured_grant_is_rated_by_the_new_scale() -> None:
    adopted = g.adopt("04-04", edition=edition("2017-04-05"))
    past = given(EFFECTIVE, adopted, g.report_progress("04-04", rating="good"))
    past.record(g.restructure("04-06", objective="Another aim")).then(was.GrantRestructured)
    past.when(g.report_progress("04-05", rating="good")).then(was.ProgressReported)
    past.when(g.report_progress("04-06", rating="good")).refused(RatingNotInScale, "good")
