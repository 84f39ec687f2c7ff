"""Institutions: registered once, renamed on a day, corrected and never struck.

MOA, the Ministry of Agriculture, is registered on 10 January 2017.
"""

from datetime import date

import pytest

from lifecycle.decide.correction.target import UnknownEntry
from lifecycle.directory import events as was
from lifecycle.directory.institutions import IdentifierTaken, InstitutionIdTaken, UnknownInstitution
from lifecycle.kernel.likeness import TooLikeKnownId
from lifecycle.kernel.refusals import (
    DatedInFuture,
    DecidesOwnRequest,
    FieldNotCorrectable,
    NothingChanged,
    RoleNotHeld,
)
from support import given as g
from support.given import ONE_DAY, TODAY, given

REGISTERED = [g.register_institution("01-10", identifier="TZ-1")]


def names(past: g.Past, on: str) -> dict[str, str]:
    """Return the name of each institution on a day."""
    return {id: known.name for id, known in past.directory.on(g.day(on)).institutions.items()}


def test_an_institution_is_known_from_its_day_on() -> None:
    given().when(REGISTERED[0]).then(was.InstitutionRegistered, name="Ministry of Agriculture", country="TZ")
    past = given(REGISTERED)
    assert [names(past, day) for day in ("2017-01-09", "2017-01-10")] == [
        {},
        {"MOA": "Ministry of Agriculture"},
    ]


def test_an_id_names_one_institution() -> None:
    past = given(REGISTERED)
    past.when(g.register_institution("01-11", name="Another")).refused(InstitutionIdTaken, "registered on")
    past.when(g.register_institution("01-09", name="Another")).refused(InstitutionIdTaken, "no longer hold")


def test_an_id_that_looks_like_a_known_one_is_refused() -> None:
    past = given(REGISTERED)
    for day in ("01-09", "01-11"):
        past.when(g.register_institution(day, institution="moa.")).refused(TooLikeKnownId, "MOA")


def test_an_identifier_names_one_institution() -> None:
    past = given(REGISTERED)
    other = {"institution": "FOOD", "name": "Food Board"}
    for day in ("01-09", "01-11"):
        past.when(g.register_institution(day, identifier="TZ-1", **other)).refused(
            IdentifierTaken, "TZ-1 is the identifier of"
        )
    for identifier in ("TZ-2", None):
        past.when(g.register_institution("01-11", identifier=identifier, **other)).then(
            was.InstitutionRegistered
        )


@pytest.mark.parametrize(("on", "known"), [("2017-01-09", False), ("2017-01-10", True), ("2017-01-11", True)])
def test_only_a_registered_institution_is_renamed(on: str, known: bool) -> None:
    outcome = given(REGISTERED).when(g.rename_institution(on))
    outcome.then(was.InstitutionRenamed) if known else outcome.refused(UnknownInstitution)


def test_a_mistyped_institution_gets_the_nearest_one() -> None:
    past = given(REGISTERED)
    past.when(g.rename_institution("02-01", institution="MOAX")).refused(
        UnknownInstitution, "did you mean MOA?"
    )


def test_a_new_name_holds_from_its_day_on() -> None:
    past = given(REGISTERED, g.rename_institution("03-01"))
    assert [names(past, day)["MOA"] for day in ("2017-02-28", "2017-03-01")] == [
        "Ministry of Agriculture",
        "Ministry of Food",
    ]


def test_a_new_name_differs() -> None:
    past = given(REGISTERED, g.rename_institution("03-01"))
    past.when(g.rename_institution("03-02")).refused(NothingChanged, "this name already")
    past.when(g.rename_institution("02-01")).refused(NothingChanged, "no longer hold")
    past.when(g.rename_institution("02-01", name="Ministry of Milk")).then(was.InstitutionRenamed)


def test_a_late_name_does_not_replace_a_later_one() -> None:
    past = given(REGISTERED, g.rename_institution("03-01"), g.rename_institution("02-01", name="Late"))
    assert [names(past, day)["MOA"] for day in ("2017-02-01", "2017-03-01")] == ["Late", "Ministry of Food"]


# ── corrections ──────────────────────────────────────────────────────────────────────────────


def test_a_registration_is_corrected_and_never_struck() -> None:
    past = given(REGISTERED)
    past.when(g.correct_directory("02-01", entry=1, struck=True)).refused(FieldNotCorrectable, "MOA")
    past.when(g.correct_directory("02-01", entry=1, reads={"institution": "MOAF"})).refused(
        FieldNotCorrectable, "institution of entry 1"
    )
    past.given(g.correct_directory("02-01", entry=1, reads={"name": "Ministry of Milk"}))
    assert names(past, "2017-01-10") == {"MOA": "Ministry of Milk"}


@pytest.mark.parametrize(("on", "allowed"), [("2017-01-09", True), ("2017-01-11", False)])
def test_a_registration_moves_to_an_earlier_day_only(on: str, allowed: bool) -> None:
    outcome = given(REGISTERED).when(g.correct_directory("02-01", entry=1, reads={"on": on}))
    outcome.then(was.EntryCorrected) if allowed else outcome.refused(FieldNotCorrectable, "only an earlier")


def test_a_new_name_is_struck() -> None:
    past = given(REGISTERED, g.rename_institution("03-01"))
    past.given(g.correct_directory("04-01", entry=2, struck=True))
    assert names(past, "2017-03-01") == {"MOA": "Ministry of Agriculture"}


def test_a_correction_is_held_against_all_later_entries() -> None:
    past = given(REGISTERED, g.rename_institution("03-01"))
    change = g.correct_directory("04-01", entry=1, reads={"name": "Ministry of Food"})
    past.when(change).refused(NothingChanged, "entry 2 (InstitutionRenamed, 2017-03-01) would no longer hold")


def test_who_registered_it_does_not_correct_it() -> None:
    past = given(g.appoint(g.START, officer="s.cretary", roles=["approver"]), REGISTERED)
    past.when(g.correct_directory("02-01", entry=1, reads={"name": "X"}, actor="s.cretary")).refused(
        DecidesOwnRequest
    )
    past.when(g.correct_directory("02-01", entry=2, reads={"name": "X"})).refused(UnknownEntry)


# ── who and when ─────────────────────────────────────────────────────────────────────────────


def test_the_secretariat_registers() -> None:
    given().when(g.register_institution("01-10", actor="t.leader")).refused(RoleNotHeld, "secretariat")


@pytest.mark.parametrize(("days", "allowed"), [(-1, True), (0, True), (1, False)])
def test_nothing_is_registered_on_a_day_to_come(days: int, allowed: bool) -> None:
    on: date = TODAY + days * ONE_DAY
    outcome = given().when(g.register_institution(on))
    outcome.then(was.InstitutionRegistered) if allowed else outcome.refused(DatedInFuture)


@pytest.mark.parametrize("identifier", ["tz-1", "TZ-1 ", " Tz-1"])
def test_an_identifier_is_the_same_whatever_its_case_and_the_blanks_around_it(identifier: str) -> None:
    other = {"institution": "FOOD", "name": "Food Board"}
    given(REGISTERED).when(g.register_institution("01-11", identifier=identifier, **other)).refused(
        IdentifierTaken
    )
