"""The address of a database: its password is told nowhere, however it was written."""

import psycopg
import pytest

from lifecycle.book.book import Book
from lifecycle.journal.addresses import named
from lifecycle.kernel.errors import Unreachable
from support import given as g
from support.books import make_book
from support.cli_shell import Shell

UNTOLD = "Geh3im"
PASSWORDS = {
    "as it should be": f"{UNTOLD}%40x",
    "a colon": f"a:{UNTOLD}",
    "a question mark": f"a?{UNTOLD}",
    "a hash": f"a#{UNTOLD}",
    "a bracket": f"a[{UNTOLD}",
    "the other bracket": f"a]{UNTOLD}",
    "an ampersand": f"a&{UNTOLD}",
    "an at sign": f"a@{UNTOLD}",
}
"""With these the driver connects."""
NO_ADDRESSES = {
    "a percent sign": "postgresql://ann:{}%zz@host/fund",
    "a slash": "postgresql://ann:a/{}@host/fund",
    "a zero byte": "postgresql://ann:{}%00@host/fund",
    "where the port should be": "postgresql://ann:{}/fund",
    "half an IPv6 address": "postgresql://ann:{}@[::1/fund",
    "more after an IPv6 address": "postgresql://ann:{}@[::1]x/fund",
    "a percent sign, asked": "postgresql://ann@host/fund?password={}%zz",
    "another mark between": "postgresql://ann@host/fund?user=x;password={}",
    "another database": "mysql://ann:{}@host/fund",
    "another library's": "postgresql+psycopg://ann:{}@host/fund",
    "capitals": "POSTGRESQL://ann:{}@host/fund",
    "a blank before": " postgresql://ann:{}@host/fund",
    "one slash": "postgresql:/ann:{}@host/fund",
    "words": "host=localhost user=ann password={}",
}


def said(shell: Shell, *words: str) -> str:
    """All that it printed; a mistake is the asker's, or the store's."""
    told = shell(*words)
    assert told.code in {0, 2, 5}, told
    return told.out + told.err


@pytest.mark.parametrize("what", PASSWORDS)
def test_a_password_with_any_mark_is_not_told(database: str, shell: Shell, what: str) -> None:
    make_book(database, clock=None).close()
    address = database.replace("postgres@", f"postgres:{PASSWORDS[what]}@")
    for words in (
        ("--book", address, "health"),
        ("--book", address, "report", "fund", "--views", address),
        ("move", address, "copy"),
        ("move", "copy", address),
        ("init", address, "--name", "The Facility"),
    ):
        assert UNTOLD not in said(shell, *words)


@pytest.mark.parametrize("what", NO_ADDRESSES)
def test_what_is_no_address_is_told_without_its_password(shell: Shell, what: str) -> None:
    address = NO_ADDRESSES[what].format(UNTOLD)
    for words in (
        ("--book", address, "health"),
        ("--book", address, "grant", "cost", "SSF-1", "--amount", "1.00 USD"),
        ("--book", address, "grant", "show", "SSF-1"),
        ("report", "fund", "--views", address),
        ("move", address, "copy"),
    ):
        told = said(shell, *words)
        assert UNTOLD not in told
        assert "postgresql://" in told


def test_an_address_is_named_without_what_is_secret() -> None:
    told = "postgresql://ann:x@one:5432,[::1]:5433/fund?sslmode=require&pass%77ord=x&oauth_client_secret=x&host=a"
    assert named(told) == "postgresql://ann@one:5432,[::1]:5433/fund?sslmode=require&host=a"
    assert named(f"postgresql:///fund?user=a@b&password={UNTOLD}") == "postgresql://@b"
    assert named("postgresql:///fund?host=/run") == "postgresql:///fund?host=/run"
    assert named("postgresql://") == "postgresql://"


def test_a_wrong_password_and_a_database_that_is_not_there_are_told(book: Book, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        (name,) = connection.execute("SELECT current_database()").fetchone() or ("",)
    for address in (database.replace(name, "nowhere"), database.replace("postgres@", f"nobody:{UNTOLD}@")):
        with pytest.raises(Unreachable, match="does not exist") as told:
            Book.open(address)
        assert UNTOLD not in str(told.value)
    assert book.record(g.cost("06-12"), "t.leader").outcome == "accepted"
