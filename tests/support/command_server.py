"""A process that has imported the program and forks for each command, for tests with many commands.

Most of a short command's time goes into importing packages. Each command has its own process with its own
environment, folder and streams, as if it had been started alone.
"""

import atexit
import gc
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

CLIENT = Path(__file__).with_name("command_client.py")
PACKAGES = ("lifecycle", "projections", "cli", "grantbook")


@dataclass(frozen=True)
class Request:
    """A command, and how it is to run."""

    words: Sequence[str]
    folder: str
    environment: dict[str, str]
    umask: int


class CommandServer:
    """The server, seen from the tests."""

    def __init__(self, address: str) -> None:
        self._address = address

    @property
    def shell_words(self) -> str:
        """The words of a shell that run a command by the server."""
        return f'"{sys.executable}" -IS "{CLIENT}" "{self._address}"'

    def run(self, request: Request) -> tuple[int, str, str]:
        """Run the command, and return its exit code, output and errors."""
        with (
            socket.socket(socket.AF_UNIX) as connection,
            Path(os.devnull).open("rb") as stdin,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
        ):
            connection.connect(self._address)
            socket.send_fds(connection, [b"\n"], [stdin.fileno(), out.fileno(), err.fileno()])
            connection.sendall(json.dumps(asdict(request)).encode())
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("r") as answers:
                _, exit_code = answers
            out.seek(0)
            err.seek(0)
            return int(exit_code), out.read().decode(), err.read().decode()


@contextmanager
def command_server(environment: dict[str, str], as_user: Sequence[str] = ()) -> Iterator[CommandServer]:
    """Start a server in this environment, and kill it at the end.

    ``as_user``: the words that start a program as another user.
    """
    with tempfile.TemporaryDirectory(prefix="grantbook-") as folder:
        Path(folder).chmod(0o777)
        address = str(Path(folder) / "socket")
        with subprocess.Popen(
            [*as_user, sys.executable, __file__, address],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        ) as server:
            try:
                assert server.stdout is not None
                assert server.stdout.readline() == b"ready\n"
                yield CommandServer(address)
            finally:
                server.kill()


# ── in the server's process ──────────────────────────────────────────────────────────────────


def next_command(address: str) -> list[str]:
    """Fork for each command that a client sends. Returns the command's words in the process that runs it."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system removes the processes that have ended
        connection, _ = listener.accept()
        while os.fork():
            connection.close()
            connection, _ = listener.accept()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with connection:
        _, streams, _, _ = socket.recv_fds(connection, 1, 3)
        with connection.makefile("rb") as lines:
            request = Request(**json.load(lines))
        if process := os.fork():
            for stream in streams:
                os.close(stream)
            with suppress(OSError):  # a client that was killed reads no answer
                connection.sendall(f"{process}\n".encode())
                _, status = os.waitpid(process, 0)
                connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
            os._exit(0)
    _begin(request, streams)
    return list(request.words)


def _begin(request: Request, streams: Sequence[int]) -> None:
    """Take the request's streams, folder, environment and umask."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
    os.environ.clear()
    os.environ.update(request.environment)
    os.umask(request.umask)
    os.chdir(request.folder)


def main() -> None:
    """Import the program, and serve commands until this process is killed."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    gc.freeze()
    sys.argv[1:] = next_command(sys.argv[1])
    _exit(_exit_code(import_module("grantbook.console").main))


def _exit_code(run: Callable[[], None]) -> int:
    """Run the program, and return the exit code of its process."""
    try:
        run()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _exit(code: int) -> None:
    """End this process as Python does, but leave the modules in memory: to clear them takes long."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
