"""The generated reference is complete, and its check names each stale file."""

import json
import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree

from lifecycle.catalogue import CALL_COMMANDS, DIRECTORY_COMMANDS, FUND_COMMANDS, GRANT_COMMANDS
from lifecycle.kernel.refusals import every_refusal
from lifecycle.parse import command_from
from support.shell_blocks import ROOT

REFERENCE = ROOT / "docs" / "reference"


def run_reference(docs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, docs / "reference.py", *arguments],
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_command_is_documented_with_an_example_that_can_be_recorded() -> None:
    lines = (REFERENCE / "commands.md").read_text("utf-8").splitlines()
    examples = [json.loads(line) for line in lines if line.startswith("{")]
    specs = (*GRANT_COMMANDS, *FUND_COMMANDS, *CALL_COMMANDS, *DIRECTORY_COMMANDS)
    assert sorted(example["command"] for example in examples) == sorted(spec.name for spec in specs)
    for example in examples:
        command_from(example)
    page = "\n".join(lines)
    assert [spec.words for spec in specs if not re.search(f"`grantbook {spec.words}[ `]", page)] == []


def test_every_refusal_is_documented_with_its_rule() -> None:
    page = (REFERENCE / "refusals.md").read_text("utf-8")
    for refusal in every_refusal():
        assert f"| `{refusal.__name__}` |" in page
        assert f"| {refusal.rule} |" in page


def test_the_check_names_a_stale_file(tmp_path: Path) -> None:
    docs = copytree(ROOT / "docs", tmp_path / "docs")
    # Written by the libraries that are installed: another version of click words the usage line otherwise.
    run_reference(docs)
    assert run_reference(docs, "--check").returncode == 0
    (docs / "reference" / "events.md").write_text("changed", "utf-8")
    (docs / "reference" / "extra.md").write_text("left over", "utf-8")
    checked = run_reference(docs, "--check")
    assert checked.returncode == 1
    assert checked.stderr.splitlines() == [
        "docs/reference/events.md is stale: run make docs",
        "docs/reference/extra.md is stale: run make docs",
    ]
    assert run_reference(docs).stdout.splitlines() == ["docs/reference/events.md", "docs/reference/extra.md"]
    assert (docs / "reference" / "events.md").read_bytes() == (REFERENCE / "events.md").read_bytes()
    assert not (docs / "reference" / "extra.md").exists()
