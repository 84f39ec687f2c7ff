"""A folder that a group shares: each of them records and reads in it, and nobody is in another's way."""

import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from projections import store
from support.cli_shell import (
    PROGRAM,
    SRC,
    Result,
    life,
    on_grant,
)

pytestmark = [
    pytest.mark.case("O2"),
    pytest.mark.of_a_file("a folder and its rights"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs to become other users"),
    pytest.mark.skipif(sys.platform != "linux", reason="uses setpriv"),
]
GROUP, STRANGERS = 64_001, 64_009
USERS = {"ann": 64_011, "bob": 64_012, "cy": 64_013}
"""Numbers of users and groups that no machine knows: ann and bob share a group, cy is in another one."""


@dataclass
class Shared:
    """A folder of the group's, and what its members run."""

    folder: Path
    umask: int = 0o007

    def run(self, who: str, *words: str, program: str = PROGRAM, umask: int | None = None) -> Result:
        group = STRANGERS if who == "cy" else GROUP
        home = self.folder.parent / f"home-{who}"
        # Their own groups come first, as on most machines: the folder's comes by its set-group-id bit.
        command = ["setpriv", f"--reuid={USERS[who]}", f"--regid={USERS[who]}", f"--groups={group}"]
        done = subprocess.run(
            [*command, sys.executable, "-c", program, *words],
            capture_output=True,
            text=True,
            check=False,
            umask=self.umask if umask is None else umask,
            cwd=home,
            env={"PYTHONPATH": str(SRC), "HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def __call__(self, who: str, *words: str, **options: Any) -> Result:
        return self.run(who, *words, "--book", str(self.book), "--as", "admin", **options)

    @property
    def book(self) -> Path:
        return self.folder / "book"

    def file(self, lines: list[dict[str, Any]]) -> str:
        place = self.folder.parent / "lines.jsonl"
        place.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
        place.chmod(0o644)
        return str(place)


@pytest.fixture
def shared() -> Iterator[Shared]:
    """The folder: set-group-id, all rights for the group. Other runs of pytest close its own folders."""
    with tempfile.TemporaryDirectory(prefix="grantbook-shared-") as name:
        yield shared_in(Path(name))


def shared_in(place: Path) -> Shared:
    place.chmod(0o755)
    folder = place / "shared"
    folder.mkdir()
    for who, number in USERS.items():
        (home := place / f"home-{who}").mkdir()
        os.chown(home, number, number)
    os.chown(folder, 0, GROUP)
    folder.chmod(0o2770)
    if not _readable(SRC):
        pytest.skip("other users may not read the program")
    return Shared(folder)


def _readable(place: Path) -> bool:
    return all(one.stat().st_mode & 0o005 for one in (place, *place.parents))


REFUND = on_grant("RecordRefund", "2017-09-01", "cash", payment="P1", amount="1.00 USD")
READERS = (
    ("audit", "verify"),
    ("report", "disbursement"),
    ("grant", "show", "G-1"),
    ("report", "glance"),
    ("views", "status"),
    ("health",),
)


def made(shared: Shared, **options: Any) -> None:
    result = shared("ann", "init", str(shared.book), "--name", "A fund", "--on", "2008-10-01", **options)
    assert result.code == 0, result.err
    result = shared("ann", "record", shared.file([*life(), REFUND]), **options)
    assert result.code == 0, result.out + result.err


def refund(shared: Shared, who: str, number: int, **options: Any) -> None:
    result = shared(who, "record", shared.file([REFUND | {"on": f"2017-09-{number:02}"}]), **options)
    assert (result.code, "not sealed" in result.err, "could not" in result.err) == (0, False, False), result


@pytest.mark.parametrize("umask", [0o007, 0o022, 0o077], ids=oct)
def test_members_record_and_read_in_any_order(shared: Shared, umask: int) -> None:
    """Whatever their umask: a file takes the rights that its folder gives the group."""
    shared.umask = umask
    if umask == 0o077:
        shared.book.mkdir()
        os.chown(shared.book, USERS["ann"], GROUP)
        shared.book.chmod(0o2770)
    made(shared)
    for number, who in enumerate(("bob", "ann", "bob"), 2):
        for words in READERS:
            result = shared("ann" if who == "bob" else "bob", *words)
            assert result.code == 0, (words, result)
        assert not list(shared.book.glob("journal.sqlite-*"))
        refund(shared, who, number)
    assert shared("bob", "officer", "name", "boss", "The Boss").code == 0
    assert shared("ann", "officer", "name", "boss", "The Other").code == 0
    assert shared("bob", "audit", "seal").code == 0
    assert shared("ann", "audit", "verify").code == 0
    assert shared("bob", "views", "rebuild").code == 0
    assert shared("cy", "report", "fund").code == 5
    for place in (shared.book, *shared.book.rglob("*")):
        found = place.stat()
        assert found.st_gid == GROUP, place
        wanted = 0o040 if place.name == "seal.key" else 0o060
        assert found.st_mode & wanted == wanted, (place, oct(found.st_mode))
        assert not (umask & 0o007 == 0o007 and found.st_mode & 0o007), (place, oct(found.st_mode))
    key = (shared.book / "seal.key").stat()
    assert stat.S_IMODE(key.st_mode) == 0o640


def test_a_reader_leaves_nothing_behind(shared: Shared) -> None:
    made(shared)
    before = {place.name: place.stat().st_mtime_ns for place in shared.book.rglob("*") if place.is_file()}
    for words in READERS:
        assert shared("bob", *words).code == 0, words
    after = {place.name: place.stat().st_mtime_ns for place in shared.book.rglob("*") if place.is_file()}
    assert after.keys() == before.keys()
    assert {
        name for name in before if name.startswith(("journal", "views.sqlite")) and not name.endswith("-shm")
    } <= {name for name in before if before[name] == after[name]}


def test_what_a_reader_left_that_was_killed_is_in_nobodys_way(shared: Shared) -> None:
    """As readers of earlier versions left it."""
    made(shared)
    left = "import sqlite3, os, sys; c = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True);"
    left += " c.execute('SELECT 1 FROM stored_events').fetchone(); os._exit(0)"
    assert shared.run("bob", str(shared.book / "journal.sqlite"), program=left).code == 0
    beside = sorted(place.name for place in shared.book.glob("journal.sqlite-*"))
    assert beside == ["journal.sqlite-shm", "journal.sqlite-wal"]
    refund(shared, "ann", 2)
    refund(shared, "bob", 3)
    assert shared("ann", "audit", "verify").code == 0


@pytest.mark.parametrize("sticky", [0o2750, 0o750], ids=oct)
def test_who_may_only_read_the_folder_gets_every_answer(shared: Shared, sticky: int) -> None:
    """And recording is refused by the folder's name, before anything is left in it."""
    made(shared)
    shared.book.chmod(sticky)
    before = sorted(place.name for place in shared.book.rglob("*"))
    for words in READERS:
        result = shared("bob", *words)
        assert result.code == 0, (words, result)
    result = shared("bob", "record", shared.file([REFUND | {"on": "2017-09-02"}]))
    assert result.code == 5
    assert f"{shared.book}: the book may only be read here" in result.err
    assert sorted(place.name for place in shared.book.rglob("*")) == before
    refund(shared, "ann", 3)
    (row,) = shared("bob", "report", "disbursement", "--json").rows
    assert row["refunded"] == "2002.00"


def test_a_file_that_its_owner_keeps_to_himself_is_named(shared: Shared) -> None:
    made(shared)
    (shared.book / "journal.sqlite").chmod(0o640)
    for words in READERS[:4]:
        assert shared("bob", *words).code == 0, words
    assert not list(shared.book.glob("journal.sqlite-*"))
    result = shared("bob", "record", shared.file([REFUND | {"on": "2017-09-02"}]))
    assert result.code == 5
    assert "journal.sqlite is 64011's" in result.err
    assert "64011 has to run chgrp 64001 and chmod g+rw on it" in result.err
    found = shared("bob", "health")
    assert (found.code, "journal.sqlite" in found.out, "chmod g+rw" in found.out) == (5, True, True)
    refund(shared, "ann", 3)  # whose it is: it takes its folder's rights again
    refund(shared, "bob", 4)


def test_views_that_somebody_keeps_to_himself_are_named_and_read_as_they_are(shared: Shared) -> None:
    made(shared)
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
    made(shared, umask=0o077)
    for place in shared.book.rglob("*"):
        assert not place.stat().st_mode & 0o077, place
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
    """The folder that GRANTBOOK_SEALS names: keys, checkpoints, hashes and locks."""
    code = (
        "import sys; from pathlib import Path\n"
        "from lifecycle.journal.atomic_files import folder_at, keep, locked\n"
        "place = folder_at(Path(sys.argv[1]) / 'seals')\n"
        "with locked(place / 'checkpoints' / 'lock'):\n"
        "    keep(place / 'checkpoints' / 'keys', 'x'); keep(place / sys.argv[2], 'y', mode=0o600)\n"
    )
    for who in ("ann", "bob", "ann"):
        result = shared.run(who, str(shared.folder), f"{who}.key", program=code, umask=0o022)
        assert result.code == 0, result.err
    assert stat.S_IMODE((shared.folder / "seals" / "ann.key").stat().st_mode) == 0o640
    assert (shared.folder / "seals" / "checkpoints" / "keys").stat().st_mode & 0o060 == 0o060
