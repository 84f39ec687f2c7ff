"""``grantbook completion``: the script with which a shell completes commands and options."""

import click

from cli.output.terminal_text import say
from cli.shell.settings import Command


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
