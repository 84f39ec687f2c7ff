"""Books on a PostgreSQL server, made and used from the shell."""

import psycopg
import pytest

from support.cli_shell import Shell, life
from support.servers import Server


def test_a_book_is_made_and_recorded_in(shell: Shell, database: str) -> None:
    address = database.replace("postgres@", "postgres:secret@")
    made = shell("init", address, "--name", "A fund", "--on", "2008-10-01")
    assert made.code == 0, made.err
    assert "secret" not in made.out + made.err
    options = ("--book", address, "--as", "admin")
    result = shell("record", shell.file(life()), *options)
    assert result.code == 0, result.out + result.err
    replay = shell("audit", "replay", "G-1", "--on", "2017-12-31", "--known", "24", *options)
    assert replay.code == 0, replay.err
    assert "disbursed 60,000.00 USD, refunded 2,000.00 USD" in replay.out
    assert "unsealed" in shell("audit", "verify", "--journal-only", *options).out
    assert shell("audit", "seal", *options).code == 0
    assert shell("audit", "verify", "--journal-only", *options).code == 0


def test_a_second_book_is_not_made_over_the_first(shell: Shell, database: str) -> None:
    for code in (0, 5):
        made = shell("init", database, "--name", "A fund", "--on", "2008-10-01")
        assert made.code == code
    assert "needs its own database" in made.err


@pytest.mark.parametrize("leftover", ["", ".stored_event_text AS (originator_id text)", ".mine (name text)"])
def test_what_an_interrupted_init_left_does_not_hinder_the_next(
    shell: Shell, database: str, leftover: str
) -> None:
    """The schema may be empty or hold the library's types. One with a table belongs to somebody else."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA journal")
        if leftover:
            object_type = "TYPE" if " AS " in leftover else "TABLE"
            connection.execute(f"CREATE {object_type} journal{leftover}".encode())
    made = shell("init", database, "--name", "A fund", "--on", "2008-10-01")
    is_refused = "mine" in leftover
    assert made.code == (5 if is_refused else 0), made.err
    assert ("needs its own database" in made.err) == is_refused


def test_an_empty_database_and_a_missing_server_are_unreachable(shell: Shell, database: str) -> None:
    result = shell("grant", "list", "--book", database)
    assert (result.code, "is not a grantbook journal" in result.err) == (5, True)
    result = shell("grant", "list", "--book", "postgresql://nobody:secret@localhost:1/none")
    assert result.code == 5
    assert "Connection refused" in result.err
    assert "secret" not in result.err


def test_health(shell: Shell, database: str) -> None:
    """The server of the tests is quick, not safe, and the check of commits says so."""
    assert shell("init", database, "--name", "A fund", "--on", "2008-10-01").code == 0
    result = shell("--json", "health", "--book", database)
    assert result.code == 5
    checks = {check["what"]: check["well"] for check in result.row["checks"]}
    assert checks["server"]
    assert checks["the journal is guarded"]
    assert not checks["commits are on disk before they are acknowledged"]
    assert shell("health", "--standby", "--book", database).code == 5


@pytest.mark.of_a_file("how it is kept")
def test_a_folder_is_healthy_and_no_standby(shell: Shell) -> None:
    assert shell("init", shell.book, "--name", "A fund", "--on", "2008-10-01").code == 0
    assert shell("health", "--book", shell.book).code == 0
    assert shell("health", "--standby", "--book", shell.book).code == 5


def test_the_printed_sql_makes_the_roles(shell: Shell, database: str, server: Server) -> None:
    assert shell("init", database, "--name", "A fund", "--on", "2008-10-01").code == 0
    name = database.partition("@/")[2].partition("?")[0]
    printed = shell("roles", "--prefix", name)
    assert printed.code == 0
    server.rows(printed.out, name)
    made = server.rows(f"SELECT rolname FROM pg_roles WHERE rolname LIKE '{name}\\_%' ORDER BY 1")
    roles = ["administrator", "auditor", "owner", "projector", "reporter"]
    assert made == [(f"{name}_{role}",) for role in roles]
    assert shell("roles", "--prefix", "x; DROP").code == 2


@pytest.mark.of_a_file("a folder")
def test_the_address_of_a_new_book_can_be_pasted_into_a_shell(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRANTBOOK_BOOK", raising=False)
    made = shell("init", "my fund", "--name", "F", "--as", "admin")
    assert "with --book 'my fund' or GRANTBOOK_BOOK='my fund'" in made.out
