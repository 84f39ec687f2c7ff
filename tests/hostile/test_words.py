"""Arguments of the shell that are not text, and paths of these bytes."""

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
def test_a_grant_id_that_is_not_text_is_malformed(shell: Shell, words: tuple[str, ...]) -> None:
    result = shell(*words)
    assert (result.code, "holds bytes that are no text" in result.err) == (2, True), result


@pytest.mark.parametrize("name", ["", "a b", "a\x1b[2J", BYTES])
@pytest.mark.parametrize("words", [FEE, ("record", "commands.jsonl"), ("officer", "erase", "cash")])
def test_who_records_is_named_as_officers_are(shell: Shell, name: str, words: tuple[str, ...]) -> None:
    shell.file(officers())
    result = shell(*words, "--as", name)
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith("malformed: --as: ")
    assert "\x1b" not in result.err
    assert shell("--json", "audit", "refusals").rows == []


def test_a_login_that_is_no_officers_name_is_malformed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRANTBOOK_OFFICER")
    monkeypatch.setenv("LOGNAME", "OFFICE\\ada")
    result = shell(*FEE)
    assert (result.code, "--as: " in result.err) == (2, True)


def test_an_empty_book_argument_opens_no_other_book(shell: Shell) -> None:
    """A script passes "" if its variable is not set: no other book is opened instead."""
    result = shell("--book", "", "grant", "list")
    assert (result.code, "which book?" in result.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("audit", "prove", "9" * 30), "name an entry like"),
        (("audit", "prove", f"fund@{'9' * 30}"), "name an entry like"),
        (("report", "glance", "--as-of", "0001-01-01"), "between 1900 and 2199"),
        (("report", "timeline", "--as-of", "9999-12-31"), "between 1900 and 2199"),
    ],
)
def test_numbers_and_days_out_of_bounds_are_malformed(
    shell: Shell, words: tuple[str, ...], message: str
) -> None:
    result = shell(*words)
    assert (result.code, message in result.err) == (2, True), result


def test_an_address_of_another_database_is_not_opened(shell: Shell) -> None:
    result = shell("grant", "list", "--book", "mysql://host/book")
    assert (result.code, "mysql:// is no store of books" in result.err) == (5, True)


@pytest.mark.of_a_file("its folder")
def test_paths_may_have_any_bytes(shell: Shell) -> None:
    book = ("--book", f"book{BYTES}")
    assert shell("init", f"book{BYTES}", "--name", "A fund", "--on", "2008-10-01").code == 0
    assert shell(*book, "record", shell.file(officers(), f"lines{BYTES}")).code == 0
    for words in (("report", "fund"), ("report", "fund", "--known", "5"), ("audit", "verify")):
        result = shell(*words, *book)
        assert result.code == 0, result
    assert shell(*book, "report", "fund", "--output", f"file{BYTES}").code == 0
    assert shell("report", "fund", "--views", f"book{BYTES}").code == 0
