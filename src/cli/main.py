"""The command ``grantbook``. Help comes from static tables; a command is imported when it is called."""

import gc
import os
import re
import sys
from typing import Any

import click

from cli.index import OTHER_COMMANDS
from cli.output.terminal_text import discard_stdout, safe, writing_stdout
from cli.shell.examples import EXAMPLES
from cli.shell.groups import GROUPS
from cli.shell.settings import HelpPage, Settings, global_options
from lifecycle.catalogue import SPECS
from lifecycle.kernel.spec import Spec

_OTHERS = {other.words: other for other in OTHER_COMMANDS}
_SPECS: dict[str, tuple[Spec, str]] = {
    spec.words: (spec, stream_kind) for stream_kind, specs in SPECS.items() for spec in specs.values()
}
HELP = {words: spec.help for words, (spec, _) in _SPECS.items()} | {
    other.words: other.help for other in OTHER_COMMANDS
}
"""The line of help of every command, by the words with which it is called."""


def load(words: str) -> click.Command:
    """Import and return the command that these words call, with its example if one is listed."""
    command: click.Command
    if other := _OTHERS.get(words):
        command = getattr(other.module(), other.name)
    else:
        from cli.shell.run_command import SpecCommand

        command = SpecCommand(*_SPECS[words])
    if isinstance(command, HelpPage):
        command.listed_example = EXAMPLES.get(words, "")
    return command


def _show_help_of_group() -> int:
    """Print the help of a group that was called without a command."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
    return 0


class LazyGroup(HelpPage, click.Group):
    """A group that lists its commands with their help without importing them. Alone it prints its help."""

    def __init__(self, prefix: str = "", **kwargs: Any) -> None:
        super().__init__(
            invoke_without_command=True, no_args_is_help=False, callback=_show_help_of_group, **kwargs
        )
        self.prefix = prefix
        self.listed_example = EXAMPLES[prefix]
        self.params.extend(global_options())

    def _helps(self) -> dict[str, str]:
        """Return the line of help of each command in the group, by name, in the order of the list."""
        if self.prefix:
            prefix = self.prefix + " "
            return {
                words.removeprefix(prefix): line for words, line in HELP.items() if words.startswith(prefix)
            }
        ungrouped = {words: line for words, line in HELP.items() if " " not in words}
        first = {name: ungrouped.pop(name) for name in ("init", "demo", "record")}
        return first | GROUPS | ungrouped

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of help."""
        return list(self._helps())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command with this name; `None` if there is none."""
        if cmd_name not in self._helps():
            return None
        if not self.prefix and cmd_name in GROUPS:
            return LazyGroup(cmd_name, name=cmd_name, help=GROUPS[cmd_name])
        return load(f"{self.prefix} {cmd_name}".strip())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands first, then the options, which all commands have."""
        self.format_commands(ctx, formatter)
        HelpPage.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands in ``--help``."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._helps().items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve a command as click does, and name similar ones if it is unknown."""
        if args[0] not in (helps := self._helps()) and not args[0].startswith("-"):
            from lifecycle.types.readings.nearest import did_you_mean

            raise click.UsageError(f"there is no command {args[0]!r}{did_you_mean(args[0], helps)}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Return the names that complete the word, without importing a command."""
        from click.shell_completion import CompletionItem

        items = [
            CompletionItem(name, help=line)
            for name, line in self._helps().items()
            if name.startswith(incomplete)
        ]
        return items + click.Command.shell_complete(self, ctx, incomplete)


def _show_version(ctx: click.Context, _: click.Parameter, is_given: bool) -> None:
    if is_given:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"grantbook {version('grantbook')}")
        except PackageNotFoundError:
            click.echo("grantbook, not installed as a package")
        ctx.exit()


cli = LazyGroup(
    name="grantbook",
    help="The book of record of a fund's grants: what was decided, what was paid, and what was known when.",
    epilog="Exit codes: 0 done, 1 refused, 2 malformed, 3 version conflict, 4 failed verification,"
    " 5 unreachable store.",
    context_settings={"max_content_width": 200},
)
cli.params.append(
    click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_show_version,
        help="Show the version.",
    )
)


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code. No traceback leaves this function."""
    # Our models use no pydantic plugins. Searching for them takes a tenth of each command's time.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        exit_code = cli.main(arguments, prog_name="grantbook", standalone_mode=False, obj=Settings())
        with writing_stdout():
            sys.stdout.flush()
    except click.ClickException as error:
        hint = (
            error.ctx.command_path + " --help" if isinstance(error, click.UsageError) and error.ctx else None
        )
        sentence = re.sub(r"\s*\n\s*", " ", error.format_message())  # click lists choices a line each
        click.echo(f"malformed: {safe(sentence)}", err=True)
        if hint is not None:
            click.echo(f"see {safe(hint)}", err=True)
        return error.exit_code if error.exit_code != 1 else 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return 130
    except (BrokenPipeError, SystemExit):  # click and rich exit if the pipe is closed
        discard_stdout()
        return 0
    except Exception as error:
        from cli.shell.failures import show

        code = show(error)
        try:
            sys.stdout.flush()
        except OSError:  # Python would try to write the rest once more when the process ends
            discard_stdout()
        return code
    return exit_code if isinstance(exit_code, int) else 0


def _open_missing_streams() -> None:
    """Open each standard stream that the caller closed, so that no file of the book takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 open to the end


def main() -> None:
    """Run the program. Characters that the terminal's encoding lacks are shown escaped."""
    # A command ends soon and makes no reference cycles. The collector would only examine the modules while
    # they are imported, which takes a tenth of a write's time.
    gc.disable()
    _open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
