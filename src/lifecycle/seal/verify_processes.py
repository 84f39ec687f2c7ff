"""The processes that verify the rows of a long journal side by side."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from os import cpu_count
from pathlib import Path
from typing import ParamSpec, TypeVar

from lifecycle.journal.journal import STORE_ERRORS, Journal
from lifecycle.journal.left_out.faults import Judged
from lifecycle.kernel.errors import BookError
from lifecycle.rejudge.walk import judged_part, left_out_positions, quarantined_receipt_numbers
from lifecycle.seal.verify_files import snapshots

_JUDGES = 4
"""How many processes judge at most, this one among them; each of them folds the fund."""
_WORTH_JUDGING = 50_000
_WORTH_IT = 50_000
"""Below this many entries another process costs more than it helps: it takes half a second to start, and
each that judges reads all rows."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class _Here(Executor):
    """An executor that calls each function at once, in this process."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Call the function and return a future that is done."""
        done: Future[_T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@contextmanager
def judging(journal: Journal, *, rules: bool) -> Iterator[list[Future[Judged]]]:
    """Yield the parts that other processes judge meanwhile; none if the journal is short.

    The first part is left to this process: starting one more would take longer than the part.
    """
    count = min(cpu_count() or 1, _JUDGES)
    if not rules or count == 1 or journal.counts()[0] < _WORTH_JUDGING:
        yield []
        return
    with ProcessPoolExecutor(count - 1, mp_context=get_context("spawn")) as pool:
        known = left_out_positions(journal), quarantined_receipt_numbers(journal)
        yield [pool.submit(judged_part, journal.place, (part, count), *known) for part in range(1, count)]


@contextmanager
def beside(entries: int) -> Iterator[Executor]:
    """Yield an executor that looks at receipts and snapshots while this process walks through the entries."""
    if entries < _WORTH_IT:
        yield _Here()
        return
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool


def snapshots_of(place: Path | str, sound: tuple[int, int]) -> list[tuple[str, str]]:
    """Return what is wrong with the snapshots of a journal; ``sound``: up to where it is sound."""
    try:
        journal = Journal(place, read_only=True)
        journal.left_out.begin(sound)
        return list(snapshots(journal))
    except (*STORE_ERRORS, BookError):
        return []  # the walk through the entries reports it
