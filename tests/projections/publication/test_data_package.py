"""The data package of every report, judged by frictionless."""

import json
from pathlib import Path
from typing import Any

import pytest
from frictionless import validate

from cli.output.data_package import package, write_resource
from lifecycle.book.book import Book
from projections.publication.every_report import FILES, every_report
from projections.publication.walks import Dates
from projections.query import run


def write(book: Book, dates: Dates, folder: Path) -> dict[str, Any]:
    """Write the package into a new folder, and return its description."""
    folder.mkdir()
    with every_report(book, dates) as reports:
        resources = [write_resource(named, folder) for named in reports]
    text = package("The fund", "as of a day", book.recorded_at(dates.known), resources)
    (folder / "datapackage.json").write_text(text, "utf-8")
    described: dict[str, Any] = json.loads(text)
    return described


def faults(folder: Path) -> list[str]:
    report = validate(str(folder / "datapackage.json"))
    return [f"{row[0]}: {row[-1]}" for row in report.flatten(["name", "message"])]


@pytest.mark.parametrize("share", [1, 2])
def test_types_keys_sizes_and_hashes_hold(made_up: Book, tmp_path: Path, share: int) -> None:
    write(made_up, Dates(made_up.today(), made_up.position() // share), tmp_path / "out")
    assert faults(tmp_path / "out") == []


def test_every_report_is_there_with_the_meaning_of_each_column(written: Path) -> None:
    described = json.loads((written / "datapackage.json").read_text("utf-8"))
    resources = {resource["name"]: resource for resource in described["resources"]}
    assert len(resources) == FILES
    assert {
        "register",
        "disbursement",
        "disbursement-by-fiscal-year",
        "payments",
        "entries",
    } <= resources.keys()
    schema = resources["disbursement"]["schema"]
    fields = {field["name"]: field for field in schema["fields"]}
    assert fields["committed"] == {
        "name": "committed",
        "type": "number",
        "description": "approved + increased - cancelled",
    }
    assert fields["first_paid_on"]["type"] == "date"
    assert schema["primaryKey"] == ["grant"]
    assert schema["foreignKeys"] == [
        {"fields": ["grant"], "reference": {"resource": "register", "fields": ["grant"]}}
    ]


def test_the_rows_are_those_of_the_reports(made_up: Book, tmp_path: Path) -> None:
    dates = Dates(made_up.today(), made_up.position() // 2)
    write(made_up, dates, tmp_path / "out")
    report = run(made_up, "disbursement", as_of=dates.as_of, known=dates.known, by="window")
    lines = (tmp_path / "out" / "disbursement_by_window.csv").read_text("utf-8").splitlines()
    assert lines[0].split(",") == list(report.columns)
    assert [line.split(",")[0] for line in lines[1:]] == [row[0] for row in report.rows]


@pytest.fixture(scope="module")
def written(demo: Book, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the demo's package."""
    folder = tmp_path_factory.mktemp("package") / "out"
    write(demo, Dates(demo.today(), demo.position()), folder)
    return folder


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("SEETF-01", "SEETF-99"), "foreign"),
        (("80000.00", "eighty"), "type"),
        (("80000.00", "80000.01"), "hash"),
    ],
)
def test_a_changed_file_is_noticed(written: Path, change: tuple[str, str], fault: str) -> None:
    file = written / "disbursement.csv"
    before = file.read_text("utf-8")
    file.write_text(before.replace(*change), "utf-8")
    try:
        assert any(fault in sentence for sentence in faults(written))
    finally:
        file.write_text(before, "utf-8")


def test_the_package_of_the_demo_has_no_fault(written: Path) -> None:
    assert faults(written) == []


def test_text_that_a_spreadsheet_would_run_is_escaped(hostile: Book, tmp_path: Path) -> None:
    write(hostile, Dates(hostile.today(), hostile.position()), tmp_path / "out")
    rows = (tmp_path / "out" / "register.csv").read_text("utf-8")
    assert not any(cell.startswith(("=", "+", "@")) for line in rows.splitlines() for cell in line.split(","))
