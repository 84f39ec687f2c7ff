"""Verifying: every stored byte is hashed again and held against every checkpoint, and everything that the
book promises of its rows is looked at. What is wrong is named, the first bad entry first.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

from lifecycle.book import Book
from lifecycle.errors import Altered, BookError
from lifecycle.fund import fold
from lifecycle.history import FUND, in_force
from lifecycle.journal import STORE_ERRORS, Journal
from lifecycle.mapper import entry_of
from lifecycle.seal.files import FOLDER, Kept
from lifecycle.seal.merkle import SIZE, Tree
from lifecycle.seal.notes import Checkpoint, PublicKey
from lifecycle.seal.rows import MOST, Walked, disagreement, walk_entries, walk_receipts_of
from lifecycle.seal.sealing import TREES, Progress, Seal, read_checkpoint
from lifecycle.snapshot import newest

_ANSWERS, _ELSEWHERE = 1 << 60, 1 << 61
"""Problems are told in the order of the entries; then those of the answers; then the rest."""
_WORTH_IT = 50_000
"""Below so many entries another process would take longer to start than to help."""


class Problem(NamedTuple):
    """Something that is not as it was recorded."""

    where: str
    """The entry, the answer, the checkpoint or the file."""
    what: str


class Verified(NamedTuple):
    """What verifying came to."""

    entries: int
    receipts: int
    checkpoints: int
    last: Checkpoint | None
    """The newest checkpoint that holds."""
    unsealed: tuple[int, int]
    """Entries and answers after it."""
    documents: int
    problems: list[Problem]


def verify(
    book: Book,
    seal: Seal,
    *,
    kept: Sequence[Path] = (),
    trusted: Sequence[PublicKey] = (),
    progress: Progress | None = None,
) -> Verified:
    """Look at everything in the journal, its seals and its documents.

    ``kept``: checkpoints that somebody kept elsewhere, to be held against the journal too. ``trusted``:
    the only keys to be believed, instead of those that lie beside the checkpoints.
    """
    look = _Look(book, seal, progress)
    try:
        with book.journal.recorder.reading():
            look.at_rows()
            look.at_seals(kept, list(trusted))
            look.at_file()
            look.at_documents()
    except (*STORE_ERRORS, BookError) as error:
        look.found("journal.sqlite", f"it cannot be read to the end: {error}")
    return look.verified()


class _Look:
    """One look at a book: what was read, and what was found wrong."""

    def __init__(self, book: Book, seal: Seal, progress: Progress | None) -> None:
        self._book, self._journal, self._seal, self._progress = book, book.journal, seal, progress
        self._problems: list[tuple[int, Problem]] = []
        self._trees = (Tree(), Tree())
        self._attached: list[tuple[str, str]] = []
        self._checkpoints = 0
        self._last: Checkpoint | None = None

    def found(self, where: str, what: str, at: int = _ELSEWHERE) -> None:
        """Note a problem: with an entry, ``at`` its place."""
        self._problems.append((at, Problem(where, what)))

    def verified(self) -> Verified:
        """What was found."""
        entries, receipts = map(len, self._trees)
        last = self._last
        unsealed = (entries - last.size, receipts - last.receipts) if last else (entries, receipts)
        problems = [problem for _, problem in sorted(self._problems, key=lambda found: found[0])]
        return Verified(
            entries,
            receipts,
            self._checkpoints,
            last,
            unsealed,
            len(self._attached),
            list(dict.fromkeys(problems))[:MOST],
        )

    # ── rows ─────────────────────────────────────────────────────────────────────────────────

    def at_rows(self) -> None:
        """Every row: its bytes, its order, and that entries and answers tell the same story."""
        (_, newest_answer), (count, _) = self._journal.ends(), self._journal.counts()

        def told(done: int) -> None:
            if self._progress is not None:
                self._progress(done, count)

        with _aside(count) as aside:
            place = self._journal.place
            walking = aside.submit(walk_receipts_of, place, newest_answer)
            checking = aside.submit(injuries_of, place)
            entries = walk_entries(self._journal, told)
            receipts = walking.result()
            for index, where, what in entries.wrong:
                self.found(where, what, index)
            for index, where, what in receipts.wrong:
                self.found(where, what, _ANSWERS + index)
            self._attached = entries.documents
            for tree, walked in zip(self._trees, (entries, receipts), strict=True):
                tree.extend(walked.leaves)
            self._stories(entries, receipts)
            for injury in checking.result():
                self.found("journal.sqlite", injury)

    def _stories(self, entries: Walked, receipts: Walked) -> None:
        if self._problems or entries.story == receipts.story:
            return
        try:
            where, what = disagreement(self._journal) or ("the answers", "they tell another story")
        except (ValueError, TypeError, AttributeError) as error:
            where, what = "the answers", f"what they or the entries tell cannot be read: {error}"
        self.found(where, what, at=_ANSWERS)

    # ── seals ────────────────────────────────────────────────────────────────────────────────

    def at_seals(self, kept: Sequence[Path], trusted: list[PublicKey]) -> None:
        """Every checkpoint: its signature, and that the journal begins with what it covers."""
        keys = trusted or self._seal.keys()
        signed, own = list[tuple[Checkpoint, str]](), self._seal.files()
        for place in [*own, *kept]:
            try:
                checkpoint = read_checkpoint(place, keys)
            except Altered as error:
                self.found(f"checkpoint {place.name}", str(error).partition(": ")[2])
                continue
            signed.append((checkpoint, place.name))
            if place in own and place.name != checkpoint.file:
                self.found(f"checkpoint {place.name}", f"it is that of {checkpoint.file}")
        self._checkpoints = len(signed)
        for checkpoint, name in sorted(signed, key=lambda one: (one[0].size, one[0].receipts)):
            if self._holds(name, checkpoint):
                self._last = checkpoint
        if not own and len(self._trees[0]):
            self.found("checkpoints", "there is none: nothing was sealed, or they were removed")
        self._tail()

    def _holds(self, name: str, checkpoint: Checkpoint) -> bool:
        if len(self._trees[0]) and checkpoint.origin != self._seal.origin():
            self.found(f"checkpoint {name}", f"it is of another book, {checkpoint.origin}")
            return False
        sealed = ((checkpoint.size, checkpoint.root), (checkpoint.receipts, checkpoint.receipts_root))
        holds = True
        for what, tree, (size, root) in zip(TREES, self._trees, sealed, strict=True):
            if size > len(tree) or tree.root(size) != root:
                self._differ(what, tree, size, name)
                holds = False
        return holds

    def _differ(self, what: str, tree: Tree, size: int, name: str) -> None:
        """Say what of the first leaves is not what the checkpoint sealed, as exactly as can be told."""
        rank = 0 if what == "entries" else _ANSWERS
        last = self._last
        good = 0 if last is None else last.size if what == "entries" else last.receipts
        good, end = good if good < size else 0, min(size, len(tree))
        first = self._first_other(what, tree, good, end)
        if first is not None:
            told = f"it is not what checkpoint {name} sealed in this place"
            self.found(self._name(what, first), told, rank + first)
        elif size > len(tree):
            told = f"{size - end:,} are missing: checkpoint {name} sealed {size:,}, there are {end:,}"
            self.found(f"{what} after {self._name(what, end - 1)}", told, rank + end)
        else:
            where = f"{self._name(what, good)} to {self._name(what, end - 1)}"
            self.found(where, f"one or more of these are not what checkpoint {name} sealed", rank + good)

    def _first_other(self, what: str, tree: Tree, start: int, end: int) -> int | None:
        """The first leaf that is another than the one kept when it was sealed, where that was kept."""
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

    def _tail(self) -> None:
        """What no checkpoint covers must at least be an entry."""
        sealed = min(self._last.size if self._last else 0, len(self._trees[0]))
        if sealed == len(self._trees[0]):
            return
        after = self._journal.nth(sealed)[2] - 1
        for rows in self._journal.entry_rows(after, 1_000):
            for row in rows:
                try:
                    entry_of(*row)
                except Altered as error:
                    where = f"{row[0]}@{row[1]} (position {row[4]})"
                    self.found(where, f"it is unsealed, and no entry: {error}", sealed)

    # ── the file, the snapshot, the documents ────────────────────────────────────────────────

    def at_file(self) -> None:
        """Tables and triggers are those of a new journal, positions are used once, the snapshot is true."""
        recorder = self._journal.recorder
        expected, there = recorder.expected_schema(), recorder.schema()
        for name in sorted(expected.keys() | there.keys()):
            if name not in there:
                self.found(f"journal.sqlite: {name}", "it is not there: what it forbids may have been done")
            elif name not in expected:
                self.found(f"journal.sqlite: {name}", "it does not belong there")
            elif there[name] != expected[name]:
                self.found(f"journal.sqlite: {name}", "it was made anew in another form")
        for name, used, newest_one in recorder.counters():
            if used < newest_one:
                self.found(f"journal.sqlite: {name}", f"number {used + 1} could be given twice")
        self._snapshot()

    def _snapshot(self) -> None:
        assert self._journal.snapshots is not None
        kept = newest(self._journal.snapshots.recorder)
        if kept is None or self._problems:
            return
        fund, version = kept
        entries = [one for one in self._journal.entries(FUND) if one.originator_version <= version]
        if fold(in_force(entries)) != fund:
            self.found(f"the fund's snapshot at version {version}", "it is not what the entries add up to")

    def at_documents(self) -> None:
        """Every attached document is there, and is the one that was attached."""
        for name, digest in self._attached:
            try:
                with self._book.document(digest) as file:
                    whole = hashlib.file_digest(file, "sha256").hexdigest() == digest
            except OSError as error:
                self.found(f"document {digest[:12]}… of {name}", f"it cannot be read: {error.strerror}")
                continue
            if not whole:
                self.found(f"document {digest[:12]}… of {name}", "it is not the file that was attached")


def injuries_of(place: Path | str) -> list[str]:
    """What the database finds wrong with its own file."""
    return Journal(place, read_only=True).recorder.injuries()


# ── in other processes ───────────────────────────────────────────────────────────────────────

_P = ParamSpec("_P")
_T = TypeVar("_T")


class _Here(Executor):
    """Does what is asked of it at once, in this process."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """It is done when this returns."""
        done: Future[_T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@contextmanager
def _aside(entries: int) -> Iterator[Executor]:
    """Where answers are walked through while this process walks through the entries."""
    if entries < _WORTH_IT:
        yield _Here()
        return
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield pool
