"""Invariants 4, 5 and 7: nobody decides on their own request, and corrections name entries."""

from datetime import date

import pytest

from lifecycle.decide.correction.target import UnknownEntry
from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.grant.payment.disbursement import PaymentNotAuthorised, PaymentsSuspended
from lifecycle.grant.proposal.request import request_digest
from lifecycle.grant.proposal.review import RequestChanged
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.refusals import (
    DecidesOwnRequest,
    ExceedsAvailableFunds,
    ExceedsUndisbursedBalance,
    NotInStage,
    Refusal,
)
from support import given as g
from support.given import (
    APPROVED,
    EFFECTIVE,
    FOLLOW_UP,
    PAID,
    PROPOSED,
    REQUESTED,
    Past,
    given,
    reads,
    strike,
)

# ── 4: nobody decides on their own request ───────────────────────────────────────────────────

BOTH = [
    g.appoint(g.START, officer="b.oth", roles=["ttl", "approver", "reviewer", "secretariat", "finance"]),
]


def own(*commands: Command) -> Past:
    return given(BOTH, *commands)


@pytest.mark.parametrize("prepared", ["proposed", "revised", "requested"])
def test_an_approver_did_not_prepare_the_request(prepared: str) -> None:
    me = "b.oth"
    life = [
        g.propose("01-10", actor=me if prepared == "proposed" else "t.leader"),
        g.revise("01-15", actor=me if prepared == "revised" else "t.leader", title="Milk"),
        g.request("01-20", actor=me if prepared == "requested" else "t.leader"),
    ]
    own(*life).when(g.approve("02-10", actor=me)).refused(DecidesOwnRequest, me)
    own(*life).when(g.approve("02-10")).then(was.GrantApproved, on_fund.FundsCommitted)
    own(*life, g.approve("02-10")).when(g.increase("02-11", actor=me)).refused(DecidesOwnRequest, me)


def test_an_approver_is_not_found_late_to_have_prepared_the_request() -> None:
    past = own(*REQUESTED, g.approve("02-10", actor="b.oth"))
    past.when(g.revise("01-25", actor="b.oth", title="Milk")).refused(DecidesOwnRequest, "GrantApproved")
    past.when(g.revise("01-25", title="Milk")).then(was.ProposalRevised)


def test_a_reviewer_does_not_lead_the_grant() -> None:
    life = [g.propose("01-10", actor="b.oth"), g.request("01-20")]
    own(*life).when(g.review("02-01", actor="b.oth")).refused(DecidesOwnRequest)
    own(*life).when(g.review("02-01")).then(was.ProposalReviewed)


def test_requester_authoriser_and_payer_are_three_officers() -> None:
    past = own(*EFFECTIVE, g.request_payment("04-10", actor="b.oth"))
    past.when(g.authorise("04-20", actor="b.oth")).refused(DecidesOwnRequest, "asked for P1")
    past.when(g.reject("04-20", actor="b.oth")).refused(DecidesOwnRequest, "asked for P1")
    past.given(g.authorise("04-20"))
    past.when(g.disburse("05-01", actor="b.oth")).refused(DecidesOwnRequest, "asked for P1")
    past.when(g.disburse("05-01", actor="f.nance")).refused(DecidesOwnRequest, "authorised P1")
    past.when(g.disburse("05-01")).then(was.FundsDisbursed)


def test_an_authorisation_is_not_struck_under_its_payment() -> None:
    past = given(PAID)
    past.when(strike(past, was.PaymentAuthorised)).refused(PaymentNotAuthorised, "FundsDisbursed")


def test_a_corrector_neither_acted_in_nor_recorded_the_entry() -> None:
    past = given(PAID)
    version = past.version(was.GrantApproved)
    past.when(
        g.correct("2018-06-01", actor="a.prover", entry=version, reads={"amount": "80000.00 USD"})
    ).refused(DecidesOwnRequest, "acted in")
    entered = given(g.appoint(g.START, officer="b.oth", roles=["approver", "administrator"]), PROPOSED)
    entered.record(g.cost("01-11"), recorder="b.oth").then(was.CostRecorded)
    version_entered = entered.version(was.CostRecorded)
    change = {"entry": version_entered, "reads": {"amount": "11.00 USD"}}
    entered.when(g.correct("01-12", actor="b.oth", **change)).refused(DecidesOwnRequest, "recorded")
    entered.when(g.correct("01-12", **change)).then(EntryCorrected)


def test_a_correction_is_struck_by_somebody_else() -> None:
    past = given(PROPOSED, g.correct("01-12", entry=1, reads={"title": "Milk"}))
    past.when(g.correct("01-13", entry=2, struck=True)).refused(DecidesOwnRequest)
    past.record(g.correct("01-13", actor="a.prover", entry=2, struck=True)).then(EntryCorrected)
    assert past.grant.title == "Dairy supply chains"


def test_an_accepter_did_not_submit_the_report() -> None:
    past = own(*FOLLOW_UP, g.submit_report("2018-04-10", actor="b.oth"))
    past.when(g.accept_report("2018-04-20", actor="b.oth")).refused(DecidesOwnRequest)
    past.when(g.accept_report("2018-04-20")).then(was.CompletionReportAccepted)


def test_an_accepter_submitted_no_earlier_report_either() -> None:
    past = own(*FOLLOW_UP, g.submit_report("2018-04-10", actor="b.oth"), g.submit_report("2018-04-12"))
    past.when(g.accept_report("2018-04-20", actor="b.oth")).refused(DecidesOwnRequest, "b.oth submitted")
    past.when(g.accept_report("2018-04-20")).then(was.CompletionReportAccepted)


ME = {"actor": "b.oth"}
DECIDED: dict[str, tuple[list[Command], type[Event], dict[str, object]]] = {
    "a proposer, the approval": (
        [g.propose("01-10", **ME), g.request("01-20"), g.approve("02-10")],
        was.GrantApproved,
        {"amount": "80000.00 USD"},
    ),
    "a reviser, the increase": (
        [PROPOSED[0], g.revise("01-15", sector="milk", **ME), *APPROVED[1:], g.increase("02-11")],
        was.CommitmentIncreased,
        {"amount": "999.00 USD"},
    ),
    "a leader, the review": (
        [g.propose("01-10", **ME), g.request("01-20"), g.review("02-01")],
        was.ProposalReviewed,
        {"advice": "revise"},
    ),
    "a requester, the authorisation": (
        [*EFFECTIVE, g.request_payment("04-10", **ME), g.authorise("04-20")],
        was.PaymentAuthorised,
        {"amount": "1999.00 USD"},
    ),
    "a requester, the rejection": (
        [*EFFECTIVE, g.request_payment("04-10", **ME), g.reject("04-20")],
        was.PaymentRejected,
        {"reason": "no"},
    ),
    "a requester, the payment": (
        [*EFFECTIVE, g.request_payment("04-10", **ME), g.authorise("04-20"), g.disburse("05-01")],
        was.FundsDisbursed,
        {"amount": "1999.00 USD"},
    ),
    "an authoriser, the payment": (
        [*EFFECTIVE, g.request_payment("04-10"), g.authorise("04-20", **ME), g.disburse("05-01")],
        was.FundsDisbursed,
        {"on": "2017-05-02"},
    ),
    "a submitter, the acceptance": (
        [*FOLLOW_UP, g.submit_report("2018-04-10", **ME), g.accept_report("2018-04-20")],
        was.CompletionReportAccepted,
        {"on": "2018-04-21"},
    ),
}


@pytest.mark.parametrize("case", DECIDED)
def test_a_requester_does_not_correct_the_decision(case: str) -> None:
    life, event, fields = DECIDED[case]
    past = own(*life)
    commits = event in {was.GrantApproved, was.CommitmentIncreased}
    pair = [on_fund.CommitmentReleased] if commits else []
    for change in ({"struck": True}, {"reads": fields}):
        correction = g.correct("2018-06-01", entry=past.version(event), **change)
        past.when(g.but(correction, **ME)).refused(DecidesOwnRequest, "b.oth")
        past.when(correction).then(EntryCorrected, *pair)


def test_a_requester_does_not_strike_a_correction_of_the_decision() -> None:
    past = own(g.propose("01-10", **ME), g.request("01-20"), g.approve("02-10"))
    past.given(reads(past, was.GrantApproved, amount="80000.00 USD"))
    change = {"entry": past.version(EntryCorrected), "struck": True}
    past.when(g.correct("2018-06-02", **ME, **change)).refused(DecidesOwnRequest, "b.oth prepared")
    past.when(g.correct("2018-06-02", actor="a.prover", **change)).then(
        EntryCorrected, on_fund.CommitmentIncreased
    )


def test_a_requester_does_not_restore_a_decision() -> None:
    """Nor may they correct the payment of an authorisation to their own."""
    past = own(g.propose("01-10", **ME), g.request("01-20"), g.approve("02-10"))
    past.given(strike(past, was.GrantApproved))
    change = {"entry": past.version(EntryCorrected), "struck": True}
    past.when(g.correct("2018-06-02", **ME, **change)).refused(DecidesOwnRequest, "b.oth prepared")
    two = own(*EFFECTIVE, g.request_payment("04-10"), g.request_payment("04-10", payment="P2", **ME))
    two.given(g.authorise("04-20"))
    mine = g.but(reads(two, was.PaymentAuthorised, payment="P2"), **ME)
    two.when(mine).refused(DecidesOwnRequest, "b.oth asked for P2")


def test_a_preparer_may_correct_a_request_that_another_officer_entered() -> None:
    past = own(g.propose("01-10"), g.revise("01-15", sector="milk", **ME), g.request("01-20"))
    past.when(g.but(reads(past, was.GrantProposed, title="Milk"), **ME)).then(EntryCorrected)


@pytest.mark.parametrize("on", ["2017-01-24", "2017-01-25", "2017-01-26"])
def test_a_corrector_of_an_approval_is_not_found_late_to_have_prepared_the_request(on: str) -> None:
    """The officer corrected the approval, and is then found to have revised the request."""
    life = [g.propose("01-10"), g.request("01-25"), g.approve("02-10")]
    past = own(*life)
    past.given(g.but(reads(past, was.GrantApproved, amount="80000.00 USD"), **ME))
    past.when(g.revise(on, title="Milk", **ME)).refused(DecidesOwnRequest, "EntryCorrected")
    past.record(g.revise(on, title="Milk")).then(was.ProposalRevised)
    past.given(g.correct("2018-06-02", entry=past.version(EntryCorrected), struck=True))
    past.when(g.revise(on, title="Milk", **ME)).then(was.ProposalRevised)


def test_a_request_is_not_brought_back_to_a_corrector_of_its_approval() -> None:
    past = own(g.propose("01-10"), g.revise("01-15", title="Milk", **ME), g.request("01-20"))
    past.given(g.approve("02-10"), strike(past, was.ProposalRevised))
    past.given(g.but(reads(past, was.GrantApproved, amount="80000.00 USD"), **ME))
    back = g.correct("2018-06-02", actor="a.prover", entry=past.version(EntryCorrected), struck=True)
    past.when(back).refused(DecidesOwnRequest, "b.oth prepared")


def test_a_fund_entry_is_corrected_by_another_officer() -> None:
    past = given(BOTH, g.charge_fee("2012-01-01", actor="b.oth"))
    entry = past.fund_version(on_fund.FeeCharged)
    change = {"entry": entry, "reads": {"amount": "9.00 USD"}}
    past.when(g.correct_fund("2012-01-02", actor="b.oth", **change)).refused(DecidesOwnRequest)
    past.when(g.correct_fund("2012-01-02", **change)).then(EntryCorrected)


# ── 5: an approval binds the exact request ───────────────────────────────────────────────────


def test_an_approval_binds_the_request_that_was_read() -> None:
    past = given(REQUESTED)
    digest = request_digest(past.grant)
    past.when(g.approve("02-10", request_digest=digest)).then(was.GrantApproved, on_fund.FundsCommitted)
    past.when(g.approve("02-10", request_digest="0" * 64)).refused(RequestChanged, digest)
    assert past.copy().given(g.approve("02-10")).grant.request_digest == digest


@pytest.mark.parametrize(
    ("change", "is_bound"),
    [
        ({"amount": "99999.00 USD"}, True),
        ({"recipients": ["TZ"]}, True),
        ({"months": 11}, True),
        ({"window": "programmatic"}, True),
        ({"title": "Milk"}, False),
        ({"sector": "dairy"}, False),
    ],
)
def test_an_approval_of_a_request_revised_since_is_refused(change: dict[str, object], is_bound: bool) -> None:
    past = given(REQUESTED)
    digest = request_digest(past.grant)
    for on in ("02-09", "02-10"):
        outcome = past.copy().given(g.revise(on, **change)).when(g.approve("02-10", request_digest=digest))
        outcome.refused(RequestChanged) if is_bound else outcome.then(
            was.GrantApproved, on_fund.FundsCommitted
        )
    past.given(g.revise("02-11", **change)).when(g.approve("02-10", request_digest=digest)).refused(
        NotInStage
    )


@pytest.mark.parametrize(("on", "fits"), [("02-09", False), ("02-10", True)])
def test_a_request_is_not_changed_late_under_its_approval(on: str, fits: bool) -> None:
    """On the day itself the approval comes first: it has the lower version, but is it still revisable?"""
    past = given(APPROVED)
    outcome = past.when(g.revise(on, amount="99999.00 USD"))
    assert outcome.refusal is not None
    assert (type(outcome.refusal) is RequestChanged) is not fits


def test_a_request_is_not_corrected_under_its_approval() -> None:
    past = given(APPROVED)
    past.when(reads(past, was.GrantProposed, months=11)).refused(RequestChanged, "GrantApproved")
    past.when(reads(past, was.GrantProposed, title="Milk")).then(EntryCorrected)


# ── 7: a correction names an entry, never a date ─────────────────────────────────────────────


@pytest.mark.parametrize(("entry", "exists"), [(0, False), (1, True), (2, False)])
def test_a_correction_names_an_entry(entry: int, exists: bool) -> None:
    outcome = given(PROPOSED).when(g.correct("01-20", entry=entry, reads={"title": "Milk"}))
    outcome.then(EntryCorrected) if exists else outcome.refused(UnknownEntry)


def test_a_correction_takes_effect_from_the_corrected_entrys_day() -> None:
    past = given(PAID, g.correct("2020-01-01", entry=3, reads={"amount": "80000.00 USD"}))
    assert past.fund.available.at(date(2017, 2, 10)) == 420_000


@pytest.mark.parametrize("refusal", [ExceedsAvailableFunds, ExceedsUndisbursedBalance, PaymentsSuspended])
def test_the_refusals_of_the_invariants_cite_them(refusal: type[Refusal]) -> None:
    assert "domain §4." in refusal.rule
