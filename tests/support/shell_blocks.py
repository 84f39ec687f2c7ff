"""Runs the blocks of a page in one shell, and holds what they print against what the page shows."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(
    r"^```(?:sh|(python)(?=\nimport grantbook))\n(.*?)^```\n(?:\s*```text\n(.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
"""A block of shell lines, or one in Python that begins with ``import grantbook``; and the text after it."""
_MARK = "--8<-- end of block"


@dataclass(frozen=True)
class Block:
    """Shell lines, or Python in a shell's words, and the lines that the page shows after them."""

    line: int
    code: str
    shown: list[str]


def blocks(page: Path) -> list[Block]:
    """The ``sh`` and ``python`` blocks of a page, each with the ``text`` block that follows it directly."""
    text = page.read_text("utf-8")
    return [
        Block(
            text.count("\n", 0, found.start()) + 1,
            f"python - <<'END OF PYTHON'\n{found[2]}END OF PYTHON" if found[1] else found[2],
            (found[3] or "").splitlines(),
        )
        for found in _BLOCK.finditer(text)
    ]


def run(page: Path, place: Path, **variables: str) -> None:
    """Run the page's blocks in order in an empty folder. Fails with the first line that is not printed.

    A line that is shown has to be printed, in its place among the others; ``…`` stands for anything.
    Lines may be printed that the page leaves out.
    """
    found = blocks(page)
    assert found, f"{page} has no sh block"
    script = "".join(f"{block.code}\necho '{_MARK}'\n" for block in found)
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=place,
        env=_environment(place) | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    outputs = done.stdout.split(_MARK + "\n")
    for block, output in zip(found, outputs, strict=False):
        where = f"{page.relative_to(ROOT)}:{block.line}"
        missing = first_missing(block.shown, output.splitlines())
        assert missing is None, f"{where} shows {missing!r}, which is not printed (there):\n{output}"
    last = found[min(len(outputs) - 1, len(found) - 1)]
    assert done.returncode == 0, f"{page.relative_to(ROOT)}:{last.line} failed:\n{outputs[-1]}"


def first_missing(shown: list[str], printed: list[str]) -> str | None:
    """The first shown line that is not printed after those before it; `None` where all are."""
    rest = iter(printed)
    for line in shown:
        pattern = re.compile(".*".join(map(re.escape, line.rstrip().split("…"))))
        if line.strip() and not any(pattern.fullmatch(other.rstrip()) for other in rest):
            return line
    return None


def _environment(place: Path) -> dict[str, str]:
    """A shell of a new user: 80 columns, no colour, ``grantbook``, ``python`` and ``python3`` on the path."""
    tools = place / ".tools"
    tools.mkdir()
    for name, arguments in (("grantbook", "-m grantbook"), ("python", ""), ("python3", "")):
        tool = tools / name
        tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n', "utf-8")
        tool.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRANTBOOK_")}
    return kept | {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "LANG": "C.UTF-8",
    }
