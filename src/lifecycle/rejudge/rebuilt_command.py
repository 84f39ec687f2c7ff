"""The command that entries came of, made again from what is stored of them."""

import json
import re
from functools import cache
from typing import Any

from pydantic import ValidationError

from lifecycle.journal.command_digest import possible_digests
from lifecycle.journal.left_out.faults import UNDECODABLE, Fault
from lifecycle.journal.mapper import entry_of
from lifecycle.journal.recorder import Receipt
from lifecycle.kernel.command import Command
from lifecycle.kernel.errors import Altered
from lifecycle.kernel.history import Entry, kind_of
from lifecycle.kernel.listed_codes import AS_STORED
from lifecycle.kernel.rule import RULE_SET
from lifecycle.parse import command_class
from lifecycle.rejudge.entry import Lawless

Row = tuple[Any, ...]
"""Stream, version, topic, stored bytes and position of an entry."""
_ID = re.compile(rb'"command_id":"((?:[^"\\]|\\.)*)"')


def command_in(state: bytes) -> bytes:
    """The id of the command that an entry came of. Raises ``ValueError`` if it names none."""
    match = _ID.search(state)
    if match is None:
        raise ValueError("it names no command")
    command_id = match[1]
    return json.loads(b'"%b"' % command_id).encode() if b"\\" in command_id else command_id


class Group:
    """The entries that one command became."""

    def __init__(self, command: bytes) -> None:
        self.command = command
        self.rows: list[Row] = []
        self.entries: list[Entry] = []
        self.unread: list[Fault] = []
        """One for each row that does not decode."""

    @property
    def of_grants(self) -> bool:
        """Whether every row is a grant's."""
        return all(kind_of(row[0]) == "grant" for row in self.rows)

    def decode(self) -> None:
        """Read the rows."""
        for row in self.rows:
            try:
                self.entries.append(entry_of(*row))
            except Altered as error:
                stream, version, *_, position = row
                self.unread.append(
                    Fault(UNDECODABLE, position, stream, version, 0, f"it is no entry: {error}")
                )


def command_again(own: Entry, state: bytes, name: str, receipt: Receipt) -> Command:
    """The command that an entry came of: the one whose digest the receipt keeps. Raises `Lawless`."""
    command_type = command_class(name, kind_of(own.originator_id))
    candidates = possible_digests(own, state, command_type)
    values = next((values for digest, values in candidates if digest == receipt.digest), None)
    if values is None:
        raise Lawless("the digest of its answer is not that of the command that becomes it")
    values["command_id"] = own.command_id
    if own.rules < RULE_SET or command_type.__module__ == command_class.__module__:
        return _made_of(command_type, values)
    try:
        return command_type.model_validate(values, context=AS_STORED)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Lawless(f"its words make no command: {first['loc']}: {first['msg']}") from None


def _made_of(command_type: type[Command], values: dict[str, Any]) -> Command:
    """A command whose fields were held against their types when the entry was read.

    Made as pydantic's ``model_construct`` makes it, in a fifteenth of the time.
    """
    made = command_type.__new__(command_type)
    parts = {
        "__dict__": {**_defaults(command_type), **values},
        "__pydantic_fields_set__": set(values),
        "__pydantic_extra__": None,
        "__pydantic_private__": None,
    }
    for name, part in parts.items():
        object.__setattr__(made, name, part)
    return made


@cache
def _defaults(command_type: type[Command]) -> dict[str, Any]:
    fields = command_type.model_fields.items()
    return {name: field.get_default() for name, field in fields if not field.is_required()}
