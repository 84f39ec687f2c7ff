"""Reports are written as tables, JSON Lines and CSV."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from cli.output.table import csv_lines, json_lines, print_table
from projections.query import Report
from projections.schema.columns import Column, Columns, Type
from support.cli_shell import Shell

NAMES = ("register disbursement windows timeline fund outcomes countries value stages").split()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_tables_fit(lived: Shell, monkeypatch: pytest.MonkeyPatch, name: str, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    result = lived("report", name, "--as-of", "2017-12-31")
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert max(map(len, lines)) <= columns
    assert "As of 2017-12-31, as known at" in result.out
    assert "\x1b" not in result.out
    row = lived("--json", "report", name, "--as-of", "2017-12-31").rows[0]
    if "Not shown at" not in result.out:
        return
    not_shown = " ".join(result.out.split()).partition("Not shown at")[2].partition(". --format")[0]
    names = not_shown.partition(": ")[2].split(", ")
    assert set(names) < set(row)
    assert next(iter(row)) not in names


def test_money_is_aligned_to_the_right_and_grouped(lived: Shell) -> None:
    lines = lived("report", "disbursement", "--as-of", "2017-12-31").out.splitlines()
    (row,) = [line for line in lines if line.startswith("G-1")]
    header = lines[lines.index(row) - 2]
    assert header.index("committed") + len("committed") == row.index("70,000.00") + len("70,000.00")
    assert "share_disbursed = net_disbursed / committed." in lines


def test_wide_tables_have_every_column(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    for name in NAMES:
        assert "Not shown" not in lived("report", name).out, name


def test_json_lines_have_the_keys_of_the_table(lived: Shell) -> None:
    (row,) = lived("--json", "report", "disbursement", "--as-of", "2017-12-31").rows
    assert row["disbursed"] == "60000.00"
    assert row["undisbursed"] == "12000.00"
    assert lived("report", "disbursement", "--as-of", "2017-12-31", "--format", "json").rows == [row]


def test_sums_by_fiscal_year(lived: Shell) -> None:
    rows = lived("--json", "report", "disbursement", "--by", "fiscal-year", "--as-of", "2018-12-31").rows
    net = {row["fiscal_year"]: row["net_disbursed"] for row in rows}
    assert net == {"FY2017": "60000.00", "FY2018": "-2000.00"}


def test_a_report_can_be_read_as_known_at_an_earlier_position(lived: Shell) -> None:
    rows = lived("--json", "audit", "history", "G-1").rows
    before = str(rows[7]["position"] - 1)
    (row,) = lived("--json", "report", "disbursement", "--known", before, "--as-of", "2017-12-31").rows
    assert row["disbursed"] == "0.00"
    caption = lived("report", "disbursement", "--known", before, "--as-of", "2017-12-31").out
    assert f"(position {before})" in caption


def test_csv_joins_lists_and_leaves_missing_cells_empty(lived: Shell) -> None:
    rows = list(csv.DictReader(io.StringIO(lived("report", "register", "--format", "csv").out)))
    assert rows[0]["grant"] == "G-1"
    assert rows[0]["recipients"] == "TZ;UG"
    assert rows[0]["closed_on"] == ""


def test_a_report_is_written_to_a_file_and_leaves_no_partial_file(lived: Shell) -> None:
    result = lived("report", "register", "--format", "csv", "--output", "register.csv")
    assert result.code == 0
    assert result.out == ""
    assert Path("register.csv").read_text().startswith("grant,title,")
    assert lived("report", "fund", "--output", "fund.txt").code == 0
    assert "DK" in Path("fund.txt").read_text()
    assert sorted(path.name for path in Path().iterdir() if path.name.startswith(".")) == []
    assert lived("report", "register", "--output", "no/such/folder.csv").code == 2


HOSTILE = Report(
    "register",
    Columns(
        Column("grant", Type.TEXT, ""),
        Column("title", Type.TEXT, ""),
        Column("undisbursed", Type.MONEY, ""),
        Column("days", Type.COUNT, ""),
        Column("recipients", Type.LIST, ""),
        Column("suspended", Type.TEXT, ""),
    ),
    [
        ("G", "=HYPERLINK(1)", "-5.00", -3, ["=1", "B"], None),
        ("H", "+1", "1234567.00", 12, [], "all"),
        ("I", "@SUM(A1)", "0.00", 0, ["-x"], "a,b"),
        ("J", "\tcmd", "0.00", 0, ["A"], "x\x1b[31m\u202e"),
    ],
    date(2020, 1, 1),
    7,
)


def test_csv_holds_no_text_that_a_spreadsheet_would_execute() -> None:
    rows = list(csv.reader(csv_lines(HOSTILE)))
    assert rows[1] == ["G", "'=HYPERLINK(1)", "-5.00", "-3", "'=1;B", ""]
    assert rows[2][1:3] == ["+1", "1234567.00"]
    assert rows[3][1] == "'@SUM(A1)"
    assert rows[3][4] == "'-x"
    assert rows[4][1] == "'\tcmd"


def test_tables_show_marks_and_never_execute_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    output = io.StringIO()
    print_table(HOSTILE, "A caption.", color=False, file=output)
    assert "\x1b" not in output.getvalue()
    assert "\\u{1b}[31m\\u{202e}" in output.getvalue()
    assert "1,234,567.00" in output.getvalue()
    assert "\\u001b" in "".join(json_lines(HOSTILE))


def test_a_report_without_rows_says_so(gb: Shell) -> None:
    assert "no rows" in gb("report", "register").out
    assert gb("--json", "report", "register").out == ""


def test_lost_views_are_made_again(lived: Shell) -> None:
    before = lived("--json", "report", "timeline", "--as-of", "2018-01-01").out
    lived.lose_views()
    assert lived("--json", "views", "status").row["views"] == 0
    assert lived("views", "update").code == 0
    assert lived("--json", "report", "timeline", "--as-of", "2018-01-01").out == before
    assert lived("views", "rebuild").code == 0
    status = lived("--json", "views", "status").row
    position = status["journal"]
    assert [status[key] for key in ("views", "behind", "seconds")] == [position, 0, 0.0]


@pytest.mark.parametrize("output_format", ["json", "csv"])
@pytest.mark.parametrize("file", [(), ("--output", "file")])
def test_the_dates_of_rows_for_programs_are_on_stderr(
    lived: Shell, output_format: str, file: tuple[str, ...]
) -> None:
    """Other programs read the rows, so the dates are written to stderr."""
    result = lived(
        "report", "disbursement", "--as-of", "2017-06-30", "--known", "20", "--format", output_format, *file
    )
    assert result.code == 0
    assert "As of 2017-06-30, as known at 2" in result.err
    assert "(position 20)." in result.err
    assert "share_disbursed = net_disbursed / committed." in result.err
    rows = (lived.folder / "file").read_text() if file else result.out
    assert len(rows.splitlines()) == (1 if output_format == "json" else 2)
    assert "As of" not in rows
