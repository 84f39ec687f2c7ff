"""Words of the wrong shape: each fault on a line of its own, in the words of its field."""

from pathlib import Path

import pytest

from support.cli_shell import Shell

pytestmark = pytest.mark.case("K6")
EDITION = """\
[edition]
name = "mine"
from = 2020-01-01
agreement_required = "perhaps"
disbursement_grace = { days = 30, months = 4, source = "us" }

[edition.windows.small]
max_amount = { value = "5,000 EUR", source = "us" }
min_month = { value = 1, source = "us" }
max_capacity_share = { value = "20 %", source = "us" }
capabilities = { value = ["sharing"], source = "us" }

[edition.windows.large]
max_months = { value = "12", source = "us" }

[edition.obligations]
closing = { days = 30 }
"""
FAULTS = """\
line 4: edition.agreement_required: "perhaps": write true or false
line 5: edition.disbursement_grace: give exactly one of days, months, years
line 8: edition.windows.small.max_amount.value: write an amount as text like "2000.00 EUR": "5,000 EUR" may\
 separate thousands or decimals; did you mean "5000.00 EUR" or "5.00 EUR"?
line 9: edition.windows.small.min_month: is not known here; did you mean min_months or max_months or\
 max_amount
line 10: edition.windows.small.max_capacity_share.value: "20 %": write a part of one as text with at most\
 four decimals, like 0.20; did you mean 0.2?
line 14: edition.windows.large.max_months.value: "12" is not a whole number: write one, like 12
line 17: edition.obligations.closing.source: is missing
"""


def faults_of(result_err: str) -> list[str]:
    return [line for line in result_err.splitlines() if line.startswith("malformed: ")]


@pytest.mark.parametrize(
    ("recipients", "meant"),
    [("Kenya", "KE"), ("KEN", "KE"), ("ke", "KE"), ("Ivory Coast", "CI"), ("UK", "GB")],
)
def test_the_name_of_a_country_gets_its_code(gb: Shell, recipients: str, meant: str) -> None:
    result = gb("grant", "propose", "G-9", "--title", "A", "--recipients", recipients, "--providers", "IN")
    assert result.code == 2
    (fault,) = [line for line in faults_of(result.err) if "recipients" in line]
    assert fault.startswith("malformed: --recipients.0: ")
    assert fault.endswith(f"did you mean {meant}?")


def test_a_number_or_word_that_cannot_be_read_hides_no_other_fault(gb: Shell) -> None:
    """Of a field that cannot be read it is not also said that it is missing."""
    request = ("grant", "request", "G-9", "--amount", "1,000 USD", "--budget", "travel", "--on", "2017-06-31")
    for words, fields in (
        (
            ("grant", "propose", "G-9", "--months", "twelve", "--recipients", "Kenya"),
            "months recipients title",
        ),
        (
            ("fund", "join-partner", "NO", "--kind", "old", "--expect-version", "x"),
            "kind expect-version name",
        ),
        (request, "budget amount on"),
    ):
        result = gb(*words)
        assert result.code == 2
        faulty = [fault.removeprefix("malformed: --").partition(":")[0] for fault in faults_of(result.err)]
        for field in fields.split():
            assert sum(name.partition(".")[0] == field for name in faulty) == 1, (field, result.err)


def test_a_word_of_a_list_gets_the_list_and_the_likely_one(gb: Shell) -> None:
    result = gb("grant", "review", "G-1", "--advice", "no")
    assert result.code == 2
    words = "approve, revise, decline"
    assert f"malformed: --advice: no is none of: {words}; did you mean decline?" in faults_of(result.err)


def test_a_role_that_no_edition_names_gets_the_roles_and_the_likely_one(gb: Shell) -> None:
    roles = "administrator, approver, finance, reviewer, secretariat, ttl"
    for typed, meant in (("leader", "ttl"), ("financ", "finance")):
        result = gb("officer", "appoint", "x", "--roles", typed)
        assert result.code == 1
        assert f"UnknownRole: {typed} is none of: {roles}; did you mean {meant}?" in result.err


def test_pairs_may_stand_in_one_option_with_commas(lived: Shell) -> None:
    """As help says: NAME=VALUE,…; a wrong value is named by its own name."""
    words = ("grant", "review", "G-1", "--advice", "approve", "--actor", "reader", "--on", "2017-02-01")
    result = lived(*words, "--scores", "design=4,demand=much", "--scores", "Need=5")
    small = "write small letters, digits and _ without blanks, like stand_alone"
    assert faults_of(result.err) == [
        'malformed: --scores.demand: "much" is not a number: write one, like 4 or 4.5',
        f'malformed: --scores.Need: "Need": {small}; did you mean need?',
    ]
    accepted = lived(*words, "--scores", "design=4,demand=5", "--dry-run")
    assert "demand 5, design 4" in " ".join(accepted.out.split())


def test_a_whole_number_and_a_command_get_words_of_ours(gb: Shell) -> None:
    assert (
        '--months: "twelve" is not a whole number: write one, like 12'
        in gb("grant", "propose", "G", "--months", "twelve").err
    )
    assert "did you mean disburse?" in gb("payment", "disbursement").err
    line = gb.file([{"command": "ProposeGrnt", "grant": "G"}, {"command": "ChargeFee", "amout": "1 USD"}])
    result = gb("record", "--continue", line)
    assert '"ProposeGrnt" is not a command; did you mean ProposeGrant' in result.out
    assert "amout: is not a field of ChargeFee; did you mean amount" in result.out


@pytest.mark.parametrize("door", ["init", "adopt-policy"])
def test_a_faulty_edition_names_every_fault_with_its_line(gb: Shell, door: str) -> None:
    """At ``init`` and later, each fault once, in the order of the file."""
    Path("mine.toml").write_text(EDITION, "utf-8")
    if door == "init":
        result = gb("init", "own", "--name", "Own", "--policy", "mine.toml")
        assert not Path("own").exists()
    else:
        result = gb("fund", "adopt-policy", "mine.toml", "--on", "2020-01-01")
    assert result.code == 2
    faults = [line.removeprefix("malformed: mine.toml: ") for line in faults_of(result.err)]
    assert [fault.partition("; there are")[0] for fault in faults] == FAULTS.splitlines()


def test_codes_of_an_edition_are_checked_when_its_shape_is_right(gb: Shell) -> None:
    Path("mine.toml").write_text(
        '[edition]\nname = "mine"\nfrom = 2020-01-01\nagreement_required = true\n'
        'disbursement_grace = { days = 30, source = "us" }\n'
        '[edition.windows.oks]\ncapabilities = { value = ["sharing"], source = "us" }\n',
        "utf-8",
    )
    result = gb("init", "own", "--name", "Own", "--policy", "mine.toml")
    assert (
        "line 7: edition.windows.oks.capabilities.value.0: sharing is none of: documenting_and_sharing"
        in result.err
    )


def test_names_that_the_book_does_not_know_get_the_nearest(lived: Shell) -> None:
    words = ("--on", "2018-01-01", "--actor", "cash")
    partner = lived("--json", "report", "fund").rows[0]["partner"]
    typed = f"{partner}X"
    unknown_partner = lived("fund", "receive-instalment", typed, "--amount", "1.00 USD", *words).err
    assert f"did you mean {partner}" in unknown_partner or f"there are: {partner}" in unknown_partner
    assert "did you mean P1?" in lived("payment", "authorise", "G-1", "P2", *words).err
    assert "did you mean cash" in lived("fund", "charge-fee", "--amount", "1 USD", "--actor", "cashier").err
    unknown_grant = lived("grant", "return", "G-11", "--reason", "x", "--on", "2018-01-01", "--actor", "desk")
    assert unknown_grant.err.endswith("did you mean G-1?\n")
    proposal = (
        "--title",
        "A",
        "--recipients",
        "TZ",
        "--providers",
        "IN",
        "--sector",
        "a",
        "--objective",
        "o",
    )
    more = ("--amount", "1.00 USD", "--months", "3", "--on", "2018-01-01", "--actor", "leader")
    window = lived("grant", "propose", "G-2", "--window", "standalone", *proposal, *more).err
    assert "did you mean stand_alone?" in window
