"""Processes that verify the rows of a long journal in parallel."""

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
from lifecycle.rejudge.walk import judged_part, left_out_positions, quarantined_refusal_numbers
from lifecycle.seal.verify_files import check_snapshots

_JUDGES = 4
"""The largest number of processes that judge again, this one included. Each of them folds the fund."""
_WORTH_JUDGING = 50_000
"""Judge in several processes from this number of entries on: each of them reads all rows."""
_WORTH_WALKING = 50_000
"""Walk in a second process from this number of entries on: it takes half a second to start."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class _SameProcess(Executor):
    """An executor that calls each function at once, in this process."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Call the function and return a future that holds its result."""
        done: Future[_T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@contextmanager
def judging_processes(journal: Journal, *, rules: bool) -> Iterator[list[Future[Judged]]]:
    """Yield the results of the parts that other processes judge meanwhile: none if the journal is short.

    This process judges the first part itself: to start one more process would take longer.
    """
    count = min(cpu_count() or 1, _JUDGES)
    if not rules or count == 1 or journal.counts()[0] < _WORTH_JUDGING:
        yield []
        return
    with ProcessPoolExecutor(count - 1, mp_context=get_context("spawn")) as pool:
        left_out = left_out_positions(journal), quarantined_refusal_numbers(journal)
        yield [pool.submit(judged_part, journal.place, (part, count), *left_out) for part in range(1, count)]


@contextmanager
def walking_process(entries: int) -> Iterator[Executor]:
    """Yield an executor that checks refusals and snapshots while this process walks through the entries."""
    if entries < _WORTH_WALKING:
        yield _SameProcess()
        return
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool


def snapshot_problems(place: Path | str, sound: tuple[int, int]) -> list[tuple[str, str]]:
    """Return the problems of the journal's snapshots. ``sound``: the newest sound position and refusal."""
    try:
        journal = Journal(place, read_only=True)
        journal.left_out.begin(sound)
        return list(check_snapshots(journal))
    except (*STORE_ERRORS, BookError):
        return []  # the walk through the entries reports it
