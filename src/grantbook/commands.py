"""The classes of the commands, each of which holds the event that it asks for.

``commands.CloseGrant(grant="SSF-2019-01", event=events.GrantClosed(on=…, actor=…))``. A command whose event
says more than is asked holds a draft of it, such as `ApprovalDraft`. `command_from` makes a command of a
mapping, as in a line of ``grantbook record``.
"""

from lifecycle.decide import commands as _commands
from lifecycle.decide.commands import *  # noqa: F403 the names that its list exports
from lifecycle.kernel.command import Command
from lifecycle.parse import Malformed, command_from

__all__ = ["Command", "Malformed", "command_from"]
__all__ += _commands.__all__
