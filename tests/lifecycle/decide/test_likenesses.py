"""An id that differs from a known one only in case or in marks between words is refused (domain §2)."""

import time

import pytest

from lifecycle.decide import GrantHistory
from lifecycle.fund import events as on_fund
from lifecycle.fund.contributions import PartnerAlreadyJoined
from lifecycle.grant import events as was
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import Entry
from lifecycle.kernel.likeness import TooLikeKnownId, likeness, not_too_like
from lifecycle.kernel.refusals import DecidesOwnRequest, NotAnOfficer
from support import given as g
from support.given import (
    EFFECTIVE,
    Make,
    Past,
    given,
    reads,
    strike,
)


@pytest.mark.case("X6")
@pytest.mark.parametrize(
    ("id", "other", "looks_alike"),
    [
        ("ttl", "TTL", True),
        ("ttl", "ttl.", True),
        ("ttl", "-t-t-l", False),
        ("a.prover", "A_Prover", True),
        ("a.prover", "a-/_.prover", True),
        ("a.prover", "aprover", False),
        ("P1", "p1/", True),
        ("P1", "P-1", False),
        ("a b", "a.b", True),
        ("ﬁnance", "FINANCE", True),
        ("Straße", "STRASSE", True),
        ("a@b", "a.b", False),
        ("a+b", "a b", False),
    ],
)
def test_ids_that_differ_in_case_or_marks_only_look_alike(id: str, other: str, looks_alike: bool) -> None:
    assert (likeness(id) == likeness(other)) is looks_alike


def test_a_new_id_is_soon_compared_with_thousands() -> None:
    """A grant may have thousands of payments. Their keys are kept."""
    payments = {f"P{number}": None for number in range(10_000)}
    not_too_like("PX", payments, "payment")
    before = time.process_time()
    for number in range(100):
        not_too_like(f"Q{number}", payments, "payment")
    assert time.process_time() - before < 0.5
    with pytest.raises(TooLikeKnownId, match="looks like the payment P77"):
        not_too_like("p77", payments, "payment")


@pytest.mark.case("X6")
def test_an_officer_is_not_appointed_under_another_spelling() -> None:
    past = given(g.appoint("2012-01-01", officer="ttl"))
    for spelling in ("TTL", "ttl.", "Ttl-", "ttl_"):
        past.when(g.appoint("2012-01-02", officer=spelling)).refused(TooLikeKnownId, "officer ttl")
    past.when(g.appoint("2011-01-02", officer="TTL")).refused(TooLikeKnownId)  # learned of late
    past.record(g.appoint("2012-01-02", officer="ttl", roles=["finance"])).then(on_fund.OfficerAppointed)
    past.record(g.appoint("2012-01-02", officer="t-tl")).then(on_fund.OfficerAppointed)
    gone = past.copy().given(g.retire("2013-01-01", officer="ttl"))
    gone.when(g.appoint("2013-01-02", officer="TTL")).refused(TooLikeKnownId)
    entry = past.fund_version(on_fund.OfficerAppointed, len(g.OFFICERS) + 3)
    change = g.correct_fund("2014-01-01", entry=entry, reads={"officer": "TTL"})
    past.when(change).refused(TooLikeKnownId)


@pytest.mark.case("X6")
def test_a_refusal_names_the_known_spelling_of_an_acting_officer() -> None:
    past = given()
    past.when(g.propose("01-10", actor="T.Leader")).refused(NotAnOfficer, "did you mean t.leader?")
    past.when(g.propose("01-10", actor="somebody")).refused(NotAnOfficer, "an administrator appoints")
    retired = past.copy().given(g.retire("2013-01-01", officer="t.leader"))
    too_late = retired.when(g.propose("2013-01-02", actor="t.leader"))
    too_late.refused(NotAnOfficer, "the officer is ttl from 2008-10-01 to 2012-12-31")
    past.given(g.propose("01-10"), g.request("01-20"))
    past.when(g.review("01-21", actor="R-VIEWER")).refused(NotAnOfficer, "r.viewer")


@pytest.mark.case("X6")
def test_a_partner_does_not_join_under_another_spelling() -> None:
    past = given()
    past.when(g.join("2012-01-01", partner="dk")).refused(TooLikeKnownId, "partner DK")
    past.when(g.join("2012-01-01", partner="DK.")).refused(TooLikeKnownId)
    past.when(g.join("2012-01-01", partner="DK")).refused(PartnerAlreadyJoined)
    past.given(g.join("2012-01-01", partner="ES", name="Spain"))
    entry = past.fund_version(on_fund.PartnerJoined, 2)
    past.when(g.correct_fund("2014-01-01", entry=entry, reads={"partner": "Dk"})).refused(TooLikeKnownId)
    past.when(g.correct_fund("2014-01-01", entry=entry, reads={"partner": "Es"})).then(EntryCorrected)


ITEMS: list[tuple[Make, str, str, type[was.PaymentRequested | was.ActivityPlanned | was.FollowUpAgreed]]] = [
    (g.request_payment, "payment", "P-1", was.PaymentRequested),
    (g.plan, "activity", "A-1", was.ActivityPlanned),
    (g.agree, "follow_up", "F-1", was.FollowUpAgreed),
]


@pytest.mark.case("X6")
@pytest.mark.parametrize(("make", "field", "id", "event"), ITEMS, ids=["payment", "activity", "follow-up"])
def test_a_grants_items_differ_in_more_than_their_spelling(
    make: Make, field: str, id: str, event: type[was.PaymentRequested]
) -> None:
    like, further = id.lower().replace("-", "_"), f"{id}-2"
    past = given(EFFECTIVE, make("04-10", **{field: id}))
    past.when(make("04-11", **{field: like})).refused(TooLikeKnownId, id)
    past.when(make("04-09", **{field: like})).refused(TooLikeKnownId, f"use {id}")
    past.given(make("04-11", **{field: further}))
    past.when(reads(past, event, 2, **{field: like})).refused(TooLikeKnownId)
    past.when(reads(past, event, 1, **{field: further.lower()})).refused(TooLikeKnownId)
    past.when(reads(past, event, 1, **{field: like})).then(EntryCorrected)


@pytest.mark.case("X6")
def test_an_unplanned_activity_and_an_irregular_payment_have_distinct_ids_too() -> None:
    past = given(EFFECTIVE, g.plan("04-10"), g.request_payment("04-10"))
    past.when(g.hold("06-16", activity="a1")).refused(TooLikeKnownId, "activity A1")
    past.record(g.hold("06-16", activity="A1")).then(was.ActivityHeld)
    past.when(g.irregular("06-16", payment="p1")).refused(TooLikeKnownId, "payment P1")
    past.given(g.irregular("06-16", payment="X1"))
    past.when(g.request_payment("06-17", payment="x1.")).refused(TooLikeKnownId, "payment X1")


def old(entry: Entry) -> Entry:
    """Return the entry as older books have it, of rule set 1."""
    return entry._replace(rules=1)


def with_both_spellings() -> Past:
    """Return the past of an older book, with a payment in two spellings."""
    past = given(EFFECTIVE, g.request_payment("04-10"), g.request_payment("04-11", payment="P2"))
    *before, last = past.grants[g.G].entries
    renamed = last._replace(event=last.event.model_copy(update={"payment": "p1"}))
    past.grants[g.G] = GrantHistory.of([old(entry) for entry in (*before, renamed)])
    return past


@pytest.mark.case("X6")
def test_an_older_book_with_both_spellings_goes_on() -> None:
    past = with_both_spellings()
    assert set(past.grant.payments) == {"P1", "p1"}
    past.given(g.authorise("04-20", payment="p1"), g.authorise("04-20"))
    past.record(g.cost("04-01")).then(was.CostRecorded)  # late
    past.record(reads(past, was.GrantProposed, title="Milk")).then(EntryCorrected)
    past.when(g.request_payment("04-21", payment="P1.")).refused(TooLikeKnownId)
    past.when(g.request_payment("04-01", payment="P1.")).refused(TooLikeKnownId)


@pytest.mark.case("X6")
def test_a_correction_gives_no_payment_of_an_older_book_an_id_like_a_later_one() -> None:
    past = given(EFFECTIVE, g.request_payment("04-10"), g.request_payment("04-11", payment="P2"))
    past.grants[g.G] = GrantHistory.of([old(entry) for entry in past.grants[g.G].entries])
    past.when(reads(past, was.PaymentRequested, 1, payment="p2")).refused(TooLikeKnownId, "P2 looks like")
    past.when(reads(past, was.PaymentRequested, 1, payment="P3")).then(EntryCorrected)


@pytest.mark.case("X6")
def test_an_id_does_not_come_back_beside_another_spelling_of_it() -> None:
    past = given(EFFECTIVE, g.request_payment("04-10"))
    past.record(strike(past, was.PaymentRequested)).then(EntryCorrected)
    past.record(g.request_payment("04-11", payment="p1")).then(was.PaymentRequested)
    back = g.but(strike(past, EntryCorrected), actor="a.prover")
    past.when(back).refused(TooLikeKnownId)


@pytest.mark.case("X6")
def test_four_eyes_are_not_evaded_by_another_spelling() -> None:
    past = given(EFFECTIVE, g.appoint("2012-01-01", officer="ttl", roles=["ttl", "finance"]))
    past.given(g.request_payment("04-10", actor="ttl"))
    past.when(g.authorise("04-11", actor="ttl")).refused(DecidesOwnRequest)
    past.when(g.appoint("2012-01-01", officer="TTL", roles=["finance"])).refused(TooLikeKnownId)
