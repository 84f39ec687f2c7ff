"""A look at a grant before a decision: the rules, the money, and what would be refused."""

from pathlib import Path
from typing import Any

import pytest

from support.cli_shell import Shell, life, on_grant


def in_request(shell: Shell, requested: str = "80000.00 USD", **changes: Any) -> Shell:
    """Record the life of G-1 up to its request for funding, with other terms, and return the shell."""
    commands = life()
    names = [command["command"] for command in commands]
    until = names.index("RequestFunding") + 1
    commands[names.index("ProposeGrant")] |= changes
    commands[until - 1] |= {"amount": requested, "budget": [{"line": "travel", "amount": requested}]}
    if "recipients" in changes:
        letters = commands[until - 1]["letters"]
        commands[until - 1]["letters"] = [one for one in letters if one["country"] in changes["recipients"]]
    assert shell("record", shell.file(commands[:until])).code == 0
    return shell


def refusals(row: dict[str, Any]) -> dict[str, str | None]:
    return {command["command"]: command["refusal"] for command in row["commands"]}


def test_an_approver_sees_that_a_request_would_be_taken(gb: Shell) -> None:
    checked = in_request(gb)("grant", "check", "G-1", "--on", "2017-02-10")
    assert checked.code == 0, checked.err
    assert "G-1  Learning about dairy\nrequested on 2017-02-10; edition 2017-01\n" in checked.out
    assert "max months  kept: 12, limit 12" in checked.out
    assert "Would be accepted:\n  grant approve  by boss or boss2" in checked.out
    assert "Would be refused" not in checked.out


@pytest.mark.parametrize(("recipients", "refusal"), [(["TZ"], "TooFewRecipients"), (["TZ", "UG"], None)])
def test_a_broken_rule_and_the_refusal_that_it_leads_to_are_shown(
    gb: Shell, recipients: list[str], refusal: str | None
) -> None:
    shell = in_request(gb, window="programmatic", months=24, recipients=recipients)
    row = shell("--json", "grant", "check", "G-1", "--on", "2017-02-10").row
    rules = {rule["rule"]: (rule["figure"], rule["limit"], rule["complies"]) for rule in row["rules"]}
    assert rules["min_recipients"] == (str(len(recipients)), "2", refusal is None)
    assert refusals(row) == {"grant approve": refusal}


@pytest.mark.parametrize(
    ("months", "broken"), [(11, ["min_months"]), (12, []), (36, []), (37, ["max_months"])]
)
def test_the_months_asked_are_held_against_the_window(gb: Shell, months: int, broken: list[str]) -> None:
    shell = in_request(gb, window="programmatic", months=months)
    row = shell("--json", "grant", "check", "G-1", "--on", "2017-02-10").row
    assert [rule["rule"] for rule in row["rules"] if rule["complies"] is False] == broken
    assert {rule["figure"] for rule in row["rules"] if rule["rule"].endswith("months")} == {str(months)}
    assert refusals(row) == {"grant approve": "BeyondWindow" if broken else None}


EDITION = """
[edition]
name = "2017-02"
from = 2017-02-05
agreement_required = true
disbursement_grace = { months = 4, source = "assumed" }
[edition.windows.stand_alone]
max_amount = { value = "79999.99 USD", source = "assumed" }
"""


@pytest.mark.parametrize(
    ("on", "edition", "refusal"),
    [
        ("2017-02-04", "2017-01", None),
        ("2017-02-05", "2017-02", "AboveMaximumAmount"),
        ("2017-02-06", "2017-02", "AboveMaximumAmount"),
    ],
)
def test_the_rules_are_those_in_force_on_the_day(
    gb: Shell, on: str, edition: str, refusal: str | None
) -> None:
    shell = in_request(gb)
    (shell.folder / "own.toml").write_text(EDITION, "utf-8")
    assert shell("fund", "adopt-policy", "own.toml", "--on", "2017-02-01").code == 0
    row = shell("--json", "grant", "check", "G-1", "--on", on).row
    assert (row["edition"], refusals(row)) == (edition, {"grant approve": refusal})
    broken = [(rule["rule"], rule["figure"]) for rule in row["rules"] if rule["complies"] is False]
    assert broken == ([("max_amount", "80000.00")] if refusal else [])


@pytest.mark.parametrize("on", ["2017-02-09", "2017-02-10", "2017-02-11"])
def test_money_that_will_be_missing_is_seen_before_the_approval(gb: Shell, on: str) -> None:
    """Given that nearly all money went back on 10 February, an approval of the day before is refused too."""
    shell = in_request(gb)
    returned = ("fund", "return-funds", "DK", "--amount", "950000.00 USD", "--on", "2017-02-10")
    assert shell(*returned, "--actor", "cash").code == 0
    row = shell("--json", "grant", "check", "G-1", "--on", on).row
    assert (row["money"]["requested"], row["money"]["available_in_the_fund"]) == ("80000.00", "50000.00")
    assert row["available_least_on"] == max(on, "2017-02-10")
    assert refusals(row) == {"grant approve": "ExceedsAvailableFunds"}


def test_a_request_for_nothing_is_judged_by_its_own_amount(gb: Shell) -> None:
    """Given a proposal of 80,000.00 and a request for 0.00, the fund without that money can approve it."""
    shell = in_request(gb, requested="0.00 USD")
    returned = ("fund", "return-funds", "DK", "--amount", "950000.00 USD", "--on", "2017-02-10")
    assert shell(*returned, "--actor", "cash").code == 0
    row = shell("--json", "grant", "check", "G-1", "--on", "2017-02-11").row
    assert (row["money"]["requested"], refusals(row)) == ("0.00", {"grant approve": None})


CLEARED = """
[edition]
name = "ours"
from = 2017-01-05
agreement_required = false
disbursement_grace = { months = 4, source = "us" }
[[edition.clearances]]
step = "director"
role = "secretariat"
before = "approval"
days = 10
source = "our manual"
[edition.windows.stand_alone]
max_amount = { value = "50000.00 USD", source = "us" }
"""


def test_the_clearances_and_every_rule_that_an_act_breaks_are_shown(gb: Shell) -> None:
    Path("ours.toml").write_text(CLEARED)
    adopted = gb("fund", "adopt-policy", "ours.toml", "--on", "2017-01-04", "--actor", "admin")
    assert adopted.code == 0, adopted.err
    shell = in_request(gb)
    row = shell("--json", "grant", "check", "G-1", "--on", "2017-02-10").row
    (approval,) = row["commands"]
    assert {approval["refusal"], *(other["refusal"] for other in approval["also"])} == {
        *("AboveMaximumAmount", "ClearanceOpen")
    }
    assert [(step["step"], step["answer"]) for step in row["clearances"]] == [("director", "open")]
    text = shell("grant", "check", "G-1", "--on", "2017-02-10").out
    assert "director  open: before the approval, by secretariat, due 2017-" in text
    assert "also ClearanceOpen: director is not cleared" in text


def test_nothing_is_recorded_by_a_check(lived: Shell) -> None:
    before = lived("--json", "audit", "entries").out
    row = lived("--json", "grant", "check", "G-1").row
    assert (row["stage"], refusals(row)["grant complete"]) == ("effective", None)
    assert lived("--json", "audit", "entries").out == before
    assert lived("--json", "audit", "refusals").rows == []


def test_an_act_that_nobody_may_do_says_so(gb: Shell) -> None:
    shell = in_request(gb)
    row = shell("--json", "grant", "check", "G-1", "--on", "2017-02-10").row
    assert row["commands"][0]["officers"] == ["boss", "boss2"]
    for officer in ("boss", "boss2"):
        retired = shell("officer", "retire", officer, "--on", "2017-02-01")
        assert retired.code == 0, retired.err
    others = shell("--json", "grant", "check", "G-1", "--on", "2017-02-10").row["commands"]
    assert [command["officers"] for command in others] == [[]]
    assert "no officer is approver" in others[0]["message"]


ELIGIBLE = EDITION.replace("max_amount", "eligible_recipients").replace('"79999.99 USD"', '["KE"]')


@pytest.mark.parametrize(
    ("on", "refusal"), [("2017-02-04", None), ("2017-02-05", "NotEligible"), ("2017-02-06", "NotEligible")]
)
def test_a_leader_sees_why_a_request_would_be_refused(gb: Shell, on: str, refusal: str | None) -> None:
    commands = life()
    names = [command["command"] for command in commands]
    assert gb("record", gb.file(commands[: names.index("RequestFunding")])).code == 0
    Path("own.toml").write_text(ELIGIBLE, "utf-8")
    assert gb("fund", "adopt-policy", "own.toml", "--on", "2017-02-01").code == 0
    row = gb("--json", "grant", "check", "G-1", "--on", on).row
    assert refusals(row) == {"grant request": refusal}


def test_an_ended_proposal_has_no_act_that_can_be_tried(gb: Shell) -> None:
    shell = in_request(gb)
    declined = shell("grant", "decline", "G-1", "--on", "2017-02-10", "--reason", "x", "--actor", "boss")
    assert declined.code == 0, declined.err
    assert "Nothing of this stage can be tried" in shell("grant", "check", "G-1", "--on", "2017-02-10").out


def test_a_day_before_the_proposal_has_no_grant(lived: Shell) -> None:
    checked = lived("grant", "check", "G-1", "--on", "2017-01-09")
    assert (checked.code, "its first entry is of a later day" in checked.err) == (2, True)


def test_who_asked_for_a_payment_is_not_taken_as_the_one_who_authorises_it(lived: Shell) -> None:
    both = {"command": "AppointOfficer", "on": "2009-01-01", "officer": "both", "roles": ["ttl", "finance"]}
    asked = {"payment": "P2", "payee": "Hotel", "category": "travel", "amount": "900.00 USD"}
    assert (
        lived("record", lived.file([both, on_grant("RequestPayment", "2017-09-01", "both", **asked)])).code
        == 0
    )
    row = lived("--json", "grant", "check", "G-1", "--on", "2017-09-02").row
    (answer,) = [command for command in row["commands"] if command["command"] == "payment authorise"]
    assert (answer["item"], answer["officers"][0], answer["refusal"]) == ("P2", "cash", None)


TEAM = EDITION.replace("2017-02-05\n", '2017-01-05\nteam_only = { value = true, source = "us" }\n')


@pytest.mark.parametrize(("team", "first"), [(TEAM, ["leader"]), (EDITION, ["a.other", "leader"])])
def test_acts_of_the_team_are_tried_by_the_leader(gb: Shell, team: str, first: list[str]) -> None:
    """Given two team leaders, of whom the one who leads the grant is the second by name."""
    commands = life()
    until = [command["command"] for command in commands].index("RequestFunding")
    other = {"command": "AppointOfficer", "on": "2008-10-01", "officer": "a.other", "roles": ["ttl"]}
    Path("own.toml").write_text(team.replace("79999.99", "90000.00"), "utf-8")
    assert gb("fund", "adopt-policy", "own.toml", "--on", "2017-01-04").code == 0
    assert gb("record", gb.file([other, *commands[:until]])).code == 0
    row = gb("--json", "grant", "check", "G-1", "--on", "2017-02-10").row
    assert [(act["command"], act["officers"]) for act in row["commands"]] == [("grant request", first)]
    assert refusals(row) == {"grant request": None}
