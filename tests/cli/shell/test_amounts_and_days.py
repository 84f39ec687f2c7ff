"""Amounts and days as people type them: refused with the reading that was probably meant."""

import re
import warnings

import pytest

import grantbook
from support.cli_shell import Shell

FEE = ("fund", "charge-fee", "--actor", "cash")


@pytest.fixture
def danish(lived: Shell) -> Shell:
    """Return a book in dollars with a partner whose agreement is in kroner."""
    for words in (
        ("join-partner", "DAN", "--name", "Danmark", "--kind", "traditional", "--actor", "desk"),
        (
            "agree-contribution",
            "DAN",
            "--amount",
            "3000000.00 DKK",
            "--holding-amount",
            "500000.00 USD",
            "--actor",
            "cash",
        ),
    ):
        assert lived("fund", *words, "--on", "2018-01-01").code == 0
    return lived


@pytest.mark.case("K5")
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("3,000,000 DKK", "3000000.00 DKK"),
        ("€25", "25.00 EUR"),
        ("25 000 EUR", "25000.00 EUR"),
        ("DKK 3000000", "3000000.00 DKK"),
        ("3m", "3000000.00 USD"),
    ],
)
def test_an_amount_in_another_form_is_malformed_at_every_door(lived: Shell, typed: str, meant: str) -> None:
    """The shell, a line of a file, and Python say the same."""
    shell = lived(*FEE, "--amount", typed, "--on", "2018-01-01")
    line = lived("record", lived.file([{"command": "ChargeFee", "on": "2018-01-01", "amount": typed}]))
    with grantbook.open(lived.place, officer="admin") as book, pytest.raises(grantbook.Malformed) as refused:
        book.record({"command": "ChargeFee", "on": "2018-01-01", "amount": typed})
    assert (shell.code, line.code) == (2, 2)
    for message in (shell.err, line.out, str(refused.value)):
        assert f'did you mean "{meant}"?' in message


@pytest.mark.case("K5")
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("31/12/2017", "2017-12-31"),
        ("2017-06-31", "2017-06-30 or 2017-07-01"),
        ("2017-2-9", "2017-02-09"),
        ("03/04/2017", "2017-04-03 or 2017-03-04"),
    ],
)
def test_a_day_in_another_form_is_malformed_at_every_door(lived: Shell, typed: str, meant: str) -> None:
    """So are the days of reports and of the past."""
    line = lived("record", lived.file([{"command": "ChargeFee", "on": typed, "amount": "1.00 USD"}]))
    assert f"did you mean {meant}?" in line.out
    for words in (
        (*FEE, "--amount", "1.00 USD", "--on", typed),
        ("audit", "replay", "G-1", "--on", typed),
        ("report", "register", "--as-of", typed),
        ("report", "register", "--known", typed),
        ("report", "glance", "--since", typed),
    ):
        result = lived(*words)
        assert result.code == 2
        assert f"did you mean {meant}?" in result.err, words
    with grantbook.open(lived.place) as book, pytest.raises(ValueError, match=f"did you mean {meant}"):
        book.report("register", as_of=typed)


def test_a_day_that_is_named_from_today_is_offered_at_every_door(lived: Shell) -> None:
    """The reading is a date at the fund's seat."""
    with (
        grantbook.open(lived.place, officer="admin") as book,
        pytest.raises(grantbook.Malformed) as malformed,
    ):
        book.record({"command": "ChargeFee", "on": "today", "amount": "1.00 USD"})
    line = lived("record", lived.file([{"command": "ChargeFee", "on": "today", "amount": "1.00 USD"}])).out
    typed = [
        lived(*words).err
        for words in (
            (*FEE, "--amount", "1.00 USD", "--on", "today"),
            ("audit", "replay", "G-1", "--on", "today"),
            ("report", "register", "--as-of", "today"),
            ("report", "glance", "--as-of", "today"),
        )
    ]
    for message in (str(malformed.value), line, *typed):
        assert re.search(r'"today" names a day without its date; did you mean 20\d\d-\d\d-\d\d\?', message)


def test_a_position_after_the_last_entry_is_malformed(lived: Shell) -> None:
    last = lived("--json", "views", "status").row["journal"]
    for words in (
        ("report", "register", "--known", f"{last + 1}"),
        ("grant", "list", "--known", "9999"),
        ("audit", "replay", "G-1", "--known", "9999"),
        ("report", "glance", "--since", "9999"),
    ):
        result = lived(*words)
        assert result.code == 2
        assert f"yet: its last entry is at position {last}" in result.err, words
    with grantbook.open(lived.place) as book, pytest.raises(ValueError, match=f"at position {last}"):
        book.report("register", known=9999)
    assert lived("report", "register", "--known", f"{last}").code == 0


def test_the_currency_offered_is_that_of_the_command_the_agreement_or_the_fund(danish: Shell) -> None:
    """A worth in the holding currency is always in that; what was paid in another has no likely currency."""
    paid = ("fund", "receive-instalment", "DAN", "--actor", "cash", "--on", "2018-02-01")
    assert '"500.00 DKK"' in danish(*paid, "--amount", "500").err
    assert '"500.00 DKK"' in danish(*paid, "--amount", "500 kr").err
    assert '"80.00 USD"' in danish(*paid, "--amount", "500.00 DKK", "--holding-amount", "80").err
    assert '"500.00 USD"' in danish(*FEE, "--amount", "500").err
    request = ("grant", "request", "G-1", "--amount", "90.00 EUR", "--actor", "leader")
    assert '"70.00 EUR"' in danish(*request, "--budget", "line=travel,amount=70").err
    payment = ("payment", "disburse", "G-1", "P-9", "--amount", "9.00 USD", "--rate", "2")
    assert '"18" names no currency\n' in danish(*payment, "--paid-amount", "18").err


def test_a_correction_offers_the_readings_of_its_fields(lived: Shell) -> None:
    words = ("grant", "correct", "G-1", "7", "--reason", "The bank says", "--actor", "boss2")
    result = lived(*words, "--reads", "amount=1,500", "--reads", "on=02/08/2017", "--on", "2017-09-01")
    assert result.code == 2
    assert 'reads.amount: write an amount as text like "2000.00 USD": "1,500" may separate' in result.err
    assert "reads.on: write a day as YYYY-MM-DD" in result.err


def test_nothing_is_recorded_and_no_library_is_named(lived: Shell) -> None:
    before = lived("--json", "views", "status").row
    with warnings.catch_warnings(action="error"):
        assert lived(*FEE, "--amount", "25,000 USD", "--on", "1/2/2018").code == 2
    assert lived("--json", "views", "status").row == before
