"""Audit the dependencies, as far as that can be done without a network.

    python docs/dependencies.py

Every pin has one version, hashes and no address. The installed versions are the pinned versions, and their
licences are on the list. Every direct dependency is named in a decision. No version is older than a fix that
we know of. Advisories that are not in ``dependencies.toml`` need the network: see SECURITY.md.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FILES = ("requirements.txt", "requirements-dev.txt")
_PIN = re.compile(r"([a-z0-9][a-z0-9._-]*)==([0-9][^ ;]*)(?: ; (.+?))? \\")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
_ADDRESS = re.compile(r"://|@ |--(?:extra-)?index|--find-links|\bgit\+|\bfile:")


def pins(file: Path) -> Iterator[tuple[str, str, int]]:
    """Yield name, version and number of hashes. Raises ``ValueError`` for a line of another form."""
    last_pin: list[Any] | None = None
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if _ADDRESS.search(line):
            raise ValueError(f"{file.name}:{number}: an address: {line.strip()}")
        if pin := _PIN.fullmatch(line):
            if last_pin:
                yield tuple(last_pin)  # type: ignore[misc]
            last_pin = [pin[1], pin[2], 0]
        elif last_pin and _HASH.fullmatch(line):
            last_pin[2] += 1
        else:
            raise ValueError(f"{file.name}:{number}: not a pin with hashes: {line.strip()}")
    if last_pin:
        yield tuple(last_pin)  # type: ignore[misc]


def licences(package: Distribution) -> list[str]:
    """Return the licences of a package, from the first of its three metadata fields that is set."""
    metadata = package.metadata
    expression = metadata.get("License-Expression") or ""
    classifiers = metadata.get_all("Classifier") or []
    named = [line.rpartition(" :: ")[2] for line in classifiers if "License ::" in line]
    return [expression] if expression else named or [_first_line(metadata.get("License") or "")]


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _is_allowed(licence: str, allowed: set[str]) -> bool:
    choices = [licence, *re.split(r" OR |/| or ", licence.replace("(", "").replace(")", ""))]
    return any(all(name.strip() in allowed for name in re.split(r" AND |, ", choice)) for choice in choices)


def problems() -> Iterator[str]:
    """Yield a sentence for each problem."""
    rules = tomllib.loads((Path(__file__).with_suffix(".toml")).read_text("utf-8"))
    allowed, exceptions = set(rules["licences"]), rules["licence_of"]
    shipped = {name for name, _, _ in pins(ROOT / FILES[0])}
    known: dict[str, str] = {}
    for file in FILES:
        for name, version, hashes in pins(ROOT / file):
            if not hashes:
                yield f"{file}: {name} has no hash"
            if known.setdefault(name, version) != version:
                yield f"{name} is pinned as {known[name]} and as {version}"
    for name, version in known.items():
        for bad in rules["bad"]:
            if bad["package"] == name and _number(version) < _number(bad["below"]):
                yield f"{name} {version}: {bad['why']}; take {bad['below']} or newer"
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue  # for another system, or not in this environment
        if package.version != version:
            yield f"{name} is installed as {package.version}, pinned as {version}: run make again"
        stated = [exceptions[name]] if name in exceptions else licences(package)
        permitted = allowed if name in shipped else allowed | set(rules["licences_for_tests"])
        if not any(_is_allowed(licence, permitted) for licence in stated):
            yield f"{name}: its licence {stated} is not on the list"
    yield from _unexplained(known)


def _unexplained(known: dict[str, str]) -> Iterator[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [line for group in project["optional-dependencies"].values() for line in group]
    decisions = "".join(page.read_text("utf-8") for page in (ROOT / "docs/decisions").glob("*.md")).lower()
    for line in [*project["dependencies"], *extras]:
        name = re.split(r"[<>=~\[]", line)[0]
        if name == project["name"]:
            continue  # an extra of extras
        if name not in known:
            yield f"{name} is not pinned: run make lock"
        if not re.search(rf"\b{re.escape(name)}\b", decisions):
            yield f"{name}: no decision gives a reason for it"


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:4])


def main() -> int:
    """Print the problems, and return the exit code."""
    try:
        sentences = list(problems())
    except ValueError as error:
        sentences = [str(error)]
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
