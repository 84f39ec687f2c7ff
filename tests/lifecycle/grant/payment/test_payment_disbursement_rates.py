"""What is paid in another currency fits the amount and the rate, as far as their decimals go."""

from decimal import Decimal

import pytest

from cli.commands.record.lines import words_of
from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.grant.payment.disbursement import RateDoesNotFit, SameCurrencyPaid
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.guards import CurrencyNotHolding
from lifecycle.parse import Malformed, command_from
from lifecycle.types.money import Money
from support import given as g
from support.given import AUTHORISED, Past, given

LARGE = [
    *AUTHORISED[:-2],
    g.request_payment("04-10", amount="20000.00 USD"),
    g.authorise("04-20"),
]


def pay(amount: str, paid: str, rate: object) -> Past:
    return given(LARGE, g.disburse("05-01", amount=amount, paid_amount=paid, rate=rate))


@pytest.mark.case("M6")
@pytest.mark.parametrize(
    ("amount", "paid", "rate", "gives"),
    [
        ("100.01 USD", "1.00 TZS", "2230.5", "223,072.30 TZS"),
        ("100.00 USD", "90.00 EUR", "5.5", "550.00 EUR"),
        ("100.00 USD", "90.00 EUR", "1.1", "110.00 EUR"),  # the other way round
    ],
)
def test_what_the_rate_does_not_give_is_refused(amount: str, paid: str, rate: str, gives: str) -> None:
    outcome = given(LARGE).when(g.disburse("05-01", amount=amount, paid_amount=paid, rate=rate))
    outcome.refused(RateDoesNotFit, gives)


@pytest.mark.case("M6")
def test_nothing_is_converted_to_its_own_currency() -> None:
    for paid, rate in (("9.00 USD", "0.9"), ("10.00 USD", "1")):
        outcome = given(LARGE).when(g.disburse("05-01", amount="10.00 USD", paid_amount=paid, rate=rate))
        outcome.refused(SameCurrencyPaid, "leave paid_amount and rate out")


@pytest.mark.case("M6")
@pytest.mark.parametrize(
    ("amount", "paid", "rate", "fits"),
    [
        # 1000 at 0.9 is 900; the rate may be off by 0.05, so by 50.00, and the paid amount by half a cent.
        ("1000.00 USD", "949.99 EUR", "0.9", True),
        ("1000.00 USD", "950.00 EUR", "0.9", True),
        ("1000.00 USD", "950.01 EUR", "0.9", False),
        ("1000.00 USD", "850.00 EUR", "0.9", True),
        ("1000.00 USD", "849.99 EUR", "0.9", False),
        # A rate that is written to four places says more.
        ("1000.00 USD", "900.05 EUR", "0.9000", True),
        ("1000.00 USD", "900.06 EUR", "0.9000", False),
        ("1000.00 USD", "899.95 EUR", "0.9000", True),
        ("1000.00 USD", "899.94 EUR", "0.9000", False),
        # A whole number is right to a half.
        ("10.00 USD", "22305 UGX", "2230", True),
        ("10.00 USD", "22306 UGX", "2230", False),
        # Half a minor unit of the paid currency: none, two and three decimals.
        ("0.01 USD", "1 JPY", "150.0000000000", True),
        ("0.01 USD", "2 JPY", "150.0000000000", True),
        ("0.01 USD", "3 JPY", "150.0000000000", False),
        ("0.01 USD", "0.003 KWD", "0.300000000", True),
        ("0.01 USD", "0.004 KWD", "0.300000000", False),
        ("100.01 USD", "223072.31 TZS", "2230.50000", True),
    ],
)
def test_the_rate_is_right_to_half_of_its_last_decimal(amount: str, paid: str, rate: str, fits: bool) -> None:
    outcome = given(LARGE).when(g.disburse("05-01", amount=amount, paid_amount=paid, rate=rate))
    outcome.then(was.FundsDisbursed) if fits else outcome.refused(RateDoesNotFit)


def test_a_rate_with_many_digits_is_reckoned_exactly() -> None:
    rate = "0.90000000000000000000001"
    given(LARGE).when(g.disburse("05-01", amount="20000.00 USD", paid_amount="18000.00 EUR", rate=rate)).then(
        was.FundsDisbursed, amount="20000.00 USD"
    )
    huge = g.disburse("05-01", amount="20000.00 USD", paid_amount="1.00 EUR", rate="9" * 24)
    given(LARGE).when(huge).refused(RateDoesNotFit)


@pytest.mark.case("M6")
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"amount": "101.00 USD"}, RateDoesNotFit),
        ({"paid_amount": "91.00 EUR"}, RateDoesNotFit),
        ({"rate": "0.91"}, RateDoesNotFit),
        ({"rate": "0.9000"}, None),
        ({"paid_amount": "90.00 USD"}, SameCurrencyPaid),
        ({"amount": "100.00 EUR"}, CurrencyNotHolding),
        ({"paid_amount": None, "rate": None}, None),
        ({"amount": "110.00 USD", "paid_amount": "99.00 EUR"}, None),
    ],
)
def test_a_correction_of_a_payment_fits_too(
    changes: dict[str, object], refusal: type[RateDoesNotFit] | None
) -> None:
    past = pay("100.00 USD", "90.00 EUR", "0.90")
    entry = past.version(was.FundsDisbursed)
    outcome = past.when(g.correct("06-01", entry=entry, reads=changes))
    outcome.then(EntryCorrected) if refusal is None else outcome.refused(refusal)


def test_an_older_payment_that_does_not_fit_holds_nothing_back() -> None:
    """It was recorded under the first rule set, which asked nothing of the rate."""
    past = pay("100.00 USD", "90.00 EUR", "0.90")
    known = past.grants[g.G]
    *before, last = known.entries
    changed = last.event.model_copy(update={"paid_amount": Money.parse("1.00 EUR")})
    past.grants[g.G] = type(known).of([*before, last._replace(event=changed, rules=1)])
    past.when(g.increase("04-30")).then(was.CommitmentIncreased, on_fund.CommitmentIncreased)


def test_the_decimals_of_a_rate_stay_as_they_are_written() -> None:
    past = pay("100.00 USD", "90.00 EUR", "0.9000")
    paid = past.grants[g.G].entries[-1].event
    assert isinstance(paid, was.FundsDisbursed)
    assert str(paid.rate) == "0.9000"
    again = was.FundsDisbursed.model_validate_json(paid.model_dump_json())
    assert str(again.rate) == "0.9000"


@pytest.mark.parametrize(
    ("written", "rate"), [("2230.50", "2230.50"), ('"2230.50"', "2230.50"), ("2230", "2230")]
)
def test_the_decimals_of_a_number_on_a_line_stay_as_they_are_written(written: str, rate: str) -> None:
    line = (
        '{"command": "DisburseFunds", "grant": "G1", "on": "2017-05-01", "actor": "p", "payment": "P1",'
        f' "amount": "10.00 USD", "paid_amount": "22305.00 TZS", "rate": {written}}}'
    )
    command = command_from(words_of(line.encode()))
    assert str(command.event.__dict__["rate"]) == rate
    corrected = f'{{"command": "CorrectEntry", "reads": {{"rate": {written}}}}}'
    assert words_of(corrected.encode())["reads"]["rate"] in (Decimal(rate), rate)


def test_a_rate_has_its_paid_amount() -> None:
    with pytest.raises(Malformed, match="together"):
        g.disburse("05-01", rate="0.9")
