"""The rules of the directory, joined from its files. For other events only officer and day are checked."""

from lifecycle.directory import experience, institutions
from lifecycle.directory.experience import Grants, StandingOn
from lifecycle.directory.state import Directory
from lifecycle.kernel.event import Event
from lifecycle.kernel.rule import NONE, Rules, in_set

RULES: Rules = {**institutions.RULES, **experience.RULES}
"""The rules of each event of the directory."""


def check_directory_rules(directory: Directory, event: Event, rules: int) -> None:
    """Refuse an event that breaks a rule of the rule set of this number. Raises a refusal."""
    for rule in in_set(RULES.get(type(event), NONE).invariants, rules):
        rule.apply(directory=directory, event=event)


def check_grants_named(
    directory: Directory, grants: Grants, standing_on: StandingOn, event: Event, rules: int
) -> None:
    """Refuse an event that names a grant which is not as it has to be. Raises a refusal.

    ``directory``: with all that is recorded, and the event. ``grants``: the entries in force of the grants
    that the event names. It is asked when the event is decided or corrected, and not again: what a grant
    becomes later does not undo what the directory says.
    """
    for rule in in_set(RULES.get(type(event), NONE).preconditions, rules):
        rule.apply(directory=directory, grants=grants, standing_on=standing_on, event=event)
