"""A copy of the project, into which a test writes what a how-to says."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

from support.shell_blocks import ROOT


def copy_project(folder: Path) -> Path:
    """Copy the project's code, tests and documents into the folder, and return the folder."""
    for name in ("src", "tests", "docs"):
        copytree(ROOT / name, folder / name, ignore=ignore_patterns("__pycache__", "*.egg-info"))
    (folder / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    return folder


def run_python(project: Path, *arguments: str) -> str:
    """Run Python on the copy, and return what it prints."""
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project / "src"), "GRANTBOOK_OFFICER": "admin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
