"""Old stored forms of events, made into today's. Golden files hold each form that ever was.

An upcaster takes the flat JSON of its version and gives that of the next. It never guesses: it says
what the old form meant when it was written.
"""

from collections.abc import Callable
from typing import Any

Upcast = Callable[[dict[str, Any]], dict[str, Any]]


def _suspension_had_no_scope(state: dict[str, Any]) -> dict[str, Any]:
    """Until version 2 a suspension stopped everything."""
    return {**state, "scope": "all"}


UPCASTS: dict[tuple[str, int], Upcast] = {
    ("GrantSuspended", 1): _suspension_had_no_scope,
}
"""By event name and the version that it is taken from."""
