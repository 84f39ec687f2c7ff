"""The result of verifying a book."""

from typing import NamedTuple

from lifecycle.journal.left_out.quarantined import Quarantined, QuarantinedReceipt
from lifecycle.seal.notes import Checkpoint, PublicKey


class Problem(NamedTuple):
    """A difference from what was recorded."""

    where: str
    """The entry, the receipt, the checkpoint or the file."""
    what: str


class Verified(NamedTuple):
    """The result of verifying."""

    entries: int
    receipts: int
    checkpoints: int
    last: Checkpoint | None
    """The newest checkpoint that holds."""
    unsealed: tuple[int, int]
    """Entries and receipts after it."""
    documents: int
    keys: list["KeyUsed"]
    """The keys, in the order in which they came into use."""
    each_command: bool
    """Whether ``book.toml`` asks for a seal after each command."""
    judged: tuple[int, int]
    """How many entries and receipts were judged again by the rules."""
    problems: list[Problem]
    quarantined: list[Quarantined]
    """Rows that are sealed, or to be sealed, as not lawful: they are no problems."""
    quarantined_receipts: list[QuarantinedReceipt]
    """Receipts that are sealed, or to be sealed, as unlawful."""


class KeyUsed(NamedTuple):
    """A key that checkpoints are signed with."""

    key: PublicKey
    since: str | None
    """The first checkpoint that it signed."""
    vouched: bool
    """The key before it has signed one of the same checkpoints; so it is for the first key."""
