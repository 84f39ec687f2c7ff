"""Rows of JSON files: the objects of a list, decoded one at a time, and JSON Lines."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from cli.importing.readers.limits import opened
from cli.importing.rows import BadFile, Cell, Row

LARGEST = 1024**3
"""The most bytes of a JSON file, whose text is read as a whole."""
_BLANK = re.compile(r"[\s,]*")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class JsonRow(Row):
    """An object. A path names its members: ``funders[0].name``; without a number, each of them."""

    def __init__(self, value: Any, address: str) -> None:
        self._value, self.address = value, address

    def cells(self, path: str) -> list[Cell]:
        """Return the values at the path."""
        return [Cell(_plain(value), address) for value, address in self._at(path) if value is not None]

    def each(self, path: str) -> Iterator[Row]:
        """Yield the objects at the path."""
        for value, address in self._at(path):
            yield JsonRow(value, address)

    def content(self) -> str:
        """Return the object as JSON."""
        return json.dumps(self._value, sort_keys=True, default=str)

    def _at(self, path: str) -> list[tuple[Any, str]]:
        found = [(self._value, self.address)]
        for name, number in _STEP.findall(path):
            found = [step for value, address in found for step in _steps(value, address, name, number)]
        return [part for value, address in found for part in _members(value, address)]


def _steps(value: Any, address: str, name: str, number: str) -> Iterator[tuple[Any, str]]:
    if number:
        if isinstance(value, list) and int(number) < len(value):
            yield value[int(number)], f"{address}[{number}]"
        return
    for member, place in _members(value, address):
        if isinstance(member, dict) and name in member:
            yield member[name], f"{place}.{name}"


def _members(value: Any, address: str) -> Iterator[tuple[Any, str]]:
    if not isinstance(value, list):
        yield value, address
        return
    for number, member in enumerate(value):
        yield member, f"{address}[{number}]"


def _plain(value: Any) -> Any:
    return json.dumps(value, default=str) if isinstance(value, dict) else value


def json_rows(path: Path, file: str, rows: str | None) -> Iterator[Row]:
    """Yield the objects of the list at a path, or of the first list. Raises `BadFile`."""
    with opened(path) as raw:
        data = raw.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise BadFile(f"{file}: more than {LARGEST:,} bytes: save it as JSON Lines, one object a line")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(f"{file}: not UTF-8 at byte {error.start + 1}") from None
    del data
    try:
        yield from _list_in(text, file, rows)
    except json.JSONDecodeError as error:
        raise BadFile(f"{file}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise BadFile(f"{file}: nested too deeply") from None


def _list_in(text: str, file: str, rows: str | None) -> Iterator[Row]:
    at = _skip(text, 0)
    if text[at : at + 1] == "[":
        yield from _objects(text, at, "")
        return
    if text[at : at + 1] != "{":
        raise BadFile(f"{file}: no list and no object of JSON")
    at = _skip(text, at + 1)
    names = []
    while text[at : at + 1] == '"':
        name, at = _decoder.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        names.append(name)
        if text[at : at + 1] == "[" and rows in (None, name):
            yield from _objects(text, at, name)
            return
        _, at = _decoder.raw_decode(text, at)
        at = _skip(text, at)
    if rows in names:
        raise BadFile(f"{file}: {rows} is no list")
    raise BadFile(f"{file}: it has no list {rows or ''}; it has: {', '.join(names) or 'nothing'}")


def _objects(text: str, at: int, name: str) -> Iterator[Row]:
    at, number = _skip(text, at + 1), 0
    while text[at : at + 1] != "]":
        value, at = _decoder.raw_decode(text, at)
        at = _skip(text, at)
        yield JsonRow(value, f"{name}[{number}]")
        number += 1


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    assert match is not None
    return match.end()


def json_lines(path: Path, file: str) -> Iterator[Row]:
    """Yield the object of each line. Raises `BadFile`."""
    with opened(path) as raw:
        for number, line in enumerate(raw, 1):
            if not line.strip():
                continue
            try:
                value = _decoder.decode(line.decode("utf-8-sig").strip())
            except (ValueError, RecursionError) as error:
                raise BadFile(f"{file}:{number}: not JSON: {error}") from None
            yield JsonRow(value, f"{file}:{number}")


_decoder = json.JSONDecoder(parse_float=Decimal)
