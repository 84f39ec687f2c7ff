"""Write the code blocks of a how-to into a copy of the project, as a reader of the page would.

A block belongs to the last file that is named before it. In a block, ``...`` stands for the lines that the
file has already.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_BLOCK = re.compile(r"^```(?:python|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`((?:src|tests)/[\w./-]+\.(?:py|toml))`")
_REST = re.compile(r"^ *\.\.\.\n", re.MULTILINE)


class Block(NamedTuple):
    """A block of the page, and the file that it belongs to."""

    path: str
    code: str


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the page's blocks of Python and TOML in order."""
    text = page.read_text("utf-8")
    for block in _BLOCK.finditer(text):
        yield Block(_PATH.findall(text[: block.start()])[-1], block[1])


def write_block(root: Path, block: Block) -> None:
    """Write the block into its file, part by part if the file exists; lines of TOML go to its end."""
    path = root / block.path
    if not path.exists() or path.suffix == ".toml":
        with path.open("a", encoding="utf-8") as file:
            file.write(block.code)
        return
    source, waiting = path.read_text("utf-8"), ""
    for part in re.split(r"\n{2,}(?=\S)", block.code.strip("\n")):
        if part.startswith("from "):
            source = _before(source, r"^from ", part + "\n")
        elif part.startswith("class ") and not _REST.search(block.code):
            source = _before(source, r"^(?:@|def )", part + "\n\n\n")
        elif _REST.search(part):
            source = _into_table(source, part, waiting)
            waiting = ""
        else:
            waiting += part + "\n\n\n"
    path.write_text(source + (f"\n\n{waiting.rstrip()}\n" if waiting else ""), "utf-8")


def _before(source: str, pattern: str, part: str) -> str:
    """Return the source with the part before the first line that the pattern finds."""
    line = re.search(pattern, source, re.MULTILINE)
    assert line, f"no line begins with {pattern}"
    return source[: line.start()] + part + source[line.start() :]


def _into_table(source: str, part: str, functions: str) -> str:
    """Return the source with the part's new lines at the end of its table, and the functions before it."""
    header, _, rest = part.partition("\n")
    new, _, closing = _REST.sub("", rest, count=1).rpartition("\n")
    start = source.find(f"\n{header}\n") + 1
    assert start, f"no line is {header!r}"
    end = source.index(f"\n{closing}\n", start) + 1
    return f"{source[:start]}{functions}{source[start:end]}{new}\n{source[end:]}"
