"""Each line of a recorded file gets a receipt, and to record the file again changes nothing."""

import json
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from lifecycle.book.book import Book
from support.cli_shell import (
    PROGRAM,
    Shell,
    life,
    officers,
    on_grant,
)

FEE = {"command": "ChargeFee", "on": "2019-01-01", "actor": "cash", "amount": "1.00 USD"}
PAID_TWICE = on_grant("DisburseFunds", "2017-05-10", "payer", payment="P1", amount="60000.00 USD")


@pytest.mark.of_a_file("a database is sealed when it is asked for")
def test_a_file_recorded_again_repeats_each_receipt_and_changes_nothing(gb: Shell) -> None:
    file = gb.file([*life(), PAID_TWICE])
    first = gb("--json", "record", "--continue", file)
    assert first.code == 1
    assert [row["line"] for row in first.rows] == list(range(1, len(life()) + 2))
    assert [row["outcome"] for row in first.rows] == ["accepted"] * len(life()) + ["refused"]
    assert list(first.rows[0]) == [
        "line", "command_id", "outcome", "refusal", "message", "entries", "position",
    ]  # fmt: skip
    before = gb("--json", "views", "status").row
    again = gb("--json", "record", "--continue", file)
    assert again.code == 1
    assert [row["outcome"] for row in again.rows] == ["repeat"] * len(life()) + ["refused"]
    assert again.rows[-1]["refusal"] == "PaymentAlreadyDisbursed"
    assert [row["entries"] for row in again.rows] == [row["entries"] for row in first.rows]
    assert gb("--json", "views", "status").row == before
    assert before["behind"] == 0


def test_equal_lines_of_one_file_are_separate_commands(lived: Shell) -> None:
    file = lived.file([FEE, dict(reversed(FEE.items())), FEE])
    first = lived("--json", "record", file)
    assert [row["outcome"] for row in first.rows] == ["accepted"] * 3
    assert len({row["command_id"] for row in first.rows}) == 3
    assert {row["outcome"] for row in lived("--json", "record", file).rows} == {"repeat"}


def test_recording_stops_after_the_first_refusal(lived: Shell) -> None:
    file = lived.file([FEE, PAID_TWICE, FEE])
    result = lived("record", file)
    assert result.code == 1
    assert "line 2: refused: PaymentAlreadyDisbursed" in result.out
    assert "1 accepted, 1 refused" in result.out
    assert "stopped after line 2" in result.out
    again = lived("record", file)
    assert again.code == 1
    assert "line 2: refused: PaymentAlreadyDisbursed" in again.out
    assert "1 recorded before, 1 refused" in again.out


def test_recording_stops_after_the_first_malformed_line(lived: Shell) -> None:
    result = lived("--json", "record", lived.file([FEE, "nonsense", FEE]))
    assert result.code == 2
    assert [row["outcome"] for row in result.rows] == ["accepted", "malformed"]


def test_continue_records_the_lines_after_a_refused_or_malformed_one(lived: Shell) -> None:
    result = lived("--json", "record", "--continue", lived.file([FEE, "nonsense", "", PAID_TWICE, FEE]))
    assert result.code == 2
    assert [(row["line"], row["outcome"]) for row in result.rows] == [
        (1, "accepted"),
        (2, "malformed"),
        (4, "refused"),
        (5, "accepted"),
    ]


def test_a_version_conflict_is_reported_on_its_line(lived: Shell) -> None:
    stale = {**FEE, "expect_version": 1}
    result = lived("--json", "record", "--continue", lived.file([stale, FEE]))
    assert result.code == 3
    assert result.rows[0]["refusal"] == "VersionConflict"
    assert result.rows[1]["outcome"] == "accepted"
    assert lived("record", "--continue", lived.file([stale, PAID_TWICE])).code == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nonsense", "not JSON"),
        ("[]", "one object a line"),
        ('"text"', "one object a line"),
        ("{", "not JSON"),
        ("{}", "command: is missing"),
        ('{"command": 5}', "command: is missing"),
        ('{"command": "Nope"}', "is not a command"),
        ('{"command": "RecordUse", "grant": "G-1"}', "RecordUse has no field grant: it is about story"),
        ('{"command": "ChargeFee", "grant": "G-1"}', "ChargeFee has no field grant"),
        ('{"command": "ChargeFee", "on": "2019-01-01", "amount": NaN}', "NaN is not a number"),
        ('{"command": "ChargeFee", "on": "2019-01-01", "amount": 1e400}', "1e400 is too large"),
        ('{"command": "ChargeFee", "on": "2019-01-01", "amount": 5}', "write an amount as text"),
        ('{"command": "ChargeFee", "on": "2019-01-01", "amount": "NaN USD"}', "write an amount as text"),
        ('{"command": "ChargeFee", "on": "2019-02-30", "amount": "1.00 USD"}', "write a day as YYYY-MM-DD"),
        ('{"command": "ChargeFee", "on": "", "amount": "1.00 USD"}', "on: write a day as YYYY-MM-DD"),
        ('{"command": "ChargeFee", "on": "2019-01-01", "amount": "1.00 USD", "x": 1}', "not a field"),
        ('{"command": "ChargeFee", "on": "2019-01-01", "amount": "1.00 USD", "on": "2019-01-02"}', "twice"),
        (b'{"command": "\xff"}', "not UTF-8 at byte 14"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"n": ' + "9" * 5_000 + "}", "not one"),
        ('{"note": "' + "x" * 10_000_000 + '"}', "longer than 1024 KiB"),
        ('{"command": "ChargeFee", "on": "2019-01-01", "amount": "1.00 USD", "command_id": 5}', "command_id"),
        ('{"command": "ChargeFee", "on": "2019-01-01", "amount": "1.00 USD", "note": "\\ud800"}', "note"),
        ('{"command": "ProposeGrant", "grant": "G", "title": "a\\u001bb"}', "title: control character"),
        ('{"command": "ProposeGrant", "grant": "G", "recipients": ["XX"]}', "XX is not an ISO 3166-1"),
    ],
)
def test_a_malformed_line_is_named_and_changes_nothing(lived: Shell, line: Any, message: str) -> None:
    before = lived("--json", "views", "status").row
    result = lived("record", "--continue", lived.file([line]))
    assert result.code == 2
    assert result.out.startswith("line 1: malformed: ")
    assert message in result.out
    assert len(result.out) < 3_000
    assert lived("--json", "views", "status").row == before


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(lived: Shell) -> None:
    raw = b"\xef\xbb\xbf" + json.dumps(FEE).encode() + b"\r\n\r\n" + json.dumps(FEE).encode()
    (lived.folder / "windows.jsonl").write_bytes(raw)
    result = lived("--json", "record", "windows.jsonl")
    assert [(row["line"], row["outcome"]) for row in result.rows] == [(1, "accepted"), (3, "accepted")]


def test_an_empty_file_holds_no_commands(lived: Shell) -> None:
    result = lived("record", lived.file([""]))
    assert result.code == 0
    assert result.out == "no commands\n"


def test_each_line_of_an_open_pipe_gets_its_receipt_at_once(gb: Shell) -> None:
    """Each line's receipt is written before the next line is read."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--json", "record", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=gb.folder,
        env=gb.env(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for number, command in enumerate(officers(), 1):
        process.stdin.write(json.dumps(command).encode() + b"\n")
        process.stdin.flush()
        receipt = json.loads(process.stdout.readline())
        assert (receipt["line"], receipt["outcome"]) == (number, "accepted")
    process.stdin.close()
    assert process.wait(timeout=30) == 0
    assert gb("--json", "views", "status").row["behind"] == 0


def test_an_interrupted_run_is_finished_by_running_it_again(
    lived: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = lived.file([FEE] * 30)
    record, calls = Book.record, []

    def interrupted(self: Book, *arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 20:
            raise KeyboardInterrupt
        return record(self, *arguments)

    before = lived("--json", "views", "status").row["journal"]
    monkeypatch.setattr(Book, "record", interrupted)
    result = lived("record", file)
    monkeypatch.setattr(Book, "record", record)
    assert result.code == 130
    assert "run the same file again" in result.err
    assert lived("record", file).code == 0
    status = lived("--json", "views", "status").row
    assert status["journal"] == before + 30
    assert status["behind"] == 0


@pytest.mark.slow
def test_a_killed_run_is_finished_by_running_it_again(lived: Shell) -> None:
    file = lived.file([FEE] * 4_000)
    before = lived("--json", "views", "status").row["journal"]
    for wait in (0.9, 0.6, 1.2):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "record", file], cwd=lived.folder, env=lived.env()
        )
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
    result = lived("record", file)
    assert result.code == 0, result.err
    status = lived("--json", "views", "status").row
    assert status["journal"] == before + 4_000
    assert status["behind"] == 0


@pytest.mark.of_a_file("its disk")
def test_a_full_disk_keeps_what_was_durable(lived: Shell) -> None:
    file = lived.file([{**FEE, "note": "x" * 1_500}] * 3_000)
    before = len(lived("--json", "audit", "history", "fund").rows)
    size = sum(path.stat().st_size for path in lived.path.iterdir() if path.is_file())
    program = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    program += f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size + 2_000_000},) * 2);" + PROGRAM
    result = lived.other("record", file, program=program)
    assert result.code == 5, result
    assert "Traceback" not in result.err
    assert "run the same file again" in result.err
    assert lived("record", file).code == 0
    assert lived("--json", "views", "status").row["behind"] == 0
    assert len(lived("--json", "audit", "history", "fund").rows) == before + 3_000


def test_a_closed_pipe_stops_recording_and_says_so(lived: Shell) -> None:
    file = lived.file([FEE] * 3_000)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--json", "record", file],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=lived.folder,
        env=lived.env(),
    )
    assert process.stdout is not None
    process.stdout.close()
    _, error_output = process.communicate(timeout=60)
    assert process.returncode == 141
    assert b"nobody reads the answers any more" in error_output
    assert b"Traceback" not in error_output
    assert lived("record", file).code == 0
