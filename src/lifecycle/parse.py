"""People's and programs' words, read as commands: shape only, nothing is judged here."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError

from lifecycle.catalogue import SPECS
from lifecycle.decide.commands import BY_NAME
from lifecycle.kernel.command import Command
from lifecycle.types.readings.days import Today
from lifecycle.types.readings.nearest import did_you_mean
from lifecycle.types.readings.shape_faults import (
    Detail,
    fields_at,
    in_words,
    path_of,
    without_consequences,
)
from lifecycle.types.text import OfficerId, quoted

_ABOUT = {
    name: [about for about, specs in SPECS.items() if name in specs]
    for specs in SPECS.values()
    for name in specs
}
"""What each command can be about."""


_C = TypeVar("_C", bound=Command)


def no_currency(_: str) -> None:
    """Return `None`: no currency is known."""


class Hints(NamedTuple):
    """What a message may ask for, so that it can offer what was meant."""

    currency_of: Callable[[str], str | None] = no_currency
    """Returns the currency of an amount that names none, by the path of its field."""
    today: Today | None = None


NO_HINTS = Hints()


class Malformed(Exception):
    """The words make no command. ``problems`` holds each field with what to write instead."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {what}" if field else what for field, what in problems))
        self.problems = problems

    @classmethod
    def of(
        cls,
        error: ValidationError,
        kind: type[Command] | None = None,
        inside: str = "",
        hints: Hints = NO_HINTS,
    ) -> "Malformed":
        """From pydantic's error, in the words of the fields."""
        details = without_consequences(error.errors(include_url=False))[:20]
        return cls([_problem(detail, kind, inside, hints) for detail in details])


def _problem(detail: Detail, kind: type[Command] | None, inside: str, hints: Hints) -> tuple[str, str]:
    path = ".".join(filter(None, [inside, path_of(detail)]))
    if detail.get("ctx", {}).get("field"):
        path = path_of(detail)
    if kind is None:
        return path, in_words(detail, hints.currency_of(path), today=hints.today)
    if detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1:
        names = list(kind.fields())
        near = did_you_mean(path, names)
        return path, f"is not a field of {kind.NAME}{near}; it has: {', '.join(names)}"
    return path, in_words(detail, hints.currency_of(path), _fields_at(kind, detail), hints.today)


def _fields_at(kind: type[Command], detail: Detail) -> list[str]:
    """Return the names of the fields of the part of a command that an error is about."""
    first, *path = detail["loc"] or ("",)
    if detail["type"] == "extra_forbidden":
        path = path[:-1]
    field = kind.fields().get(str(first))
    return [] if field is None else fields_at(field.annotation, path)


_OFFICER = TypeAdapter(OfficerId)


def recorder_from(name: str) -> str:
    """Return the name of the recorder, which must have the form of an officer's id. Raises `Malformed`."""
    try:
        return _OFFICER.validate_python(name)
    except ValidationError as error:
        raise Malformed.of(error, inside="recorder") from None


def command_class(name: str, about: str) -> type[Command]:
    """Return the class of the command about a ``grant``, the ``fund``, a ``call`` or the ``directory``.

    Raises `Malformed`.
    """
    if command := BY_NAME[about].get(name):
        return command
    if others := [other for other, commands in BY_NAME.items() if name in commands]:
        if "grant" in others:
            raise Malformed([("grant", f"{name} needs a grant")])
        fields = ", ".join(SPECS[others[0]][name].arguments)
        instead = f": it is about {fields}" if fields else ""
        raise Malformed([("grant", f"{name} has no field grant{instead}")])
    near = did_you_mean(name, (known for commands in BY_NAME.values() for known in commands))
    raise Malformed([("command", f"{quoted(name)} is not a command{near}; see grantbook schema commands")])


def every_command() -> list[type[Command]]:
    """Return all classes in the order of the catalogue: of grants, the fund, calls, the directory."""
    return [command for commands in BY_NAME.values() for command in commands.values()]


def command_from(words: Mapping[str, Any], hints: Hints = NO_HINTS) -> Command:
    """The command that the words make: ``{"command": "ProposeGrant", "grant": …}``. Raises `Malformed`.

    ``hints``: asked if an amount names no currency, or a day no date.
    """
    fields = dict(words)
    name = fields.pop("command", None)
    if not isinstance(name, str):
        raise Malformed([("command", "is missing: which command is it?")])
    return checked(command_class(name, about_what(name, fields)), fields, hints)


def checked(kind: type[_C], fields: Mapping[str, Any], hints: Hints = NO_HINTS) -> _C:
    """The command of the class with these fields. Raises `Malformed`."""
    try:
        return kind.read(fields)
    except ValidationError as error:
        raise Malformed.of(error, kind, hints=hints) from None
    except RecursionError:
        raise Malformed([("", "nested too deeply")]) from None


def about_what(name: str, fields: Mapping[str, Any]) -> str:
    """Return what the command is about: ``grant``, ``fund``, ``call`` or ``directory``.

    Its name decides, then what it names.
    """
    found = _ABOUT.get(name, ())
    if len(found) == 1 and ("grant" not in fields or "grant" in BY_NAME[found[0]][name].fields()):
        return found[0]
    return "grant" if "grant" in fields or not found else "call" if "call" in fields else "fund"
