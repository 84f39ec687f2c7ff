"""How often a command waits for the server. Each wait takes as long as the network."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from lifecycle.book.book import Book
from lifecycle.seal.seal import Seal
from support import given as g
from support.servers import Server


class Proxy:
    """A proxy between a client and the server. It counts how often the client sends after the server did."""

    def __init__(self, folder: Path, server: Server) -> None:
        self._server = str(server.folder / ".s.PGSQL.5432")
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(folder / ".s.PGSQL.5432"))
        self._door.listen()
        self.turns = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                last = [server]
                for sender, receiver in ((client, server), (server, client)):
                    threading.Thread(
                        target=self._pass_on, args=(sender, receiver, sender is client, last), daemon=True
                    ).start()

    def _pass_on(
        self, sender: socket.socket, receiver: socket.socket, is_client: bool, last: list[socket.socket]
    ) -> None:
        with suppress(OSError):
            while data := sender.recv(1 << 16):
                self.turns += is_client and last[0] is not sender
                last[0] = sender
                receiver.sendall(data)
            receiver.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._door.close()


@pytest.fixture
def proxy(tmp_path: Path, server: Server) -> Iterator[Proxy]:
    proxy = Proxy(tmp_path, server)
    yield proxy
    proxy.close()


def usual_waits(proxy: Proxy, work: Callable[[], None], ready: Callable[[], None] = lambda: None) -> int:
    """Do the work seven times, and return the median number of waits. On a busy machine, a message that
    arrives in two halves may be counted once more or less."""
    waits = []
    for _ in range(7):
        ready()
        before = proxy.turns
        work()
        waits.append(proxy.turns - before)
    return sorted(waits)[3]


def recording(book: Book, day: str, outcome: str = "accepted") -> Callable[[], None]:
    """Return work that records a command with this outcome."""

    def work() -> None:
        assert book.record(g.cost(day), "t.leader").outcome == outcome

    return work


def recording_and_sealing(book: Book, day: str, sealer: Book) -> Callable[[], None]:
    """Return work that records a command in one book object, and seals it in another."""

    def work() -> None:
        recording(book, day)()
        Seal(sealer).seal()

    return work


def test_a_command_waits_for_the_server_twice(
    book: Book, database: str, proxy: Proxy, server: Server, tmp_path: Path
) -> None:
    """For its grant and what is new; and for one call, which takes the lock, appends and commits."""
    with Book.open(database.replace(str(server.folder), str(tmp_path))) as by_proxy:
        recording(by_proxy, "06-12")()
        assert usual_waits(proxy, recording(by_proxy, "06-12")) == 2
        assert usual_waits(proxy, recording(by_proxy, "01-09", "refused")) == 2
        # Another process has written. Its entries are read, and would also be judged if they were not sealed.
        ready = recording_and_sealing(book, "06-12", by_proxy)
        assert usual_waits(proxy, recording(by_proxy, "06-12"), ready) == 3


def test_a_batch_waits_for_the_server_as_often_as_one_command(
    book: Book, database: str, proxy: Proxy, server: Server, tmp_path: Path
) -> None:
    """A due snapshot is stored after the commit, with a separate wait. It becomes rarer as the stream grows:
    after 400 entries the next is at the 600th."""
    with Book.open(database.replace(str(server.folder), str(tmp_path))) as by_proxy:
        recording(by_proxy, "06-12")()

        def work(commands: int = 50) -> None:
            batch = [g.cost("06-12", command_id=str(uuid4())) for _ in range(commands)]
            with by_proxy.batch(batch):
                receipts = [by_proxy.record(command, "t.leader") for command in batch]
            positions.append([receipt.position for receipt in receipts])

        positions: list[list[int | None]] = []
        work(400)
        assert usual_waits(proxy, work) == 2
        assert positions[-1] == [book.position() - 49 + at for at in range(50)]
