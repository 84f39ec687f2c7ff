"""Help is quick and true: answered from static tables, which say what the commands say."""

import json

import click
import pytest

from cli.index import GROUPS, OTHER_COMMANDS
from cli.main import HELP, cli, load
from cli.shell.command_fields import fields_of_command
from cli.shell.options import envelope_of, fields_of
from lifecycle.catalogue import SPECS
from lifecycle.parse import command_class
from support.cli_shell import Shell

LOADED = """
import json, sys
from cli.main import run
code = run(sys.argv[1:])
print(json.dumps(sorted(sys.modules)))
"""
HEAVY = ("pydantic", "sqlalchemy", "structlog", "rich", "eventsourcing", "sqlite3", "decimal")


def loaded(shell: Shell, *words: str) -> set[str]:
    done = shell.other(*words, program=LOADED)
    assert done.code == 0, done.err
    return set(json.loads(done.out.splitlines()[-1]))


@pytest.mark.parametrize("words", [["--help"], ["grant", "--help"], ["report", "--help"]])
def test_help_imports_only_click_and_the_tables(shell: Shell, words: list[str]) -> None:
    modules = loaded(shell, *words)
    assert not modules & set(HEAVY)
    ours = {name for name in modules if name.partition(".")[0] in ("cli", "lifecycle", "projections")}
    assert ours == {
        "cli",
        "cli.output",
        "cli.shell",
        "cli.index",
        "cli.main",
        "cli.shell.settings",
        "cli.output.terminal_text",
        "lifecycle",
        "lifecycle.catalogue",
        "lifecycle.kernel",
        "lifecycle.kernel.spec",
    }


def test_help_of_a_command_imports_only_the_table_of_fields_besides(shell: Shell) -> None:
    modules = loaded(shell, "grant", "propose", "--help")
    assert not modules & set(HEAVY)
    ours = {name for name in modules if name.partition(".")[0] in ("cli", "lifecycle", "projections")}
    assert {"cli.shell.command_fields", "cli.shell.fields", "cli.shell.run_command"} <= ours
    assert not ours & {"cli.shell.options", "lifecycle.parse", "lifecycle.kernel.command"}


def test_the_table_of_fields_says_what_the_commands_have() -> None:
    for stream_kind, specs in SPECS.items():
        for name, spec in specs.items():
            command = command_class(name, stream_kind)
            assert fields_of_command(spec.words) == [*fields_of(spec, command), *envelope_of(command)]


def test_a_write_imports_neither_sqlalchemy_nor_what_prints_reports(lived: Shell) -> None:
    modules = loaded(lived, "officer", "appoint", "o-77", "--roles", "ttl")
    assert {"projections.engine.step", "projections.schema.layout", "sqlite3"} <= modules
    assert not {name.partition(".")[0] for name in modules} & {"sqlalchemy", "jinja2", "pyarrow", "icalendar"}
    assert not modules & {
        "rich.console",
        "projections.schema.tables",
        "projections.reports",
        "multiprocessing",
    }


def test_show_imports_neither_the_store_nor_the_rules_nor_their_libraries(lived: Shell) -> None:
    modules = loaded(lived, "grant", "show", "G-1")
    assert "projections.engine.standing" in modules
    assert not modules & {"eventsourcing", "pydantic", "sqlalchemy", "structlog", "rich"}
    assert not modules & {
        "lifecycle.kernel.event",
        "lifecycle.parse",
        "lifecycle.decide",
        "lifecycle.book.book",
    }


def test_the_table_is_true() -> None:
    for other in OTHER_COMMANDS:
        command = load(other.words)
        assert command.name == other.words.rpartition(" ")[2], other
        assert (command.help or "").startswith(other.help), other


def test_every_row_has_its_command() -> None:
    for about, rows in SPECS.items():
        for row in rows.values():
            command = load(row.words)
            assert (command.help or "").startswith(row.help), row
            if row.words == "init":
                continue
            kind = command_class(row.name, about)
            given = {param.name for param in command.get_params(click.Context(command))}
            assert {"on", "actor", "note", "command_id", "expect_version"} <= given
            made_from_file = {"edition", "sha256"}
            assert set(kind.fields()) - made_from_file <= given, row


def test_every_group_is_named() -> None:
    groups = {words.partition(" ")[0] for words in HELP if " " in words}
    assert groups == set(GROUPS)
    assert len(set(HELP)) == len(HELP)
    assert set(cli.list_commands(click.Context(cli))) >= groups


@pytest.mark.parametrize("words", sorted(HELP))
def test_every_command_has_help(shell: Shell, words: str) -> None:
    result = shell(*words.split(), "--help")
    assert result.code == 0
    assert HELP[words].rstrip(".") in result.out
    assert "--book" in result.out


def test_help_tells_fields_and_choices(shell: Shell) -> None:
    result = shell("grant", "suspend", "--help").out
    assert "all|payments|activities" in result
    result = " ".join(shell("payment", "disburse", "--help").out.split())
    assert "In the grant's currency; at most what was authorised." in result
    assert "[required]" in result


def test_a_misspelt_command_is_guessed(shell: Shell) -> None:
    result = shell("grant", "aprove")
    assert result.code == 2
    assert "did you mean approve" in result.err


@pytest.mark.parametrize(("name", "sign"), [("bash", "complete"), ("zsh", "compdef"), ("fish", "complete")])
def test_completion_scripts(shell: Shell, name: str, sign: str) -> None:
    result = shell("completion", name)
    assert result.code == 0
    assert sign in result.out
    assert "_GRANTBOOK_COMPLETE" in result.out


def test_completion_completes(shell: Shell) -> None:
    result = shell.other(_GRANTBOOK_COMPLETE="bash_complete", COMP_WORDS="grantbook grant re", COMP_CWORD="2")
    assert "plain,return" in result.out
    assert "plain,report-progress" in result.out


def test_version(shell: Shell) -> None:
    result = shell("--version")
    assert result.code == 0
    assert result.out.startswith("grantbook")
