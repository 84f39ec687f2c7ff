"""No output replaces a file of a book."""

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
