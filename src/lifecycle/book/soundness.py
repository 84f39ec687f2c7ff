"""Checks that a book is sound: no sealed row is lost, and the rules allow every unsealed row."""

import hashlib
import struct
from collections.abc import Iterator
from contextlib import suppress

from lifecycle.book.storage.book_storage import BookStorage, Check
from lifecycle.book.storage.copies import Shortfall
from lifecycle.journal.atomic_files import keep_sound, sealed_in, sound_in
from lifecycle.journal.journal import STORE_ERRORS, Journal
from lifecycle.journal.left_out.faults import Fault
from lifecycle.journal.left_out.left_out_rows import Sizes
from lifecycle.journal.stored_row import hashed
from lifecycle.kernel.errors import Altered, BookError, Unreachable

_PERMISSION_DENIED = "42501"
"""PostgreSQL's code of that error."""


class Soundness:
    """Checks a book's soundness, from its journal and from the seals beside it."""

    def __init__(self, name: str, storage: BookStorage, journal: Journal) -> None:
        self._name, self._storage, self._journal = name, storage, journal

    def shortfall(self) -> Shortfall | None:
        """Return the sealed rows that are missing in this copy or on this standby; `None` if none is."""
        # The checkpoint first: rows that are sealed after it are in the journal by then.
        sealed = sealed_in(self._storage.path)
        return self._storage.shortfall(sealed, self._journal.ends())

    def look(self) -> None:
        """Judge again the rows that are not known to be lawful. Raises `Altered`."""

        def look(_: bool) -> None:
            self._journal.left_out.begin(self.sound(), self.sealed, self.judge)

        self._storage.retry(look)

    def reason_not_to_open(self) -> Altered | Unreachable | None:
        """Return the error if a sealed row is lost, or if the book is a copy that lacks sealed rows."""

        def check(_: bool) -> Altered | Unreachable | None:
            if shortfall := self.shortfall():
                return None if self._storage.lags else Unreachable(f"{self._name}: {copy_of(shortfall)}")
            lost = self._journal.lost(sealed_in(self._storage.path))
            return Altered(f"{self._name}: {lost}") if lost else None

        return self._storage.retry(check)

    # ── how far it is judged ─────────────────────────────────────────────────────────────────

    def sealed(self) -> Sizes:
        """Return the position of the last sealed entry and the number of the last sealed refusal."""
        return self._journal.places_of(sealed_in(self._storage.path))

    def sound(self) -> Sizes:
        """Return the position and the number up to which rows are sealed, or were judged on this machine."""
        sealed = self.sealed()
        position, number, leaf = sound_in(self._storage.path)
        if position <= sealed[0] or leaf != self._leaf(position):
            return sealed
        return position, number

    def keep_sound(self) -> None:
        """Store how far unsealed rows were judged, so that the next process begins there."""
        left_out = self._journal.left_out
        if left_out.stops or left_out.looked <= self.sealed()[0]:
            return
        with suppress(*STORE_ERRORS, BookError, OSError):  # if it fails, more is judged again
            position, number = self._journal.sound()
            keep_sound(self._storage.path, position, number, self._leaf(position))

    def _leaf(self, position: int) -> str:
        """Return a hash of the entry at a position; an empty text if there is none."""
        for row in self._journal.stored(position - 1, position, 1):
            with suppress(TypeError, ValueError, struct.error):
                return hashlib.sha256(hashed(row)).hexdigest()
        return ""

    def judge(self, after: Sizes, left_out: frozenset[int]) -> tuple[list[Fault], Sizes]:
        """Judge again what was recorded after a position and number.

        Return the faults, and how far it is sound.
        """
        # Imported only if something is unsealed: a reader of a sealed book does not need the rules.
        from lifecycle.rejudge.walk import judged_after

        try:
            return judged_after(self._journal, after, left_out)
        except STORE_ERRORS as error:
            if getattr(error.__cause__, "sqlstate", None) != _PERMISSION_DENIED:
                raise
            return [], after  # a projector may not read the refusals, and nothing is judged without them

    # ── checks ───────────────────────────────────────────────────────────────────────────────

    def checks(self, rows: Check, *, standby: bool) -> list[Check]:
        """Return the checks of the store and of the seals, and last the check of the ``rows``.

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

    def unlawful_refusals(self) -> Iterator[str]:
        """Yield what is wrong with each unsealed refusal that the rules do not give."""
        from lifecycle.rejudge.walk import judged_unsealed

        with self._journal.recorder.reading():
            entries, refusals = sealed_in(self._storage.path)
            if entries > self._journal.counts()[0]:
                return  # another check reports that sealed rows are lost
            # A book that was never sealed is judged from the last row that this machine has judged.
            after = self._journal.left_out.sound()
            if entries:
                after = self._journal.nth(entries - 1)[2], refusals
            outcome = judged_unsealed(self._journal, after)
        for fault in outcome.faults:
            if fault.refusal:
                yield f"{fault}{self._journal.way_out(fault.refusal)}"


def copy_of(shortfall: Shortfall) -> str:
    """Return what to do with a copy that lacks rows that were sealed elsewhere."""
    return (
        f"this is a copy, {shortfall}: restore a newer one, or name the book itself;"
        f" if that is gone for good, move {shortfall.folder} aside and this copy is taken for the book"
    )
