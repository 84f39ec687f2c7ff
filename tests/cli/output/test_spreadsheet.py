"""XLSX of reports: typed cells, a header that stays in sight, totals, and a sheet with the two dates."""

import io
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from cli.output import spreadsheet
from cli.output.spreadsheet import Dates, write_spreadsheet
from projections.query import Report
from projections.reports.sql_views import KEYS, REPORTS
from projections.schema.columns import Column, Columns, Type
from support.cli_shell import Shell

calamine = pytest.importorskip("python_calamine")

COLUMNS = Columns(
    Column("grant", Type.TEXT, "The grant's id"),
    Column("title", Type.TEXT, "Its title"),
    Column("currency", Type.TEXT, "The currency"),
    Column("paid", Type.MONEY, "What was paid"),
    Column("days", Type.COUNT, "Days"),
    Column("on", Type.DAY, "The day"),
    Column("countries", Type.LIST, "Countries"),
    Column("late", Type.TRUTH, "Whether it is late"),
)
DATES = Dates("A fund", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), "As of 2020-01-01.\nA note.")


def sheets(content: bytes | Path) -> dict[str, list[list[Any]]]:
    """Return the cells of each sheet, as another program reads them."""
    source = content if isinstance(content, Path) else io.BytesIO(content)
    book = calamine.CalamineWorkbook.from_object(source)
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def written(*rows: tuple[object, ...], columns: Columns = COLUMNS) -> bytes:
    file = io.BytesIO()
    write_spreadsheet(Report("register", columns, rows, date(2020, 1, 1), 7), DATES, file)
    return file.getvalue()


def row(title: str = "", paid: str = "1.00", grant: str = "2017-01", on: str = "2017-02-03") -> Any:
    return (grant, title, "USD", paid, 3, on, ["TZ", "UG"], True)


def test_cells_have_the_type_of_their_column() -> None:
    _, cells, total = sheets(written(row("Café")))["register"]
    assert cells == ["2017-01", "Café", "USD", 1.0, 3.0, date(2017, 2, 3), "TZ; UG", True]
    assert total[:4] == ["total", "", "USD", 1.0]


@pytest.mark.parametrize(
    "text",
    ["=HYPERLINK(1)", "+1", "@SUM(A1)", "-2", "2017-01", "0012", "https://a.example", "<r>x</r>", "\x1b[31m"],
)
def test_a_text_stays_a_text_and_no_formula_is_in_the_file(text: str) -> None:
    content = written(row(text))
    assert sheets(content)["register"][1][1].strip() == text.replace("\x1b", "_x001B_").strip() or (
        sheets(content)["register"][1][1] == text
    )
    with ZipFile(io.BytesIO(content)) as parts:
        sheet = parts.read("xl/worksheets/sheet2.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet


def test_a_number_that_a_spreadsheet_would_round_is_a_text() -> None:
    cells = sheets(written(row(paid="12345678901234567.89"), row(paid="1234567890123.45")))["register"]
    assert [cells[1][3], cells[2][3]] == ["12345678901234567.89", 1234567890123.45]


def test_the_first_sheet_has_the_two_dates_and_what_each_column_means() -> None:
    about = sheets(written(row()))["About"]
    assert ["As of", date(2020, 1, 1)] in about
    assert ["Known at (UTC)", datetime(2020, 1, 2, 3, 4, 5)] in about  # noqa: DTZ001 a spreadsheet has no zones
    assert ["Journal position", 7.0] in about
    assert ["", "A note."] in about
    assert ["paid", "What was paid"] in about


def test_the_header_stays_in_sight_and_has_a_filter_without_the_totals() -> None:
    with ZipFile(io.BytesIO(written(row(), row()))) as parts:
        sheet = parts.read("xl/worksheets/sheet2.xml").decode()
    assert re.search(r'<pane [^>]*ySplit="1"[^>]*state="frozen"', sheet)
    assert '<autoFilter ref="A1:H3"/>' in sheet


def test_rows_go_on_in_a_further_sheet_and_a_long_text_is_cut_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "ROWS", 4)
    made = sheets(written(*(row(str(n)) for n in range(7)), row("x" * 40_000)))
    assert list(made) == ["About", "register", "register (2)", "register (3)"]
    texts = [cells[1] for name, rows in made.items() if name != "About" for cells in rows[1:]]
    assert texts == [*map(str, range(7)), "x" * 32_767, ""]
    assert any("Texts cut at 32,767 characters: 1." in str(cells) for cells in made["About"])


WORDS = [(name, *by) for name in REPORTS for by in [(), *(("--by", key) for key in KEYS.get(name, ()))]]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_every_report_is_a_spreadsheet_with_the_rows_of_json(lived: Shell, words: tuple[str, ...]) -> None:
    if words[-1] == "waiting":
        words = (words[0], "--waiting")
    when = ("--as-of", "2017-12-31")
    assert lived("report", *words, *when, "--output", "report.xlsx").code == 0
    rows = lived("--json", "report", *words, *when).rows
    made = sheets(Path("report.xlsx"))
    assert len(made) == 2
    header, *cells = made[words[0]]
    assert rows == [] or header == [name.replace("_", " ") for name in rows[0]]
    assert len(cells) >= len(rows)
    for row, shown in zip(rows, cells, strict=False):
        amounts = {n: v for n, v in row.items() if isinstance(v, str) and re.fullmatch(r"-?\d+\.\d+", v)}
        for name, amount in amounts.items():
            assert shown[list(row).index(name)] == float(amount), name
