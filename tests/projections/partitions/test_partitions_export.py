"""Exported entries are typed and complete, and a killed export is finished by the next."""

import json
import signal
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Altered, Unreachable
from lifecycle.kernel.event import ImportedFrom
from lifecycle.kernel.history import kind_of
from lifecycle.parse import Malformed
from projections.partitions import export as exporting
from projections.partitions.entry_rows import streams_in, write
from projections.partitions.export import export
from projections.partitions.exported_entries import ExportedEntries
from projections.partitions.plan import Plan, file_of
from projections.partitions.report import run
from projections.query import run as run_on_book
from support import given as g
from support.reading import new_book, of, record


def test_every_entry_is_read_as_the_book_reads_it(book: Book, exported: Path) -> None:
    plan, streams = Plan.read(exported), set[str]()
    assert plan is not None
    for bucket in range(len(plan.buckets)):
        for stream, entries in streams_in(file_of(exported, bucket), plan.position):
            assert entries == book.entries(stream)
            assert plan.bucket_of(stream) == bucket
            streams.add(stream)
    assert {name for name in streams if kind_of(name) == "grant"} == {
        f"grant:{name}" for name in book.grants()
    }
    assert {name for name in streams if kind_of(name) == "call"} == {f"call:{name}" for name in book.calls()}


def test_an_imported_entry_keeps_where_it_comes_from(tmp_path: Path) -> None:
    origin = ImportedFrom(source="register", reference="row 7", mode="history")
    with new_book(tmp_path / "book") as book:
        assert book.record(g.but(g.propose("01-10"), imported_from=origin), "admin").outcome == "accepted"
        export(book, tmp_path / "out", 1)
        (row,) = [row for row in pq.read_table(tmp_path / "out").to_pylist() if row["imported_from"]]
        assert (row["stream"], json.loads(row["imported_from"])) == (f"grant:{g.G}", origin.model_dump())
        plan = Plan.read(tmp_path / "out")
        assert plan is not None
        streams = dict(streams_in(file_of(tmp_path / "out", plan.bucket_of(f"grant:{g.G}")), plan.position))
        assert streams[f"grant:{g.G}"] == book.entries(f"grant:{g.G}")


def test_any_program_reads_the_columns_with_their_types(injured: Book, tmp_path: Path) -> None:
    export(injured, tmp_path / "out", 2)
    table = pq.read_table(tmp_path / "out")
    rows = {(row["stream"], row["version"]): row for row in table.to_pylist()}
    paid = next(row for row in rows.values() if row["event"] == "FundsDisbursed.v1")
    assert (paid["amount"], paid["currency"], paid["on"]) == (Decimal(2000), "USD", date(2017, 5, 1))
    assert paid["recorded_at"].tzinfo is not None
    assert table.schema.field("bucket").type in (pa.int32(), pa.dictionary(pa.int32(), pa.int32()))
    (quarantined,) = [row for row in rows.values() if row["quarantined"]]
    assert (quarantined["event"], quarantined["fields"]) == ("Nonsense.v1", None)
    assert {row["stream"] for row in rows.values()} >= {"fund", "fund:quarantine", "grant:G-1"}


def test_an_export_as_known_earlier_has_no_later_entry(made_up: Book, tmp_path: Path) -> None:
    known = made_up.position() // 2
    assert export(made_up, tmp_path / "out", 3, known).entries == known
    with ExportedEntries(tmp_path / "out") as entries:
        options: dict[str, Any] = {"as_of": date(2024, 12, 31)}
        assert run(entries, "register", **options) == run_on_book(made_up, "register", known=known, **options)


def test_an_export_can_have_more_buckets_than_streams(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", g.propose("01-10")) as book:
        assert export(book, tmp_path / "out", 1000).buckets == 3  # the fund, calls, and the grant
    with new_book(tmp_path / "none") as book:
        written = export(book, tmp_path / "empty", 5)
    assert written.entries == written.position
    with ExportedEntries(tmp_path / "empty") as entries:
        assert run(entries, "register", as_of=date(2020, 1, 1)).rows == []


KILL_AT_STEP = """
import os, signal, sys
from pathlib import Path
from lifecycle.book.book import Book
from projections.partitions import export

steps = 0

def counted(function):
    def step(*words):
        global steps
        steps += 1
        if steps == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*words)
    return step

os.fsync, Path.replace, export.write = counted(os.fsync), counted(Path.replace), counted(export.write)
with Book.open(Path(sys.argv[1]), read_only=True) as book:
    export.export(book, Path(sys.argv[2]), 3)
print(steps)
"""


@pytest.mark.parametrize("step", [2, 5, 7, 12, 22, 24])
def test_a_killed_export_is_finished_by_the_next(made_up: Book, tmp_path: Path, step: int) -> None:
    """The export is killed in a plan, in a file, before and after its renaming, and before the last plan."""
    words = [sys.executable, "-c", KILL_AT_STEP, str(made_up.place), str(tmp_path / "out"), str(step)]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    begun = Plan.read(tmp_path / "out")
    if begun is not None and not begun.is_finished:
        with pytest.raises(Unreachable, match="not finished"):
            ExportedEntries(tmp_path / "out")
    export(made_up, tmp_path / "out", 3)
    export(made_up, tmp_path / "whole", 3)
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_an_interrupted_export_keeps_its_position_while_the_book_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_book(tmp_path / "book", of("A", g.PAID), of("B", g.PAID)) as book:
        position, written = book.position(), list[Path]()

        def stopped(file: Path, *more: Any) -> int:
            if len(written) == 2:
                raise KeyboardInterrupt
            written.append(file)
            return write(file, *more)

        monkeypatch.setattr(exporting, "write", stopped)
        with pytest.raises(KeyboardInterrupt):
            export(book, tmp_path / "out", 2)
        monkeypatch.undo()
        record(book, of("C", g.PAID), g.cost("2017-06-01", grant="A", amount="1.00 USD"))
        finished = export(book, tmp_path / "out", 2)
        assert (finished.position, finished.entries, finished.found) == (position, position, 2)
        with pytest.raises(Malformed, match=f"up to position {position}, not {book.position()}: name a new"):
            export(book, tmp_path / "out", 2)
        assert export(book, tmp_path / "out", 2, position).found == 3


def test_a_folder_with_anything_else_is_left_alone(made_up: Book, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Malformed, match=r"holds mine\.txt, and no export of entries: name a new folder"):
        export(made_up, tmp_path, 2)
    (tmp_path / "mine.txt").unlink()
    export(made_up, tmp_path, 2)
    with new_book(tmp_path / "other" / "book") as other, pytest.raises(Malformed, match="another book"):
        export(other, tmp_path, 2)


def test_rows_that_are_quarantined_meanwhile_need_a_new_export(tmp_path: Path, injured: Book) -> None:
    export(injured, tmp_path / "out", 2)
    plan = Plan.read(tmp_path / "out")
    assert plan is not None
    Plan(plan.position, plan.recorded_at, plan.buckets, plan.left_out[1:], plan.sums).write(tmp_path / "out")
    with pytest.raises(Unreachable, match="were quarantined"):
        export(injured, tmp_path / "out", 2)


def test_two_exports_cannot_write_into_one_folder(made_up: Book, tmp_path: Path) -> None:
    with exporting._held(tmp_path / "out"), pytest.raises(Unreachable, match="another process"):
        export(made_up, tmp_path / "out", 2)


def test_a_damaged_file_is_named(made_up: Book, tmp_path: Path) -> None:
    export(made_up, tmp_path / "out", 2)
    file = file_of(tmp_path / "out", 1)
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 0x40
    file.write_bytes(data)
    with ExportedEntries(tmp_path / "out") as entries, pytest.raises(Altered, match="not as it was written"):
        run(entries, "register", as_of=date(2020, 1, 1))


def test_an_export_notices_an_entry_that_is_missing_in_the_book(
    made_up: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories = Book.histories
    monkeypatch.setattr(Book, "histories", lambda self, *more: list(histories(self, *more))[1:])
    with pytest.raises(Altered, match="entries were not found"):
        export(made_up, tmp_path / "out", 2)


def test_a_folder_without_an_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="holds no exported entries"):
        ExportedEntries(tmp_path)
    (tmp_path / "_export.json").write_text('{"format": 99}')
    with pytest.raises(Unreachable, match="no plan of this version"):
        ExportedEntries(tmp_path)
