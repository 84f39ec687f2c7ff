"""An advance is documented in parts, up to what was paid and did not come back."""

from typing import Any

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.budget.within_lines import BudgetDoesNotAddUp, UnknownBudgetLine
from lifecycle.grant.payment.documentation import ExceedsAdvance, NotAnAdvance
from lifecycle.grant.payment.request import UnknownPayment
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.guards import CurrencyNotHolding
from support import given as g
from support.given import EFFECTIVE, given

ADVANCE = [
    *EFFECTIVE,
    g.request_payment("04-05", amount="2000.00 USD", method="advance"),
    g.authorise("04-10"),
    g.disburse("05-02", amount="2000.00 USD"),
]


def document(on: str, amount: str, **fields: Any) -> Any:
    return g.document(on, amount=f"{amount} USD", **fields)


@pytest.mark.parametrize(("amount", "fits"), [("1500.00", True), ("1500.01", False)])
def test_no_more_is_documented_than_was_advanced(amount: str, fits: bool) -> None:
    past = given(ADVANCE, document("06-01", "500.00", ineligible="20.00 USD"))
    outcome = past.when(document("06-02", amount))
    if fits:
        outcome.then(was.ExpenditureDocumented)
    else:
        outcome.refused(ExceedsAdvance, "of which 1,500.00 USD is neither documented nor refunded")
    payment = past.grant.payments["P1"]
    assert (payment.documented, payment.ineligible) == (500, 20)


def test_what_came_back_is_not_documented() -> None:
    past = given(ADVANCE, g.refund("05-20", amount="300.00 USD"))
    past.when(document("06-01", "1700.01")).refused(ExceedsAdvance)
    past.when(document("06-01", "1700.00")).then(was.ExpenditureDocumented)


def test_a_refund_is_recorded_whatever_was_documented() -> None:
    past = given(ADVANCE, document("06-01", "2000.00"))
    late = g.refund("05-20", amount="300.00 USD")
    past.when(late).then(was.RefundReceived)


def test_only_an_advance_that_was_paid_is_documented() -> None:
    given(ADVANCE).when(document("05-01", "1.00")).refused(NotAnAdvance, "advance and authorised")
    given(ADVANCE).when(document("05-02", "1.00")).then(was.ExpenditureDocumented)
    direct = given(EFFECTIVE, g.request_payment("04-05"), g.authorise("04-10"), g.disburse("05-02"))
    direct.when(document("05-02", "1.00")).refused(NotAnAdvance, "direct and disbursed")
    direct.when(document("05-02", "1.00", payment="P9")).refused(UnknownPayment)


def test_the_lines_of_a_statement_add_up_and_are_lines_of_the_budget() -> None:
    past = given(ADVANCE)
    short, unknown = ([{"line": line, "amount": "4.99 USD"}] for line in ("travel", "visas"))
    past.when(document("06-01", "5.00", lines=short)).refused(BudgetDoesNotAddUp)
    past.when(document("06-01", "4.99", lines=unknown)).refused(UnknownBudgetLine)
    past.when(document("06-01", "4.99", lines=short)).then(was.ExpenditureDocumented)
    past.when(document("06-01", "5.00", ineligible="1.00 DKK")).refused(CurrencyNotHolding)


def test_a_corrected_payment_leaves_what_was_documented() -> None:
    past = given(ADVANCE, document("06-01", "1500.00"))
    past.when(g.correct("06-02", entry=8, reads={"amount": "1499.99 USD"})).refused(ExceedsAdvance)
    past.when(g.correct("06-02", entry=8, reads={"amount": "1500.00 USD"})).then(EntryCorrected)
    past.when(g.correct("06-02", entry=6, reads={"method": "direct"})).refused(NotAnAdvance)
