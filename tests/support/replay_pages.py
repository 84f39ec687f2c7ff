"""Reading the page of a replay in tests: what it shows in each cell."""

import json
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element

from support.pages import HTML, parsed


def text_of(element: Element) -> str:
    """Return the text of an element in one line."""
    return " ".join("".join(element.itertext()).split())


def _whole(changed: list[list[int]]) -> list[list[int]]:
    rows: list[list[int]] = []
    for same, *runs in changed:
        rest = [number for number, times in zip(runs[::2], runs[1::2], strict=True) for _ in range(times)]
        rows.append([*(rows[-1][:same] if rows else []), *rest])
    return rows


class ReplayPage:
    """A page, read as a browser reads it, with the choices that its script makes."""

    def __init__(self, text: str) -> None:
        """Read the page. Raises an error if it is not valid HTML."""
        tree = parsed(text)
        self.by_id = {id_: element for element in tree.iter() if (id_ := element.get("id"))}
        self.positions: dict[str, Any] = json.loads(self.by_id["positions"].text or "")
        self.sets, self.cells = cache(self._sets), cache(self._cells)

    @property
    def days(self) -> list[str]:
        """The days of the first slider."""
        days: list[str] = self.positions["days"]
        return days

    @property
    def known(self) -> list[int]:
        """The positions of the journal of the second slider."""
        return [
            int(label.split("position ")[1].rstrip(")").replace(",", "")) for label in self.positions["known"]
        ]

    def _sets(self, name: str) -> list[list[int]]:
        """Return the sets of the rows of this kind."""
        toggled = self.positions["entries"] if name == "entries" else self.positions[name]["sets"]
        now: set[int] = set()
        return [sorted(now := now ^ set(numbers)) for numbers in toggled]

    def _cells(self, name: str) -> list[list[int]]:
        return _whole(self.positions[name]["cells"])

    def _rows(self, name: str, on: int, known: int) -> list[Element]:
        number = known if name == "entries" else self.cells(name)[known][on]
        return [self.by_id[name][row] for row in self.sets(name)[number]]

    def fields(self, on: int, known: int) -> dict[str, str]:
        """Return the fields of the state in a cell."""
        return {text_of(row[0]): text_of(row[1]) for row in self._rows("fields", on, known)}

    def sums(self, on: int, known: int) -> list[str]:
        """Return stage, commitment, paid and left in a cell."""
        (shown,) = self._rows("sums", on, known)
        return [text_of(figure) for figure in shown.iter(f"{HTML}dd")]

    def obligations(self, on: int, known: int) -> list[list[str]]:
        """Return the name, status and dates of each obligation in a cell."""
        return [[text_of(part) for part in row[0]] for row in self._rows("obligations", on, known)]

    def entries(self, known: int) -> list[Element]:
        """Return the entries that are shown at a time."""
        return self._rows("entries", 0, known)

    def visible(self, name: str) -> list[str]:
        """Return the texts of the rows that are shown without a script."""
        rows = [row for row in self.by_id[name] if row.get("hidden") is None]
        return [" ".join(text for part in row if (text := text_of(part))) for row in rows]
