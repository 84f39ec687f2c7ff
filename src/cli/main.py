"""The command ``grantbook``. Help is answered from static tables; a command is loaded when called."""

import gc
import os
import sys
from typing import Any

import click

from cli.index import GROUPS, OTHERS
from cli.output.terminal_text import forget_stdout, safe, telling
from cli.shell.settings import Settings, global_options
from lifecycle.catalogue import SPECS
from lifecycle.kernel.spec import Spec

_OTHERS = {listed.words: listed for listed in OTHERS}
_SPECS: dict[str, tuple[Spec, str]] = {
    spec.words: (spec, about) for about, specs in SPECS.items() for spec in specs.values()
}
HELP = {words: spec.help for words, (spec, _) in _SPECS.items()} | {
    listed.words: listed.help for listed in OTHERS
}
"""Every command's words and its line of help."""


def load(words: str) -> click.Command:
    """Import and return the command of these words."""
    if listed := _OTHERS.get(words):
        command: click.Command = getattr(listed.module(), listed.name)
        return command
    from cli.shell.run_command import SpecCommand

    spec, about = _SPECS[words]
    return SpecCommand(spec, about)


class LazyGroup(click.Group):
    """A group that knows its commands' names and helps without importing them."""

    def __init__(self, prefix: str = "", **more: Any) -> None:
        super().__init__(**more)
        self.prefix = prefix
        self.params.extend(global_options())

    def _lines(self) -> dict[str, str]:
        if self.prefix:
            at = self.prefix + " "
            return {words.removeprefix(at): line for words, line in HELP.items() if words.startswith(at)}
        alone = {words: line for words, line in HELP.items() if " " not in words}
        first = {name: alone.pop(name) for name in ("init", "demo", "record")}
        return first | GROUPS | alone

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of help."""
        return list(self._lines())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of the name; `None` if it is unknown."""
        if cmd_name not in self._lines():
            return None
        if not self.prefix and cmd_name in GROUPS:
            return LazyGroup(cmd_name, name=cmd_name, help=GROUPS[cmd_name])
        return load(f"{self.prefix} {cmd_name}".strip())

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list in ``--help``."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._lines().items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve a command as click does, and name similar ones if it is unknown."""
        if args[0] not in (lines := self._lines()) and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], lines, n=3)
            meant = f"; did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"there is no command {args[0]!r}{meant}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Return names for the shell's completion, without importing a command."""
        from click.shell_completion import CompletionItem

        items = [
            CompletionItem(name, help=line)
            for name, line in self._lines().items()
            if name.startswith(incomplete)
        ]
        return items + click.Command.shell_complete(self, ctx, incomplete)


def _show_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked:
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
    # Our models use no plugin of pydantic's; looking for some costs every command a tenth of its time.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        answer = cli.main(arguments, prog_name="grantbook", standalone_mode=False, obj=Settings())
        with telling():
            sys.stdout.flush()
    except click.ClickException as error:
        hint = (
            error.ctx.command_path + " --help" if isinstance(error, click.UsageError) and error.ctx else None
        )
        click.echo(f"malformed: {safe(error.format_message())}", err=True)
        if hint is not None:
            click.echo(f"see {safe(hint)}", err=True)
        return error.exit_code if error.exit_code != 1 else 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return 130
    except (BrokenPipeError, SystemExit):  # the latter is how click and rich leave a closed pipe
        forget_stdout()
        return 0
    except Exception as error:
        from cli.shell.failures import show

        code = show(error)
        try:
            sys.stdout.flush()
        except OSError:  # what could not be written is tried once more when the process ends
            forget_stdout()
        return code
    return answer if isinstance(answer, int) else 0


def _opened_streams() -> None:
    """Open each standard stream that the caller closed, so that no file of the book takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 open to the end


def main() -> None:
    """Run the program. Text that the terminal's encoding lacks is shown escaped."""
    # A command is a short life without reference cycles: the collector would only walk over the modules
    # while they are imported, a tenth of a write's time.
    gc.disable()
    _opened_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
