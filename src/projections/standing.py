"""How each grant stands after all that is recorded: what ``grant show`` answers from at once.

The one projection that is read without SQLAlchemy, and without the rules: a look at one grant should not
take longer than to start the program. Read here, the state is the one that was folded.
"""

import json
import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import quote

from lifecycle.stage import Stage
from lifecycle.state import Activity, FollowUp, Grant, Payment

_RECORDS = {kind.__name__: kind for kind in (Payment, Activity, FollowUp)}


class Standing(NamedTuple):
    """A grant's state, the version of its stream and the position of the journal."""

    grant: Grant
    version: int
    position: int


def as_text(grant: Grant) -> str:
    """The state as JSON; what JSON has no word for is named beside it."""
    return json.dumps(grant.__dict__, default=_named, ensure_ascii=False, separators=(",", ":"))


def _named(value: Any) -> dict[str, Any]:
    match value:
        case Decimal():
            return {"Decimal": str(value)}
        case date():
            return {"date": value.isoformat()}
        case frozenset():
            return {"frozenset": sorted(value, key=str)}
        case Payment() | Activity() | FollowUp():
            return {type(value).__name__: value.__dict__}
        case _:
            fields = {name: getattr(value, name) for name in type(value).model_fields}
            return {"record": {name: _plain(part) for name, part in fields.items()}}


def _plain(value: Any) -> Any:
    # JSON would take a named tuple, such as money, for a list.
    return {"record": value._asdict()} if isinstance(value, tuple) and hasattr(value, "_asdict") else value


def from_text(text: str) -> Grant:
    """The state of the text."""
    fields = json.loads(text, object_hook=_unnamed)
    grant = object.__new__(Grant)
    grant.__dict__.update(
        {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()},
        stage=Stage(fields["stage"]),
    )
    return grant


def _unnamed(found: dict[str, Any]) -> Any:
    if len(found) != 1:
        return found
    ((name, value),) = found.items()
    if name in _RECORDS and isinstance(value, dict):
        record = object.__new__(_RECORDS[name])
        record.__dict__.update(value)
        return record
    match name:
        case "Decimal":
            return Decimal(value)
        case "date":
            return date.fromisoformat(value)
        case "frozenset":
            return frozenset(tuple(each) if isinstance(each, list) else each for each in value)
        case "record":
            return SimpleNamespace(**value)
        case _:
            return found


def standing(book: Path, grant: str) -> Standing | None:
    """How the grant stands now; `None` where the views do not know, or are not at the journal's end."""
    try:
        newest = _ask(book / "journal.sqlite", "SELECT MAX(position) FROM stored_events")
        question = (
            "SELECT version, state, (SELECT notification_id FROM tracking) FROM grant_standing"
            ' WHERE "grant" = ?'
        )
        found = _ask(book / "views.sqlite", question, grant)
    except sqlite3.Error:
        return None
    if found is None or newest is None or found[2] != newest[0]:
        return None
    return Standing(from_text(found[1]), found[0], found[2])


def _ask(file: Path, question: str, *values: str) -> Any:
    connection = sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=5)
    try:
        return connection.execute(question, values).fetchone()
    finally:
        connection.close()
