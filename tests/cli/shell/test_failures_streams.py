"""Commands survive closed streams, full disks and readers that have gone."""

import os
import subprocess
import sys

import pytest

from support.cli_shell import PROGRAM, Shell

FEE = ("fund", "charge-fee", "--amount", "10.00 USD", "--on", "2019-01-01", "--actor", "cash")


def _redirected(shell: Shell, redirection: str, *words: str, unbuffered: str = "") -> tuple[int, str]:
    """Run a command with redirected streams, and return its exit code and its stderr."""
    script = f'exec "{sys.executable}" -c "{PROGRAM}" "$@" {redirection}'
    completed = subprocess.run(
        ["bash", "-c", script, "bash", *words],
        cwd=shell.folder,
        env={**shell.env(), "PYTHONUNBUFFERED": unbuffered},  # A full buffer is written again at exit.
        capture_output=True,
        check=False,
    )
    return completed.returncode, completed.stderr.decode()


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_command_succeeds_with_closed_streams(lived: Shell, redirection: str) -> None:
    before = lived("--json", "views", "status").row["journal"]
    assert _redirected(lived, redirection, *FEE)[0] == 0
    assert _redirected(lived, redirection, "report", "fund")[0] == 0
    assert _redirected(lived, redirection, "--help")[0] == 0
    assert lived("--json", "views", "status").row["journal"] == before + 1


def test_output_that_cannot_be_written_does_not_undo_the_entry(lived: Shell) -> None:
    """The message does not ask to run the command again, which would record it twice."""
    before = lived("--json", "views", "status").row["journal"]
    code, error_output = _redirected(lived, ">/dev/full", *FEE)
    assert code == 5
    assert "what was to be recorded is recorded" in error_output
    assert "run it again" not in error_output
    assert _redirected(lived, ">/dev/full", "report", "fund")[0] == 5
    assert lived("--json", "views", "status").row["journal"] == before + 1


@pytest.mark.parametrize(
    "words",
    [
        *(("report", "register", "--format", form) for form in ("table", "json", "csv", "html")),
        ("report", "timeline", "--due-within", "30", "--format", "ics"),
        ("audit", "entries"),
        ("audit", "prove", "1"),
    ],
)
def test_output_on_a_full_disk_is_not_blamed_on_the_views(lived: Shell, words: tuple[str, ...]) -> None:
    """Output is unbuffered, so the first row fails while the views are open."""
    assert lived("audit", "seal").code == 0  # a database is sealed when it is asked for
    code, error_output = _redirected(lived, ">/dev/full", *words, unbuffered="1")
    assert code == 5
    assert "the answer could not be written (No space left on device)" in error_output
    assert "views" not in error_output


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_below_the_receipts_of_a_file_says_how_to_go_on(lived: Shell, unbuffered: str) -> None:
    # Given a file of three commands
    file = lived.file(
        {"command": "ChargeFee", "on": "2019-01-01", "actor": "cash", "amount": f"{number}.00 USD"}
        for number in (1, 2, 3)
    )
    before = lived("--json", "views", "status").row["journal"]
    # When the receipts cannot be written
    code, errors = _redirected(lived, ">/dev/full", "--json", "record", file, unbuffered=unbuffered)
    # Then it says which lines are recorded, and the same file again records the others
    assert code == 5, errors
    assert "the answer could not be written (No space left on device)" in errors
    assert "are recorded: run the same file again to go on; nothing is recorded twice" in errors
    assert lived("record", file).code == 0
    assert lived("--json", "views", "status").row["journal"] == before + 3


@pytest.mark.parametrize(
    "words",
    [
        FEE,
        ("report", "register"),
        ("audit", "history", "G-1"),
        ("audit", "prove", "1"),
        ("--help",),
    ],
)
def test_a_command_succeeds_if_its_reader_has_gone(lived: Shell, words: tuple[str, ...]) -> None:
    assert lived("audit", "seal").code == 0  # a database is sealed when it is asked for
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write) as pipe_without_reader:
        command = [sys.executable, "-c", PROGRAM, *words]
        done = subprocess.run(
            command,
            cwd=lived.folder,
            env=lived.env(),
            stdout=pipe_without_reader,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("report", "register", "--format", "csv"), ("audit", "entries")])
def test_a_file_is_not_put_in_the_place_of_a_pipe(lived: Shell, words: tuple[str, ...]) -> None:
    """A shell passes ``--output >(gzip)`` as a pipe."""
    pipe = lived.folder / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        result = lived(*words, "--output", str(pipe))
        assert result.code == 0, result
        assert pipe.is_fifo()
        assert reader.stdout is not None
        assert b"G-1" in reader.stdout.read()


def test_output_can_be_a_link_to_stdout(lived: Shell) -> None:
    link = lived.folder / "own"
    link.symlink_to("/dev/stdout")
    code, _ = _redirected(lived, ">file", "report", "register", "--format", "csv", "--output", "own")
    assert code == 0
    assert link.is_symlink()
    assert "G-1" in (lived.folder / "file").read_text()


def test_a_folder_cannot_be_the_output(lived: Shell) -> None:
    for folder in (".", ""):
        result = lived("report", "register", "--format", "csv", "--output", folder)
        assert (result.code, "cannot be written: Is a directory" in result.err) == (2, True), result
