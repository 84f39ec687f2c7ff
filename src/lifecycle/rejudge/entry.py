"""Judging an entry again: would the rules under which it was recorded have accepted it?

An entry is judged on what the journal had before it, never on what was learned later, and by its own rule set
(domain §4.9). The functions are pure: the caller passes what was known.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any

from lifecycle.call.call import Call
from lifecycle.call.call import fold as fold_call
from lifecycle.catalogue import BY_EVENT
from lifecycle.decide.call import decide as decide_call
from lifecycle.decide.decision import Decision
from lifecycle.decide.directory import DirectoryHistory, grants_named
from lifecycle.decide.directory import decide as decide_directory
from lifecycle.decide.fund import NEED_ENTRIES
from lifecycle.decide.fund import decide as decide_fund
from lifecycle.decide.grant import decide as decide_grant
from lifecycle.decide.grant_history import GrantHistory, calls_named, grants_followed, needs_directory
from lifecycle.decide.other_streams import Streams
from lifecycle.decide.permission import ActsSince
from lifecycle.fund.establishment import FundEstablished, PolicyAdopted
from lifecycle.fund.evolve import evolve as evolve_fund
from lifecycle.fund.officers import OfficerAppointed
from lifecycle.fund.rules import check_fund_rules
from lifecycle.fund.seat import day_at
from lifecycle.fund.state import Fund
from lifecycle.kernel.command import CallCommand, Command, DirectoryCommand, FundCommand, GrantCommand
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import (
    DIRECTORY,
    FUND,
    Entry,
    call_stream,
    grant_stream,
    in_force,
    kind_of,
)
from lifecycle.kernel.refusals import Refusal
from lifecycle.kernel.rule import RULE_SET
from lifecycle.kernel.spec import Spec

_ZONES_DIFFER = timedelta(hours=1)
_FOUNDING = (FundEstablished, OfficerAppointed, PolicyAdopted)
"""The events that `init` records, in this order. There may be several editions."""


class Lawless(Exception):
    """The rules would not have accepted the entry. The message says why."""


class Past:
    """What the journal had before the entries that are judged next.

    ``entries_of`` returns the earlier entries of a stream, ``acts_since`` the earlier acts of officers, and
    ``streams`` the earlier entries of other streams. Each is called only if it is needed.
    """

    def __init__(
        self,
        fund: Fund,
        entries_of: Callable[[str], Sequence[Entry]],
        acts_since: ActsSince,
        streams: Streams,
    ) -> None:
        self.fund = fund
        self.entries_of = entries_of
        self.acts_since = acts_since
        self.streams = streams
        self._grants: dict[str, GrantHistory] = {}
        self._calls: dict[str, tuple[Entry, ...]] = {}
        self._directory: DirectoryHistory | None = None
        self._entries = 0

    def grant(self, stream: str) -> GrantHistory:
        """Return the history of the grant of a stream."""
        history = self._grants.pop(stream, None)
        if history is None:
            history = GrantHistory.of(self.entries_of(stream))
            self._entries += len(history.entries)
        self._grants[stream] = history  # at the end: it is forgotten last
        return history

    def call(self, name: str) -> tuple[Entry, ...]:
        """Return the entries of a call."""
        if name not in self._calls:
            self._calls[name] = tuple(self.entries_of(call_stream(name)))
        return self._calls[name]

    def calls(self, names: set[str]) -> dict[str, Call | None]:
        """Return the states of these calls."""
        return {name: fold_call(in_force(self.call(name))) for name in names}

    def directory(self) -> DirectoryHistory:
        """Return the history of the directory."""
        if self._directory is None:
            self._directory = DirectoryHistory.of(self.entries_of(DIRECTORY))
        return self._directory

    def forget(self, stream: str) -> None:
        """Drop a stream, so that it is read again if it is needed."""
        self._calls.pop(stream.removeprefix("call:"), None)
        if stream == DIRECTORY:
            self._directory = None
        if history := self._grants.pop(stream, None):
            self._entries -= len(history.entries)

    def take_in(self, entries: Sequence[Entry], decision: Decision) -> None:
        """Add entries that were found lawful, with their decision."""
        self.fund = decision.fund
        for entry in entries:
            stream = entry.originator_id
            if kind_of(stream) == "grant":
                self._grants[stream] = self.grant(stream).plus(entry, decision.grant)
                self._entries += 1
            elif kind_of(stream) == "call":
                name = stream.removeprefix("call:")
                self._calls[name] = (*self.call(name), entry)
            elif stream == DIRECTORY:
                self._directory = self.directory().plus(entry)

    def keep_at_most(self, entries: int) -> None:
        """Drop the least recently used grants until at most this number of entries is in memory."""
        for stream in list(self._grants)[:-1] if self._entries > entries else ():
            if self._entries <= entries:
                return
            self.forget(stream)


def last_day_at(moment: datetime, fund: Fund) -> date:
    """Return the latest day that the moment can have been at the fund's seat.

    Within an hour before midnight that is the next day: the machine that recorded it may have had other rules
    of time zones.
    """
    return day_at(moment + _ZONES_DIFFER, fund.time_zone)


def first_day_at(moment: datetime, fund: Fund) -> date:
    """Return the earliest day that the moment can have been at the fund's seat."""
    return day_at(moment - _ZONES_DIFFER, fund.time_zone)


def spec_of_entry(entry: Entry) -> Spec:
    """Return the spec of the command that becomes the entry. Raises `Lawless` if no command does."""
    spec = BY_EVENT[kind_of(entry.originator_id)].get(type(entry.event).__name__)
    if spec is None:
        raise Lawless("it follows from the entry of a grant, and no such entry comes before it")
    return spec


def judged_again(entries: Sequence[Entry], command: Command, past: Past) -> Decision:
    """Return the decision on the command that became these entries. Raises `Lawless`.

    ``entries``: the command's own, then the paired ones. ``command``: as rebuilt from its own entry.
    """
    own = entries[0]
    today = last_day_at(own.recorded_at, past.fund)
    try:
        decision = _decision(own, command, past, today)
    except Refusal as refusal:
        raise Lawless(f"{refusal.name}: {refusal}") from refusal
    _check_decision(entries, decision)
    return decision


def _decision(own: Entry, command: Command, past: Past, today: date) -> Decision:
    if isinstance(command, GrantCommand):
        history = past.grant(own.originator_id)
        calls = past.calls(calls_named(history, command))
        known = past.directory().directory if needs_directory(history, command) else None
        followed = grants_followed(history, command, lambda name: past.grant(grant_stream(name)).held)
        about = (history, command, past.fund, own.recorder, today)
        return decide_grant(*about, calls, known, followed, rules=own.rules)
    if isinstance(command, CallCommand):
        entries = past.call(command.call)
        return decide_call(entries, command, past.fund, own.recorder, today, rules=own.rules)
    if isinstance(command, DirectoryCommand):
        directory = past.directory()
        grants = {name: past.grant(grant_stream(name)).held for name in grants_named(directory, command)}
        return decide_directory(
            directory, command, past.fund, own.recorder, today, grants=grants, rules=own.rules
        )
    assert isinstance(command, FundCommand)
    earlier = past.entries_of(FUND) if command.NAME in NEED_ENTRIES else ()
    elsewhere = (past.acts_since, past.streams)
    return decide_fund(past.fund, command, own.recorder, today, earlier, *elsewhere, rules=own.rules)


def _check_decision(entries: Sequence[Entry], decision: Decision) -> None:
    """Raise `Lawless` if the entries are not what the decision says."""
    own = entries[0]
    if not _same(own, decision.event):
        raise Lawless(f"by the rules it would say {_in_words(decision.event)}")
    decided = _by_stream(decision.pair)
    recorded = _by_stream((entry.originator_id, entry.event) for entry in entries[1:])
    if decided != recorded:
        raise Lawless(f"{_listed(decided)} has to follow from it, and with it there is {_listed(recorded)}")
    _check_envelopes(entries)


def _by_stream(events: Iterable[tuple[str, Event]]) -> list[tuple[str, Event]]:
    """Sort events by their streams, because earlier versions wrote them in the order of a set."""
    return sorted(events, key=itemgetter(0))


def _check_envelopes(entries: Sequence[Entry]) -> None:
    """Raise `Lawless` if a paired entry has another recorder or rule set, or a note."""
    own = entries[0]
    for entry in entries[1:]:
        if (entry.recorder, entry.rules, entry.note) != (own.recorder, own.rules, None):
            raise Lawless(f"{entry.name} follows from it, and has another recorder, rule set or note")


def _same(own: Entry, decided: Event) -> bool:
    """Return whether an entry has the decided event.

    Of an entry of an earlier rule set, only the fields that it has are compared.
    """
    event = own.event
    if own.rules == RULE_SET:
        # Like pydantic's comparison, but faster if they are equal.
        return (type(event) is type(decided) and event.__dict__ == decided.__dict__) or event == decided
    fields: dict[str, Any] = decided.__dict__
    return type(event) is type(decided) and all(
        fields[name] == value for name, value in event.__dict__.items() if name in event.model_fields_set
    )


def _listed(events: Sequence[tuple[str, Event]]) -> str:
    return ", ".join(f"{_in_words(event)} on {stream}" for stream, event in events) or "nothing"


def _in_words(event: Event) -> str:
    values = event.model_dump(mode="json", exclude_none=True)
    fields = " ".join(f"{name}={value}" for name, value in values.items() if name not in ("on", "actor"))
    return f"{type(event).__name__} {event.on} {fields}"[:300]


# ── the founding entries ─────────────────────────────────────────────────────────────────────


def founded_again(entries: Sequence[Entry]) -> Decision:
    """Return the decision on the first entries of a book, which have no command. Raises `Lawless`."""
    fund, own = Fund(), entries[0]
    event_types = [type(entry.event) for entry in entries]
    if event_types != [*_FOUNDING[:2], *[PolicyAdopted] * (len(entries) - 2)]:
        raise Lawless("a book begins with its fund, its first administrator and its editions")
    for entry in entries:
        event = entry.event
        if (entry.originator_id, event.on, event.actor) != (FUND, own.event.on, own.recorder):
            raise Lawless(f"{entry.name} is not of the day and by the hand that founded the book")
        if isinstance(event, OfficerAppointed) and (event.officer, event.roles) != (
            own.recorder,
            ("administrator",),
        ):
            raise Lawless(
                f"{entry.name} does not make {own.recorder}, who founded the book, its administrator"
            )
        try:
            check_fund_rules(fund, event, entry.rules, is_new=True)
        except Refusal as refusal:
            raise Lawless(f"{entry.name}: {refusal.name}: {refusal}") from refusal
        fund = evolve_fund(fund, event)
    if own.event.on > last_day_at(own.recorded_at, fund):
        raise Lawless(f"{own.event.on} is after the day on which it was recorded")
    _check_envelopes(entries)
    return Decision(own.event, (), None, fund)
