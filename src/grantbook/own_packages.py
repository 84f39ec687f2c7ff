"""Checks that no other distribution has overwritten a package of grantbook.

Their names (``lifecycle``, ``projections``, ``cli``) are plain words: another distribution may bring a
package of the same name, and the one that is installed last overwrites the other's files.
"""

import os
from importlib.util import find_spec

PACKAGES = ("lifecycle", "projections", "cli")
_MARK = '__distribution__ = "grantbook"'
"""The line that the ``__init__.py`` of each package has."""


def check() -> None:
    """Raise ``ImportError``, with advice, if a package is missing or another distribution's."""
    folder = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 pathlib would cost help 5 ms
    for name in PACKAGES:
        path = _file_of(name)
        if path is None or not _is_own(path, os.path.join(folder, name)):  # noqa: PTH118
            raise ImportError(advice(name, path), name=name)


def advice(name: str, path: str | None) -> str:
    """Return what to do about a package that is missing or another distribution's."""
    problem = "is not there" if path is None else f"is not grantbook's own but {path}"
    return (
        f"the package {name!r} {problem}: another distribution brings a package of this name, so install"
        " grantbook in an environment of its own (pipx install grantbook, or python -m venv)"
    )


def _file_of(name: str) -> str | None:
    """Return the ``__init__.py`` that would be imported; `None` if there is none."""
    spec = find_spec(name)
    return spec.origin if spec is not None and spec.has_location else None


def _is_own(path: str, folder: str) -> bool:
    """Return whether the file is in the folder and has grantbook's mark."""
    if os.path.realpath(os.path.dirname(path)) != os.path.realpath(folder):  # noqa: PTH120
        return False
    with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        return _MARK in file.read()
