"""A shell with a book that holds one grant, for hostile input."""

from pathlib import Path

import pytest

from support.cli_shell import Shell, life


@pytest.fixture
def shell(
    place: Path | str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(tmp_path, place, capsys)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRANTBOOK_BOOK", shell.book)
    monkeypatch.setenv("GRANTBOOK_OFFICER", "admin")
    init = ("init", shell.book, "--name", "The Facility", "--on", "2008-10-01", "--no-seal")
    assert shell(*init).code == 0
    assert shell("record", shell.file(life())).code == 0
    return shell
