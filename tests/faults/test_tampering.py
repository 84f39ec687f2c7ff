"""An administrator with every right to the files: whatever they do to what is sealed is found."""

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
    """A sealed book of some lives and refusals, with five checkpoints."""
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


def copied(base: Path, path: Path) -> Path:
    """A copy that counts as the folder that was sealed: of another it is told only how far it is behind."""
    shutil.copytree(base, path)
    FolderStorage(path).begin_sealing()
    return path


def looked_at(path: Path) -> Verified:
    with Book.open(path, read_only=True, as_is=True) as book:
        return verify(book, Seal(book))


@pytest.mark.parametrize("way", WAYS)
def test_tampered(  # noqa: PLR0917 pytest gives them by name
    way: str, base: Path, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    sealed = looked_at(base).entries
    named = 0
    for number in range(times(2, 50)):
        book = tmp_path / str(number)
        copied(base, book)
        tamper(book, way, random.Random(seed + number), sealed)
        problems = looked_at(book).problems
        assert problems, (way, seed, number)
        named += any(mark in problems[0].where for mark in ("@", "answer"))
        shutil.rmtree(book)
    assert named == times(2, 50)
    tell(f"{named} of {named} found, the first bad row named")


def test_an_old_backup_restored(
    base: Path, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    """The journal as it was some commands ago, and as much again recorded on it."""
    dice, found, refused = random.Random(seed), 0, 0
    for number in range(times(2, 50)):
        book, backup = tmp_path / f"b{number}", tmp_path / f"old{number}"
        copied(base, book)
        shutil.copytree(base, backup)
        with Book.open(book) as new:
            for day in range(dice.randint(1, 5)):
                assert new.record(g.cost(f"01-{13 + day}", grant="SSF-1"), "t.leader").outcome == "accepted"
            Seal(new).seal()
        restore(backup, book)
        with Book.open(book, as_is=True) as again:
            for day in range(dice.randint(0, 6)):
                assert again.record(g.cost(f"01-{13 + day}", grant="SSF-2"), "t.leader").outcome == "accepted"
            try:
                Seal(again).seal()
            except Exception as error:
                refused += "Forked" in type(error).__name__
        found += bool(looked_at(book).problems)
        shutil.rmtree(book)
        shutil.rmtree(backup)
    assert (found, refused) == (times(2, 50),) * 2
    tell(f"{found} of {found} found by verify, and as often refused by seal")


def test_a_checkpoint_forged(
    base: Path, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    """Altered as text, or made anew with a key: the book's own, or another."""
    dice, found = random.Random(seed), 0
    for number in range(times(2, 50)):
        book = tmp_path / str(number)
        copied(base, book)
        with Book.open(book, read_only=True) as opened:
            seal = Seal(opened)
            places, last = seal.files(), seal.last()
        assert last is not None
        place = dice.choice(places)
        if number % 3 == 0:
            text = bytearray(place.read_bytes())
            at = dice.randrange(len(text))
            text[at] ^= 1 << dice.randrange(7)
            place.write_bytes(text)
        else:
            changed: dict[str, Any] = dice.choice(
                [
                    {"root": dice.randbytes(32)},
                    {"receipts_root": dice.randbytes(32)},
                    {"size": last[0].size + dice.randint(1, 9)},
                    {"receipts": last[0].receipts - 1},
                ]
            )
            forged = last[0]._replace(**changed)
            own = Signer.read(book / "seal.key")
            signer = own if number % 3 == 1 else Signer.make(own.public.name, tmp_path / f"{number}.key")
            place.write_text(signer.sign(str(forged)), "utf-8")
        found += bool(looked_at(book).problems)
        shutil.rmtree(book)
    assert found == times(2, 50)
    tell(f"{found} of {found} found")


def test_history_rewritten_with_the_book_s_own_key(
    base: Path, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    """All of it sealed anew, so that it fits: whoever kept a checkpoint elsewhere finds it out."""
    dice, found, alone = random.Random(seed), 0, 0
    sealed = looked_at(base).entries
    ways = ["another state", "another day", "deleted and closed up", "the tail cut", "an answer gone"]
    for number in range(times(2, 50)):
        book, kept = tmp_path / str(number), tmp_path / f"{number}.note"
        copied(base, book)
        with Book.open(book, read_only=True) as opened:
            public = Seal(opened).keys()
            shutil.copyfile(Seal(opened).files()[-1], kept)
        tamper(book, dice.choice(ways), dice, sealed)
        for place in [*(book / "checkpoints").glob("*.note"), *(book / "tree").iterdir()]:
            place.unlink()
        with Book.open(book) as forged:
            sealed_by_a_forger(forged)
            alone += bool(verify(forged, Seal(forged)).problems)
            found += bool(verify(forged, Seal(forged), kept=[kept], trusted=public).problems)
        shutil.rmtree(book)
    assert found == times(2, 50)
    tell(f"{found} of {found} found with a kept checkpoint; {alone} without one")


def test_views_altered(
    base: Path, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    """The read tables say something else: found, and a rebuild puts it right."""
    dice = random.Random(seed)
    for number in range(times(2, 50)):
        path = tmp_path / str(number)
        copied(base, path)
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


def test_documents_altered(
    base: Path, tmp_path: Path, seed: int, times: Times, tell: Callable[[str], None]
) -> None:
    """A byte of an attached file is another, or some are missing, or all of it is."""
    dice = random.Random(seed)
    path = tmp_path / "book"
    copied(base, path)
    with Book.open(path) as book:
        kept = [book.attach(dice.randbytes(2000)) for _ in range(5)]
        record(book, [g.attach("2017-05-02", grant="SSF-1", name=f"{d[:5]}.pdf", sha256=d) for d in kept])
        Seal(book).seal()
        for number in range(times(2, 50)):
            place = path / "documents" / dice.choice(kept)
            whole = place.read_bytes()
            match number % 3:
                case 0:
                    at = dice.randrange(len(whole))
                    place.write_bytes(
                        whole[:at] + bytes([whole[at] ^ 1 << dice.randrange(8)]) + whole[at + 1 :]
                    )
                case 1:
                    place.write_bytes(whole[: dice.randrange(len(whole))])
                case _:
                    place.unlink()
            (problem,) = verify(book, Seal(book)).problems
            assert place.name[:12] in problem.where
            place.write_bytes(whole)
        assert verify(book, Seal(book)).problems == []
    tell(f"{times(2, 50)} of {times(2, 50)} found, the document named")
