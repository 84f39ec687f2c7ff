"""The register of officers' names, outside the journal, so that a name can be erased.

Entries name officers by opaque ids and are kept for ever. Names are stored only here, in one file or one
table of the book, so that every proof stays valid if a name is erased.
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
LONGEST_NAME = 200
"""The largest number of characters of a name."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class OfficerName(NamedTuple):
    """The register's entry for an id."""

    name: str | None
    """`None` after it was erased."""
    erased_on: date | None


class OfficerNames(ABC):
    """The register of one book."""

    @abstractmethod
    def all(self) -> dict[str, OfficerName]:
        """Return all entries, by officer's id."""

    @abstractmethod
    def keep(self, officer: str, entry: OfficerName) -> None:
        """Store the officer's entry in place of an earlier one."""

    def name(self, officer: str, name: str) -> None:
        """Store a name in place of an earlier one. Raises ``ValueError`` if it is not a name."""
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME or _CONTROL.search(name):
            raise ValueError(f"a name has 1 to {LONGEST_NAME} characters, none of which steers a terminal")
        self.keep(officer, OfficerName(name, None))

    def erase(self, officer: str, on: date) -> None:
        """Erase the name. Raises ``KeyError`` if the officer has no name."""
        entry = self.all().get(officer)
        if entry is None or entry.name is None:
            raise KeyError(officer)
        self.keep(officer, OfficerName(None, on))


class OfficerNamesInFile(OfficerNames):
    """The register in a file of the book's folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def all(self) -> dict[str, OfficerName]:
        """Return all entries, by officer's id. Raises `Unreachable` if the file cannot be read."""
        try:
            fields_by_officer = json.loads(self._path.read_bytes())
            return {officer: _entry(fields) for officer, fields in fields_by_officer.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise Unreachable(f"{self._path}: the register of names cannot be read: {error}") from None

    def keep(self, officer: str, entry: OfficerName) -> None:
        """Write the file with the officer's entry. Raises `Unreachable` if it cannot be written."""
        try:
            with locked(self._path.with_suffix(".lock")):
                entries = {**self.all(), officer: entry}
                fields = {officer: _fields(entry) for officer, entry in sorted(entries.items())}
                keep(self._path, json.dumps(fields, ensure_ascii=False, indent=1) + "\n")
        except OSError as error:
            raise Unreachable(f"{self._path} cannot be written: {error.strerror}") from error


def shown(officer: str, names: Mapping[str, OfficerName]) -> str:
    """Return the id, with the name before it if there is one."""
    entry = names.get(officer)
    return officer if entry is None or entry.name is None else f"{entry.name} ({officer})"


def _entry(fields: dict[str, str]) -> OfficerName:
    erased = fields.get("erased_on")
    return OfficerName(fields.get("name"), None if erased is None else date.fromisoformat(erased))


def _fields(entry: OfficerName) -> dict[str, str]:
    if entry.erased_on is not None:
        return {"erased_on": entry.erased_on.isoformat()}
    return {"name": entry.name or ""}
