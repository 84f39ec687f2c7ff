"""``grantbook completion`` and ``grantbook man``: what a shell needs to complete words, and manual pages."""

from collections.abc import Iterator
from pathlib import Path

import click

from cli.output.man_page import Manual, roff_of
from cli.output.terminal_text import say
from cli.shell.settings import Command, HelpPage


@click.command(
    "completion",
    cls=Command,
    help="Print the script that completes words in your shell.\n\n"
    "It completes commands, options, and the names of grants, payments, activities, calls, officers, partners"
    " and windows that the book knows.\n\n"
    'For bash: eval "$(grantbook completion bash)"\n\n'
    'For zsh: eval "$(grantbook completion zsh)"\n\n'
    "For fish: grantbook completion fish | source",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the script."""
    from click.shell_completion import BashComplete, get_completion_class

    if shell == "bash":
        # Click would start bash to ask for its version, and bash may not be installed.
        BashComplete._check_version = staticmethod(lambda: None)  # type: ignore[method-assign]
    complete = get_completion_class(shell)
    assert complete is not None
    commands = click.get_current_context().find_root().command
    say(complete(commands, {}, "grantbook", "_GRANTBOOK_COMPLETE").source())
    return 0


@click.command(
    "man",
    cls=Command,
    help="Write the manual pages of all commands into a folder, for man.\n\n"
    "man finds pages in ~/.local/share/man/man1 and in /usr/local/share/man/man1. Then man grantbook shows"
    " the groups, and man grantbook-payment-run one command.",
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def man(folder: Path) -> int:
    """Write the pages."""
    root = click.get_current_context().find_root()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        pages = 0
        for manual in _manuals(root.command, root):
            (folder / f"{manual.page}.1").write_text(roff_of(manual), "utf-8")
            pages += 1
    except OSError as error:
        raise click.UsageError(f"{folder}: {error.strerror}") from None
    say(f"wrote {pages} pages into {folder}: man -M {folder.parent} grantbook", err=True)
    return 0


def _manuals(command: click.Command, ctx: click.Context) -> Iterator[Manual]:
    """Yield what the page of the command says, then those of its commands if it is a group."""
    commands: dict[str, click.Command] = {}
    if isinstance(command, click.Group):
        found = {name: command.get_command(ctx, name) for name in command.list_commands(ctx)}
        commands = {name: child for name, child in found.items() if child is not None}
    yield _manual(command, ctx, commands)
    for name, child in commands.items():
        yield from _manuals(child, click.Context(child, info_name=name, parent=ctx))


def _manual(command: click.Command, ctx: click.Context, commands: dict[str, click.Command]) -> Manual:
    assert isinstance(command, HelpPage)
    paragraphs = [part for part in (command.help or "").split("\n\n") if part.strip()]
    return Manual(
        name=ctx.command_path,
        summary=paragraphs[0] if paragraphs else ctx.command_path,
        usage=" ".join(command.collect_usage_pieces(ctx)),
        paragraphs=paragraphs,
        example=command.example(),
        commands=[(name, (child.help or "").partition("\n\n")[0]) for name, child in commands.items()],
        options=command.sections_of_options(ctx),
        epilog=(command.epilog or "").removeprefix("Exit codes: "),
        version=_version(),
    )


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"grantbook {version('grantbook')}"
    except PackageNotFoundError:
        return "grantbook"
