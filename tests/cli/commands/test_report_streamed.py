"""Reports are read from the views while they are written, and the output is that of rows kept in memory."""

from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Unreachable
from projections import streamed_rows
from support.cli_shell import Shell

pytestmark = pytest.mark.case("K10")
FORMS = ("table", "json", "csv", "html")


@pytest.mark.parametrize("output_format", FORMS)
def test_many_rows_are_read_again_and_give_the_same_output(
    lived: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, output_format: str
) -> None:
    def outputs() -> tuple[str, str]:
        file = tmp_path / f"report.{output_format}"
        words = ("report", "timeline", "--as-of", "2017-12-31", "--format", output_format)
        assert lived(*words, "--output", str(file)).code == 0
        return lived(*words).out, file.read_text("utf-8")

    expected = outputs()
    monkeypatch.setattr(streamed_rows, "PAGE", 3)
    assert outputs() == expected


def test_parquet_is_written_in_groups_of_rows(
    lived: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    from cli.output import parquet as output

    monkeypatch.setattr(streamed_rows, "PAGE", 3)
    monkeypatch.setattr(output, "_BATCH", 4)
    file = tmp_path / "timeline.parquet"
    assert lived("report", "timeline", "--output", str(file), "--format", "parquet").code == 0
    rows = lived("--json", "report", "timeline").rows
    assert parquet.ParquetFile(file).num_row_groups == -(-len(rows) // 4)
    assert parquet.read_table(file)["obligation"].to_pylist() == [row["obligation"] for row in rows]


def _fail_on_fold(*_: object, **__: object) -> Any:
    raise AssertionError("the journal was folded")


def test_the_list_of_grants_reads_the_views_and_not_the_journal(
    lived: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [lived("--json", "grant", "list").rows, lived("grant", "list").out]
    assert expected[0]
    monkeypatch.setattr(Book, "histories", _fail_on_fold)
    assert [lived("--json", "grant", "list").rows, lived("grant", "list").out] == expected


def test_the_list_of_grants_is_folded_if_the_views_are_behind(
    lived: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = lived("--json", "grant", "list").rows

    def fail(*_: object, **__: object) -> Any:
        raise Unreachable("no views")

    monkeypatch.setattr("projections.store.opened", fail)
    assert lived("--json", "grant", "list").rows == expected
