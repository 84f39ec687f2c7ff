"""Files that are none, and paths that lead elsewhere."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from support.books import make_book
from support.cli_shell import Shell, on_grant

ATTACH = ("--actor", "desk", "--on", "2017-06-01")


def attach(shell: Shell, file: str, *more: str) -> tuple[int, str]:
    told = shell("document", "attach", "G-1", file, *ATTACH, *more)
    return told.code, told.out + told.err


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda place: place.mkdir(), "no plain file"),
        (os.mkfifo, "no plain file"),
        (lambda place: place.symlink_to("/dev/zero"), "no plain file"),
        (lambda place: place.symlink_to("nowhere"), "No such file"),
        (lambda place: place.symlink_to(place), "symbolic links"),
        (lambda place: _sparse(place, 512 * 1024 * 1024 + 1), "larger than 512 MiB"),
        (lambda _: None, "No such file"),
    ],
    ids=["folder", "pipe", "device", "dangling link", "circle", "too large", "nothing"],
)
def test_what_is_no_document(shell: Shell, make: object, said: str) -> None:
    make(shell.folder / "file")  # type: ignore[operator]
    code, told = attach(shell, "file")
    assert (code, said in told) == (2, True), told
    assert shell.documents == []


def _sparse(place: Path, size: int) -> None:
    with place.open("wb") as file:
        file.truncate(size)


def test_an_empty_document_and_one_behind_a_link(shell: Shell) -> None:
    """Of a link the bytes are kept that were read, in a file of the book's own."""
    (shell.folder / "empty").touch()
    assert attach(shell, "empty")[0] == 0
    (shell.folder / "real").write_bytes(b"real")
    (shell.folder / "link").symlink_to("real")
    assert attach(shell, "link")[0] == 0
    assert set(shell.documents) == {hashlib.sha256(data).hexdigest() for data in (b"", b"real")}
    if isinstance(shell.place, Path):
        kept = list((shell.place / "documents").iterdir())
        assert all(place.is_file() and not place.is_symlink() for place in kept)


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "..", "a/b", "con", "a" * 300, "-rf"])
def test_a_documents_name_is_no_path(shell: Shell, name: str) -> None:
    (shell.folder / "file").write_bytes(b"x")
    before = set(shell.folder.rglob("*"))
    assert attach(shell, "file", f"--name={name}")[0] == 0
    new = set(shell.folder.rglob("*")) - before
    assert shell.documents == [hashlib.sha256(b"x").hexdigest()]
    assert all(isinstance(shell.place, Path) and shell.place in place.parents for place in new)


@pytest.mark.parametrize("name", ["a" * 301, "a\nb", "a\x1b[2J"])
def test_what_is_no_name_of_a_document(shell: Shell, name: str) -> None:
    (shell.folder / "file").write_bytes(b"x")
    assert attach(shell, "file", f"--name={name}")[0] == 2


def test_a_digest_is_no_path(shell: Shell) -> None:
    fields = {"name": "x", "media_type": "text/plain", "sha256": "../../../etc/passwd"}
    told = shell("record", shell.file([on_grant("AttachDocument", "2017-06-01", "desk", **fields)]))
    assert told.code == 2
    assert "sha256" in told.out


@pytest.mark.of_a_file("its documents; those of a database cannot be altered")
def test_a_pipe_in_the_place_of_a_document_is_not_waited_for(tmp_path: Path) -> None:
    with make_book(tmp_path / "book") as book:
        digest = book.attach(b"the agreement")
        place = book.path / "documents" / digest
        place.unlink()
        os.mkfifo(place)
        with pytest.raises(OSError, match="no plain file"):
            book.document(digest)


@pytest.mark.of_a_file("its documents")
def test_an_altered_document_is_put_right_by_attaching_it_again(shell: Shell) -> None:
    (shell.folder / "file").write_bytes(b"x")
    assert attach(shell, "file")[0] == 0
    (place,) = (shell.path / "documents").iterdir()
    place.write_bytes(b"y")
    assert attach(shell, "file")[0] == 0
    assert place.read_bytes() == b"x"


def test_a_package_stays_in_its_folder(shell: Shell) -> None:
    """Also of a grant whose id looks like a path."""
    odd = "a/../../../evil"
    asked = {"window": "stand_alone", "recipients": ["TZ"], "providers": ["IN"], "sector": "x", "title": "x"}
    more: dict[str, Any] = {"objective": "x", "amount": "10.00 USD", "months": 12}
    proposed = on_grant("ProposeGrant", "2017-01-10", "leader", **asked, **more)
    cost = on_grant("RecordCost", "2017-06-01", "leader", purpose="supervision", amount="1.00 USD")
    lines = [{**line, "grant": odd} for line in (proposed, cost)]
    assert shell("record", shell.file(lines)).code == 0
    assert shell("audit", "seal").code == 0
    before = set(shell.folder.rglob("*"))
    assert shell("audit", "export", "package").code == 0
    new = set(shell.folder.rglob("*")) - before
    outside = [place for place in new if shell.folder / "package" not in (place, *place.parents)]
    assert [place for place in outside if shell.seals not in place.parents] == []
    assert sum(place.name.endswith("@2.tlog-proof") for place in new) == 1


def test_a_package_is_not_written_through_a_link(shell: Shell) -> None:
    assert shell("audit", "seal").code == 0
    elsewhere = shell.folder / "elsewhere"
    elsewhere.mkdir()
    for name in ("package", ".package.partial"):
        (shell.folder / name).symlink_to(elsewhere, target_is_directory=True)
    (shell.folder / "dangling").symlink_to("nowhere")
    assert shell("audit", "export", "package").code == 5
    assert shell("audit", "export", "dangling").code == 5
    (shell.folder / "package").unlink()
    assert shell("audit", "export", "package").code == 0
    assert list(elsewhere.iterdir()) == []
