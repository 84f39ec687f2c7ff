"""Institutions of the directory in publications: with identifier, type, and the name of the day."""

import io
import json
from datetime import date
from typing import Any

import pytest
from lxml import etree

from lifecycle.book.book import Book
from projections.publication.bodies import Bodies, Body
from projections.publication.event_log import EventLog
from projections.publication.giving_360 import Grants
from projections.publication.iati.activities import Activities
from projections.publication.ledger import ledger
from projections.publication.publisher import Publisher
from projections.publication.walks import Dates

PUBLISHER = Publisher("XM-DAC-47045", "The fund", "40", giving_prefix="360G-fund")
NAMES = {"2017-06-30": "Ministry of Agriculture", "2017-07-01": "Ministry of Food"}
"""The name of MOA on the day before it is renamed, and on the day."""


def dates(book: Book, day: str) -> Dates:
    return Dates(date.fromisoformat(day), book.position())


def parties(activity: Any, tag: str) -> list[tuple[str, Any, Any]]:
    """Return name, identifier and type of each organisation of an element."""
    found = [(each.findtext("narrative"), each.get("ref"), each.get("type")) for each in activity.iter(tag)]
    return [party for party in found if party[0] != "The fund"]


def test_iati_names_participants_and_receivers_as_of_the_day(named: Book) -> None:
    for day, name in NAMES.items():
        out = io.StringIO()
        Activities(named, dates(named, day), PUBLISHER).write_grants(out)
        (activity,) = etree.fromstring(out.getvalue().encode())
        ministry = (name, "TZ-GOV-10", "10")
        assert parties(activity, "participating-org") == [("Dairy Board", None, "10"), ministry]
        assert parties(activity, "receiver-org") == [ministry]


def test_360giving_names_who_carries_the_grant_out_and_who_is_paid(named: Book) -> None:
    for day in NAMES:
        (grant,) = json.loads("".join(Grants(named, dates(named, day), PUBLISHER).parts()))["grants"]
        assert grant["recipientOrganization"] == [{"id": "360G-fund-org-NDDB", "name": "Dairy Board"}]
        (payment,) = grant["disbursementTransaction"]
        assert payment["recipient"] == "TZ-GOV-10"


def test_the_ledger_has_an_account_of_the_institution_that_is_paid(named: Book) -> None:
    for day, name in NAMES.items():
        text = "".join(ledger(named, dates(named, day)))
        assert f"Expenses:Grants:SSF-1:{name.replace(' ', '-')}" in text


def test_the_event_log_has_institutions_as_objects(named: Book) -> None:
    for day, name in NAMES.items():
        out = io.StringIO()
        EventLog(named, dates(named, day), out).write()
        log = json.loads(out.getvalue())
        names = {
            each["id"]: {cell["name"]: cell["value"] for cell in each["attributes"]}
            for each in log["objects"]
            if each["type"] == "institution"
        }
        assert names["institution:MOA"]["name"] == name
        relations = {
            (relation["objectId"], relation["qualifier"])
            for event in log["events"]
            for relation in event["relationships"]
        }
        assert {("institution:MOA", "payee"), ("institution:NDDB", "implementing")} <= relations


def test_a_correction_of_the_directory_is_published_as_it_was_known(named: Book) -> None:
    """The new name is the last entry: one position before, nobody knew it."""
    day = date(2017, 7, 1)
    known = [Bodies(named, Dates(day, named.position() - back))["MOA"].name for back in (0, 1)]
    assert known == ["Ministry of Food", "Ministry of Agriculture"]


@pytest.mark.parametrize(
    ("kind", "code"), [("government", "10"), ("multilateral", "40"), ("academic", "80"), ("other", "90")]
)
def test_each_kind_of_institution_has_its_code_in_the_list_of_iati(kind: str, code: str) -> None:
    assert Body("X", "X", None, kind, None).type_code == code
