"""Rows of files in each form: addresses that a person finds, flat memory, and hostile files refused."""

import gzip
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from cli.importing.readers import limits
from cli.importing.readers.reading import Reading, rows_of
from cli.importing.rows import BadFile, Row

NOTES = list[tuple[str, str]]


def read(path: Path, notes: NOTES | None = None, /, **how: Any) -> list[Row]:
    found: NOTES = [] if notes is None else notes
    return list(rows_of(path, Reading(**how), lambda rule, first: found.append((rule, first))))


def written(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def workbook(path: Path, rows: Sequence[Sequence[Any]], sheet: str = "Payments") -> Path:
    with xlsxwriter.Workbook(path) as book:
        page, day = book.add_worksheet(sheet), book.add_format({"num_format": "dd.mm.yyyy"})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    page.write_datetime(number, column, value, day)
                elif isinstance(value, str):
                    page.write_string(number, column, value)
                elif value is not None:
                    page.write(number, column, value)
    return path


@pytest.mark.parametrize(
    ("content", "encoding", "how"),
    [
        ("Ref,Città\n2017-01,Zürich\n", "utf-8", {}),
        ("\ufeffRef,Città\r\n2017-01,Zürich\r\n", "utf-8", {}),
        ("Ref;Città\n2017-01;Zürich\n", "utf-8", {}),
        ("Ref\tCittà\n2017-01\tZürich\n", "utf-16", {}),
        ("Ref;Città\n2017-01;Zürich\n", "latin-1", {"encoding": "latin-1"}),
        ("Ref|Città\n2017-01|Zürich\n", "cp1252", {"encoding": "cp1252", "delimiter": "|"}),
    ],
)
def test_a_table_is_read_as_it_was_saved(tmp_path: Path, content: str, encoding: str, how: Any) -> None:
    (row,) = read(written(tmp_path / "a.csv", content, encoding), columns=["Ref", "Città"], **how)
    assert row.cell("ref").value == "2017-01"
    assert row.cell("CITTÀ") == ("Zürich", "a.csv:2:2")


def test_a_table_in_another_encoding_is_not_guessed(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "Ref\nZürich\n", "latin-1")
    with pytest.raises(BadFile, match=r'not utf-8: write the encoding in the map.*"windows-1252"'):
        read(path)
    with pytest.raises(BadFile, match="no encoding 'latin-x'"):
        read(path, encoding="latin-x")
    with pytest.raises(BadFile, match="zero bytes"):
        read(written(tmp_path / "b.csv", b"a\x00b"))


def test_titles_above_the_header_and_empty_lines_are_left_out(tmp_path: Path) -> None:
    notes: NOTES = []
    content = '"Payments of 2017",,\n,,\nRef,Amount,Note\n\nP1,5,"two\nlines"\n,,\nP2,6,=1+1\n'
    rows = read(written(tmp_path / "a.csv", content), notes, columns=["Ref", "Amount"])
    assert [row.cell("Amount") for row in rows] == [("5", "a.csv:5:2"), ("6", "a.csv:8:2")]
    assert rows[1].cell("Note").value == "=1+1"
    assert notes == [("rows above the header left out: the header is row 3", "a.csv:3:1")]


def test_a_column_that_is_missing_or_there_twice_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "Ref,Amout,Date,Date\nP1,5,x,y\n")
    with pytest.raises(
        BadFile, match=r"no column 'Amount'; did you mean Amout\? The header that was found: Ref, Amout"
    ):
        read(path, columns=["Ref", "Amount"])
    with pytest.raises(BadFile, match=r"no column 'Total'\. The header that was found: Ref"):
        read(path, columns=["Ref", "Total"])
    with pytest.raises(BadFile, match="the column 'Date' twice"):
        read(path, columns=["Ref", "Date"])
    assert len(read(path, columns=["Ref", "Amount"], optional=["Amount"])) == 1


def test_a_spreadsheet_has_the_addresses_of_its_cells(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Title of all"],
        [],
        ["Ref", "Paid on", "Amount"],
        ["2017-01", datetime(2017, 3, 1, tzinfo=UTC).replace(tzinfo=None), 1234.5],
        ["=1+1", 42795],
    ]
    path = workbook(tmp_path / "a.xlsx", rows)
    first, second = read(path, columns=["Ref", "Paid on", "Amount"])
    assert first.cell("Ref") == ("2017-01", "a.xlsx:Payments!A4")
    assert first.cell("Paid on") == (date(2017, 3, 1), "a.xlsx:Payments!B4")
    assert (first.cell("Amount").value, second.cell("Ref").value) == (1234.5, "=1+1")
    assert read(path, sheet="payments", columns=["Ref"])[0].cell("Ref").address == "Payments!A4"
    with pytest.raises(BadFile, match=r"no sheet 'Paid'; it has: Payments"):
        read(path, sheet="Paid")


def test_json_and_json_lines_are_read_one_object_at_a_time(tmp_path: Path) -> None:
    grants = [
        {"id": "a", "amount": 0.1, "org": [{"name": "X"}, {"name": "Y"}]},
        {"id": "b", "pay": [{"n": 1}]},
    ]
    content = json.dumps({"version": "1.1", "grants": grants})
    first, second = read(written(tmp_path / "a.json", content), rows="grants")
    assert first.cell("amount") == (Decimal("0.1"), "grants[0].amount")
    assert [cell.value for cell in first.cells("org.name")] == ["X", "Y"]
    assert first.cell("org[1].name") == ("Y", "grants[0].org[1].name")
    assert [part.cell("n").value for part in second.each("pay")] == [1]
    (line,) = read(written(tmp_path / "a.jsonl", "\n" + json.dumps(grants[0]) + "\n"))
    assert line.cell("id") == ("a", "a.jsonl:2.id")
    assert len(read(written(tmp_path / "c.json", json.dumps(grants)))) == 2


XML = """<?xml version="1.0"?><list xmlns="urn:x" xmlns:y="urn:y"><head/><item code="7">
<name xml:lang="en">Milk</name><t><type code="3"/><v>1</v></t><t><type code="2"/><v>2</v></t></item></list>"""


def test_elements_of_xml_are_rows(tmp_path: Path) -> None:
    rows = rows_of(written(tmp_path / "a.xml", XML), Reading(rows="item"), lambda _rule, _first: None)
    row = next(rows)  # the element is forgotten when the next one is read
    assert row.cell("@code") == ("7", "item[1]/@code")
    assert row.cell("name/@xml:lang").value == "en"
    assert [cell.value for cell in row.cells("t[type/@code='2|5']/v")] == ["2"]
    assert [part.address for part in row.each("t")] == ["item[1]/t[1]", "item[1]/t[2]"]


HOSTILE = {
    "billion.xml": '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><l><item>&b;</item></l>',
    "outside.xml": '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l><item>&a;</item></l>',
    "broken.xml": "<l><item></l>",
    "no.json": "{]",
    "deep.json": '{"a": ' + "[" * 100_000,
    "number.json": '{"a": 5}',
    "no.xlsx": "not a spreadsheet",
    "a.doc": "what is this",
    "no.xes.gz": "not packed",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_words(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadFile, match=name.partition(".")[0]):
        read(written(tmp_path / name, HOSTILE[name]), rows="item")


def test_a_file_that_unpacks_to_far_more_than_its_size_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_FREE", 1024)
    with gzip.open(tmp_path / "a.csv.gz", "wb") as packed:
        packed.write(b"a,b\n" + b"0" * 10_000_000)
    with pytest.raises(BadFile, match="unpacks to far more"):
        read(tmp_path / "a.csv.gz")
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b"0" * 10_000_000)
    with pytest.raises(BadFile, match="unpacks to"):
        read(tmp_path / "a.xlsx")


def test_a_path_that_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no such file"):
        read(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(BadFile, match="is a folder"):
        read(tmp_path / "folder.csv")
