"""Officers' names are kept beside the journal, can be erased, and are in nothing that is kept for ever."""

from pathlib import Path

import psycopg
import pytest

from cli.recording.personal_data import personal
from support.cli_shell import Shell, make_lived, run_as_admin
from support.made_books import Recipe

pytestmark = pytest.mark.both_stores
NAME = "Ada L. Writer"


def make(place: Path | str) -> None:
    """Make a sealed book that holds a grant's life, and name its team leader."""
    make_lived(place, "--name", "F", "--seal")
    run_as_admin("officer", "name", "leader", NAME, "--book", str(place))


@pytest.fixture
def recipe() -> Recipe:
    return Recipe("officers_names", make)


@pytest.fixture
def book(shell: Shell) -> str:
    """Return a book that holds a grant's life, whose team leader has a name."""
    return shell.book


def everything_else(folder: Path) -> bytes:
    """Return the bytes of every file of a folder except the register of names."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != "officers.json"]
    return b"".join(path.read_bytes() for path in paths)


def bytes_of_book(shell: Shell, *, register: bool = False) -> bytes:
    """Return the bytes of the book's folder, or of its database's rows and the folder of its seals."""
    if isinstance(shell.place, Path):
        names = (shell.path / "officers.json").read_bytes() if register else b""
        return everything_else(shell.path) + names
    with psycopg.connect(shell.book) as connection:
        tables = connection.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables"
            " WHERE table_schema IN ('journal', 'views')"
        )
        others = [name for (name,) in tables if register or name != "journal.officers"]
        rows = [repr(connection.execute(f"SELECT * FROM {name}").fetchall()) for name in others]
    return everything_else(shell.seals) + "".join(rows).encode()


def test_the_receipt_of_a_name_does_not_show_it(shell: Shell, book: str) -> None:
    result = shell("officer", "name", "boss", NAME, "--book", book, "--as", "admin")
    assert (result.code, result.out) == (0, "named: boss\n"), result.err
    assert NAME not in result.err


def test_a_name_is_shown_where_people_read(shell: Shell, book: str) -> None:
    history = shell("audit", "history", "G-1", "--book", book).out
    assert f"{NAME} (leader) proposed" in history
    officers = shell("officer", "list", "--book", book).out
    assert f"leader                {NAME}" in officers
    rows = shell("officer", "list", "--book", book, "--json").rows
    assert {"officer": "leader", "name": NAME, "roles": ["ttl"], "erased_on": None} in rows


def test_a_name_is_in_no_entry_report_or_package(shell: Shell, book: str) -> None:
    package = shell.folder / "package"
    assert shell("audit", "export", str(package), "--book", book).code == 0
    assert NAME.encode() in bytes_of_book(shell, register=True)
    for data in (bytes_of_book(shell), everything_else(package)):
        assert NAME.encode() not in data
    for words in (
        ("audit", "history", "G-1", "--json"),
        ("audit", "entries"),
        ("report", "register", "--json"),
    ):
        result = shell(*words, "--book", book)
        assert result.code == 0
        assert NAME not in result.out + result.err


def test_erasing_a_person_leaves_every_proof_valid(shell: Shell, book: str) -> None:
    options = ("--book", book, "--as", "admin")
    proof = shell("audit", "prove", "G-1@1", *options).out
    assert shell("officer", "erase", "leader", *options).out == "erased: leader\n"
    assert NAME.encode() not in bytes_of_book(shell, register=True)
    assert "leader proposed" in shell("audit", "history", "G-1", *options).out
    assert "name erased on 20" in shell("officer", "list", *options).out
    assert shell("audit", "verify", *options).code == 0
    assert shell("audit", "prove", "G-1@1", *options).out == proof
    again = shell("officer", "erase", "leader", *options)
    assert again.code == 2
    assert "nothing was erased" in again.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("name", "leader", "X", "--as", "leader"), 1, "no administrator"),
        (("erase", "leader", "--as", "nobody"), 1, "no administrator"),
        (("name", "nobody", "X", "--as", "admin"), 2, "no officer nobody"),
        (("name", "leader", " ", "--as", "admin"), 2, "1 to 200 characters"),
        (("name", "leader", "x" * 201, "--as", "admin"), 2, "1 to 200 characters"),
        (("name", "leader", "a\x1b[2J", "--as", "admin"), 2, "1 to 200 characters"),
    ],
)
def test_a_name_needs_an_administrator_a_known_officer_and_plain_text(
    shell: Shell, book: str, words: tuple[str, ...], code: int, message: str
) -> None:
    result = shell("officer", *words, "--book", book)
    assert (result.code, message in result.err) == (code, True), result.err
    assert NAME.encode() in bytes_of_book(shell, register=True)


@pytest.mark.of_a_file("its bytes")
def test_a_register_that_cannot_be_read_is_named(shell: Shell, book: str) -> None:
    (shell.path / "officers.json").write_text("[", "utf-8")
    result = shell("officer", "list", "--book", book)
    assert result.code == 5
    assert "the register of names cannot be read" in result.err


# ── warnings ─────────────────────────────────────────────────────────────────────────────────

PERSONAL = [
    "ask ada@example.org",
    "Ada <ada.l@mail.example.org>",
    "call +1 202-473-1000",
    "Tel: 202 473 1000",
    "mobile 0171/2345678",
]
HARMLESS = [
    "",
    "paid 60000.00 USD on 2017-05-09",
    "+3 months; +15 % of 2,000,000.00",
    "at 09:00 (+05:30), 12 people @ two sites",
    "budget line 2017/2018-01, letter 2017-01-15 no. 12345678",
    "cell biology 2017",
]


@pytest.mark.parametrize("text", PERSONAL)
def test_text_that_seems_to_hold_personal_data_is_found(text: str) -> None:
    assert len(personal({"note": text, "lines": [{"name": text}]})) == 2


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_is_not_taken_for_personal_data(text: str) -> None:
    assert personal({"command_id": "a@b.org", "note": text, "deep": {"reason": [text]}}) == []


def test_personal_data_in_a_note_is_warned_of_and_recorded(shell: Shell, book: str) -> None:
    options = ("--book", book, "--as", "admin")
    cost = ("grant", "cost", "G-1", "--purpose", "supervision", "--amount", "10.00 USD", "--on", "2017-06-01")
    result = shell(*cost, "--actor", "leader", "--note", "ask ada@example.org", *options)
    assert result.code == 0, result.err
    assert "warning: note seems to hold an e-mail address; entries are kept for ever" in result.err
    line = {"command": "RecordCost", "grant": "G-1", "on": "2017-06-02", "actor": "leader"}
    line |= {"purpose": "supervision", "amount": "10.00 USD", "note": "+1 202 473 1000"}
    recorded = shell("record", shell.file([line]), *options)
    assert recorded.code == 0, recorded.out
    assert "warning: note seems to hold a telephone number" in recorded.err
    assert "warning" not in shell("record", shell.file([line]), *options).err


def test_a_note_of_more_than_2000_characters_is_malformed(shell: Shell, book: str) -> None:
    options = ("--book", book, "--as", "admin")
    result = shell("officer", "appoint", "new", "--roles", "ttl", "--note", "x" * 2_001, *options)
    assert result.code == 2
    assert "--note" in result.err
