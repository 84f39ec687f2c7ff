"""Institutions that grants, letters, activities and payments name: known on the day, and true for ever.

MOA, the Ministry of Agriculture, is registered on 10 January 2017, the day of the proposal.
"""

from typing import Any

import pytest

from lifecycle.decide import needs_directory
from lifecycle.decide.grant_history import GrantHistory
from lifecycle.directory.institutions import UnknownInstitution
from lifecycle.grant import events as was
from lifecycle.grant.agreement import InstitutionMissing
from lifecycle.grant.proposal.request import request_digest
from lifecycle.kernel.command import Command, GrantCommand
from lifecycle.kernel.refusals import FieldNotCorrectable, NotYetEffective
from lifecycle.parse import Malformed
from support import given as g
from support.given import APPROVED, EFFECTIVE, PROPOSED, Make, given

REGISTERED = [g.register_institution("01-10")]
MOA = [{"institution": "MOA", "role": "receiving"}]
LETTERS = [
    {"country": country, "ministry": "Ministry of Agriculture", "dated": "2017-01-05", "institution": "MOA"}
    for country in ("TZ", "UG")
]
AT = [{"institution": "MOA", "role": "host"}, {"institution": "MOA"}]
NAMING: dict[str, tuple[list[Command], Make, dict[str, Any]]] = {
    "a proposal": ([], g.propose, {"institutions": MOA}),
    "a revision": (PROPOSED, g.revise, {"institutions": MOA}),
    "a letter": (PROPOSED, g.request, {"letters": LETTERS}),
    "a restructuring": (APPROVED, g.restructure, {"institutions": MOA}),
    "a planned activity": (APPROVED, g.plan, {"institutions": AT}),
    "a held activity": (EFFECTIVE, g.hold, {"institutions": AT, "ends": "2017-06-10"}),
    "a payment": (EFFECTIVE, g.request_payment, {"payee_institution": "MOA"}),
    "an irregular payment": (EFFECTIVE, g.irregular, {"payee_institution": "MOA"}),
    "a grant that is brought forward": ([], g.bring_forward, {"institutions": MOA}),
}
"""For each entry that may name institutions: what comes before it, its maker, and the fields for it."""


@pytest.mark.parametrize("named", NAMING)
@pytest.mark.parametrize(("registered", "known"), [("06-09", True), ("06-10", True), ("06-11", False)])
def test_an_institution_is_named_from_the_day_on_which_it_is_registered(
    named: str, registered: str, known: bool
) -> None:
    before, make, fields = NAMING[named]
    outcome = given(before, g.register_institution(registered)).when(make("06-10", **fields))
    if known:
        assert outcome.refusal is None
    else:
        outcome.refused(UnknownInstitution, "MOA is registered from 2017-06-11 on, which is after 2017-06-10")


def test_an_unknown_institution_is_refused_with_the_nearest_ones() -> None:
    past = given(REGISTERED, g.register_institution("01-11", institution="MOAB", name="Later"))
    past.when(g.propose("01-10", institutions=[{"institution": "MOAX", "role": "providing"}])).refused(
        UnknownInstitution, "no institution MOAX was registered by 2017-01-10; did you mean MOA?"
    )


def test_what_the_stage_forbids_is_refused_first() -> None:
    given(APPROVED).when(g.request_payment("02-11", payee_institution="NONE")).refused(NotYetEffective)


@pytest.mark.parametrize(("day", "known"), [("01-09", True), ("01-10", True), ("01-11", False)])
def test_a_late_registration_on_an_earlier_day_lets_the_grant_name_it(day: str, known: bool) -> None:
    past = given(PROPOSED)
    revision = g.revise("01-10", institutions=MOA)
    past.when(revision).refused(UnknownInstitution)
    past.given(g.register_institution(day))
    outcome = past.when(revision)
    outcome.then(was.ProposalRevised) if known else outcome.refused(UnknownInstitution)


@pytest.mark.parametrize(("on", "known"), [("01-09", False), ("01-10", True), ("01-11", True)])
def test_an_entry_that_names_one_is_late_or_moves_only_to_days_on_which_it_was_known(
    on: str, known: bool
) -> None:
    past = given(
        g.propose("01-08"), REGISTERED, g.revise("01-12", institutions=MOA), g.revise("01-20", months=9)
    )
    late = past.when(g.revise(on, institutions=[{"institution": "MOA", "role": "implementing"}]))
    moved = past.when(g.correct("02-01", entry=past.version(was.ProposalRevised), reads={"on": f"2017-{on}"}))
    if known:
        assert (late.refusal, moved.refusal) == (None, None)
    else:
        late.refused(UnknownInstitution)
        moved.refused(UnknownInstitution, "entry 2 (ProposalRevised, 2017-01-09) would no longer hold")


def test_a_correction_names_only_known_institutions() -> None:
    past = given(REGISTERED, PROPOSED)
    for id, known in (("MOA", True), ("MOAX", False)):
        change = {"institutions": [{"institution": id, "role": "receiving"}]}
        outcome = past.when(g.correct("02-01", entry=1, reads=change))
        outcome.then(was.EntryCorrected) if known else outcome.refused(UnknownInstitution)


@pytest.mark.parametrize(("on", "known"), [("01-09", False), ("01-10", True), ("01-11", True)])
def test_an_entry_that_a_correction_let_name_one_moves_only_to_days_on_which_it_was_known(
    on: str, known: bool
) -> None:
    past = given(REGISTERED, g.propose("01-12"), g.correct("02-01", entry=1, reads={"institutions": MOA}))
    moved = past.when(g.correct("02-02", entry=1, reads={"on": f"2017-{on}"}))
    moved.then(was.EntryCorrected) if known else moved.refused(UnknownInstitution)


def test_a_struck_correction_brings_back_no_institution_that_was_not_known_on_the_day() -> None:
    past = given(REGISTERED, g.propose("01-12"), g.correct("02-01", entry=1, reads={"institutions": MOA}))
    past.given(
        g.correct("02-02", entry=2, struck=True, actor="a.prover"),
        g.correct("02-03", entry=1, reads={"on": "2017-01-09"}),
    )
    past.when(g.correct("02-04", entry=3, struck=True)).refused(UnknownInstitution)


@pytest.mark.parametrize(("on", "allowed"), [("2017-01-09", True), ("2017-01-11", False)])
def test_what_named_an_institution_stays_true_if_its_registration_is_corrected(
    on: str, allowed: bool
) -> None:
    past = given(REGISTERED, g.propose("01-10", institutions=MOA))
    outcome = past.when(g.correct_directory("02-01", entry=1, reads={"on": on}))
    outcome.then(was.EntryCorrected) if allowed else outcome.refused(FieldNotCorrectable)
    past.when(g.correct_directory("02-01", entry=1, struck=True)).refused(FieldNotCorrectable)


def test_an_earlier_day_of_registration_stays_if_the_correction_would_be_struck() -> None:
    past = given(REGISTERED, g.correct_directory("02-01", entry=1, reads={"on": "2017-01-05"}))
    past.given(g.propose("01-05", institutions=MOA))
    past.when(g.correct_directory("02-02", entry=2, struck=True, actor="a.prover")).refused(
        FieldNotCorrectable
    )


# ── what is named, and how ───────────────────────────────────────────────────────────────────


def test_a_revision_and_a_restructuring_name_all_institutions_from_then_on() -> None:
    past = given(REGISTERED, g.propose("01-10", institutions=MOA))
    assert [(named.institution, named.role) for named in past.grant.institutions] == [("MOA", "receiving")]
    other = [{"institution": "MOA", "role": "implementing"}]
    past.given(g.revise("01-11", institutions=other))
    assert [named.role for named in past.grant.institutions] == ["implementing"]


def test_one_institution_has_each_role_once() -> None:
    with pytest.raises(Malformed, match="MOA is named twice as receiving"):
        g.propose("01-10", institutions=[*MOA, *MOA])
    with pytest.raises(Malformed, match="MOA is named twice as host"):
        g.hold("06-10", institutions=[AT[0], AT[0]])


def test_a_payee_is_named_in_words_or_as_an_institution() -> None:
    past = given(EFFECTIVE, g.register_institution("01-10"))
    past.given(g.request_payment("04-10", payee=None, payee_institution="MOA"))
    payment = past.grant.payments["P1"]
    assert (payment.payee, payment.payee_institution) == ("", "MOA")
    for make in (g.request_payment, g.irregular):
        with pytest.raises(Malformed, match="name the payee"):
            make("04-10", payee=None)


def test_an_approval_binds_the_institutions_and_those_that_signed() -> None:
    past = given(REGISTERED, PROPOSED, g.request("01-20"))
    plain = request_digest(past.grant)
    with_role = past.copy().given(g.revise("01-21", institutions=MOA)).grant
    signed = given(REGISTERED, PROPOSED, g.request("01-20", letters=LETTERS)).grant
    assert len({plain, request_digest(with_role), request_digest(signed)}) == 3


@pytest.mark.parametrize(("role", "enough"), [("implementing", True), ("receiving", False)])
def test_an_implementing_institution_is_the_one_that_a_window_asks_for(role: str, enough: bool) -> None:
    plan = ["documenting_and_sharing", "solving_and_scaling"]
    named = [{"institution": "MOA", "role": role}]
    past = given(
        REGISTERED,
        g.propose("01-10", window="oks", capabilities_planned=plan, institutions=named),
        g.request("01-20"),
    )
    outcome = past.when(g.approve("02-10"))
    assert outcome.refusal is None if enough else type(outcome.refusal) is InstitutionMissing


# ── cost ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("named", NAMING)
def test_the_directory_is_read_only_if_an_institution_is_named(named: str) -> None:
    _, make, fields = NAMING[named]
    with_one, without = make("06-10", **fields), make("06-10", **({"months": 9} if make is g.revise else {}))
    assert isinstance(with_one, GrantCommand)
    assert isinstance(without, GrantCommand)
    assert needs_directory(GrantHistory(), with_one)
    assert not needs_directory(GrantHistory(), without)
