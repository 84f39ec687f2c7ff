"""A grant that its recipient executes, by a person at the command line."""

from support.cli_shell import Shell, life

EDITION = """
[edition]
name = "ours"
from = 2017-01-05
agreement_required = false
disbursement_grace = { months = 4, source = "us" }
[edition.windows.stand_alone]
[edition.execution.recipient]
agreement = { value = true, source = "us" }
methods = { value = ["direct", "advance"], source = "us" }
"""


def approved(shell: Shell, execution: str) -> Shell:
    """Record the life of G-1 up to its approval under an edition that treats executions differently."""
    commands = life()
    names = [command["command"] for command in commands]
    commands[names.index("ProposeGrant")]["execution"] = execution
    (shell.folder / "own.toml").write_text(EDITION, "utf-8")
    assert shell("fund", "adopt-policy", "own.toml", "--on", "2017-01-04").code == 0
    assert shell("record", shell.file(commands[: names.index("ApproveGrant") + 1])).code == 0
    return shell


def test_a_grant_that_its_recipient_executes_waits_for_its_agreement(gb: Shell) -> None:
    shell = approved(gb, "recipient")
    assert "grant sign" in shell("grant", "show", "G-1").out
    checked = shell("grant", "check", "G-1", "--on", "2017-02-11").out
    assert (
        "Executed by the recipient:\n  agreement  not decided yet: limit signed before effectiveness (us)"
        in checked
    )
    assert "methods    not decided yet: limit direct, advance (us)" in checked
    assert "executed by     the recipient" in shell("grant", "show", "G-1").out
    need, _ = shell("--json", "grant", "check", "G-1").row["needs"]
    assert (need["rule"], need["complies"], need["source"]) == ("agreement", None, "us")


def test_a_grant_that_the_bank_executes_does_not(gb: Shell) -> None:
    shell = approved(gb, "bank")
    shown = shell("grant", "show", "G-1").out
    assert ("grant sign" in shown, "grant make-effective" in shown) == (False, True)
    assert "Executed by" not in shell("grant", "check", "G-1", "--on", "2017-02-11").out
