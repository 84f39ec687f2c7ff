"""Countries: who receives and who provides, in pairs, by region, by income group and by sector."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from lifecycle.types.stage import NOT_STATED
from projections.reports.portfolio.register import standing_on, was_approved
from projections.reports.results.exchanges import Held, held_by
from projections.reports.results.regions import (
    income_edition,
    lending_edition,
    lending_on,
    name_of,
    place_on,
)
from projections.schema.tables import Row, party_facts

Answered = tuple[tuple[str, ...], list[Row]]


class _Grant(NamedTuple):
    """What a grant says of countries."""

    id: str
    sector: str
    approved: bool
    recipients: frozenset[str]
    providers: frozenset[str]
    held: tuple[Held, ...]
    """The activities that were held."""
    parties: tuple[tuple[str, str], ...]
    """Role and country of those that facilitate or finance."""

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Provider and recipient, each with each, and those who gave and received in an activity besides."""
        return pairs_of(self.recipients, self.providers).union(*(one.pairs for one in self.held))


@lru_cache(maxsize=1 << 14)
def _codes(text: str) -> frozenset[str]:
    """A JSON list of countries. (The same few stand in many grants.)"""
    return frozenset(json.loads(text))


def _grants(connection: Connection, as_of: date) -> list[_Grant]:
    """Every grant that was proposed and neither declined nor withdrawn by the day."""
    on = as_of.isoformat()
    held, parties, p = defaultdict(list), defaultdict(list), party_facts.c
    for activity in held_by(connection, as_of):
        held[activity.grant].append(activity)
    for grant, role, country in connection.execute(
        select(p.grant, p.role, p.country).where(p.since <= on, p.country.is_not(None))
    ):
        parties[grant].append((role, country))
    found = []
    for row in standing_on(connection, as_of):
        approved = was_approved(row)
        if not approved and row.stage not in ("proposed", "requested"):
            continue
        recipients, providers = _codes(row.recipients), _codes(row.providers)
        found.append(
            _Grant(
                row.grant,
                row.sector,
                approved,
                recipients,
                providers,
                tuple(held[row.grant]),
                tuple(parties[row.grant]),
            )
        )
    return found


# ── by country ───────────────────────────────────────────────────────────────────────────────

COLUMNS = (
    "country name region income_group income_edition lending lending_edition receiving providing both grants"
    " held proposals facilitating financing"
).split()
_COUNTED = tuple(COLUMNS[7:])


def report(as_of: ColumnElement[str], grant: str | None = None) -> Any:
    """Each country with the approved grants in which it receives, provides or does both; then the sums.

    The sums count countries under ``receiving``, ``providing`` and ``both``, and grants and activities once.
    """
    del as_of, grant  # computed: a country is counted over many grants

    return _report


def _report(connection: Connection, as_of: date) -> Answered:
    grants, on = _grants(connection, as_of), as_of.isoformat()
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for one in grants:
        _count(one, count)
    rows = []
    for code in sorted(count):
        place = place_on(code, on)
        told: tuple[str | None, ...] = (None,) * 5
        if code != NOT_STATED:
            groups = (place.income_group, income_edition(on), lending_on(code, on), lending_edition(on))
            told = (place.region, *groups)
        rows.append((code, name_of(code), *told, *(count[code][name] for name in _COUNTED)))
    return tuple(COLUMNS), [*rows, _total(grants, count)]


def _count(one: _Grant, count: dict[str, Counter[str]]) -> None:
    named = one.recipients | one.providers
    for code in named:
        if not one.approved:
            count[code]["proposals"] += 1
            continue
        count[code].update(
            receiving=int(code in one.recipients),
            providing=int(code in one.providers),
            both=int(code in one.recipients & one.providers),
            grants=1,
        )
    for activity in one.held if one.approved else ():
        for code in activity.countries:
            count[code]["held"] += 1
    for role, code in one.parties if one.approved else ():
        count[code][role] += 1


def _total(grants: list[_Grant], count: dict[str, Counter[str]]) -> Row:
    approved = [one for one in grants if one.approved]
    named = [counts for code, counts in count.items() if code != NOT_STATED]
    return (
        *(None,) * 7,
        sum(counts["receiving"] > 0 for counts in named),
        sum(counts["providing"] > 0 for counts in named),
        sum(counts["receiving"] > 0 and counts["providing"] > 0 for counts in named),
        len(approved),
        sum(len(one.held) for one in approved),
        len(grants) - len(approved),
        sum(counts["facilitating"] > 0 for counts in named),
        sum(counts["financing"] > 0 for counts in named),
    )


# ── by the keys ──────────────────────────────────────────────────────────────────────────────


def report_by(key: str, as_of: ColumnElement[str]) -> Any:
    """Approved grants by pair of countries, by region, by income group, by class of lending or by sector."""
    del as_of
    return _BY[key]


def _by_pair(connection: Connection, as_of: date) -> Answered:
    """Each provider with each recipient that it serves; a country is no pair with itself.

    ``held`` counts the activities in which the one gave and the other received.
    """
    pairs: dict[tuple[str, str], list[_Grant]] = defaultdict(list)
    for one in _grants(connection, as_of):
        if one.approved:
            for pair in one.pairs:
                pairs[pair].append(one)
    rows: list[Row] = []
    for pair, grants in sorted(pairs.items()):
        met = [activity.held_on for one in grants for activity in one.held if pair in activity.pairs]
        rows.append((*pair, len(grants), len(met), max(met, default=None)))
    return ("provider", "recipient", "grants", "held", "last_held_on"), rows


def pairs_of(recipients: Iterable[str], providers: Iterable[str]) -> set[tuple[str, str]]:
    """Provider and recipient, each with each; those that are not stated make no pair."""
    return {
        (provider, recipient)
        for provider in set(providers) - {NOT_STATED}
        for recipient in set(recipients) - {NOT_STATED}
        if provider != recipient
    }


def _by_place(
    part: str, place: Callable[[str, str], str | None], edition: Callable[[str], str | None] | None = None
) -> Callable[[Connection, date], Answered]:
    """Countries and grants by region or group of the day; a grant counts in each that it concerns.

    ``place``: where a country belongs on an ISO day. ``edition``: of the table that says so, if it has any.
    """

    def by_place(connection: Connection, as_of: date) -> Answered:
        on = as_of.isoformat()
        receive: dict[str, set[str]] = defaultdict(set)
        provide: dict[str, set[str]] = defaultdict(set)
        grants: dict[str, set[str]] = defaultdict(set)
        for one in _grants(connection, as_of):
            if one.approved:
                for codes, kept in ((one.recipients, receive), (one.providers, provide)):
                    for code in codes:
                        where = "not_stated" if code == NOT_STATED else place(code, on) or "not_known"
                        kept[where].add(code)
                        grants[where].add(one.id)
        rows: list[Row] = []
        said = () if edition is None else (edition(on),)
        for where in sorted(grants):
            gets, gives = receive[where] - {NOT_STATED}, provide[where] - {NOT_STATED}
            counts = (len(gets | gives), len(gets), len(gives), len(gets & gives), len(grants[where]))
            rows.append((where, *said, *counts))
        columns = ("countries", "receiving", "providing", "both", "grants")
        return (part, *(("edition",) if said else ()), *columns), rows

    return by_place


def _by_sector(connection: Connection, as_of: date) -> Answered:
    """What is asked for beside what is offered: the countries that receive and provide in each sector."""
    sectors: dict[str, list[_Grant]] = defaultdict(list)
    for one in _grants(connection, as_of):
        sectors[one.sector].append(one)
    rows: list[Row] = []
    for sector, grants in sorted(sectors.items()):
        approved = [one for one in grants if one.approved]
        demand = sorted({code for one in grants for code in one.recipients} - {NOT_STATED})
        supply = sorted({code for one in approved for code in one.providers} - {NOT_STATED})
        delivered = {code for one in approved for activity in one.held for code in activity.giving}
        rows.append(
            (
                sector,
                len(approved),
                len(grants) - len(approved),
                len(demand),
                len(supply),
                len(delivered),
                demand,
                supply,
            )
        )
    columns = ("sector", "grants", "proposals", "demand", "supply", "delivered", "recipients", "providers")
    return columns, rows


_BY: dict[str, Callable[[Connection, date], Answered]] = {
    "pair": _by_pair,
    "region": _by_place("region", lambda code, on: place_on(code, on).region),
    "income-group": _by_place(
        "income_group", lambda code, on: place_on(code, on).income_group, income_edition
    ),
    "lending": _by_place("lending", lending_on, lending_edition),
    "sector": _by_sector,
}
KEYS = tuple(_BY)
"""What it can be asked by."""
