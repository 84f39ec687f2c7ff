"""What a command prints, and each of its exit codes."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cli.shell.options import words_from
from lifecycle.book.book import Book
from lifecycle.call import call
from lifecycle.catalogue import SPECS
from lifecycle.directory import events as directory
from lifecycle.fund import events as fund
from lifecycle.fund.contributions import AgreeContribution
from lifecycle.grant import events as grant
from support.cli_shell import Shell

FEE = ("fund", "charge-fee", "--amount", "10.00 USD", "--on", "2019-01-01", "--actor", "cash")


def test_an_accepted_command_prints_its_entry_and_position(lived: Shell) -> None:
    result = lived(*FEE)
    assert result.code == 0
    assert result.out.startswith("recorded: ChargeFee as fund@")
    assert "position" in result.out


def test_json_has_every_key(lived: Shell) -> None:
    result = lived("--json", *FEE)
    assert list(result.row) == ["command_id", "outcome", "refusal", "message", "entries", "position"]
    assert result.row["outcome"] == "accepted"
    assert result.row["entries"][0].startswith("fund@")


def test_global_options_stand_before_or_after(shell: Shell) -> None:
    init = ("init", "there", "--name", "A fund", "--on", "2008-10-01")
    assert shell("--as", "chief", *init).code == 0
    before = shell("--book", "there", "--as", "chief", "--json", "views", "status")
    after = shell("views", "status", "--book", "there", "--as", "chief", "--json")
    between = shell("views", "--book", "there", "status", "--json")
    assert before.row == after.row == between.row


def test_the_log_is_one_line_of_json_without_words_of_people(lived: Shell) -> None:
    result = lived(*FEE, "--note", "Mrs Kim asked", "--command-id", "fee-1")
    (line,) = result.err.splitlines()
    log = json.loads(line)
    assert log["command_id"] == "fee-1"
    assert log["outcome"] == "accepted"
    assert log["seconds"] >= 0
    assert "Kim" not in line
    assert "cash" not in line


def test_a_refusal_is_printed_kept_and_repeated(lived: Shell) -> None:
    words = (
        "payment",
        "disburse",
        "G-1",
        "P1",
        "--amount",
        "5.00 USD",
        "--on",
        "2017-06-01",
        "--actor",
        "payer",
    )
    first = lived(*words, "--command-id", "again")
    assert first.code == 1
    assert "refused: PaymentAlreadyDisbursed: " in first.err
    assert "(domain §3" in first.err
    second = lived(*words, "--command-id", "again", "--json")
    assert second.code == 1
    assert second.row["outcome"] == "repeat"
    assert second.row["refusal"] == "PaymentAlreadyDisbursed"
    (kept,) = lived("--json", "audit", "refusals", "G-1").rows
    assert kept["command_id"] == "again"


def test_a_repeat_of_an_accepted_command_says_that_it_was_recorded_before(lived: Shell) -> None:
    assert lived(*FEE, "--command-id", "once").code == 0
    result = lived(*FEE, "--command-id", "once")
    assert result.code == 0
    assert "recorded before" in result.out


def test_lists_parts_and_pairs_from_the_command_line(lived: Shell) -> None:
    def act(actor: str, *words: str) -> None:
        result = lived(*words, "--actor", actor)
        assert result.code == 0, result.err

    act(
        "leader",
        *("grant", "propose", "G-2", "--title", "Roads, and rails", "--window", "stand_alone"),
        *("--recipients", "TZ,UG", "--recipients", "KE", "--providers", "IN", "--sector", "transport"),
        *("--objective", "To plan", "--outcomes-sought", "raised_awareness,enhanced_networks"),
        *("--amount", "5000.00 USD", "--months", "6", "--on", "2017-01-01"),
    )
    letter = "country={},ministry=Ministry of Roads, Rails and Ports,dated=2017-01-02"
    letters = [word for code in ("TZ", "UG", "KE") for word in ("--letters", letter.format(code))]
    act(
        "leader",
        *("grant", "request", "G-2", "--amount", "5000.00 USD", "--on", "2017-01-03"),
        *("--budget", "line=travel,amount=4000.00 USD"),
        *("--budget", '{"line": "school", "amount": "1000.00 USD", "capacity": true}'),
        *letters,
    )
    act(
        "reader",
        *("grant", "review", "G-2", "--scores", "design=4", "--scores", "need=3.5", "--advice", "approve"),
        *("--on", "2017-01-04"),
    )
    act(
        "boss",
        *("grant", "approve", "G-2", "--amount", "5000.00 USD", "--on", "2017-01-05"),
        *("--conditions", "Visas, for all", "--conditions", "A host"),
    )
    grant = lived("--json", "grant", "show", "G-2").row
    assert grant["recipients"] == ["TZ", "UG", "KE"]
    assert grant["outcomes_sought"] == ["raised_awareness", "enhanced_networks"]
    assert grant["conditions"] == ["Visas, for all (open)", "A host (open)"]
    (review,) = [row for row in lived("--json", "audit", "history", "G-2").rows if "Reviewed" in row["event"]]
    assert "design 4, need 3.5" in review["sentence"]


def test_a_correction_from_the_command_line(lived: Shell) -> None:
    version = lived("--json", "grant", "show", "G-1").row["version"]
    words = ("grant", "correct", "G-1", str(version), "--reason", "The bank says", "--actor", "boss2")
    result = lived(*words, "--reads", "amount=1500.00 USD", "--reads", "on=2017-08-02", "--on", "2017-09-01")
    assert result.code == 0, result.err
    assert lived("--json", "grant", "show", "G-1").row["refunded"] == "1500.00"
    malformed = lived(*words, "--reads", "amount=much", "--on", "2017-09-01")
    assert malformed.code == 2
    assert 'reads.amount: write an amount as text like "2000.00 USD"' in malformed.err


# ── exit 2: malformed ────────────────────────────────────────────────────────────────────────


def test_every_missing_field_is_named_at_once(gb: Shell) -> None:
    result = gb("grant", "propose", "G-9", "--recipients", "TZ,XX", "--amount", "5")
    assert result.code == 2
    for line in (
        "malformed: --title: is missing",
        "malformed: --recipients.1: XX is not an ISO 3166-1",
        'malformed: --amount: write an amount as text like "2000.00 USD"',
    ):
        assert line in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("grant", "suspend", "G-1", "--scope", "none"), "--scope: "),
        (("grant", "propose", "G-1", "--months", "twelve"), "--months: "),
        (("grant", "request", "G-1", "--budget", "travel"), "line=…,amount=…"),
        (("grant", "request", "G-1", "--budget", "{"), "is not JSON"),
        (("grant", "review", "G-1", "--scores", "4"), "NAME=VALUE"),
        (("grant", "nothing"), "there is no command"),
        (("grant", "show", "G-1"), "knows no grant"),
        (("grant", "show", "fund"), "knows no grant 'fund'; there is none yet"),
        (("audit", "history", "call:2018-11"), "knows no call '2018-11'; there is none yet"),
        (("grant", "show", "G-1", "--known", "yesterday"), "write a time with its zone"),
        (("audit", "replay", "fund", "--on", "tomorrow"), "YYYY-MM-DD"),
        (("record", "nowhere.jsonl"), "No such file"),
        (("record", "."), "is a folder"),
        (("document", "attach", "G-1", "nowhere.pdf"), "No such file"),
        (("report", "register", "--format", "xml"), "'--format'"),
        (("report", "register", "--format", "ics"), "'--format'"),
        (("report", "register", "--format", "parquet"), "name a file with --output"),
        (("report", "timeline", "--format", "ics"), "--due-within DAYS"),
        (("report", "timeline", "--by", "obligation", "--due-within", "3"), "leave --by out"),
        (("report", "progress"), "name one period"),
        (("report", "progress", "--year", "18"), "write it like 2018"),
        (("report", "progress", "--quarter", "2018Q5"), "write it like 2018Q4"),
        (("library", "search", "()*"), "say what to look for"),
        (("library", "match", "--need", "!", "--recipient", "TZ"), "need: say what to look for"),
        (("library", "search", "milk", "--kind", "poem"), "results_story"),
        (("activity", "sites", "G-1", "A1"), "knows no grant 'G-1'"),
    ],
)
def test_malformed_words_are_named(gb: Shell, words: tuple[str, ...], message: str) -> None:
    result = gb(*words)
    assert result.code == 2
    assert message in result.err
    assert "Traceback" not in result.err


def test_a_command_without_a_book_names_the_variable_to_set(shell: Shell) -> None:
    result = shell("grant", "list")
    assert result.code == 2
    assert "GRANTBOOK_BOOK" in result.err


def test_the_folder_grantbook_is_the_default(shell: Shell) -> None:
    assert shell("init", "grantbook", "--name", "A fund", "--on", "2008-10-01").code == 0
    assert shell("grant", "list").code == 0


# ── exit 3, 4, 5 and 70 ──────────────────────────────────────────────────────────────────────


def test_another_version_is_a_conflict(lived: Shell) -> None:
    result = lived(
        "grant", "waive", "G-1", "closure", "--reason", "x", "--actor", "boss", "--expect-version", "2"
    )
    assert result.code == 3
    assert result.err.startswith("conflict: ")


WAIVE = ("--json", "grant", "waive", "G-1", "closure", "--actor", "boss", "--command-id", "w1")


def test_a_conflict_and_malformed_words_are_rows_of_json(lived: Shell) -> None:
    """The rows name the command's id. Nothing was written, so the same id can be used again."""
    result = lived(*WAIVE, "--reason", "x", "--expect-version", "2")
    assert result.code == 3
    row = result.row
    assert (row["command_id"], row["outcome"], row["refusal"]) == ("w1", "refused", "VersionConflict")
    assert row["message"] in result.err
    result = lived(*WAIVE)
    assert (result.code, result.row["command_id"], result.row["outcome"]) == (2, "w1", "malformed")
    result = lived(*WAIVE, "--reason", "x")
    assert (result.code, result.row["outcome"]) == (0, "accepted")
    assert lived(*WAIVE[:-2]).row["command_id"] is None


@pytest.mark.of_a_file("the mark of its format")
def test_a_newer_journal_is_not_read(gb: Shell) -> None:
    with closing(sqlite3.connect(gb.path / "journal.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 99")
    result = gb("grant", "list")
    assert result.code == 5
    assert "newer grantbook" in result.err


def test_a_missing_book_is_unreachable(shell: Shell) -> None:
    result = shell("--book", "nowhere", "grant", "list")
    assert result.code == 5
    assert "grantbook init" in result.err


@pytest.mark.of_a_file("its bytes")
def test_a_corrupt_journal_is_unreachable(gb: Shell) -> None:
    for name in ("journal.sqlite-wal", "journal.sqlite-shm"):
        (gb.path / name).unlink(missing_ok=True)
    (gb.path / "journal.sqlite").write_bytes(b"This is no journal. " * 1000)
    for words in (("grant", "list"), FEE, ("report", "register"), ("audit", "refusals")):
        result = gb(*words)
        assert result.code == 5, result
        assert result.err.startswith("unreachable: ")
        assert "Traceback" not in result.err


@pytest.mark.of_a_file("its folder's name, and what stands in it")
@pytest.mark.parametrize("folder", ["100%41", "what?a=b", "a#b", "für alle", "\udcff"])
def test_a_book_can_have_any_folder_and_any_name(gb: Shell, tmp_path: Path, folder: str) -> None:
    book = tmp_path / folder
    name = "Fund \U0001f30d of “all”"
    assert gb("init", str(book), "--name", name, "--on", "2008-10-01").code == 0
    appointed = gb("--book", str(book), "officer", "appoint", "t.leader", "--roles", "ttl")
    assert (appointed.code, "not sealed" in appointed.err) == (0, False)
    for option in ("--book", "--views"):
        result = gb("report", "fund", "--format", "html", option, str(book))
        assert (result.code, name in result.out) == (0, True), result
    assert gb("--book", str(book), "audit", "verify").code == 0


def test_init_does_not_change_an_existing_book(gb: Shell) -> None:
    result = gb("init", gb.book, "--name", "Another", "--on", "2008-10-01")
    assert result.code == 5
    assert "a new book needs" in result.err


@pytest.mark.of_a_file("who may write to it")
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_book_is_unreachable(lived: Shell) -> None:
    for path in (*lived.path.iterdir(), lived.path):
        path.chmod(0o555 if path.is_dir() else 0o444)
    result = lived(*FEE)
    for path in (lived.path, *lived.path.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert result.code == 5
    assert "Traceback" not in result.err


@pytest.mark.of_a_file("its disk")
def test_a_full_disk_keeps_nothing_half_done(lived: Shell) -> None:
    before = lived("--json", "views", "status").row
    program = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); import signal;"
    program += "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); from cli.main import main; main()"
    result = lived.other(*FEE, program=program)
    assert result.code == 5, result
    assert "the disk is full or fails, or its files may not grow (ulimit -f)" in result.err
    assert "Traceback" not in result.err
    assert lived("--json", "views", "status").row == before


def test_what_is_recorded_stays_when_the_views_fail(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError("no room for views")

    monkeypatch.setattr("projections.engine.projector.catch_up", fail)
    result = lived(*FEE)
    assert result.code == 0
    assert "recorded; the views could not be caught up (no room for views)" in result.err


def test_a_fault_of_our_own_shows_no_traceback(gb: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Book, "position", lambda *_: 1 // 0)
    result = gb("grant", "list")
    assert result.code == 70
    assert "Traceback" not in result.err
    assert "ZeroDivisionError" in result.err


# ── files ────────────────────────────────────────────────────────────────────────────────────

EDITION = """
[edition]
name = "mine"
from = 2020-01-01
agreement_required = false
disbursement_grace = { days = 30, source = "our board" }
[edition.windows.small]
max_amount = { value = "5000.00 USD", source = "our board" }
"""


def test_a_fund_can_adopt_its_own_edition(gb: Shell) -> None:
    Path("mine.toml").write_text(EDITION)
    assert gb("fund", "adopt-policy", "mine.toml", "--on", "2020-01-01").code == 0
    assert "mine from 2020-01-01" in gb("audit", "replay", "fund").out


def test_a_book_can_begin_with_its_own_edition(shell: Shell) -> None:
    Path("mine.toml").write_text(EDITION)
    result = shell("--json", "init", "own", "--name", "Own", "--on", "2020-01-01", "--policy", "mine.toml")
    assert result.row["editions"] == ["mine"]


def test_a_book_in_another_currency_cannot_have_a_maximum_in_dollars(shell: Shell) -> None:
    """The maximum could never be compared with a grant's amount, so each approval would be refused."""
    Path("euro.toml").write_text(EDITION.replace("USD", "EUR"))
    words = ("init", "own", "--name", "Own", "--on", "2020-01-01", "--currency", "EUR")
    result = shell(*words)
    assert result.code == 2
    assert result.err.startswith("malformed: --currency: edition 2008-10 has a maximum of 150000.00 USD")
    assert "--policy FILE" in result.err
    assert not Path("own").exists()
    Path("mine.toml").write_text(EDITION)
    assert shell(*words, "--policy", "mine.toml").code == 2
    assert shell(*words, "--policy", "euro.toml").code == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[edition]\nname = ?\n", "line 2"),
        (EDITION.replace("days = 30", "days = -1"), "edition.disbursement_grace"),
        (EDITION.replace('name = "mine"', ""), "edition.name: is missing"),
        (EDITION + "max_amounts = 1\n", "edition.windows.small.max_amounts: is not known here"),
        ("[other]\n", "[edition]"),
    ],
)
def test_a_wrong_edition_names_its_line_or_field(gb: Shell, text: str, message: str) -> None:
    Path("wrong.toml").write_text(text)
    result = gb("fund", "adopt-policy", "wrong.toml", "--on", "2020-01-01")
    assert result.code == 2
    assert "wrong.toml" in result.err
    assert message in result.err


def test_a_document_is_kept_by_its_content(lived: Shell) -> None:
    Path("letter.pdf").write_bytes(b"a letter")
    result = lived("document", "attach", "G-1", "letter.pdf", "--actor", "desk", "--on", "2017-06-01")
    assert result.code == 0, result.err
    assert lived("--json", "grant", "show", "G-1").row["documents"] == ["letter.pdf"]
    with Book.open(lived.place) as book:
        (digest,) = book.storage.documents()
        with book.document(digest) as kept:
            assert kept.read() == b"a letter"
    (attached,) = [
        row for row in lived("--json", "audit", "history", "G-1").rows if row["event"] == "DocumentAttached"
    ]
    assert "application/pdf" in attached["sentence"]


def test_schemas_name_every_command_and_event(shell: Shell) -> None:
    def names(schema: dict[str, Any], field: str) -> set[str]:
        keys = [choice["$ref"].removeprefix("#/$defs/") for choice in schema["oneOf"]]
        return {schema["$defs"][key]["properties"][field]["const"] for key in keys}

    commands = json.loads(shell("schema", "commands").out)
    assert names(commands, "command") == {name for specs in SPECS.values() for name in specs}
    events = (*grant.EVENTS, *fund.EVENTS, *call.EVENTS, *directory.EVENTS)
    assert names(json.loads(shell("schema", "events").out), "event") == {event.__name__ for event in events}


def test_an_option_of_several_parts_is_read_in_words() -> None:
    """A list inside it has semicolons, because commas part the fields."""
    words, faults = words_from(AgreeContribution, {"preference": "strength=hard, countries=TZ;UG"})
    assert (words, faults) == ({"preference": {"strength": "hard", "countries": ["TZ", "UG"]}}, [])
    _, faults = words_from(AgreeContribution, {"preference": '[{"strength": "hard"}, {"strength": "soft"}]'})
    assert "holds 2 items: give one" in faults[0][1]
