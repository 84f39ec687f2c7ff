"""Runs tasks on buckets: in this process, or on a Dask cluster, here or at an address."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

from lifecycle.kernel.errors import Unreachable

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"
"""Names a cluster of processes on this machine; ``local:4`` one of four."""
_PATIENCE = 30
"""Seconds to wait for a cluster's scheduler, and for its first worker."""
_AHEAD = 2
"""Tasks for each thread of the cluster that are submitted before their results are taken."""


class Tasks(Protocol):
    """Runs a task for each bucket."""

    def __call__(
        self, task: Callable[..., Any], folder: Path, buckets: Iterable[int], *more: Any
    ) -> Iterator[Any]:
        """Yield what ``task(folder, bucket, *more)`` returns, in the order of the buckets."""


def here(task: Callable[..., Any], folder: Path, buckets: Iterable[int], *more: Any) -> Iterator[Any]:
    """Run the task for each bucket in this process."""
    return (task(folder, bucket, *more) for bucket in buckets)


@contextmanager
def on_cluster(address: str) -> Iterator[Tasks]:
    """Yield what runs tasks on the cluster.

    ``address``: of its scheduler, or ``local``, with or without ``:`` and the number of processes. Raises
    `Unreachable`, here or from a task, if the cluster fails or is not there.
    """
    try:
        import distributed
    except ModuleNotFoundError:
        raise Unreachable("a cluster needs Dask: pip install 'grantbook[cluster]'") from None
    for name in logging.root.manager.loggerDict:
        if name.partition(".")[0] == "distributed":  # what fails is said in our own words
            logging.getLogger(name).setLevel(logging.CRITICAL)
    failures = (OSError, TimeoutError, distributed.scheduler.KilledWorker, distributed.CancelledError)
    with ExitStack() as stack:
        with _in_words(address, (*failures, ValueError)):
            client = stack.enter_context(_client(address, stack))
            client.wait_for_workers(1, timeout=_PATIENCE)
        yield _Submitted(client, lambda: _in_words(address, failures))


@contextmanager
def _in_words(address: str, failures: tuple[type[Exception], ...]) -> Iterator[None]:
    """Say that the cluster failed. Raises `Unreachable`."""
    try:
        yield
    except failures as error:
        raise Unreachable(f"the cluster {address} failed: {' '.join(str(error).split())}") from error


def _client(address: str, stack: ExitStack) -> "Client":
    from distributed import Client, LocalCluster

    kind, _, number = address.partition(":")
    if kind != LOCAL:
        return Client(address, timeout=_PATIENCE, set_as_default=False)
    folder = stack.enter_context(TemporaryDirectory(prefix="grantbook-cluster-"))
    cluster = LocalCluster(
        n_workers=int(number) if number else None,  # one for each processor
        threads_per_worker=1,
        security=True,  # otherwise every user of this machine could run code as this one
        dashboard_address="127.0.0.1:0",
        local_directory=folder,
        silence_logs=logging.CRITICAL,
    )
    return Client(stack.enter_context(cluster), timeout=_PATIENCE, set_as_default=False)


class _Submitted:
    """Submits tasks to a cluster, a few ahead of those whose results were taken."""

    def __init__(self, client: "Client", in_words: Callable[[], AbstractContextManager[None]]) -> None:
        self._client, self._in_words = client, in_words

    def __call__(
        self, task: Callable[..., Any], folder: Path, buckets: Iterable[int], *more: Any
    ) -> Iterator[Any]:
        most = _AHEAD * max(1, sum(self._client.nthreads().values()))
        waiting = deque[Any]()
        try:
            for bucket in buckets:
                if len(waiting) >= most:
                    yield self._result(waiting.popleft())
                waiting.append(self._client.submit(task, folder, bucket, *more, pure=False))
            while waiting:
                yield self._result(waiting.popleft())
        finally:
            self._client.cancel(list(waiting))

    def _result(self, future: Any) -> Any:
        with self._in_words():
            return future.result()
