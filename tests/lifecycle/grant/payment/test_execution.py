"""An edition says what a grant needs that the Bank executes, or that its recipient executes."""

from typing import Any

import pytest

from lifecycle.grant import events as was
from lifecycle.grant.agreement import AgreementNotSigned
from lifecycle.grant.closure import ObligationNotAsked
from lifecycle.grant.payment.execution import needs_of
from lifecycle.grant.payment.request import MethodNotAllowed
from lifecycle.grant.proposal.review import RequestChanged
from lifecycle.kernel.event import EntryCorrected
from support import given as g
from support.given import Past, day, given, reads

EDITION: dict[str, Any] = {
    "name": "ours",
    "from": "2017-01-05",
    "agreement_required": True,
    "disbursement_grace": {"months": 4, "source": "a test"},
    "windows": {"stand_alone": {}},
    "obligations": {"signature": {"days": 60, "source": "a test"}},
    "execution": {
        "bank": {"agreement": {"value": False, "source": "S4"}},
        "recipient": {"methods": {"value": ["direct", "advance"], "source": "our manual"}},
    },
}


def approved(by: str | None, **changes: Any) -> Past:
    """Return a past in which a grant that is executed so is approved."""
    fields = {} if by is None else {"execution": by}
    adopted = g.adopt("01-04", edition=EDITION | changes)
    return given(adopted, g.propose("01-10", **fields), g.request("01-20"), g.approve("02-10"))


def effective(by: str | None, **changes: Any) -> Past:
    """Return a past in which the agreement is signed and the grant is effective."""
    return approved(by, **changes).given(g.sign("02-15"), g.make_effective("03-31"))


@pytest.mark.parametrize(("execution", "is_needed"), [(None, False), ("bank", False), ("recipient", True)])
def test_the_edition_says_which_grants_need_an_agreement(execution: str | None, is_needed: bool) -> None:
    past = approved(execution)
    waiver = past.when(g.waive("02-11", obligation="signature"))
    becomes_effective = past.when(g.make_effective("03-31"))
    if is_needed:
        becomes_effective.refused(AgreementNotSigned, "of a grant that the recipient executes")
        waiver.then(was.ObligationWaived)
        past.given(g.sign("03-30")).when(g.make_effective("03-31")).then(was.GrantMadeEffective)
    else:
        becomes_effective.then(was.GrantMadeEffective)
        waiver.refused(ObligationNotAsked)


def test_an_execution_without_rules_needs_what_all_grants_of_the_edition_need() -> None:
    approved("recipient", execution=None).when(g.make_effective("03-31")).refused(AgreementNotSigned)
    is_free = approved("recipient", execution=None, agreement_required=False)
    is_free.when(g.make_effective("03-31")).then(was.GrantMadeEffective)


@pytest.mark.parametrize(
    ("execution", "method", "fits"),
    [
        ("recipient", "reimbursement", False),
        ("recipient", "advance", True),
        ("recipient", None, True),
        ("bank", "reimbursement", True),
    ],
)
def test_a_payment_is_made_by_a_method_that_the_edition_allows(
    execution: str, method: str | None, fits: bool
) -> None:
    past = effective(execution)
    outcome = past.when(g.request_payment("04-05", **({"method": method} if method else {})))
    if fits:
        outcome.then(was.PaymentRequested)
    else:
        outcome.refused(MethodNotAllowed, "only direct or advance (our manual)")


def test_a_direct_payment_needs_to_be_allowed_too() -> None:
    needs = {"recipient": {"methods": {"value": ["advance"], "source": "our manual"}}}
    effective("recipient", execution=needs).when(g.request_payment("04-05")).refused(MethodNotAllowed)


def test_a_corrected_method_is_allowed_too() -> None:
    past = effective("recipient").given(g.request_payment("04-05"))
    past.when(reads(past, was.PaymentRequested, method="reimbursement")).refused(MethodNotAllowed)
    past.when(reads(past, was.PaymentRequested, method="advance")).then(EntryCorrected)


def test_a_restructured_grant_needs_what_the_new_edition_says() -> None:
    needs = {"recipient": {"methods": {"value": ["reimbursement"], "source": "our next manual"}}}
    newer = {**EDITION, "name": "newer", "from": "2017-05-01", "execution": needs}
    past = effective("recipient").given(g.adopt("04-01", edition=newer))
    past.given(g.restructure("05-02", objective="Another aim"))
    past.when(g.request_payment("05-01")).then(was.PaymentRequested)
    past.when(g.request_payment("05-02")).refused(MethodNotAllowed)
    past.when(g.request_payment("05-03")).refused(MethodNotAllowed, "our next manual")


def test_an_approval_binds_the_execution() -> None:
    past = approved("recipient")
    past.when(g.revise("02-09", execution="bank", reason="a slip")).refused(RequestChanged)
    same = g.revise("02-09", execution="recipient", reason="a slip")
    past.when(same).then(was.ProposalRevised)
    proposed = given(g.adopt("01-04", edition=EDITION), g.propose("01-10"), g.request("01-20"))
    proposed.record(g.revise("02-09", execution="recipient")).then(was.ProposalRevised)
    assert proposed.given(g.approve("02-10")).grant.execution == "recipient"


def test_a_look_at_the_grant_names_what_it_needs() -> None:
    past = effective("recipient").given(g.request_payment("04-05", method="advance"))
    edition = past.fund.editions["ours"]
    assert [*needs_of(past.grant, edition, day("04-05"))] == [
        ("methods", "advance", "direct, advance", True, "our manual")
    ]
    by_bank = approved("bank").given(g.make_effective("03-31")).grant
    assert [*needs_of(by_bank, edition, day("04-05"))] == [("agreement", None, "none is needed", True, "S4")]
