"""Record on a disk that is too small until it is full. Run it where the disk is mounted:
    python disk.py FOLDER LINES

It prints the exit codes and outputs of the commands as JSON.
"""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cli.commands.record import run as record_run
from cli.main import run as grantbook

record_run._BATCH_SECONDS = 0.001  # small commits, so that some are acknowledged before the disk is full


def run_command(*words: str) -> tuple[int, str, str]:
    """Run a command. Returns its exit code, output and errors."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = grantbook(list(words))
    return code, out.getvalue(), err.getvalue()


if __name__ == "__main__":
    folder, lines = Path(sys.argv[1]), sys.argv[2]
    at = ("--book", str(folder / "book"), "--as", "admin")
    created = run_command("init", *at, "--name", "The Facility", "--on", "2008-10-01")
    recorded = run_command("record", lines, *at, "--json") if created[0] == 0 else created
    sys.stdout.write(json.dumps({"init": created, "record": recorded}))
