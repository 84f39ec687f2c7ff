"""Reads an edition from a TOML file, and names every fault with its line."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from lifecycle.kernel.listed_codes import faults, faults_of_fields
from lifecycle.policy.edition import Edition, contradictions
from lifecycle.types.decimals import inexact_amounts
from lifecycle.types.readings.shape_faults import (
    fields_at,
    in_words,
    path_of,
    without_consequences,
)

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_TABLE = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"""\s*([\w."'-]+)\s*=""")
_ROOT = "edition"


class EditionFault(NamedTuple):
    """What is wrong with one field of an edition's file."""

    line: int | None
    """The line of the file, from 1; `None` if the field is not there."""
    field: str
    """The field's path: ``edition.windows.oks.max_months``."""
    sentence: str

    def __str__(self) -> str:
        at = "" if self.line is None else f"line {self.line}: "
        return f"{at}{self.field}: {self.sentence}"


class FaultyEdition(ValueError):
    """The file makes no edition. It holds every fault, in the order of the file."""

    def __init__(self, found: Iterable[EditionFault]) -> None:
        self.faults = sorted(found, key=lambda fault: fault.line or 0)
        super().__init__("\n".join(f"{fault.field}: {fault.sentence}" for fault in self.faults))


def read_edition(text: str, currency: str | None = None) -> Edition:
    """Return the edition of a TOML text.

    ``currency``: that of the fund, for the message if an amount names none.

    Raises `FaultyEdition` with every fault, or ``ValueError`` if the text is not TOML or has another table.
    """
    import tomllib

    document = tomllib.loads(text)
    if set(document) != {_ROOT} or not isinstance(document[_ROOT], dict):
        raise ValueError("the file has one table, [edition], and nothing beside it")
    words = document[_ROOT]
    found = dict(inexact_amounts(words, Edition))
    edition = None
    try:
        edition = Edition.model_validate(words)
        found |= {_path(path): sentence for path, sentence in faults(edition, edition.from_)}
        found |= dict(contradictions(edition))
    except ValidationError as error:
        found |= _shape_faults(error, currency)
        malformed = {detail["loc"][0] for detail in error.errors(include_url=False)}
        of_codes = faults_of_fields(Edition, words, malformed, None)
        found |= {_path(path): sentence for path, sentence in of_codes}
    if edition is not None and not found:
        return edition
    lines = _lines(text)
    raise FaultyEdition(
        EditionFault(_line_of(field, lines), f"{_ROOT}.{field}", sentence)
        for field, sentence in found.items()
    )


def _shape_faults(error: ValidationError, currency: str | None) -> dict[str, str]:
    """Return the sentence for each field of the wrong shape."""
    sentences = dict[str, str]()
    for detail in without_consequences(error.errors(include_url=False)):
        around = detail["loc"][:-1] if detail["type"] == "extra_forbidden" else detail["loc"]
        sentences[path_of(detail)] = in_words(detail, currency, fields_at(Edition, around))
    return sentences


def _path(path: tuple[Any, ...]) -> str:
    return ".".join("from" if part == "from_" else str(part) for part in path)


def _lines(text: str) -> dict[str, int]:
    """Return the number of the line on which each table and each key of the text begins."""
    lines, table = dict[str, int](), ""
    times = Counter[str]()
    for number, line in enumerate(text.splitlines(), 1):
        if match := _TABLE.match(line):
            table = _plain(match[1])
            lines.setdefault(table, number)
            if line.lstrip().startswith("[["):  # one of several tables, which are numbered from 0
                times[table] += 1
                table = f"{table}.{times[table] - 1}"
                lines[table] = number
        elif match := _KEY.match(line):
            lines.setdefault(f"{table}.{_plain(match[1])}", number)
    return lines


def _plain(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))


def _line_of(field: str, lines: dict[str, int]) -> int | None:
    """Return the line of the field, or of the innermost part around it that has one."""
    path = f"{_ROOT}.{field}"
    while path:
        if (line := lines.get(path)) is not None:
            return line
        path = path.rpartition(".")[0]
    return None


def shipped() -> tuple[Edition, ...]:
    """Return the Facility's editions, oldest first. ``init`` adopts them."""
    files = _folder().joinpath("editions").iterdir()
    texts = [file.read_text("utf-8") for file in files if file.name.endswith(".toml")]
    return tuple(sorted(map(read_edition, texts), key=lambda edition: edition.from_))


def template() -> str:
    """Return an edition as TOML that names every rule there is, with comments."""
    return _folder().joinpath("template.toml").read_text("utf-8")


def _folder() -> "Traversable":
    from importlib import resources

    return resources.files("lifecycle.policy")
