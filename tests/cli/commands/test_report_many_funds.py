"""One report on several funds: a column says which; a book that fails is named."""

import shutil
from pathlib import Path

import pytest

from lifecycle.book.book import Book
from support import given as g
from support.cli_shell import Shell
from support.reading import of, record

WHEN = ("--as-of", "2019-01-01")


@pytest.fixture
def funds(shell: Shell) -> Path:
    """A folder with the books of three funds."""
    folder = shell.folder / "funds"
    for name, lives in {"A": g.PAID, "B": [], "C": g.CLOSED}.items():
        with Book.create(
            folder / name.lower(),
            name=f"Fund {name}",
            currency="USD",
            fiscal_year_start=7,
            on=g.START,
            recorder="admin",
        ) as book:
            record(book, g.OFFICERS, g.MONEY if lives else (), of(f"{name}-1", lives))
    return folder


def test_any_report_comes_out_over_a_folder_of_books(shell: Shell, funds: Path) -> None:
    done = shell("report", "disbursement", "--books", str(funds), *WHEN, "--json")
    assert done.code == 0, done.err
    assert [(row["fund"], row["grant"], row["disbursed"]) for row in done.rows] == [
        ("Fund A", "A-1", "2000.00"),
        ("Fund C", "C-1", "2000.00"),
    ]
    assert next(iter(done.rows[0])) == "fund"
    (alone,) = shell("--book", str(funds / "a"), "report", "disbursement", *WHEN, "--json").rows
    assert {"fund": "Fund A", **alone} == done.rows[0]
    for fund in "ABC":
        assert f"Fund {fund}: As of 2019-01-01, as known at" in done.err


def test_sums_tables_and_files(shell: Shell, funds: Path) -> None:
    done = shell("report", "fund", "--books", str(funds), *WHEN)
    assert (done.code, done.out.count("Fund B"), "total" in done.out) == (0, 2, False)
    done = shell("report", "disbursement", "--by", "window", "--books", str(funds), *WHEN)
    assert done.out.splitlines()[5].split()[:3] == ["total", "2", "0"]  # both funds have one currency
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
    listed = funds / "list.txt"
    listed.write_text(f"# ours\nc\n\n{database}\n")
    done = shell("report", "register", "--books", str(funds / "a"), "--books", str(listed), "--json")
    assert [row["fund"] for row in done.rows] == ["Fund A", "Fund C", "Fund D"]


def test_two_funds_of_one_name_are_told_apart(shell: Shell, funds: Path) -> None:
    shutil.copytree(funds / "a", funds / "d")
    done = shell("report", "register", "--books", str(funds), *WHEN, "--json")
    assert [row["fund"] for row in done.rows] == [
        f"Fund A ({funds / 'a'})",
        "Fund C",
        f"Fund A ({funds / 'd'})",
    ]


def test_a_book_that_fails_is_named_and_the_others_are_reported(shell: Shell, funds: Path) -> None:
    (funds / "b" / "journal.sqlite").write_bytes(b"no journal" * 100)
    done = shell("report", "register", "--books", str(funds), "--books", "nowhere", *WHEN, "--json")
    assert done.code == 5
    assert [row["fund"] for row in done.rows] == ["Fund A", "Fund C"]
    assert f"{funds / 'b'} is not in this report:\nunreachable: " in done.err
    assert "nowhere is not in this report:\nunreachable: " in done.err
    shutil.rmtree(funds / "a")
    shutil.rmtree(funds / "c")
    done = shell("report", "register", "--books", str(funds), *WHEN, "--json")
    assert (done.code, done.out) == (5, "")


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
def test_what_is_asked_of_one_book_only_is_refused(
    shell: Shell, funds: Path, words: tuple[str, ...], message: str
) -> None:
    done = shell("report", *words, "--books", str(funds))
    assert done.code == 2
    assert message in done.err


def test_a_folder_and_a_file_without_books_are_refused(shell: Shell) -> None:
    (shell.folder / "empty").mkdir()
    (shell.folder / "list.txt").write_text("# none\n")
    for named, message in (("empty", "no book in this folder"), ("list.txt", "lists no book")):
        done = shell("report", "register", "--books", str(shell.folder / named))
        assert done.code == 2
        assert message in done.err
