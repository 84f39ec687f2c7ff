"""Finds out, under the append lock of a file, whether a judgement that was made without it still holds."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from lifecycle.journal.recorder import Basis
from lifecycle.journal.stored_row import moment_of
from lifecycle.kernel.history import FUND

_NEWEST = """
SELECT coalesce((SELECT max(position) FROM entries), 0),
       (SELECT recorded_at FROM entries ORDER BY position DESC LIMIT 1),
       (SELECT count(*) FROM entries WHERE command_id = ? AND digest IS NOT NULL)
         + (SELECT count(*) FROM refusals WHERE command_id = ?)
"""
_CHANGED = """
SELECT EXISTS (SELECT 1 FROM stored_events WHERE position > ? AND (+originator_id IN ({streams})
                  OR (+originator_id = ? AND topic NOT IN ({topics}))))
"""
"""Read by position: the plus signs keep SQLite from reading all entries of the fund's stream."""
Ask = Callable[..., list[tuple[Any, ...]]]


class Newest(NamedTuple):
    """The newest entry under the lock."""

    position: int
    moment: datetime | None
    """Of recording; of an entry that was judged on or a later one, whichever is later."""
    is_later: bool
    """Whether it was appended after the judging."""


def newest_if_holds(ask: Ask, basis: Basis) -> Newest | None:
    """Return the newest entry; `None` if anything that the judgement rests on has changed."""
    position, moment, receipts = ask(_NEWEST, basis.command_id, basis.command_id)[0]
    is_later = position > basis.position
    if receipts != basis.receipts or (is_later and _changed(ask, basis)):
        return None
    last = max((moment, basis.last or moment)) if is_later else basis.last
    return Newest(position, None if last is None else moment_of(last), is_later)


def _changed(ask: Ask, basis: Basis) -> bool:
    streams, topics = (", ".join("?" * len(names)) for names in (basis.streams, basis.topics))
    question = _CHANGED.format(streams=streams, topics=topics)
    return bool(ask(question, basis.position, *basis.streams, FUND, *basis.topics)[0][0])
