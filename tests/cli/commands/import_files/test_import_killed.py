"""An import that is killed while it records is finished by running it again."""

import signal
import subprocess
import sys

import pytest

from support.cli_shell import Shell
from support.import_tables import payments

KILLED_AFTER = """
import os, signal, sys
from cli.commands.import_files import import_run
from cli.commands.record.run import Run
from cli.main import main

import_run._BATCH, taken, take, batches = 30, [], Run.take_requests, int(sys.argv.pop(1))

def counted(run, requests):
    take(run, requests)
    if not run.dry:
        taken.append(requests)
    if len(taken) == batches:
        os.kill(os.getpid(), signal.SIGKILL)

Run.take_requests = counted
main()
"""
"""Kills itself when this number of batches of 30 commands is recorded."""


@pytest.mark.of_a_file("what a killed process leaves of its transactions")
def test_an_import_that_is_killed_is_finished_by_running_it_again(lived: Shell) -> None:
    """120 commands of 40 payments: the first run records 60, the second the others."""
    file = payments(lived, 40)
    before = lived("--json", "views", "status").row["journal"]
    words = [sys.executable, "-c", KILLED_AFTER, "2", "import", "payments", file]
    killed = subprocess.run(words, cwd=lived.folder, env=lived.env(), check=False)
    assert killed.returncode == -signal.SIGKILL
    assert lived("--json", "views", "status").row["journal"] == before + 60
    row = lived("--json", "import", "payments", file).row
    assert row["recorded"] == {"repeat": 60, "accepted": 60}
    assert lived("--json", "views", "status").row["journal"] == before + 120
    statuses = [row["status"] for row in lived("--json", "payment", "list").rows if row["payment"] != "P1"]
    assert statuses == ["disbursed"] * 40
    assert lived("audit", "verify").code == 0
