"""Reports and lists are read from the views while they are written, and give what they gave in memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Unreachable
from projections import query
from support.cli_shell import Shell

pytestmark = pytest.mark.case("K10")
FORMS = ("table", "json", "csv", "html")


@pytest.mark.parametrize("form", FORMS)
def test_many_rows_are_read_again_and_give_the_same_output(
    lived: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str
) -> None:
    def outputs() -> tuple[str, str]:
        file = tmp_path / f"report.{form}"
        words = ("report", "timeline", "--as-of", "2017-12-31", "--format", form)
        assert lived(*words, "--output", str(file)).code == 0
        return lived(*words).out, file.read_text("utf-8")

    in_memory = outputs()
    monkeypatch.setattr(query, "KEPT", 3)
    assert outputs() == in_memory


def test_parquet_is_written_in_groups_of_rows(
    lived: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    from cli.output import parquet as output

    monkeypatch.setattr(query, "KEPT", 3)
    monkeypatch.setattr(output, "_BATCH", 4)
    file = tmp_path / "timeline.parquet"
    assert lived("report", "timeline", "--output", str(file), "--format", "parquet").code == 0
    rows = lived("--json", "report", "timeline").rows
    assert parquet.ParquetFile(file).num_row_groups == -(-len(rows) // 4)
    assert parquet.read_table(file).to_pylist() == rows


def test_no_more_rows_are_kept_than_a_report_shows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "KEPT", 3)
    times_read = 0

    def read() -> Iterator[Any]:
        nonlocal times_read
        times_read += 1
        yield from [(number,) for number in range(many)]

    for many, times in ((3, 1), (4, 2)):
        times_read, rows = 0, query.StreamedRows(read)
        assert [*rows] == [(number,) for number in range(many)]
        assert (len(rows), bool(rows), [*rows][-1]) == (many, True, (many - 1,))
        assert times_read >= times
        assert (rows._kept is None) is (many > 3)


def _refuse(*_: object, **__: object) -> Any:
    raise AssertionError("the journal was folded")


def test_the_list_of_grants_reads_the_views_and_not_the_journal(
    lived: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = [lived("--json", "grant", "list").rows, lived("grant", "list").out]
    assert lists[0]
    monkeypatch.setattr(Book, "histories", _refuse)
    assert [lived("--json", "grant", "list").rows, lived("grant", "list").out] == lists


def test_the_list_of_grants_is_folded_if_the_views_are_behind(
    lived: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = lived("--json", "grant", "list").rows

    def away(*_: object, **__: object) -> Any:
        raise Unreachable("no views")

    monkeypatch.setattr("projections.store.opened", away)
    assert lived("--json", "grant", "list").rows == expected
