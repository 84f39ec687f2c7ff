"""Audit the dependencies, as far as that can be done without a network.

    python docs/dependencies.py

Every pin names one version with hashes and no address; what is installed is what is pinned, under a licence
of the list; every direct dependency is named in a decision; nothing is below a version of which we know that
it is bad. Asking for advisories that are not in ``dependencies.toml`` needs the network: see SECURITY.md.
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
    """Name, version and how many hashes. Raises ``ValueError`` on a line of another form."""
    found: list[Any] | None = None
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        if _ADDRESS.search(line):
            raise ValueError(f"{file.name}:{number}: an address: {line.strip()}")
        if pin := _PIN.fullmatch(line):
            if found:
                yield tuple(found)  # type: ignore[misc]
            found = [pin[1], pin[2], 0]
        elif found and _HASH.fullmatch(line):
            found[2] += 1
        else:
            raise ValueError(f"{file.name}:{number}: not a pin with hashes: {line.strip()}")
    if found:
        yield tuple(found)  # type: ignore[misc]


def licences(found: Distribution) -> list[str]:
    """What the package says it is under, in whichever of the three places."""
    about = found.metadata
    said = about.get("License-Expression") or ""
    told = about.get_all("Classifier") or []
    classifiers = [one.rpartition(" :: ")[2] for one in told if "License ::" in one]
    return [said] if said else classifiers or [(about.get("License") or "").strip().partition("\n")[0]]


def _allowed(said: str, allowed: set[str]) -> bool:
    parts = [said, *re.split(r" OR |/| or ", said.replace("(", "").replace(")", ""))]
    return any(all(one.strip() in allowed for one in re.split(r" AND |, ", part)) for part in parts)


def problems() -> Iterator[str]:
    """Whatever is wrong."""
    rules = tomllib.loads((Path(__file__).with_suffix(".toml")).read_text("utf-8"))
    allowed, spoken = set(rules["licences"]), rules["licence_of"]
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
            found = distribution(name)
        except PackageNotFoundError:
            continue  # of another system, or not of this environment
        if found.version != version:
            yield f"{name} is installed as {found.version}, pinned as {version}: make again"
        said = [spoken[name]] if name in spoken else licences(found)
        permitted = allowed if name in shipped else allowed | set(rules["licences_for_tests"])
        if not any(_allowed(one, permitted) for one in said):
            yield f"{name}: its licence {said} is not on the list"
    yield from _unexplained(known)


def _unexplained(known: dict[str, str]) -> Iterator[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [one for group in project["optional-dependencies"].values() for one in group]
    told = "".join(place.read_text("utf-8") for place in (ROOT / "docs/decisions").glob("*.md")).lower()
    for line in [*project["dependencies"], *extras]:
        name = re.split(r"[<>=~\[]", line)[0]
        if name not in known:
            yield f"{name} is not pinned: make lock"
        if not re.search(rf"\b{re.escape(name)}\b", told):
            yield f"{name}: no decision says why"


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:4])


def main() -> int:
    try:
        found = list(problems())
    except ValueError as error:
        found = [str(error)]
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
