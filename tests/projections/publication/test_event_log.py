"""The event log, judged by the schema of OCEL 2.0 and by the book's entries in force."""

import io
import json
from typing import Any

import jsonschema

from lifecycle.book.book import Book
from lifecycle.kernel.history import history
from projections.publication.event_log import EventLog
from projections.publication.walks import Dates

_CELL = {
    "type": "object",
    "required": ["name", "value"],
    "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
}
_TIMED = {
    **_CELL,
    "required": ["name", "value", "time"],
    "properties": {**_CELL["properties"], "time": {"type": "string", "format": "date-time"}},  # type: ignore[dict-item]
}
_RELATIONS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["objectId", "qualifier"],
        "properties": {"objectId": {"type": "string"}, "qualifier": {"type": "string"}},
    },
}
_TYPES = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "attributes"],
        "properties": {
            "name": {"type": "string"},
            "attributes": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name", "type"],
                    "properties": {
                        "name": {"type": "string"},
                        "type": {"enum": ["string", "time", "integer", "float", "boolean"]},
                    },
                },
            },
        },
    },
}
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["eventTypes", "objectTypes", "events", "objects"],
    "properties": {
        "eventTypes": _TYPES,
        "objectTypes": _TYPES,
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "type", "time"],
                "properties": {
                    "id": {"type": "string"},
                    "type": {"type": "string"},
                    "time": {"type": "string", "format": "date-time"},
                    "attributes": {"type": "array", "items": _CELL},
                    "relationships": _RELATIONS,
                },
            },
        },
        "objects": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "type"],
                "properties": {
                    "id": {"type": "string"},
                    "type": {"type": "string"},
                    "attributes": {"type": "array", "items": _TIMED},
                    "relationships": _RELATIONS,
                },
            },
        },
    },
}
"""What section 8 of the specification of OCEL 2.0 asks of a JSON file, in our words."""


def log_of(book: Book, dates: Dates) -> dict[str, Any]:
    out = io.StringIO()
    EventLog(book, dates, out).write()
    log: dict[str, Any] = json.loads(out.getvalue())
    return log


def test_the_log_has_the_form_that_ocel_asks_for(book: Book, several_dates: list[Dates]) -> None:
    validator = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
    for dates in several_dates:
        assert [error.message for error in validator.iter_errors(log_of(book, dates))] == []


def test_relations_name_objects_and_types_are_declared(book: Book, several_dates: list[Dates]) -> None:
    for dates in several_dates:
        log = log_of(book, dates)
        ids = [record["id"] for record in log["objects"]]
        assert len(set(ids)) == len(ids)
        declared = {
            (type_["name"], attribute["name"])
            for type_ in log["eventTypes"] + log["objectTypes"]
            for attribute in type_["attributes"]
        }
        for record in log["events"] + log["objects"]:
            assert {relation["objectId"] for relation in record["relationships"]} <= set(ids)
            assert {(record["type"], cell["name"]) for cell in record["attributes"]} <= declared


def test_the_events_of_grants_are_the_entries_in_force(book: Book, several_dates: list[Dates]) -> None:
    for dates in several_dates:
        events = [event["id"] for event in log_of(book, dates)["events"] if event["id"].startswith("grant:")]
        assert events == [
            entry.name
            for _, entries in book.histories(0, dates.known, ("grant:", "grant;"))
            for entry in history(entries, dates.as_of)
        ]


def test_a_payment_belongs_to_its_grant_and_its_officers_are_named(demo: Book) -> None:
    log = log_of(demo, Dates(demo.today(), demo.position()))
    event = next(event for event in log["events"] if event["type"] == "FundsDisbursed")
    related = {relation["qualifier"]: relation["objectId"] for relation in event["relationships"]}
    assert related["pays"] == related["of grant"].replace("grant:", "payment:") + "/P1"
    assert related["acted"].startswith("officer:")
    assert {"name": "amount", "value": "48000.00"} in event["attributes"]


def test_a_day_begins_at_the_funds_seat(demo: Book) -> None:
    log = log_of(demo, Dates(demo.today(), demo.position()))
    event = next(event for event in log["events"] if event["id"] == "grant:SEETF-03-garment-production@5")
    assert event["time"] == "2009-03-02T05:00:00Z"
