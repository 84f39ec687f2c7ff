"""Processes that are killed: after a while, or as they enter the n-th call that writes.

A child is forked from a process of one thread. If the system allows tracing, its calls are counted and the
child is killed at one of them; otherwise it is killed after a random time.
"""

import ctypes
import os
import platform
import signal
import struct
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

_TRACEME, _SYSCALL, _SETOPTIONS, _SYSCALL_INFO = 0, 24, 0x4200, 0x420E
_EXIT_KILL, _MARK = 0x100000, 1
_WRITES = {
    # write, pwrite64, pwritev, fsync, fdatasync, ftruncate, rename, renameat(2), unlink(at), openat
    "x86_64": {1, 18, 20, 74, 75, 77, 82, 87, 263, 264, 316},
    "aarch64": {64, 66, 68, 46, 82, 83, 35, 38, 276},
}.get(platform.machine(), set())
_PIPE_WRITES, _PLACED, _SYNCS, _CUTS = {1, 64}, {18, 20, 68}, {74, 75, 82, 83}, {77, 46}
"""The numbers of write; pwrite64 and pwritev; fsync and fdatasync; ftruncate. (82 and 83 are of aarch64.)"""
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_long, ctypes.c_long]
_libc.ptrace.restype = ctypes.c_long

Work = Callable[[int], None]
"""The child's work, which writes the ids of acknowledged commands to the descriptor."""


class Ended(NamedTuple):
    """How a child ended."""

    killed: bool
    output: bytes
    """What the child had written until then."""
    calls: list[tuple[int, int]]
    """The writing calls that it had made, with their descriptors; empty if it was not traced."""
    code: int | None
    seconds: float


def forked(work: Work) -> tuple[int, int]:
    """Fork a child that does the work. Returns its process and the descriptor to read from."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    code = 1
    try:
        os.close(reading)
        work(writing)
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    os._exit(code)


class _Reader(threading.Thread):
    """Empties the pipe, so that the child never waits."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self.output = bytearray()
        self.start()

    def run(self) -> None:
        while data := os.read(self._descriptor, 65536):
            self.output += data
        os.close(self._descriptor)


def run(work: Work, *, kill_after: float | None = None, kill_at_write: int | None = None) -> Ended:
    """Do the work in a child, which is killed after the time or at the call if one is given."""
    began = time.perf_counter()
    traced = kill_at_write is not None and bool(_WRITES)
    child, descriptor = forked(_stopped_at_first(work) if traced else work)
    reader = _Reader(descriptor)
    calls = _followed(child, kill_at_write) if traced else []
    if not traced and kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    status = _STATUS.pop(child, None)
    if status is None:
        _, status = os.waitpid(child, 0)
    reader.join()
    killed = os.WIFSIGNALED(status)
    code = None if killed else os.waitstatus_to_exitcode(status)
    return Ended(killed, bytes(reader.output), calls, code, time.perf_counter() - began)


def acknowledged_before_synced(ended: Ended) -> int:
    """Return how often the child acknowledged while a file that it had written to was not synced yet.

    The index of SQLite's log is left out: it is cut when opened, never synced, and made again after a crash.
    """
    waiting, count = set[int](), 0
    first = {descriptor: call for call, descriptor in reversed(ended.calls)}
    for call, descriptor in ended.calls:
        if call in _PLACED and first[descriptor] not in _CUTS:
            waiting.add(descriptor)
        elif call in _SYNCS:
            waiting.discard(descriptor)
        elif call in _PIPE_WRITES and waiting:
            count += 1
    return count


_STATUS: dict[int, int] = {}


def _stopped_at_first(work: Work) -> Work:
    def traced(descriptor: int) -> None:
        _libc.ptrace(_TRACEME, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        work(descriptor)

    return traced


def _followed(child: int, last: int | None) -> list[tuple[int, int]]:
    """Let the child run from call to call; kill it as it enters the last one. Returns its writing calls."""
    os.waitpid(child, 0)
    _libc.ptrace(_SETOPTIONS, child, 0, _EXIT_KILL | _MARK)
    info = ctypes.create_string_buffer(88)
    calls, pending = list[tuple[int, int]](), 0
    while True:
        _libc.ptrace(_SYSCALL, child, 0, pending)
        _, status = os.waitpid(child, 0)
        if not os.WIFSTOPPED(status):
            _STATUS[child] = status
            return calls
        stopped_by = os.WSTOPSIG(status)
        pending = 0 if stopped_by == signal.SIGTRAP | 0x80 else stopped_by
        if pending:
            continue
        _libc.ptrace(_SYSCALL_INFO, child, 88, ctypes.addressof(info))
        call, descriptor = struct.unpack_from("<QQ", info.raw, 24)
        if info.raw[0] == 1 and call in _WRITES:
            calls.append((call, descriptor))
            if len(calls) == last:
                os.kill(child, signal.SIGKILL)
