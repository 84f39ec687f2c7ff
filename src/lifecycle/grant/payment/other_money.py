"""Co-financing by others, and the cost of preparing and supervising a grant."""

from typing import ClassVar

from lifecycle.grant.state import Evolves, unchanged
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.spec import ANY, GRANT
from lifecycle.types.money import Amount
from lifecycle.types.text import Line
from lifecycle.types.vocabularies import CoFinancingKind, CostPurpose


class CoFinancingRecorded(GrantEvent):
    """Somebody else paid a part of the exchange. Recorded by the task team leader."""

    VERSION: ClassVar[int] = 2

    kind: CoFinancingKind
    """The kind of co-financing: cash, in kind, a share of the cost, or private."""
    source: Line | None = None
    """Who paid."""
    amount: Amount
    """In the currency in which it was paid."""
    holding_amount: Amount | None = None
    """Its worth in the holding currency on the day; an amount in another currency counts only with it."""


class CostRecorded(GrantEvent):
    """Preparing or supervising the grant cost money. Recorded by the task team leader."""

    VERSION: ClassVar[int] = 2

    purpose: CostPurpose
    """What the cost is for: preparation or supervision."""
    amount: Amount
    """In the currency in which it was paid."""
    holding_amount: Amount | None = None
    """Its worth in the holding currency on the day; an amount in another currency counts only with it."""


EVOLVE: Evolves = {
    CoFinancingRecorded: unchanged,
    CostRecorded: unchanged,
}
"""The function by which each event changes the grant."""


class RecordCoFinancing(GrantCommand[CoFinancingRecorded]):
    """Record what others paid."""


class RecordCost(GrantCommand[CostRecorded]):
    """Record the cost of preparing or supervising."""


COMMANDS = (
    RecordCoFinancing.spec("grant co-finance", "ttl", ANY, GRANT),
    RecordCost.spec("grant cost", "ttl", ANY, GRANT),
)
"""The commands, as the catalogue lists them."""
