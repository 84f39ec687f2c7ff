"""Whether a book is sound: nothing sealed is lost, and every unsealed row is one that the rules allow."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress

from lifecycle.book.storage.book_storage import BookStorage, Check
from lifecycle.book.storage.copies import Shortfall
from lifecycle.journal.atomic_files import keep_sound, sealed_in, sound_in
from lifecycle.journal.journal import STORE_ERRORS, Journal
from lifecycle.journal.left_out.faults import Fault
from lifecycle.journal.left_out.left_out_rows import Sizes
from lifecycle.kernel.errors import Altered, BookError, Unreachable

_MAY_NOT_READ = "42501"
"""PostgreSQL's code of a permission that was denied."""


class Soundness:
    """What is known of a book's soundness, from its journal and from the seals beside it."""

    def __init__(self, name: str, storage: BookStorage, journal: Journal) -> None:
        self._name, self._storage, self._journal = name, storage, journal

    def shortfall(self) -> Shortfall | None:
        """Return what is missing of what was sealed at another address, or is not on this standby yet."""
        # The checkpoint is read first: what is sealed after it is in the journal by then.
        sealed = sealed_in(self._storage.path)
        return self._storage.shortfall(sealed, self._journal.ends())

    def look(self) -> None:
        """Look at every row that is not known to be lawful; from the first if the server goes away meanwhile.

        Raises `Altered`.
        """

        def look(_: bool) -> None:
            self._journal.left_out.begin(self.sound(), self.sealed, self.judge)

        self._storage.retry(look)

    def reason_not_to_open(self) -> Altered | Unreachable | None:
        """Return the error if something sealed was lost, or if the book is a copy that lacks some of it."""

        def look(_: bool) -> Altered | Unreachable | None:
            if shortfall := self.shortfall():
                return None if self._storage.lags else Unreachable(f"{self._name}: {copy_of(shortfall)}")
            lost = self._journal.lost(sealed_in(self._storage.path))
            return Altered(f"{self._name}: {lost}") if lost else None

        return self._storage.retry(look)

    # ── how far it is judged ─────────────────────────────────────────────────────────────────

    def sealed(self) -> Sizes:
        """Return the position of the last sealed entry, and the number of the last sealed receipt."""
        return self._journal.places_of(sealed_in(self._storage.path))

    def sound(self) -> Sizes:
        """Return up to which entry and receipt nothing is wrong: sealed, or judged on this machine."""
        sealed = self.sealed()
        position, number, leaf = sound_in(self._storage.path)
        if position <= sealed[0] or leaf != self._leaf(position):
            return sealed
        return position, number

    def keep_sound(self) -> None:
        """Remember how far the journal was judged if it is not sealed, so that the next one goes on there."""
        left_out = self._journal.left_out
        if left_out.stops or left_out.looked <= self.sealed()[0]:
            return
        with suppress(*STORE_ERRORS, BookError, OSError):  # without it, more is judged again
            position, number = self._journal.sound()
            keep_sound(self._storage.path, position, number, self._leaf(position))

    def _leaf(self, position: int) -> str:
        for row in self._journal.stored(position - 1, position, 1):
            return hashlib.sha256(f"{row.stream}@{row.version} {row.topic}".encode() + row.state).hexdigest()
        return ""

    def judge(self, after: Sizes, left_out: frozenset[int]) -> tuple[list[Fault], Sizes]:
        """Judge again what was recorded after the sizes; return the faults, and how far nothing is wrong."""
        # Loaded only if something is unsealed: a reader of a sealed book does without the rules.
        from lifecycle.rejudge.walk import judged_after

        try:
            return judged_after(self._journal, after, left_out)
        except STORE_ERRORS as error:
            if getattr(error.__cause__, "sqlstate", None) != _MAY_NOT_READ:
                raise
            return [], after  # a projector may not read the receipts, without which nothing is judged

    # ── checks ───────────────────────────────────────────────────────────────────────────────

    def checks(self, rows: Check, *, standby: bool) -> list[Check]:
        """Return each check of the store, of the seals and, last, that of the ``rows``.

        ``standby``: whether a standby must confirm each commit.
        """
        reason, shortfall = self.reason_not_to_open(), self.shortfall()
        detail = "the journal is as long as it was when it was sealed"
        if reason or shortfall:
            detail = str(reason) if reason else f"a standby, {shortfall}"
        return [
            *self._storage.health(standby=standby),
            Check("nothing that was sealed is lost", reason is None, detail),
            rows,
        ]

    def unlawful_receipts(self) -> Iterator[str]:
        """Yield what is wrong with each unsealed receipt that the rules would not have given."""
        from lifecycle.rejudge.walk import judged_unsealed

        with self._journal.recorder.reading():
            entries, receipts = sealed_in(self._storage.path)
            if entries > self._journal.counts()[0]:
                return  # it lost what was sealed, which has a check of its own
            # What was never sealed is judged from the last row that this machine has judged.
            after = self._journal.left_out.sound()
            if entries:
                after = self._journal.nth(entries - 1)[2], receipts
            outcome = judged_unsealed(self._journal, after)
        for fault in outcome.faults:
            if fault.receipt:
                yield f"{fault}{self._journal.way_out(fault.receipt)}"


def copy_of(shortfall: Shortfall) -> str:
    """Return what to do with a copy that lacks some of what was sealed elsewhere."""
    return (
        f"this is a copy, {shortfall}: restore a newer one, or name the book itself;"
        f" if that is gone for good, move {shortfall.folder} aside and this copy is taken for the book"
    )
