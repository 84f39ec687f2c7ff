"""Who seals, and with which key: told aloud, and switched by an entry."""

from pathlib import Path

import pytest

from support.cli_shell import Shell

pytestmark = [pytest.mark.case("O5"), pytest.mark.both_stores]


@pytest.fixture
def book(shell: Shell) -> Shell:
    """A book that is sealed after each command."""
    assert shell("init", shell.book, "--name", "F", "--on", "2016-01-01", "--seal").code == 0
    return shell


def appoint(shell: Shell, officer: str) -> str:
    result = shell(
        "--book", shell.book, "officer", "appoint", officer, "--roles", "ttl", "--on", "2017-01-01"
    )
    assert result.code == 0
    return result.err


def checkpoints(shell: Shell) -> int:
    return len(list((shell.seals / "checkpoints").glob("*.note")))


def test_another_home_seals_with_a_new_key_and_says_so(
    book: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(book.place, Path):
        pytest.skip("the seals of a folder lie in it, whatever the home is")
    assert "for the first time" not in appoint(book, "one")
    monkeypatch.setenv("GRANTBOOK_SEALS", str(tmp_path / "another"))
    result = " ".join(appoint(book, "two").split())
    assert "sealed here for the first time, with a new key in" in result
    assert str(tmp_path / "another") in result
    assert "for the first time" not in appoint(book, "three")


def test_a_seal_that_is_asked_for_tells_of_a_new_key(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(shell.place, Path):
        pytest.skip("the seals of a folder lie in it, whatever the home is")
    assert shell("init", shell.book, "--name", "F", "--on", "2016-01-01").code == 0
    seal = ("--book", shell.book, "audit", "seal")
    result = "the key from now on, to be given to auditors: grantbook/"
    assert result in shell(*seal).out
    assert result not in shell(*seal).out
    monkeypatch.setenv("GRANTBOOK_SEALS", str(tmp_path / "another"))
    assert result in shell(*seal).out


def test_switching_is_an_entry_and_holds_from_its_day(book: Shell) -> None:
    appoint(book, "one")
    before = checkpoints(book)
    switch = ("--book", book.book, "fund", "switch-sealing", "--sealing")
    assert book(*switch, "on_request", "--on", "2017-02-01").code == 0
    appoint(book, "two")
    assert checkpoints(book) == before
    assert "commands are not sealed as they are recorded" in book("--book", book.book, "audit", "verify").out
    assert (
        "had the journal sealed on request only" in book("--book", book.book, "audit", "history", "fund").out
    )
    assert (
        book(*switch, "each_command", "--on", "2017-01-31").code == 0
    )  # of an earlier day: it does not hold
    appoint(book, "three")
    assert checkpoints(book) == before
    assert book(*switch, "each_command", "--on", "2017-02-01").code == 0
    appoint(book, "four")
    assert checkpoints(book) > before
    assert book("--book", book.book, "audit", "verify").code == 0


def test_only_an_administrator_switches(book: Shell) -> None:
    appoint(book, "one")
    result = book(
        "--book",
        book.book,
        "--as",
        "one",
        "fund",
        "switch-sealing",
        "--sealing",
        "on_request",
        "--on",
        "2017-02-01",
    )
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
def test_a_book_that_nobody_has_sealed_is_no_alarm(shell: Shell) -> None:
    """Its rules are judged all the same; one that was sealed once misses its seals."""
    assert shell("init", shell.book, "--name", "F", "--on", "2016-01-01", "--no-seal").code == 0
    appoint(shell, "one")
    result = shell("--book", shell.book, "audit", "verify")
    assert result.code == 0
    assert "nothing is sealed; rules judged for the 5 entries" in result.out
    assert shell("--book", shell.book, "audit", "seal").code == 0
    for note in (shell.seals / "checkpoints").glob("*.note"):
        note.unlink()
    assert shell("--book", shell.book, "audit", "verify").code == 4
