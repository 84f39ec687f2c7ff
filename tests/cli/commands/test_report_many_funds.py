"""One report on several funds has a column for the fund, and names each book that cannot be read."""

import shutil
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from support import given as g
from support.cli_shell import Shell
from support.reading import of, record

AS_OF = ("--as-of", "2019-01-01")


@pytest.fixture
def funds(shell: Shell) -> Path:
    """Return a folder with the books of three funds."""
    folder = shell.folder / "funds"
    for name, life in {"A": g.PAID, "B": [], "C": g.CLOSED}.items():
        with Book.create(
            folder / name.lower(),
            name=f"Fund {name}",
            currency="USD",
            fiscal_year_start=7,
            on=g.START,
            recorder="admin",
        ) as book:
            record(book, g.OFFICERS, g.MONEY if life else (), of(f"{name}-1", life))
    return folder


def test_any_report_comes_out_over_a_folder_of_books(shell: Shell, funds: Path) -> None:
    result = shell("report", "disbursement", "--books", str(funds), *AS_OF, "--json")
    assert result.code == 0, result.err
    assert [(row["fund"], row["grant"], row["disbursed"]) for row in result.rows] == [
        ("Fund A", "A-1", "2000.00"),
        ("Fund C", "C-1", "2000.00"),
    ]
    assert next(iter(result.rows[0])) == "fund"
    (alone,) = shell("--book", str(funds / "a"), "report", "disbursement", *AS_OF, "--json").rows
    assert {"fund": "Fund A", **alone} == result.rows[0]
    for fund in "ABC":
        assert f"Fund {fund}: As of 2019-01-01, as known at" in result.err


def test_sums_of_several_funds_are_written_as_tables_and_files(shell: Shell, funds: Path) -> None:
    result = shell("report", "fund", "--books", str(funds), *AS_OF)
    assert (result.code, result.out.count("Fund B"), "total" in result.out) == (0, 2, False)
    result = shell("report", "disbursement", "--by", "window", "--books", str(funds), *AS_OF)
    assert result.out.splitlines()[5].split()[:3] == ["total", "2", "0"]  # Both funds have the same currency.
    assert (
        shell("report", "register", "--books", str(funds), "--output", "all.csv", "--format", "csv").code == 0
    )
    assert (shell.folder / "all.csv").read_text().startswith("fund,grant,")
    assert "3 funds" in shell("report", "register", "--books", str(funds), "--format", "html").out


def test_books_are_named_one_by_one_and_in_a_file(shell: Shell, funds: Path, database: str) -> None:
    with Book.create(
        database, name="Fund D", currency="USD", fiscal_year_start=7, on=g.START, recorder="admin"
    ) as book:
        record(book, g.OFFICERS, g.MONEY, of("D-1", g.PAID))
    list_file = funds / "list.txt"
    list_file.write_text(f"# ours\nc\n\n{database}\n")
    result = shell("report", "register", "--books", str(funds / "a"), "--books", str(list_file), "--json")
    assert [row["fund"] for row in result.rows] == ["Fund A", "Fund C", "Fund D"]


def test_two_funds_with_one_name_are_shown_with_their_addresses(shell: Shell, funds: Path) -> None:
    shutil.copytree(funds / "a", funds / "d")
    result = shell("report", "register", "--books", str(funds), *AS_OF, "--json")
    assert [row["fund"] for row in result.rows] == [
        f"Fund A ({funds / 'a'})",
        "Fund C",
        f"Fund A ({funds / 'd'})",
    ]


def test_a_book_that_fails_is_named_and_the_others_are_reported(shell: Shell, funds: Path) -> None:
    (funds / "b" / "journal.sqlite").write_bytes(b"no journal" * 100)
    result = shell("report", "register", "--books", str(funds), "--books", "nowhere", *AS_OF, "--json")
    assert result.code == 5
    assert [row["fund"] for row in result.rows] == ["Fund A", "Fund C"]
    assert f"{funds / 'b'} is not in this report:\nunreachable: " in result.err
    assert "nowhere is not in this report:\nunreachable: " in result.err
    shutil.rmtree(funds / "a")
    shutil.rmtree(funds / "c")
    result = shell("report", "register", "--books", str(funds), *AS_OF, "--json")
    assert (result.code, result.out) == (5, "")


def test_a_filter_need_not_name_what_each_fund_knows(shell: Shell, funds: Path) -> None:
    result = shell("report", "register", "--books", str(funds), "--sector", "agriculture", *AS_OF, "--json")
    assert (result.code, [row["fund"] for row in result.rows]) == (0, ["Fund A", "Fund C"])
    assert f"{funds / 'b'} is not in this report: sector: the book knows no sector" in result.err
    result = shell("report", "register", "--books", str(funds), "--sector", "agricultur", *AS_OF)
    assert (result.code, result.out) == (2, "")
    assert "did you mean agriculture?" in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("register", "--grant", "A-1"), "a grant is of one fund"),
        (("register", "--known", "12"), "a position is of one book"),
        (("timeline", "--due-within", "9", "--format", "ics"), "reminders are of one fund"),
        (("register", "--entries", "x"), "leave --books or --entries out"),
        (("register", "--views", "x"), "leave --books or --views out"),
    ],
)
def test_an_option_that_needs_one_book_is_refused(
    shell: Shell, funds: Path, words: tuple[str, ...], message: str
) -> None:
    result = shell("report", *words, "--books", str(funds))
    assert result.code == 2
    assert message in result.err


def test_a_folder_and_a_file_without_books_are_refused(shell: Shell) -> None:
    (shell.folder / "empty").mkdir()
    (shell.folder / "list.txt").write_text("# none\n")
    for name, message in (("empty", "no book in this folder"), ("list.txt", "lists no book")):
        result = shell("report", "register", "--books", str(shell.folder / name))
        assert result.code == 2
        assert message in result.err
