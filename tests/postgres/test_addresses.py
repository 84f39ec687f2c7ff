"""The address of a database: its password is never printed, also if the address is malformed."""

import psycopg
import pytest

from lifecycle.book.book import Book
from lifecycle.journal.addresses import named
from lifecycle.kernel.errors import Unreachable
from support import given as g
from support.books import make_book
from support.cli_shell import Shell

WITHHELD = "Geh3im"
PASSWORDS = {
    "as it should be": f"{WITHHELD}%40x",
    "a colon": f"a:{WITHHELD}",
    "a question mark": f"a?{WITHHELD}",
    "a hash": f"a#{WITHHELD}",
    "a bracket": f"a[{WITHHELD}",
    "the other bracket": f"a]{WITHHELD}",
    "an ampersand": f"a&{WITHHELD}",
    "an at sign": f"a@{WITHHELD}",
}
"""Passwords with which the driver connects."""
BAD_ADDRESSES = {
    "a percent sign": "postgresql://ann:{}%zz@host/fund",
    "a slash": "postgresql://ann:a/{}@host/fund",
    "a zero byte": "postgresql://ann:{}%00@host/fund",
    "in the place of the port": "postgresql://ann:{}/fund",
    "half an IPv6 address": "postgresql://ann:{}@[::1/fund",
    "more after an IPv6 address": "postgresql://ann:{}@[::1]x/fund",
    "a percent sign in the query": "postgresql://ann@host/fund?password={}%zz",
    "another mark between": "postgresql://ann@host/fund?user=x;password={}",
    "another database": "mysql://ann:{}@host/fund",
    "another library's": "postgresql+psycopg://ann:{}@host/fund",
    "capitals": "POSTGRESQL://ann:{}@host/fund",
    "a blank before": " postgresql://ann:{}@host/fund",
    "one slash": "postgresql:/ann:{}@host/fund",
    "words": "host=localhost user=ann password={}",
}


def printed(shell: Shell, *words: str) -> str:
    """Run the command and return all that it prints. Its exit code may be 0, 2 or 5."""
    result = shell(*words)
    assert result.code in {0, 2, 5}, result
    return result.out + result.err


@pytest.mark.parametrize("name", PASSWORDS)
def test_a_password_with_any_character_is_not_printed(database: str, shell: Shell, name: str) -> None:
    make_book(database, clock=None).close()
    address = database.replace("postgres@", f"postgres:{PASSWORDS[name]}@")
    for words in (
        ("--book", address, "health"),
        ("--book", address, "report", "fund", "--views", address),
        ("move", address, "copy"),
        ("move", "copy", address),
        ("init", address, "--name", "The Facility"),
    ):
        assert WITHHELD not in printed(shell, *words)


@pytest.mark.parametrize("name", BAD_ADDRESSES)
def test_a_malformed_address_is_named_without_its_password(shell: Shell, name: str) -> None:
    address = BAD_ADDRESSES[name].format(WITHHELD)
    for words in (
        ("--book", address, "health"),
        ("--book", address, "grant", "cost", "SSF-1", "--amount", "1.00 USD"),
        ("--book", address, "grant", "show", "SSF-1"),
        ("report", "fund", "--views", address),
        ("move", address, "copy"),
    ):
        output = printed(shell, *words)
        assert WITHHELD not in output
        assert "postgresql://" in output


def test_an_address_is_named_without_its_secrets() -> None:
    address = "postgresql://ann:x@one:5432,[::1]:5433/fund?sslmode=require&pass%77ord=x&oauth_client_secret=x&host=a"
    assert named(address) == "postgresql://ann@one:5432,[::1]:5433/fund?sslmode=require&host=a"
    assert named(f"postgresql:///fund?user=a@b&password={WITHHELD}") == "postgresql://@b"
    assert named("postgresql:///fund?host=/run") == "postgresql:///fund?host=/run"
    assert named("postgresql://") == "postgresql://"


def test_a_wrong_user_and_a_missing_database_are_named(book: Book, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        (name,) = connection.execute("SELECT current_database()").fetchone() or ("",)
    for address in (database.replace(name, "nowhere"), database.replace("postgres@", f"nobody:{WITHHELD}@")):
        with pytest.raises(Unreachable, match="does not exist") as error:
            Book.open(address)
        assert WITHHELD not in str(error.value)
    assert book.record(g.cost("06-12"), "t.leader").outcome == "accepted"
