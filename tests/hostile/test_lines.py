"""Each file of the corpus gets its expected exit code and message, and does no harm."""

import tomllib
from pathlib import Path

import pytest

from support.cli_shell import Shell

HERE = Path(__file__).parent
EXPECTED = tomllib.loads((HERE / "lines.toml").read_text("utf-8"))


def test_every_file_is_expected() -> None:
    assert sorted(EXPECTED) == sorted(path.stem for path in (HERE / "lines").iterdir())


def test_each_file_gets_its_answer(shell: Shell) -> None:
    """All files go to one book, one after the other: no file spoils the book for the next one."""
    wrong = []
    for name, expected in EXPECTED.items():
        before = shell("--json", "views", "status").row["journal"]
        result = shell("record", str(HERE / "lines" / f"{name}.jsonl"))
        output = result.out + result.err
        after = shell("--json", "views", "status").row["journal"]
        if (result.code, expected["message"] in output) != (expected["code"], True):
            wrong.append((name, result.code, output[:300]))
        assert "Traceback" not in output
        assert output.isprintable() or all(char == "\n" or char.isprintable() for char in output), name
        assert after - before == ("1 accepted" in output), name
    assert wrong == []
    assert shell("audit", "seal").code == 0
    assert shell("audit", "verify").code == 0


@pytest.mark.parametrize("length", [1024 * 1024 + 1, 40_000_000])
def test_a_line_of_more_than_a_mebibyte_is_malformed(shell: Shell, length: int) -> None:
    path = shell.folder / "long.jsonl"
    path.write_bytes(b'{"note": "' + b"x" * length)
    result = shell("record", str(path))
    assert result.code == 2
    assert "line 1: malformed: longer than 1024 KiB" in result.out
