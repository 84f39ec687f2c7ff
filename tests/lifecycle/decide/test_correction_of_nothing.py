"""A correction changes something, but nothing that the whole book rests on (domain §3)."""

from typing import Any

import pytest

from lifecycle.decide.correction.target import NothingCorrected
from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.guards import CurrencyNotHolding
from lifecycle.kernel.refusals import DecidesOwnRequest, FieldNotCorrectable
from lifecycle.policy.edition import Window
from lifecycle.policy.edition_file import read_edition, shipped
from support import given as g
from support.given import (
    ASKED,
    CHECKER,
    EFFECTIVE,
    PROPOSED,
    Past,
    given,
    reads,
    strike,
)


@pytest.mark.case("D14")
@pytest.mark.parametrize(
    ("event", "same", "other"),
    [
        (was.GrantProposed, {"title": "Dairy supply chains"}, {"title": "Dairy Supply Chains"}),
        (was.GrantProposed, {"amount": "100000 USD", "call": None}, {"amount": "100000.01 USD"}),
        (was.GrantMadeEffective, {"closing_date": "2018-03-31"}, {"closing_date": "2018-03-30"}),
        (was.PaymentRequested, {"amount": "2000.0 USD"}, {"amount": "2000.01 USD"}),
        (was.PaymentRequested, {"on": "2017-04-10"}, {"on": "2017-04-11"}),
    ],
)
def test_equal_values_written_differently_change_nothing(
    event: type[was.PaymentRequested], same: dict[str, Any], other: dict[str, Any]
) -> None:
    past = given(ASKED)
    entry = past.version(event)
    past.when(g.correct("2018-06-01", entry=entry, reads=same)).refused(NothingCorrected)
    changed = past.when(g.correct("2018-06-01", entry=entry, reads=same | other))
    assert not isinstance(changed.refusal, NothingCorrected)


@pytest.mark.case("D14")
def test_a_second_correction_changes_something() -> None:
    past = given(PROPOSED)
    change = reads(past, was.GrantProposed, title="Milk")
    past.given(change).when(change).refused(NothingCorrected)
    back = reads(past, was.GrantProposed, title="Dairy supply chains")
    past.given(back).when(strike(past, EntryCorrected, on="2018-06-01")).refused(DecidesOwnRequest)
    first = g.correct("2018-06-02", actor="a.prover", entry=2, struck=True)
    past.when(first).refused(NothingCorrected)  # the second correction holds anyway


@pytest.mark.case("D14")
def test_four_eyes_are_refused_before_an_empty_correction() -> None:
    past = given(PROPOSED, g.appoint(g.START, officer="t.leader", roles=["approver"]))
    same = g.correct("2018-06-01", actor="t.leader", entry=1, reads={"title": "Dairy supply chains"})
    past.when(same).refused(DecidesOwnRequest)


@pytest.mark.case("D14")
def test_entries_of_the_fund_and_of_a_call_are_corrected_only_to_something_new() -> None:
    past = given(g.open_call("2012-01-01"), g.charge_fee("2012-01-10"))
    past.when(g.correct_call("2012-02-01", entry=1, reads={"closes": "2012-01-31"})).refused(NothingCorrected)
    past.record(g.correct_call("2012-02-01", entry=1, reads={"closes": "2012-02-01"})).then(EntryCorrected)
    fee = past.fund_version(on_fund.FeeCharged)
    past.when(g.correct_fund("2012-02-01", entry=fee, reads={"amount": "10 USD"})).refused(NothingCorrected)
    past.when(g.correct_fund("2012-02-01", entry=fee, reads={"amount": "10.01 USD"})).then(EntryCorrected)


# ── currency, seat, fiscal year ──────────────────────────────────────────────────────────────

OFFICER = g.appoint(g.START, officer=CHECKER, roles=["approver"])
ONLY = [
    OFFICER,
    g.appoint(g.START, officer="f.nance", roles=["finance"]),
    g.retire("2010-01-01", officer="f.nance"),
]
FIELDS = [("fiscal_year_start", 1), ("time_zone", "America/New_York")]


def corrected(field: str, value: object) -> Any:
    """Return the command that corrects a field of the fund's founding."""
    return g.correct_fund("2012-02-01", entry=1, reads={field: value})


def only_officers() -> Past:
    """Return the past of a book that has only its founding and its officers."""
    return given(founded=ONLY)


@pytest.mark.case("D14")
@pytest.mark.parametrize(("field", "value"), FIELDS)
def test_what_the_book_rests_on_is_corrected_while_nothing_rests_on_it(field: str, value: object) -> None:
    past = only_officers()
    past.record(corrected(field, value)).then(EntryCorrected)
    assert getattr(past.fund, field) == value
    past.when(corrected("name", "The Fund")).then(EntryCorrected)


@pytest.mark.case("D14")
@pytest.mark.parametrize(("field", "value"), FIELDS)
@pytest.mark.parametrize(
    "later",
    [
        g.join("2012-01-01", actor="all"),
        g.credit_income("2012-01-01", actor="all"),
        g.propose("2012-01-10", actor="all"),
        g.open_call("2012-01-01", actor="all"),
        g.attach_to_fund("2012-01-01", actor="all"),
    ],
    ids=["a partner", "money", "a proposal", "a call", "a document"],
)
def test_what_the_book_rests_on_is_not_corrected_once_something_rests_on_it(
    field: str, value: object, later: Any
) -> None:
    every = g.appoint(g.START, officer="all", roles=["finance", "secretariat", "ttl"])
    past = given(founded=[*ONLY, every])
    past.when(corrected(field, value)).then(EntryCorrected)
    before = past.copy().given(corrected(field, value), later)
    past.given(later)
    past.when(corrected(field, value)).refused(FieldNotCorrectable, field)
    past.when(corrected("name", "The Fund")).then(EntryCorrected)
    undone = g.correct_fund(
        "2012-02-02", entry=before.fund_version(EntryCorrected), struck=True, actor="a.nother"
    )
    another = g.appoint(g.START, officer="a.nother", roles=["approver"])
    before.given(another).when(undone).refused(FieldNotCorrectable, field)


@pytest.mark.case("D14")
def test_the_currency_is_corrected_if_no_maximum_is_in_it() -> None:
    only_officers().when(corrected("currency", "EUR")).refused(CurrencyNotHolding, "150000.00 USD")
    free = read_edition(
        """[edition]
        name = "ours"
        from = 2008-10-01
        agreement_required = false
        disbursement_grace = { months = 4, source = "s" }
        [edition.windows.stand_alone]
        """
    )
    past = given(founded=ONLY, editions=[free])
    past.when(corrected("currency", "XXY")).refused(FieldNotCorrectable, "ISO 4217")
    past.record(corrected("currency", "EUR")).then(EntryCorrected)
    assert past.fund.currency == "EUR"
    given(EFFECTIVE).when(corrected("currency", "EUR")).refused(FieldNotCorrectable)


@pytest.mark.case("D14")
def test_the_currency_is_one_of_the_list() -> None:
    free = [edition.model_copy(update={"windows": {"stand_alone": Window()}}) for edition in shipped()]
    given(founded=ONLY, editions=free).when(corrected("currency", "QQQ")).refused(FieldNotCorrectable, "QQQ")
