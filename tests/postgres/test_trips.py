"""How often a command waits for the server, counted between the two: each is as long as the way there."""

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


class Between:
    """Stands between a client and the server, hands on what each says, and counts the client's turns."""

    def __init__(self, folder: Path, server: Server) -> None:
        self._server = str(server.folder / ".s.PGSQL.5432")
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(folder / ".s.PGSQL.5432"))
        self._door.listen()
        self.turns = 0
        threading.Thread(target=self._let_in, daemon=True).start()

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                last = [server]
                for one, other in ((client, server), (server, client)):
                    threading.Thread(
                        target=self._hand_on, args=(one, other, one is client, last), daemon=True
                    ).start()

    def _hand_on(
        self, one: socket.socket, other: socket.socket, asks: bool, last: list[socket.socket]
    ) -> None:
        with suppress(OSError):
            while said := one.recv(1 << 16):
                self.turns += asks and last[0] is not one
                last[0] = one
                other.sendall(said)
            other.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._door.close()


@pytest.fixture
def between(tmp_path: Path, server: Server) -> Iterator[Between]:
    between = Between(tmp_path, server)
    yield between
    between.close()


def usual(between: Between, work: Callable[[], None], ready: Callable[[], None] = lambda: None) -> int:
    """How often it waits, mostly: on a busy machine what is said in two halves, while the other side speaks
    already, is now and then counted once more or once less."""
    counted = []
    for _ in range(7):
        ready()
        before = between.turns
        work()
        counted.append(between.turns - before)
    return sorted(counted)[3]


def recorded(book: Book, day: str, outcome: str = "accepted") -> Callable[[], None]:
    """A command, and what is said to it."""

    def work() -> None:
        assert book.record(g.cost(day), "t.leader").outcome == outcome

    return work


def sealed(book: Book, day: str, there: Book) -> Callable[[], None]:
    """A command of the one, which the other seals."""

    def work() -> None:
        recorded(book, day)()
        Seal(there).seal()

    return work


def test_a_command_waits_for_the_server_twice(
    book: Book, database: str, between: Between, server: Server, tmp_path: Path
) -> None:
    """For its grant and what is new; and for one call, which takes the lock, appends and commits."""
    with Book.open(database.replace(str(server.folder), str(tmp_path))) as there:
        recorded(there, "06-12")()
        assert usual(between, recorded(there, "06-12")) == 2
        assert usual(between, recorded(there, "01-09", "refused")) == 2
        # another has written there: read again; what is not sealed would be judged again, too
        assert usual(between, recorded(there, "06-12"), ready=sealed(book, "06-12", there)) == 3


def test_a_batch_waits_for_the_server_as_often_as_one_command(
    book: Book, database: str, between: Between, server: Server, tmp_path: Path
) -> None:
    """A snapshot that is due is stored after the commit, with a wait of its own, the rarer the longer the
    stream: after 400 entries, at the 600th."""
    with Book.open(database.replace(str(server.folder), str(tmp_path))) as there:
        recorded(there, "06-12")()

        def work(commands: int = 50) -> None:
            asked = [g.cost("06-12", command_id=str(uuid4())) for _ in range(commands)]
            with there.batch(asked):
                told = [there.record(one, "t.leader") for one in asked]
            positions.append([one.position for one in told])

        positions: list[list[int | None]] = []
        work(400)
        assert usual(between, work) == 2
        assert positions[-1] == [book.position() - 49 + at for at in range(50)]
