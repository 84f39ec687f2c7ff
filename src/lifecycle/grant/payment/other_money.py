"""Money beside the grant: what others paid, and what preparing and supervising it cost."""

from typing import ClassVar

from lifecycle.grant.state import Evolves, unchanged
from lifecycle.kernel.command import GrantCommand
from lifecycle.kernel.event import GrantEvent
from lifecycle.kernel.spec import ANY, GRANT
from lifecycle.types.money import Amount
from lifecycle.types.text import Line
from lifecycle.types.vocabularies import CoFinancingKind, CostPurpose


class CoFinancingRecorded(GrantEvent):
    """Somebody else paid a part. Recorded by the task team leader."""

    VERSION: ClassVar[int] = 2

    kind: CoFinancingKind
    """Cash, in kind, a share of cost, or private."""
    source: Line | None = None
    """Who paid."""
    amount: Amount
    """In the currency in which it was paid."""
    holding_amount: Amount | None = None
    """What that was worth in the holding currency on the day; needed for another currency to count."""


class CostRecorded(GrantEvent):
    """What it cost to prepare or supervise the grant. Recorded by the task team leader."""

    VERSION: ClassVar[int] = 2

    purpose: CostPurpose
    """Preparation or supervision."""
    amount: Amount
    """In the currency in which it was paid."""
    holding_amount: Amount | None = None
    """What that was worth in the holding currency on the day; needed for another currency to count."""


EVOLVE: Evolves = {
    CoFinancingRecorded: unchanged,
    CostRecorded: unchanged,
}
"""How each event changes the grant."""


class RecordCoFinancing(GrantCommand[CoFinancingRecorded]):
    """Record what others paid."""


class RecordCost(GrantCommand[CostRecorded]):
    """Record the cost of preparing or supervising."""


COMMANDS = (
    RecordCoFinancing.spec("grant co-finance", "ttl", ANY, GRANT),
    RecordCost.spec("grant cost", "ttl", ANY, GRANT),
)
"""How each event is asked for."""
