"""People's and programs' words, read as commands: shape only, nothing is judged here."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from lifecycle.catalogue import SPECS
from lifecycle.decide.commands import BY_NAME
from lifecycle.kernel.command import Command
from lifecycle.types.text import OfficerId

_ABOUT = {
    name: [about for about, specs in SPECS.items() if name in specs]
    for specs in SPECS.values()
    for name in specs
}
"""What each command can be about."""


_C = TypeVar("_C", bound=Command)


class Malformed(Exception):
    """The words make no command. ``problems`` holds each field with what to write instead."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {what}" if field else what for field, what in problems))
        self.problems = problems

    @classmethod
    def of(cls, error: ValidationError, kind: type[Command] | None = None, inside: str = "") -> "Malformed":
        """From pydantic's error, in our words."""
        return cls([_problem(detail, kind, inside) for detail in error.errors(include_url=False)[:20]])


def _problem(detail: ErrorDetails, kind: type[Command] | None, inside: str) -> tuple[str, str]:
    path = ".".join(str(part) for part in (*filter(None, [inside]), *detail["loc"]))
    what = detail["msg"].removeprefix("Value error, ")
    if detail["type"] in ("too_large", "too_many_decimals"):
        path = detail["ctx"]["field"]
    elif detail["type"] == "missing":
        what = "is missing"
    elif detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1 and kind is not None:
        what = f"is not a field of {kind.NAME}; it has: {', '.join(kind.fields())}"
    elif detail["type"] == "string_unicode":
        what = "holds bytes that are no text: write it in UTF-8"
    elif detail["type"] == "string_pattern_mismatch":
        what = f"{shown(detail['input'])} does not fit {detail['ctx']['pattern']}"
    return path, what


_OFFICER = TypeAdapter(OfficerId)


def recorder_from(name: str) -> str:
    """Return the name of the recorder, which must have the form of an officer's id. Raises `Malformed`."""
    try:
        return _OFFICER.validate_python(name)
    except ValidationError as error:
        raise Malformed.of(error, inside="recorder") from None


def shown(value: object) -> str:
    """A value for a message: short, on one line, and harmless to a terminal."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else text[:77] + '..."'


def command_class(name: str, about: str) -> type[Command]:
    """The class of the command about a ``grant``, the ``fund`` or a ``call``. Raises `Malformed`."""
    if command := BY_NAME[about].get(name):
        return command
    if others := [other for other, commands in BY_NAME.items() if name in commands]:
        about_what = "names no grant" if "grant" not in others else "needs a grant"
        raise Malformed([("grant", f"{name} {about_what}")])
    raise Malformed([("command", f"{shown(name)} is not a command; see grantbook schema commands")])


def every_command() -> list[type[Command]]:
    """Return all classes in the order of the catalogue: of grants, of the fund, of calls."""
    return [command for commands in BY_NAME.values() for command in commands.values()]


def command_from(words: Mapping[str, Any]) -> Command:
    """The command that the words make: ``{"command": "ProposeGrant", "grant": …}``. Raises `Malformed`."""
    fields = dict(words)
    name = fields.pop("command", None)
    if not isinstance(name, str):
        raise Malformed([("command", "is missing: which command is it?")])
    return checked(command_class(name, about_what(name, fields)), fields)


def checked(kind: type[_C], fields: Mapping[str, Any]) -> _C:
    """The command of the class with these fields. Raises `Malformed`."""
    try:
        return kind.read(fields)
    except ValidationError as error:
        raise Malformed.of(error, kind) from None
    except RecursionError:
        raise Malformed([("", "nested too deeply")]) from None


def about_what(name: str, fields: Mapping[str, Any]) -> str:
    """Whether the command is about a grant, the fund or a call: by its name, then by what it names."""
    found = _ABOUT.get(name, ())
    if len(found) == 1 and ("grant" in fields) <= (found[0] == "grant"):
        return found[0]
    return "grant" if "grant" in fields or not found else "call" if "call" in fields else "fund"
