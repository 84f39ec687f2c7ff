"""A grant whose earlier life lies elsewhere goes on in this book (domain §14)."""

from decimal import Decimal
from typing import Any

import pytest

from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.grant.budget.within_lines import BudgetDoesNotAddUp
from lifecycle.grant.payment.refund import RefundExceedsDisbursed
from lifecycle.grant.payment.request import PaymentAlreadyFinished, PaymentIdTaken
from lifecycle.grant.proposal.brought_forward import DateMissing, DatesOutOfOrder, TotalsDoNotAddUp
from lifecycle.kernel.guards import CurrencyNotHolding
from lifecycle.kernel.refusals import (
    DecidesOwnRequest,
    EditionTooLate,
    ExceedsAvailableFunds,
    ExceedsUndisbursedBalance,
    NoEditionInForce,
    RoleNotHeld,
    UnknownGrant,
)
from support import given as g
from support.given import given

ON = "2017-06-01"
CLOSED: dict[str, Any] = {
    "stage": "closed",
    "completed_on": "2017-04-01",
    "closed_on": "2017-05-01",
    "disbursed": "90000.00 USD",
}
CANCELLED: dict[str, Any] = {
    "stage": "cancelled",
    "ended_on": "2017-05-01",
    "cancelled": "50000.00 USD",
}
LINES: list[dict[str, Any]] = [
    {"line": "travel", "kind": "travel", "amount": "60000.00 USD", "paid": "30000.00 USD"},
    {"line": "capacity", "capacity": True, "amount": "30000.00 USD", "paid": "10000.00 USD"},
]


def brought(**fields: Any) -> Any:
    """Return a past in which a grant was brought forward with these fields."""
    return given(g.bring_forward(ON, **fields))


# ── what it becomes ──────────────────────────────────────────────────────────────────────────


def test_an_effective_grant_goes_on_with_its_totals() -> None:
    given().when(g.bring_forward(ON, increased="1000.00 USD", refunded="500.00 USD")).then(
        was.GrantBroughtForward, on_fund.FundsCommitted, edition="2017-01", stage="effective"
    )
    grant = brought(increased="1000.00 USD", refunded="500.00 USD").grant
    assert grant.stage == "effective"
    assert grant.brought_forward_on == grant.commitments[0][0] == g.day(ON)
    assert (grant.committed, grant.disbursed, grant.refunded) == (91_000, 40_000, 500)
    assert grant.undisbursed == Decimal("51500.00")
    assert [(line.line, line.amount.amount) for line in grant.budget] == [("brought forward", 91_000)]
    assert grant.proposed_on is None, "the day is not known"
    assert brought(proposed_on="2017-01-05").grant.proposed_on == g.day("2017-01-05")


def test_the_edition_is_that_of_the_approval_or_the_one_that_is_named() -> None:
    assert brought(approved_on="2016-12-31").grant.edition == "2008-10"
    assert brought(approved_on="2001-01-01", signed_on=None).grant.edition == "2008-10", (
        "before the first one"
    )
    assert brought(edition="2008-10").grant.edition == "2008-10"
    given().when(g.bring_forward(ON, edition="2009")).refused(NoEditionInForce, "2008-10, 2017-01")


def test_a_fund_without_an_edition_takes_no_approved_grant() -> None:
    given(editions=[]).when(g.bring_forward(ON)).refused(NoEditionInForce, "adopt one that does")


def test_lines_are_kept_as_given_and_add_up_to_the_commitment() -> None:
    past = brought(lines=LINES)
    assert [(line.line, line.capacity) for line in past.grant.budget] == [
        ("travel", False),
        ("capacity", True),
    ]
    fund = given()
    fund.when(g.bring_forward(ON, lines=LINES[:1])).refused(BudgetDoesNotAddUp, "the lines sum to 60,000.00")
    more = [{**LINES[0], "paid": "60000.01 USD"}, LINES[1]]
    fund.when(g.bring_forward(ON, lines=more)).refused(BudgetDoesNotAddUp, "of line travel, which holds")
    fund.when(g.bring_forward(ON, lines=LINES, disbursed="40000.01 USD")).refused(
        BudgetDoesNotAddUp, "was paid of the lines"
    )
    some = [LINES[0], {**LINES[1], "paid": None}]
    fund.when(g.bring_forward(ON, lines=some)).then(was.GrantBroughtForward, on_fund.FundsCommitted)
    fund.when(g.bring_forward(ON, lines=some, disbursed="29999.99 USD")).refused(BudgetDoesNotAddUp)


@pytest.mark.parametrize(
    "fields",
    [
        {
            "stage": "approved",
            "effective_on": None,
            "closing_date": None,
            "signed_on": None,
            "disbursed": None,
        },
        {"stage": "signed", "effective_on": None, "closing_date": None, "disbursed": None},
        {"stage": "follow_up", "completed_on": "2017-05-01", "report_accepted_on": "2017-05-02"},
        CLOSED,
        CANCELLED,
    ],
    ids=lambda fields: fields["stage"],
)
def test_it_can_be_in_any_stage_from_approval_on(fields: dict[str, Any]) -> None:
    assert brought(**fields).grant.stage == fields["stage"]


def test_a_declined_proposal_has_totals_of_zero_and_nothing_on_the_fund() -> None:
    never = {"stage": "declined", "ended_on": "2017-02-01", "disbursed": None, "approved": "0.00 USD"}
    never |= dict.fromkeys(("approved_on", "signed_on", "effective_on", "closing_date"))
    past = given()
    past.when(g.bring_forward(ON, **never, amount="80000.00 USD")).then(was.GrantBroughtForward, edition=None)
    past.when(g.bring_forward(ON, **never | {"approved": "1.00 USD"})).refused(
        TotalsDoNotAddUp, "was never approved"
    )


# ── what is refused ──────────────────────────────────────────────────────────────────────────


def test_only_an_approver_brings_a_grant_forward() -> None:
    given().when(g.bring_forward(ON, actor="t.leader")).refused(RoleNotHeld)


def test_a_stage_needs_its_dates_and_rules_others_out() -> None:
    past = given()
    past.when(g.bring_forward(ON, effective_on=None, closing_date=None)).refused(
        DateMissing, "needs effective_on and closing_date"
    )
    past.when(g.bring_forward(ON, closed_on=ON)).refused(DateMissing, "that is effective has no closed_on")
    past.when(g.bring_forward(ON, **CANCELLED, closing_date=None)).refused(DateMissing, "needs closing_date")


@pytest.mark.parametrize(
    ("name", "day", "is_possible"),
    [
        ("signed_on", "2017-01-19", False),
        ("signed_on", "2017-01-20", True),
        ("signed_on", "2017-01-21", True),
        ("effective_on", ON, True),
        ("effective_on", "2017-06-02", False),
        ("closing_date", "2017-02-28", False),
        ("closing_date", "2017-03-01", True),
        ("proposed_on", "2017-01-20", True),
        ("proposed_on", "2017-01-21", False),
    ],
)
def test_dates_are_in_the_order_of_a_life(name: str, day: str, is_possible: bool) -> None:
    outcome = given().when(g.bring_forward(ON, **{name: day}))
    if is_possible:
        outcome.then(was.GrantBroughtForward, on_fund.FundsCommitted)
    else:
        outcome.refused(DatesOutOfOrder)


def test_the_report_is_accepted_while_the_grant_lives() -> None:
    past, completed = given(), {"stage": "follow_up", "completed_on": "2017-05-01"}
    past.when(g.bring_forward(ON, **completed, report_accepted_on=ON)).then(
        was.GrantBroughtForward, on_fund.FundsCommitted
    )
    for day in ("2017-06-02", "2017-02-28"):
        past.when(g.bring_forward(ON, **completed, report_accepted_on=day)).refused(DatesOutOfOrder)


@pytest.mark.parametrize(
    ("fields", "saying"),
    [
        ({"disbursed": "90000.01 USD"}, "more than the commitment of 90,000.00 USD"),
        ({"refunded": "40000.01 USD"}, "40,000.01 USD was refunded of 40,000.00 USD disbursed"),
        ({"cancelled": "90000.01 USD", "disbursed": None}, "more than was approved"),
        ({**CANCELLED, "cancelled": "49999.99 USD"}, "0.01 USD more was cancelled"),
        ({**CLOSED, "disbursed": "89999.99 USD"}, "a grant that is closed keeps nothing"),
    ],
)
def test_totals_that_are_not_possible_are_refused(fields: dict[str, Any], saying: str) -> None:
    given().when(g.bring_forward(ON, **fields)).refused(TotalsDoNotAddUp, saying)


def test_totals_on_the_edge_are_taken() -> None:
    for fields in (
        {"disbursed": "90000.00 USD"},
        {"refunded": "40000.00 USD"},
        {"cancelled": "90000.00 USD", "disbursed": None},
        {"approved": "0.00 USD", "disbursed": None},
    ):
        assert given().when(g.bring_forward(ON, **fields)).refusal is None


def test_amounts_are_in_the_holding_currency() -> None:
    for fields in (
        {"approved": "1.00 EUR"},
        {"refunded": "1.00 EUR"},
        {"lines": [{**LINES[0], "paid": "1.00 EUR"}]},
    ):
        given().when(g.bring_forward(ON, **fields)).refused(CurrencyNotHolding)


# ── the fund ─────────────────────────────────────────────────────────────────────────────────


def test_more_than_the_fund_has_is_recorded_and_shown() -> None:
    past = brought(approved="600000.00 USD")
    assert past.fund.available.at(g.day(ON)) == -100_000
    past.when(g.increase("2017-06-02", amount="0.01 USD")).refused(ExceedsAvailableFunds)
    past.when(g.correct("2017-06-03", entry=1, reads={"approved": "700000.00 USD"})).then(
        was.EntryCorrected, on_fund.CommitmentIncreased
    )
    past.when(g.request_payment("2017-06-02", category=None)).then(was.PaymentRequested)


def test_an_edition_cannot_begin_before_an_approval_that_was_brought_forward() -> None:
    edition = {
        "name": "2017-02",
        "from": "2017-01-20",
        "agreement_required": True,
        "disbursement_grace": {"months": 4, "source": "a test"},
        "windows": {"stand_alone": {}},
    }
    past = brought()
    past.when(g.adopt(ON, edition=edition)).refused(EditionTooLate, "2017-01-21")
    past.when(g.adopt(ON, edition={**edition, "from": "2017-01-21"})).then(on_fund.PolicyAdopted)


# ── it goes on as usual ──────────────────────────────────────────────────────────────────────


def test_what_is_left_can_be_paid_and_no_more() -> None:
    past = brought()
    past.when(g.request_payment("2017-06-02", category=None, amount="50000.01 USD")).refused(
        ExceedsUndisbursedBalance
    )
    past.given(
        g.request_payment("2017-06-02", category=None, amount="50000.00 USD"),
        g.authorise("2017-06-03"),
        g.disburse("2017-06-04", amount="50000.00 USD"),
    )
    assert past.grant.undisbursed == 0
    past.when(g.increase("2017-06-05", actor="t.leader")).refused(RoleNotHeld)


def test_the_leader_may_not_approve_more_money() -> None:
    past = brought(leader="a.prover")
    past.when(g.increase("2017-06-05")).refused(DecidesOwnRequest)


def test_money_that_was_paid_before_can_come_back_and_no_more() -> None:
    past = brought(refunded="1000.00 USD")
    past.when(g.refund("2017-06-02", payment=None, amount="39000.01 USD")).refused(RefundExceedsDisbursed)
    past.when(g.refund("2017-06-02", payment="brought-forward", amount="39000.01 USD")).refused(
        RefundExceedsDisbursed
    )
    past.given(g.refund("2017-06-02", payment=None, amount="39000.00 USD"))
    assert past.grant.payments["brought-forward"].net_disbursed == 0
    past.when(g.refund("2017-06-03", payment=None, amount="0.01 USD")).refused(RefundExceedsDisbursed)


def test_the_payments_before_do_not_fail_and_keep_their_name() -> None:
    past = brought()
    past.when(g.fail("2017-06-02", payment="brought-forward")).refused(
        PaymentAlreadyFinished, "record what came back of it with payment refund"
    )
    past.when(g.request_payment("2017-06-02", category=None, payment="brought-forward")).refused(
        PaymentIdTaken
    )


def test_it_is_extended_completed_and_closed() -> None:
    past = brought(disbursed="90000.00 USD").given(
        g.extend("2017-06-02", closing_date="2018-03-01"),
        g.complete("2018-03-01"),
        g.submit_report("2018-04-10"),
        g.accept_report("2018-04-20"),
        g.close("2018-05-01"),
    )
    assert past.grant.stage == "closed"


def test_a_closed_grant_is_opened_again_and_a_cancelled_one_gives_refunds_to_the_fund() -> None:
    assert brought(**CLOSED).given(g.reopen("2017-06-02")).grant.stage == "follow_up"
    past = brought(**CANCELLED)
    assert past.fund.available.at(g.day(ON)) == 460_000
    past.given(g.refund("2017-06-02", payment=None, amount="100.00 USD"))
    assert past.fund.available.at(g.day("2017-06-02")) == 460_100


# ── both timelines ───────────────────────────────────────────────────────────────────────────


def test_nothing_is_recorded_of_a_day_before_it() -> None:
    brought().when(g.plan("2017-05-31")).refused(UnknownGrant, "GrantBroughtForward")


def test_a_late_entry_is_judged_by_what_was_left_on_its_day_and_leaves_later_days_true() -> None:
    past = brought().given(
        g.request_payment("2017-07-01", category=None, amount="50000.00 USD"),
        g.authorise("2017-07-02"),
        g.disburse("2017-07-03", amount="50000.00 USD"),
    )
    past.when(g.cancel_balance("2017-06-15", amount="0.01 USD")).refused(
        ExceedsUndisbursedBalance, "would no longer hold"
    )
    past.given(g.refund("2017-06-15", payment=None, amount="40000.00 USD"))
    assert past.grant.payments["brought-forward"].net_disbursed == 0, "the only one that was paid by that day"


def test_a_correction_leaves_every_later_day_true() -> None:
    past = brought().given(
        g.request_payment("2017-06-02", category=None, amount="50000.00 USD"),
        g.authorise("2017-06-03"),
        g.disburse("2017-06-04", amount="50000.00 USD"),
    )
    past.when(g.correct("2017-06-05", entry=1, reads={"disbursed": "40000.01 USD"})).refused(
        ExceedsUndisbursedBalance, "would no longer hold"
    )
    past.when(g.correct("2017-06-05", entry=1, reads={"disbursed": "90000.01 USD"})).refused(TotalsDoNotAddUp)
    corrected = past.given(g.correct("2017-06-05", entry=1, reads={"approved": "95000.00 USD"})).grant
    assert corrected.undisbursed == 5000


def test_a_corrected_day_of_approval_brings_its_edition() -> None:
    moved = {"approved_on": "2016-12-31"}
    assert brought().given(g.correct("2017-06-05", entry=1, reads=moved)).grant.edition == "2008-10"
    named = {**moved, "edition": "2017-01"}
    assert brought().given(g.correct("2017-06-05", entry=1, reads=named)).grant.edition == "2017-01"


def test_a_struck_one_gives_the_commitment_back() -> None:
    past = brought()
    past.when(g.correct("2017-06-05", entry=1, struck=True)).then(
        was.EntryCorrected, on_fund.CommitmentReleased
    )
