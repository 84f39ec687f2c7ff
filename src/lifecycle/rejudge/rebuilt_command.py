"""Rebuilding a command from the entries that it became."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from lifecycle.journal.command_digest import possible_digests
from lifecycle.journal.left_out.faults import UNDECODABLE, Fault
from lifecycle.journal.mapper import entry_of
from lifecycle.journal.stored_row import Stored, id_bytes
from lifecycle.kernel.command import Command
from lifecycle.kernel.errors import Altered
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import Entry, kind_of
from lifecycle.kernel.rule import RULE_SET
from lifecycle.parse import command_class
from lifecycle.rejudge.entry import Lawless

OTHER_DIGEST = "its digest is not that of the command that becomes it"


class Group:
    """The entries that one command became."""

    def __init__(self, command: bytes) -> None:
        self.command = command
        self.rows: list[Stored] = []
        self.entries: list[Entry] = []
        self.unread: list[Fault] = []
        """A fault for each row that does not decode."""

    @property
    def of_grants(self) -> bool:
        """Whether every row is a grant's."""
        return all(kind_of(row.stream) == "grant" for row in self.rows)

    def decode(self) -> None:
        """Decode the rows."""
        for row in self.rows:
            try:
                self.entries.append(entry_of(row))
            except Altered as error:
                about = row.position, row.stream, row.version
                self.unread.append(Fault(UNDECODABLE, *about, 0, f"it is no entry: {error}"))


def check_form(row: Stored, entry: Entry) -> None:
    """Raise `Lawless` if grantbook does not write a row in this form, although the row can be read.

    No command sets the column for signatures, and nothing else judges its values. Only the first entry of a
    command says where it was brought in from.
    """
    if row.signature is not None or (row.imported_from is not None and row.digest is None):
        raise Lawless(f"{entry.name} holds an import or a signature, and no command records either")
    if row.command_id != id_bytes(entry.command_id) or "\n" in entry.command_id:
        raise Lawless(f"the command id of {entry.name} is not stored as one")
    if to_json(from_json(row.state)) != row.state:
        raise Lawless(f"the JSON of {entry.name} has spaces, escapes or keys that were not written")


def command_again(own: Entry, row: Stored, name: str) -> Command:
    """Return the command of an entry: the one whose digest its row stores. Raises `Lawless`."""
    command_type = command_class(name, kind_of(own.originator_id))
    candidates = possible_digests(own, row.state, command_type)
    values = next((values for digest, values in candidates if digest == row.digest), None)
    if values is None:
        raise Lawless(OTHER_DIGEST)
    if own.rules == RULE_SET and command_type.CHECKS_MORE:
        try:
            return command_type.read({**values, "command_id": own.command_id}, as_stored=True)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise Lawless(f"its words make no command: {first['loc']}: {first['msg']}") from None
    about, _, name = own.originator_id.partition(":")
    stream_id = {about: values.pop(about)} if name else {}
    values.pop("imported_from", None)
    event = _event_of(command_type.EVENT, own.event, values)
    return command_type.holding(
        event, command_id=own.command_id, imported_from=own.imported_from, **stream_id
    )


def _event_of(event_class: type[Event], stored: Event, values: dict[str, Any]) -> Event:
    """Return the command's event: the stored one, unless that has other fields or another type.

    The values were validated when the entry was decoded, so they are not validated again.
    """
    if type(stored) is event_class and stored.model_fields_set == values.keys():
        return stored
    return event_class.model_construct(**values)
