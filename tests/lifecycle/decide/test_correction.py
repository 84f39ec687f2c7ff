"""What may be corrected, what follows from it, and that a broken invariant does not block other commands."""

from datetime import date

import pytest

from lifecycle.decide.correction.target import NothingCorrected
from lifecycle.fund import events as on_fund
from lifecycle.fund.contributions import UnknownInstalment
from lifecycle.grant import events as was
from lifecycle.grant.closure import PaymentsUnfinished
from lifecycle.grant.proposal.request import LetterMissing
from lifecycle.grant.proposal.review import AboveMaximumAmount
from lifecycle.grant.results.reporting import ActivitiesStillPlanned
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.refusals import (
    DecidesOwnRequest,
    ExceedsUndisbursedBalance,
    FieldNotCorrectable,
    NoEditionInForce,
    NotAnOfficer,
    Refusal,
)
from lifecycle.parse import Malformed
from support import given as g
from support.given import (
    APPROVED,
    CLOSED,
    EFFECTIVE,
    PAID,
    PROPOSED,
    REQUESTED,
    SIGNED,
    G,
    given,
)


@pytest.mark.parametrize(
    "words",
    [{}, {"reads": {"amount": "1.00 USD"}, "struck": True}, {"reads": {}}, {"reads": {"actor": "x"}}],
)
def test_a_correction_either_reads_or_strikes(words: dict[str, object]) -> None:
    with pytest.raises(Malformed, match="reads"):
        g.correct("2018-06-01", entry=1, **words)


# ── what stays as it was ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "value"), [("edition", "2008-10"), ("edition", "none"), ("request_digest", "0" * 64)]
)
def test_a_field_that_follows_from_others_is_not_corrected(field: str, value: str) -> None:
    past = given(APPROVED)
    past.when(g.correct("02-20", entry=3, reads={field: value})).refused(FieldNotCorrectable, field)


def test_the_edition_of_a_restructuring_is_not_corrected() -> None:
    past = given(APPROVED, g.restructure("02-15"))
    past.when(g.correct("02-20", entry=4, reads={"edition": "none"})).refused(FieldNotCorrectable)


@pytest.mark.parametrize(("field", "value"), [("currency", "EUR"), ("on", "2009-01-01")])
def test_what_the_book_rests_on_is_not_corrected(field: str, value: str) -> None:
    given().when(g.correct_fund("02-20", entry=1, reads={field: value})).refused(FieldNotCorrectable, field)


# ── the edition follows the day ──────────────────────────────────────────────────────────────

OLD = [g.propose("2016-12-01"), g.request("2016-12-02")]


@pytest.mark.parametrize(
    ("on", "edition"), [("2016-12-30", "2008-10"), ("2017-01-01", "2017-01"), ("2017-01-02", "2017-01")]
)
def test_an_approval_on_another_day_is_under_that_days_edition(on: str, edition: str) -> None:
    past = given(OLD, g.approve("2016-12-31"))
    past.given(g.correct("02-20", entry=3, reads={"on": on}))
    assert past.grant.edition == edition


def test_an_approval_moved_there_and_back_is_under_the_first_edition() -> None:
    past = given(OLD, g.approve("2016-12-31"), g.correct("02-20", entry=3, reads={"on": "2017-01-05"}))
    assert past.grant.edition == "2017-01"
    past.given(g.correct("02-21", entry=3, reads={"on": "2016-12-30"}))
    assert past.grant.edition == "2008-10"


def test_a_correction_that_is_struck_leaves_the_first_edition() -> None:
    past = given(OLD, g.approve("2016-12-31"), g.correct("02-20", entry=3, reads={"on": "2017-01-05"}))
    past.given(g.correct("02-21", actor="a.prover", entry=4, struck=True))
    assert past.grant.edition == "2008-10"


def test_an_approval_is_not_moved_to_where_its_edition_refuses_it() -> None:
    past = given(OLD, g.approve("2017-01-01", amount="150000.01 USD"))
    past.when(g.correct("02-20", entry=3, reads={"on": "2016-12-31"})).refused(AboveMaximumAmount)


def test_an_approval_is_not_moved_to_where_no_edition_holds() -> None:
    ours = [
        edition.model_copy(update={"from_": date(2017, 2, 10)}) for edition in given().fund.editions.values()
    ]
    past = given(REQUESTED, g.approve("02-15"), editions=ours)
    for on, holds in (("2017-02-09", False), ("2017-02-10", True), ("2017-02-11", True)):
        outcome = past.when(g.correct("02-20", entry=3, reads={"on": on}))
        outcome.then(
            EntryCorrected, on_fund.CommitmentIncreased, on_fund.CommitmentReleased
        ) if holds else outcome.refused(NoEditionInForce)


def test_four_eyes_are_refused_before_a_missing_edition() -> None:
    ours = [
        edition.model_copy(update={"from_": date(2018, 1, 1)}) for edition in given().fund.editions.values()
    ]
    both = g.appoint(g.START, officer="t.leader", roles=["approver"])
    past = given(both, REQUESTED, editions=ours)
    past.when(g.approve("02-10", actor="t.leader")).refused(DecidesOwnRequest)
    past.when(g.approve("02-10")).refused(NoEditionInForce)


# ── late decisions leave later decisions as they were decided ────────────────────────────────


def test_a_late_request_leaves_the_later_one_possible() -> None:
    past = given(EFFECTIVE, g.request_payment("04-10", amount="90000.00 USD"))
    past.when(g.request_payment("04-05", payment="P2", amount="0.01 USD")).refused(
        ExceedsUndisbursedBalance, "entry"
    )


def test_a_late_request_leaves_the_closure_possible() -> None:
    given(CLOSED).when(g.request_payment("04-15", payment="P7")).refused(PaymentsUnfinished, "GrantClosed")


def test_a_late_plan_leaves_the_completion_possible() -> None:
    given(CLOSED).when(g.plan("06-01")).refused(ActivitiesStillPlanned, "ImplementationCompleted")


def test_a_revised_request_keeps_its_letters() -> None:
    past = given(REQUESTED)
    past.when(g.revise("01-25", recipients=["TZ", "UG", "KE"])).refused(LetterMissing, "KE")
    past.when(g.revise("01-25", recipients=["TZ"])).then(was.ProposalRevised)


# ── what happened is recorded, and so is what follows ────────────────────────────────────────

LATE: list[tuple[Command, type[Event]]] = [
    (g.attach("06-01"), was.DocumentAttached),
    (g.cost("06-01"), was.CostRecorded),
    (g.co_finance("06-01"), was.CoFinancingRecorded),
    (g.report_progress("06-01"), was.ProgressReported),
]
BROKEN: dict[str, tuple[list[Command], list[Command]]] = {
    "a refund learned of after the closure": (CLOSED, [g.refund("2018-05-15")]),
    "a failure learned of after the closure": (CLOSED, [g.fail("2018-05-15")]),
    "a corrected cancellation of what the bank had paid": (
        [*PAID, g.cancel_balance("06-05", amount="88000.00 USD")],
        [
            g.correct("06-10", entry=9, reads={"amount": "87000.00 USD"}),
            g.irregular("05-20", amount="88000.00 USD"),
        ],
    ),
    "an approval that was for less than is asked": (
        [*EFFECTIVE, g.request_payment("06-10", amount="90000.00 USD")],
        [g.correct("06-20", entry=3, reads={"amount": "80000.00 USD"})],
    ),
    "an activity that was not held": (
        [*EFFECTIVE, g.plan("04-10"), g.hold("06-16"), g.complete("2018-01-01")],
        [g.correct("2018-02-01", entry=7, struck=True)],
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_invariant_does_not_block_other_commands(case: str) -> None:
    life, breach = BROKEN[case]
    past = given(life, breach)
    for command, event in LATE:
        past.when(command).then(event)
    past.when(g.correct("2018-12-31", entry=1, reads={"title": "Milk"})).then(EntryCorrected)


@pytest.mark.parametrize(
    "life",
    [
        pytest.param(
            [g.schedule("2014-01-02"), g.receive("2012-02-01", instalment="I1")],
            id="received before it was scheduled",
        ),
        pytest.param(
            [
                g.appoint("2012-01-01"),
                g.retire("2012-03-01", officer="n.ew"),
                g.retire("2012-02-01", officer="n.ew"),
            ],
            id="retired twice",
        ),
        pytest.param(
            [
                g.charge_fee("2012-01-01", amount="500000.00 USD"),
                g.credit_income("2012-01-01", amount="100.00 USD"),
                g.charge_fee("2012-01-02", amount="100.00 USD"),
                g.credit_income("2012-01-02", amount="100.00 USD"),
                g.charge_fee("2012-01-01", amount="100.00 USD"),
            ],
            id="fees and income of the same days",
        ),
    ],
)
def test_accepted_commands_do_not_block_a_correction_of_the_fund(life: list[Command]) -> None:
    past = given()
    for command in life:
        if past.record(command).refusal is not None:
            return  # refused at once: no accepted command can stand in the way of a correction
    past.when(g.correct_fund("02-20", entry=1, reads={"name": "The Fund"})).then(EntryCorrected)


def test_a_correction_of_a_struck_proposal_is_struck_too() -> None:
    """There is no grant before it and none after it: it changes nothing until the proposal is back."""
    past = given(PROPOSED, g.correct("02-20", entry=1, reads={"title": "Milk"}))
    past.given(g.correct("02-20", entry=1, struck=True))
    undone = g.correct("02-20", actor="a.prover", entry=2, struck=True)
    past.when(undone).refused(NothingCorrected)
    past.given(g.correct("02-20", actor="a.prover", entry=3, struck=True), undone)
    assert past.grants[G].grant.title == g.PROPOSED[0].event.title  # type: ignore[attr-defined,union-attr]


def test_an_instalment_is_not_struck_or_renamed_under_its_receipt() -> None:
    past = given(g.schedule("2012-01-02"), g.receive("2012-02-01", instalment="I1"))
    entry = past.fund_version(on_fund.InstalmentScheduled)
    for change in ({"struck": True}, {"reads": {"instalment": "I2"}}):
        past.when(g.correct_fund("02-20", entry=entry, **change)).refused(
            UnknownInstalment, "InstalmentReceived"
        )


def test_somebody_without_a_role_does_not_retire() -> None:
    given().when(g.retire("2012-01-01", officer="ghost")).refused(NotAnOfficer, "ghost")


def test_an_activity_of_a_closed_grant_can_still_be_put_right() -> None:
    past = given(SIGNED, g.make_effective("03-31"), g.hold("06-16"))
    version = past.version(was.ActivityHeld)
    past.given(g.correct("2018-06-01", entry=version, reads={"lessons": "Milk first."}))
    assert past.grants[G].held[-1].event.lessons == "Milk first."  # type: ignore[attr-defined]


@pytest.mark.parametrize("refusal", [FieldNotCorrectable])
def test_a_field_that_cannot_be_corrected_is_refused_before_unknown_fields(refusal: type[Refusal]) -> None:
    past = given(APPROVED)
    past.when(g.correct("02-20", entry=3, reads={"edition": "none", "bogus": 1})).refused(refusal)
