"""Ask the command server to run a command: ``python -IS command_client.py SOCKET WORDS…``.

It has the command's standard streams, signals and exit code, as if the command ran in this process.
"""

import json
import os
import signal
import socket
import sys
from typing import Any


def main() -> None:
    """Run the words as a command of the server, and exit as it does."""
    address, *words = sys.argv[1:]
    os.umask(umask := os.umask(0))
    folder = os.getcwd()  # noqa: PTH109 quick to import
    request = {"words": words, "folder": folder, "environment": dict(os.environ), "umask": umask}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        socket.send_fds(connection, [b"\n"], [0, 1, 2])
        connection.sendall(json.dumps(request).encode())
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("r") as answers:
            process = int(answers.readline())

            def pass_on(number: int, _: Any) -> None:
                os.kill(process, number)

            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, pass_on)
            exit_code = int(answers.readline())
    if exit_code < 0:
        signal.signal(-exit_code, signal.SIG_DFL)
        os.kill(os.getpid(), -exit_code)
    sys.exit(exit_code)


main()
