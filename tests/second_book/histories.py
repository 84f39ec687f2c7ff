"""The accepted events of the second book by stream, and the states that follow from them."""

from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from itertools import chain
from typing import Any, Self

from second_book.basics import EDITIONS, LATEST, ByDay, Event, State, by_day, in_force, money, no_grant
from second_book.closing import recorded_too_late
from second_book.directory import apply_directory_event, no_directory
from second_book.fund import apply_call_event, apply_fund_event, no_fund
from second_book.grant import apply_event
from second_book.officers import roles_of
from second_book.pools import changes_of
from second_book.timeline import Key, Status, timeline

FUND, DIRECTORY = "fund", "directory"


class Histories:
    """The accepted events by stream, and the states that follow from them."""

    def __init__(self, start: str, admin: str, today: str) -> None:
        self.today, self.position = today, 0
        self._states: dict[str, tuple[int, State]] = {}
        self.streams: dict[str, list[Event]] = defaultdict(list)
        events: list[Event] = [
            {"command": "EstablishFund"},
            {"command": "AppointOfficer", "officer": admin, "roles": ["administrator"]},
            *({"command": "AdoptPolicy", "edition": edition} for edition in EDITIONS),
        ]
        self._keep(
            FUND, [{**event, "on": start, "actor": admin, "recorder": admin, "at": 4} for event in events]
        )

    def copy(self) -> Self:
        """Return a copy that goes on from here."""
        return deepcopy(self)

    def _keep(self, stream: str, events: list[Event]) -> None:
        for event in events:
            self.position += 1
            self.streams[stream].append({**event, "version": len(self.streams[stream]) + 1})

    def events(self, stream: str, known: int | None = None) -> list[Event]:
        """Return the events of a stream that were known at a length of the journal."""
        events = self.streams.get(stream, [])
        return [event for event in events if known is None or event["at"] <= known]

    def state_of(self, stream: str) -> State:
        """Return the state of the fund or a call, computed once for each length of its stream."""
        events = self.streams.get(stream, [])
        if self._states.get(stream, (-1, {}))[0] != len(events):
            self._states[stream] = len(events), self._replay(stream, events)[0]
        return self._states[stream][1]

    def grant(self, name: str, on: str = LATEST, known: int | None = None) -> State:
        """Return the state of a grant as of a day, as known at a length of the journal."""
        return self._replay(f"grant:{name}", self.events(f"grant:{name}", known), on=on)[0]

    def timeline(self, name: str, on: str, known: int | None = None) -> dict[Key, Status]:
        """Return the status of each obligation as of a day, as known at a length of the journal."""
        events = in_force(self.events(f"grant:{name}", known))
        if not events or events[0]["on"] > on:
            return {}
        editions = self._replay(FUND, self.events(FUND, known))[0]["editions"]
        return timeline(events, on, self, editions)

    def replayed(self, name: str) -> tuple[State, dict[int, str]]:
        """Return the state of a grant, and the unmarked reasons against its events by version."""
        return self._replay(f"grant:{name}", self.events(f"grant:{name}"), marks="")

    def available(self, known: int | None = None, instead: dict[str, list[Event]] | None = None) -> ByDay:
        """Return by how much the fund's available money changes by day, from the grants' own events."""
        events = {name: self.events(name, known) for name in self.streams} | (instead or {})
        changes = list(self._replay(FUND, events[FUND])[0]["flows"])
        for name in events:
            if name.startswith("grant:"):
                grant = self._replay(name, events[name])[0]
                taken = (*grant["commitments"], *grant["overpayments"])
                changes += [(day, -amount) for day, amount in taken]
        return by_day(changes)

    def left(
        self, call: str, known: int | None = None, instead: dict[str, list[Event]] | None = None
    ) -> ByDay:
        """Return by how much the rest of a call's envelope changes by day."""
        events = {name: self.events(name, known) for name in self.streams} | (instead or {})
        state = self._replay(f"call:{call}", events[f"call:{call}"])[0]
        changes = [(state["opened"], money(state["envelope"]))]
        for name in events:
            if name.startswith("grant:"):
                changes += [(day, -amount) for day, amount in self._selections(events[name], call)]
        return by_day(changes)

    def replay_fund(self, events: list[Event]) -> State:
        """Return the state of the fund after these events."""
        return self._replay(FUND, events)[0]

    def replay_grant(self, stream: str, events: list[Event]) -> State:
        """Return the state of a grant after these events."""
        return self._replay(stream, events)[0]

    def pools(
        self, known: int | None = None, instead: dict[str, list[Event]] | None = None
    ) -> dict[str, Any]:
        """Return by how much what is left of each pool changes, in cents, by pool and day."""
        return changes_of(self, known, instead or {})

    def call(self, name: str) -> State | None:
        """Return the state of a call, or None if there is no such call."""
        return self.state_of(f"call:{name}") or None

    def directory(self, on: str, known: int) -> State:
        """Return the state of the directory as of a day, as known at a length of the journal."""
        return self._replay(DIRECTORY, self.events(DIRECTORY, known), on=on)[0]

    def edition(self, name: str) -> State:
        """Return the edition of the name."""
        return next(edition for edition in self.state_of(FUND)["editions"] if edition["name"] == name)

    def edition_on(self, day: str) -> str | None:
        """Return the name of the edition in force on the day: the last adopted that begins by then."""
        return next(
            (
                edition["name"]
                for edition in reversed(self.state_of(FUND)["editions"])
                if edition["from"] <= day
            ),
            None,
        )

    def names(self) -> list[str]:
        """Return the names of all editions."""
        return [edition["name"] for edition in self.state_of(FUND)["editions"]]

    def edition_for_history(self, day: str) -> str | None:
        """Return the name of the edition in force on the day, or else of the one that begins first."""
        editions = sorted(self.state_of(FUND)["editions"], key=lambda edition: edition["from"])
        return self.edition_on(day) or next((edition["name"] for edition in editions), None)

    def roles(self, officer: str, day: str) -> set[str]:
        """Return the roles that the officer holds on the day."""
        return roles_of(self.state_of(FUND), officer, day, ending=True)

    def windows(self) -> set[str]:
        """Return the names of the windows of all editions."""
        return {window for edition in self.state_of(FUND)["editions"] for window in edition["windows"]}

    def _selections(self, events: list[Event], call: str) -> list[tuple[str, Decimal]]:
        state = self._replay("grant:", events)[0]
        return state["selections"] if state["call"] == call else []

    def _replay(
        self, stream: str, events: list[Event], *, on: str = LATEST, marks: str = "$?"
    ) -> tuple[State, dict[int, str]]:
        """Return the state after the events in force, and the first reason against each, by version.

        A reason that begins with "$" is about the balance, one with "?" about a new decision only. They
        count if ``marks`` has their mark. One that begins with "~" is about pools, and one with "!" about the
        item of a waiver.
        """
        kind = stream.partition(":")[0]
        begin = {"grant": no_grant, "call": dict, "fund": no_fund, "directory": no_directory}
        state, wrong = begin[kind](), dict[int, str]()
        for event in in_force(events):
            if event["on"] > on:
                break
            for reason in self._apply(kind, state, event):
                if reason[0] in "~!":  # it may become true of an earlier event
                    wrong.setdefault(event["version"], reason[1:])
                elif reason[0] not in "$?":
                    wrong.setdefault(event["version"], reason)
                    if kind == "grant":
                        return state, wrong
                elif reason[0] in marks:
                    wrong.setdefault(event["version"], reason[1:])
        return state, wrong

    def steps(self, stream: str) -> Iterator[tuple[str, State]]:
        """Yield the day of each event of a grant in force, and the state after it."""
        return self.steps_of(self.streams[stream])

    def steps_of(self, events: list[Event]) -> Iterator[tuple[str, State]]:
        """Yield the day of each of these events of a grant in force, and the state after it."""
        state = no_grant()
        for event in in_force(events):
            for _ in self._apply("grant", state, event):
                pass
            yield event["on"], state

    def _apply(self, kind: str, state: State, event: Event) -> Iterator[str]:
        if kind == FUND:
            return apply_fund_event(state, event)
        late = recorded_too_late(self.state_of(FUND)["closed"], event)
        if kind == "grant":
            return chain(late, apply_event(state, event, self))
        if kind == DIRECTORY:
            return chain(late, apply_directory_event(state, event))
        return chain(late, apply_call_event(state, event, self))
