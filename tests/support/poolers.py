"""A pooler that ignores the startup parameter options, as pgbouncer can be set to do."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NO_ENCRYPTION = (80877103, 80877104)
"""The codes with which a client asks for encryption."""


def _receive(line: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size and (chunk := line.recv(size - len(received))):
        received += chunk
    return received


def _startup(line: socket.socket) -> bytes:
    """Return the client's startup message without its options."""
    while True:
        (size,) = struct.unpack("!i", _receive(line, 4))
        body = _receive(line, size - 4)
        (code,) = struct.unpack("!i", body[:4])
        if code not in _NO_ENCRYPTION:
            break
        line.sendall(b"N")
    words = body[4:].split(b"\0")
    pairs = zip(words[::2], words[1::2], strict=False)
    kept = b"".join(key + b"\0" + value + b"\0" for key, value in pairs if key and key != b"options")
    message = body[:4] + kept + b"\0"
    return struct.pack("!i", len(message) + 4) + message


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def without_options(folder: Path) -> Iterator[int]:
    """Yield the port of a pooler in front of the server whose socket is in the folder."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = door.accept()
                    server = socket.socket(socket.AF_UNIX)
                    server.connect(str(folder / ".s.PGSQL.5432"))
                    server.sendall(_startup(client))
                    for ends in ((client, server), (server, client)):
                        threading.Thread(target=_pass_on, args=ends, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield door.getsockname()[1]
