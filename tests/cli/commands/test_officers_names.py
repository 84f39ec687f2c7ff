"""People: names beside the journal, erasable, shown to people and kept out of everything that is for ever."""

from pathlib import Path

import psycopg
import pytest

from cli.recording.personal_data import personal
from support.cli_shell import Shell, life

pytestmark = pytest.mark.both_stores
NAME = "Ada L. Writer"


@pytest.fixture
def book(shell: Shell) -> str:
    """One life, recorded; the ttl has a name."""
    init = ("init", shell.book, "--name", "F", "--on", "2008-10-01", "--as", "admin", "--seal")
    assert shell(*init).code == 0
    assert shell("record", shell.file(life()), "--book", shell.book, "--as", "admin").code == 0
    named = shell("officer", "name", "leader", NAME, "--book", shell.book, "--as", "admin")
    assert (named.code, named.out) == (0, "named: leader\n"), named.err
    assert NAME not in named.err
    return shell.book


def everything_else(folder: Path) -> bytes:
    """All bytes of a folder but the register's."""
    places = [place for place in folder.rglob("*") if place.is_file() and place.name != "officers.json"]
    return b"".join(place.read_bytes() for place in places)


def of_book(shell: Shell, *, register: bool = False) -> bytes:
    """All bytes of the book: of its folder, or of the rows of its database and the folder of its seals."""
    if isinstance(shell.place, Path):
        own = (shell.path / "officers.json").read_bytes() if register else b""
        return everything_else(shell.path) + own
    with psycopg.connect(shell.book) as raw:
        tables = raw.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables"
            " WHERE table_schema IN ('journal', 'views')"
        )
        others = [name for (name,) in tables if register or name != "journal.officers"]
        rows = [repr(raw.execute(f"SELECT * FROM {name}").fetchall()) for name in others]
    return everything_else(shell.seals) + "".join(rows).encode()


def test_a_name_is_shown_where_people_read(shell: Shell, book: str) -> None:
    history = shell("audit", "history", "G-1", "--book", book).out
    assert f"{NAME} (leader) proposed" in history
    listed = shell("officer", "list", "--book", book).out
    assert f"leader                {NAME}" in listed
    rows = shell("officer", "list", "--book", book, "--json").rows
    assert {"officer": "leader", "name": NAME, "roles": ["ttl"], "erased_on": None} in rows


def test_a_name_is_nowhere_else(shell: Shell, book: str) -> None:
    package = shell.folder / "package"
    assert shell("audit", "export", str(package), "--book", book).code == 0
    assert NAME.encode() in of_book(shell, register=True)
    for data in (of_book(shell), everything_else(package)):
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
    at = ("--book", book, "--as", "admin")
    proof = shell("audit", "prove", "G-1@1", *at).out
    assert shell("officer", "erase", "leader", *at).out == "erased: leader\n"
    assert NAME.encode() not in of_book(shell, register=True)
    assert "leader proposed" in shell("audit", "history", "G-1", *at).out
    assert "name erased on 20" in shell("officer", "list", *at).out
    assert shell("audit", "verify", *at).code == 0
    assert shell("audit", "prove", "G-1@1", *at).out == proof
    again = shell("officer", "erase", "leader", *at)
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
def test_who_may_not_and_what_is_no_name(
    shell: Shell, book: str, words: tuple[str, ...], code: int, message: str
) -> None:
    result = shell("officer", *words, "--book", book)
    assert (result.code, message in result.err) == (code, True), result.err
    assert NAME.encode() in of_book(shell, register=True)


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
def test_what_seems_to_tell_of_a_person(text: str) -> None:
    assert len(personal({"note": text, "lines": [{"name": text}]})) == 2


@pytest.mark.parametrize("text", HARMLESS)
def test_what_does_not(text: str) -> None:
    assert personal({"command_id": "a@b.org", "note": text, "deep": {"reason": [text]}}) == []


def test_who_records_is_warned_and_the_entry_stands(shell: Shell, book: str) -> None:
    at = ("--book", book, "--as", "admin")
    cost = ("grant", "cost", "G-1", "--purpose", "supervision", "--amount", "10.00 USD", "--on", "2017-06-01")
    result = shell(*cost, "--actor", "leader", "--note", "ask ada@example.org", *at)
    assert result.code == 0, result.err
    assert "warning: note seems to hold an e-mail address; entries are kept for ever" in result.err
    line = {"command": "RecordCost", "grant": "G-1", "on": "2017-06-02", "actor": "leader"}
    line |= {"purpose": "supervision", "amount": "10.00 USD", "note": "+1 202 473 1000"}
    recorded = shell("record", shell.file([line]), *at)
    assert recorded.code == 0, recorded.out
    assert "warning: note seems to hold a telephone number" in recorded.err
    assert "warning" not in shell("record", shell.file([line]), *at).err


def test_a_note_is_capped(shell: Shell, book: str) -> None:
    at = ("--book", book, "--as", "admin")
    result = shell("officer", "appoint", "new", "--roles", "ttl", "--note", "x" * 2_001, *at)
    assert result.code == 2
    assert "--note" in result.err
