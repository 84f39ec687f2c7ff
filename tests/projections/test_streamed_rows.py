"""Rows of a report are read once, as far as they are asked for, and can be read again."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile

import pytest

from lifecycle.kernel.errors import Unreachable
from projections import streamed_rows
from projections.schema.rows import Row
from projections.streamed_rows import PAGE, StreamedRows

MANY = 2 * PAGE + 1
CELLS: Row = ("SSF-1", 3, None, True, ["KE", "\ud800"], {"a": "1.00"})


def test_each_row_is_read_once_and_can_be_read_again() -> None:
    read: list[int] = []

    def source() -> Iterator[Row]:
        for number in range(MANY):
            read.append(number)
            yield (number, *CELLS)

    rows = StreamedRows(source())
    assert rows
    assert rows[0] == (0, *CELLS)
    first, second = iter(rows), iter(rows)
    assert [next(first), next(second)] == [(0, *CELLS), (0, *CELLS)]
    assert [*first] == [*second] == [(number, *CELLS) for number in range(1, MANY)]
    assert (len(rows), rows[-1]) == (MANY, (MANY - 1, *CELLS))
    assert read == [*range(MANY)]


def test_no_more_is_read_than_was_asked_for() -> None:
    source = iter([(number,) for number in range(MANY)])
    assert StreamedRows(source)
    assert next(source) == (PAGE,)


@pytest.mark.parametrize("count", [0, 1, PAGE, PAGE + 1])
def test_there_are_as_many_rows_as_were_read(count: int) -> None:
    rows = StreamedRows(iter([(number,) for number in range(count)]))
    assert len(rows) == count
    assert bool(rows) is (count > 0)
    assert [*rows] == [(number,) for number in range(count)]


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class FullDisk(SpooledTemporaryFile[bytes]):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(streamed_rows, "SpooledTemporaryFile", FullDisk)
    with pytest.raises(Unreachable, match="could not be kept: No space left on device"):
        len(StreamedRows(iter([(1,)])))
