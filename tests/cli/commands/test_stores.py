"""Books on a server, from the shell: made, told of, and given roles."""

import psycopg
import pytest

from support.cli_shell import Shell, life
from support.servers import Server


def test_a_book_is_made_and_recorded_in(shell: Shell, database: str) -> None:
    address = database.replace("postgres@", "postgres:secret@")
    made = shell("init", address, "--name", "A fund", "--on", "2008-10-01")
    assert made.code == 0, made.err
    assert "secret" not in made.out + made.err
    at = ("--book", address, "--as", "admin")
    done = shell("record", shell.file(life()), *at)
    assert done.code == 0, done.out + done.err
    shown = shell("audit", "replay", "G-1", "--on", "2017-12-31", "--known", "1000", *at)
    assert shown.code == 0, shown.err
    assert "disbursed 60,000.00 USD, refunded 2,000.00 USD" in shown.out
    assert "unsealed" in shell("audit", "verify", "--journal-only", *at).out
    assert shell("audit", "seal", *at).code == 0
    assert shell("audit", "verify", "--journal-only", *at).code == 0


def test_a_second_book_is_not_made_over_the_first(shell: Shell, database: str) -> None:
    for code in (0, 5):
        made = shell("init", database, "--name", "A fund", "--on", "2008-10-01")
        assert made.code == code
    assert "needs its own database" in made.err


@pytest.mark.parametrize("there", ["", ".stored_event_text AS (originator_id text)", ".mine (name text)"])
def test_what_an_early_end_of_init_left_is_no_hindrance(shell: Shell, database: str, there: str) -> None:
    """A schema, empty or with the library's types; one that holds a table is somebody's."""
    with psycopg.connect(database, autocommit=True) as raw:
        raw.execute("CREATE SCHEMA journal")
        if there:
            raw.execute(f"CREATE {'TYPE' if ' AS ' in there else 'TABLE'} journal{there}".encode())
    made = shell("init", database, "--name", "A fund", "--on", "2008-10-01")
    assert made.code == (5 if "mine" in there else 0), made.err
    assert ("needs its own database" in made.err) == ("mine" in there)


def test_where_no_book_is_and_where_no_server_is(shell: Shell, database: str) -> None:
    result = shell("grant", "list", "--book", database)
    assert (result.code, "is not a grantbook journal" in result.err) == (5, True)
    result = shell("grant", "list", "--book", "postgresql://nobody:secret@localhost:1/none")
    assert result.code == 5
    assert "Connection refused" in result.err
    assert "secret" not in result.err


def test_health(shell: Shell, database: str) -> None:
    """The server of the tests is quick, not safe: that is told."""
    assert shell("init", database, "--name", "A fund", "--on", "2008-10-01").code == 0
    result = shell("--json", "health", "--book", database)
    assert result.code == 5
    checks = {check["what"]: check["well"] for check in result.row["checks"]}
    assert checks["server"]
    assert checks["the journal is guarded"]
    assert not checks["commits are on disk before they are acknowledged"]
    assert shell("health", "--standby", "--book", database).code == 5


@pytest.mark.of_a_file("how it is kept")
def test_health_of_a_folder(shell: Shell) -> None:
    assert shell("init", shell.book, "--name", "A fund", "--on", "2008-10-01").code == 0
    assert shell("health", "--book", shell.book).code == 0
    assert shell("health", "--standby", "--book", shell.book).code == 5


def test_roles_can_be_made_with_what_is_printed(shell: Shell, database: str, server: Server) -> None:
    assert shell("init", database, "--name", "A fund", "--on", "2008-10-01").code == 0
    name = database.rpartition("/")[0] and database.partition("@/")[2].partition("?")[0]
    printed = shell("roles", "--prefix", name)
    assert printed.code == 0
    server.rows(printed.out, name)
    found = server.rows(f"SELECT rolname FROM pg_roles WHERE rolname LIKE '{name}\\_%' ORDER BY 1")
    roles = ["administrator", "auditor", "owner", "projector", "reporter"]
    assert found == [(f"{name}_{role}",) for role in roles]
    assert shell("roles", "--prefix", "x; DROP").code == 2
