"""People's and programs' words, read as commands: shape only, nothing is judged here."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lifecycle.decisions import (
    agreement,
    amendment,
    closure,
    correction,
    exchange,
    fund,
    payment,
    proposal,
    results,
)
from lifecycle.decisions.rules import Command, GrantCommand
from lifecycle.table import FUND_ROWS, GRANT_ROWS

_ROOMS = (proposal, agreement, exchange, payment, amendment, results, closure, correction, fund)
_ON_FUND = {"CorrectEntry": "CorrectFundEntry", "AttachDocument": "AttachFundDocument"}
COMMANDS: Mapping[str, type[Command]] = {
    name: kind
    for room in _ROOMS
    for name, kind in vars(room).items()
    if isinstance(kind, type) and issubclass(kind, Command) and kind.__module__ == room.__name__
}
"""Every command by the name of its class."""


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
    if detail["type"] == "missing":
        what = "is missing"
    elif detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1 and kind is not None:
        what = f"is not a field of {kind.__name__}; it has: {', '.join(kind.model_fields)}"
    elif detail["type"] == "string_pattern_mismatch":
        what = f"{shown(detail['input'])} does not fit {detail['ctx']['pattern']}"
    return path, what


def shown(value: object) -> str:
    """A value for a message: short, on one line, and harmless to a terminal."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else text[:77] + '..."'


def command_class(name: str, *, on_fund: bool) -> type[Command]:
    """The class of the command, on a grant or on the fund. Raises `Malformed` for an unknown name."""
    rows = FUND_ROWS if on_fund else GRANT_ROWS
    if name not in rows:
        if name in FUND_ROWS or name in GRANT_ROWS:
            other = "names no grant" if name in FUND_ROWS else "needs a grant"
            raise Malformed([("grant", f"{name} {other}")])
        raise Malformed([("command", f"{shown(name)} is not a command; see grantbook schema commands")])
    return COMMANDS[_ON_FUND.get(name, name) if on_fund else name]


def command_from(words: Mapping[str, Any]) -> Command:
    """The command that the words make: ``{"command": "ProposeGrant", "grant": …}``. Raises `Malformed`."""
    fields = dict(words)
    name = fields.pop("command", None)
    if not isinstance(name, str):
        raise Malformed([("command", "is missing: which command is it?")])
    kind = command_class(name, on_fund=_is_on_fund(name, fields))
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise Malformed.of(error, kind) from None
    except RecursionError:
        raise Malformed([("", "nested too deeply")]) from None


def _is_on_fund(name: str, fields: Mapping[str, Any]) -> bool:
    """Commands that exist for both are on the fund where they name no grant."""
    if name in FUND_ROWS and name in GRANT_ROWS:
        return "grant" not in fields
    return name in FUND_ROWS and "grant" not in fields


def is_grant_command(command: Command) -> bool:
    """Whether it is on a grant rather than on the fund."""
    return isinstance(command, GrantCommand)
