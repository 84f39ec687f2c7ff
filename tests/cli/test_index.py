"""Help is quick, because it is read from static tables, and the tables agree with the commands."""

import json
import shlex

import click
import pytest

from cli.index import OTHER_COMMANDS
from cli.main import HELP, cli, load
from cli.shell.command_fields import fields_of_command
from cli.shell.groups import GROUPS
from cli.shell.options import envelope_of, fields_of, words_from
from lifecycle.catalogue import SPECS
from lifecycle.parse import command_class, command_from
from support.cli_shell import Shell

PRINT_MODULES = """
import json, sys
from cli.main import run
code = run(sys.argv[1:])
print(json.dumps(sorted(sys.modules)))
"""
HEAVY = ("pydantic", "sqlalchemy", "structlog", "rich", "eventsourcing", "sqlite3", "decimal")


def modules_loaded(shell: Shell, *words: str) -> set[str]:
    result = shell.other(*words, program=PRINT_MODULES)
    assert result.code == 0, result.err
    return set(json.loads(result.out.splitlines()[-1]))


@pytest.mark.parametrize("words", [["--help"], ["grant", "--help"], ["report", "--help"]])
def test_help_imports_only_click_and_the_tables(shell: Shell, words: list[str]) -> None:
    modules = modules_loaded(shell, *words)
    assert not modules & set(HEAVY)
    ours = {name for name in modules if name.partition(".")[0] in ("cli", "lifecycle", "projections")}
    assert ours == {
        "cli",
        "cli.output",
        "cli.shell",
        "cli.index",
        "cli.main",
        "cli.shell.examples",
        "cli.shell.groups",
        "cli.shell.settings",
        "cli.output.terminal_text",
        "lifecycle",
        "lifecycle.catalogue",
        "lifecycle.kernel",
        "lifecycle.kernel.spec",
    }


def test_help_of_a_command_imports_only_the_table_of_fields_besides(shell: Shell) -> None:
    modules = modules_loaded(shell, "grant", "propose", "--help")
    assert not modules & set(HEAVY)
    ours = {name for name in modules if name.partition(".")[0] in ("cli", "lifecycle", "projections")}
    assert {"cli.shell.command_fields", "cli.shell.fields", "cli.shell.run_command"} <= ours
    assert not ours & {"cli.shell.options", "lifecycle.parse", "lifecycle.kernel.command"}


def test_the_table_of_fields_says_what_the_commands_have() -> None:
    for stream_kind, specs in SPECS.items():
        for name, spec in specs.items():
            command = command_class(name, stream_kind)
            assert fields_of_command(spec.words) == [*fields_of(spec, command), *envelope_of(command)]


@pytest.mark.of_a_file("a book in a database is written by psycopg")
def test_a_write_imports_neither_sqlalchemy_nor_what_prints_reports(lived: Shell) -> None:
    modules = modules_loaded(lived, "officer", "appoint", "o-77", "--roles", "ttl")
    assert {"projections.engine.step", "projections.schema.layout", "sqlite3"} <= modules
    assert not {name.partition(".")[0] for name in modules} & {"sqlalchemy", "jinja2", "pyarrow", "icalendar"}
    assert not modules & {
        "rich.console",
        "projections.schema.tables",
        "projections.reports",
        "multiprocessing",
    }


@pytest.mark.of_a_file("the quick way of grant show reads a file")
def test_show_imports_neither_the_store_nor_the_rules_nor_their_libraries(lived: Shell) -> None:
    modules = modules_loaded(lived, "grant", "show", "G-1")
    assert "projections.engine.standing" in modules
    assert not modules & {"eventsourcing", "pydantic", "sqlalchemy", "structlog", "rich"}
    assert not modules & {
        "lifecycle.kernel.event",
        "lifecycle.parse",
        "lifecycle.decide",
        "lifecycle.book.book",
    }


def test_the_table_agrees_with_the_other_commands() -> None:
    for other in OTHER_COMMANDS:
        command = load(other.words)
        assert command.name == other.words.rpartition(" ")[2], other
        assert (command.help or "").startswith(other.help), other


def test_every_spec_has_its_command() -> None:
    made_from_file = {"edition", "sha256"}
    for stream_kind, specs in SPECS.items():
        for spec in specs.values():
            command = load(spec.words)
            assert (command.help or "").startswith(spec.help), spec
            if spec.words == "init":
                continue
            parameters = {parameter.name for parameter in command.get_params(click.Context(command))}
            assert {"on", "actor", "note", "command_id", "expect_version"} <= parameters
            assert set(command_class(spec.name, stream_kind).fields()) - made_from_file <= parameters, spec


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


def test_help_shows_fields_and_choices(shell: Shell) -> None:
    assert "all|payments|activities" in shell("grant", "suspend", "--help").out
    help_text = " ".join(shell("payment", "disburse", "--help").out.split())
    assert "In the grant's currency; at most what was authorised." in help_text
    assert "[required]" in help_text


@pytest.mark.case("K4")
@pytest.mark.parametrize("words", [(), *((group,) for group in GROUPS), ("--json", "grant")])
def test_a_bare_group_prints_its_help(shell: Shell, words: tuple[str, ...]) -> None:
    bare = shell(*words)
    assert (bare.code, bare.err) == (0, "")
    assert bare.out == shell(*words, "--help").out == shell(*words, "-h").out


@pytest.mark.case("K4")
@pytest.mark.parametrize("words", ["", *GROUPS, *HELP])
def test_a_page_of_help_begins_with_an_example_of_the_command(shell: Shell, words: str) -> None:
    first = shell(*words.split(), "-h").out.partition("\n")[0]
    assert first.startswith(f"Example: grantbook {words}".rstrip())


@pytest.mark.case("K4")
@pytest.mark.parametrize(
    ("about", "name"), [(about, name) for about, specs in SPECS.items() for name in specs]
)
def test_the_example_of_a_command_has_what_the_command_needs(about: str, name: str, shell: Shell) -> None:
    """What it says is a command that the program can read."""
    spec = SPECS[about][name]
    if name in ("AdoptPolicy", "AttachDocument", "EstablishFund"):  # they read a file
        return
    first = shell(*spec.words.split(), "-h").out.partition("\n")[0]
    typed = shlex.split(first.removeprefix("Example: grantbook "))[len(spec.words.split()) :]
    command = load(spec.words)
    with command.make_context(spec.words, typed) as context:
        given = {name: value for name, value in context.params.items() if value is not None}
    for choice in ("confirm_clock", "dry_run"):
        given.pop(choice, None)
    kind = command_class(name, about)
    words = {"command": name, "on": "2018-01-09", "actor": "me", **words_from(kind, given)[0]}
    if name in ("CorrectEntry", "CorrectDirectoryEntry"):
        words["struck"] = True
    command_from(words)


@pytest.mark.case("K4")
def test_shared_options_stand_apart_from_the_commands_own(shell: Shell) -> None:
    own, _, shared = shell("payment", "disburse", "-h").out.partition("Options of every write:")
    of_write, _, of_every = shared.partition("Options of every command:")
    assert "--rate NUMBER" in own
    assert not {"--on", "--book", "--json"} & set(own.split())
    assert {"--on", "--actor", "--dry-run"} <= set(of_write.split())
    assert {"--book", "--json", "-h,", "--help"} <= set(of_every.split())


@pytest.mark.case("K4")
def test_help_is_as_wide_as_the_terminal(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    longest = dict[str, int]()
    for columns in ("80", "150"):
        monkeypatch.setenv("COLUMNS", columns)
        pages = shell("payment", "disburse", "-h").out.splitlines()
        longest[columns] = max(map(len, pages))
    assert longest["80"] <= 80 < longest["150"] <= 150


@pytest.mark.case("K4")
def test_a_missing_word_is_asked_for_on_one_line_with_its_choices(shell: Shell) -> None:
    for words in (("schema",), ("completion",), ("move",), ("fund", "join-partner", "DK", "--kind")):
        result = shell(*words)
        assert (result.code, result.out) == (2, "")
        assert "\\u{" not in result.err
    assert shell("schema").err.splitlines()[0].endswith("Choose from: commands, events")


def test_a_misspelt_command_is_answered_with_the_nearest(shell: Shell) -> None:
    result = shell("grant", "aprove")
    assert result.code == 2
    assert "did you mean approve" in result.err


@pytest.mark.parametrize(
    ("shell_name", "keyword"), [("bash", "complete"), ("zsh", "compdef"), ("fish", "complete")]
)
def test_a_completion_script_is_printed_for_each_shell(shell: Shell, shell_name: str, keyword: str) -> None:
    result = shell("completion", shell_name)
    assert result.code == 0
    assert keyword in result.out
    assert "_GRANTBOOK_COMPLETE" in result.out


def test_completion_lists_the_commands_that_begin_so(shell: Shell) -> None:
    result = shell.other(_GRANTBOOK_COMPLETE="bash_complete", COMP_WORDS="grantbook grant re", COMP_CWORD="2")
    assert "plain,return" in result.out
    assert "plain,report-progress" in result.out


def test_version_is_printed(shell: Shell) -> None:
    result = shell("--version")
    assert result.code == 0
    assert result.out.startswith("grantbook")
