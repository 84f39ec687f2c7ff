"""Checks that a folder is fit for a book, and that all of the book is in it."""

import logging
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from lifecycle.book.storage import mounts
from lifecycle.book.storage.book_storage import Check
from lifecycle.book.storage.mounts import mount_of
from lifecycle.seal.copy_book import move
from support import given as g
from support.books import make_book, record

pytestmark = [pytest.mark.case("T9"), pytest.mark.of_a_file("a folder")]

DISK, COMPLETE = "the folder is on a disk of this machine", "nothing was left out of the folder"


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return make_book(tmp_path / "book")


def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Make these lines the machine's mounts, after a root on a disk."""
    table = tmp_path / "mounts"
    table.write_text("".join(f"{line} rw,relatime 0 0\n" for line in ("/dev/sda1 / ext4", *lines)), "utf-8")
    monkeypatch.setattr(mounts, "TABLE", table)


def check_named(book: Book, name: str) -> Check:
    (named,) = [check for check in book.health() if check.name == name]
    return named


def test_a_book_as_it_should_be_is_well(book: Book) -> None:
    assert [check for check in book.health() if not check.is_well] == []


@pytest.mark.parametrize(
    "file_system",
    ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.rclone", "9p", "ceph", "virtiofs", "fuse.new"],
)
def test_a_network_disk_is_not_well(
    book: Book, tmp_path: Path, file_system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted(
        tmp_path, monkeypatch, f"files:/export {tmp_path} {file_system}", f"/dev/sdb {tmp_path}/books ext4"
    )
    disk = check_named(book, DISK)
    assert not disk.is_well
    assert disk.detail.startswith(f"{file_system} at {tmp_path} (of files:/export)")


@pytest.mark.parametrize(
    "file_system", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "apfs", "fuseblk", "fuse.gocryptfs"]
)
def test_a_disk_of_this_machine_is_well(
    book: Book, tmp_path: Path, file_system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted(tmp_path, monkeypatch, f"files:/export {tmp_path} nfs4", f"/dev/sdb {book.path} {file_system}")
    assert check_named(book, DISK) == Check(DISK, True, f"{file_system} at {book.path}")


def test_the_nearest_mount_counts_and_of_two_at_one_folder_the_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a b"
    (folder / "book").mkdir(parents=True)
    (tmp_path / "way").symlink_to(folder)
    escaped = str(folder).replace(" ", "\\040")
    lines = [f"one {tmp_path} nfs4", f"two {escaped} ext4", f"three {escaped} cifs", f"four {tmp_path}/a nfs"]
    mounted(tmp_path, monkeypatch, *lines)
    mount = mount_of(tmp_path / "way" / "book")
    assert mount is not None
    assert (mount.source, mount.point, mount.is_shared) == ("three", folder, True)
    assert mount_of(tmp_path, tmp_path / "no table") is None


def test_a_machine_without_a_list_of_mounts_is_well(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mounts, "TABLE", tmp_path / "nowhere")
    assert check_named(book, DISK).is_well


def test_a_copy_of_only_two_files_is_incomplete(
    book: Book, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Opening it warns, and so does health."""
    copy = tmp_path / "copy"
    copy.mkdir()
    book.close()
    for name in ("journal.sqlite", "book.toml"):
        shutil.copy(book.path / name, copy)
    with caplog.at_level(logging.WARNING), Book.open(copy, read_only=True) as opened:
        complete = check_named(opened, COMPLETE)
    assert (
        complete.is_well,
        complete.detail.startswith("there is no folder documents and no folder checkpoints"),
    ) == (
        False,
        True,
    )
    assert caplog.text.count(f"{copy}: there is no folder documents and no folder checkpoints") == 1
    assert "grantbook move" in caplog.text


def test_a_copy_without_seals_is_incomplete(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The book is to be sealed with each command."""
    assert check_named(book, COMPLETE).is_well  # a new one may have none yet
    monkeypatch.setattr("lifecycle.book.storage.folder_storage._MOST_UNSEALED", 3)
    complete = check_named(book, COMPLETE)
    assert (complete.is_well, "any checkpoint, though each command is to be sealed" in complete.detail) == (
        False,
        True,
    )


def test_a_moved_book_is_complete(book: Book, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The book is open and in use while it is moved."""
    record(book, [g.credit_income("01-11")])
    move(book, tmp_path / "copy")
    with caplog.at_level(logging.WARNING), Book.open(tmp_path / "copy") as copy:
        assert copy.position() == book.position()
        assert [check for check in copy.health() if not check.is_well] == []
    assert caplog.text == ""


def test_the_file_holds_what_was_recorded_once_it_is_closed(book: Book, tmp_path: Path) -> None:
    """This holds also while a follower of the journal has the book open."""
    with Book.open(book.path, read_only=True) as follower:
        before = follower.position()
        with Book.open(book.path, clock=book._clock) as writer:
            record(writer, [g.credit_income("01-11"), g.credit_income("01-12")])
        shutil.copy(book.path / "journal.sqlite", tmp_path / "alone.sqlite")
    with closing(sqlite3.connect(tmp_path / "alone.sqlite")) as raw:
        ((newest,),) = raw.execute("SELECT max(position) FROM stored_events").fetchall()
    assert newest == before + 2
