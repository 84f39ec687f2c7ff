"""A walk over the receipts of commands, in step with a walk over the entries."""

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
"""Rows that are read at once."""


class ReceiptWalk:
    """The receipts after a number, in their order."""

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
            yield self._take(row)
            if named == position:
                return

    def remaining(self) -> Iterator[tuple[Receipt, int]]:
        """Yield the remaining receipts."""
        while (row := self._next) is not None:
            yield self._take(row)

    def is_reused(self, receipt: Receipt, number: int) -> bool:
        """Return whether another command has an earlier receipt under the same id."""
        question = "SELECT count(*) FROM receipts WHERE command_id = ? AND digest <> ? AND number < ?"
        (row,) = self._journal.recorder.rows(question, receipt.command_id, receipt.digest, number)
        return bool(row[0])

    def _take(self, row: tuple[Any, ...]) -> tuple[Receipt, int]:
        self._next = next(self._rows, None)
        self.number = row[-1]
        return Receipt(*row[:-1]), row[-1]


def check_receipt(entries: Sequence[Entry], receipt: Receipt, command: str) -> None:
    """Raise `Lawless` if the receipt that names the entries differs from them."""
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
        name, in_receipt, in_entry = next(
            (name, actual, right) for name, actual, right in pairs if actual != right
        )
        raise Lawless(f"its answer says {name} {in_receipt!r}, and it {in_entry!r}")


def refused_in(receipt: Receipt, rules: int) -> Refused:
    """Return the refusal in a receipt. ``rules``: the number of the rule set that was in force."""
    about, _, name = receipt.stream.partition(":")
    moment = datetime.fromisoformat(receipt.recorded_at)
    on = date.fromisoformat(receipt.on)
    refusal = str(receipt.refusal)
    return Refused(receipt.command, about, name, on, receipt.actor, receipt.recorder, refusal, moment, rules)
