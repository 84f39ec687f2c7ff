"""An administrator with every right to the files: each change to sealed rows is found."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.book.storage.folder_storage import FolderStorage
from lifecycle.seal.notes import Signer
from lifecycle.seal.seal import Seal
from lifecycle.seal.verified import Verified
from lifecycle.seal.verify import verify
from projections.engine.consistency_check import differences
from projections.engine.projector import catch_up, rebuild
from support import given as g
from support.books import make_book, record
from support.tampering import (
    WAYS,
    alter_views,
    restore,
    sealed_by_a_forger,
    tamper,
)

Times = Callable[[int, int], int]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed book with some grants and refusals, and five checkpoints."""
    path = tmp_path_factory.mktemp("base") / "book"
    with make_book(path, g.FOUNDED) as book:
        Seal(book).seal()
        for number in range(4):
            grant = f"SSF-{number}"
            record(
                book,
                [
                    g.propose("01-10", grant=grant),
                    g.cost("01-12", grant=grant),
                    g.request("01-20", grant=grant),
                ],
            )
            assert book.record(g.cost("01-09", grant=grant), "t.leader").outcome == "refused"
            Seal(book).seal()
        book.journal.recorder.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def copy_book(base: Path, path: Path) -> Path:
    """Copy the book so that it counts as the sealed folder; another copy would only be reported as behind."""
    shutil.copytree(base, path)
    FolderStorage(path).begin_sealing()
    return path


def verified_at(path: Path) -> Verified:
    with Book.open(path, read_only=True, as_is=True) as book:
        return verify(book, Seal(book))


@pytest.mark.parametrize("way", WAYS)
def test_tampering_with_sealed_rows_is_found(  # noqa: PLR0917 pytest gives them by name
    way: str, base: Path, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    sealed = verified_at(base).entries
    named = 0
    for number in range(times(2, 50)):
        book = tmp_path / str(number)
        copy_book(base, book)
        tamper(book, way, random.Random(seed + number), sealed)
        problems = verified_at(book).problems
        assert problems, (way, seed, number)
        named += any(mark in problems[0].where for mark in ("@", "answer", "name"))
        shutil.rmtree(book)
    assert named == times(2, 50)
    tell(f"{named} of {named} found, the first bad row named")


def test_a_restored_old_backup_is_found(
    base: Path, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    """An old journal is restored, and about as many commands are recorded in it again."""
    dice, found, refused = random.Random(seed), 0, 0
    for number in range(times(2, 50)):
        book, backup = tmp_path / f"b{number}", tmp_path / f"old{number}"
        copy_book(base, book)
        shutil.copytree(base, backup)
        with Book.open(book) as new:
            for day in range(dice.randint(1, 5)):
                assert new.record(g.cost(f"01-{13 + day}", grant="SSF-1"), "t.leader").outcome == "accepted"
            Seal(new).seal()
        restore(backup, book)
        with Book.open(book, as_is=True) as restored:
            for day in range(dice.randint(0, 6)):
                assert (
                    restored.record(g.cost(f"01-{13 + day}", grant="SSF-2"), "t.leader").outcome == "accepted"
                )
            try:
                Seal(restored).seal()
            except Exception as error:
                refused += "Forked" in type(error).__name__
        found += bool(verified_at(book).problems)
        shutil.rmtree(book)
        shutil.rmtree(backup)
    assert (found, refused) == (times(2, 50),) * 2
    tell(f"{found} of {found} found by verify, and as often refused by seal")


def test_a_forged_checkpoint_is_found(
    base: Path, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    """A checkpoint is altered as text, or signed again with the book's key or another key."""
    dice, found = random.Random(seed), 0
    for number in range(times(2, 50)):
        book = tmp_path / str(number)
        copy_book(base, book)
        with Book.open(book, read_only=True) as opened:
            seal = Seal(opened)
            paths, last = seal.files(), seal.last()
        assert last is not None
        path = dice.choice(paths)
        if number % 3 == 0:
            text = bytearray(path.read_bytes())
            at = dice.randrange(len(text))
            text[at] ^= 1 << dice.randrange(7)
            path.write_bytes(text)
        else:
            changed: dict[str, Any] = dice.choice(
                [
                    {"root": dice.randbytes(32)},
                    {"refusals_root": dice.randbytes(32)},
                    {"size": last[0].size + dice.randint(1, 9)},
                    {"refusals": last[0].refusals - 1},
                ]
            )
            forged = last[0]._replace(**changed)
            own = Signer.read(book / "seal.key")
            signer = own if number % 3 == 1 else Signer.make(own.public.name, tmp_path / f"{number}.key")
            path.write_text(signer.sign(str(forged)), "utf-8")
        found += bool(verified_at(book).problems)
        shutil.rmtree(book)
    assert found == times(2, 50)
    tell(f"{found} of {found} found")


def test_a_history_sealed_again_with_the_books_key_is_found_with_a_kept_checkpoint(
    base: Path, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    """All of it is sealed again and fits. Only a checkpoint that was kept elsewhere shows the change."""
    dice, found, found_alone = random.Random(seed), 0, 0
    sealed = verified_at(base).entries
    ways = ["another state", "another day", "deleted and closed up", "the tail cut", "an answer gone"]
    for number in range(times(2, 50)):
        book, kept = tmp_path / str(number), tmp_path / f"{number}.note"
        copy_book(base, book)
        with Book.open(book, read_only=True) as opened:
            public = Seal(opened).keys()
            shutil.copyfile(Seal(opened).files()[-1], kept)
        tamper(book, dice.choice(ways), dice, sealed)
        for path in [*(book / "checkpoints").glob("*.note"), *(book / "tree").iterdir()]:
            path.unlink()
        with Book.open(book) as forged:
            sealed_by_a_forger(forged)
            found_alone += bool(verify(forged, Seal(forged)).problems)
            found += bool(verify(forged, Seal(forged), kept=[kept], trusted=public).problems)
        shutil.rmtree(book)
    assert found == times(2, 50)
    tell(f"{found} of {found} found with a kept checkpoint; {found_alone} without one")


def test_altered_views_are_found_and_rebuilt(
    base: Path, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    """Changed read tables are found, and a rebuild restores them."""
    dice = random.Random(seed)
    for number in range(times(2, 50)):
        path = tmp_path / str(number)
        copy_book(base, path)
        with Book.open(path) as book:
            catch_up(book)
            assert list(differences(book)) == []
            where = alter_views(path, dice)
            found = list(differences(book))
            assert where[0] in found[0][0], (seed, number, where, found)
            rebuild(book)
            assert list(differences(book)) == []
        shutil.rmtree(path)
    tell(f"{times(2, 50)} of {times(2, 50)} found, the table and the row named; right after a rebuild")


def test_altered_documents_are_found(
    base: Path, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    """A byte of an attached file is changed, its end is cut, or the file is removed."""
    dice = random.Random(seed)
    path = tmp_path / "book"
    copy_book(base, path)
    with Book.open(path) as book:
        kept = [book.attach(dice.randbytes(2000)) for _ in range(5)]
        record(book, [g.attach("2017-05-02", grant="SSF-1", name=f"{d[:5]}.pdf", sha256=d) for d in kept])
        Seal(book).seal()
        for number in range(times(2, 50)):
            document = path / "documents" / dice.choice(kept)
            content = document.read_bytes()
            match number % 3:
                case 0:
                    at = dice.randrange(len(content))
                    document.write_bytes(
                        content[:at] + bytes([content[at] ^ 1 << dice.randrange(8)]) + content[at + 1 :]
                    )
                case 1:
                    document.write_bytes(content[: dice.randrange(len(content))])
                case _:
                    document.unlink()
            (problem,) = verify(book, Seal(book)).problems
            assert document.name[:12] in problem.where
            document.write_bytes(content)
        assert verify(book, Seal(book)).problems == []
    tell(f"{times(2, 50)} of {times(2, 50)} found, the document named")
