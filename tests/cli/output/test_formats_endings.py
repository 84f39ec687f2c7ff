"""A file has the form of its ending, and a contradiction is refused before anything is written."""

import json
from pathlib import Path

import pytest

from support.cli_shell import Shell


@pytest.mark.case("K7")
@pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "html", "parquet", "xlsx", "CSV"])
def test_a_file_has_the_form_of_its_ending(lived: Shell, ending: str) -> None:
    if ending in ("parquet", "xlsx"):
        pytest.importorskip({"parquet": "pyarrow", "xlsx": "xlsxwriter"}[ending])
    file = Path(f"register.{ending}")
    done = lived("report", "register", "--output", str(file))
    assert done.code == 0, done.err
    start = {"csv": b"grant,", "json": b"[", "jsonl": b"{", "html": b"<!doctype", "parquet": b"PAR1"}
    assert file.read_bytes().lower().startswith(start.get(ending.lower(), b"pk").lower())


@pytest.mark.case("K7")
def test_a_file_of_json_is_one_document_and_one_of_json_lines_has_a_row_a_line(lived: Shell) -> None:
    rows = [json.loads(line) for line in lived("--json", "report", "timeline").out.splitlines()]
    assert len(rows) > 1
    for ending in ("json", "jsonl", "ndjson"):
        assert lived("report", "timeline", "--output", f"timeline.{ending}").code == 0
    assert json.loads(Path("timeline.json").read_text()) == rows
    for lines in ("timeline.jsonl", "timeline.ndjson"):
        assert [json.loads(line) for line in Path(lines).read_text().splitlines()] == rows
    nothing = ("report", "timeline", "--as-of", "2008-10-01", "--output", "none.json")
    assert lived(*nothing).code == 0
    assert json.loads(Path("none.json").read_text()) == []


@pytest.mark.case("K7")
def test_a_table_in_a_file_has_every_column(lived: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert lived("report", "register", "--output", "register.txt").code == 0
    text = Path("register.txt").read_text()
    assert "Not shown" not in text
    assert "2018-03-31" in text  # the closing date, which 80 columns do not show


@pytest.mark.case("K7")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--format", "json", "--output", "a.csv"), "--format json and --output a.csv contradict each other"),
        (("--json", "--output", "a.csv"), "--json and --output a.csv contradict each other"),
        (("--format", "table", "--output", "a.xlsx"), "--format table and --output a.xlsx contradict"),
        (("--output", "a.xls"), "this command writes no .xls; name a file that ends in .csv"),
        (("--output", "a.ics"), "this command writes no .ics"),
    ],
)
def test_a_contradiction_is_malformed_and_leaves_no_file(
    lived: Shell, words: tuple[str, ...], message: str
) -> None:
    done = lived("report", "register", *words)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert not Path(words[-1]).exists()


def test_a_name_without_an_ending_takes_the_format(lived: Shell) -> None:
    assert lived("report", "register", "--format", "csv", "--output", "register").code == 0
    assert Path("register").read_text().startswith("grant,")


def test_other_commands_take_the_ending_too(lived: Shell) -> None:
    assert lived("report", "progress", "--year", "2017", "--output", "year.html").code == 0
    assert Path("year.html").read_text().startswith("<!DOCTYPE html>")
    assert lived("report", "glance", "--output", "glance.json").code == 0
    assert json.loads(Path("glance.json").read_text())
    assert lived("report", "timeline", "--due-within", "30", "--output", "due.ics").code == 0
    assert Path("due.ics").read_text().startswith("BEGIN:VCALENDAR")
    assert lived("report", "progress", "--year", "2017", "--output", "year.csv").code == 2
