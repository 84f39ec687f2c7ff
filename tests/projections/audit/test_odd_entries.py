"""Odd entries of one stream: the same one twice, a rate far off the last one, a payment in breach."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from lifecycle.fund import events as fund
from lifecycle.grant import events as grant
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.history import Entry, history
from lifecycle.policy.edition_file import shipped
from projections.audit.odd_entries import RULES, OddEntries, odd_entries

pytestmark = pytest.mark.case("K9")
DAY = "2017-01-02"


def entries(*events: Event, stream: str = "fund") -> list[Entry]:
    """Return the events as entries of a stream, each under its own command id."""
    moment = datetime(2017, 6, 1, tzinfo=UTC)
    return [
        Entry(stream, version, event, moment, "admin", f"id-{version}")
        for version, event in enumerate(events, 1)
    ]


def found(*events: Event, stream: str = "fund", as_of: date | None = None) -> list[tuple[str, int]]:
    """Return the rule and the version of each odd entry in force."""
    odd = odd_entries(history(entries(*events, stream=stream), as_of))
    return [(finding.rule, finding.entry.originator_version) for finding in odd]


def receipt(**fields: Any) -> Event:
    return fund.InstalmentReceived(
        **{"on": DAY, "actor": "f", "partner": "DK", "amount": "9.00 USD"} | fields
    )


def in_kroner(worth: str, on: str = DAY, **fields: Any) -> Event:
    return receipt(amount="100.00 DKK", holding_amount=f"{worth} USD", on=on, **fields)


def correction(entry: int, **fields: Any) -> Event:
    words = {"on": "2017-02-01", "actor": "a", "entry": entry, "reason": "The bank says"}
    return EntryCorrected.model_validate(words | fields)


def refund(**fields: Any) -> Event:
    words = {"on": DAY, "actor": "f", "payment": "P1", "amount": "5.00 USD"}
    return grant.RefundReceived.model_validate(words | fields)


def request(payment: str, **fields: Any) -> Event:
    words = {"payment": payment, "payee": "Airline", "category": "travel", "amount": "5.00 USD"}
    return grant.PaymentRequested.model_validate({"on": DAY, "actor": "t"} | words | fields)


def paid(rate: str, payment: str, currency: str = "TZS", on: str = DAY) -> Event:
    amount = f"{Decimal(rate) * 5:.2f} {currency}"
    words = {"on": on, "actor": "p", "payment": payment, "amount": "5.00 USD", "paid_amount": amount}
    return grant.FundsDisbursed.model_validate(words | {"rate": Decimal(rate)})


def test_the_same_receipt_refund_or_payment_twice_is_odd_whoever_acts_and_however_it_is_named() -> None:
    assert found(receipt(), receipt(actor="g")) == [("same_entry", 2)]
    assert found(refund(), refund(reason="Again"), stream="grant:G1") == [("same_entry", 2)]
    assert found(request("P1"), request("P2"), stream="grant:G1") == [("same_entry", 2)]


@pytest.mark.parametrize(
    "other", [{"on": "2017-01-03"}, {"on": "2017-01-01"}, {"amount": "9.01 USD"}, {"partner": "SE"}]
)
def test_another_day_amount_or_partner_is_another_receipt(other: dict[str, str]) -> None:
    assert found(receipt(), receipt(**other)) == []


def test_an_event_whose_parts_hold_names_with_values_is_compared_too() -> None:
    edition = shipped()[0]
    adopted = [
        fund.PolicyAdopted(on=date(2018, 1, 1), actor="admin", edition=edition.model_copy()) for _ in range(2)
    ]
    assert found(*adopted) == [("same_entry", 2)]


def test_what_the_book_adds_to_a_grants_entry_is_not_compared() -> None:
    commitment = fund.CommitmentIncreased.model_validate(
        {"on": DAY, "actor": "a", "grant": "G1", "amount": "9.00 USD"}
    )
    assert found(commitment, commitment) == []


def begun(name: str, item: str) -> Event:
    """Return the event that begins an item."""
    words: dict[str, dict[str, Any]] = {
        "ActivityPlanned": {
            "activity": item,
            "instrument": "study_tour",
            "countries": ["IN"],
            "starts": "2017-03-01",
            "ends": "2017-03-02",
        },
        "FollowUpAgreed": {"follow_up": item, "action": "pilot", "owner": "Ministry", "due": "2018-01-01"},
    }
    return getattr(grant, name).model_validate({"on": DAY, "actor": "t", **words[name]})  # type: ignore[no-any-return]


def ended(name: str, **fields: Any) -> Event:
    """Return an event of a later day that ends an item."""
    return getattr(grant, name).model_validate({"on": "2017-02-01", "actor": "f", **fields})  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["PaymentRejected", "PaymentFailed"])
def test_a_payment_that_is_rejected_or_failed_is_no_second_one(name: str) -> None:
    """Given two equal requests, when either is rejected or its payment fails, then one is left."""
    reason = {"reason": "no invoice"}
    for rejected in ("P1", "P2"):
        end = ended(name, payment=rejected, **reason)
        assert found(request("P1"), request("P2"), end, stream="grant:G1") == []
    third = [request("P1"), request("P2"), ended(name, payment="P1", **reason), request("P3")]
    assert found(*third, stream="grant:G1") == [("same_entry", 4)], "P3 is like P2"
    both = [request("P1"), request("P2"), ended(name, payment="P1", **reason)]
    assert found(*both, stream="grant:G1", as_of=date(2017, 1, 31)) == [("same_entry", 2)], "not yet"


def test_a_plan_that_is_cancelled_and_a_follow_up_that_is_dropped_are_no_second_ones() -> None:
    plans = [begun("ActivityPlanned", "A1"), begun("ActivityPlanned", "A2")]
    assert found(*plans, stream="grant:G1") == [("same_entry", 2)]
    assert found(*plans, ended("ActivityCancelled", activity="A1"), stream="grant:G1") == []
    actions = [begun("FollowUpAgreed", "F1"), begun("FollowUpAgreed", "F2")]
    assert found(*actions, stream="grant:G1") == [("same_entry", 2)]
    assert found(*actions, ended("FollowUpDropped", follow_up="F2", reason="x"), stream="grant:G1") == []


def test_an_entry_is_compared_with_what_is_left_when_it_is_recorded() -> None:
    """While commands are recorded, what is rejected later is not known yet."""
    events = [request("P1"), request("P2"), ended("PaymentRejected", payment="P1", reason="x"), request("P3")]
    odd, versions = OddEntries(), list[tuple[int, str]]()
    for entry in entries(*events, stream="grant:G1"):
        versions += [(finding.entry.originator_version, finding.text) for finding in odd.add(entry)]
    assert [version for version, _ in versions] == [2, 4]
    assert "the same as entry 2" in versions[1][1]


def test_a_corrected_or_struck_second_entry_is_not_odd_and_one_that_becomes_equal_is() -> None:
    assert found(receipt(), receipt(), correction(2, reads={"amount": "8.00 USD"})) == []
    assert found(receipt(), receipt(), correction(1, struck=True)) == []
    assert found(receipt(), receipt(amount="8.00 USD"), correction(2, reads={"amount": "9.00 USD"})) == [
        ("same_entry", 2)
    ]


@pytest.mark.parametrize(
    ("worth", "is_odd"),
    [("12.00", False), ("12.01", True), ("8.00", False), ("7.99", True), ("100.00", True), ("1.00", True)],
)
def test_a_rate_may_differ_from_the_partners_last_one_by_a_fifth(worth: str, is_odd: bool) -> None:
    odd = found(in_kroner("10.00"), in_kroner(worth, on="2017-01-03"))
    assert odd == ([("rate_off", 2)] if is_odd else [])


def test_the_last_rate_is_that_of_the_day_before_not_of_the_entry_before() -> None:
    """An entry of an earlier day that is recorded late is compared with the rate before its own day."""
    late = in_kroner("20.00", on="2017-01-01")
    assert found(in_kroner("10.00"), late, in_kroner("10.50", on="2017-01-03")) == []
    assert found(
        in_kroner("10.00"), in_kroner("20.00", on="2017-01-03"), in_kroner("20.00", on="2017-01-04")
    ) == [("rate_off", 2)]


def test_each_partner_and_each_currency_has_its_own_rates() -> None:
    assert found(in_kroner("10.00"), in_kroner("50.00", partner="SE", on="2017-01-03")) == []
    euros = receipt(amount="100.00 EUR", holding_amount="110.00 USD", on="2017-01-03")
    assert found(in_kroner("10.00"), euros) == []


def test_a_receipt_is_compared_with_the_rate_of_the_agreement() -> None:
    agreed = fund.ContributionAgreed.model_validate(
        {
            "on": "2016-01-01",
            "actor": "f",
            "partner": "DK",
            "amount": "100.00 DKK",
            "holding_amount": "15.00 USD",
        }
    )
    assert found(agreed, in_kroner("150.00")) == [("rate_off", 2)]


def test_rates_of_payments_are_compared_within_their_grant() -> None:
    assert found(paid("2230.5", "P1"), paid("22305", "P2", on="2017-02-01"), stream="grant:G1") == [
        ("rate_off", 2)
    ]
    assert found(paid("2230.5", "P1"), paid("130", "P2", "KES"), stream="grant:G1") == []


def test_a_payment_in_breach_is_always_odd() -> None:
    irregular = grant.IrregularPaymentRecorded.model_validate(
        {
            "on": DAY,
            "actor": "a",
            "payment": "P9",
            "payee": "X",
            "amount": "5.00 USD",
            "rule": "NotYetEffective",
            "reason": "The bank",
        }
    )
    assert found(irregular, stream="grant:G1") == [("irregular_payment", 1)]


@pytest.mark.parametrize(("as_of", "odd"), [("2017-01-01", 0), (DAY, 1), ("2017-01-03", 1)])
def test_an_entry_is_odd_from_its_own_day_on(as_of: str, odd: int) -> None:
    assert len(found(receipt(), receipt(), as_of=date.fromisoformat(as_of))) == odd


def test_the_sentence_names_the_first_entry_and_the_last_rate() -> None:
    (same,) = odd_entries(entries(receipt(), receipt()))
    assert same.severity == "high"
    assert same.text == (
        "InstalmentReceived of 9.00 USD of 2017-01-02 says the same as entry 1,"
        " which admin recorded on 2017-06-01"
    )
    (rate,) = odd_entries(entries(in_kroner("10.00"), in_kroner("100.00", on="2017-01-03")))
    assert rate.text == "1 USD for 1 DKK is 10 times the last rate, 0.1 of 2017-01-02 (entry 1)"
    assert {same.rule, rate.rule} < RULES.keys()
