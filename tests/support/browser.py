"""Chromium for tests, driven over two pipes by its DevTools protocol: https://chromedevtools.github.io/devtools-protocol/.

The browser is the machine's own, if it has one (docs/decisions/0076-the-replay-page.md).
"""

import base64
import fcntl
import json
import os
import shutil
import signal
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
)
PATIENCE = 30
"""The most seconds to wait for one answer of the browser."""
READ_FD, WRITE_FD = 3, 4
"""The files from which the browser reads commands, and to which it writes answers."""


def path_of_browser() -> str | None:
    """Return the path of a browser, or `None` if there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """A browser with one page."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._buffer = b""
        self._last = 0
        self._session: str | None = None
        self._events: deque[dict[str, Any]] = deque()
        self.requests: list[str] = []
        """The addresses that the page has asked for."""
        self.complaints: list[str] = []
        """Errors and warnings of the page's console, and exceptions of its scripts."""

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command, and return its result. Raises ``RuntimeError`` if the browser refuses it."""
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._last:
            self._take(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self) -> dict[str, Any]:
        until = monotonic() + PATIENCE
        while b"\0" not in self._buffer:
            if not select([self._answers], [], [], max(0, until - monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            data = os.read(self._answers, 1 << 16)
            if not data:
                raise RuntimeError("the browser has ended")
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer

    def _take(self, event: dict[str, Any]) -> None:
        parameters = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent":
                if not (address := parameters["request"]["url"]).startswith(
                    "data:"
                ):  # the browser's own icons
                    self.requests.append(address)
            case "Log.entryAdded":
                self.complaints.append(parameters["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.complaints.append(parameters["exceptionDetails"]["text"])
            case "Runtime.consoleAPICalled":
                self.complaints.append(json.dumps(parameters["args"]))
            case _:
                pass
        self._events.append(event)

    def attach(self) -> None:
        """Open the page."""
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.command(f"{domain}.enable")

    def open(self, address: str, *, scripts: bool = True) -> None:
        """Load a page, and wait until it is loaded."""
        self.command("Emulation.setScriptExecutionDisabled", value=not scripts)
        self._events.clear()
        self.command("Page.navigate", url=address)
        while not any(event.get("method") == "Page.loadEventFired" for event in self._events):
            self._take(self._next())

    def run(self, script: str) -> Any:
        """Return the value of an expression of JavaScript."""
        answer = self.command("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", script))
        return answer["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Wait until an expression of JavaScript is true. Raises ``TimeoutError`` if it never is."""
        until = monotonic() + PATIENCE
        while monotonic() < until:
            try:
                if self.run(f"document.readyState === 'complete' && {condition}"):
                    return
            except RuntimeError:  # the page is being replaced
                pass
            sleep(0.02)
        raise TimeoutError(condition)

    def press(self, key: str, *, code: int = 0, times: int = 1) -> None:
        """Press a key of the keyboard."""
        text = {"Enter": "\r", " ": " "}.get(key, "")
        for _ in range(times):
            parameters = {"key": key, "code": key, "windowsVirtualKeyCode": code or _CODES[key]}
            self.command("Input.dispatchKeyEvent", type="keyDown", text=text, **parameters)
            self.command("Input.dispatchKeyEvent", type="keyUp", **parameters)

    def resize(self, width: int, height: int, *, phone: bool = False) -> None:
        """Give the page a size in CSS pixels."""
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )

    def media(self, kind: str = "", *, dark: bool = False) -> None:
        """Show the page as for ``print`` or a screen, in the light or the dark scheme."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", media=kind, features=[scheme])

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Write a picture of the page."""
        answer = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(answer["data"]))

    def pdf(self) -> bytes:
        """Return the page as it is printed."""
        answer = self.command("Page.printToPDF", preferCSSPageSize=True)
        return base64.b64decode(answer["data"])


_CODES = {
    "ArrowLeft": 37,
    "ArrowRight": 39,
    "ArrowUp": 38,
    "ArrowDown": 40,
    "Home": 36,
    "End": 35,
    "Tab": 9,
    "Enter": 13,
    " ": 32,
}


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a browser with an empty profile, and end it."""
    path = path_of_browser()
    assert path is not None
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        to_browser, from_browser = os.pipe(), os.pipe()
        # Above the two numbers that the browser uses, so that neither overwrites the other.
        read_end, write_end = (
            fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
            for descriptor in (to_browser[0], from_browser[1])
        )
        process = os.posix_spawn(
            path,
            [path, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            {**os.environ, "HOME": profile},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, read_end, READ_FD),
                (os.POSIX_SPAWN_DUP2, write_end, WRITE_FD),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
            setpgroup=0,
        )
        for descriptor in (to_browser[0], from_browser[1], read_end, write_end):
            os.close(descriptor)
        try:
            started = Browser(to_browser[1], from_browser[0])
            started.attach()
            yield started
        finally:
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
            for descriptor in (to_browser[1], from_browser[0]):
                os.close(descriptor)
