"""Verifying a book: hash every stored byte again, compare the hashes with every checkpoint, and check what
the book promises of its rows. The problems name the first bad entry first.
"""

from collections.abc import Mapping, Sequence
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
    quarantined_refusal_numbers,
)
from lifecycle.seal.hash_store import FOLDER, StoredTree
from lifecycle.seal.merkle import SIZE, Tree
from lifecycle.seal.notes import Checkpoint, PublicKey, checkpoint_in, text_and_signers
from lifecycle.seal.seal import (
    KEYS,
    TREES,
    Progress,
    Seal,
    text_of,
)
from lifecycle.seal.verified import KeyUsed, Problem, Verified
from lifecycle.seal.verify_files import (
    check_documents,
    check_schema,
    check_settings,
)
from lifecycle.seal.verify_processes import judging_processes, snapshot_problems, walking_process
from lifecycle.seal.verify_rows import (
    walk_entries,
    walk_refusals_of,
)

_REFUSALS, _ELSEWHERE = 1 << 60, 1 << 61
"""Ranks of problems: those of entries first, in their order, then those of refusals, then all others."""


def verify(
    book: Book,
    seal: Seal,
    *,
    kept: Sequence[Path] = (),
    trusted: Sequence[PublicKey] = (),
    rules: bool = False,
    progress: Progress | None = None,
) -> Verified:
    """Verify the journal, its seals and its documents.

    ``kept``: checkpoints that somebody kept elsewhere; the journal is compared with them too. ``trusted``:
    the only keys to trust; if none are given, those beside the checkpoints. ``rules``: judge every entry
    and refusal again by its rule set, not only those that no checkpoint covers.
    """
    run = _Verification(book, seal, progress, rules=rules)
    try:
        with book.journal.recorder.reading(), judging_processes(book.journal, rules=rules) as parts:
            run.check_stopped_streams()
            run.check_rows()
            run.check_checkpoints(kept, list(trusted))
            run.judge_again(parts)
            run.check_files()
    except NotNow:
        raise
    except (*STORE_ERRORS, BookError) as error:
        run.report("journal.sqlite", f"it cannot be read to the end: {error}")
        run.report_unreadable()
    return run.result()


class _Verification:
    """One run of verifying: the leaves that it has read, and the problems that it has found."""

    def __init__(self, book: Book, seal: Seal, progress: Progress | None, *, rules: bool) -> None:
        self._book, self._journal, self._seal, self._progress = book, book.journal, seal, progress
        # Listed before the first row is read: another process may record and seal more meanwhile.
        self._own_files = seal.files()
        self._all_rules = rules
        self._judged = (0, 0)
        self._sealed = (0, 0)
        """The numbers of entries and refusals that the newest checkpoint covers, even if it does not hold."""
        self._problems: list[tuple[int, Problem]] = []
        self._trees = (Tree(), Tree())
        self._attached: list[tuple[str, str]] = []
        self._checkpoints = 0
        self._keys: list[KeyUsed] = []
        self._last: Checkpoint | None = None
        self._kinds: Mapping[str, int] = {}
        self._left_out = frozenset[int]()
        """Positions of rows that are reported elsewhere: quarantined, or in a stopped stream."""

    def report(self, where: str, message: str, rank: int = _ELSEWHERE) -> None:
        """Add a problem. ``rank``: of an entry's problem, the index of its leaf."""
        self._problems.append((rank, Problem(where, message)))

    def result(self) -> Verified:
        """Return the counts, and the problems in the order of their ranks."""
        entries, refusals = map(len, self._trees)
        last = self._last
        unsealed = (entries - last.size, refusals - last.refusals) if last else (entries, refusals)
        problems = [problem for _, problem in sorted(self._problems, key=lambda ranked: ranked[0])]
        return Verified(
            entries,
            refusals,
            self._checkpoints,
            last,
            unsealed,
            len(self._attached),
            self._keys,
            self._each_command(),
            self._judged,
            list(dict.fromkeys(problems))[:MOST],
            self._journal.left_out.quarantined(),
            [refusal for _, refusal in sorted(self._journal.left_out.refusals.items())],
            self._journal.count_of_history(),
            self._kinds,
        )

    def _each_command(self) -> bool:
        with suppress(BookError):
            return self._book.seals_each_command
        return False

    def _never_sealed(self) -> bool:
        """Return whether the book is sealed only on request, and was never sealed."""
        with suppress(BookError):
            return not self._keys and not self._book.storage.seals_each_command()
        return False

    # ── rows ─────────────────────────────────────────────────────────────────────────────────

    def check_stopped_streams(self) -> None:
        """Report unsealed rows that do not decode, or that the rules refuse."""
        stops = self._book.stops()
        for stop in stops:
            where = f"{stop.stream}@{stop.version} (position {stop.position})"
            self.report(where, f"it is unsealed, and {stop.fault}; {stop.way_out}", stop.position - 1)
        self._left_out = frozenset(self._journal.left_out.rows).union(*(stop.rows for stop in stops))

    def check_rows(self) -> None:
        """Check the bytes and the order of all rows, and the places of refusals among the entries."""
        (_, newest_refusal), (count, _) = self._journal.ends(), self._journal.counts()

        def report(done: int) -> None:
            if self._progress is not None:
                self._progress(done, count)

        with walking_process(count) as process:
            journal_place = self._journal.place
            refusal_walk = process.submit(walk_refusals_of, journal_place, newest_refusal)
            of_snapshots = process.submit(snapshot_problems, journal_place, self._journal.left_out.sound())
            entries = walk_entries(self._journal, self._left_out, report)
            self._trees[0].extend(entries.leaves)
            injuries = self._journal.recorder.injuries()
            refusals = refusal_walk.result()
            self._trees[1].extend(refusals.leaves)
            for index, where, message in entries.problems:
                self.report(where, message, index)
            for index, where, message in refusals.problems:
                self.report(where, message, _REFUSALS + index)
            self._attached, self._kinds = entries.documents, entries.kinds
            for injury in injuries:
                self.report("journal.sqlite", injury)
            # If entries were altered, the snapshot cannot be their sum; they are reported already.
            for where, message in of_snapshots.result() if not self._problems else ():
                self.report(where, message)

    def report_unreadable(self) -> None:
        """Report the rows that are not text, and the injuries of the file, if rows could not be read."""
        with suppress(*STORE_ERRORS):
            for table, number, text in self._journal.recorder.undecodable():
                message = f"its text was altered: {text[:40]!r} is not UTF-8"
                if table == "refusals":
                    self.report(f"answer {number}", message, _REFUSALS + number)
                elif table == "names":
                    self.report(f"name {number}", message)
                else:
                    self.report(f"the entry at position {number}", message, number)
        with suppress(*STORE_ERRORS):
            for injury in self._journal.recorder.injuries():
                self.report("journal.sqlite", injury)

    def check_files(self) -> None:
        """Check the schema, the counters, the settings and the documents."""
        for where, message in (
            *check_schema(self._journal),
            *check_settings(self._book),
            *check_documents(self._book, self._attached),
        ):
            self.report(where, message)

    # ── seals ────────────────────────────────────────────────────────────────────────────────

    def check_checkpoints(self, kept: Sequence[Path], trusted: list[PublicKey]) -> None:
        """Check the signature of every checkpoint, and that the journal begins with what it covers."""
        keys = trusted or self._own_keys()
        checkpoints = list[tuple[Checkpoint, str]]()
        signers = dict[str, list[PublicKey]]()
        for path in [*self._own_files, *kept]:
            try:
                note = text_of(path)
                checkpoint = checkpoint_in(note, keys)
                signers[path.name] = text_and_signers(note, keys)[1]
            except Altered as error:
                self.report(f"checkpoint {path.name}", str(error))
                continue
            checkpoints.append((checkpoint, path.name))
            if path in self._own_files and path.name != checkpoint.file_name:
                self.report(f"checkpoint {path.name}", f"it is that of {checkpoint.file_name}")
        self._checkpoints = len(checkpoints)
        self._keys = [_use_of(key, before, signers) for before, key in zip([None, *keys], keys, strict=False)]
        self._sealed = max((checkpoint.sizes for checkpoint, _ in checkpoints), default=(0, 0))
        for checkpoint, name in sorted(checkpoints, key=lambda named: named[0].sizes):
            if self._holds(name, checkpoint):
                self._last = checkpoint
        complete = self._book.shortfall() is None
        if not self._own_files and len(self._trees[0]) and complete and not self._never_sealed():
            self.report("checkpoints", "there is none: nothing was sealed, or they were removed")

    def _own_keys(self) -> list[PublicKey]:
        try:
            return self._seal.keys()
        except Altered as error:
            self.report(f"{CHECKPOINTS}/{KEYS}", str(error))
            return []

    def _holds(self, name: str, checkpoint: Checkpoint) -> bool:
        if len(self._trees[0]) and checkpoint.origin != self._seal.origin():
            self._report_other_log(name, checkpoint)
            return False
        sealed = ((checkpoint.size, checkpoint.root), (checkpoint.refusals, checkpoint.refusals_root))
        holds = True
        for rows, tree, (size, root) in zip(TREES, self._trees, sealed, strict=True):
            if size > len(tree) or tree.root(size) != root:
                self._report_difference(rows, tree, size, name)
                holds = False
        return holds

    def _report_other_log(self, name: str, checkpoint: Checkpoint) -> None:
        """Report a checkpoint of another log.

        A log is named after its first entry: that entry was altered, or the checkpoint is of another book.
        """
        entries, size = self._trees[0], checkpoint.size
        if size <= len(entries) and entries.root(size) == checkpoint.root:
            self.report(f"checkpoint {name}", f"it is of another book, {checkpoint.origin}")
            return
        message = f"it is not the first entry that checkpoint {name} sealed; or that is of another book"
        self.report(self._name("entries", 0), f"{message}, {checkpoint.origin}", 0)

    def _report_difference(self, rows: str, tree: Tree, size: int, name: str) -> None:
        """Report which of the first leaves are not what the checkpoint sealed, as exactly as is known.

        ``rows``: "entries" or "refusals", of which the tree is; ``name``: the checkpoint's.
        """
        rank = 0 if rows == "entries" else _REFUSALS
        last = self._last
        good = 0 if last is None else last.size if rows == "entries" else last.refusals
        good, end = good if good < size else 0, min(size, len(tree))
        first = self._first_difference(rows, tree, good, end)
        if first is not None:
            message = f"it is not what checkpoint {name} sealed in this place"
            self.report(self._name(rows, first), message, rank + first)
        elif size > len(tree):
            message = f"{size - end:,} are missing: checkpoint {name} sealed {size:,}, there are {end:,}"
            self.report(f"{rows} after {self._name(rows, end - 1)}", message, rank + end)
        else:
            where = f"{self._name(rows, good)} to {self._name(rows, end - 1)}"
            self.report(where, f"one or more of these are not what checkpoint {name} sealed", rank + good)

    def _first_difference(self, rows: str, tree: Tree, start: int, end: int) -> int | None:
        """Return the first leaf that differs from the hash stored at sealing; `None` if none is stored."""
        with StoredTree(self._book.path / FOLDER, rows, read_only=True) as stored:
            then, now = stored.tree.leaves(start, end - start), tree.leaves(start, end - start)
        for offset in range(0, min(len(then), len(now)), SIZE):
            if then[offset : offset + SIZE] != now[offset : offset + SIZE]:
                return start + offset // SIZE
        return None

    def _name(self, rows: str, index: int) -> str:
        if rows == "refusals" or index < 0:
            return f"answer {index + 1}"
        stream, version, position = self._journal.nth(index)
        return f"{stream}@{version} (position {position})"

    def judge_again(self, parts: Sequence[Future[Judged]]) -> None:
        """Judge again by the rules what no checkpoint covers, or everything if ``rules`` is set.

        ``parts``: results of other processes.
        """
        entries, refusals = map(len, self._trees)
        sealed = (0, 0) if self._all_rules else self._sealed
        if sealed[0] >= entries and sealed[1] >= refusals:
            return
        if sealed[0] > entries or sealed[1] > refusals:
            return  # another problem names what is missing
        after = self._journal.nth(sealed[0] - 1)[2] if sealed[0] else 0
        judge = partial(
            judged,
            self._journal,
            (after, sealed[1]),
            left_out=left_out_positions(self._journal),
            quarantined_refusals=quarantined_refusal_numbers(self._journal),
            sealed=self._journal.places_of(self._sealed),
        )
        outcome = together([judge(part=(0, len(parts) + 1)), *(part.result() for part in parts)])
        if parts and outcome.faults:
            outcome = (
                judge()
            )  # a part takes the rows of the other parts for lawful, and decides on top of them
        self._judged = outcome.entries, outcome.refusals
        reported = {problem.where.partition(" (")[0] for _, problem in self._problems}
        for fault in outcome.faults:
            rank = self._journal.rank(fault.position) if fault.position else _REFUSALS + fault.refusal
            if fault.where.partition(" (")[0] not in reported:
                way_out = self._journal.way_out(fault.refusal) if fault.refusal else ""
                self.report(fault.where, f"it is {fault.kind}: {fault.what}{way_out}", rank)


def _use_of(key: PublicKey, before: PublicKey | None, signers: dict[str, list[PublicKey]]) -> KeyUsed:
    """Return how a key was used. ``signers``: the keys that signed each checkpoint, by its file's name."""
    signed = [name for name, keys in sorted(signers.items()) if key in keys]
    is_vouched_for = before is None or any(before in signers[name] for name in signed)
    return KeyUsed(key, signed[0] if signed else None, is_vouched_for)
