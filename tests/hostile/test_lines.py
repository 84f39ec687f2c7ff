"""Every file of the corpus gets the answer that is written down, and harms nothing."""

import tomllib
from pathlib import Path

import pytest

from support.cli_shell import Shell

HERE = Path(__file__).parent
EXPECTED = tomllib.loads((HERE / "lines.toml").read_text("utf-8"))


def test_every_file_is_expected() -> None:
    assert sorted(EXPECTED) == sorted(place.stem for place in (HERE / "lines").iterdir())


def test_each_file_gets_its_answer(shell: Shell) -> None:
    """In one book, one after the other: none spoils it for the next."""
    wrong = []
    for name, expected in EXPECTED.items():
        before = shell("--json", "views", "status").row["journal"]
        told = shell("record", str(HERE / "lines" / f"{name}.jsonl"))
        heard = told.out + told.err
        after = shell("--json", "views", "status").row["journal"]
        if (told.code, expected["said"] in heard) != (expected["code"], True):
            wrong.append((name, told.code, heard[:300]))
        assert "Traceback" not in heard
        assert heard.isprintable() or all(char == "\n" or char.isprintable() for char in heard), name
        assert after - before == ("1 accepted" in heard), name
    assert wrong == []
    assert shell("audit", "seal").code == 0
    assert shell("audit", "verify").code == 0


@pytest.mark.parametrize("length", [1024 * 1024 + 1, 40_000_000])
def test_a_line_without_end(shell: Shell, length: int) -> None:
    place = shell.folder / "long.jsonl"
    place.write_bytes(b'{"note": "' + b"x" * length)
    told = shell("record", str(place))
    assert told.code == 2
    assert "line 1: malformed: longer than 1024 KiB" in told.out
