"""Runs the blocks of a page in one shell, and compares what they print with what the page shows."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from support.command_server import CommandServer

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(
    r"^```(?:sh|(python)(?=\nimport grantbook))\n(.*?)^```\n(?:\s*```text\n(.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)
"""A block of shell lines, or one in Python that begins with ``import grantbook``; and the text after it."""
_MARK = "--8<-- end of block"
_COPY = """if [ "$1" = demo ] && [ $# -le 2 ]; then
  exec cp -R "{demo}" "${{2:-demo-book}}"
fi
"""
"""Lines of a shell that copy a book instead of recording the demo once more."""


@dataclass(frozen=True)
class Block:
    """Shell lines, or Python as a shell line, and the lines that the page shows after them."""

    line: int
    code: str
    shown: list[str]


def blocks(page: Path) -> list[Block]:
    """Return the ``sh`` and ``python`` blocks of a page, each with the ``text`` block directly after it."""
    text = page.read_text("utf-8")
    return [
        Block(
            text.count("\n", 0, match.start()) + 1,
            f"python - <<'END OF PYTHON'\n{match[2]}END OF PYTHON" if match[1] else match[2],
            (match[3] or "").splitlines(),
        )
        for match in _BLOCK.finditer(text)
    ]


def run(
    page: Path,
    folder: Path,
    commands: CommandServer | None = None,
    demo: Path | None = None,
    **variables: str,
) -> None:
    """Run the page's blocks in order in an empty folder. Fails with the first line that is not printed.

    A line that is shown has to be printed, in its place among the others; ``…`` stands for anything.
    Lines may be printed that the page leaves out. With a command server, ``grantbook`` is run by it;
    with a book of the demo, ``grantbook demo`` copies it.
    """
    page_blocks = blocks(page)
    assert page_blocks, f"{page} has no sh block"
    script = "".join(f"{block.code}\necho '{_MARK}'\n" for block in page_blocks)
    shell = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=_environment(folder, commands, demo) | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    outputs = shell.stdout.split(_MARK + "\n")
    for block, output in zip(page_blocks, outputs, strict=False):
        where = f"{page.relative_to(ROOT)}:{block.line}"
        missing = first_missing(block.shown, output.splitlines())
        assert missing is None, f"{where} shows {missing!r}, which is not printed (there):\n{output}"
    last = page_blocks[min(len(outputs) - 1, len(page_blocks) - 1)]
    assert shell.returncode == 0, f"{page.relative_to(ROOT)}:{last.line} failed:\n{outputs[-1]}"


def first_missing(shown: list[str], printed: list[str]) -> str | None:
    """Return the first shown line that is not printed after those before it, or None if all are."""
    lines_left = iter(printed)
    for line in shown:
        pattern = re.compile(".*".join(map(re.escape, line.rstrip().split("…"))))
        if line.strip() and not any(pattern.fullmatch(candidate.rstrip()) for candidate in lines_left):
            return line
    return None


def _environment(folder: Path, commands: CommandServer | None, demo: Path | None) -> dict[str, str]:
    """Return a new user's environment: 80 columns, no colour, ``grantbook`` and ``python`` on the path."""
    tools = folder / ".tools"
    tools.mkdir()
    python = f'"{sys.executable}"'
    grantbook = commands.shell_words if commands else f"{python} -m grantbook"
    for name, words in (("grantbook", grantbook), ("python", python), ("python3", python)):
        tool = tools / name
        copying = _COPY.format(demo=demo) if demo is not None and name == "grantbook" else ""
        tool.write_text(f'#!/bin/sh\n{copying}exec {words} "$@"\n', "utf-8")
        tool.chmod(0o755)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GRANTBOOK_")}
    return inherited | {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "LANG": "C.UTF-8",
    }
