"""An advance that is not documented in time blocks the next one and closure; a ceiling limits what is out."""

from decimal import Decimal
from typing import Any

import pytest

from lifecycle.decide.grant import ClosureWouldNotHold
from lifecycle.grant import events as was
from lifecycle.grant.payment.advances import AdvanceAboveCeiling, AdvanceDueBack, AdvanceUndocumented
from lifecycle.grant.payment.documentation import ExceedsAdvance
from lifecycle.grant.payment.execution import needs_of
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.guards import CurrencyNotHolding
from lifecycle.kernel.refusals import UnknownItem
from support import given as g
from support.advances import DUE, EDITION, advance, limited
from support.given import Past, day, given, reads


def usd(amount: str) -> str:
    return f"{amount} USD"


def document(on: str, amount: str = "2000.00", **fields: Any) -> Command:
    return g.document(on, amount=usd(amount), **fields)


AFTER_A_MONTH = [("06-01", True), ("06-02", False), ("06-03", False)]


@pytest.mark.parametrize(("on", "in_time"), AFTER_A_MONTH)
@pytest.mark.parametrize("method", ["advance", "reimbursement", "direct"])
def test_an_advance_past_its_day_blocks_the_request_of_the_next_one(
    on: str, in_time: bool, method: str
) -> None:
    outcome = limited(advance()).when(g.request_payment(on, payment="P2", method=method))
    if in_time or method != "advance":
        outcome.then(was.PaymentRequested)
    else:
        outcome.refused(AdvanceUndocumented, f"due on {DUE}, 30 days after its payment (our manual)")


@pytest.mark.parametrize(("on", "in_time"), AFTER_A_MONTH)
def test_it_blocks_the_payment_of_one_that_was_asked_for_in_time(on: str, in_time: bool) -> None:
    past = limited(advance(), advance("P2", paid=None))
    outcome = past.when(g.disburse(on, payment="P2"))
    outcome.then(was.FundsDisbursed) if in_time else outcome.refused(AdvanceUndocumented)


SETTLES: dict[str, list[Command]] = {
    "documents": [document("06-02", "1999.99"), document("06-02", "0.01")],
    "a refund": [document("06-02", "1500.00"), g.refund("06-02", amount="500.00 USD")],
    "a failure": [g.fail("06-02")],
    "a waiver": [g.waive("06-02", obligation="advance", item="P1")],
    "a waiver of all": [g.waive("06-02", obligation="advance")],
}


@pytest.mark.parametrize("how", SETTLES)
def test_what_settles_an_advance_unblocks_the_next_one(how: str) -> None:
    *before, last = SETTLES[how]
    past = limited(advance(), before)
    asked = g.request_payment("06-02", payment="P2", method="advance")
    past.when(asked).refused(AdvanceUndocumented)
    past.given(last).when(asked).then(was.PaymentRequested)


def test_a_waiver_names_an_advance_that_was_paid() -> None:
    past = limited(advance(), advance("P2", paid=None))
    past.when(g.waive("05-02", obligation="advance", item="P2")).refused(UnknownItem, "there are: P1")
    past.when(g.waive("05-01", obligation="advance", item="P1")).refused(UnknownItem, "no items")
    past.when(g.waive("05-02", obligation="advance", item="P1")).then(was.ObligationWaived)


def without_limits(*life: Any) -> Past:
    """Return a past whose edition limits no advances."""
    return limited(*life, edition=EDITION | {"advance_days": None})


def test_an_edition_without_days_blocks_nothing() -> None:
    past = without_limits(advance())
    past.when(g.request_payment("12-31", payment="P2", method="advance")).then(was.PaymentRequested)


def test_a_late_payment_of_an_advance_leaves_later_ones_true() -> None:
    past = limited(advance("P1", paid=None), advance("P2", paid="06-10"))
    past.when(g.disburse("05-10")).refused(AdvanceUndocumented, "was due on 2017-06-09")
    past.when(g.disburse("05-11")).then(was.FundsDisbursed)
    past.when(g.disburse("05-12")).then(was.FundsDisbursed)


def test_a_correction_asks_again_what_rests_on_documents_and_records_what_the_bank_did() -> None:
    documented = limited(advance(), document("06-01"), advance("P2", asked="06-02", paid="06-10"))
    entry = documented.version(was.ExpenditureDocumented)
    for changes in ({"amount": "1999.99 USD"}, {"on": "2017-06-11"}):
        documented.when(g.correct("06-20", entry=entry, reads=changes)).refused(AdvanceUndocumented)
    sooner = g.correct("06-20", entry=entry, reads={"on": "2017-06-02"})
    documented.when(sooner).then(EntryCorrected)
    refunded = limited(
        advance(), g.refund("06-01", amount="2000.00 USD"), advance("P2", asked="06-02", paid="06-10")
    )
    refunded.when(reads(refunded, was.RefundReceived, amount="1999.99 USD")).then(EntryCorrected)


def test_a_restructured_grant_has_the_days_of_the_new_edition() -> None:
    newer = EDITION | {"name": "newer", "from": "2017-05-20"}
    newer["advance_days"] = {"value": 40, "source": "our next manual"}
    past = limited(
        g.adopt("04-01", edition=newer), advance(), g.restructure("05-25", objective="Another aim")
    )
    asked = [g.request_payment(on, payment="P2", method="advance") for on in ("06-11", "06-12")]
    past.when(asked[0]).then(was.PaymentRequested)
    past.when(asked[1]).refused(
        AdvanceUndocumented, "2017-06-11, 40 days after its payment (our next manual)"
    )


def test_a_payment_that_a_correction_made_late_frees_no_further_one() -> None:
    """The refund was smaller, so that P1 was late when P2 was paid; P3 would have been late then, too."""
    past = limited(advance(), advance("P3", paid=None), g.refund("06-01", amount="2000.00 USD"))
    past.given(advance("P2", asked="06-02", paid="06-10"))
    late = g.disburse("05-03", payment="P3")
    past.when(late).refused(AdvanceUndocumented)
    past.record(reads(past, was.RefundReceived, amount="1999.99 USD")).then(EntryCorrected)
    past.when(late).refused(AdvanceUndocumented, "FundsDisbursed, 2017-06-10")
    past.when(g.document("06-05", amount="0.01 USD")).then(was.ExpenditureDocumented)


# ── closure ──────────────────────────────────────────────────────────────────────────────────


def completed(*life: Any) -> Past:
    """Return a past in which an advance of 2,000 is paid, and nothing else of the grant is open."""
    over = [g.complete("05-10"), g.cancel_balance("05-11", amount="88000.00 USD")]
    return limited(advance(), over, *life)


@pytest.mark.parametrize(("on", "in_time"), AFTER_A_MONTH)
def test_an_advance_past_its_day_blocks_closure(on: str, in_time: bool) -> None:
    outcome = completed().when(g.close(on))
    outcome.then(was.GrantClosed) if in_time else outcome.refused(AdvanceUndocumented)
    completed(document("06-01")).when(g.close(on)).then(was.GrantClosed)
    completed(g.waive("06-01", obligation="advance")).when(g.close(on)).then(was.GrantClosed)


INELIGIBLE = document("05-20", "1500.00", ineligible="400.00 USD")


@pytest.mark.parametrize(("amount", "is_settled"), [("399.99", False), ("400.00", True), ("400.01", True)])
def test_what_is_due_back_blocks_closure_until_it_is_refunded(amount: str, is_settled: bool) -> None:
    past = completed(INELIGIBLE)
    past.when(g.close("05-21")).refused(AdvanceDueBack, "400.00 USD of advance P1")
    past.given(g.refund("05-21", amount=usd(amount)), g.cancel_balance("05-21", amount=usd(amount)))
    past.when(g.close("05-21")).then(was.GrantClosed) if is_settled else past.when(g.close("05-21")).refused(
        AdvanceDueBack, "0.01 USD"
    )


def test_other_expenditure_is_documented_instead_of_what_was_ineligible() -> None:
    past = completed(INELIGIBLE, document("05-21", "100.00"))
    past.when(g.close("05-22")).refused(AdvanceDueBack, "400.00 USD")
    past.given(document("05-22", "399.99")).when(g.close("05-22")).refused(AdvanceDueBack, "0.01 USD")
    past.given(document("05-22", "0.01")).when(g.close("05-22")).then(was.GrantClosed)


def test_what_is_due_back_may_be_waived_under_any_edition() -> None:
    over = [g.complete("05-10"), g.cancel_balance("05-11", amount="88000.00 USD"), INELIGIBLE]
    past = without_limits(advance(), over)
    past.when(g.close("05-21")).refused(AdvanceDueBack)
    past.given(g.waive("05-21", obligation="advance", item="P1")).when(g.close("05-21")).then(was.GrantClosed)


def test_no_more_is_ineligible_than_is_open() -> None:
    past = limited(advance(), INELIGIBLE)
    past.when(document("05-21", "50.00", ineligible="50.00 USD")).then(was.ExpenditureDocumented)
    past.when(document("05-21", "50.01", ineligible="50.00 USD")).refused(ExceedsAdvance, "49.99 USD is")
    past.when(document("05-21", "50.00", ineligible="50.01 USD")).refused(ExceedsAdvance, "50.00 USD is")
    past.given(g.refund("05-21", amount="400.00 USD"))
    assert past.grant.payments["P1"].due_back == 0
    past.when(document("05-21", "50.00", ineligible="50.00 USD")).then(was.ExpenditureDocumented)


def test_a_failed_advance_owes_nothing() -> None:
    past = completed(INELIGIBLE, g.fail("05-21"), g.cancel_balance("05-21", amount="2000.00 USD"))
    past.when(g.close("06-03")).then(was.GrantClosed)


def test_a_closure_holds_only_with_the_documents_on_which_it_rests() -> None:
    past = completed(document("06-01"), g.close("06-02"))
    past.when(reads(past, was.ExpenditureDocumented, amount="1999.99 USD")).refused(
        ClosureWouldNotHold, "of advance P1 0.01 USD"
    )
    direct = limited(g.request_payment("04-05"), g.authorise("04-10"), g.disburse("05-02"))
    direct.given(g.complete("05-10"), g.cancel_balance("05-11", amount="88000.00 USD"), g.close("06-02"))
    direct.when(reads(direct, was.PaymentRequested, method="advance")).refused(ClosureWouldNotHold)
    direct.when(reads(direct, was.PaymentRequested, method="reimbursement")).then(EntryCorrected)


# ── the ceiling ──────────────────────────────────────────────────────────────────────────────


def under(ceiling: dict[str, str], *life: Any) -> Past:
    """Return a past whose edition has this ceiling and no days."""
    with_ceiling = {"advance_days": None, "advance_ceiling": {**ceiling, "source": "our manual"}}
    return limited(*life, edition=EDITION | with_ceiling)


@pytest.mark.parametrize(
    ("ceiling", "most"),
    [
        ({"amount": "5000.00 USD"}, "5000.00"),
        ({"share": "0.05"}, "4500.00"),
        ({"amount": "5000.00 USD", "share": "0.05"}, "4500.00"),
        ({"amount": "4000.00 USD", "share": "0.05"}, "4000.00"),
    ],
)
def test_no_more_is_advanced_at_a_time_than_the_ceiling(ceiling: dict[str, str], most: str) -> None:
    past = under(ceiling, advance())
    left = float(most) - 2000
    for amount, fits in ((left, True), (left + 0.01, False)):
        fields = {"payment": "P2", "amount": usd(f"{amount:.2f}")}
        asked = past.when(g.request_payment("05-10", method="advance", **fields))
        if fits:
            asked.then(was.PaymentRequested)
        else:
            asked.refused(AdvanceAboveCeiling, f"at most {float(most):,.2f} USD")
        past.when(g.request_payment("05-10", **fields)).then(was.PaymentRequested)


def test_what_is_documented_or_came_back_is_advanced_no_more() -> None:
    past = under({"amount": "2000.00 USD"}, advance())
    asked = g.request_payment("05-10", payment="P2", method="advance", amount="500.00 USD")
    past.when(asked).refused(AdvanceAboveCeiling)
    for settles in (document("05-10", "500.00"), g.refund("05-10", amount="500.00 USD"), g.fail("05-10")):
        past.copy().given(settles).when(asked).then(was.PaymentRequested)
    partly = past.copy().given(document("05-10", "400.00", ineligible="500.00 USD"))
    partly.when(asked).refused(AdvanceAboveCeiling, "1,600.00 USD")


def test_the_ceiling_holds_when_an_advance_is_paid() -> None:
    """Both were asked for while nothing was out; the second would be too much on the day of its payment."""
    both = [*advance("P1", paid=None), *advance("P2", paid=None)]
    past = under({"amount": "3999.99 USD"}, both, g.disburse("05-02"))
    past.when(g.disburse("05-03", payment="P2")).refused(AdvanceAboveCeiling)
    past.when(g.disburse("05-03", payment="P2", amount="1999.99 USD")).then(was.FundsDisbursed)
    past.when(g.disburse("05-01", payment="P2")).refused(AdvanceAboveCeiling, "FundsDisbursed")


def test_an_advance_that_a_correction_put_above_the_ceiling_frees_no_further_one() -> None:
    past = under({"amount": "2000.00 USD"}, advance(), advance("P3", paid=None))
    past.given(g.refund("05-05", amount="2000.00 USD"), advance("P2", asked="05-06", paid="05-10"))
    past.record(reads(past, was.RefundReceived, amount="1999.99 USD")).then(EntryCorrected)
    late = g.disburse("05-06", payment="P3", amount="0.01 USD")
    past.when(late).refused(AdvanceAboveCeiling, "FundsDisbursed, 2017-05-10")
    past.when(document("05-06", "0.01")).then(was.ExpenditureDocumented)


def test_a_share_is_of_the_commitment_of_the_day() -> None:
    past = under({"share": "0.05"}, g.cancel_balance("05-11", amount="50000.00 USD"))
    asked = [
        g.request_payment(on, method="advance", amount="2000.01 USD") for on in ("05-10", "05-11", "05-12")
    ]
    past.when(asked[0]).then(was.PaymentRequested)
    past.when(asked[1]).refused(AdvanceAboveCeiling, "0.05 of the commitment")
    past.when(asked[2]).refused(AdvanceAboveCeiling)
    paid = under({"share": "0.05"}, advance(amount="4500.00 USD"))
    paid.when(g.cancel_balance("05-01", amount="0.01 USD")).refused(AdvanceAboveCeiling, "FundsDisbursed")
    paid.record(g.cancel_balance("05-02", amount="0.01 USD"))
    assert paid.grant.committed == Decimal("89999.99")


def test_a_corrected_method_is_held_against_the_ceiling() -> None:
    past = under({"amount": "1999.99 USD"}, g.request_payment("04-05"), g.authorise("04-10"))
    past.given(g.disburse("05-02"))
    past.when(reads(past, was.PaymentRequested, method="advance")).refused(AdvanceAboveCeiling)
    past.when(reads(past, was.PaymentRequested, method="reimbursement")).then(EntryCorrected)


def test_a_ceiling_is_in_the_holding_currency() -> None:
    edition = EDITION | {"advance_ceiling": {"amount": "5.00 DKK", "source": "our manual"}}
    given().when(g.adopt("01-04", edition=edition)).refused(CurrencyNotHolding)


def test_a_look_at_the_grant_says_how_its_advances_stand() -> None:
    ceiling = {"advance_ceiling": {"share": "0.1", "source": "us"}}
    smaller = g.cancel_balance("05-03", amount="80000.00 USD")
    past = limited(advance(), smaller, edition=EDITION | ceiling)
    edition = past.fund.editions["ours"]

    def look(on: str) -> list[Any]:
        return [tuple(need)[:4] for need in needs_of(past.grant, edition, day(on))]

    above = ("advance_ceiling", "2000.00", "1000.00", False)
    assert look("06-01") == [("advance_days", None, "30 days", True), above]
    assert look("06-02") == [("advance_days", "P1 was due on 2017-06-01", "30 days", False), above]
