"""The stored state from which ``grant show`` answers equals the folded state."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lifecycle.kernel.command import Command
from lifecycle.kernel.errors import Altered
from lifecycle.seal.seal import Seal
from projections.engine.projector import catch_up
from projections.engine.standing import as_text, from_text, standing
from support import given as g
from support.given import (
    CLOSED,
    PAID,
    REQUESTED,
    given,
)
from support.reading import new_book, record

BUSY = [
    *PAID,
    g.plan("05-02"),
    g.plan("05-03", activity="A2"),
    g.hold("06-16"),
    g.agree("06-20"),
    g.suspend("06-21"),
    g.refund("06-22"),
    g.waive("06-23"),
    g.attach("06-24"),
]


def plain(value: Any) -> Any:
    """Return budget lines and letters as dicts, because a reader without pydantic has no classes for them."""
    if isinstance(value, SimpleNamespace):
        return {name: plain(part) for name, part in vars(value).items()}
    if hasattr(value, "_asdict"):
        return {name: plain(part) for name, part in value._asdict().items()}
    if hasattr(type(value), "model_fields"):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return value


@pytest.mark.parametrize("life", [REQUESTED, BUSY, CLOSED], ids=["requested", "busy", "closed"])
def test_a_state_reads_as_it_was_written(life: list[Command]) -> None:
    grant = given(life).grant
    assert grant is not None
    text = as_text("SSF-1", 9, grant)
    for name, version in (("SSF-2", 9), ("SSF-1", 8)):
        with pytest.raises(Altered, match="views rebuild"):
            from_text(name, version, text)
    again = from_text("SSF-1", 9, text)
    for name, value in vars(grant).items():
        assert plain(getattr(again, name)) == plain(value), name
        assert type(getattr(again, name)) is type(value), name


def test_a_state_is_returned_only_if_the_views_are_at_the_journals_end(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", REQUESTED) as book:
        assert standing(book.path, g.G) is None
        catch_up(book)
        assert standing(book.path, g.G) is None  # An unsealed entry may not count.
        Seal(book).seal()
        state = standing(book.path, g.G)
        assert state is not None
        assert (state.version, state.position) == (2, book.position())
        record(book, [g.approve("02-10")])
        Seal(book).seal()
        assert standing(book.path, g.G) is None
        catch_up(book)
        assert standing(book.path, g.G) is not None
        assert standing(book.path, "unknown") is None
    assert standing(tmp_path / "elsewhere", g.G) is None


@pytest.mark.of_a_file("its copy")
def test_views_of_another_history_return_no_state(tmp_path: Path) -> None:
    """This happens if a backup is restored and the same number of commands is recorded since."""
    for name, day in (("before", "01-20"), ("after", "01-21")):
        with new_book(tmp_path / name, [g.propose("01-10"), g.request(day)]) as book:
            catch_up(book)
    assert standing(tmp_path / "after", g.G) is not None
    for path in (tmp_path / "before").glob("views.*"):
        shutil.copy(path, tmp_path / "after")
    assert standing(tmp_path / "after", g.G) is None
