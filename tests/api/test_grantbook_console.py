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
    """A copy of the packages, as they lie when they are installed."""
    for name in ("grantbook", *PACKAGES):
        shutil.copytree(SRC / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_packages_are_our_own(installed: Path) -> None:
    check()
    assert "Commands:" in grantbook(installed, "--help").stdout


def test_python_m_is_the_command_line(shell: Shell) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "grantbook", "report", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=shell.env(),
    )
    assert "register" in done.stdout


@pytest.mark.parametrize("name", PACKAGES)
def test_another_package_wrote_over_ours(installed: Path, name: str) -> None:
    (installed / name / "__init__.py").write_text('"""Of somebody else."""\n', "utf-8")
    done = grantbook(installed, "--help")
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr.startswith(f"grantbook cannot run: the package '{name}' is not grantbook's own but ")
    assert "install grantbook in an environment of its own" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", PACKAGES)
def test_one_of_ours_was_taken_away(installed: Path, name: str) -> None:
    shutil.rmtree(installed / name)
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", f"import sys; sys.path.insert(0, {str(installed)!r})\n{START}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 78
    assert f"the package '{name}' is not there" in done.stderr


def test_another_of_the_name_comes_first_on_the_path(installed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "cli"
    other.mkdir(parents=True)
    shutil.copy(installed / "cli" / "__init__.py", other)
    program = f"import sys; sys.path[:0] = [{str(other.parent)!r}, {str(installed)!r}]\n{START}"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 78
    assert str(other / "__init__.py") in done.stderr


def test_a_part_of_ours_was_written_over(installed: Path) -> None:
    shutil.rmtree(installed / "cli" / "shell")
    done = grantbook(installed, "--help")
    assert done.returncode == 78
    assert "'cli.shell" in done.stderr


def test_open_says_so_too(installed: Path) -> None:
    (installed / "projections" / "__init__.py").write_text("", "utf-8")
    program = f"import sys; sys.path.insert(0, {str(installed)!r})\nimport grantbook\ngrantbook.open('x')"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=False)
    assert "ImportError: the package 'projections' is not grantbook's own" in done.stderr
