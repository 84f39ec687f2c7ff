"""Where the answer goes: closed streams, full disks, readers that have gone."""

import os
import subprocess
import sys

import pytest

from support.cli_shell import PROGRAM, Shell

FEE = ("fund", "charge-fee", "--amount", "10.00 USD", "--on", "2019-01-01", "--actor", "cash")


def _redirected(shell: Shell, to: str, *words: str, unbuffered: str = "") -> tuple[int, str]:
    """A command with its streams somewhere: its exit code, and what it said on stderr."""
    line = f'exec "{sys.executable}" -c "{PROGRAM}" "$@" {to}'
    done = subprocess.run(
        ["bash", "-c", line, "bash", *words],
        cwd=shell.folder,
        env={**shell.env(), "PYTHONUNBUFFERED": unbuffered},  # a full buffer is tried again at the end
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize("to", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(lived: Shell, to: str) -> None:
    before = lived("--json", "views", "status").row["journal"]
    assert _redirected(lived, to, *FEE)[0] == 0
    assert _redirected(lived, to, "report", "fund")[0] == 0
    assert _redirected(lived, to, "--help")[0] == 0
    assert lived("--json", "views", "status").row["journal"] == before + 1


def test_an_answer_that_cannot_be_written(lived: Shell) -> None:
    """Whoever ran it again because of that would record it twice."""
    before = lived("--json", "views", "status").row["journal"]
    code, result = _redirected(lived, ">/dev/full", *FEE)
    assert code == 5
    assert "what was to be recorded is recorded" in result
    assert "run it again" not in result
    assert _redirected(lived, ">/dev/full", "report", "fund")[0] == 5
    assert lived("--json", "views", "status").row["journal"] == before + 1


@pytest.mark.parametrize(
    "words",
    [
        *(("report", "register", "--format", form) for form in ("table", "json", "csv", "html")),
        ("report", "timeline", "--due-within", "30", "--format", "ics"),
        ("audit", "entries"),
    ],
)
def test_a_full_disk_below_the_output_is_no_fault_of_the_views(lived: Shell, words: tuple[str, ...]) -> None:
    """The first row fails, while the views are open, because nothing is buffered."""
    code, result = _redirected(lived, ">/dev/full", *words, unbuffered="1")
    assert code == 5
    assert "the answer could not be written (No space left on device)" in result
    assert "views" not in result


@pytest.mark.parametrize("words", [FEE, ("report", "register"), ("audit", "history", "G-1"), ("--help",)])
def test_a_reader_that_has_gone_is_no_refusal(lived: Shell, words: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write) as closed:
        command = [sys.executable, "-c", PROGRAM, *words]
        done = subprocess.run(
            command, cwd=lived.folder, env=lived.env(), stdout=closed, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("report", "register", "--format", "csv"), ("audit", "entries")])
def test_a_file_is_not_put_in_the_place_of_a_pipe(lived: Shell, words: tuple[str, ...]) -> None:
    """As ``--output >(gzip)`` of a shell is one, and /dev/null a device."""
    place = lived.folder / "pipe"
    os.mkfifo(place)
    with subprocess.Popen(["cat", str(place)], stdout=subprocess.PIPE) as reader:
        result = lived(*words, "--output", str(place))
        assert result.code == 0, result
        assert place.is_fifo()
        assert reader.stdout is not None
        assert b"G-1" in reader.stdout.read()


def test_stdout_by_its_name(lived: Shell) -> None:
    place = lived.folder / "own"
    place.symlink_to("/dev/stdout")
    code, _ = _redirected(lived, ">file", "report", "register", "--format", "csv", "--output", "own")
    assert code == 0
    assert place.is_symlink()
    assert "G-1" in (lived.folder / "file").read_text()


def test_a_folder_is_no_file_to_write(lived: Shell) -> None:
    for place in (".", ""):
        result = lived("report", "register", "--format", "csv", "--output", place)
        assert (result.code, "cannot be written: Is a directory" in result.err) == (2, True), result
