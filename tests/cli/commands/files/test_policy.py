"""An edition is written from a template, and checked before the fund adopts it."""

import re
import tomllib
from pathlib import Path

import pytest

from lifecycle.policy.edition import Edition, Window
from lifecycle.policy.edition_file import read_edition, template
from support.cli_shell import Shell


def with_every_rule() -> str:
    """Return the template with the rules that are off."""
    return re.sub(r"^# (?=\w+ = |\[)", "", template(), flags=re.MULTILINE)


def test_the_template_is_an_edition_and_names_every_rule_there_is() -> None:
    edition = read_edition(template())
    assert (edition.name, list(edition.windows["small"].model_fields_set)) == ("2020-01", [])
    every = tomllib.loads(with_every_rule())["edition"]
    named = {"from_" if key == "from" else key for key in every}
    assert named == set(Edition.model_fields)
    assert set(every["windows"]["small"]) == set(Window.model_fields)
    read_edition(with_every_rule())
    obligations = re.findall(r"\w+", str(Edition.model_json_schema()["properties"]["obligations"]))
    assert set(every["obligations"]) <= set(obligations)


def test_a_person_writes_checks_and_adopts_an_edition(gb: Shell) -> None:
    written = gb("policy", "template", "own.toml")
    assert (written.code, "grantbook policy check own.toml" in written.err) == (0, True)
    checked = gb("policy", "check", "own.toml")
    assert checked.code == 0, checked.err
    assert checked.out.startswith("own.toml: edition 2020-01, in force from 2020-01-01, can be adopted\n")
    assert "window small: no rules" in checked.out
    assert "13 numbers assumed" in checked.out
    again = gb("policy", "template", "own.toml")
    assert (again.code, "--overwrite" in again.err) == (2, True)
    assert gb("fund", "adopt-policy", "own.toml", "--on", "2019-12-01").code == 0


@pytest.mark.parametrize("least", [11, 12, 13])
def test_all_faults_are_said_a_line_each(gb: Shell, least: int) -> None:
    text = with_every_rule().replace("value = 3,", f"value = {least},")
    Path("own.toml").write_text(text)
    checked = gb("policy", "check", "own.toml")
    assert (checked.code, "min_months: at least 13 months" in checked.err) == ((0, False), (2, True))[
        least > 12
    ]
    Path("own.toml").write_text(
        text.replace("days = 60, source", "days = 60, sauce", 1).replace("0.20", "20 %")
    )
    faults = [line for line in gb("policy", "check", "own.toml").err.splitlines() if "own.toml: line" in line]
    assert len(faults) == 3
    assert [line for line in faults if "signature" in line]
    assert [line for line in faults if "max_capacity_share" in line]


def test_the_check_names_the_rules_of_all_windows(gb: Shell) -> None:
    Path("own.toml").write_text(with_every_rule())
    assert "all windows: " in gb("policy", "check", "own.toml").out
    row = gb("--json", "policy", "check", "own.toml").row
    assert {"rating_scale", "clearances"} <= set(row["rules"])
    assert "clearances.idea_brief" in row["assumed"]
    assert row["execution"] == {"bank": ["agreement", "methods"], "recipient": ["agreement", "methods"]}
    assert "executed by the recipient: agreement, methods" in gb("policy", "check", "own.toml").out


def test_a_method_is_named_once(gb: Shell) -> None:
    Path("own.toml").write_text(with_every_rule().replace('["direct"]', '["direct", "direct"]'))
    faults = gb("policy", "check", "own.toml").err
    assert "edition.execution.bank.methods: direct is named twice" in faults


@pytest.mark.parametrize("step", ["first", "second"])
def test_a_fault_of_a_step_is_said_with_its_own_line(gb: Shell, step: str) -> None:
    tables = [
        f'[[edition.clearances]]\nstep = "{name}"\nrole = "{"king" if name == step else "reviewer"}"\n'
        'before = "request"\ndays = 5\nsource = "us"\n'
        for name in ("first", "second")
    ]
    text = template() + "".join(tables)
    Path("own.toml").write_text(text)
    line = text.splitlines().index('role = "king"') + 1
    fault = gb("policy", "check", "own.toml").err
    assert f"own.toml: line {line}: edition.clearances." in fault
    assert "king is none of: administrator, approver," in fault
    named = f'{text}[edition.roles]\nking = {{ value = "the king", source = "us" }}\n'
    Path("own.toml").write_text(named)
    assert "further roles: king" in gb("policy", "check", "own.toml").out
    Path("own.toml").write_text(named.replace("king =", "ttl ="))
    assert "edition.roles.ttl: ttl is a role of its own already" in gb("policy", "check", "own.toml").err
    Path("own.toml").write_text(text.replace("king", "reviewer").replace("second", "first"))
    assert "first is named twice" in gb("policy", "check", "own.toml").err


def test_a_program_reads_what_an_edition_holds(gb: Shell) -> None:
    assert gb("policy", "template", "own.toml").code == 0
    row = gb("--json", "policy", "check", "own.toml").row
    assert (row["edition"], row["from"], row["windows"]) == ("2020-01", "2020-01-01", {"small": []})
    assert "disbursement_grace" in row["assumed"]
    assert "obligations.review" in row["assumed"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"0.20"', '"NaN"', '"NaN": write a part of one as text with at most four decimals, like 0.20\n'),
        ('"0.20"', '"20 %"', "did you mean 0.2?"),
        ('"0.20"', '"35"', "did you mean 0.35?"),
        ('"0.20"', '"1.5"', '"1.5": write a part of one as text with at most four decimals, like 0.20\n'),
        ("from = 2020-01-01", "from = 0001-01-01", "edition.from"),
        ("agreement_required = true", 'agreement_required = "yes"', "write true or false"),
        ("value = 12,", "value = 0,", "0 months leave no time"),
        ('"unsatisfactory"]', '"satisfactory"]', "satisfactory is named twice"),
    ],
)
def test_a_fault_is_said_with_what_was_probably_meant(gb: Shell, old: str, new: str, says: str) -> None:
    text = with_every_rule()
    assert old in text
    Path("own.toml").write_text(text.replace(old, new))
    checked = gb("policy", "check", "own.toml")
    assert (checked.code, says in checked.err) == (2, True), checked.err
