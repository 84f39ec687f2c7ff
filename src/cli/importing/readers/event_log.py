"""Rows of event logs (XES): one for each event, with the attributes of its case under ``case:``."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from cli.importing.readers.xml_rows import elements
from cli.importing.rows import NamedRow, Row, Value, column_key

_ATTRIBUTES = ("string", "date", "int", "float", "boolean", "id")


def event_rows(path: Path, file: str) -> Iterator[Row]:
    """Yield the events of each case in their order. Raises `BadFile`."""
    for number, trace in enumerate(elements(path, file, "trace"), 1):
        of_case = {f"case:{key}": value for key, value in _attributes(trace)}
        for place, event in enumerate(trace.findall("event"), 1):
            address = f"trace[{number}]/event[{place}]"
            values = {**of_case, **dict(_attributes(event))}
            yield NamedRow(
                {column_key(name): value for name, value in values.items()},
                address,
                {column_key(name): f"{address}/{name}" for name in values},
            )


def _attributes(element: Element) -> Iterator[tuple[str, Value]]:
    for attribute in element:
        key, value = attribute.get("key"), attribute.get("value")
        if attribute.tag in _ATTRIBUTES and key is not None:
            yield key, value
