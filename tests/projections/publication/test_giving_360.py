"""The file of grants, judged by what the standard of 360Giving asks for, and by the reports."""

import json
import re
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from lifecycle.book.book import Book
from lifecycle.parse import Malformed
from lifecycle.types.codes import COUNTRIES
from projections.publication.giving_360 import Grants
from projections.publication.publisher import Publisher
from projections.publication.walks import Dates
from projections.query import run

PUBLISHER = Publisher("XM-DAC-47045", "The fund", "40", giving_prefix="360G-fund", sectors={"ICT": "22040"})
DAY = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$"}
TEXT = {"type": "string", "minLength": 1}
ASSIGNED = [code for code, days in COUNTRIES.items() if days.last.year == 9999 and code != "XK"]


def _records(required: str, **properties: object) -> dict[str, object]:
    """Return the schema of a list of objects, with the names of those that must be there."""
    item = {"type": "object", "required": required.split(), "properties": properties}
    return {"type": "array", "minItems": 1, "items": {**item, "additionalProperties": False}}


_ORGANISATIONS = _records("id name", id=TEXT, name=TEXT)
_TRANSACTIONS = _records(
    "id transactionDate currency value",
    id=TEXT,
    transactionDate=DAY,
    currency={"pattern": "^[A-Z]{3}$"},
    value={"type": "number"},
    description=TEXT,
    provider=TEXT,
    recipient=TEXT,
)
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["grants"],
    "properties": {
        "grants": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": [
                    *("id", "title", "description", "currency", "amountAwarded", "awardDate"),
                    *("recipientOrganization", "fundingOrganization"),
                ],
                "properties": {
                    "id": {"type": "string", "pattern": "^360G-"},
                    "title": TEXT,
                    "description": TEXT,
                    "currency": {"pattern": "^[A-Z]{3}$"},
                    **{
                        name: {"type": "number"}
                        for name in ("amountAppliedFor", "amountAwarded", "amountDisbursed")
                    },
                    "awardDate": DAY,
                    "plannedDates": _records("", startDate=DAY, endDate=DAY),
                    "actualDates": _records("", startDate=DAY, endDate=DAY),
                    "recipientOrganization": _ORGANISATIONS,
                    "fundingOrganization": _ORGANISATIONS,
                    "beneficiaryLocation": _records("name", name=TEXT, countryCode={"enum": ASSIGNED}),
                    "grantProgramme": _records("code", code=TEXT, title=TEXT),
                    "fromOpenCall": {"enum": ["Yes", "No"]},
                    "classifications": _records("vocabulary code", vocabulary=TEXT, code=TEXT, title=TEXT),
                    "relatedDocument": _records("url", title=TEXT, url={"format": "uri"}, documentType=TEXT),
                    "commitmentTransaction": _TRANSACTIONS,
                    "disbursementTransaction": _TRANSACTIONS,
                    "dateModified": {"type": "string", "format": "date-time"},
                },
            },
        }
    },
}
"""What the standard asks of the fields that we write, in our words. It has many more fields."""


def records(book: Book, dates: Dates) -> list[dict[str, Any]]:
    """Return the records, with amounts as decimals."""
    text = "".join(Grants(book, dates, PUBLISHER).parts())
    parsed = json.loads(text, parse_float=Decimal)
    checker = jsonschema.Draft7Validator.FORMAT_CHECKER
    errors = jsonschema.Draft7Validator(SCHEMA, format_checker=checker).iter_errors(json.loads(text))
    assert [f"{list(error.path)}: {error.message}" for error in errors] == []
    grants: list[dict[str, Any]] = parsed["grants"]
    return grants


def test_each_approved_grant_is_a_record_with_the_figures_of_the_reports(
    book: Book, several_dates: list[Dates]
) -> None:
    for dates in several_dates:
        found = {record["id"].removeprefix("360G-fund-"): record for record in records(book, dates)}
        report = run(book, "disbursement", as_of=dates.as_of, known=dates.known)
        rows = [dict(zip(report.columns, row, strict=True)) for row in report.rows]
        approved = run(book, "register", as_of=dates.as_of, known=dates.known)
        position = approved.columns.index("approved_on")
        assert found.keys() == {row[0] for row in approved.rows if row[position] is not None}
        for row in rows:
            if record := found.get(str(row["grant"])):
                assert Decimal(record["amountAwarded"]) == Decimal(str(row["committed"]))
                assert Decimal(record["amountDisbursed"]) == Decimal(str(row["net_disbursed"]))


def test_transactions_add_up_to_the_amounts(book: Book, several_dates: list[Dates]) -> None:
    for record in records(book, several_dates[0]):
        for amount, transactions in (
            ("amountAwarded", "commitmentTransaction"),
            ("amountDisbursed", "disbursementTransaction"),
        ):
            total = sum((Decimal(each["value"]) for each in record.get(transactions, ())), Decimal())
            assert total == Decimal(record[amount]), record["id"]
        ids = [each["id"] for each in record.get("disbursementTransaction", ())]
        assert len(set(ids)) == len(ids)


def test_amounts_are_exact_numbers(hostile: Book) -> None:
    dates = Dates(hostile.today(), hostile.position())
    text = "".join(Grants(hostile, dates, PUBLISHER).parts())
    assert re.search(r'"amountDisbursed": [0-9]+\.[0-9][0-9], ', text)
    (record,) = records(hostile, dates)
    assert record["title"].startswith('A "farm" \\ & <co>')


def test_several_recipient_countries_are_one_recipient(demo: Book) -> None:
    found = records(demo, Dates(demo.today(), demo.position()))
    joint = next(record for record in found if len(record.get("beneficiaryLocation", ())) > 1)
    assert len(joint["recipientOrganization"]) == 1
    assert ", " in joint["recipientOrganization"][0]["name"]


def test_without_a_prefix_the_error_says_what_to_write(demo: Book) -> None:
    with pytest.raises(Malformed, match=r'write giving_prefix = "360G-'):
        Grants(demo, Dates(demo.today(), demo.position()), Publisher("XM-DAC-1", "x", "40"))
