"""Writes XML as a stream. Text and attributes are escaped, and signs that XML cannot hold are replaced."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from xml.sax.saxutils import escape, quoteattr

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def allowed(text: str) -> str:
    """Return the text with each sign that XML 1.0 cannot hold as U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", text)


class Xml:
    """Writes elements to a text file, indented by their depth."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._depth = 0
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n')

    @contextmanager
    def inside(self, tag: str, **attributes: str | None) -> Iterator[None]:
        """Write an element around what the block writes."""
        self._out.write(f"{self._indent}<{tag}{_attributes(attributes)}>\n")
        self._depth += 1
        yield
        self._depth -= 1
        self._out.write(f"{self._indent}</{tag}>\n")

    def element(self, tag: str, text: str | None = None, **attributes: str | None) -> None:
        """Write an element with a text, or an empty one."""
        end = "/>" if text is None else f">{escape(allowed(text))}</{tag}>"
        self._out.write(f"{self._indent}<{tag}{_attributes(attributes)}{end}\n")

    @property
    def _indent(self) -> str:
        return "  " * self._depth


def _attributes(attributes: dict[str, str | None]) -> str:
    """Return the attributes that have a value: ``iso_date`` is ``iso-date``, ``xml__lang`` ``xml:lang``."""
    return "".join(
        f" {name.replace('__', ':').replace('_', '-')}={quoteattr(allowed(value))}"
        for name, value in attributes.items()
        if value is not None
    )
