"""Who publishes: the table ``[publisher]`` of ``book.toml``, or of a file that is named."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lifecycle.book.book import Book
from lifecycle.kernel.errors import Unreachable
from lifecycle.parse import Malformed

ORGANISATION_TYPES = {
    "10": "Government",
    "11": "Local Government",
    "15": "Other Public Sector",
    "21": "International NGO",
    "22": "National NGO",
    "23": "Regional NGO",
    "24": "Partner Country based NGO",
    "30": "Public Private Partnership",
    "40": "Multilateral",
    "60": "Foundation",
    "70": "Private Sector",
    "71": "Private Sector in Provider Country",
    "72": "Private Sector in Aid Recipient Country",
    "73": "Private Sector in Third Country",
    "80": "Academic, Training and Research",
    "90": "Other",
}
"""The codelist OrganisationType of IATI 2.03."""
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.]*(-[A-Za-z0-9.:_]+)+", re.ASCII)
_PREFIX = re.compile(r"360G-[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2}")
_SECTOR = re.compile(r"[0-9]{5}", re.ASCII)
_TABLES = ("organisations", "sectors")


@dataclass(frozen=True)
class Publisher:
    """The organisation that publishes, and how others name what the book names."""

    identifier: str
    """Its organisation identifier: of a registration agency and a number, such as ``XM-DAC-47045``."""
    name: str
    type: str
    """A code of `ORGANISATION_TYPES`."""
    language: str = "en"
    """The language of the book's texts, as ISO 639-1."""
    giving_prefix: str | None = None
    """The prefix that 360Giving gave it, such as ``360G-southsouth``."""
    organisations: Mapping[str, str] = field(default_factory=dict)
    """Organisation identifiers of partners, by id, and of institutions and payees, by name."""
    sectors: Mapping[str, str] = field(default_factory=dict)
    """Purpose codes of the OECD DAC, of five digits, by the fund's name of the sector."""


def publisher_of(book: Book, file: Path | None = None) -> Publisher:
    """Return who publishes the book. ``file`` is read instead of the book's settings.

    Raises ``Malformed`` with a line for each fault, `Unreachable` if the file cannot be read.
    """
    settings, where = _settings(book, file)
    table = settings.get("publisher")
    if table is None:
        raise Malformed([("", _absent(book, where))])
    if not isinstance(table, dict):
        raise Malformed([("", f"{where}: publisher is no table: begin it with a line [publisher]")])
    if faults := [("", f"{where}: [publisher] {fault}") for fault in _faults(table)]:
        raise Malformed(faults)
    return Publisher(**table)


def _settings(book: Book, file: Path | None) -> tuple[Mapping[str, Any], str]:
    """Return the settings and the name of their file."""
    if file is None:
        return book.storage.settings(), "book.toml"
    try:
        return tomllib.loads(file.read_text("utf-8")), str(file)
    except (OSError, ValueError) as error:
        raise Unreachable(f"{file} cannot be read: {error}") from None


def _absent(book: Book, where: str) -> str:
    """Return what to write if no publisher is named."""
    in_file = (
        f"write it into {where}"
        if isinstance(book.place, Path)
        else f"write it into {book.storage.path / 'publisher.toml'} or a file, for --publisher"
    )
    return (
        f"nobody is named as the publisher: {in_file}, with your own values:"
        ' [publisher] identifier = "XM-DAC-47045" name = "Name of the fund" type = "40"'
        " (each on a line of its own; type is a code of IATI's list OrganisationType)"
    )


def _faults(table: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each key that is missing, unknown or wrong."""
    known = Publisher.__dataclass_fields__
    for unknown in sorted(table.keys() - known.keys()):
        yield f"{unknown}: is no key; the keys are: {', '.join(known)}"
    for key in ("identifier", "name", "type"):
        if key not in table:
            yield f"{key}: is missing"
    for key in known.keys() & table.keys() - set(_TABLES):
        if not isinstance(table[key], str) or not table[key].strip():
            yield f'{key}: write a text in quotes: {key} = "..."'
    yield from _wrong_forms(
        {key: cell for key, cell in table.items() if isinstance(cell, str) and cell.strip()}
    )
    for key in _TABLES:
        yield from _faults_of_table(key, table.get(key, {}))


def _wrong_forms(texts: Mapping[str, str]) -> Iterator[str]:
    if (text := texts.get("identifier")) and not _IDENTIFIER.fullmatch(text):
        yield f"identifier: {text!r} has another form: write agency, hyphen and number, like XM-DAC-47045"
    if (text := texts.get("type")) and text not in ORGANISATION_TYPES:
        codes = ", ".join(f"{code} ({name})" for code, name in ORGANISATION_TYPES.items())
        yield f"type: {text!r} is no code of OrganisationType; the codes are: {codes}"
    if (text := texts.get("language")) and not _LANGUAGE.fullmatch(text):
        yield f"language: {text!r} is no code: write two letters of ISO 639-1, like en"
    if (text := texts.get("giving_prefix")) and not _PREFIX.fullmatch(text):
        yield f"giving_prefix: {text!r} has another form: 360Giving gives one like 360G-southsouth"


def _faults_of_table(key: str, table: object) -> Iterator[str]:
    if not isinstance(table, dict):
        yield f"{key}: is no table: begin it with a line [publisher.{key}]"
        return
    form, example = (_SECTOR, "31110") if key == "sectors" else (_IDENTIFIER, "XM-DAC-3")
    for name, code in table.items():
        if not isinstance(code, str) or not form.fullmatch(code):
            yield f'{key}.{name}: {code!r} is no code: write one like "{example}"'
