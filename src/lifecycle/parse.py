"""People's and programs' words, read as commands: shape only, nothing is judged here."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError, create_model
from pydantic_core import ErrorDetails

from lifecycle.call import call as call_facts
from lifecycle.catalogue import ROWS
from lifecycle.decide.correction import CorrectCallEntry, CorrectEntry, CorrectFundEntry
from lifecycle.fund import events as fund_facts
from lifecycle.grant import events as grant_facts
from lifecycle.grant.amendment import RestructureGrant
from lifecycle.grant.exchange import HoldActivity
from lifecycle.grant.payment.irregular import RecordIrregularPayment
from lifecycle.grant.payment.refund import RecordRefund
from lifecycle.grant.payment.request import RequestPayment
from lifecycle.grant.proposal.review import ApproveGrant
from lifecycle.kernel.command import CallCommand, Command, FundCommand, GrantCommand
from lifecycle.types.text import OfficerId

_OF_THEIR_OWN: dict[tuple[str, str], type[Command]] = {
    ("ApproveGrant", "grant"): ApproveGrant,
    ("HoldActivity", "grant"): HoldActivity,
    ("RestructureGrant", "grant"): RestructureGrant,
    ("RequestPayment", "grant"): RequestPayment,
    ("RecordRefund", "grant"): RecordRefund,
    ("RecordIrregularPayment", "grant"): RecordIrregularPayment,
    ("CorrectEntry", "grant"): CorrectEntry,
    ("CorrectEntry", "fund"): CorrectFundEntry,
    ("CorrectEntry", "call"): CorrectCallEntry,
}
"""Commands that carry other fields than the facts that they become, with what they are about."""
_BASES: dict[str, tuple[type[Command], Any]] = {
    "grant": (GrantCommand, grant_facts),
    "fund": (FundCommand, fund_facts),
    "call": (CallCommand, call_facts),
}


_ABOUT = {
    name: [about for about, rows in ROWS.items() if name in rows] for rows in ROWS.values() for name in rows
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
        what = f"is not a field of {kind.NAME}; it has: {', '.join(kind.model_fields)}"
    elif detail["type"] == "string_unicode":
        what = "holds bytes that are no text: write it in UTF-8"
    elif detail["type"] == "string_pattern_mismatch":
        what = f"{shown(detail['input'])} does not fit {detail['ctx']['pattern']}"
    return path, what


_OFFICER = TypeAdapter(OfficerId)


def recorder_from(name: str) -> str:
    """Who records: named as an officer is, for a refusal keeps the name as well. Raises `Malformed`."""
    try:
        return _OFFICER.validate_python(name)
    except ValidationError as error:
        raise Malformed.of(error, inside="recorder") from None


def shown(value: object) -> str:
    """A value for a message: short, on one line, and harmless to a terminal."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else text[:77] + '..."'


@cache
def command_class(name: str, about: str) -> type[Command]:
    """The class of the command about a ``grant``, the ``fund`` or a ``call``. Raises `Malformed`.

    A command has the fields of the fact that it becomes, and its own envelope: so its class is made
    from the fact's, when it is first needed. The few with other fields stand beside their decisions.
    """
    row = ROWS[about].get(name)
    if row is None:
        if others := [other for other, rows in ROWS.items() if name in rows]:
            about_what = "names no grant" if "grant" not in others else "needs a grant"
            raise Malformed([("grant", f"{name} {about_what}")])
        raise Malformed([("command", f"{shown(name)} is not a command; see grantbook schema commands")])
    if own := _OF_THEIR_OWN.get((name, about)):
        return own
    base, facts = _BASES[about]
    fact: Any = getattr(facts, row.event)
    made = create_model(name, __base__=(base, fact), __module__=__name__, __doc__=row.help)
    setattr(made, "NAME", name)  # noqa: B010 mypy does not see what a made class inherits
    return cast(type[Command], made)


def every_command() -> list[type[Command]]:
    """All classes, in the order of the table: of grants, of the fund, of calls."""
    return [command_class(name, about) for about, rows in ROWS.items() for name in rows]


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
        return kind.model_validate(fields)
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
