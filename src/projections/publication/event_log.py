"""The book as an object-centric event log (OCEL 2.0, JSON), for tools of process mining.

Each entry in force is an event. Grants, payments, activities, follow-ups, calls, partners, countries and
officers are objects, and each event says to which of them it belongs and how. The event's time is the
beginning of its day at the fund's seat. All values are text, as the schema of OCEL 2.0 asks; their types are
declared.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any

from lifecycle.book.book import Book
from lifecycle.call.call import CallOpened
from lifecycle.fund import events as fund_events
from lifecycle.fund.seat import start_of
from lifecycle.grant.events import RefundReceived
from lifecycle.grant.evolve import steps
from lifecycle.grant.state import Grant
from lifecycle.kernel.history import Entry, history
from lifecycle.types.money import Money
from projections.publication.bodies import Bodies, roles_in
from projections.publication.walks import Dates, GrantOnDay, Progress, fund_on, grants_on

_ITEMS = {"payment": "payment", "activity": "activity", "follow_up": "follow_up"}
"""The fields of a grant's events that name an item within the grant, and the item's type of object."""
_NAMED = {
    "call": ("call", "of call"),
    "partner": ("partner", "of partner"),
    "officer": ("officer", "about"),
    "recipients": ("country", "receives"),
    "providers": ("country", "provides"),
    "countries": ("country", "takes part"),
}
"""The fields that name other objects: their type, and the qualifier of the relation."""
_COMMON = {"on", "actor", "institutions", "payee_institution", *_ITEMS, *_NAMED}
"""The fields that are relations or the time of the event, and no attributes."""
_QUALIFIERS = {"payment": "pays", "activity": "holds", "follow_up": "follows up"}


class _Types:
    """Collects the attributes of each type, in the order in which they come up."""

    def __init__(self) -> None:
        self._types: dict[str, dict[str, str]] = {}

    def declare(self, name: str, attributes: Mapping[str, tuple[str, str]]) -> None:
        """Take the attributes of one event or object: type and value by name."""
        declared = self._types.setdefault(name, {})
        for attribute, (type_, _) in attributes.items():
            declared.setdefault(attribute, type_)

    def as_json(self) -> str:
        """Return the declarations, sorted by name of type."""
        return _json(
            [
                {
                    "name": name,
                    "attributes": [{"name": key, "type": type_} for key, type_ in attributes.items()],
                }
                for name, attributes in sorted(self._types.items())
            ]
        )


class EventLog:
    """Writes the log of a book, with the objects first. Events wait in a temporary file meanwhile."""

    def __init__(self, book: Book, dates: Dates, out: IO[str]) -> None:
        self._book, self._dates, self._out = book, dates, out
        self._fund = fund_on(book, dates)
        self._bodies = Bodies(book, dates)
        self._event_types, self._object_types = _Types(), _Types()
        self._others: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {}
        """The objects that several streams name, by id: their type and attributes."""
        self._first = True

    def write(self, progress: Progress | None = None) -> int:
        """Write the log, and return how many events it has."""
        count = 0
        with TemporaryFile("w+", encoding="utf-8") as events:
            self._out.write('{"objects": [')
            for event in self._events(progress):
                events.write(f"{',' if count else ''}\n{_json(event)}")
                count += 1
            for id_, (type_, attributes) in sorted(self._others.items()):
                self._object(id_, type_, [("1970-01-01T00:00:00Z", attributes)])
            self._out.write('\n],\n"events": [')
            events.seek(0)
            copyfileobj(events, self._out)
        self._out.write(f'\n],\n"eventTypes": {self._event_types.as_json()},\n')
        self._out.write(f'"objectTypes": {self._object_types.as_json()}}}\n')
        return count

    def _events(self, progress: Progress | None) -> Iterator[dict[str, Any]]:
        self._other("fund", "fund", {"name": ("string", self._fund.founding.name)})
        for entry in self._fund.entries:
            if isinstance(entry.event, fund_events.PartnerJoined):
                name, kind = ("string", entry.event.name), ("string", entry.event.kind)
                self._other(f"partner:{entry.event.partner}", "partner", {"name": name, "kind": kind})
            if isinstance(entry.event, fund_events.PartnerRenamed):
                self._rename(f"partner:{entry.event.partner}", entry.event.name)
            yield self._event(entry, [("fund", "of fund")])
        for stream, entries in self._book.histories(0, self._dates.known, ("call:", "call;")):
            for entry in history(entries, self._dates.as_of):
                if isinstance(entry.event, CallOpened):
                    self._other(stream, "call", {"closes": ("time", self._time(entry.event.closes))})
                yield self._event(entry, [(stream, "of call")])
        for grant in grants_on(self._book, self._dates, progress):
            yield from self._of_grant(grant)

    def _of_grant(self, grant: GrantOnDay) -> Iterator[dict[str, Any]]:
        """Write the objects of a grant, and yield its events."""
        id_ = f"grant:{grant.grant.id}"
        items: dict[str, str] = {}
        for entry in grant.entries:
            of_items = [(f"{type_}:{grant.grant.id}/{item}", type_) for type_, item in _items(entry)]
            items.update(of_items)
            related = [(id_, "of grant"), *((item, _QUALIFIERS[type_]) for item, type_ in of_items)]
            yield self._event(entry, related)
        call = [] if grant.grant.call is None else [(f"call:{grant.grant.call}", "answers")]
        self._object(id_, "grant", self._states(grant), call)
        for item, type_ in items.items():
            attributes = _item_attributes(grant.grant, type_, item.partition("/")[2])
            self._object(item, type_, [(self._time(grant.entries[0].on), attributes)], [(id_, "of grant")])

    def _states(self, grant: GrantOnDay) -> Iterator[tuple[str, dict[str, tuple[str, str]]]]:
        """Yield what changed of the grant, each time that it did."""
        before: dict[str, tuple[str, str]] = {}
        for entry, state in steps(grant.entries):
            after = _grant_attributes(state)
            if changed := {name: cell for name, cell in after.items() if before.get(name) != cell}:
                yield self._time(entry.on), changed
            before = after

    def _event(self, entry: Entry, related: list[tuple[str, str]]) -> dict[str, Any]:
        event = entry.event
        related = [*related, (f"officer:{event.actor}", "acted"), (f"officer:{entry.recorder}", "recorded")]
        for field, (type_, qualifier) in _NAMED.items():
            named = getattr(event, field, None)
            for id_ in [named] if isinstance(named, str) else named or ():
                related.append((f"{type_}:{id_}", qualifier))
        for institution, role in roles_in(event):
            related.append((f"institution:{institution}", role))
            self._other(f"institution:{institution}", "institution", self._of_institution(institution))
        for id_, _ in related:
            self._other_if_named(id_)
        attributes = dict(_event_attributes(entry))
        name = type(event).__name__
        self._event_types.declare(name, attributes)
        return {
            "id": entry.name,
            "type": name,
            "time": self._time(entry.on),
            "attributes": [{"name": key, "value": value} for key, (_, value) in attributes.items()],
            "relationships": [{"objectId": id_, "qualifier": how} for id_, how in dict.fromkeys(related)],
        }

    def _of_institution(self, id: str) -> dict[str, tuple[str, str]]:
        body = self._bodies[id]
        cells = {"name": body.name, "type": body.type, "country": body.country, "identifier": body.identifier}
        return {name: ("string", cell) for name, cell in cells.items() if cell is not None}

    def _other_if_named(self, id_: str) -> None:
        """Keep an object without attributes, if an event names it and it is no part of a grant."""
        type_ = id_.partition(":")[0]
        if type_ in ("officer", "country", "call", "partner") and id_ not in self._others:
            self._other(id_, type_, {})

    def _other(self, id_: str, type_: str, attributes: dict[str, tuple[str, str]]) -> None:
        self._others[id_] = (type_, attributes)

    def _rename(self, id_: str, name: str) -> None:
        """Give a kept object its newest name."""
        type_, attributes = self._others[id_]
        self._other(id_, type_, {**attributes, "name": ("string", name)})

    def _object(
        self,
        id_: str,
        type_: str,
        states: Any,
        related: list[tuple[str, str]] | None = None,
    ) -> None:
        """Write an object with its attributes, each with the time from which it held."""
        cells = list[dict[str, str]]()
        for time, attributes in states:
            self._object_types.declare(type_, attributes)
            cells += [{"name": key, "value": value, "time": time} for key, (_, value) in attributes.items()]
        self._object_types.declare(type_, {})
        relations = [{"objectId": other, "qualifier": how} for other, how in related or ()]
        line = _json({"id": id_, "type": type_, "attributes": cells, "relationships": relations})
        self._out.write(f"{'' if self._first else ','}\n{line}")
        self._first = False

    def _time(self, day: date) -> str:
        """Return the first moment of the day at the fund's seat."""
        return _moment(start_of(day, self._fund.founding.time_zone))


def _items(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield the type and the id of each item of the grant that the entry names."""
    event = entry.event
    if isinstance(event, RefundReceived):
        for payment, _ in event.parts:
            yield "payment", payment
        return
    for field, type_ in _ITEMS.items():
        if item := getattr(event, field, None):
            yield type_, item


def _grant_attributes(grant: Grant) -> dict[str, tuple[str, str]]:
    values = {
        "title": ("string", grant.title),
        "window": ("string", grant.window),
        "sector": ("string", grant.sector),
        "stage": ("string", grant.stage.value),
        "committed": ("float", f"{grant.committed:f}"),
        "net_disbursed": ("float", f"{grant.disbursed - grant.refunded:f}"),
    }
    if grant.closing_date is not None:
        values["closing_date"] = ("string", grant.closing_date.isoformat())
    return values


def _item_attributes(grant: Grant, type_: str, item: str) -> dict[str, tuple[str, str]]:
    """Return the attributes of a payment, an activity or a follow-up, as it stands at the end."""
    if type_ == "payment" and (payment := grant.payments.get(item)):
        net = ("float", f"{payment.net_disbursed:f}")
        return {
            "payee": ("string", payment.paid_to),
            "status": ("string", payment.status),
            "net_disbursed": net,
        }
    if type_ == "activity" and (activity := grant.activities.get(item)):
        instrument = ("string", activity.instrument or "")
        return {"status": ("string", activity.status), "instrument": instrument}
    if type_ == "follow_up" and (follow_up := grant.follow_ups.get(item)):
        return {"status": ("string", follow_up.status), "action": ("string", follow_up.action)}
    return {}


def _event_attributes(entry: Entry) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the name, the type and the text of each field of the event that is no relation."""
    yield "recorded_at", ("time", _moment(entry.recorded_at))
    for name in type(entry.event).model_fields:
        value = getattr(entry.event, name)
        if name in _COMMON or value is None or value == ():
            continue
        if isinstance(value, Money):
            yield name, ("float", f"{value.amount:f}")
            yield f"{name}_currency", ("string", value.currency)
        else:
            yield name, _typed(entry, name, value)


def _typed(entry: Entry, name: str, value: object) -> tuple[str, str]:
    """Return a value's type in OCEL, and its text."""
    match value:
        case bool():
            return "boolean", "true" if value else "false"
        case int():
            return "integer", str(value)
        case Decimal():
            return "float", f"{value:f}"
        case datetime():
            return "time", _moment(value)
        case str():
            return "string", value
        case _:
            dumped = entry.event.model_dump(mode="json", include={name})[name]
            return "string", dumped if isinstance(dumped, str) else _json(dumped)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
