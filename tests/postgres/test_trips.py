"""How often a command waits for the server, counted between the two: each is as long as the way there."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import given as g
from lifecycle.book import Book
from servers import Server


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


def test_a_command_waits_for_the_server_three_times(
    book: Book, database: str, between: Between, server: Server, tmp_path: Path
) -> None:
    """For its grant; for the lock, and what is new; for the commit. A grant in memory is not asked for."""
    with Book.open(database.replace(str(server.folder), str(tmp_path))) as there:
        assert there.record(g.cost("06-12"), "t.leader").outcome == "accepted"
        for outcome, asked in (("accepted", g.cost("06-12")), ("refused", g.cost("01-09"))):
            before = between.turns
            assert there.record(asked, "t.leader").outcome == outcome
            assert between.turns - before == 2
        assert book.record(g.cost("06-12"), "t.leader").outcome == "accepted"
        before = between.turns
        assert there.record(g.cost("06-12"), "t.leader").outcome == "accepted"
        assert between.turns - before == 3  # another has written there: read again


def test_a_batch_waits_for_the_server_as_often_as_one_command(
    book: Book, database: str, between: Between, server: Server, tmp_path: Path
) -> None:
    asked = [g.cost("06-12", command_id=f"c{number}") for number in range(50)]
    with Book.open(database.replace(str(server.folder), str(tmp_path))) as there:
        assert there.record(g.cost("06-12"), "t.leader").outcome == "accepted"
        before = between.turns
        with there.batch(asked):
            told = [there.record(one, "t.leader") for one in asked]
        assert between.turns - before == 2
        assert [one.position for one in told] == [book.position() - 49 + at for at in range(50)]
