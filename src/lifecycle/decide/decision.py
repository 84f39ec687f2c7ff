"""What the deciders of grants, fund and calls share: a command's stream, spec, place and day."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import NamedTuple

from lifecycle.call.call import Call
from lifecycle.catalogue import SPECS
from lifecycle.fund.state import Fund
from lifecycle.grant.state import Grant
from lifecycle.kernel.command import CallCommand, Command, FundCommand, GrantCommand
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import (
    FUND,
    Entry,
    call_stream,
    grant_stream,
)
from lifecycle.kernel.refusals import FOUR_EYES, DatedInFuture, Refusal
from lifecycle.kernel.spec import Spec

NOT_YET = datetime.max.replace(tzinfo=UTC)
"""Stands for the moment of recording while an entry is tried out: nothing is ordered by it."""
Calls = Mapping[str, Call | None]
"""The calls that a command on a grant may concern, by id; `None` for one that is not there."""


NO_CALLS: Calls = MappingProxyType({})


class Decision(NamedTuple):
    """What the command becomes: its own event, the pairs on the fund and on calls, the states after them."""

    event: Event
    pair: tuple[tuple[str, Event], ...]
    """Each with its stream."""
    grant: Grant | None
    fund: Fund
    calls: Calls = NO_CALLS
    """Those that changed."""


def spec_of(command: Command) -> Spec:
    """Return the command's spec in the catalogue."""
    return SPECS[stream_of(command).partition(":")[0]][command.NAME]


def stream_of(command: Command) -> str:
    """Return the stream that the command is about."""
    if isinstance(command, GrantCommand):
        return grant_stream(command.grant)
    if isinstance(command, CallCommand):
        return call_stream(command.call)
    return command.STREAM if isinstance(command, FundCommand) else FUND


def place(held: Sequence[Entry], on: date) -> int:
    """Return where a new entry of the day belongs: after all others of that day."""
    return bisect_right(held, on, key=lambda entry: entry.event.on)


def judged_today(day: date, today: date, check: Callable[[], None]) -> None:
    """Check the rules, and refuse a future day after four eyes and before amounts. Raises a `Refusal`."""
    try:
        check()
    except Refusal as no:
        if day <= today or no.order <= FOUR_EYES:
            raise
    not_in_future(day, today)


def not_in_future(day: date, today: date) -> None:
    """Refuse a day that has not come. Raises `DatedInFuture`."""
    if day > today:
        raise DatedInFuture(f"{day} is after today, {today}: record it when it has happened")


def no_longer(entry: Entry, no: Refusal) -> Refusal:
    """Return the refusal with the name of the later entry that it concerns."""
    what = f"entry {entry.originator_version} ({type(entry.event).__name__}, {entry.event.on})"
    return type(no)(f"{what} would no longer hold: {no}")


def reads_alike(one: Entry, other: Entry) -> bool:
    """Return whether both are the same entry and it reads the same; a corrected one is another object."""
    return one is other or (one.originator_version == other.originator_version and one.event == other.event)


def provisional(command: Command, event: Event, version: int, rules: int) -> Entry:
    """The entry that the event would be under the rule set of this number, while it is tried out."""
    return Entry(stream_of(command), version, event, NOT_YET, command.actor, command.command_id, rules=rules)
