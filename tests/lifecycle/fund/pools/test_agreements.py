"""Agreements of partners: their names, their terms by day, and what is charged and returned under them."""

import re
from decimal import Decimal

import pytest

from lifecycle.fund import events as was
from lifecycle.fund.contributions import InstalmentOfOtherAgreement, PartnerHasLeft
from lifecycle.fund.parts.named_agreement import (
    AgreementIdTaken,
    AgreementNotNamed,
    FeeAboveAgreement,
    TermsContradict,
    UnknownAgreement,
)
from lifecycle.fund.parts.preferences import UnknownPreference
from lifecycle.fund.pools.agreements import AgreedInOtherCurrency
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.likeness import TooLikeKnownId
from lifecycle.kernel.refusals import ExceedsAvailableFunds, NothingChanged
from support import given as g
from support.given import given

CO = g.join("2012-01-01", partner="CO", name="Colombia", kind="emerging")
AGREED = g.agree_contribution("2012-01-10", agreement="DK-1", valid_until="2013-12-31")
HELD = [AGREED, g.receive("2012-02-01", agreement="DK-1", amount="1000.00 USD")]


def test_an_agreement_has_a_name_of_its_own() -> None:
    past = given(CO, AGREED)
    past.when(g.agree_contribution("2012-01-11", agreement="DK-1")).refused(AgreementIdTaken, "amend it")
    past.when(g.agree_contribution("2012-01-11", agreement="dk_1")).refused(TooLikeKnownId, "DK-1")
    past.when(g.agree_contribution("2012-01-11", agreement="DK-2")).then(was.ContributionAgreed)
    past.when(g.agree_contribution("2012-01-11", fee_percent="5")).refused(AgreementNotNamed)
    past.when(g.agree_contribution("2012-01-11")).then(was.ContributionAgreed)


def test_money_is_not_promised_after_it_may_be_paid() -> None:
    past, terms = given(), {"agreement": "DK-1", "valid_until": "2013-12-31"}
    for last, fits in (("2013-12-30", False), ("2013-12-31", True), ("2014-01-01", True)):
        outcome = past.when(g.agree_contribution("2012-01-10", end_disbursement=last, **terms))
        outcome.then(was.ContributionAgreed) if fits else outcome.refused(TermsContradict, last)
    past.given(AGREED)
    past.when(g.amend_contribution("2012-01-11", valid_until=None, end_disbursement="2013-12-30")).refused(
        TermsContradict
    )


@pytest.mark.parametrize(("on", "there"), [("2012-01-09", False), ("2012-01-10", True), ("2012-01-11", True)])
def test_an_agreement_is_named_from_its_day_by_its_partner(on: str, there: bool) -> None:
    past = given(CO, AGREED, g.receive("2012-01-10", agreement="DK-1", amount="5000.00 USD"))
    for act in (g.schedule, g.receive, g.amend_contribution):
        outcome = past.when(act(on, agreement="DK-1"))
        assert (outcome.refusal is None) is there
        if not there:
            outcome.refused(UnknownAgreement, "no agreement DK-1")
    for act in (g.charge_fee, g.return_funds):
        outcome = past.when(act(on, agreement="DK-1"))
        assert (outcome.refusal is None) is there
    past.when(g.receive(on, partner="CO", agreement="DK-1")).refused(UnknownAgreement, "with CO")
    past.when(g.return_funds(on, partner="CO", agreement="DK-1")).refused(UnknownAgreement)
    past.when(g.amend_contribution(on, partner="CO")).refused(UnknownAgreement)
    past.when(g.charge_fee(on, agreement="DK-2")).refused(UnknownAgreement)


def test_an_agreement_is_not_moved_behind_what_is_received_under_it() -> None:
    past = given(HELD)
    entry = past.fund_version(was.ContributionAgreed)
    for on, fits in (("2012-01-31", True), ("2012-02-01", True), ("2012-02-02", False)):
        outcome = past.when(g.correct_fund("2012-03-01", entry=entry, reads={"on": on}))
        outcome.then(EntryCorrected) if fits else outcome.refused(UnknownAgreement, "InstalmentReceived")
    past.when(g.correct_fund("2012-03-01", entry=entry, struck=True)).refused(UnknownAgreement)


def test_a_receipt_is_under_the_agreement_of_its_instalment() -> None:
    past = given(AGREED, g.schedule("2012-01-11", agreement="DK-1"))
    past.when(g.receive("2012-02-01", instalment="I1")).then(was.InstalmentReceived, agreement="DK-1")
    past.when(g.receive("2012-02-01")).then(was.InstalmentReceived, agreement=None)


def test_a_receipt_names_no_other_agreement_than_its_instalment() -> None:
    past = given(AGREED, g.agree_contribution("2012-01-10", agreement="DK-2"))
    past.given(g.schedule("2012-01-11", agreement="DK-1"), g.schedule("2012-01-11", instalment="I2"))
    past.when(g.receive("2012-02-01", instalment="I1", agreement="DK-2")).refused(
        InstalmentOfOtherAgreement, "is of agreement DK-1"
    )
    past.when(g.receive("2012-02-01", instalment="I2", agreement="DK-2")).then(was.InstalmentReceived)
    past.when(g.receive("2012-02-01", instalment="I1", agreement="DK-1")).then(was.InstalmentReceived)


def test_an_instalment_and_its_receipt_under_the_wrong_agreement_can_both_be_corrected() -> None:
    past = given(AGREED, g.agree_contribution("2012-01-10", agreement="DK-2"))
    past.given(g.schedule("2012-01-11", agreement="DK-1"), g.receive("2012-02-01", instalment="I1"))
    for entry in (past.fund_version(was.InstalmentScheduled), past.fund_version(was.InstalmentReceived, 2)):
        past.record(g.correct_fund("2012-03-01", entry=entry, reads={"agreement": "DK-2"})).then(
            EntryCorrected
        )
    assert past.fund.partners["DK"].under == {"I1": "DK-2"}


def test_an_amendment_holds_from_its_day_and_what_was_said_before_stays() -> None:
    past = given(AGREED, g.amend_contribution("2012-06-01", valid_until="2015-12-31", fee_percent="3"))
    agreement = past.fund.agreements["DK-1"]
    assert agreement.terms_on(g.day("2012-05-31")).valid_until == g.day("2013-12-31")
    assert agreement.terms_on(g.day("2012-05-31")).fee_percent is None
    for on in ("2012-06-01", "2012-06-02"):
        assert agreement.terms_on(g.day(on)).valid_until == g.day("2015-12-31")
        assert agreement.terms_on(g.day(on)).fee_percent == 3
    # An amendment that is recorded late holds until the next one.
    past.given(g.amend_contribution("2012-03-01", valid_until="2014-12-31"))
    agreement = past.fund.agreements["DK-1"]
    assert agreement.terms_on(g.day("2012-05-31")).valid_until == g.day("2014-12-31")
    assert agreement.terms_on(g.day("2012-06-01")).valid_until == g.day("2015-12-31")


def test_an_amendment_changes_something_in_the_agreements_currency() -> None:
    past = given(AGREED)
    past.when(g.amend_contribution("2012-02-01", valid_until=None)).refused(NothingChanged)
    past.when(g.amend_contribution("2012-02-01", amount="5000.00 DKK", holding_amount="700.00 USD")).refused(
        AgreedInOtherCurrency, "USD"
    )
    past.when(g.amend_contribution("2012-02-01", amount="5000.00 USD")).then(was.ContributionAmended)
    past.given(g.leave_partner("2012-02-01"))
    past.when(g.amend_contribution("2012-02-01", amount="5000.00 USD")).refused(PartnerHasLeft)


def test_fees_are_at_most_what_the_agreement_allows_of_what_was_received() -> None:
    past = given(HELD, g.amend_contribution("2012-02-01", fee_percent="5"))
    past.when(g.charge_fee("2012-02-01", agreement="DK-1", amount="50.01 USD")).refused(
        FeeAboveAgreement, "5 % of what was received under it, 1,000.00 USD on 2012-02-01"
    )
    past.given(g.charge_fee("2012-02-01", agreement="DK-1", amount="50.00 USD"))
    past.when(g.charge_fee("2012-02-01", amount="50.00 USD")).then(was.FeeCharged)
    past.given(g.receive("2012-03-01", agreement="DK-1", amount="1000.00 USD"))
    past.when(g.charge_fee("2012-02-29", agreement="DK-1", amount="0.01 USD")).refused(FeeAboveAgreement)
    past.when(g.charge_fee("2012-03-01", agreement="DK-1", amount="50.00 USD")).then(was.FeeCharged)
    past.given(g.charge_fee("2012-03-02", agreement="DK-1", amount="50.00 USD"))
    # A fee that is recorded late leaves room for those of later days.
    past.given(g.receive("2012-02-10", agreement="DK-1", amount="100.00 USD"))
    past.when(g.charge_fee("2012-02-10", agreement="DK-1", amount="5.01 USD")).refused(FeeAboveAgreement)
    receipt = past.fund_version(was.InstalmentReceived, 2)
    past.when(g.correct_fund("2012-03-05", entry=receipt, reads={"amount": "999.99 USD"})).refused(
        FeeAboveAgreement, "with this one they are 50.00 USD"
    )
    more = g.correct_fund("2012-03-05", entry=receipt, reads={"amount": "1000.01 USD"})
    past.when(more).then(EntryCorrected)


def test_a_pool_pays_no_more_than_it_has() -> None:
    past = given(HELD)
    for act in (g.charge_fee, g.return_funds):
        past.when(act("2012-02-01", agreement="DK-1", amount="1000.01 USD")).refused(
            ExceedsAvailableFunds, "the pool of agreement DK-1 has left: 1,000.00 USD"
        )
        past.when(act("2012-01-31", agreement="DK-1", amount="0.01 USD")).refused(ExceedsAvailableFunds)
    past.when(g.charge_fee("2012-02-01", amount="500000.01 USD")).refused(
        ExceedsAvailableFunds, "the free pool has left"
    )
    past.when(g.return_funds("2012-02-01", agreement="DK-1", amount="1000.00 USD")).then(was.FundsReturned)


def test_a_corrected_return_under_an_agreement_is_compared_with_its_pool() -> None:
    """The partner has given nothing else."""
    agreed = g.agree_contribution("2012-01-10", partner="CO", agreement="CO-1")
    received = g.receive("2012-02-01", partner="CO", agreement="CO-1", amount="1000.00 USD")
    returned = g.return_funds("2012-03-01", partner="CO", agreement="CO-1", amount="400.00 USD")
    past = given(CO, agreed, received, returned)
    entry = past.fund_version(was.FundsReturned)
    for amount, is_there in (("999.99", True), ("1000.00", True), ("1000.01", False)):
        reads = {"amount": f"{amount} USD"}
        outcome = past.when(g.correct_fund("2012-04-01", entry=entry, reads=reads))
        outcome.then(EntryCorrected) if is_there else outcome.refused(ExceedsAvailableFunds, "CO-1")


def test_the_pools_add_up_to_what_is_available() -> None:
    past = given(HELD, g.credit_income("2012-03-01"), g.charge_fee("2012-04-01", agreement="DK-1"))
    for on in ("2012-01-31", "2012-02-01", "2012-03-01", "2012-04-02"):
        left = [past.fund.pool(name).at(g.day(on)) for name in ("DK-1", None)]
        assert sum(left) == past.fund.available.at(g.day(on))
    assert past.fund.pool("DK-1").at(g.day("2012-04-01")) == Decimal(990)


@pytest.mark.parametrize(
    ("preference", "message"),
    [
        ({"windows": ["standalone"]}, "preference.windows: .* window standalone; did you mean stand_alone"),
        ({"regions": ["Sub Saharan Afrika"]}, "preference.regions: .*did you mean Sub-Saharan Africa"),
        ({"windows": ["oks"], "regions": ["sub-saharan AFRICA"], "sectors": ["helth"]}, None),
    ],
)
def test_a_preference_names_windows_and_regions_that_exist(
    preference: dict[str, list[str]], message: str | None
) -> None:
    stated = {"preference": {"strength": "hard", **preference}}
    past = given(g.agree_contribution("2012-01-10", agreement="DK-1", preference={"strength": "soft"}))
    entry = past.fund_version(was.ContributionAgreed)
    acts = (
        g.agree_contribution("2012-01-10", agreement="DK-2", **stated),
        g.amend_contribution("2012-01-11", agreement="DK-1", **stated),
        g.correct_fund("2012-01-12", entry=entry, reads=stated),
    )
    for act in acts:
        outcome = past.when(act)
        if message is None:
            assert outcome.refusal is None
        else:
            outcome.refused(UnknownPreference)
            assert re.search(message, str(outcome.refusal))
