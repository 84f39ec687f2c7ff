"""The tail of a journal that no checkpoint covers: there only its own sense speaks for it."""

from collections.abc import Iterator

from lifecycle.errors import Altered
from lifecycle.journal import Journal
from lifecycle.mapper import entry_of
from lifecycle.recording import Receipt

_PAGE = 1_000


def unsealed(journal: Journal, entries: int, receipts: int) -> Iterator[tuple[str, str]]:
    """What is wrong after so many sealed entries and answers: where, and what."""
    for rows in journal.entry_rows(journal.nth(entries)[2] - 1, _PAGE):
        for row in rows:
            try:
                entry_of(*row)
            except Altered as error:
                yield f"{row[0]}@{row[1]} (position {row[4]})", f"it is unsealed, and no entry: {error}"
    for rows in journal.receipt_rows(receipts, _PAGE):
        for row in rows:
            if not _fits(journal, receipt := Receipt(*row[:-1])):
                where = receipt.entries.partition(" ")[0]
                yield where, f"it is unsealed, and answer {row[-1]} says another thing of it"


def _fits(journal: Journal, receipt: Receipt) -> bool:
    """Whether the answer says of its entry who acted in it, who recorded it, where, and for what day."""
    if receipt.outcome != "accepted":
        return True
    stream, _, version = str(receipt.entries).partition(" ")[0].rpartition("@")
    row = journal.entry_row(stream, int(version)) if version.isdecimal() else None
    try:
        entry = None if row is None else entry_of(*row)
    except Altered:
        return True  # told already
    if entry is None:
        return False
    told = (stream, entry.on.isoformat(), entry.event.actor, entry.recorder)
    return told == (receipt.stream, receipt.on, receipt.actor, receipt.recorder)
