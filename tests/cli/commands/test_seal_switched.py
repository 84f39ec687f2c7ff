"""A new key is announced, and an entry switches sealing on or off."""

from pathlib import Path

import pytest

from support.cli_shell import Shell

pytestmark = [pytest.mark.case("O5"), pytest.mark.both_stores]


@pytest.fixture
def book(shell: Shell) -> Shell:
    """Return a shell with a book that is sealed after each command."""
    assert shell("init", shell.book, "--name", "F", "--on", "2016-01-01", "--seal").code == 0
    return shell


def appoint(shell: Shell, officer: str) -> str:
    result = shell(
        "--book", shell.book, "officer", "appoint", officer, "--roles", "ttl", "--on", "2017-01-01"
    )
    assert result.code == 0
    return result.err


def checkpoint_count(shell: Shell) -> int:
    return len(list((shell.seals / "checkpoints").glob("*.note")))


def test_another_home_seals_with_a_new_key_and_says_so(
    book: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(book.place, Path):
        pytest.skip("the seals of a folder are in it, whatever the home is")
    assert "for the first time" not in appoint(book, "one")
    monkeypatch.setenv("GRANTBOOK_SEALS", str(tmp_path / "another"))
    warning = " ".join(appoint(book, "two").split())
    assert "sealed here for the first time, with a new key in" in warning
    assert str(tmp_path / "another") in warning
    assert "for the first time" not in appoint(book, "three")


def test_the_seal_command_names_a_new_key(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(shell.place, Path):
        pytest.skip("the seals of a folder are in it, whatever the home is")
    assert shell("init", shell.book, "--name", "F", "--on", "2016-01-01").code == 0
    seal = ("--book", shell.book, "audit", "seal")
    announcement = "the key from now on, to be given to auditors: grantbook/"
    assert announcement in shell(*seal).out
    assert announcement not in shell(*seal).out
    monkeypatch.setenv("GRANTBOOK_SEALS", str(tmp_path / "another"))
    assert announcement in shell(*seal).out


def test_a_switch_of_sealing_is_an_entry_and_holds_from_its_day(book: Shell) -> None:
    appoint(book, "one")
    before = checkpoint_count(book)
    switch = ("--book", book.book, "fund", "switch-sealing", "--sealing")
    assert book(*switch, "on_request", "--on", "2017-02-01").code == 0
    appoint(book, "two")
    assert checkpoint_count(book) == before
    assert "commands are not sealed as they are recorded" in book("--book", book.book, "audit", "verify").out
    history = book("--book", book.book, "audit", "history", "fund").out
    assert "had the journal sealed on request only" in history
    # A switch of an earlier day does not undo the later one.
    assert book(*switch, "each_command", "--on", "2017-01-31").code == 0
    appoint(book, "three")
    assert checkpoint_count(book) == before
    assert book(*switch, "each_command", "--on", "2017-02-01").code == 0
    appoint(book, "four")
    assert checkpoint_count(book) > before
    assert book("--book", book.book, "audit", "verify").code == 0


def test_only_an_administrator_switches(book: Shell) -> None:
    appoint(book, "one")
    switch = ("fund", "switch-sealing", "--sealing", "on_request", "--on", "2017-02-01")
    result = book("--book", book.book, "--as", "one", *switch)
    assert result.code == 1
    assert "RoleNotHeld" in result.err


def test_a_moved_book_can_be_left_unsealed(book: Shell, tmp_path: Path) -> None:
    appoint(book, "one")
    copy = str(tmp_path / "copy")
    assert book("move", book.book, copy, "--no-seal").code == 0
    sealed = len(list((tmp_path / "copy" / "checkpoints").glob("*.note")))
    result = book("--book", copy, "officer", "appoint", "two", "--roles", "ttl", "--on", "2017-01-01")
    assert result.code == 0
    assert len(list((tmp_path / "copy" / "checkpoints").glob("*.note"))) == sealed


@pytest.mark.case("T1")
def test_a_book_that_was_never_sealed_verifies(shell: Shell) -> None:
    """Its entries are judged by the rules. A book that has lost its seals fails."""
    assert shell("init", shell.book, "--name", "F", "--on", "2016-01-01", "--no-seal").code == 0
    appoint(shell, "one")
    result = shell("--book", shell.book, "audit", "verify")
    assert result.code == 0
    assert "nothing is sealed; rules judged for the 5 entries" in result.out
    assert shell("--book", shell.book, "audit", "seal").code == 0
    for note in (shell.seals / "checkpoints").glob("*.note"):
        note.unlink()
    assert shell("--book", shell.book, "audit", "verify").code == 4
