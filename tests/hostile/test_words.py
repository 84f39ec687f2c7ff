"""Words of the shell that are no text, and paths of such bytes."""

import os

import pytest

from support.cli_shell import Shell, officers

BYTES = os.fsdecode(b"\xff")
READERS = (
    ("grant", "show", BYTES),
    ("audit", "history", BYTES),
    ("audit", "replay", BYTES, "--on", "2018-01-01", "--known", "5"),
    ("audit", "refusals", BYTES),
    ("report", "timeline", "--grant", BYTES),
)
FEE = ("fund", "charge-fee", "--amount", "10.00 USD", "--on", "2019-01-01", "--actor", "cash")


@pytest.mark.both_stores
@pytest.mark.parametrize("words", READERS, ids=lambda words: " ".join(words[:2]))
def test_a_grant_that_is_no_text(shell: Shell, words: tuple[str, ...]) -> None:
    told = shell(*words)
    assert (told.code, "holds bytes that are no text" in told.err) == (2, True), told


@pytest.mark.parametrize("name", ["", "a b", "a\x1b[2J", BYTES])
@pytest.mark.parametrize("words", [FEE, ("record", "commands.jsonl"), ("officer", "erase", "cash")])
def test_who_records_is_named_as_officers_are(shell: Shell, name: str, words: tuple[str, ...]) -> None:
    shell.file(officers())
    told = shell(*words, "--as", name)
    assert told.code == 2
    assert told.out == ""
    assert told.err.startswith("malformed: --as: ")
    assert "\x1b" not in told.err
    assert shell("--json", "audit", "refusals").rows == []


def test_a_login_that_is_no_officer(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRANTBOOK_OFFICER")
    monkeypatch.setenv("LOGNAME", "OFFICE\\ada")
    told = shell(*FEE)
    assert (told.code, "--as: " in told.err) == (2, True)


def test_an_empty_book_is_none(shell: Shell) -> None:
    """A script's variable that is not set names nothing: nothing else is taken for it."""
    told = shell("--book", "", "grant", "list")
    assert (told.code, "which book?" in told.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("audit", "prove", "9" * 30), "name an entry like"),
        (("audit", "prove", f"fund@{'9' * 30}"), "name an entry like"),
        (("report", "glance", "--as-of", "0001-01-01"), "between 1900 and 2199"),
        (("report", "timeline", "--as-of", "9999-12-31"), "between 1900 and 2199"),
    ],
)
def test_numbers_and_days_out_of_all_bounds(shell: Shell, words: tuple[str, ...], said: str) -> None:
    told = shell(*words)
    assert (told.code, said in told.err) == (2, True), told


def test_what_is_no_store_of_books(shell: Shell) -> None:
    told = shell("grant", "list", "--book", "mysql://host/book")
    assert (told.code, "mysql:// is no store of books" in told.err) == (5, True)


@pytest.mark.of_a_file("its folder")
def test_paths_of_any_bytes(shell: Shell) -> None:
    book = ("--book", f"book{BYTES}")
    assert shell("init", f"book{BYTES}", "--name", "A fund", "--on", "2008-10-01").code == 0
    assert shell(*book, "record", shell.file(officers(), f"lines{BYTES}")).code == 0
    for words in (("report", "fund"), ("report", "fund", "--known", "5"), ("audit", "verify")):
        told = shell(*words, *book)
        assert told.code == 0, told
    assert shell(*book, "report", "fund", "--output", f"file{BYTES}").code == 0
    assert shell("report", "fund", "--views", f"book{BYTES}").code == 0
