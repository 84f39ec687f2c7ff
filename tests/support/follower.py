"""A process that runs ``grantbook views follow``, and the messages that it prints."""

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
    """``grantbook views follow`` in a new process."""

    def __init__(self, place: Path | str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "--book", str(place), "--json", "views", "follow"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(SRC)},
            # A process that a shell runs in the background ignores SIGINT, and so would its child.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 no thread forks here
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self.messages: list[dict[str, Any]] = []
        self._unread: list[bytes] = [b""]
        """Lines that were not read yet; the last one may be incomplete."""

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first wanted message from now on."""
        until = time.monotonic() + 40
        while time.monotonic() < until:
            assert self.process.stdout is not None
            lines = (self._unread.pop() + (self.process.stdout.read() or b"")).split(b"\n")
            self._unread += lines
            while len(self._unread) > 1:
                self.messages.append(json.loads(self._unread.pop(0)))
                if wanted(self.messages[-1]):
                    return self.messages[-1]
            time.sleep(0.05)
        raise AssertionError(self.messages)

    def end(self, signal_number: int) -> int:
        """Send the signal and return the exit code."""
        self.process.send_signal(signal_number)
        return self.process.wait(30)

    def close(self) -> None:
        """Kill the process."""
        self.process.kill()
        self.process.communicate()
