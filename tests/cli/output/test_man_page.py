"""The manual pages: one for each command and group, with what its help says, and plain to roff."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cli.main import HELP
from cli.output.man_page import Manual, roff_of
from cli.shell.examples import EXAMPLES
from cli.shell.groups import GROUPS
from support.cli_shell import Shell


def test_every_command_and_group_has_a_page_with_its_help(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "man" / "man1"
    written = shell("man", str(folder))
    assert written.code == 0, written.err
    pages = {path.stem: path.read_text("utf-8") for path in folder.iterdir()}
    expected = {"grantbook", *(f"grantbook-{words.replace(' ', '-')}" for words in (*HELP, *GROUPS))}
    assert pages.keys() == expected
    assert f"wrote {len(expected)} pages into" in written.err
    for words, help_ in HELP.items():
        page = pages[f"grantbook-{words.replace(' ', '-')}"].replace("\\-", "-")
        assert help_.rstrip(".") in page, words
        assert "--book" in page
        if words in EXAMPLES:
            assert EXAMPLES[words].replace("\\", "\\e") in page
    assert "grantbook\\-payment(1)" in pages["grantbook"]
    assert "3 version conflict" in pages["grantbook"]
    assert "--amount" in pages["grantbook-payment-disburse"].replace("\\-", "-")


def test_a_second_time_writes_the_same_bytes_and_a_file_is_no_folder(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "man1"
    assert shell("man", str(folder)).code == 0
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert shell("man", str(folder)).code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    (tmp_path / "file").write_text("")
    assert shell("man", str(tmp_path / "file")).code == 2


def test_roff_reads_no_text_as_a_command() -> None:
    manual = Manual(
        name="grantbook it",
        summary="It.",
        usage="[OPTIONS]",
        paragraphs=[".so /etc/passwd", "a \\n b\n.br"],
        example="",
        commands=(),
        options={"Options": [("--a-b", "'quoted'")]},
        epilog="",
        version="grantbook 1",
    )
    lines = roff_of(manual).splitlines()
    assert [line for line in lines if re.match(r"[.'](?!TH|SH|PP|TP|B |nf|fi)", line)] == []
    assert "\\&.so /etc/passwd" in lines
    assert "a \\en b .br" in lines
    assert ".B \\-\\-a\\-b" in lines


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_has_no_warnings(shell: Shell, tmp_path: Path) -> None:
    shell("man", str(tmp_path / "man1"))
    page = tmp_path / "man1" / "grantbook-payment-run.1"
    ran = subprocess.run(["groff", "-man", "-Tutf8", "-ww", str(page)], capture_output=True, check=True)
    assert ran.stderr == b""
