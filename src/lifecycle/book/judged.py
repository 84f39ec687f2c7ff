"""What was judged of a command, and what the judgement rests on."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from lifecycle.book.loaded_state import LoadedState
from lifecycle.decide import Decision, calls_named, grants_followed, grants_named, needs_directory
from lifecycle.fund.pools.commitments import EVOLVE as COMMITMENTS
from lifecycle.fund.pools.set_asides import SetAsideRefilled, SetAsideUsed
from lifecycle.fund.seat import day_at, start_of
from lifecycle.journal.mapper import topic_of
from lifecycle.journal.recorder import Basis, StoredRefusal
from lifecycle.journal.stored_row import id_bytes, microseconds
from lifecycle.kernel.command import Command, DirectoryCommand, GrantCommand
from lifecycle.kernel.history import DIRECTORY, FUND, QUARANTINES, call_stream, grant_stream
from lifecycle.kernel.refusals import CommandIdReused, Refusal

_MONEY_ONLY = tuple(topic_of(event) for event in (*COMMITMENTS, SetAsideUsed, SetAsideRefilled))
"""Entries of the fund that only change how much it can promise. A command that promises nothing does not rest
on them."""


class Judged(NamedTuple):
    """A command, with what it is to become."""

    command: Command
    command_id: str
    stream: str
    recorder: str
    words: bytes
    """What the command says, as JSON, of which the digest is made."""
    digest: bytes
    receipts: int
    """How many earlier receipts there are under its id."""
    outcome: Decision | Refusal
    """What it becomes, or why it is refused."""

    def refusal(self, moment: int) -> StoredRefusal:
        """Return the row of a refused command."""
        assert isinstance(self.outcome, Refusal)
        command, reason = self.command, self.outcome
        about = command.NAME, self.stream, command.on.isoformat(), command.actor, self.recorder, moment
        why = reason.name, reason.rule, str(reason), self.words.decode(), 0
        return StoredRefusal(id_bytes(self.command_id), self.digest, *about, *why)


def basis_of(judged: Judged, state: LoadedState, now: datetime) -> Basis:
    """Return what was judged rests on: its own stream, its calls, the fund, quarantines, receipts, the day.

    Of the fund, whatever is not money of grants; also that, if the command promises money, or is refused.
    """
    command, outcome = judged.command, judged.outcome
    streams = {judged.stream, QUARANTINES}
    # A reused id is refused before the grant is looked at, so its entries may not have been read.
    if isinstance(command, GrantCommand) and not isinstance(outcome, CommandIdReused):
        history = state.grant(judged.stream)
        streams.update(map(call_stream, calls_named(history, command)))
        if needs_directory(history, command):
            streams.add(DIRECTORY)
        streams.update(map(grant_stream, grants_followed(history, command, state.held)))
    if isinstance(command, DirectoryCommand):
        streams.update(map(grant_stream, grants_named(state.directory(), command)))
    streams.update((stream for stream, _ in outcome.pair) if isinstance(outcome, Decision) else [FUND])
    time_zone = state.fund.time_zone
    last = state.last_moment
    return Basis(
        state.position,
        tuple(sorted(streams)),
        _MONEY_ONLY,
        id_bytes(judged.command_id),
        judged.receipts,
        None if last is None else microseconds(last),
        _end_of(day_at(now, time_zone), time_zone),
    )


@lru_cache(maxsize=8)
def _end_of(day: date, time_zone: str) -> int:
    """Return the first moment after the day, in microseconds."""
    return microseconds(start_of(day + timedelta(days=1), time_zone))
