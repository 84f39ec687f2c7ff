"""What a recorded command changed: its entries, and the states before and after."""

from collections.abc import Mapping
from typing import NamedTuple

from lifecycle.call.call import Call
from lifecycle.fund.state import Fund
from lifecycle.grant.state import Grant
from lifecycle.kernel.history import Entry


class States(NamedTuple):
    """The states that a command concerns."""

    grant: Grant | None
    fund: Fund
    calls: Mapping[str, Call | None]


class Effect(NamedTuple):
    """What a command changed."""

    entries: tuple[Entry, ...]
    before: States
    after: States
