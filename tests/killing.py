"""Processes that are killed: after a while, or as they enter the n-th call that writes.

A child is forked, not started anew, from a process of one thread. Where the system lets it be traced, its
calls are counted and the child is killed at the very one; elsewhere it is killed after a random time.
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
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_long, ctypes.c_long]
_libc.ptrace.restype = ctypes.c_long

Work = Callable[[int], None]
"""What the child does; it says what was acknowledged into the descriptor."""


class Ended(NamedTuple):
    """How a child ended."""

    killed: bool
    said: bytes
    """What it had said until then."""
    writes: int
    """How many calls that write it had made; 0 where it was not traced."""
    code: int | None
    seconds: float


def forked(work: Work) -> tuple[int, int]:
    """A child that does the work. Returns its process and the descriptor to read from."""
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
        self.said = bytearray()
        self.start()

    def run(self) -> None:
        while data := os.read(self._descriptor, 65536):
            self.said += data
        os.close(self._descriptor)


def run(work: Work, *, kill_after: float | None = None, kill_at_write: int | None = None) -> Ended:
    """Do the work in a child that is killed then; not at all where neither is given."""
    began = time.perf_counter()
    traced = kill_at_write is not None and bool(_WRITES)
    child, descriptor = forked(_stopped_at_first(work) if traced else work)
    reader = _Reader(descriptor)
    writes = _followed(child, kill_at_write) if traced else 0
    if not traced and kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    status = _STATUS.pop(child, None)
    if status is None:
        _, status = os.waitpid(child, 0)
    reader.join()
    killed = os.WIFSIGNALED(status)
    code = None if killed else os.waitstatus_to_exitcode(status)
    return Ended(killed, bytes(reader.said), writes, code, time.perf_counter() - began)


_STATUS: dict[int, int] = {}


def _stopped_at_first(work: Work) -> Work:
    def traced(descriptor: int) -> None:
        _libc.ptrace(_TRACEME, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        work(descriptor)

    return traced


def _followed(child: int, last: int | None) -> int:
    """Let it go from call to call; kill it as it enters the last one that it may not make."""
    os.waitpid(child, 0)
    _libc.ptrace(_SETOPTIONS, child, 0, _EXIT_KILL | _MARK)
    info = ctypes.create_string_buffer(88)
    writes, pending = 0, 0
    while True:
        _libc.ptrace(_SYSCALL, child, 0, pending)
        _, status = os.waitpid(child, 0)
        if not os.WIFSTOPPED(status):
            _STATUS[child] = status
            return writes
        stopped_by = os.WSTOPSIG(status)
        pending = 0 if stopped_by == signal.SIGTRAP | 0x80 else stopped_by
        if pending:
            continue
        _libc.ptrace(_SYSCALL_INFO, child, 88, ctypes.addressof(info))
        (call,) = struct.unpack_from("<Q", info.raw, 24)
        if info.raw[0] == 1 and call in _WRITES:
            writes += 1
            if writes == last:
                os.kill(child, signal.SIGKILL)
