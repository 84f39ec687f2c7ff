"""Functions that the deciders share."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import NamedTuple

from lifecycle.call.call import Call
from lifecycle.catalogue import SPECS
from lifecycle.fund.closing import check_fund_open
from lifecycle.fund.state import Fund
from lifecycle.grant.state import Grant
from lifecycle.kernel.command import CallCommand, Command, DirectoryCommand, FundCommand, GrantCommand
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
"""The moment of an entry that is not recorded yet. Nothing is ordered by it."""
Calls = Mapping[str, Call | None]
"""The calls that a command on a grant may concern, by id; `None` for an unknown call."""
NO_CALLS: Calls = MappingProxyType({})


class Decision(NamedTuple):
    """The result of an accepted command: its event, the paired events, and the states after them."""

    event: Event
    pair: tuple[tuple[str, Event], ...]
    """The paired events on the fund and on calls, each with its stream."""
    grant: Grant | None
    fund: Fund
    calls: Calls = NO_CALLS
    """The calls that changed, by id."""


def spec_of(command: Command) -> Spec:
    """Return the command's spec in the catalogue."""
    return SPECS[stream_of(command).partition(":")[0]][command.NAME]


def stream_of(command: Command) -> str:
    """Return the stream that the command is about."""
    if isinstance(command, GrantCommand):
        return grant_stream(command.grant)
    if isinstance(command, CallCommand):
        return call_stream(command.call)
    return command.STREAM if isinstance(command, FundCommand | DirectoryCommand) else FUND


def index_for(held: Sequence[Entry], on: date) -> int:
    """Return the index at which a new entry of the day belongs: after all others of that day."""
    return bisect_right(held, on, key=lambda entry: entry.event.on)


def check_rules_and_day(check: Callable[[], None], day: date, today: date) -> None:
    """Check the rules, and refuse a day that has not come. Raises a `Refusal`.

    The refusal of the day comes after those of segregation of duties and before those of dates and amounts.
    """
    try:
        check()
    except Refusal as refusal:
        if day <= today or refusal.order <= FOUR_EYES:
            raise
    not_in_future(day, today)


def not_in_future(day: date, today: date) -> None:
    """Refuse a day that has not come. Raises `DatedInFuture`."""
    if day > today:
        raise DatedInFuture(f"{day} is after today, {today}: record it when it has happened")


def no_longer(entry: Entry, refusal: Refusal) -> Refusal:
    """Return the refusal with the name of the recorded entry that would get it."""
    name = f"entry {entry.originator_version} ({type(entry.event).__name__}, {entry.event.on})"
    return type(refusal)(f"{name} would no longer hold: {refusal}")


def none_moves_behind_closure(
    about: str, before: Sequence[Entry], held: Sequence[Entry], fund: Fund, rules: int
) -> None:
    """Refuse a correction that moves an entry behind the fund's closure, where its event is not taken.

    ``about``: ``call`` or ``directory``. ``before``, ``held``: the entries in force without and with it.
    Raises `FundIsClosed`.
    """
    was = {entry.originator_version: entry.event for entry in before}
    for entry in held:
        if entry.is_history or was.get(entry.originator_version) == entry.event:
            continue
        try:
            check_fund_open(fund, about, type(entry.event).__name__, entry.on, rules, recorded=True)
        except Refusal as refusal:
            raise no_longer(entry, refusal) from refusal


def reads_the_same(entry: Entry, other: Entry) -> bool:
    """Return whether both are the same entry and read the same. A corrected entry is another object."""
    same_version = entry.originator_version == other.originator_version
    return entry is other or (same_version and entry.event == other.event)


def provisional(command: Command, event: Event, version: int, rules: int) -> Entry:
    """Return the entry that the event would become, under the rule set of this number."""
    return Entry(
        stream_of(command),
        version,
        event,
        NOT_YET,
        command.actor,
        command.command_id,
        rules=rules,
        imported_from=command.imported_from,
    )
