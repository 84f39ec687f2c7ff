"""The fold of the directory's events into its state."""

from collections.abc import Iterable

from lifecycle.directory import experience, institutions
from lifecycle.directory.state import Directory, Evolves
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry

EVOLVE: Evolves = {**institutions.EVOLVE, **experience.EVOLVE}
"""For each event of the directory, the function that changes the state."""


def evolve(directory: Directory, event: Event) -> Directory:
    """Return the directory after the event."""
    after = directory.thaw()
    EVOLVE[type(event)](after, event)
    return after.freeze()


def fold(entries: Iterable[Entry], directory: Directory | None = None) -> Directory:
    """Return the directory after all entries, from the directory before them or an empty one."""
    after = (directory or Directory()).thaw()
    for entry in entries:
        EVOLVE[type(entry.event)](after, entry.event)
    return after.freeze()
