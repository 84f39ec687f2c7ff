import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grantbook.own_packages import PACKAGES, check
from support.cli_shell import SRC, Shell


def grantbook(src: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(src)!r})\n{START}", *words],
        capture_output=True,
        text=True,
        check=False,
    )


START = "from grantbook.console import main; main()"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return a folder with a copy of the packages, as an installation lays them out."""
    for name in ("grantbook", *PACKAGES):
        shutil.copytree(SRC / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_packages_are_our_own(installed: Path) -> None:
    check()
    assert "Commands:" in grantbook(installed, "--help").stdout


def test_python_m_is_the_command_line(shell: Shell) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "grantbook", "report", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=shell.env(),
    )
    assert "register" in run.stdout


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_overwritten_by_another_is_reported(installed: Path, name: str) -> None:
    (installed / name / "__init__.py").write_text('"""Of somebody else."""\n', "utf-8")
    run = grantbook(installed, "--help")
    assert (run.returncode, run.stdout) == (78, "")
    assert run.stderr.startswith(f"grantbook cannot run: the package '{name}' is not grantbook's own but ")
    assert "install grantbook in an environment of its own" in run.stderr
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize("name", PACKAGES)
def test_a_missing_package_is_reported(installed: Path, name: str) -> None:
    shutil.rmtree(installed / name)
    run = subprocess.run(
        [sys.executable, "-S", "-I", "-c", f"import sys; sys.path.insert(0, {str(installed)!r})\n{START}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 78
    assert f"the package '{name}' is not there" in run.stderr


def test_a_package_of_the_same_name_earlier_on_the_path_is_reported(installed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "cli"
    other.mkdir(parents=True)
    shutil.copy(installed / "cli" / "__init__.py", other)
    program = f"import sys; sys.path[:0] = [{str(other.parent)!r}, {str(installed)!r}]\n{START}"
    run = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 78
    assert str(other / "__init__.py") in run.stderr


def test_a_missing_subpackage_is_reported(installed: Path) -> None:
    shutil.rmtree(installed / "cli" / "shell")
    run = grantbook(installed, "--help")
    assert run.returncode == 78
    assert "'cli.shell" in run.stderr


def test_open_reports_a_foreign_package_too(installed: Path) -> None:
    (installed / "projections" / "__init__.py").write_text("", "utf-8")
    program = f"import sys; sys.path.insert(0, {str(installed)!r})\nimport grantbook\ngrantbook.open('x')"
    run = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert "ImportError: the package 'projections' is not grantbook's own" in run.stderr
