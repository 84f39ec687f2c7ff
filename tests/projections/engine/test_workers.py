"""A rebuild in several processes gives the same rows as one in a single process."""

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
        assert rebuild(book, lambda done, total: progress.append((done, total))) == book.position()
        assert tables(book) == before
        assert progress[-1][0] == book.position()
        assert len(progress) > 2


@pytest.mark.of_a_file("what is sound is noted in the folder of the book")
@pytest.mark.case("T8")
def test_other_processes_do_not_judge_unsealed_entries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To judge again would take each process as long as the recording did."""
    unsealed_counts = list[int]()

    def began(_cores: int, *, initargs: tuple[Path, int], **_: object) -> None:
        place, end = initargs[:2]
        unsealed_counts.append(end - sound_in(Path(place))[0])
        raise OSError("enough seen")

    monkeypatch.setattr(workers, "WORTH_IT", 0)
    monkeypatch.setattr(workers, "_cores", lambda: 2)
    monkeypatch.setattr(workers, "ProcessPoolExecutor", began)
    with new_book(tmp_path / "book", CLOSED) as book:
        catch_up(book)
        rebuild(book)
    assert set(unsealed_counts) == {0}


def test_without_semaphores_one_process_folds_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_semaphores(*_: object, **__: object) -> None:
        raise OSError("no semaphores")

    monkeypatch.setattr(workers, "WORTH_IT", 0)
    monkeypatch.setattr(workers, "_cores", lambda: 2)
    monkeypatch.setattr(workers, "ProcessPoolExecutor", no_semaphores)
    with new_book(tmp_path / "book", CLOSED) as book:
        catch_up(book)
        before = tables(book)
        assert rebuild(book) == book.position()
        assert tables(book) == before


def killed(_: tuple[str, str]) -> None:
    os._exit(1)


def test_an_ended_process_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORTH_IT", 0)
    monkeypatch.setattr(workers, "_cores", lambda: 2)
    monkeypatch.setattr(workers, "_fold", killed)
    with new_book(tmp_path / "book", CLOSED) as book, pytest.raises(Unreachable, match="make them again"):
        rebuild(book)
