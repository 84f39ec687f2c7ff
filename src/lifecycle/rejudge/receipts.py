"""A walk over the receipts of commands, beside the entries that they name."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from lifecycle.journal.journal import Journal
from lifecycle.journal.mapper import stamp
from lifecycle.journal.recorder import Receipt
from lifecycle.kernel.history import Entry
from lifecycle.rejudge.entry import Lawless
from lifecycle.rejudge.refusal import Refused

PAGE = 500
"""How many rows are read at once."""


class ReceiptWalk:
    """The receipts after a number, each once, in their order."""

    def __init__(self, journal: Journal, after: int) -> None:
        self._journal = journal
        self._rows = (row for rows in journal.receipt_rows(after, PAGE) for row in rows)
        self._next = next(self._rows, None)
        self.number = after

    def upto(self, position: int) -> Iterator[tuple[Receipt, int]]:
        """Yield receipts up to the one that names the entry at this position, if there is one."""
        while (row := self._next) is not None:
            named = row[-2]
            if named is not None and named > position:
                return
            yield self._taken(row)
            if named == position:
                return

    def rest(self) -> Iterator[tuple[Receipt, int]]:
        """Yield the remaining receipts."""
        while (row := self._next) is not None:
            yield self._taken(row)

    def reused(self, receipt: Receipt, number: int) -> bool:
        """Return whether an earlier receipt was given under the id, to another command."""
        question = "SELECT count(*) FROM receipts WHERE command_id = ? AND digest <> ? AND number < ?"
        (row,) = self._journal.recorder.rows(question, receipt.command_id, receipt.digest, number)
        return bool(row[0])

    def _taken(self, row: tuple[Any, ...]) -> tuple[Receipt, int]:
        self._next = next(self._rows, None)
        self.number = row[-1]
        return Receipt(*row[:-1]), row[-1]


def hold_against(entries: Sequence[Entry], receipt: Receipt, command: str) -> None:
    """Hold entries against the receipt that names them. Raises `Lawless` if it says anything else."""
    own, last = entries[0], entries[-1]
    event = own.event
    about = command, own.originator_id, event.on.isoformat(), event.actor, own.recorder
    names = own.name if own is last else " ".join(entry.name for entry in entries)
    expected = Receipt(
        own.command_id,
        receipt.digest,
        *about,
        stamp(last.recorded_at),
        "accepted",
        None,
        None,
        None,
        names,
        last.position,
    )
    if receipt != expected:
        pairs = zip(Receipt._fields, receipt, expected, strict=True)
        name, says, value = next(three for three in pairs if three[1] != three[2])
        raise Lawless(f"its answer says {name} {says!r}, and it {value!r}")


def refused_in(receipt: Receipt, rules: int) -> Refused:
    """Return the refusal that a receipt gives; ``rules``: the number of the rule set that held then."""
    about, _, name = receipt.stream.partition(":")
    moment = datetime.fromisoformat(receipt.recorded_at)
    on = date.fromisoformat(receipt.on)
    refusal = str(receipt.refusal)
    return Refused(receipt.command, about, name, on, receipt.actor, receipt.recorder, refusal, moment, rules)
