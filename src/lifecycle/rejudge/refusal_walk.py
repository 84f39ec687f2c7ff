"""A walk over refusals, in step with a walk over the entries among which they were given."""

import json
from collections.abc import Iterator
from datetime import date

from lifecycle.journal.command_digest import digest_of_request
from lifecycle.journal.journal import Journal
from lifecycle.journal.recorder import StoredRefusal
from lifecycle.journal.stored_row import moment_of
from lifecycle.rejudge.entry import Lawless
from lifecycle.rejudge.refusal import Refused

PAGE = 500
"""Rows that are read at once."""


class RefusalWalk:
    """The refusals after a number, in their order."""

    def __init__(self, journal: Journal, after: int) -> None:
        self._journal = journal
        self._rows = (row for rows in journal.refusal_rows(after, PAGE) for row in rows)
        self._next = next(self._rows, None)
        self.number = after

    def before(self, position: int) -> Iterator[StoredRefusal]:
        """Yield the refusals that were given before the entry at this position was recorded."""
        while (row := self._next) is not None and row.position < position:
            yield self._take(row)

    def remaining(self) -> Iterator[StoredRefusal]:
        """Yield the remaining refusals."""
        while (row := self._next) is not None:
            yield self._take(row)

    def is_reused(self, refusal: StoredRefusal) -> bool:
        """Return whether another command has an earlier receipt under the same id."""
        entries = (
            "SELECT count(*) FROM stored_events WHERE command_id = ? AND digest IS NOT NULL AND digest <> ?"
            " AND position <= ?"
        )
        refusals = "SELECT count(*) FROM refusals WHERE command_id = ? AND digest <> ? AND number < ?"
        recorder, key = self._journal.recorder, (refusal.command_id, refusal.digest)
        ((accepted,),) = recorder.rows(entries, *key, refusal.position)
        ((refused,),) = recorder.rows(refusals, *key, refusal.number)
        return bool(accepted or refused)

    def _take(self, row: StoredRefusal) -> StoredRefusal:
        self._next = next(self._rows, None)
        self.number = row.number
        return row


def refused_in(refusal: StoredRefusal, rules: int) -> Refused:
    """Return what was refused. ``rules``: the number of the rule set that was in force. Raises `Lawless`."""
    about, _, name = refusal.stream.partition(":")
    is_history = refusal.request is not None and _checked_request(refusal, refusal.request, about, name)
    on, moment = date.fromisoformat(refusal.on), moment_of(refusal.recorded_at)
    who = refusal.actor, refusal.recorder
    return Refused(
        refusal.command, about, name, on, *who, refusal.refusal, moment, rules, is_history=is_history
    )


def _checked_request(refusal: StoredRefusal, request: str, about: str, name: str) -> bool:
    """Return whether the command that the refusal keeps was to be brought in as history.

    Raises `Lawless` if the digest or another column is not that of the command.
    """
    if digest_of_request(refusal.command, request.encode()) != refusal.digest:
        raise Lawless("its digest is not that of the command that it keeps")
    fields = json.loads(request)
    kept = fields["on"], fields["actor"], fields.get(about) or name if name else name
    if kept != (refusal.on, refusal.actor, name):
        raise Lawless(
            f"its command is of {' '.join(kept)}, its columns say {refusal.on} {refusal.actor} {name}"
        )
    return bool((fields.get("imported_from") or {}).get("mode") == "history")
