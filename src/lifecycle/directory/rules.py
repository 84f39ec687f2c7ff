"""The rules of the directory, joined from its files. For other events only officer and day are checked."""

from lifecycle.directory import institutions
from lifecycle.directory.state import Directory
from lifecycle.kernel.event import Event
from lifecycle.kernel.rule import NONE, Rules, in_set

RULES: Rules = {**institutions.RULES}
"""The rules of each event of the directory."""


def check_directory_rules(directory: Directory, event: Event, rules: int) -> None:
    """Refuse an event that breaks a rule of the rule set of this number. Raises a refusal."""
    for rule in in_set(RULES.get(type(event), NONE).invariants, rules):
        rule.apply(directory=directory, event=event)
