"""Grants in the form of 360Giving, as JSON: one record for each grant that was approved."""

import json
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from lifecycle.book.book import Book
from lifecycle.grant import events as was
from lifecycle.grant.state import Grant
from lifecycle.parse import Malformed
from lifecycle.policy.places.regions import name_of
from lifecycle.types.codes import COUNTRIES
from lifecycle.types.stage import NOT_STATED
from projections.publication.bodies import Bodies, Body
from projections.publication.publisher import Publisher
from projections.publication.walks import (
    COMMITMENT,
    REFUND,
    Dates,
    GrantOnDay,
    Movement,
    Progress,
    fund_on,
    grants_on,
    is_published,
    moment,
    web_address,
)

_AMOUNT = re.compile(r'"\\u0000(-?[0-9.]+)"')
_KOSOVO = "XK"
"""A code that ISO 3166 leaves to its users. The standard takes assigned codes only."""


def prefix_of(publisher: Publisher) -> str:
    """Return the publisher's prefix. Raises ``Malformed`` that says what to write if there is none."""
    if publisher.giving_prefix is None:
        what = 'giving_prefix = "360G-…" under [publisher]: 360Giving gives each publisher its own'
        raise Malformed([("", f"360Giving needs a prefix for the ids of grants: write {what}")])
    return publisher.giving_prefix


class Grants:
    """Makes the file of a book's grants."""

    def __init__(self, book: Book, dates: Dates, publisher: Publisher) -> None:
        self._book, self._dates, self._publisher = book, dates, publisher
        self._prefix = prefix_of(publisher)
        self._bodies = Bodies(book, dates)
        self._fund_name = fund_on(book, dates).founding.name
        self.count = 0

    def parts(self, progress: Progress | None = None) -> Iterator[str]:
        """Yield the parts of the file's text, and count the grants."""
        yield '{"grants": ['
        for of in grants_on(self._book, self._dates, progress):
            if is_published(of):
                yield f"{',' if self.count else ''}\n{_json(self._record(of))}"
                self.count += 1
        yield "\n]}\n"

    def _record(self, of: GrantOnDay) -> dict[str, Any]:
        grant, currency = of.grant, of.grant.currency
        paid = [movement for movement in of.movements if movement.kind != COMMITMENT]
        promised = [movement for movement in of.movements if movement.kind == COMMITMENT]
        recipients = self._recipients(of)
        recipient = recipients[0]
        record = {
            "id": f"{self._prefix}-{grant.id}",
            "title": grant.title,
            "description": grant.objective,
            "currency": currency,
            "amountAppliedFor": _amount(grant.asked),
            "amountAwarded": _amount(grant.committed),
            "amountDisbursed": _amount(grant.disbursed - grant.refunded),
            "awardDate": str(grant.approved_on),
            "plannedDates": _period(grant.effective_on or grant.approved_on, grant.closing_date),
            "actualDates": _period(grant.effective_on, grant.completed_on),
            "recipientOrganization": recipients,
            "beneficiaryLocation": [_place(code) for code in grant.recipients if code != NOT_STATED],
            "fundingOrganization": [{"id": self._publisher.identifier, "name": self._publisher.name}],
            "grantProgramme": [{"code": grant.window, "title": grant.window}],
            "fromOpenCall": "No" if grant.call is None else "Yes",
            "classifications": [*self._sectors(grant), *_providers(grant)],
            "relatedDocument": _stories(of),
            "commitmentTransaction": [self._transaction(of, movement, recipient) for movement in promised],
            "disbursementTransaction": [self._transaction(of, movement, recipient) for movement in paid],
            "dateModified": moment(of.updated_at),
        }
        return {key: value for key, value in record.items() if value != []}

    def _recipients(self, of: GrantOnDay) -> list[dict[str, str]]:
        """Return the institutions that implement the grant, or else those that receive.

        A grant that names none in the directory has one recipient.
        """
        for role in ("implementing", "receiving"):
            if bodies := self._bodies.in_role(of, role):
                return [self._organisation(body) for body in bodies]
        return [self._recipient(of.grant)]

    def _organisation(self, body: Body) -> dict[str, str]:
        return {"id": body.identifier or f"{self._prefix}-org-{_slug(body.id)}", "name": body.name}

    def _recipient(self, grant: Grant) -> dict[str, str]:
        """Return the institution in words, or the recipient countries together."""
        if grant.institution is not None:
            own = self._publisher.organisations.get(grant.institution)
            return {"id": own or f"{self._prefix}-org-{_slug(grant.institution)}", "name": grant.institution}
        codes = sorted(dict.fromkeys(grant.recipients))
        name = ", ".join(map(name_of, codes))
        return {"id": f"{self._prefix}-recipient-{'-'.join(codes)}", "name": name}

    def _sectors(self, grant: Grant) -> Iterator[dict[str, str]]:
        yield {"vocabulary": f"Sectors of {self._fund_name}", "code": grant.sector, "title": grant.sector}
        if purpose := self._publisher.sectors.get(grant.sector):
            yield {"vocabulary": "OECD DAC purpose codes", "code": purpose, "title": grant.sector}

    def _transaction(self, of: GrantOnDay, movement: Movement, recipient: dict[str, str]) -> dict[str, str]:
        payee = None if movement.kind == COMMITMENT else self._bodies.payee(of, movement).body
        to = recipient if payee is None else self._organisation(payee)
        back, name = movement.kind == REFUND, movement.entry.name.removeprefix("grant:")
        return {
            "id": f"{self._prefix}-{name}-{movement.payment or movement.kind}",
            "transactionDate": str(movement.on),
            "currency": of.grant.currency,
            "value": _amount(-movement.amount if back else movement.amount),
            "description": movement.text,
            "provider": self._publisher.identifier,
            "recipient": to["id"],
        }


def _period(start: date | None, end: date | None) -> list[dict[str, str]]:
    dates = {"startDate": start, "endDate": end}
    stated = {key: str(day) for key, day in dates.items() if day is not None}
    return [stated] if stated else []


def _place(code: str) -> dict[str, str]:
    """Return a country; without its code if that is not assigned today, because the standard refuses it."""
    place = {"name": name_of(code)}
    if code in COUNTRIES and COUNTRIES[code].last == date.max and code != _KOSOVO:
        place["countryCode"] = code
    return place


def _providers(grant: Grant) -> Iterator[dict[str, str]]:
    for code in dict.fromkeys(grant.providers):
        yield {
            "vocabulary": "Countries that give know-how (ISO 3166-1)",
            "code": code,
            "title": name_of(code),
        }


def _stories(of: GrantOnDay) -> list[dict[str, str]]:
    """Return the results stories that have an address."""
    return [
        {"title": entry.event.title, "url": address, "documentType": "Results story"}
        for entry in of.entries
        if isinstance(entry.event, was.ResultsStoryPublished)
        and (address := web_address(entry.event.url)) is not None
    ]


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-") or "unnamed"


def _amount(amount: Decimal) -> str:
    """Return the amount marked as a number, for `_json`. No text of a book has the mark."""
    return f"\0{amount:f}"


def _json(record: object) -> str:
    """Return the record as JSON, with exact amounts: Python's own writer would make them binary fractions."""
    return _AMOUNT.sub(r"\1", json.dumps(record, ensure_ascii=False))
