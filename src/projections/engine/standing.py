"""How each grant stands after all that is recorded: what ``grant show`` answers from at once.

The one projection that is read without SQLAlchemy, and without the rules: a look at one grant should not
take longer than to start the program. Read here, the state is the one that was folded.
"""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from lifecycle.book.storage.copies import most_sealed
from lifecycle.grant.state import (
    Activity,
    FollowUp,
    Grant,
    Payment,
)
from lifecycle.journal.atomic_files import sealed_in, seals, sound_in
from lifecycle.journal.checksum import is_sound, summed
from lifecycle.journal.sqlite.read_only import WrittenMeanwhile, address_to_read, unchanged
from lifecycle.kernel.errors import Altered
from lifecycle.types.stage import Stage

if TYPE_CHECKING:
    from lifecycle.grant.proposal.request import BudgetLine, Letter

Kind = TypeVar("Kind")


class Standing(NamedTuple):
    """A grant's state, the version of its stream and the position of the journal."""

    grant: Grant
    version: int
    position: int


def as_text(name: str, version: int, grant: Grant) -> str:
    """The state as JSON, with its sum. Sets are written in order: the same state is the same text."""
    from pydantic_core import to_json  # only who writes has it loaded

    fields = {
        field: sorted(value, key=repr) if isinstance(value, frozenset) else value
        for field, value in grant.__dict__.items()
        if value is not None
    }
    return summed(_place(name, version), to_json(fields)).decode()


def from_text(name: str, version: int, text: str) -> Grant:
    """The state of the text. Raises `Altered` where it is not as it was written."""
    if not is_sound(_place(name, version), text.encode()):
        raise Altered(
            f"how grant {name} stands is not as it was written: grantbook views rebuild makes it anew"
        )
    return _record(Grant, json.loads(text))


def _place(name: str, version: int) -> bytes:
    return f"{name}@{version}".encode()


def _record(kind: type[Kind], fields: dict[str, Any]) -> Kind:
    """A state's record, each field read by its type. What is not there is `None`."""
    record = object.__new__(kind)
    for name, type_ in kind.__annotations__.items():
        value, read = fields.get(name), _READ.get(type_)
        record.__dict__[name] = value if value is None or read is None else read(value)
    return record


def _records(kind: type) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda found: {name: _record(kind, fields) for name, fields in found.items()}


def _budget_line(fields: dict[str, Any]) -> SimpleNamespace:
    amount, currency = fields["amount"].split()
    return SimpleNamespace(**fields | {"amount": SimpleNamespace(amount=Decimal(amount), currency=currency)})


def _letter(fields: dict[str, Any]) -> SimpleNamespace:
    return SimpleNamespace(**fields | {"dated": date.fromisoformat(fields["dated"])})


_READ: dict[Any, Callable[[Any], Any]] = {
    Stage: Stage,
    date: date.fromisoformat,
    date | None: date.fromisoformat,
    Decimal: Decimal,
    Decimal | None: Decimal,
    dict[str, Payment]: _records(Payment),
    dict[str, Activity]: _records(Activity),
    dict[str, FollowUp]: _records(FollowUp),
    tuple[str, ...]: tuple,
    tuple[date, ...]: lambda found: tuple(map(date.fromisoformat, found)),
    tuple[tuple[str, str], ...]: lambda found: tuple(map(tuple, found)),
    tuple[tuple[date, Decimal], ...]: lambda found: tuple(
        (date.fromisoformat(day), Decimal(amount)) for day, amount in found
    ),
    tuple[Decimal, str] | None: lambda found: (Decimal(found[0]), found[1]),
    tuple["BudgetLine", ...]: lambda found: tuple(map(_budget_line, found)),
    tuple["Letter", ...]: lambda found: tuple(map(_letter, found)),
    frozenset[str]: frozenset,
    frozenset[tuple[str, str | None]]: lambda found: frozenset(map(tuple, found)),
}
"""How a field of each type is read; the others are as JSON has them."""


def standing(book: Path | str, grant: str) -> Standing | None:
    """How the grant stands now; `None` where the views do not know, or are not at the journal's end.

    So it is, too, where what they say cannot be relied on: the journal tells more.
    """
    found = _of_database(book, grant) if isinstance(book, str) else _of_files(book, grant)
    if found is None:
        return None
    version, state, views, at, journal, newest = found
    try:
        if views != journal or at is None or datetime.fromisoformat(at) != _recorded_at(newest):
            return None
        return Standing(from_text(grant, version, state), version, views)
    except (Altered, ValueError, KeyError, TypeError):
        return None


def _recorded_at(entry: bytes) -> datetime:
    return datetime.fromisoformat(json.loads(entry)["recorded_at"])


_STANDS = "SELECT version, state, notification_id, recorded_at FROM {0}grant_standing, {0}tracking"
_NEWEST = "SELECT position, state FROM {0}stored_events ORDER BY position DESC LIMIT 1"


def _of_files(book: Path, grant: str) -> Any:
    try:
        newest = _ask(book / "journal.sqlite", _NEWEST.format(""))
        found = _ask(book / "views.sqlite", _STANDS.format("") + ' WHERE "grant" = ?', grant)
    except (sqlite3.Error, UnicodeDecodeError, WrittenMeanwhile):
        return None
    sealed = sealed_in(book)[0]
    # Of what was neither sealed nor judged only the book itself can tell whether it counts.
    if not newest or not found or not sealed <= newest[0] <= max(sealed, sound_in(book)[0]):
        return None
    return (*found, *newest)


def _ask(file: Path, question: str, *values: str) -> Any:
    address, look = address_to_read(file)
    with unchanged(file, look), closing(sqlite3.connect(address, uri=True, timeout=5)) as connection:
        return connection.execute(question, values).fetchone()


def _of_database(book: str, grant: str) -> Any:
    import psycopg  # only for an address
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    stands, newest = _STANDS.format("views.") + ' WHERE "grant" = %s', _NEWEST.format("journal.")
    tables = f"({stands}) AS stands, ({newest}) AS newest, journal.book"
    question = f"SELECT stands.*, newest.*, book.id::text FROM {tables}"
    try:
        told = conninfo_to_dict(book, options="-c statement_timeout=5s")
        if "," in str(told.get("host", "")):
            told.setdefault("target_session_attrs", "read-write")
        with psycopg.connect(make_conninfo("", **told)) as connection:
            connection.read_only = True  # who writes the views does not act with their readers' rights
            found = connection.execute(question, (grant,)).fetchone()
    except psycopg.Error:
        return None
    return found[:6] if found and found[4] == most_sealed(seals() / found[6])[0] else None
