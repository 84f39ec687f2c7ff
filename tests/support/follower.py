"""Somebody who follows: ``grantbook views follow``, and what it says."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.cli_shell import PROGRAM, SRC


class Follower:
    """``grantbook views follow`` in a process of its own."""

    def __init__(self, place: Path | str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "--book", str(place), "--json", "views", "follow"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(SRC)},
            # Tests that a shell runs in the background are deaf to it, and so would this one be.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 no thread forks here
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self.told: list[dict[str, Any]] = []
        self._unread: list[bytes] = [b""]
        """Lines not looked at yet; the last is the beginning of one."""

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first that it says from now on that is wanted."""
        until = time.monotonic() + 40
        while time.monotonic() < until:
            assert self.process.stdout is not None
            more = (self._unread.pop() + (self.process.stdout.read() or b"")).split(b"\n")
            self._unread += more
            while len(self._unread) > 1:
                self.told.append(json.loads(self._unread.pop(0)))
                if wanted(self.told[-1]):
                    return self.told[-1]
            time.sleep(0.05)
        raise AssertionError(self.told)

    def end(self, how: int) -> int:
        """Its exit code."""
        self.process.send_signal(how)
        return self.process.wait(30)

    def close(self) -> None:
        """It is gone, whatever it does."""
        self.process.kill()
        self.process.communicate()
