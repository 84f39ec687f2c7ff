"""An import names all faults of a row at once, each once, with the way out."""

import re
from datetime import date
from hashlib import sha256
from pathlib import Path

from support.cli_shell import Shell
from support.import_tables import payments, write_ods

TABLE = """\
Grant,Title,Window,Recipients,Providers,Amount,Months,Proposed on,Approved on
G-1,Dairy,stand_alone,TZ; UG,IN,"1,000.00",12,2017-01-10,2017-02-10
,Sewers,,,Brazil,,12,2017-02-31,2017-03-01
G-3,Bridges,other,"Kenya; Viet Nam; Narnia",IN,"400,00",0,yesterday,2017-03-01
"""


def cells_of(shell: Shell) -> dict[str, list[str]]:
    """Check the table by the shipped map, and return the reasons by the address of the cell."""
    (shell.folder / "t.csv").write_text(TABLE, "utf-8")
    result = shell("import", "grants", "t.csv", "--check")
    assert result.code == 2
    cells: dict[str, list[str]] = {}
    for line in result.err.splitlines():
        if match := re.match(r"(t\.csv:\d+:\d+): (.*)", line):
            cells.setdefault(match[1], []).append(match[2])
    return cells


def test_all_faults_of_a_row_are_named_at_once_and_each_once(gb: Shell) -> None:
    """The key is read for two steps and names the row, the amount for two steps."""
    cells = cells_of(gb)
    assert {address.partition(":")[2] for address in cells} == {
        *("3:1", "3:3", "3:4", "3:5", "3:6", "3:8"),
        *("4:3", "4:4", "4:6", "4:7", "4:8"),
    }
    assert [len(reasons) for reasons in cells.values()] == [1] * len(cells)
    assert cells["t.csv:3:1"] == ["is empty, and it names the row: import.key"]
    assert cells["t.csv:3:3"] == ["is empty: ProposeGrant needs window"]
    assert cells["t.csv:4:7"] == ["'0' ProposeGrant months: must be at least 1"]


def test_all_faults_of_a_cell_are_named_at_once(gb: Shell) -> None:
    (reason,) = cells_of(gb)["t.csv:4:4"]
    assert "'Kenya' is no code of a country: name it in [countries.names]; did you mean KE?" in reason
    assert "did you mean VN?" in reason
    assert "'Narnia' is no code" in reason


def test_marks_that_are_not_those_of_the_map_are_offered(gb: Shell) -> None:
    (reason,) = cells_of(gb)["t.csv:4:6"]
    assert reason.endswith('decimal = "," and thousands = "." read it')


def test_a_missing_column_is_named_with_the_header_as_it_stands(gb: Shell) -> None:
    (gb.folder / "t.csv").write_text(TABLE.replace("Proposed on", "Date Proposed"), "utf-8")
    result = gb("import", "grants", "t.csv", "--check")
    assert "it has no column 'Proposed on'; did you mean" in result.err
    assert "The header that was found: Grant, Title, Window, Recipients" in result.err


def test_a_map_at_fault_is_named_as_a_file_not_as_an_option(gb: Shell) -> None:
    (gb.folder / "m.toml").write_text("[import", "utf-8")
    (gb.folder / "t.csv").write_text(TABLE, "utf-8")
    assert gb("import", "m.toml", "t.csv").err.startswith("malformed: m.toml: not TOML")


def test_what_the_map_sets_is_told_apart_from_what_the_file_says(gb: Shell) -> None:
    """With the number of rows and the first of them: an empty cell, a missing column and a constant."""
    (gb.folder / "t.csv").write_text(
        "Grant,Title,Window,Recipients,Months,Amount,Proposed on,Approved on\n"
        "A,x,stand_alone,TZ,,5.00,2017-01-02,\nB,y,stand_alone,TZ,10,5.00,2017-01-02,\n",
        "utf-8",
    )
    own = gb("import", "--show-map", "grants").out.replace(
        'sector = { column = "Sector"', 'sector = { value = "water" } #'
    )
    (gb.folder / "m.toml").write_text(own, "utf-8")
    out = gb("import", "m.toml", "t.csv", "--check").out
    assert "1 times months set to 12 by the map, not by the file; first t.csv:2:5" in out
    assert "2 times providers set to ZZ by the map, not by the file; first t.csv:2:1" in out
    assert "2 times sector set to water by the map, not by the file; first t.csv:2:1" in out


def test_an_import_says_whose_acts_it_brought_and_which_files_it_read(lived: Shell) -> None:
    file = payments(lived, 2)
    row = lived("--json", "import", "payments", file).row
    assert row["acts_of"] == {"leader": 2, "cash": 2, "payer": 2}
    assert row["imported_by"] == "admin"
    assert row["sha256"][file] == sha256(Path(file).read_bytes()).hexdigest()
    shipped = lived("import", "--show-map", "payments").out
    assert row["sha256"]["payments"] == sha256(shipped.encode()).hexdigest()
    (lived.folder / "mine.toml").write_text(shipped, "utf-8-sig")
    again = lived("import", "mine.toml", file)
    assert f"sha256 {sha256((lived.folder / 'mine.toml').read_bytes()).hexdigest()} mine.toml" in again.out
    assert "acts: 2 of leader, 2 of cash, 2 of payer; imported by admin" in again.out


def test_a_spreadsheet_of_libreoffice_is_read_with_its_cells_as_addresses(gb: Shell) -> None:
    """Dates and numbers are typed; a fault is named by sheet and cell."""
    header = ["Grant", "Title", "Window", "Recipients", "Providers", "Months", "Amount", "Proposed on"]
    rows: list[list[str | float | date]] = [
        [*header, "Approved on"],
        ["A", "Tea & milk", "stand_alone", "TZ; UG", "IN", 12, 1000.5, date(2017, 1, 10), date(2017, 2, 10)],
        ["B", "Tea", "stand_alone", "TZ", "IN", 1.5, "7,500.00", date(2017, 1, 10), "10.02.2017"],
    ]
    file = write_ods(gb.folder / "t.ods", rows)
    result = gb("import", "grants", file, "--check")
    assert result.code == 2
    assert "stand_alone 2017: approved 1,000.50, proposed 1,000.50 USD" in result.out
    assert "t.ods:Grants!F3: '1.5' is no whole number" in result.err
    assert "t.ods:Grants!I3: '10.02.2017' is no day in a form that the map names" in result.err
    rows[2][5], rows[2][8] = 12, date(2017, 2, 10)
    write_ods(gb.folder / "t.ods", rows)
    assert gb("import", "grants", file).code == 0
    (first, second) = gb("--json", "report", "disbursement").rows
    assert (first["approved"], second["approved"]) == ("1000.50", "7500.00")
    suggested = gb("import", "--suggest", file)
    assert suggested.code == 0, suggested.err
    assert "by the shipped map grants" in suggested.out


def test_two_names_that_would_be_one_id_are_a_fault(gb: Shell) -> None:
    """Ä-1 becomes A-1, which is another grant of the file."""
    rows = [f"{name},x,stand_alone,TZ,5.00,2017-01-02,\n" for name in ("Ä-1", "A-1")]
    header = "Grant,Title,Window,Recipients,Amount,Proposed on,Approved on\n"
    (gb.folder / "t.csv").write_text(header + "".join(rows), "utf-8")
    result = gb("import", "grants", "t.csv", "--check")
    assert result.code == 2
    assert "t.csv:3:1: 'A-1' would be the id A-1, as another text of the file would" in result.err
