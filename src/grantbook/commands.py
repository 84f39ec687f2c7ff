"""The classes of the commands: ``commands.ProposeGrant(grant="SSF-2019-01", on=…, actor=…, …)``.

A command that may be about a grant, the fund or a call is about a grant under its own name; `command_class`
gives the others. `command_from` makes a command of a mapping, as in a line of ``grantbook record``.
"""

from typing import Any

from lifecycle.catalogue import ROWS
from lifecycle.kernel.command import Command
from lifecycle.parse import Malformed, command_class, command_from

__all__ = ["Command", "Malformed", "command_class", "command_from"]

_ABOUT = {name: about for about in ("call", "fund", "grant") for name in ROWS[about]}


def __getattr__(name: str) -> Any:
    """Return the class of the command, which is made when it is first asked for."""
    if name not in _ABOUT:
        raise AttributeError(f"module 'grantbook.commands' has no attribute {name!r}")
    return command_class(name, _ABOUT[name])


def __dir__() -> list[str]:
    """Name the commands, for an editor that completes them."""
    return sorted((*__all__, *_ABOUT))
