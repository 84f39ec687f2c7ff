"""What is built from ``pyproject.toml`` is whole, holds nothing else, and runs in an empty environment."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from support.project_copy import copy_project
from support.shell_blocks import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
REQUIREMENTS = [
    Requirement(text)
    for texts in (PROJECT["dependencies"], *EXTRAS.values())
    for text in texts
    if not text.startswith("grantbook[")
]
BAD = tomllib.loads((ROOT / "docs" / "dependencies.toml").read_text("utf-8"))["bad"]
BUILD = "import sys; from setuptools import build_meta; getattr(build_meta, sys.argv[1])(sys.argv[2])"


def pinned() -> dict[str, Version]:
    """Return the version of each package in ``requirements-dev.txt``, which has all extras."""
    text = (ROOT / "requirements-dev.txt").read_text("utf-8")
    return {
        name: Version(version) for name, version in re.findall(r"^([\w.-]+)==([^ ;]+)", text, re.MULTILINE)
    }


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_each_dependency_has_a_floor_and_the_pin_is_allowed(requirement: Requirement) -> None:
    assert [part for part in requirement.specifier if part.operator == ">="], "no oldest version is declared"
    assert requirement.specifier.contains(pinned()[requirement.name.lower()])
    assert requirement.url is None


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad["package"])
def test_no_version_that_is_known_to_be_bad_is_allowed(bad: dict[str, str]) -> None:
    allowed = [each for each in REQUIREMENTS if each.name == bad["package"]]
    floors = [part.version for each in allowed for part in each.specifier if part.operator == ">="]
    assert [floor for floor in floors if Version(floor) < Version(bad["below"])] == []


def test_the_extra_all_takes_every_other() -> None:
    (everything,) = map(Requirement, EXTRAS["all"])
    assert everything.extras == EXTRAS.keys() - {"all"}


def test_the_workflow_runs_the_tests_on_each_python_that_the_classifiers_name() -> None:
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8")
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    (matrix,) = re.findall(r"^ +python: \[(.*)\]$", workflow, re.MULTILINE)
    assert re.findall(r'"(.*?)"', matrix) == named
    assert f">={named[0]}" == PROJECT["requires-python"]
    assert "make test" in workflow


def test_no_page_names_the_host_of_a_registry() -> None:
    pages = [ROOT / "pyproject.toml", ROOT / "Makefile", *ROOT.glob("*.md"), *ROOT.glob(".github/**/*.yml")]
    assert [page.name for page in pages if re.search(r"pypi|index-url|npmjs", page.read_text("utf-8"))] == []


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, which a build may write into."""
    folder = copy_project(tmp_path_factory.mktemp("project"))
    for name in ("README.md", "LICENSE"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def build(project: Path, what: str, folder: Path) -> Path:
    """Build a ``wheel`` or an ``sdist`` of the project as a build frontend does, and return its file."""
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-c", BUILD, f"build_{what}", str(folder)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return max(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)


def sources(project: Path) -> set[str]:
    """Return the names of all files below ``src``, except what Python and the build put there."""
    src = project / "src"
    files = (file.relative_to(src) for file in src.rglob("*") if file.is_file())
    return {str(file) for file in files if not {"__pycache__", "grantbook.egg-info"} & {*file.parts}}


@pytest.mark.slow
def test_the_wheel_and_the_sdist_hold_the_sources_and_the_program_runs_from_the_wheel(
    project: Path, tmp_path: Path
) -> None:
    # given an sdist, and a wheel that is built from it alone
    for name in ("sdist", "wheel", "unpacked", "fund"):
        (tmp_path / name).mkdir()
    sdist = build(project, "sdist", tmp_path / "sdist")
    subprocess.run(["tar", "-xf", sdist, "-C", tmp_path / "unpacked"], check=True)
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    top = {file.name for file in unpacked.iterdir()}
    wheel = build(unpacked, "wheel", tmp_path / "wheel")

    # then both hold each file below src, and nothing else but metadata
    assert top == {"LICENSE", "PKG-INFO", "README.md", "pyproject.toml", "setup.cfg", "src"}
    assert sources(unpacked) == sources(project)
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if ".dist-info/" not in name} == sources(project)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)

    # when the wheel is installed in an environment that has the dependencies and not this checkout
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    offline = ["--no-deps", "--no-index", "--disable-pip-version-check", "-q"]
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python")]
    subprocess.run([*pip, "install", *offline, wheel], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), "utf-8")

    # then the command makes the demo
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(("GRANTBOOK", "PYTHON"))
    }
    demo = subprocess.run(
        [environment / "bin" / "grantbook", "demo"],
        cwd=tmp_path / "fund",
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert demo.returncode == 0, demo.stderr
    assert "10,316,087.00" in demo.stdout
    assert (tmp_path / "fund" / "demo-book" / "views.sqlite").exists()
