"""Paths that are not plain files, and paths that lead out of a folder."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from support.books import make_book
from support.cli_shell import Shell, on_grant

ATTACH = ("--actor", "desk", "--on", "2017-06-01")


def attach(shell: Shell, file: str, *more: str) -> tuple[int, str]:
    result = shell("document", "attach", "G-1", file, *ATTACH, *more)
    return result.code, result.out + result.err


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.mkdir(), "no plain file"),
        (os.mkfifo, "no plain file"),
        (lambda path: path.symlink_to("/dev/zero"), "no plain file"),
        (lambda path: path.symlink_to("nowhere"), "No such file"),
        (lambda path: path.symlink_to(path), "symbolic links"),
        (lambda path: _sparse(path, 512 * 1024 * 1024 + 1), "larger than 512 MiB"),
        (lambda _: None, "No such file"),
    ],
    ids=["folder", "pipe", "device", "dangling link", "circle", "too large", "nothing"],
)
def test_a_path_that_is_not_a_plain_file_is_not_attached(shell: Shell, make: object, message: str) -> None:
    make(shell.folder / "file")  # type: ignore[operator]
    code, output = attach(shell, "file")
    assert (code, message in output) == (2, True), output
    assert shell.documents == []


def _sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


def test_an_empty_file_and_a_linked_file_are_attached(shell: Shell) -> None:
    """The book keeps the bytes that the link points to, in its own file."""
    (shell.folder / "empty").touch()
    assert attach(shell, "empty")[0] == 0
    (shell.folder / "real").write_bytes(b"real")
    (shell.folder / "link").symlink_to("real")
    assert attach(shell, "link")[0] == 0
    assert set(shell.documents) == {hashlib.sha256(data).hexdigest() for data in (b"", b"real")}
    if isinstance(shell.place, Path):
        kept = list((shell.place / "documents").iterdir())
        assert all(path.is_file() and not path.is_symlink() for path in kept)


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "..", "a/b", "con", "a" * 300, "-rf"])
def test_a_documents_name_is_no_path(shell: Shell, name: str) -> None:
    (shell.folder / "file").write_bytes(b"x")
    before = set(shell.folder.rglob("*"))
    assert attach(shell, "file", f"--name={name}")[0] == 0
    new = set(shell.folder.rglob("*")) - before
    assert shell.documents == [hashlib.sha256(b"x").hexdigest()]
    assert all(isinstance(shell.place, Path) and shell.place in path.parents for path in new)


@pytest.mark.parametrize("name", ["a" * 301, "a\nb", "a\x1b[2J"])
def test_a_long_name_or_one_with_control_characters_is_malformed(shell: Shell, name: str) -> None:
    (shell.folder / "file").write_bytes(b"x")
    assert attach(shell, "file", f"--name={name}")[0] == 2


def test_a_digest_is_no_path(shell: Shell) -> None:
    fields = {"name": "x", "media_type": "text/plain", "sha256": "../../../etc/passwd"}
    result = shell("record", shell.file([on_grant("AttachDocument", "2017-06-01", "desk", **fields)]))
    assert result.code == 2
    assert "sha256" in result.out


@pytest.mark.of_a_file("its documents; those of a database cannot be altered")
def test_a_pipe_in_the_place_of_a_document_is_not_waited_for(tmp_path: Path) -> None:
    with make_book(tmp_path / "book") as book:
        digest = book.attach(b"the agreement")
        path = book.path / "documents" / digest
        path.unlink()
        os.mkfifo(path)
        with pytest.raises(OSError, match="no plain file"):
            book.document(digest)


@pytest.mark.of_a_file("its documents")
def test_an_altered_document_is_put_right_by_attaching_it_again(shell: Shell) -> None:
    (shell.folder / "file").write_bytes(b"x")
    assert attach(shell, "file")[0] == 0
    (path,) = (shell.path / "documents").iterdir()
    path.write_bytes(b"y")
    assert attach(shell, "file")[0] == 0
    assert path.read_bytes() == b"x"


def test_a_package_stays_in_its_folder(shell: Shell) -> None:
    """The id of the grant looks like a path."""
    grant = "a/../../../evil"
    terms = {"window": "stand_alone", "recipients": ["TZ"], "providers": ["IN"], "sector": "x", "title": "x"}
    amounts: dict[str, Any] = {"objective": "x", "amount": "10.00 USD", "months": 12}
    proposed = on_grant("ProposeGrant", "2017-01-10", "leader", **terms, **amounts)
    cost = on_grant("RecordCost", "2017-06-01", "leader", purpose="supervision", amount="1.00 USD")
    lines = [{**line, "grant": grant} for line in (proposed, cost)]
    assert shell("record", shell.file(lines)).code == 0
    assert shell("audit", "seal").code == 0
    before = set(shell.folder.rglob("*"))
    assert shell("audit", "export", "package").code == 0
    new = set(shell.folder.rglob("*")) - before
    outside = [path for path in new if shell.folder / "package" not in (path, *path.parents)]
    assert [path for path in outside if shell.seals not in path.parents] == []
    assert sum(path.name.endswith("@2.tlog-proof") for path in new) == 1


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
