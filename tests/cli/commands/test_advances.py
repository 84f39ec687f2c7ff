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


def test_the_receipt_of_a_document_says_what_of_the_advance_is_due_back(gb: Shell) -> None:
    commands = life()
    names = [command["command"] for command in commands]
    commands[names.index("RequestPayment")]["method"] = "advance"
    assert gb("record", gb.file(commands[:-1])).code == 0
    stated = ("--amount", "50000.00 USD", "--ineligible", "1000.00 USD", "--on", "2017-07-01")
    document = ("payment", "document-expenditure", "G-1", "P1", "--period", "May", "--document", "statement")
    shown = gb(*document, *stated, "--actor", "cash").out
    assert "documented 50,000.00 USD, due back 1,000.00 USD" in " ".join(shown.split())
    refund = ("payment", "refund", "G-1", "P1", "--amount", "1000.00 USD", "--on", "2017-07-02")
    shown = " ".join(gb(*refund, "--actor", "cash").out.split())
    assert "refunded 1,000.00 USD, documented 50,000.00 USD" in shown
    assert gb("report", "advances", "--as-of", "2017-07-02", "--format", "csv").out.count("9000.00") == 1


def test_a_grant_that_the_bank_executes_does_not(gb: Shell) -> None:
    shell = approved(gb, "bank")
    shown = shell("grant", "show", "G-1").out
    assert ("grant sign" in shown, "grant make-effective" in shown) == (False, True)
    assert "Executed by" not in shell("grant", "check", "G-1", "--on", "2017-02-11").out
