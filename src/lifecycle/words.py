"""People's and programs' words, read as commands: shape only, nothing is judged here."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from pydantic import ValidationError, create_model
from pydantic_core import ErrorDetails

from lifecycle.decisions.amendment import RestructureGrant
from lifecycle.decisions.correction import CorrectEntry, CorrectFundEntry
from lifecycle.decisions.fund import FundCommand
from lifecycle.decisions.proposal import ApproveGrant
from lifecycle.decisions.rules import Command, GrantCommand
from lifecycle.events import fund as on_fund_facts
from lifecycle.events import grant as on_grant_facts
from lifecycle.table import FUND_ROWS, GRANT_ROWS

_OF_THEIR_OWN: dict[tuple[str, bool], type[Command]] = {
    ("ApproveGrant", False): ApproveGrant,
    ("RestructureGrant", False): RestructureGrant,
    ("CorrectEntry", False): CorrectEntry,
    ("CorrectEntry", True): CorrectFundEntry,
}
"""Commands that carry other fields than the facts that they become; ``True``: on the fund."""


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
        what = f"is not a field of {kind.NAME}; it has: {', '.join(kind.model_fields)}"
    elif detail["type"] == "string_pattern_mismatch":
        what = f"{shown(detail['input'])} does not fit {detail['ctx']['pattern']}"
    return path, what


def shown(value: object) -> str:
    """A value for a message: short, on one line, and harmless to a terminal."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else text[:77] + '..."'


@cache
def command_class(name: str, *, on_fund: bool) -> type[Command]:
    """The class of the command, on a grant or on the fund. Raises `Malformed` for an unknown name.

    A command has the fields of the fact that it becomes, and its own envelope: so its class is made
    from the fact's, when it is first needed. The few with other fields stand beside their decisions.
    """
    rows = FUND_ROWS if on_fund else GRANT_ROWS
    row = rows.get(name)
    if row is None:
        if name in FUND_ROWS or name in GRANT_ROWS:
            other = "names no grant" if name in FUND_ROWS else "needs a grant"
            raise Malformed([("grant", f"{name} {other}")])
        raise Malformed([("command", f"{shown(name)} is not a command; see grantbook schema commands")])
    if own := _OF_THEIR_OWN.get((name, on_fund)):
        return own
    base: type[Command] = FundCommand if on_fund else GrantCommand
    fact: Any = getattr(on_fund_facts if on_fund else on_grant_facts, row.event)
    made = create_model(name, __base__=(base, fact), __module__=__name__, __doc__=row.help)
    setattr(made, "NAME", name)  # noqa: B010 mypy does not see what a made class inherits
    return cast(type[Command], made)


def every_command() -> list[type[Command]]:
    """All classes, in the order of the table: of grants, then of the fund."""
    return [
        *(command_class(name, on_fund=False) for name in GRANT_ROWS),
        *(command_class(name, on_fund=True) for name in FUND_ROWS),
    ]


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
