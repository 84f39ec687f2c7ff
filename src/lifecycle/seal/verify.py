"""Verifying: hash every stored byte again, compare it with every checkpoint, and check everything that the
book promises of its rows. Problems are named, the first bad entry first.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path

from lifecycle.book.book import Book
from lifecycle.journal.atomic_files import CHECKPOINTS
from lifecycle.journal.journal import STORE_ERRORS
from lifecycle.journal.left_out.faults import MOST, Judged, together
from lifecycle.kernel.errors import Altered, BookError, NotNow
from lifecycle.rejudge.walk import (
    judged,
    left_out_positions,
    quarantined_receipt_numbers,
)
from lifecycle.seal.hash_store import FOLDER, Kept
from lifecycle.seal.merkle import SIZE, Tree
from lifecycle.seal.notes import Checkpoint, PublicKey, opened, signed_by
from lifecycle.seal.seal import (
    KEYS,
    TREES,
    Progress,
    Seal,
    text_of,
)
from lifecycle.seal.verified import KeyUsed, Problem, Verified
from lifecycle.seal.verify_files import (
    documents,
    form,
    settings,
)
from lifecycle.seal.verify_processes import beside, judging, snapshots_of
from lifecycle.seal.verify_rows import (
    Walked,
    disagreement,
    walk_entries,
    walk_receipts_of,
)

_RECEIPTS, _ELSEWHERE = 1 << 60, 1 << 61
"""Problems are reported in the order of the entries; then those of the receipts; then the rest."""


def verify(
    book: Book,
    seal: Seal,
    *,
    kept: Sequence[Path] = (),
    trusted: Sequence[PublicKey] = (),
    rules: bool = False,
    progress: Progress | None = None,
) -> Verified:
    """Look at everything in the journal, its seals and its documents.

    ``kept``: checkpoints that somebody kept elsewhere, to be held against the journal too. ``trusted``:
    the only keys to be believed, instead of those that lie beside the checkpoints. ``rules``: whether every
    entry and refusal is judged again by the rules of its number, not only what no checkpoint covers.
    """
    look = _Look(book, seal, progress, rules=rules)
    try:
        with book.journal.recorder.reading(), judging(book.journal, rules=rules) as parts:
            look.at_left_out()
            look.at_rows()
            look.at_seals(kept, list(trusted))
            look.at_rules(parts)
            look.at_the_rest()
    except NotNow:
        raise
    except (*STORE_ERRORS, BookError) as error:
        look.found("journal.sqlite", f"it cannot be read to the end: {error}")
        look.at_unreadable()
    return look.verified()


class _Look:
    """One look at a book: what was read, and what was found wrong."""

    def __init__(self, book: Book, seal: Seal, progress: Progress | None, *, rules: bool) -> None:
        self._book, self._journal, self._seal, self._progress = book, book.journal, seal, progress
        # Listed before the first row is read: who records meanwhile may seal more than this look sees.
        self._own = seal.files()
        self._rules = rules
        self._judged = (0, 0)
        self._sealed = (0, 0)
        """Entries and receipts that the newest checkpoint covers, whether or not it holds."""
        self._problems: list[tuple[int, Problem]] = []
        self._trees = (Tree(), Tree())
        self._attached: list[tuple[str, str]] = []
        self._checkpoints = 0
        self._keys: list[KeyUsed] = []
        self._last: Checkpoint | None = None
        self._left_out = frozenset[int]()
        """Positions of rows that have a line of their own: quarantined, or of a stopped transaction."""

    def found(self, where: str, what: str, at: int = _ELSEWHERE) -> None:
        """Note a problem: with an entry, ``at`` its place."""
        self._problems.append((at, Problem(where, what)))

    def verified(self) -> Verified:
        """Return the result."""
        entries, receipts = map(len, self._trees)
        last = self._last
        unsealed = (entries - last.size, receipts - last.receipts) if last else (entries, receipts)
        problems = [problem for _, problem in sorted(self._problems, key=lambda numbered: numbered[0])]
        return Verified(
            entries,
            receipts,
            self._checkpoints,
            last,
            unsealed,
            len(self._attached),
            self._keys,
            self._each_command(),
            self._judged,
            list(dict.fromkeys(problems))[:MOST],
            self._journal.left_out.quarantined(),
            [receipt for _, receipt in sorted(self._journal.left_out.receipts.items())],
        )

    def _each_command(self) -> bool:
        with suppress(BookError):
            return self._book.seals_each_command
        return False

    def _never_sealed(self) -> bool:
        """Return whether the book is sealed on request only, and was never sealed."""
        with suppress(BookError):
            return not self._keys and not self._book.storage.seals_each_command()
        return False

    # ── rows ─────────────────────────────────────────────────────────────────────────────────

    def at_left_out(self) -> None:
        """Report rows that do not decode, or that the rules refuse, after what is sealed."""
        stops = self._book.stops()
        for stop in stops:
            where = f"{stop.stream}@{stop.version} (position {stop.position})"
            self.found(where, f"it is unsealed, and {stop.fault}; {stop.way_out}", stop.position - 1)
        self._left_out = frozenset(self._journal.left_out.rows).union(*(stop.rows for stop in stops))

    def at_rows(self) -> None:
        """Check every row: its bytes, its order, and that entries and receipts agree."""
        (_, newest_receipt), (count, _) = self._journal.ends(), self._journal.counts()

        def report(done: int) -> None:
            if self._progress is not None:
                self._progress(done, count)

        with beside(count) as other:
            journal_place = self._journal.place
            names = frozenset(self._names_of(self._left_out))
            walking = other.submit(walk_receipts_of, journal_place, newest_receipt, names)
            untrue = other.submit(snapshots_of, journal_place, self._journal.left_out.sound())
            entries = walk_entries(self._journal, self._left_out, report)
            self._trees[0].extend(entries.leaves)
            injuries = self._journal.recorder.injuries()
            receipts = walking.result()
            self._trees[1].extend(receipts.leaves)
            for index, where, what in entries.wrong:
                self.found(where, what, index)
            for index, where, what in receipts.wrong:
                self.found(where, what, _RECEIPTS + index)
            self._attached = entries.documents
            self._stories(entries, receipts)
            for injury in injuries:
                self.found("journal.sqlite", injury)
            # If entries were altered, the snapshot cannot be their sum; they are reported already.
            for where, what in untrue.result() if not self._problems else ():
                self.found(where, what)

    def _names_of(self, positions: Iterable[int]) -> Iterator[str]:
        for position in positions:
            for row in self._journal.stored(position - 1, position, 1):
                yield f"{row.stream}@{row.version}"

    def at_unreadable(self) -> None:
        """Report what is known if the rows could not be read to the end."""
        with suppress(*STORE_ERRORS):
            for table, number, text in self._journal.recorder.undecodable():
                what = f"its text was altered: {text[:40]!r} is not UTF-8"
                if table == "receipts":
                    self.found(f"answer {number}", what, _RECEIPTS + number)
                else:
                    self.found(f"the entry at position {number}", what, number)
        with suppress(*STORE_ERRORS):
            for injury in self._journal.recorder.injuries():
                self.found("journal.sqlite", injury)

    def _stories(self, entries: Walked, receipts: Walked) -> None:
        if self._problems or entries.story == receipts.story:
            return
        try:
            left_out = self._left_out, frozenset(self._names_of(self._left_out))
            where, what = disagreement(self._journal, *left_out) or ("the answers", "they tell another story")
        except (ValueError, TypeError, AttributeError) as error:
            where, what = "the answers", f"what they or the entries tell cannot be read: {error}"
        self.found(where, what, at=_RECEIPTS)

    def at_the_rest(self) -> None:
        """Check what is not a row: the file's form, counters, snapshot, settings and documents."""
        problems = [*form(self._journal), *settings(self._book), *documents(self._book, self._attached)]
        for where, what in problems:
            self.found(where, what)

    # ── seals ────────────────────────────────────────────────────────────────────────────────

    def at_seals(self, kept: Sequence[Path], trusted: list[PublicKey]) -> None:
        """Check every checkpoint: its signature, and that the journal begins with what it covers."""
        keys = trusted or self._own_keys()
        signed = list[tuple[Checkpoint, str]]()
        by = dict[str, list[PublicKey]]()
        for note_file in [*self._own, *kept]:
            try:
                note = text_of(note_file)
                checkpoint, by[note_file.name] = opened(note, keys), signed_by(note, keys)[1]
            except Altered as error:
                self.found(f"checkpoint {note_file.name}", str(error))
                continue
            signed.append((checkpoint, note_file.name))
            if note_file in self._own and note_file.name != checkpoint.file:
                self.found(f"checkpoint {note_file.name}", f"it is that of {checkpoint.file}")
        self._checkpoints = len(signed)
        self._keys = [_use_of(key, before, by) for before, key in zip([None, *keys], keys, strict=False)]
        self._sealed = max(
            [(checkpoint_.size, checkpoint_.receipts) for checkpoint_, _ in signed], default=(0, 0)
        )
        for checkpoint, name in sorted(
            signed, key=lambda checkpoint_: (checkpoint_[0].size, checkpoint_[0].receipts)
        ):
            if self._holds(name, checkpoint):
                self._last = checkpoint
        complete = self._book.shortfall() is None
        if not self._own and len(self._trees[0]) and complete and not self._never_sealed():
            self.found("checkpoints", "there is none: nothing was sealed, or they were removed")

    def _own_keys(self) -> list[PublicKey]:
        try:
            return self._seal.keys()
        except Altered as error:
            self.found(f"{CHECKPOINTS}/{KEYS}", str(error))
            return []

    def _holds(self, name: str, checkpoint: Checkpoint) -> bool:
        if len(self._trees[0]) and checkpoint.origin != self._seal.origin():
            self._another(name, checkpoint)
            return False
        sealed = ((checkpoint.size, checkpoint.root), (checkpoint.receipts, checkpoint.receipts_root))
        holds = True
        for what, tree, (size, root) in zip(TREES, self._trees, sealed, strict=True):
            if size > len(tree) or tree.root(size) != root:
                self._differ(what, tree, size, name)
                holds = False
        return holds

    def _another(self, name: str, checkpoint: Checkpoint) -> None:
        """Report another log: it is named after its first entry, so that entry, or the whole book, is
        another.
        """
        entries, size = self._trees[0], checkpoint.size
        if size <= len(entries) and entries.root(size) == checkpoint.root:
            self.found(f"checkpoint {name}", f"it is of another book, {checkpoint.origin}")
            return
        message = f"it is not the first entry that checkpoint {name} sealed; or that is of another book"
        self.found(self._name("entries", 0), f"{message}, {checkpoint.origin}", 0)

    def _differ(self, what: str, tree: Tree, size: int, name: str) -> None:
        """Report which of the first leaves are not what the checkpoint sealed, as exactly as is known."""
        rank = 0 if what == "entries" else _RECEIPTS
        last = self._last
        good = 0 if last is None else last.size if what == "entries" else last.receipts
        good, end = good if good < size else 0, min(size, len(tree))
        first = self._first_other(what, tree, good, end)
        if first is not None:
            message = f"it is not what checkpoint {name} sealed in this place"
            self.found(self._name(what, first), message, rank + first)
        elif size > len(tree):
            message = f"{size - end:,} are missing: checkpoint {name} sealed {size:,}, there are {end:,}"
            self.found(f"{what} after {self._name(what, end - 1)}", message, rank + end)
        else:
            where = f"{self._name(what, good)} to {self._name(what, end - 1)}"
            self.found(where, f"one or more of these are not what checkpoint {name} sealed", rank + good)

    def _first_other(self, what: str, tree: Tree, start: int, end: int) -> int | None:
        """Return the first leaf that differs from the one that was kept at sealing, if that was kept."""
        with Kept(self._book.path / FOLDER, what, read_only=True) as kept:
            then, now = kept.tree.leaves(start, end - start), tree.leaves(start, end - start)
        for at in range(0, min(len(then), len(now)), SIZE):
            if then[at : at + SIZE] != now[at : at + SIZE]:
                return start + at // SIZE
        return None

    def _name(self, what: str, index: int) -> str:
        if what == "receipts" or index < 0:
            return f"answer {index + 1}"
        stream, version, position = self._journal.nth(index)
        return f"{stream}@{version} (position {position})"

    def at_rules(self, parts: Sequence[Future[Judged]]) -> None:
        """Judge again by the rules what no checkpoint covers, or everything if that is asked for."""
        entries, receipts = map(len, self._trees)
        sealed = (0, 0) if self._rules else self._sealed
        if sealed[0] >= entries and sealed[1] >= receipts:
            return
        if sealed[0] > entries or sealed[1] > receipts:
            return  # another problem names what is missing
        after = self._journal.nth(sealed[0] - 1)[2] if sealed[0] else 0
        judge = partial(
            judged,
            self._journal,
            (after, sealed[1]),
            left_out=left_out_positions(self._journal),
            quarantined_receipts=quarantined_receipt_numbers(self._journal),
            sealed=self._journal.places_of(self._sealed),
        )
        outcome = together([judge(part=(0, len(parts) + 1)), *(part.result() for part in parts)])
        if parts and outcome.faults:
            outcome = judge()  # a part does not know whether others' rows are lawful, and goes on from them
        self._judged = outcome.entries, outcome.receipts
        known = {problem.where.partition(" (")[0] for _, problem in self._problems}
        for fault in outcome.faults:
            at = self._journal.rank(fault.position) if fault.position else _RECEIPTS + fault.receipt
            if fault.where.partition(" (")[0] not in known:
                way_out = self._journal.way_out(fault.receipt) if fault.receipt else ""
                self.found(fault.where, f"it is {fault.kind}: {fault.what}{way_out}", at)


def _use_of(key: PublicKey, before: PublicKey | None, by: dict[str, list[PublicKey]]) -> KeyUsed:
    signed = [name for name, signers in sorted(by.items()) if key in signers]
    vouched = before is None or any(before in by[name] for name in signed)
    return KeyUsed(key, signed[0] if signed else None, vouched)
