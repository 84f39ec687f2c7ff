"""Processes that run a function of a test at once, each forked from a server that has imported the program.

A new process would spend most of its time on importing packages, and a fork of the tests' own process would
share its open files.
"""

import multiprocessing
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any

FORKS: ForkServerContext = multiprocessing.get_context("forkserver")
"""The context for queues, events and managers of these processes."""
FORKS.set_forkserver_preload(
    ["pytest", "lifecycle.book.book", "lifecycle.decide.commands", "projections.store.postgresql"]
)


def process(target: Callable[..., object], *arguments: Any) -> ForkServerProcess:
    """Return a process that will run the function with the environment of now."""
    return FORKS.Process(target=_run, args=(dict(os.environ), target, arguments))


def pool(workers: int) -> ProcessPoolExecutor:
    """Return a pool of processes with the environment of now."""
    return ProcessPoolExecutor(workers, FORKS, _take_environment, (dict(os.environ),))


def _run(environment: Mapping[str, str], target: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    _take_environment(environment)
    target(*arguments)


def _take_environment(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
