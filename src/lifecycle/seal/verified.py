"""The result of verifying a book."""

from collections.abc import Mapping
from typing import NamedTuple

from lifecycle.journal.left_out.quarantined import Quarantined, QuarantinedRefusal
from lifecycle.seal.notes import Checkpoint, PublicKey


class Problem(NamedTuple):
    """A difference from what was recorded."""

    where: str
    """The entry, the refusal, the checkpoint or the file."""
    message: str


class Verified(NamedTuple):
    """Counts, checkpoint, keys and problems."""

    entries: int
    refusals: int
    checkpoints: int
    last: Checkpoint | None
    """The newest checkpoint with which the journal agrees."""
    unsealed: tuple[int, int]
    """The numbers of entries and refusals after that checkpoint."""
    documents: int
    keys: list["KeyUsed"]
    """The keys, in the order in which they came into use."""
    each_command: bool
    """Whether ``book.toml`` asks for a seal after each command."""
    judged: tuple[int, int]
    """The numbers of entries and refusals that were judged again by the rules."""
    problems: list[Problem]
    quarantined: list[Quarantined]
    """Rows that are sealed, or will be sealed, as unlawful. They are not problems."""
    quarantined_refusals: list[QuarantinedRefusal]
    """Refusals that are sealed, or will be sealed, as unlawful."""
    history: int
    """The number of entries that were brought in as history, and so are judged by arithmetic alone."""
    kinds: Mapping[str, int]
    """The number of entries of each kind of stream: ``grant``, ``call``, ``fund``, ``directory``."""


class KeyUsed(NamedTuple):
    """A key that checkpoints are signed with."""

    key: PublicKey
    since: str | None
    """The file name of the first checkpoint that it signed."""
    is_vouched_for: bool
    """Whether the key before it has signed one of the same checkpoints. True of the first key."""
