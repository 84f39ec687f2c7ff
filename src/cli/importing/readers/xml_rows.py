"""Rows of XML files: the elements of one name, read one at a time. Documents with a DTD are refused."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError, iterparse, tostring
from xml.parsers import expat

from cli.importing.readers.limits import opened
from cli.importing.rows import BadFile, Cell, Row

_CHUNK = 64 * 1024
_NAMESPACES = {"xml": "{http://www.w3.org/XML/1998/namespace}"}


class XmlRow(Row):
    """An element. A path names what is in it: ``title/narrative``, ``value/@currency``."""

    def __init__(self, element: Element, address: str) -> None:
        self._element, self.address = element, address

    def cells(self, path: str) -> list[Cell]:
        """Return the texts, or the values of the attribute, at the path."""
        steps = _steps(path)
        attribute = steps.pop()[1:] if steps and steps[-1].startswith("@") else ""
        place = f"{self.address}/{path}"
        elements = _select([self._element], steps)
        if not attribute:
            return [Cell("".join(element.itertext()), place) for element in elements]
        values = (_attribute(element, attribute) for element in elements)
        return [Cell(value, place) for value in values if value is not None]

    def content(self) -> str:
        """Return the element as XML."""
        return tostring(self._element, "unicode")

    def each(self, path: str) -> Iterator[Row]:
        """Yield the elements at the path."""
        for number, element in enumerate(_select([self._element], _steps(path)), 1):
            yield XmlRow(element, f"{self.address}/{path}[{number}]")


@cache
def _parsed(path: str) -> tuple[str, ...]:
    """Return the steps of a path: it is parted at each ``/`` that is outside of brackets."""
    return tuple(step for step in re.findall(r"(?:[^/\[]|\[[^\]]*\])+", path) if step != ".")


def _steps(path: str) -> list[str]:
    return list(_parsed(path))


@cache
def _parts(step: str) -> tuple[str, tuple[tuple[str, frozenset[str]], ...]]:
    """Return a step's name, and of each of its conditions the path and the values: ``[type/@code='3|4']``."""
    name, _, _ = step.partition("[")
    found = re.findall(r"\[\s*([^\]=]+?)\s*=\s*['\"]([^'\"]*)['\"]\s*\]", step)
    return name, tuple((path, frozenset(values.split("|"))) for path, values in found)


def _select(elements: list[Element], steps: Sequence[str]) -> list[Element]:
    """Return the elements that the steps lead to."""
    for step in steps:
        name, conditions = _parts(step)
        elements = [
            child
            for element in elements
            for child in element
            if name in (child.tag, "*") and all(_fulfils(child, *condition) for condition in conditions)
        ]
    return elements


def _fulfils(element: Element, path: str, values: frozenset[str]) -> bool:
    return any(cell.text in values for cell in XmlRow(element, "").cells(path))


def _attribute(element: Element, name: str) -> str | None:
    prefix, _, local = name.rpartition(":")
    return element.get(f"{_NAMESPACES.get(prefix, '')}{local}")


def xml_rows(path: Path, file: str, rows: str) -> Iterator[Row]:
    """Yield each element of the name. Raises `BadFile`."""
    for number, element in enumerate(elements(path, file, rows), 1):
        yield XmlRow(element, f"{rows}[{number}]")


def elements(path: Path, file: str, name: str) -> Iterator[Element]:
    """Yield each element of this name, without namespaces, and forget it afterwards. Raises `BadFile`."""
    with opened(path) as raw:
        refuse_dtd(raw, file)
    parents: list[Any] = []
    try:
        with opened(path) as raw:
            for event, element in iterparse(raw, events=("start", "end")):  # noqa: S314 no DTD is in it
                if event == "start":
                    element.tag = element.tag.rpartition("}")[2]
                    parents.append(element)
                    continue
                parents.pop()
                if element.tag == name:
                    yield element
                if element.tag == name or (len(parents) == 1 and name not in (one.tag for one in parents)):
                    element.clear()
                    if parents:
                        parents[-1].remove(element)
    except ParseError as error:
        raise BadFile(f"{file}: not XML: {error}") from None


def refuse_dtd(raw: IO[bytes], file: str) -> None:
    """Refuse a document that declares entities or a type: nothing that is imported needs them.

    Raises `BadFile`. Only the part before the first element can hold a declaration.
    """

    class _Begun(Exception):
        """The first element has begun."""

    def declared(*_: object) -> None:
        raise BadFile(f"{file}: it has a DTD, which is not read: it could name other files, or never end")

    def begun(*_: object) -> None:
        raise _Begun

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = declared
    parser.EntityDeclHandler = declared
    parser.StartElementHandler = begun
    try:
        while data := raw.read(_CHUNK):
            parser.Parse(data)
        parser.Parse(b"", True)
    except _Begun:
        return
    except expat.ExpatError as error:
        raise BadFile(f"{file}: not XML: {error}") from None
