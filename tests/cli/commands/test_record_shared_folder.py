"""Members of a group record and read in a folder that they share, and do not hinder each other."""

import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from projections import store
from support.cli_shell import (
    SRC,
    Result,
    life,
    on_grant,
)
from support.command_server import CommandServer, Request, command_server

pytestmark = [
    pytest.mark.case("O2"),
    pytest.mark.of_a_file("a folder and its rights"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs to become other users"),
    pytest.mark.skipif(sys.platform != "linux", reason="uses setpriv"),
]
GROUP, STRANGERS = 64_001, 64_009
USERS = {"ann": 64_011, "bob": 64_012, "cy": 64_013}
"""Ann and bob share a group, and cy is in another one. The numbers belong to no real user or group."""

READERS = (
    ("audit", "verify"),
    ("report", "disbursement"),
    ("grant", "show", "G-1"),
    ("report", "glance"),
    ("views", "status"),
    ("health",),
)


ENVIRONMENT = {"PYTHONPATH": str(SRC), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


def as_user(name: str) -> list[str]:
    """Return the words that start a program as the user.

    Each user's primary group is their own, as on most machines. Files get the folder's group from its
    set-group-id bit.
    """
    group = STRANGERS if name == "cy" else GROUP
    return ["setpriv", f"--reuid={USERS[name]}", f"--regid={USERS[name]}", f"--groups={group}"]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, CommandServer]]:
    """Yield a server of commands for each user."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(command_server(ENVIRONMENT, as_user(name))) for name in USERS}


@dataclass
class Shared:
    """A folder that a group shares. Calling it runs a command as one of the users."""

    folder: Path
    servers: dict[str, CommandServer]
    umask: int = 0o007

    def run(self, user: str, *words: str, umask: int | None = None) -> Result:
        home = str(self._home(user))
        umask = self.umask if umask is None else umask
        request = Request(words, home, ENVIRONMENT | {"HOME": home}, umask)
        return Result(*self.servers[user].run(request))

    def run_code(self, user: str, code: str, *words: str) -> Result:
        """Run Python code as the user, in a new process."""
        result = subprocess.run(
            [*as_user(user), sys.executable, "-c", code, *words],
            capture_output=True,
            text=True,
            check=False,
            umask=0o022,
            cwd=self._home(user),
            env=ENVIRONMENT,
        )
        return Result(result.returncode, result.stdout, result.stderr)

    def _home(self, user: str) -> Path:
        return self.folder.parent / f"home-{user}"

    def __call__(self, user: str, *words: str, **options: Any) -> Result:
        return self.run(user, *words, "--book", str(self.book), "--as", "admin", **options)

    def assert_readable(self, user: str) -> None:
        """Assert that the user can run each of the reading commands."""
        for words in READERS:
            result = self(user, *words)
            assert result.code == 0, (words, result)

    @property
    def book(self) -> Path:
        return self.folder / "book"

    def file(self, lines: list[dict[str, Any]]) -> str:
        path = self.folder.parent / "lines.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
        path.chmod(0o644)
        return str(path)


@pytest.fixture
def shared(servers: dict[str, CommandServer]) -> Iterator[Shared]:
    """Yield a set-group-id folder for the group. Other users cannot enter pytest's own folders."""
    if not all(path.stat().st_mode & 0o005 for path in (SRC, *SRC.parents)):
        pytest.skip("other users may not read the program")
    with tempfile.TemporaryDirectory(prefix="grantbook-shared-") as name:
        parent = Path(name)
        parent.chmod(0o755)
        for user, number in USERS.items():
            (home := parent / f"home-{user}").mkdir()
            os.chown(home, number, number)
        folder = parent / "shared"
        folder.mkdir()
        os.chown(folder, 0, GROUP)
        folder.chmod(0o2770)
        yield Shared(folder, servers)


REFUND = on_grant("RecordRefund", "2017-09-01", "cash", payment="P1", amount="1.00 USD")


def make_book(shared: Shared, **options: Any) -> None:
    result = shared("ann", "init", str(shared.book), "--name", "A fund", "--on", "2008-10-01", **options)
    assert result.code == 0, result.err
    result = shared("ann", "record", shared.file([*life(), REFUND]), **options)
    assert result.code == 0, result.out + result.err


def refund(shared: Shared, user: str, number: int, **options: Any) -> None:
    result = shared(user, "record", shared.file([REFUND | {"on": f"2017-09-{number:02}"}]), **options)
    assert (result.code, "not sealed" in result.err, "could not" in result.err) == (0, False, False), result


@pytest.mark.parametrize("umask", [0o007, 0o022, 0o077], ids=oct)
def test_members_record_and_read_in_any_order(shared: Shared, umask: int) -> None:
    """A file gets the rights that its folder gives the group, whatever the writer's umask is."""
    shared.umask = umask
    if umask == 0o077:
        shared.book.mkdir()
        os.chown(shared.book, USERS["ann"], GROUP)
        shared.book.chmod(0o2770)
    make_book(shared)
    for number, user in enumerate(("bob", "ann", "bob"), 2):
        shared.assert_readable("ann" if user == "bob" else "bob")
        assert not list(shared.book.glob("journal.sqlite-*"))
        refund(shared, user, number)
    assert shared("bob", "officer", "name", "boss", "The Boss").code == 0
    assert shared("ann", "officer", "name", "boss", "The Other").code == 0
    assert shared("bob", "audit", "seal").code == 0
    assert shared("ann", "audit", "verify").code == 0
    assert shared("bob", "views", "rebuild").code == 0
    assert shared("cy", "report", "fund").code == 5
    for path in (shared.book, *shared.book.rglob("*")):
        status = path.stat()
        assert status.st_gid == GROUP, path
        rights = 0o040 if path.name == "seal.key" else 0o060
        assert status.st_mode & rights == rights, (path, oct(status.st_mode))
        assert not (umask & 0o007 == 0o007 and status.st_mode & 0o007), (path, oct(status.st_mode))
    assert stat.S_IMODE((shared.book / "seal.key").stat().st_mode) == 0o640


def test_a_reader_leaves_nothing_behind(shared: Shared) -> None:
    make_book(shared)
    before = {path.name: path.stat().st_mtime_ns for path in shared.book.rglob("*") if path.is_file()}
    for words in READERS:
        assert shared("bob", *words).code == 0, words
    after = {path.name: path.stat().st_mtime_ns for path in shared.book.rglob("*") if path.is_file()}
    assert after.keys() == before.keys()
    assert {
        name for name in before if name.startswith(("journal", "views.sqlite")) and not name.endswith("-shm")
    } <= {name for name in before if before[name] == after[name]}


def test_files_that_a_killed_reader_left_hinder_nobody(shared: Shared) -> None:
    """Readers of earlier versions left a WAL file behind them."""
    make_book(shared)
    program = "import sqlite3, os, sys; c = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True);"
    program += " c.execute('SELECT 1 FROM stored_events').fetchone(); os._exit(0)"
    assert shared.run_code("bob", program, str(shared.book / "journal.sqlite")).code == 0
    left_behind = sorted(path.name for path in shared.book.glob("journal.sqlite-*"))
    assert left_behind == ["journal.sqlite-shm", "journal.sqlite-wal"]
    refund(shared, "ann", 2)
    refund(shared, "bob", 3)
    assert shared("ann", "audit", "verify").code == 0


@pytest.mark.parametrize("mode", [0o2750, 0o750], ids=oct)
def test_a_user_who_may_only_read_the_folder_can_run_each_reading_command(shared: Shared, mode: int) -> None:
    """To record is refused with the folder's name, and nothing is left in it."""
    make_book(shared)
    shared.book.chmod(mode)
    before = sorted(path.name for path in shared.book.rglob("*"))
    shared.assert_readable("bob")
    result = shared("bob", "record", shared.file([REFUND | {"on": "2017-09-02"}]))
    assert result.code == 5
    assert f"{shared.book}: the book may only be read here" in result.err
    assert sorted(path.name for path in shared.book.rglob("*")) == before
    refund(shared, "ann", 3)
    (row,) = shared("bob", "report", "disbursement", "--json").rows
    assert row["refunded"] == "2002.00"


def test_a_file_that_its_owner_does_not_share_is_named(shared: Shared) -> None:
    make_book(shared)
    (shared.book / "journal.sqlite").chmod(0o640)
    for words in READERS[:4]:
        assert shared("bob", *words).code == 0, words
    assert not list(shared.book.glob("journal.sqlite-*"))
    result = shared("bob", "record", shared.file([REFUND | {"on": "2017-09-02"}]))
    assert result.code == 5
    assert "journal.sqlite is 64011's" in result.err
    assert "64011 has to run chgrp 64001 and chmod g+rw on it" in result.err
    result = shared("bob", "health")
    assert (result.code, "journal.sqlite" in result.out, "chmod g+rw" in result.out) == (5, True, True)
    refund(shared, "ann", 3)  # The owner gives the file its folder's rights again.
    refund(shared, "bob", 4)


def test_views_that_their_owner_does_not_share_are_named_and_read_as_they_are(shared: Shared) -> None:
    make_book(shared)
    (shared.book / store.FILE).chmod(0o640)
    result = shared("bob", "report", "disbursement", "--json")
    assert (result.code, result.row["refunded"]) == (0, "2001.00")
    result = shared("bob", "record", shared.file([REFUND | {"on": "2017-09-02"}]))
    assert result.code == 0
    assert "the views could not be caught up" in result.err
    assert f"{store.FILE} is 64011's" in result.err
    assert shared("ann", "report", "disbursement", "--json").row["refunded"] == "2002.00"
    assert shared("bob", "report", "disbursement", "--json").row["refunded"] == "2002.00"


def test_a_folder_that_gives_its_group_nothing_shares_nothing(shared: Shared) -> None:
    shared.book.mkdir()
    os.chown(shared.book, USERS["ann"], GROUP)
    shared.book.chmod(0o2700)
    make_book(shared, umask=0o077)
    for path in shared.book.rglob("*"):
        assert not path.stat().st_mode & 0o077, path
    assert shared("bob", "report", "fund").code == 5


def test_a_demo_is_shared_too(shared: Shared) -> None:
    result = shared.run("ann", "demo", str(shared.book))
    assert result.code == 0, result.err
    for words in (("report", "fund"), ("audit", "verify"), ("library", "search", "dairy")):
        assert shared("bob", *words).code == 0
    cost = {"command": "ChargeFee", "on": "2020-01-10", "amount": "1.00 USD"}
    result = shared("bob", "record", shared.file([cost]))
    assert result.code in (0, 1), result
    assert "not sealed" not in result.err


def test_seals_of_databases_are_shared_as_their_folder(shared: Shared) -> None:
    """Keys, checkpoints, hashes and locks in the folder that GRANTBOOK_SEALS names are shared too."""
    program = (
        "import sys; from pathlib import Path\n"
        "from lifecycle.journal.atomic_files import folder_at, keep, locked\n"
        "folder = folder_at(Path(sys.argv[1]) / 'seals')\n"
        "with locked(folder / 'checkpoints' / 'lock'):\n"
        "    keep(folder / 'checkpoints' / 'keys', 'x'); keep(folder / sys.argv[2], 'y', mode=0o600)\n"
    )
    for user in ("ann", "bob", "ann"):
        result = shared.run_code(user, program, str(shared.folder), f"{user}.key")
        assert result.code == 0, result.err
    assert stat.S_IMODE((shared.folder / "seals" / "ann.key").stat().st_mode) == 0o640
    assert (shared.folder / "seals" / "checkpoints" / "keys").stat().st_mode & 0o060 == 0o060
