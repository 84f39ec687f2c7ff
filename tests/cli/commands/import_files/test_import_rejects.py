"""What an import leaves out with ``--rejects``: whole rows, named in a file that replaces nothing else."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from support.cli_shell import Shell
from support.import_tables import payments

HEADER = ["cell", "value", "reason"]


def rejected(file: Path) -> list[list[str]]:
    """Return the rows of a file of rejects below its header."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        header, *rows = csv.reader(text)
    assert header == HEADER
    return rows


def statuses(shell: Shell) -> dict[str, str]:
    rows = shell("--json", "payment", "list").rows
    return {row["payment"]: row["status"] for row in rows if row["payment"].startswith("Q")}


def with_row(file: str, number: int, **changes: str) -> None:
    """Change the cells of one row of the table."""
    path = Path(file)
    with path.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    rows[number - 1] |= changes
    with path.open("w", encoding="utf-8-sig", newline="") as text:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_a_row_is_recorded_whole_or_not_at_all(lived: Shell) -> None:
    """Given a row whose last command is refused, the request and the authorisation of it are left out too."""
    table = payments(lived, 3)
    with_row(table, 2, **{"Paid by": "cash"})
    result = lived("import", "payments", table, "--rejects", "rejects.csv")
    assert result.code == 1, result.err
    assert statuses(lived) == {"Q1": "disbursed", "Q3": "disbursed"}
    ((_, value, reason),) = rejected(lived.folder / "rejects.csv")
    assert "DisburseFunds" in value
    assert reason.startswith("DecidesOwnRequest")


def test_a_mended_row_is_recorded_by_the_next_run(lived: Shell) -> None:
    table = payments(lived, 2)
    with_row(table, 2, **{"Paid by": "cash"})
    assert lived("import", "payments", table, "--rejects", "rejects.csv").code == 1
    with_row(table, 2, **{"Paid by": "payer"})
    result = lived("import", "payments", table, "--rejects", "rejects.csv")
    assert (result.code, "3 accepted, 3 recorded before" in result.out) == (0, True), result.err
    assert rejected(lived.folder / "rejects.csv") == []


def test_a_row_that_needs_a_faulty_row_is_left_out_too(lived: Shell) -> None:
    """Given a row that authorises what a faulty row asks for: without that row nothing waits."""
    text = lived("import", "payments", "--show-map").out
    (lived.folder / "map.toml").write_text(text.replace('"Payment"]', '"Payment", "Payee"]', 1), "utf-8")
    table = payments(lived, 3)
    with_row(table, 1, **{"Authorised by": "leader", "Paid on": ""})
    with_row(table, 2, Payment="Q1", Payee="Hotel", **{"Requested on": "", "Paid on": ""})
    result = lived("import", "map.toml", table, "--rejects", "rejects.csv")
    assert result.code == 1, result.err
    assert statuses(lived) == {"Q3": "disbursed"}
    reasons = [reason for _, _, reason in rejected(lived.folder / "rejects.csv")]
    assert [reason.split(":")[0] for reason in reasons] == ["RoleNotHeld", "UnknownPayment"]
    assert lived("--json", "audit", "refusals").rows == []


@pytest.mark.of_a_file("a file of the book is named")
@pytest.mark.parametrize("of_the_book", ["journal.sqlite", "book.toml"])
def test_rejects_replace_no_file_but_one_of_rejects(lived: Shell, of_the_book: str) -> None:
    table = Path(payments(lived, 1, **{"Paid by": "cash"}))
    for file in (table, lived.path / of_the_book):
        before = file.read_bytes()
        result = lived("import", "payments", str(table), "--rejects", str(file))
        assert (result.code, "is there already, and is no file of rejects" in result.err) == (2, True)
        assert file.read_bytes() == before


def test_rejects_into_a_folder_are_refused(lived: Shell) -> None:
    result = lived("import", "payments", payments(lived, 1), "--rejects", ".")
    assert (result.code, "irectory" in result.err) == (2, True), result.err


def test_a_row_without_any_day_is_named_and_not_dropped(lived: Shell) -> None:
    """A row with some days is recorded as far as it goes; one without any would vanish."""
    table = payments(lived, 3)
    with_row(table, 1, **{"Requested on": "", "Authorised on": "", "Paid on": ""})
    with_row(table, 2, **{"Authorised on": "", "Paid on": ""})
    assert lived("import", "payments", table, "--rejects", "rejects.csv").code == 2
    assert statuses(lived) == {"Q2": "requested", "Q3": "disbursed"}
    ((_, _, reason),) = rejected(lived.folder / "rejects.csv")
    assert reason == "is empty, and without a day nothing of the row is recorded"


def test_a_row_with_other_values_than_before_is_to_be_corrected(lived: Shell) -> None:
    assert lived("import", "payments", payments(lived, 1)).code == 0
    changed = lived("import", "payments", payments(lived, 1, Payee="Hotel"))
    assert (changed.code, "correct the entry (grantbook grant correct)" in changed.err) == (1, True)
    assert "take a new id" not in changed.err


def test_a_text_with_more_decimals_than_the_currency_is_not_guessed(lived: Shell) -> None:
    """`7.500` may be seven and a half dollars, or seven thousand five hundred as in Germany."""
    result = lived("import", "payments", payments(lived, 1, Amount="7.500"), "--check")
    assert result.code == 2
    assert "'7.500' has more decimals than USD has" in result.err
    assert lived("import", "payments", payments(lived, 1, Amount="7.50")).code == 0
    (paid,) = [row["disbursed"] for row in lived("--json", "payment", "list").rows if row["payment"] == "Q1"]
    assert Decimal(paid) == Decimal("7.50")


def test_a_template_replaces_no_table_unless_asked(lived: Shell) -> None:
    table = Path(payments(lived, 1))
    before = table.read_bytes()
    result = lived("template", "payments", str(table))
    assert (result.code, "--overwrite" in result.err, table.read_bytes()) == (2, True, before)
    assert lived("template", "payments", str(table), "--overwrite").code == 0
    assert table.read_bytes() != before


def test_the_faults_of_a_map_are_a_line_each(lived: Shell) -> None:
    text = lived("import", "payments", "--show-map").out
    (lived.folder / "map.toml").write_text(
        text.replace("[import]", '[import]\nmod = "x"\ncolour = 1', 1), "utf-8"
    )
    result = lived("import", "map.toml", payments(lived, 1))
    faults = [line for line in result.err.splitlines() if "is no key of a map" in line]
    assert (result.code, len(faults)) == (2, 2), result.err
