"""No output replaces a file of a book."""

from errno import EACCES
from pathlib import Path

import pytest

from support.cli_shell import Shell

pytestmark = pytest.mark.of_a_file("the files of a book are named")


@pytest.mark.parametrize(
    "words",
    [
        ("report", "register", "--output", "{file}", "--format", "csv"),
        ("export", "beancount", "{file}", "--overwrite"),
        ("audit", "prove", "grant:G-1@1", "--output", "{file}"),
        ("template", "payments", "{file}", "--overwrite"),
    ],
)
@pytest.mark.parametrize("name", ["journal.sqlite", "book.toml", "views.sqlite"])
def test_an_output_replaces_no_file_of_a_book(lived: Shell, words: tuple[str, ...], name: str) -> None:
    file = lived.path / name
    if words[0] == "template":
        file = file.with_name("own.csv")
        file.write_text("mine")
    before = file.read_bytes()
    done = lived(*(word.format(file=file) for word in words))
    assert (done.code, f"{file} is a file in the book" in done.err) == (2, True), done.err
    assert file.read_bytes() == before


def test_a_new_file_beside_the_record_is_written(lived: Shell) -> None:
    """A person may keep reports in the book's folder, under names that nothing has yet."""
    file = lived.path / "register.csv"
    assert lived("report", "register", "--output", str(file)).code == 0
    assert file.read_text().startswith("grant,")


@pytest.mark.parametrize(
    "words",
    [("template", "payments", "closed/own.csv"), ("report", "register", "--output", "closed/own.csv")],
)
def test_a_folder_that_may_not_be_entered_is_said(
    lived: Shell, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Tests may run as root, who may enter any folder, so the refusal of the system is made here."""
    look = Path.is_file

    def refuse(path: Path) -> bool:
        if "closed" in path.parts:
            raise PermissionError(EACCES, "Permission denied")
        return look(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "is_file", refuse)
        done = lived(*words)
    assert done.code == 2
    assert "closed/own.csv cannot be written: Permission denied" in done.err
