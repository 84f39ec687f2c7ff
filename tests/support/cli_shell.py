"""A shell in its own folder, which runs the real command and returns its exit code and output."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

import lifecycle
from cli.main import run
from lifecycle.book.book import Book
from support.reading import raw_views

SRC = Path(lifecycle.__file__).parents[1]
"""The source that the tests import, so that their processes import the same program."""
PROGRAM = "from cli.main import main; main()"


@dataclass(frozen=True)
class Result:
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of JSON Lines on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self) -> dict[str, Any]:
        (only,) = self.rows
        return only


class Shell:
    """Runs commands in this process; `other` runs one in a new process."""

    def __init__(self, folder: Path, book: Path | str, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.place = folder, book
        self.book = str(book)
        """The book as an argument of a command."""
        self._capsys = capsys

    @property
    def path(self) -> Path:
        """The folder of a book in a folder."""
        assert isinstance(self.place, Path)
        return self.place

    @property
    def seals(self) -> Path:
        """The folder of the book's seals."""
        with Book.open(self.place, read_only=True) as book:
            return book.path

    @property
    def documents(self) -> list[str]:
        """The SHA-256 of each document of the book."""
        with Book.open(self.place, read_only=True) as book:
            return list(book.storage.documents())

    def views(self, *statements: str) -> None:
        """Run SQL on the book's views, past the program."""
        with closing(raw_views(self.place)) as connection:
            for statement in statements:
                connection.execute(statement)

    def lose_views(self) -> None:
        """Remove the book's views."""
        if isinstance(self.place, str):
            self.views("DROP SCHEMA views CASCADE")
            return
        for path in self.place.glob("views.sqlite*"):
            path.unlink()

    def __call__(self, *words: str) -> Result:
        self._capsys.readouterr()
        code = run(list(words))
        captured = self._capsys.readouterr()
        return Result(code, captured.out, captured.err)

    def other(self, *words: str, stdin: bytes = b"", program: str = PROGRAM, **env: str) -> Result:
        """Run the command in a new process."""
        completed = subprocess.run(
            [sys.executable, "-c", program, *words],
            input=stdin,
            capture_output=True,
            check=False,
            cwd=self.folder,
            env=self.env(**env),
        )
        return Result(completed.returncode, completed.stdout.decode(), completed.stderr.decode())

    def env(self, **more: str) -> dict[str, str]:
        """Return the environment of a process that finds our packages."""
        return {**os.environ, "PYTHONPATH": str(SRC), **more}

    def file(self, lines: Iterable[Any], name: str = "commands.jsonl") -> str:
        """Write a file of commands and return its path. Text and bytes are lines as they are."""
        return write_commands(self.folder / name, lines)


def write_commands(path: Path, lines: Iterable[Any]) -> str:
    """Write a file of commands and return its path. Text and bytes are lines as they are."""
    raw = [line if isinstance(line, bytes) else _text(line).encode() for line in lines]
    path.write_bytes(b"\n".join(raw) + b"\n")
    return str(path)


def run_as_admin(*words: str) -> None:
    """Run a command in this process, outside of a test."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as out, redirect_stderr(out):
        patch.setenv("GRANTBOOK_OFFICER", "admin")
        for name in ("GRANTBOOK_BOOK", "GRANTBOOK_DEBUG"):
            patch.delenv(name, raising=False)
        code = run([*words])
    assert code == 0, out.getvalue()


def make_lived(place: Path | str, *options: str) -> None:
    """Make a book with these options of ``init``, and record a grant's life up to the refund of a payment."""
    run_as_admin("init", str(place), "--on", "2008-10-01", *options)
    with TemporaryDirectory() as folder:
        commands = write_commands(Path(folder) / "commands.jsonl", life())
        run_as_admin("--book", str(place), "record", commands)


def _text(line: Any) -> str:
    return line if isinstance(line, str) else json.dumps(line)


OFFICERS = {
    "leader": ["ttl"],
    "desk": ["secretariat"],
    "reader": ["reviewer"],
    "boss": ["approver"],
    "boss2": ["approver"],
    "cash": ["finance"],
    "payer": ["finance"],
}


def officers() -> list[dict[str, Any]]:
    """Return the commands that appoint officers, join a partner and receive money."""
    appointed = [
        {"command": "AppointOfficer", "on": "2008-10-01", "officer": name, "roles": roles}
        for name, roles in OFFICERS.items()
    ]
    joined = {
        "command": "JoinPartner",
        "on": "2009-01-01",
        "actor": "desk",
        "partner": "DK",
        "name": "Denmark",
    }
    amount = {"partner": "DK", "amount": "1000000.00 USD", "actor": "cash"}
    return [
        *appointed,
        {**joined, "kind": "traditional"},
        {"command": "PledgeContribution", "on": "2009-01-02", **amount},
        {"command": "ReceiveInstalment", "on": "2009-01-03", **amount},
    ]


def on_grant(command: str, on: str, actor: str, **fields: Any) -> dict[str, Any]:
    """Return a command on the grant G-1."""
    return {"command": command, "grant": "G-1", "on": on, "actor": actor, **fields}


def bring_forward(**terms: Any) -> dict[str, Any]:
    """Return a command that brings the grant F-1 forward on 1 June 2017, with its stage, dates and totals."""
    return {
        "command": "BringForward",
        "grant": "F-1",
        "on": "2017-06-01",
        "actor": "boss",
        "title": "Tea",
        "window": "stand_alone",
        "recipients": ["KE"],
        "providers": ["LK"],
        "sector": "tea",
        "objective": "A strategy",
        "months": 12,
        "leader": "leader",
        "source": "register",
        **terms,
    }


def life() -> list[dict[str, Any]]:
    """Return commands for officers, money, and the grant G-1 up to a partial refund of its first payment."""
    amount = "80000.00 USD"
    return [
        *officers(),
        on_grant(
            "ProposeGrant",
            "2017-01-10",
            "leader",
            title="Learning about dairy",
            window="stand_alone",
            recipients=["TZ", "UG"],
            providers=["IN"],
            sector="agriculture",
            objective="A strategy in each country",
            amount=amount,
            months=12,
        ),
        on_grant(
            "RequestFunding",
            "2017-01-20",
            "leader",
            amount=amount,
            budget=[{"line": "travel", "amount": amount}],
            letters=[
                {"country": code, "ministry": "Ministry of Livestock", "dated": "2017-01-05"}
                for code in ("TZ", "UG")
            ],
        ),
        on_grant("ApproveGrant", "2017-02-10", "boss", amount="70000.00 USD"),
        on_grant("SignAgreement", "2017-03-01", "desk"),
        on_grant("MakeEffective", "2017-03-31", "desk", closing_date="2018-03-31"),
        on_grant(
            "RequestPayment",
            "2017-05-02",
            "leader",
            payment="P1",
            payee="Travel agent",
            category="travel",
            amount="60000.00 USD",
        ),
        on_grant("AuthorisePayment", "2017-05-04", "cash", payment="P1"),
        on_grant("DisburseFunds", "2017-05-09", "payer", payment="P1", amount="60000.00 USD", note="by wire"),
        on_grant("RecordRefund", "2017-08-01", "cash", payment="P1", amount="2000.00 USD"),
    ]


def with_corrections(lived: Shell) -> Shell:
    """Record a late entry, a correction, a struck entry and a struck correction."""
    version = lived("--json", "grant", "show", "G-1").row["version"]
    paid, refund = version - 1, version
    file = lived.file(
        [
            on_grant("RecordRefund", "2017-06-01", "cash", payment="P1", amount="700.00 USD"),
            on_grant(
                "CorrectEntry",
                "2017-09-01",
                "boss2",
                entry=paid,
                reads={"amount": "59000.00 USD"},
                reason="The advice says so",
            ),
            on_grant("CorrectEntry", "2017-09-02", "boss2", entry=refund, struck=True, reason="Never came"),
            on_grant(
                "CorrectEntry",
                "2017-09-03",
                "boss2",
                entry=version + 1,
                reads={"amount": "800.00 USD"},
                reason="A slip",
            ),
            on_grant("CorrectEntry", "2017-09-04", "boss", entry=version + 4, struck=True, reason="No slip"),
        ]
    )
    # The corrector is neither the actor nor the recorder of an entry, so boss strikes what boss2 corrected.
    result = lived("record", file)
    assert result.code == 0, result.out
    return lived
