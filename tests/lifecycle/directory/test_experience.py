"""Offers of experience, needs and the use of stories.

India offers its dairy cooperatives on 10 January 2017; Tanzania voices a need on the same day.
"""

import pytest

from lifecycle.directory import events as was
from lifecycle.directory.experience import (
    GrantNotApproved,
    InstitutionOfOtherCountry,
    NeedAlreadyMet,
    NeedIdTaken,
    NeedOfOtherCountry,
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
from support.given import APPROVED, FOLLOW_UP, given
from support.reading import of

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
    offer = g.offer_experience(on, country="TZ", institution="MOA")
    for command in (offer, g.voice_need(on, institution="MOA")):
        outcome = past.when(command)
        outcome.then(type(command.event)) if known else outcome.refused(UnknownInstitution)
    past.when(g.voice_need("02-01", institution="MOAX")).refused(UnknownInstitution, "did you mean MOA?")


@pytest.mark.parametrize(("country", "allowed"), [("TZ", True), (None, True), ("UG", False)])
def test_an_offer_and_a_need_name_an_institution_of_their_own_country(
    country: str | None, allowed: bool
) -> None:
    past = given(g.register_institution("01-10", country=country))
    offer = g.offer_experience("01-10", country="TZ", institution="MOA")
    for command in (offer, g.voice_need("01-10", institution="MOA")):
        outcome = past.when(command)
        if allowed:
            outcome.then(type(command.event))
        else:
            outcome.refused(InstitutionOfOtherCountry, "MOA is in UG, and not in TZ: name one of TZ")


def test_an_institution_stays_in_the_country_of_what_names_it() -> None:
    past = given(g.register_institution("01-10"), g.voice_need("01-11", institution="MOA"))
    moved = g.correct_directory("02-01", entry=1, reads={"country": "UG"})
    past.when(moved).refused(InstitutionOfOtherCountry, "(NeedVoiced, 2017-01-11) would no longer hold")
    past.when(g.correct_directory("02-01", entry=2, reads={"country": "UG"})).refused(
        InstitutionOfOtherCountry
    )


def test_an_offer_is_withdrawn_once_and_after_it_was_made() -> None:
    past = given(OFFERED)
    past.when(g.withdraw_offer("01-09")).refused(UnknownOffer)
    past.when(g.withdraw_offer("01-10")).then(was.OfferWithdrawn)
    past.given(g.withdraw_offer("03-01"))
    past.when(g.withdraw_offer("03-02")).refused(OfferAlreadyWithdrawn, "2017-03-01")
    past.when(g.withdraw_offer("02-28")).refused(OfferAlreadyWithdrawn, "no longer hold")


def test_a_need_is_met_by_one_grant_once_it_is_voiced() -> None:
    past = given(APPROVED, g.voice_need("03-10"))
    past.when(g.meet_need("03-09")).refused(UnknownNeed)
    past.when(g.meet_need("03-10")).then(was.NeedMet, grant=g.G)
    past.given(g.meet_need("04-01"))
    for on in ("03-31", "04-01", "04-02"):
        past.when(g.meet_need(on)).refused(NeedAlreadyMet, f"{g.G} meets TZ-DAIRY since 2017-04-01")
    need = past.directory.directory.needs["TZ-DAIRY"]
    assert (need.met_by, need.met_on) == (g.G, g.day("04-01"))


@pytest.mark.parametrize(
    ("on", "refusal"),
    [
        ("01-09", UnknownGrant),
        ("01-10", GrantNotApproved),
        ("02-09", GrantNotApproved),
        ("02-10", None),
        ("02-11", None),
    ],
)
def test_a_need_is_met_by_a_grant_that_is_approved(on: str, refusal: type[Refusal] | None) -> None:
    past = given(APPROVED, g.voice_need("01-01"))
    outcome = past.when(g.meet_need(on))
    outcome.refused(refusal, on) if refusal else outcome.then(was.NeedMet)
    past.when(g.meet_need("03-01", grant="SSF-9")).refused(UnknownGrant, "SSF-9")


def test_a_need_is_met_by_a_grant_in_which_its_country_receives() -> None:
    past = given(APPROVED, g.voice_need("01-01", country="KE"))
    past.when(g.meet_need("03-01")).refused(
        NeedOfOtherCountry, "TZ-DAIRY is a need of KE; in SSF-1 TZ, UG receives"
    )
    # On the day and as it is after a restructuring, which is how the grant stands then.
    past.given(g.restructure("03-02", recipients=["TZ", "KE"]))
    past.when(g.meet_need("03-01")).refused(NeedOfOtherCountry)
    past.when(g.meet_need("03-02")).then(was.NeedMet)


# ── a grant that ends early ──────────────────────────────────────────────────────────────────

OTHER = of("SSF-2", APPROVED)


@pytest.mark.parametrize(("on", "refusal"), [("04-30", NeedAlreadyMet), ("05-01", None), ("05-02", None)])
def test_another_grant_meets_a_need_whose_grant_has_ended_early(
    on: str, refusal: type[Refusal] | None
) -> None:
    past = given(APPROVED, OTHER, g.voice_need("01-01"), g.meet_need("03-01"), g.cancel("05-01"))
    outcome = past.when(g.meet_need(on, grant="SSF-2"))
    outcome.refused(refusal, "SSF-1 meets") if refusal else outcome.then(was.NeedMet)
    past.when(g.meet_need("05-01")).refused(GrantNotApproved, "SSF-1 is cancelled on 2017-05-01")


def test_a_need_stays_met_if_its_grant_is_struck_and_another_one_meets_it() -> None:
    past = given(APPROVED, OTHER, g.voice_need("01-01"), g.meet_need("03-01"))
    past.given(g.strike(past, on_grant.GrantApproved, on="04-01"))
    past.given(g.meet_need("04-02", grant="SSF-2"))
    past.when(g.meet_need("04-03", grant="SSF-2")).refused(NeedAlreadyMet, "SSF-2 meets")


def test_a_late_meeting_leaves_room_for_the_one_that_is_recorded() -> None:
    past = given(APPROVED, OTHER, g.voice_need("01-01"), g.meet_need("05-01"))
    past.when(g.meet_need("04-01", grant="SSF-2")).refused(NeedAlreadyMet, "SSF-1 meets")
    past.given(g.cancel("04-20", grant="SSF-2"))
    past.when(g.meet_need("04-01", grant="SSF-2")).then(was.NeedMet)


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
    [
        ({"grant": "SSF-9"}, UnknownGrant),
        ({"on": "2017-01-09"}, UnknownGrant),
        ({"on": "2017-02-09"}, GrantNotApproved),
        ({"on": "2017-02-10"}, None),
    ],
)
def test_a_correction_asks_for_the_grant_again(reads: dict[str, str], refusal: type[Refusal] | None) -> None:
    past = given(APPROVED, g.voice_need("01-01"), g.meet_need("03-01"))
    outcome = past.when(g.correct_directory("04-01", entry=2, reads=reads))
    outcome.refused(refusal) if refusal else outcome.then(was.EntryCorrected)


def test_a_need_that_a_grant_meets_is_not_struck() -> None:
    past = given(APPROVED, VOICED, g.meet_need("02-10"))
    past.when(g.correct_directory("03-01", entry=1, struck=True)).refused(UnknownNeed, "no longer hold")
    past.given(g.correct_directory("03-01", entry=2, struck=True))
    past.when(g.correct_directory("03-02", entry=1, struck=True)).then(was.EntryCorrected)
