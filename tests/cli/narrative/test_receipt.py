"""A receipt is the sentence of the history, with its day, and each balance before → after."""

import json
import re

import pytest

from cli.main import HELP
from lifecycle.catalogue import SPECS
from support.cli_shell import Shell

PAYMENT = ("payment", "request", "G-1", "P2", "--payee", "Hotel", "--category", "travel", "--actor", "leader")
WORDS = [spec.words for specs in SPECS.values() for spec in specs.values() if spec.words != "init"]


def lines(text: str) -> list[str]:
    """The lines of a receipt, each joined as it was before it was wrapped."""
    return text.replace("\n    ", " ").splitlines()


@pytest.mark.case("K3")
def test_a_receipt_says_what_happened_when_and_what_it_changed(lived: Shell) -> None:
    result = lived(*PAYMENT, "--amount", "2000.00 USD")
    today = lived("--json", "audit", "history", "G-1").rows[-1]
    reference, sentence, balances = lines(result.out)
    assert reference.startswith("recorded: RequestPayment as grant:G-1@")
    assert sentence == f"  {today['on']} (today: no --on given): {today['sentence']}"
    assert "asked for and not finished 0.00 → 2,000.00 USD" in balances
    assert "left of line travel 12,000.00 → 10,000.00 USD" in balances
    shown = lived("grant", "show", "G-1").out
    assert re.search(r"line travel +10,000.00 USD left of 70,000.00 USD", shown)
    (line,) = lived("--json", "grant", "show", "G-1").row["lines"]
    assert (line["line"], line["holds"], line["left"]) == ("travel", "70000.00", "10000.00")


@pytest.mark.case("K3")
def test_a_given_day_is_only_named(lived: Shell) -> None:
    cancelled = lived("grant", "cancel-balance", "G-1", "--amount", "5000 USD", "--reason", "less travel",
                      "--on", "2017-12-01", "--actor", "boss")  # fmt: skip
    _, sentence, of_grant, of_fund = lines(cancelled.out)
    assert sentence.startswith("  2017-12-01: boss cancelled 5,000.00 USD")
    assert "committed 70,000.00 → 65,000.00 USD" in of_grant
    assert "undisbursed 12,000.00 → 7,000.00 USD" in of_grant
    assert of_fund == "  fund: available 930,000.00 → 935,000.00 USD"


@pytest.mark.case("K3")
def test_warnings_follow_the_receipt(lived: Shell) -> None:
    result = lived.other(
        "fund", "charge-fee", "--amount", "1 USD", "--actor", "cash", "--note", "ask x@y.org"
    )
    assert result.code == 0
    assert "available" in result.out
    assert "warning: " in result.err


@pytest.mark.case("K3")
def test_a_dry_run_prints_the_receipt_and_records_nothing(lived: Shell) -> None:
    before = lived("--json", "audit", "entries").out, lived("audit", "refusals").out
    dry = lived(*PAYMENT, "--amount", "2000.00 USD", "--dry-run")
    assert dry.code == 0
    assert dry.out.startswith("would be recorded: RequestPayment as grant:G-1@")
    assert "asked for and not finished 0.00 → 2,000.00 USD" in dry.out
    assert dry.out.endswith("dry run: nothing was recorded\n")
    refused = lived(*PAYMENT, "--amount", "20000.00 USD", "--dry-run")
    assert refused.code == 1
    assert "\nrefused: ExceedsUndisbursedBalance" in refused.err
    assert (lived("--json", "audit", "entries").out, lived("audit", "refusals").out) == before
    assert lived("audit", "verify").code == 0
    assert lived(*PAYMENT, "--amount", "2000.00 USD").code == 0


@pytest.mark.case("K3")
def test_a_dry_run_attaches_no_file(lived: Shell) -> None:
    (lived.folder / "letter.txt").write_text("Dear fund", encoding="utf-8")
    file = str(lived.folder / "letter.txt")
    assert lived("document", "attach", "G-1", file, "--actor", "desk", "--dry-run").code == 0
    assert lived.documents == []


@pytest.mark.parametrize("words", WORDS)
def test_every_write_can_be_tried(words: str, shell: Shell) -> None:
    assert words in HELP
    assert "--dry-run" in shell(*words.split(), "--help").out


def test_the_log_is_quiet_on_a_terminal_unless_asked(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    fee = ("fund", "charge-fee", "--actor", "cash", "--amount")
    assert json.loads(lived(*fee, "1 USD").err)["outcome"] == "accepted"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert lived(*fee, "2 USD").err == ""
    monkeypatch.setenv("GRANTBOOK_LOG", "1")
    assert "outcome='accepted'" in lived(*fee, "3 USD").err


def test_a_receipt_says_what_a_change_of_the_budget_left_each_line(lived: Shell) -> None:
    cancelled = lived("grant", "cancel-balance", "G-1", "--amount", "5000 USD", "--reason", "less travel",
                      "--on", "2017-12-01", "--actor", "boss")  # fmt: skip
    assert "left of line travel 12,000.00 → 7,000.00 USD" in cancelled.out
    budget = ["--budget", "line=travel,amount=58000 USD", "--budget", "line=experts,amount=7000 USD"]
    anew = lived("grant", "restructure", "G-1", *budget, "--reason", "experts come",
                 "--on", "2017-12-02", "--actor", "boss")  # fmt: skip
    assert "left of line experts 0.00 → 7,000.00" in anew.out
