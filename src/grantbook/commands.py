"""The classes of the commands. Each command holds the event that it asks for.

``commands.CloseGrant(grant="SSF-2019-01", event=events.GrantClosed(on=…, actor=…))``. Some commands hold a
draft, such as `ApprovalDraft`, because the book fills in more fields of the event. `command_from` makes a
command from a mapping, such as a line of ``grantbook record``.
"""

from lifecycle.decide import commands as _commands
from lifecycle.decide.commands import *  # noqa: F403 the names that its list exports
from lifecycle.kernel.command import Command
from lifecycle.parse import Malformed, command_from

__all__ = ["Command", "Malformed", "command_from"]
__all__ += _commands.__all__
