"""The steps of a suggested map: those of the shipped one, with the columns of the table."""

import re
from collections.abc import Mapping
from typing import Any

from cli.importing.mapping.load import fields_of
from cli.importing.suggesting.fitting import Known, Pair
from cli.importing.suggesting.names import split_of

_BY_KEY = {"key": True}
_STAND_INS: dict[str, Any] = {
    **dict.fromkeys(("grant", "payment", "partner", "title"), _BY_KEY),
    "recipients": ["ZZ"],
    "payee": "not stated",
}
"""What stands for a needed field if no column fits."""
_NEEDED = object()
"""Stands for a field that the command needs, and that nothing stands for."""
_END = "Closed on"
"""A day that says nothing of the days of earlier steps."""


class Steps:
    """The steps of a map, with the columns of the table for those of the shipped one.

    A field without a column has the map's default, or what stands for it; a step without a day has that of a
    later one, or is left out.
    """

    def __init__(self, shipped: Mapping[str, Any], pairs: Mapping[str, Pair], known: Known) -> None:
        self._pairs, self._known = pairs, known
        self.unclear: list[str] = []
        """What is not sure about the steps, in sentences."""
        self.optional: list[str] = []
        """Columns that the map uses and that the table does not have."""
        self.steps: list[dict[str, Any]] = []
        for number, step in enumerate(shipped["step"]):
            later = [str(other["fields"]["on"]["column"]) for other in shipped["step"][number + 1 :]]
            if (made := self._step(step, later)) is not None:
                self.steps.append(made)

    def _step(self, step: Mapping[str, Any], later: list[str]) -> dict[str, Any] | None:
        """Return the step, or `None` if it is left out. ``later``: the columns of the days of later steps."""
        command = step["command"]
        day = self._day_of(command, str(step["fields"]["on"]["column"]), later)
        conditions = step.get("when", ())
        missing = [condition["column"] for condition in conditions if condition["column"] not in self._pairs]
        fields = {name: self._field(command, name, spec) for name, spec in step["fields"].items()}
        needed = [name for name, value in fields.items() if value is _NEEDED]
        if day is None or missing or needed:
            what = (needed or missing or ["day"])[0]
            self.unclear.append(f"no column has the {what} of {command}: the step is left out")
            return None
        fields["on"] = {"column": self._header(day)}
        when = [{**condition, "column": self._header(condition["column"])} for condition in conditions]
        return {
            **{name: value for name, value in step.items() if name not in {"fields", "when"}},
            **({"when": when} if when else {}),
            "fields": {name: value for name, value in fields.items() if value is not None},
        }

    def _header(self, name: str) -> str:
        return self._pairs[name].column.header

    def _day_of(self, command: str, name: str, later: list[str]) -> str | None:
        """Return the column of the command's day, or of a later step's; `None` if there is none."""
        if name in self._pairs:
            return name
        day = next((other for other in later if other in self._pairs and other != _END), None)
        if day is not None:
            header = self._header(day)
            self.unclear.append(f"no header fits {name!r}: {command} is taken to be of the day in {header!r}")
        return day

    def _field(self, command: str, name: str, spec: Any) -> Any:
        """Return the value of a field in the map; `None` if it is left out, `_NEEDED` if it cannot be."""
        if not isinstance(spec, dict) or "column" not in spec or name == "on":
            return spec
        pair = self._pairs.get(spec["column"])
        if pair is None:
            return self._without_column(command, name, spec)
        value = {**spec, "column": pair.column.header}
        if "currency_column" in spec:
            del value["currency_column"]
            if "Currency" in self._pairs:
                value["currency_column"] = self._header("Currency")
        if "split" in spec:
            value["split"] = split_of(pair.column)
        if name == "months" and any(re.search(r"\d\s+\D", word) for word in pair.column.words):
            value["find"] = "[0-9]+"
        return value

    def _without_column(self, command: str, name: str, spec: Mapping[str, Any]) -> Any:
        if name == "actor":  # an officer who is not named is the one who imports
            self.optional.append(spec["column"])
            return dict(spec)
        value = spec.get("default", _STAND_INS.get(name, _NEEDED))
        if "default" not in spec and not fields_of(command)[name].is_required:
            return None
        if name == "window" and self._known.windows:
            value = max(self._known.windows)
        if name == "amount" and command == "ProposeGrant":
            value = f"0 {self._known.currency or 'USD'}"
        if value is not _NEEDED:
            shown = "what names the row" if value is _BY_KEY else repr(value)
            self.unclear.append(f"no header fits {spec['column']!r}: {shown} is taken for all rows")
        return value
