"""An administrator seals; an auditor verifies, proves and exports."""

import pytest

from lifecycle.book.book import Book
from lifecycle.parse import command_from
from support.cli_shell import Shell, life
from support.forging import forge
from support.tampering import sealed_by_a_forger, without_triggers

pytestmark = pytest.mark.both_stores


@pytest.fixture
def book(shell: Shell) -> str:
    """Record and seal a grant's life, and return the book."""
    init = ("init", shell.book, "--name", "The Facility", "--on", "2008-10-01", "--as", "admin", "--seal")
    assert shell(*init).code == 0
    assert shell("record", shell.file(life()), "--book", shell.book, "--as", "admin").code == 0
    return shell.book


def checkpoint_names(shell: Shell) -> list[str]:
    return sorted(path.name for path in (shell.seals / "checkpoints").glob("*.note"))


def test_every_command_is_sealed(shell: Shell, book: str) -> None:
    """The new book, the run, a refused command and an accepted one make one checkpoint each."""
    options = ("--book", book, "--as", "admin")
    assert len(checkpoint_names(shell)) == 2
    assert shell("grant", "approve", "G-1", "--amount", "1.00 USD", *options).code == 1
    assert len(checkpoint_names(shell)) == 3
    assert shell("officer", "appoint", "new", "--roles", "ttl", "--on", "2017-01-01", *options).code == 0
    row = shell("audit", "verify", *options, "--json").row
    assert row["verified"] is True
    assert (row["unsealed_entries"], row["unsealed_refusals"]) == (0, 0)
    assert row["checkpoints"] == len(checkpoint_names(shell)) == 4


def test_sealing_can_be_left_to_a_separate_command(shell: Shell) -> None:
    init = ("init", shell.book, "--name", "F", "--on", "2008-10-01", "--as", "admin", "--no-seal")
    options = ("--book", shell.book, "--as", "admin")
    assert shell(*init).code == 0
    assert shell("record", shell.file(life()), *options).code == 0
    assert checkpoint_names(shell) == []
    verified = shell("audit", "verify", *options)
    assert verified.code == 0
    assert "unsealed: " in verified.out
    assert "nothing is sealed; rules judged for the" in verified.out
    sealed = shell("audit", "seal", *options)
    assert sealed.code == 0
    assert "nothing is unsealed" in sealed.out
    assert shell("audit", "verify", *options).code == 0
    assert "nothing was unsealed" in shell("audit", "seal", *options).out


def test_verify_counts_the_entries_of_the_fund_of_grants_and_of_calls(shell: Shell, book: str) -> None:
    """The counts add up to the number of all entries."""
    row = shell("audit", "verify", "--book", book, "--json").row
    assert sum(row["entries_of"].values()) == row["entries"]
    assert row["entries_of"]["grant"] == 9
    in_words = f"entries: {row['entries_of']['fund']} of the fund, 9 of grants\n"
    assert in_words in shell("audit", "verify", "--book", book).out


def test_verify_says_that_a_sealed_book_is_unaltered(shell: Shell, book: str) -> None:
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
    with without_triggers(shell.path) as connection:
        connection.execute(
            "UPDATE stored_events SET state = CAST(replace(state, '60000.00', '90000.00') AS BLOB)"
        )
    result = shell("audit", "verify", "--book", book)
    assert result.code == 4
    assert result.err.startswith("grant:G-1@6 (position ")
    assert "failed verification" in result.err
    result = shell("audit", "verify", "--book", book, "--json")
    assert result.code == 4
    assert result.row["verified"] is False
    assert result.row["problems"][0]["where"].startswith("grant:G-1@6")


def test_a_view_that_shows_something_else_fails(shell: Shell, book: str) -> None:
    shell.views("UPDATE money_flows SET amount = amount + 100 WHERE n = 1")
    result = shell("audit", "verify", "--book", book)
    assert result.code == 4
    assert "views: money_flows: no entry adds up to the row" in result.err
    assert shell("audit", "verify", "--journal-only", "--book", book).code == 0
    assert shell("views", "rebuild", "--book", book).code == 0
    assert shell("audit", "verify", "--book", book).code == 0


def test_recording_warns_that_a_forked_journal_cannot_be_sealed(shell: Shell, book: str) -> None:
    """The command is recorded, and the warning says that it could not be sealed."""
    options = ("--book", book, "--as", "admin")
    newest = shell.seals / "checkpoints" / checkpoint_names(shell)[-1]
    newest.write_text(newest.read_text("utf-8").replace("refusals", "Refusals"), "utf-8")
    result = shell("officer", "appoint", "new", "--roles", "ttl", "--on", "2017-01-01", *options)
    assert result.code == 0
    assert "not sealed: checkpoint" in result.err
    assert shell("audit", "seal", *options).code == 4


@pytest.mark.of_a_file("how its end is lost; of a database: tests/postgres")
@pytest.mark.parametrize(
    "question",
    ["grant show G-1", "report disbursement", "audit history G-1", "grant list", "views update"],
)
def test_a_journal_that_lost_its_end_answers_nothing(shell: Shell, book: str, question: str) -> None:
    """The remaining entries are consistent, so without the seals an old answer would look right."""
    options = ("--book", book, "--as", "admin")
    assert shell(*question.split(), *options).code == 0
    with without_triggers(shell.path) as connection:
        connection.execute(
            "DELETE FROM stored_events WHERE position = (SELECT max(position) FROM stored_events)"
        )
        connection.execute("UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'entries'")
    result = shell(*question.split(), *options)
    assert (result.code, result.out) == (4, "")
    assert "the journal has lost 1 of the entries that were sealed" in result.err
    refused = shell("officer", "appoint", "new", "--roles", "ttl", "--on", "2017-01-01", *options)
    assert (refused.code, refused.out) == (4, "")
    assert "are missing" in shell("audit", "verify", *options).err
    health = shell("health", *options)
    assert health.code == 5
    assert "has lost 1 of the entries" in health.out


def test_an_entry_can_be_proved_and_a_package_exported_once(shell: Shell, book: str) -> None:
    options = ("--book", book)
    for name in ("G-1@3", "grant:G-1@3"):
        assert shell("audit", "prove", name, *options).out.startswith("c2sp.org/tlog-proof@v1\nextra ")
    row = shell("audit", "prove", "G-1@3", "--json", *options).row
    by_position = shell("audit", "prove", str(row["index"] + 1), "--json", *options).row
    assert by_position == row
    assert row["entry"] == "grant:G-1@3"
    path = shell.folder / "one.tlog-proof"
    assert shell("audit", "prove", "G-1@3", "--output", str(path), *options).code == 0
    assert path.read_text("utf-8") == row["text"]
    assert shell("audit", "export", str(shell.folder / "package"), "G-1", *options).code == 0
    again = shell("audit", "export", str(shell.folder / "package"), *options)
    assert again.code == 5
    assert "there already" in again.err


@pytest.mark.parametrize("entry", ["G-1", "G-1@x", "@1", "9999", "G-1@99", "G-9@1"])
def test_an_entry_that_does_not_exist_cannot_be_proved(shell: Shell, book: str, entry: str) -> None:
    result = shell("audit", "prove", entry, "--book", book)
    assert result.code == 2
    assert "entry" in result.err.lower() or "knows no grant" in result.err


def test_verify_refuses_a_malformed_key_and_accepts_the_key_of_the_book(shell: Shell, book: str) -> None:
    result = shell("audit", "verify", "--key", "abc", "--book", book)
    assert result.code == 2
    assert "--key" in result.err
    key = (shell.seals / "checkpoints" / "keys").read_text("ascii").strip()
    assert shell("audit", "verify", "--key", key, "--book", book).code == 0


def test_the_key_may_be_kept_in_another_folder(
    shell: Shell, book: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shell.seals / "seal.key").rename(shell.folder / "elsewhere.key")
    monkeypatch.setenv("GRANTBOOK_SEAL_KEY", str(shell.folder / "elsewhere.key"))
    options = ("--book", book, "--as", "admin")
    result = shell("officer", "appoint", "new", "--roles", "ttl", "--on", "2017-01-01", *options)
    assert result.code == 0
    assert "not sealed" not in result.err
    assert not (shell.seals / "seal.key").exists()


# ── rows that the rules would refuse ─────────────────────────────────────────────────────────


def put_into_journal(shell: Shell, command: dict[str, object], *, recorder: str = "") -> None:
    """Write a command's entries into the journal past the rules, with right checksums."""
    with Book.open(shell.place) as book:
        forge(book, command_from(command), recorder)


BY_NOBODY: dict[str, object] = {
    "command": "AppointOfficer",
    "on": "2017-01-01",
    "actor": "m.allory",
    "officer": "m.allory",
    "roles": ["finance"],
}
APPOINTED: dict[str, object] = {**BY_NOBODY, "actor": "admin"}


@pytest.mark.case("T2")
def test_a_row_that_the_rules_would_refuse_is_not_sealed(shell: Shell, book: str) -> None:
    options = ("--book", book, "--as", "admin")
    put_into_journal(shell, BY_NOBODY)
    checkpoints = checkpoint_names(shell)
    result = shell("audit", "verify", *options)
    assert result.code == 4
    assert "it is unsealed, and is no lawful entry: NotAnOfficer: m.allory holds no role" in result.err
    assert "verified" not in result.out
    result = shell("audit", "seal", *options)
    assert result.code == 4
    assert "is lawless: NotAnOfficer" in result.err
    assert checkpoint_names(shell) == checkpoints
    assert shell("audit", "verify", "--rules", *options).code == 4
    assert shell("audit", "verify", *options, "--json").row["verified"] is False


@pytest.mark.case("T2")
def test_the_seal_stops_before_a_row_that_the_rules_would_refuse(shell: Shell, book: str) -> None:
    """The lawful entry before the forged one is sealed, although the same forger put it there."""
    options = ("--book", book, "--as", "admin")
    put_into_journal(shell, APPOINTED)
    put_into_journal(shell, {**BY_NOBODY, "officer": "n.ew"})
    result = shell("audit", "seal", *options)
    assert result.code == 4
    assert "sealed 1 entries and 0 refusals; what comes after them is not" in result.out
    row = shell("audit", "verify", *options, "--json").row
    assert (row["unsealed_entries"], row["unsealed_refusals"]) == (1, 0)
    assert (row["judged_entries"], row["judged_refusals"]) == (1, 0)


def test_a_forged_entry_that_the_rules_allow_is_sealed_with_the_next_command(shell: Shell, book: str) -> None:
    options = ("--book", book, "--as", "admin")
    put_into_journal(shell, APPOINTED)
    assert shell("officer", "appoint", "new", "--roles", "ttl", "--on", "2017-01-01", *options).code == 0
    result = shell("audit", "verify", "--rules", *options)
    assert result.code == 0
    assert "nothing is unsealed" in result.out
    assert "rules judged for all 26 entries" in result.out


@pytest.mark.case("T2")
def test_a_sealed_row_that_the_rules_would_refuse_is_found_with_rules(shell: Shell, book: str) -> None:
    """A forger signed the row. Without ``--rules`` a sealed row is not judged."""
    options = ("--book", book, "--as", "admin", "--journal-only")
    put_into_journal(shell, BY_NOBODY)
    with Book.open(shell.place) as opened:
        sealed_by_a_forger(opened)
    result = shell("audit", "verify", *options)
    assert result.code == 0
    assert "sealed and unaltered; rules judged for the 0 unsealed entries" in result.out
    result = shell("audit", "verify", "--rules", *options)
    assert result.code == 4
    assert "NotAnOfficer" in result.err
