"""Seal, verify, prove, export: as an administrator and an auditor type them."""

import pytest

from lifecycle.book.book import Book
from lifecycle.parse import command_from
from support.cli_shell import Shell, life
from support.forging import forge
from support.tampering import sealed_by_a_forger, without_triggers

pytestmark = pytest.mark.both_stores


@pytest.fixture
def book(shell: Shell) -> str:
    """The book of one life, recorded and sealed."""
    init = ("init", shell.book, "--name", "The Facility", "--on", "2008-10-01", "--as", "admin", "--seal")
    assert shell(*init).code == 0
    assert shell("record", shell.file(life()), "--book", shell.book, "--as", "admin").code == 0
    return shell.book


def names(shell: Shell) -> list[str]:
    return sorted(place.name for place in (shell.seals / "checkpoints").glob("*.note"))


def test_every_command_is_sealed(shell: Shell, book: str) -> None:
    """One checkpoint of the new book, one of the run, one of a refusal, one of another command."""
    at = ("--book", book, "--as", "admin")
    assert len(names(shell)) == 2
    assert shell("grant", "approve", "G-1", "--amount", "1.00 USD", *at).code == 1
    assert len(names(shell)) == 3
    assert shell("officer", "appoint", "new", "--roles", "ttl", "--on", "2017-01-01", *at).code == 0
    found = shell("audit", "verify", *at, "--json").row
    assert found["verified"] is True
    assert (found["unsealed_entries"], found["unsealed_refusals"]) == (0, 0)
    assert found["checkpoints"] == len(names(shell)) == 4


def test_sealing_can_be_left_to_a_command_of_its_own(shell: Shell) -> None:
    init = ("init", shell.book, "--name", "F", "--on", "2008-10-01", "--as", "admin", "--no-seal")
    at = ("--book", shell.book, "--as", "admin")
    assert shell(*init).code == 0
    assert shell("record", shell.file(life()), *at).code == 0
    assert names(shell) == []
    verified = shell("audit", "verify", *at)
    assert verified.code == 0
    assert "unsealed: " in verified.out
    assert "nothing is sealed; rules judged for the" in verified.out
    sealed = shell("audit", "seal", *at)
    assert sealed.code == 0
    assert "nothing is unsealed" in sealed.out
    assert shell("audit", "verify", *at).code == 0
    assert "nothing was unsealed" in shell("audit", "seal", *at).out


def test_a_verified_book_says_so(shell: Shell, book: str) -> None:
    result = shell("audit", "verify", "--book", book)
    assert result.code == 0
    assert "nothing is unsealed" in result.out
    assert result.out.endswith(
        "verified: sealed and unaltered; rules judged for the 0 unsealed entries;"
        " the views are what the entries add up to\n"
    )
    assert "were not looked at" in shell("audit", "verify", "--journal-only", "--book", book).out


@pytest.mark.case("T1")
def test_views_of_another_version_of_the_program_are_no_fault(shell: Shell, book: str) -> None:
    assert shell("report", "register", "--book", book).code == 0
    shell.views(f"UPDATE {'' if shell.seals == shell.place else 'views.'}views_format SET format = 1")
    result = shell("audit", "verify", "--book", book)
    assert (result.code, result.err) == (0, "")
    assert "the views are what the entries add up to" not in result.out


@pytest.mark.of_a_file("its bytes; of a database: tests/postgres")
def test_an_altered_entry_is_named_and_fails(shell: Shell, book: str) -> None:
    with without_triggers(shell.path) as raw:
        raw.execute("UPDATE stored_events SET state = CAST(replace(state, '60000.00', '90000.00') AS BLOB)")
    result = shell("audit", "verify", "--book", book)
    assert result.code == 4
    assert result.err.startswith("grant:G-1@6 (position ")
    assert "failed verification" in result.err
    found = shell("audit", "verify", "--book", book, "--json")
    assert found.code == 4
    assert found.row["verified"] is False
    assert found.row["problems"][0]["where"].startswith("grant:G-1@6")


def test_a_view_that_shows_something_else_fails(shell: Shell, book: str) -> None:
    shell.views("UPDATE money_flows SET amount = amount + 100 WHERE n = 1")
    result = shell("audit", "verify", "--book", book)
    assert result.code == 4
    assert "views: money_flows: no entry adds up to the row" in result.err
    assert shell("audit", "verify", "--journal-only", "--book", book).code == 0
    assert shell("views", "rebuild", "--book", book).code == 0
    assert shell("audit", "verify", "--book", book).code == 0


def test_who_records_on_a_forked_journal_is_told(shell: Shell, book: str) -> None:
    """The command is recorded; that it could not be sealed is said, with what to do."""
    at = ("--book", book, "--as", "admin")
    newest = shell.seals / "checkpoints" / names(shell)[-1]
    newest.write_text(newest.read_text("utf-8").replace("refusals", "Refusals"), "utf-8")
    result = shell("officer", "appoint", "new", "--roles", "ttl", "--on", "2017-01-01", *at)
    assert result.code == 0
    assert "not sealed: checkpoint" in result.err
    assert shell("audit", "seal", *at).code == 4


@pytest.mark.of_a_file("how its end is lost; of a database: tests/postgres")
@pytest.mark.parametrize(
    "question",
    ["grant show G-1", "report disbursement", "audit history G-1", "grant list", "views update"],
)
def test_a_journal_that_lost_its_end_answers_nothing(shell: Shell, book: str, question: str) -> None:
    """What is left is whole, and would be answered from as of an earlier day."""
    at = ("--book", book, "--as", "admin")
    assert shell(*question.split(), *at).code == 0
    with without_triggers(shell.path) as raw:
        raw.execute("DELETE FROM stored_events WHERE position = (SELECT max(position) FROM stored_events)")
        raw.execute("UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'entries'")
    result = shell(*question.split(), *at)
    assert (result.code, result.out) == (4, "")
    assert "the journal has lost 1 of the entries that were sealed" in result.err
    refused = shell("officer", "appoint", "new", "--roles", "ttl", "--on", "2017-01-01", *at)
    assert (refused.code, refused.out) == (4, "")
    assert "are missing" in shell("audit", "verify", *at).err
    health = shell("health", *at)
    assert health.code == 5
    assert "has lost 1 of the entries" in health.out


def test_a_proof_and_a_package(shell: Shell, book: str) -> None:
    at = ("--book", book)
    for name in ("G-1@3", "grant:G-1@3"):
        assert shell("audit", "prove", name, *at).out.startswith("c2sp.org/tlog-proof@v1\nextra ")
    row = shell("audit", "prove", "G-1@3", "--json", *at).row
    by_position = shell("audit", "prove", str(row["index"] + 1), "--json", *at).row
    assert by_position == row
    assert row["entry"] == "grant:G-1@3"
    place = shell.folder / "one.tlog-proof"
    assert shell("audit", "prove", "G-1@3", "--output", str(place), *at).code == 0
    assert place.read_text("utf-8") == row["text"]
    assert shell("audit", "export", str(shell.folder / "package"), "G-1", *at).code == 0
    again = shell("audit", "export", str(shell.folder / "package"), *at)
    assert again.code == 5
    assert "there already" in again.err


@pytest.mark.parametrize("entry", ["G-1", "G-1@x", "@1", "9999", "G-1@99", "G-9@1"])
def test_an_entry_that_is_not_there(shell: Shell, book: str, entry: str) -> None:
    result = shell("audit", "prove", entry, "--book", book)
    assert result.code == 2
    assert "entry" in result.err.lower() or "knows no grant" in result.err


def test_a_key_that_is_none(shell: Shell, book: str) -> None:
    result = shell("audit", "verify", "--key", "abc", "--book", book)
    assert result.code == 2
    assert "--key" in result.err
    key = (shell.seals / "checkpoints" / "keys").read_text("ascii").strip()
    assert shell("audit", "verify", "--key", key, "--book", book).code == 0


def test_the_key_may_lie_elsewhere(shell: Shell, book: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (shell.seals / "seal.key").rename(shell.folder / "elsewhere.key")
    monkeypatch.setenv("GRANTBOOK_SEAL_KEY", str(shell.folder / "elsewhere.key"))
    at = ("--book", book, "--as", "admin")
    result = shell("officer", "appoint", "new", "--roles", "ttl", "--on", "2017-01-01", *at)
    assert result.code == 0
    assert "not sealed" not in result.err
    assert not (shell.seals / "seal.key").exists()


# ── lawless rows ─────────────────────────────────────────────────────────────────────────────


def put_in(shell: Shell, asked: dict[str, object], *, recorder: str = "") -> None:
    """By somebody who writes into the journal around the program; all sums fit."""
    with Book.open(shell.place) as book:
        forge(book, command_from(asked), recorder)


BY_NOBODY: dict[str, object] = {
    "command": "AppointOfficer",
    "on": "2017-01-01",
    "actor": "m.allory",
    "officer": "m.allory",
    "roles": ["finance"],
}
APPOINTED: dict[str, object] = {**BY_NOBODY, "actor": "admin"}


@pytest.mark.case("T2")
def test_nobody_signs_a_row_that_the_rules_would_refuse(shell: Shell, book: str) -> None:
    at = ("--book", book, "--as", "admin")
    put_in(shell, BY_NOBODY)
    checkpoints = names(shell)
    result = shell("audit", "verify", *at)
    assert result.code == 4
    assert "it is unsealed, and is no lawful entry: NotAnOfficer: m.allory holds no role" in result.err
    assert "verified" not in result.out
    result = shell("audit", "seal", *at)
    assert result.code == 4
    assert "is lawless: NotAnOfficer" in result.err
    assert names(shell) == checkpoints
    assert shell("audit", "verify", "--rules", *at).code == 4
    assert shell("audit", "verify", *at, "--json").row["verified"] is False


@pytest.mark.case("T2")
def test_the_seal_stops_before_it(shell: Shell, book: str) -> None:
    """What is lawful before it is sealed, also if somebody else recorded it."""
    at = ("--book", book, "--as", "admin")
    put_in(shell, APPOINTED)
    put_in(shell, {**BY_NOBODY, "officer": "n.ew"})
    result = shell("audit", "seal", *at)
    assert result.code == 4
    assert "sealed 1 entries and 0 refusals; what comes after them is not" in result.out
    found = shell("audit", "verify", *at, "--json").row
    assert (found["unsealed_entries"], found["unsealed_refusals"]) == (1, 0)
    assert (found["judged_entries"], found["judged_refusals"]) == (1, 0)


def test_what_was_put_in_by_the_rules_is_sealed_with_the_next_command(shell: Shell, book: str) -> None:
    at = ("--book", book, "--as", "admin")
    put_in(shell, APPOINTED)
    assert shell("officer", "appoint", "new", "--roles", "ttl", "--on", "2017-01-01", *at).code == 0
    result = shell("audit", "verify", "--rules", *at)
    assert result.code == 0
    assert "nothing is unsealed" in result.out
    assert "rules judged for all 26 entries" in result.out


@pytest.mark.case("T2")
def test_a_sealed_row_that_the_rules_would_refuse_is_found_with_rules(shell: Shell, book: str) -> None:
    """It was signed by somebody who does not judge; without ``--rules`` nothing is said of the rules."""
    at = ("--book", book, "--as", "admin", "--journal-only")
    put_in(shell, BY_NOBODY)
    with Book.open(shell.place) as opened:
        sealed_by_a_forger(opened)
    result = shell("audit", "verify", *at)
    assert result.code == 0
    assert "sealed and unaltered; rules judged for the 0 unsealed entries" in result.out
    result = shell("audit", "verify", "--rules", *at)
    assert result.code == 4
    assert "NotAnOfficer" in result.err
