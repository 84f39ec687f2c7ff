"""Record on a disk that is too small, until it is full; run where such a disk was mounted:
    python disk.py FOLDER LINES

Prints what the command line answered, as JSON.
"""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from cli.commands import record
from cli.main import run as grantbook

record._BATCH_SECONDS = 0.001  # small commits: some are acknowledged before it is full


def said(*words: str) -> tuple[int, str, str]:
    """Exit code and what was printed."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = grantbook(list(words))
    return code, out.getvalue(), err.getvalue()


if __name__ == "__main__":
    folder, lines = Path(sys.argv[1]), sys.argv[2]
    at = ("--book", str(folder / "book"), "--as", "admin")
    made = said("init", *at, "--name", "The Facility", "--on", "2008-10-01")
    recorded = said("record", lines, *at, "--json") if made[0] == 0 else made
    sys.stdout.write(json.dumps({"init": made, "record": recorded}))
