"""Offers of experience, needs and the use of stories.

India offers its dairy cooperatives on 10 January 2017; Tanzania voices a need on the same day.
"""

import pytest

from lifecycle.directory import events as was
from lifecycle.directory.experience import (
    NeedAlreadyMet,
    NeedIdTaken,
    OfferAlreadyWithdrawn,
    OfferIdTaken,
    StoryNotPublished,
    UnknownNeed,
    UnknownOffer,
)
from lifecycle.directory.institutions import UnknownInstitution
from lifecycle.grant import events as on_grant
from lifecycle.kernel.likeness import TooLikeKnownId
from lifecycle.kernel.refusals import Refusal, UnknownGrant
from support import given as g
from support.given import FOLLOW_UP, PROPOSED, given

OFFERED, VOICED = g.offer_experience("01-10"), g.voice_need("01-10")
STORY = [*FOLLOW_UP, g.publish_story("2018-05-01")]


def test_an_offer_holds_until_the_day_on_which_it_is_withdrawn() -> None:
    past = given(OFFERED, g.withdraw_offer("03-01", reason="no more capacity"))
    offers = [past.directory.on(g.day(day)).offers for day in ("01-09", "01-10", "02-28", "03-01")]
    assert [[offer.withdrawn_on for offer in held.values()] for held in offers] == [
        [],
        [None],
        [None],
        [g.day("03-01")],
    ]


@pytest.mark.parametrize("on", ["01-09", "01-10", "01-11"])
def test_a_name_is_given_to_one_offer_and_one_need(on: str) -> None:
    past = given(OFFERED, VOICED)
    past.when(g.offer_experience(on, country="BR")).refused(OfferIdTaken)
    past.when(g.voice_need(on, country="UG")).refused(NeedIdTaken)
    past.when(g.offer_experience(on, offer="in.dairy")).refused(TooLikeKnownId, "offer")
    past.when(g.voice_need(on, need="tz.dairy")).refused(TooLikeKnownId, "need")


@pytest.mark.parametrize(("on", "known"), [("01-09", False), ("01-10", True), ("01-11", True)])
def test_an_offer_and_a_need_name_registered_institutions(on: str, known: bool) -> None:
    past = given(g.register_institution("01-10"))
    for command in (g.offer_experience(on, institution="MOA"), g.voice_need(on, institution="MOA")):
        outcome = past.when(command)
        outcome.then(type(command.event)) if known else outcome.refused(UnknownInstitution)
    past.when(g.voice_need("02-01", institution="MOAX")).refused(UnknownInstitution, "did you mean MOA?")


def test_an_offer_is_withdrawn_once_and_after_it_was_made() -> None:
    past = given(OFFERED)
    past.when(g.withdraw_offer("01-09")).refused(UnknownOffer)
    past.when(g.withdraw_offer("01-10")).then(was.OfferWithdrawn)
    past.given(g.withdraw_offer("03-01"))
    past.when(g.withdraw_offer("03-02")).refused(OfferAlreadyWithdrawn, "2017-03-01")
    past.when(g.withdraw_offer("02-28")).refused(OfferAlreadyWithdrawn, "no longer hold")


def test_a_need_is_met_by_one_grant_once_it_is_voiced() -> None:
    past = given(PROPOSED, VOICED)
    past.when(g.meet_need("01-09")).refused(UnknownNeed)
    past.when(g.meet_need("01-10")).then(was.NeedMet, grant=g.G)
    past.given(g.meet_need("02-01"))
    past.when(g.meet_need("02-02")).refused(NeedAlreadyMet, f"{g.G} meets TZ-DAIRY since 2017-02-01")
    need = past.directory.directory.needs["TZ-DAIRY"]
    assert (need.met_by, need.met_on) == (g.G, g.day("02-01"))


@pytest.mark.parametrize(("on", "known"), [("01-09", False), ("01-10", True), ("01-11", True)])
def test_a_need_is_met_by_a_grant_that_is_there(on: str, known: bool) -> None:
    past = given(PROPOSED, g.voice_need("01-01"))
    outcome = past.when(g.meet_need(on))
    outcome.then(was.NeedMet) if known else outcome.refused(UnknownGrant, on)
    past.when(g.meet_need("02-01", grant="SSF-9")).refused(UnknownGrant, "SSF-9")


@pytest.mark.parametrize(
    ("on", "refusal"),
    [("2018-04-30", StoryNotPublished), ("2018-05-01", None), ("2018-05-02", None)],
)
def test_a_story_is_used_once_it_is_published(on: str, refusal: type[Refusal] | None) -> None:
    outcome = given(STORY).when(g.record_use(on))
    outcome.refused(refusal) if refusal else outcome.then(was.UseRecorded, worth=4)
    given().when(g.record_use(on)).refused(UnknownGrant)


def test_a_use_stays_if_the_story_is_struck_later() -> None:
    past = given(STORY, g.record_use("2018-05-02"))
    past.given(g.strike(past, on_grant.ResultsStoryPublished, on="2018-06-01"))
    past.when(g.record_use("2018-05-03")).refused(StoryNotPublished)
    past.when(g.register_institution("2018-05-01")).then(was.InstitutionRegistered)


@pytest.mark.parametrize(
    ("reads", "refusal"),
    [({"grant": "SSF-9"}, UnknownGrant), ({"on": "2017-01-09"}, UnknownGrant), ({"on": "2017-01-10"}, None)],
)
def test_a_correction_asks_for_the_grant_again(reads: dict[str, str], refusal: type[Refusal] | None) -> None:
    past = given(PROPOSED, g.voice_need("01-01"), g.meet_need("02-01"))
    outcome = past.when(g.correct_directory("03-01", entry=2, reads=reads))
    outcome.refused(refusal) if refusal else outcome.then(was.EntryCorrected)


def test_a_need_that_a_grant_meets_is_not_struck() -> None:
    past = given(PROPOSED, VOICED, g.meet_need("02-01"))
    past.when(g.correct_directory("03-01", entry=1, struck=True)).refused(UnknownNeed, "no longer hold")
    past.given(g.correct_directory("03-01", entry=2, struck=True))
    past.when(g.correct_directory("03-02", entry=1, struck=True)).then(was.EntryCorrected)
