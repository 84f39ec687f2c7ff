"""``views datasette`` describes the views of a book for Datasette."""

import json

import pytest

from support.cli_shell import Shell


@pytest.mark.of_a_file("Datasette serves files")
def test_the_command_writes_a_file_that_names_fund_and_licence(lived: Shell) -> None:
    done = lived("views", "datasette", "metadata.json", "--licence", "CC BY 4.0")
    assert (done.code, done.out) == (0, "")
    written = json.loads((lived.folder / "metadata.json").read_text("utf-8"))
    assert (written["title"], written["license"]) == ("A fund", "CC BY 4.0")
    assert written["databases"]["views"]["source"].startswith("The book of record of A fund")
    printed = json.loads(lived("views", "datasette").out)
    assert "license" not in printed
    assert printed["databases"]["views"]["queries"] == written["databases"]["views"]["queries"]


def test_views_in_a_database_are_refused(lived: Shell, database: str) -> None:
    done = lived("views", "datasette", "--views", database)
    assert done.code == 2
    assert "views update --views FOLDER" in done.err
