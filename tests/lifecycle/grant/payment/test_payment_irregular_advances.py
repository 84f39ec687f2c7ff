"""An advance that the bank paid in breach is documented, due and counted like any other."""

from typing import Any

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.payment.advances import AdvanceUndocumented
from lifecycle.grant.payment.documentation import NotAnAdvance
from support import given as g
from support.advances import advance, limited
from support.due import obligations


@pytest.mark.parametrize(
    ("fields", "method"),
    [
        ({}, "direct"),
        ({"of": "P1"}, "advance"),
        ({"of": "P1", "method": "direct"}, "direct"),
        ({"method": "advance"}, "advance"),
        ({"method": "reimbursement"}, "reimbursement"),
    ],
)
def test_a_payment_in_breach_is_an_advance_if_it_says_so_or_doubles_one(
    fields: dict[str, Any], method: str
) -> None:
    past = limited(advance(), g.irregular("06-02", rule="AdvanceUndocumented", **fields))
    assert past.grant.payments["X1"].method == method
    outcome = past.when(g.document("06-03", payment="X1", amount="100.00 USD"))
    settled = past.copy().given(g.document("06-03", amount="2000.00 USD"))
    late = settled.when(g.request_payment("07-03", payment="P2", method="advance"))
    due = [each.item for each in obligations(past) if each.name == "advance"]
    if method == "advance":
        outcome.then(was.ExpenditureDocumented)
        late.refused(AdvanceUndocumented, "of advance X1 1,000.00 USD")
        assert due == ["P1", "X1"]
    else:
        outcome.refused(NotAnAdvance)
        late.then(was.PaymentRequested)
        assert due == ["P1"]


@pytest.mark.parametrize(("on", "waits"), [("07-01", False), ("07-02", False), ("07-03", True)])
def test_an_advance_in_breach_is_due_from_its_own_day(on: str, waits: bool) -> None:
    past = limited(advance(), g.document("06-03", amount="2000.00 USD"))
    past.given(g.irregular("06-02", method="advance", rule="AdvanceUndocumented"))
    outcome = past.when(g.request_payment(on, payment="P2", method="advance"))
    outcome.refused(AdvanceUndocumented) if waits else outcome.then(was.PaymentRequested)
