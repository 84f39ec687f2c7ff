"""The state of each grant after its last entry, stored so that ``grant show`` can answer at once.

This is the one projection that is read without SQLAlchemy and without the rules, because a look at one grant
should not take longer than starting the program.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from lifecycle.book.storage.copies import most_sealed
from lifecycle.fund.parts.appointments import Appointment, roles_held
from lifecycle.grant.budget.lines import HeldLine, LineUse
from lifecycle.grant.budget.payment import Payment
from lifecycle.grant.obligations.next_acts import Terms
from lifecycle.grant.state import (
    Activity,
    FollowUp,
    Grant,
)
from lifecycle.journal.atomic_files import sealed_in, seals, sound_in
from lifecycle.journal.sqlite.read_only import WrittenMeanwhile, address_to_read, unchanged
from lifecycle.journal.stored_row import moment_of
from lifecycle.kernel.checksum import is_sound, summed
from lifecycle.kernel.errors import Altered
from lifecycle.types.stage import Stage
from projections.schema.rows import FAR, moment

if TYPE_CHECKING:
    from lifecycle.directory.naming import GrantInstitution
    from lifecycle.grant.proposal.terms import BudgetLine, Letter

Record = TypeVar("Record")


class Standing(NamedTuple):
    """A grant's state, the version of its stream and the position of the journal."""

    grant: Grant
    version: int
    position: int


def as_text(name: str, version: int, grant: Grant) -> str:
    """Return the state as JSON, with its checksum. Sets are sorted, so that equal states give equal texts."""
    from pydantic_core import to_json  # a reader does not load it

    fields = {
        field: sorted(value, key=repr) if isinstance(value, frozenset | set) else value
        for field, value in grant.__dict__.items()
        if value is not None
    }
    return summed(_key(name, version), to_json(fields)).decode()


def from_text(name: str, version: int, text: str) -> Grant:
    """Return the state from its JSON. Raises `Altered` if the text is not as it was written."""
    if not is_sound(_key(name, version), text.encode()):
        raise Altered(
            f"how grant {name} stands is not as it was written: grantbook views rebuild makes it again"
        )
    return _record(Grant, json.loads(text))


def _key(name: str, version: int) -> bytes:
    """Return what the checksum covers beside the text, so that it does not fit another grant or version."""
    return f"{name}@{version}".encode()


def _record(record_type: type[Record], fields: dict[str, Any]) -> Record:
    """Return a record of the state, each field read by its type. A missing field is `None`."""
    record = object.__new__(record_type)
    for name, read in _readers(record_type):  # type: ignore[arg-type]
        value = fields.get(name)
        record.__dict__[name] = value if value is None or read is None else read(value)
    return record


@cache
def _readers(record_type: type) -> list[tuple[str, Callable[[Any], Any] | None]]:
    """Return each field's name, and the function that reads it. Types are slow to look up."""
    return [(name, _READ.get(type_)) for name, type_ in record_type.__annotations__.items()]


def _records(record_type: type) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda records: {name: _record(record_type, fields) for name, fields in records.items()}


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
    dict[str, HeldLine]: _records(HeldLine),
    dict[str, LineUse]: lambda uses: {line: LineUse(*map(Decimal, use)) for line, use in uses.items()},
    tuple[str, ...]: tuple,
    tuple[date, ...]: lambda days: tuple(map(date.fromisoformat, days)),
    list[tuple[str, str]]: lambda pairs: list(map(tuple, pairs)),
    list[tuple[date, tuple[str, ...]]]: lambda pairs: [
        (date.fromisoformat(day), tuple(names)) for day, names in pairs
    ],
    list[tuple[date, Decimal]]: lambda pairs: [
        (date.fromisoformat(day), Decimal(amount)) for day, amount in pairs
    ],
    tuple[Decimal, str] | None: lambda pair: (Decimal(pair[0]), pair[1]),
    tuple["BudgetLine", ...]: lambda lines: tuple(map(_budget_line, lines)),
    tuple["Letter", ...]: lambda letters: tuple(map(_letter, letters)),
    tuple["GrantInstitution", ...]: lambda named: tuple(SimpleNamespace(**each) for each in named),
    frozenset[str]: frozenset,
    set[tuple[str, str | None]]: lambda pairs: set(map(tuple, pairs)),
}
"""Functions that read a field of each type from its JSON. A field of another type is as in JSON."""


def standing(book: Path | str, grant: str) -> Standing | None:
    """Return the grant's state now.

    Returns `None` if the views do not have the grant, are not at the journal's end or are damaged. Then the
    caller folds the journal.
    """
    row = _row_of_database(book, grant) if isinstance(book, str) else _row_of_files(book, grant)
    if row is None:
        return None
    version, state, views_position, views_recorded_at, journal_position, newest_moment = row
    try:
        if (
            views_position != journal_position
            or views_recorded_at is None
            or datetime.fromisoformat(views_recorded_at) != moment_of(newest_moment)
        ):
            return None
        return Standing(from_text(grant, version, state), version, views_position)
    except (Altered, ValueError, KeyError, TypeError):
        return None


class Authority(NamedTuple):
    """What decides who may act next: what the edition asks for, and the officers' roles today."""

    terms: Terms
    roles: dict[str, frozenset[str]]


def authority(book: Path | str, grant: Grant) -> Authority | None:
    """Return who may act today, from the views; `None` if they cannot be read.

    Before approval no edition governs the grant, and the one in force today counts.
    """
    now = datetime.now(UTC)
    questions = ((_OFFSET, moment(now)), (_OFFICERS,), (_TERMS[grant.execution],))
    try:
        answers = ask_views(book, questions)
    except CannotRead:
        return None
    offset, officers, editions = answers
    today = (now + timedelta(seconds=offset[0][0] if offset else 0)).date()
    appointments: dict[str, list[Appointment]] = {}
    for officer, on, roles, holds in officers:
        appointment = Appointment(date.fromisoformat(on), tuple(json.loads(roles)), bool(holds))
        appointments.setdefault(officer, []).append(appointment)
    governing = (
        asks_for
        for name, since, *asks_for in editions
        if (since <= today.isoformat() if grant.edition is None else name == grant.edition)
    )
    terms = Terms(*map(bool, next(governing, (False, False))))
    return Authority(terms, {officer: roles_held(held, today) for officer, held in appointments.items()})


def followers_now(book: Path | str, grant: str) -> list[str] | None:
    """Return the grants that follow this one after all that is recorded; `None` if views cannot be read."""
    try:
        (rows,) = ask_views(book, ((_FOLLOWERS, grant, FAR),))
    except CannotRead:
        return None
    return [str(name) for (name,) in rows]


_FOLLOWERS = 'SELECT "grant" FROM {0}register_spans WHERE follows = {1} AND until = {1} ORDER BY "grant"'
_OFFSET = "SELECT seconds FROM {0}seat_offsets WHERE since <= {1} ORDER BY since DESC LIMIT 1"
_OFFICERS = 'SELECT officer, "on", roles, holds FROM {0}fund_officers ORDER BY "on", version'
_TERMS = {
    execution: f"SELECT edition, since, {column}, needs_completion_report, team_only FROM {{0}}fund_windows"
    ' ORDER BY "on" DESC, version DESC'
    for execution, column in (("bank", "needs_agreement"), ("recipient", "recipient_needs_agreement"))
}


Questions = Sequence[tuple[str, *tuple[str, ...]]]
"""Questions to the views' tables, each with its values. ``{0}`` stands before a table's name, ``{1}`` for a
value."""


class CannotRead(Exception):
    """The views are not there, are being written, or are damaged."""


def ask_views(book: Path | str, questions: Questions) -> list[list[Any]]:
    """Return the rows that answer each question, as the views are. Raises `CannotRead`."""
    if isinstance(book, str):
        return _ask_database(book, questions)
    try:
        return _ask_file(book, questions)
    except (sqlite3.Error, UnicodeDecodeError, WrittenMeanwhile) as error:
        raise CannotRead(str(error)) from error


def _ask_file(book: Path, questions: Questions) -> list[list[Any]]:
    address, look = address_to_read(book / "views.sqlite")
    with unchanged(book / "views.sqlite", look), closing(sqlite3.connect(address, uri=True)) as file:
        return [file.execute(text.format("", "?"), values).fetchall() for text, *values in questions]


def _ask_database(book: str, questions: Questions) -> list[list[Any]]:
    import psycopg

    try:
        with _connected(book) as connection:
            return [
                connection.execute(text.format("views.", "%s"), values).fetchall()
                for text, *values in questions
            ]
    except psycopg.Error as error:
        raise CannotRead(str(error)) from error


_STANDING = "SELECT version, state, notification_id, recorded_at FROM {0}grant_standing, {0}tracking"
_NEWEST = "SELECT position, recorded_at FROM {0}stored_events ORDER BY position DESC LIMIT 1"


def _row_of_files(book: Path, grant: str) -> Any:
    try:
        newest = _query(book / "journal.sqlite", _NEWEST.format(""))
        standing_row = _query(book / "views.sqlite", _STANDING.format("") + ' WHERE "grant" = ?', grant)
    except (sqlite3.Error, UnicodeDecodeError, WrittenMeanwhile):
        return None
    sealed = sealed_in(book)[0]
    # An entry that is neither sealed nor known to be sound may have to be left out: only the book decides.
    if not newest or not standing_row or not sealed <= newest[0] <= max(sealed, sound_in(book)[0]):
        return None
    return (*standing_row, *newest)


def _query(file: Path, question: str, *values: str) -> Any:
    address, look = address_to_read(file)
    with unchanged(file, look), closing(sqlite3.connect(address, uri=True, timeout=5)) as connection:
        return connection.execute(question, values).fetchone()


def _connected(book: str) -> Any:
    """Connect to the database in a transaction that only reads."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    parameters = conninfo_to_dict(book, options="-c statement_timeout=5s")
    if "," in str(parameters.get("host", "")):
        parameters.setdefault("target_session_attrs", "read-write")
    connection = psycopg.connect(make_conninfo("", **parameters))
    connection.read_only = True  # functions in the views run with the rights of the reader
    return connection


def _row_of_database(book: str, grant: str) -> Any:
    import psycopg  # only for an address

    stands, newest = _STANDING.format("views.") + ' WHERE "grant" = %s', _NEWEST.format("journal.")
    tables = f"({stands}) AS stands, ({newest}) AS newest, journal.book"
    question = f"SELECT stands.*, newest.*, book.id::text FROM {tables}"
    try:
        with _connected(book) as connection:
            row = connection.execute(question, (grant,)).fetchone()
    except psycopg.Error:
        return None
    if row is None:
        return None
    *answer, book_id = row
    is_sealed_to_the_end = answer[4] == most_sealed(seals() / book_id)[0]
    return tuple(answer) if is_sealed_to_the_end else None
