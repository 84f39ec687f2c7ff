"""A rebuild in several processes gives the rows of one in one."""

import os
from pathlib import Path

import pytest

from lifecycle.journal.atomic_files import sound_in
from lifecycle.kernel.errors import Unreachable
from projections.engine import workers
from projections.engine.projector import catch_up, rebuild
from support.given import CLOSED, FOLLOW_UP, PAID
from support.reading import new_book, of, tables

pytestmark = pytest.mark.usefixtures("views")


def test_a_rebuild_on_two_processors_gives_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives = [of(f"G-{n}", life) for n, life in enumerate([CLOSED, FOLLOW_UP, PAID, CLOSED, PAID])]
    monkeypatch.setattr(workers, "WORTH_IT", 0)
    monkeypatch.setattr(workers, "_RANGE", 2)
    monkeypatch.setattr(workers, "_cores", lambda: 2)
    with new_book(tmp_path / "book", *lives) as book:
        catch_up(book)
        before = tables(book)
        progress: list[tuple[int, int]] = []
        assert rebuild(book, lambda done, of_all: progress.append((done, of_all))) == book.position()
        assert tables(book) == before
        assert progress[-1][0] == book.position()
        assert len(progress) > 2


@pytest.mark.case("T8")
def test_other_processes_do_not_judge_again_what_is_not_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would hold every state that there was, and take as long as all of the recording."""
    kept = list[int]()

    def began(_cores: int, *, initargs: tuple[Path, int], **_: object) -> None:
        place, upto = initargs[:2]
        kept.append(upto - sound_in(Path(place))[0])
        raise OSError("enough seen")

    monkeypatch.setattr(workers, "WORTH_IT", 0)
    monkeypatch.setattr(workers, "_cores", lambda: 2)
    monkeypatch.setattr(workers, "ProcessPoolExecutor", began)
    with new_book(tmp_path / "book", CLOSED) as book:
        catch_up(book)
        rebuild(book)
    assert kept
    assert set(kept) == {0}


def test_without_semaphores_one_process_folds_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_here(*_: object, **__: object) -> None:
        raise OSError("no semaphores")

    monkeypatch.setattr(workers, "WORTH_IT", 0)
    monkeypatch.setattr(workers, "_cores", lambda: 2)
    monkeypatch.setattr(workers, "ProcessPoolExecutor", none_here)
    with new_book(tmp_path / "book", CLOSED) as book:
        assert rebuild(book) == book.position()


def killed(_: tuple[str, str]) -> None:
    os._exit(1)


def test_an_ended_process_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORTH_IT", 0)
    monkeypatch.setattr(workers, "_cores", lambda: 2)
    monkeypatch.setattr(workers, "_fold", killed)
    with new_book(tmp_path / "book", CLOSED) as book, pytest.raises(Unreachable, match="make them again"):
        rebuild(book)
