"""The register of officers' names, outside the journal, so that a name can be erased.

Entries name officers by opaque ids and are kept for ever. Names are stored here alone, in one file or one
table of the book, so that a person can be erased and every proof stays valid.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from lifecycle.journal.atomic_files import keep, locked
from lifecycle.kernel.errors import Unreachable

FILE = "officers.json"
LONGEST = 200
"""Characters of a name."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class OfficerName(NamedTuple):
    """What the register holds of an id."""

    name: str | None
    """`None` once erased."""
    erased_on: date | None


class OfficerNames(ABC):
    """The register of one book."""

    @abstractmethod
    def all(self) -> dict[str, OfficerName]:
        """Return everybody in it, by id."""

    @abstractmethod
    def keep(self, officer: str, known: OfficerName) -> None:
        """Store this of the officer, in place of what was stored before."""

    def name(self, officer: str, name: str) -> None:
        """Store a name, in place of any before. Raises ``ValueError`` if it is not a name."""
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST or _CONTROL.search(name):
            raise ValueError(f"a name has 1 to {LONGEST} characters, none of which steers a terminal")
        self.keep(officer, OfficerName(name, None))

    def erase(self, officer: str, on: date) -> None:
        """Erase the name. Raises ``KeyError`` if the officer has no name."""
        officer_name = self.all().get(officer)
        if officer_name is None or officer_name.name is None:
            raise KeyError(officer)
        self.keep(officer, OfficerName(None, on))


class OfficerNamesInFile(OfficerNames):
    """The register in a file of the book's folder."""

    def __init__(self, folder: Path) -> None:
        self._place = folder / FILE

    def all(self) -> dict[str, OfficerName]:
        """Return everybody in it, by id. Raises `Unreachable` if it cannot be read."""
        try:
            names = json.loads(self._place.read_bytes())
            return {officer: _known(fields) for officer, fields in names.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise Unreachable(f"{self._place}: the register of names cannot be read: {error}") from None

    def keep(self, officer: str, known: OfficerName) -> None:
        """Write the file again. Raises `Unreachable` if it cannot be written."""
        try:
            with locked(self._place.with_suffix(".lock")):
                names = {**self.all(), officer: known}
                rows = {officer: _fields(what) for officer, what in sorted(names.items())}
                keep(self._place, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        except OSError as error:
            raise Unreachable(f"{self._place} cannot be written: {error.strerror}") from error


def shown(officer: str, names: Mapping[str, OfficerName]) -> str:
    """Return the id, with the name before it if there is one."""
    officer_name = names.get(officer)
    return (
        officer if officer_name is None or officer_name.name is None else f"{officer_name.name} ({officer})"
    )


def _known(fields: dict[str, str]) -> OfficerName:
    erased = fields.get("erased_on")
    return OfficerName(fields.get("name"), None if erased is None else date.fromisoformat(erased))


def _fields(known: OfficerName) -> dict[str, str]:
    if known.erased_on is not None:
        return {"erased_on": known.erased_on.isoformat()}
    return {"name": known.name or ""}
