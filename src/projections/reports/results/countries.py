"""Countries: who receives and who provides, in pairs, by region, by income group and by sector."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from lifecycle.types.stage import NOT_STATED
from projections.reports import common_columns as common
from projections.reports.portfolio.register import standing_on, was_approved
from projections.reports.questions import Question
from projections.reports.results.exchanges import Held, held_by
from projections.reports.results.regions import (
    income_edition,
    lending_edition,
    lending_on,
    name_of,
    place_on,
)
from projections.schema.columns import Column, Columns, Type
from projections.schema.tables import Row, party_facts


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

_COUNTED = (
    Column("receiving", Type.COUNT, "Approved grants in which it receives"),
    Column("providing", Type.COUNT, "Approved grants in which it provides"),
    Column(
        "both",
        Type.COUNT,
        "Approved grants in which it does both. In the last row: countries that receive and provide, in the"
        " same grant or in different ones",
    ),
    Column("grants", Type.COUNT, "Approved grants that name it", width=14),
    Column(
        "held",
        Type.COUNT,
        "Activities held in which it took part, whether it gave, received or neither",
    ),
    Column("proposals", Type.COUNT, "Proposals that name it and are not decided"),
    Column("facilitating", Type.COUNT, "How often it facilitates"),
    Column("financing", Type.COUNT, "How often it finances"),
)
COLUMNS = Columns(
    common.COUNTRY.but(
        meaning="ISO 3166-1; null in the last row, which counts countries, grants and activities once"
    ),
    common.COUNTRY_NAME,
    common.REGION,
    common.INCOME_GROUP,
    Column(
        "income_edition",
        Type.TEXT,
        "The World Bank's fiscal year whose income groups answer for the day, like `FY2026`; the last one"
        " after the table's end",
    ),
    common.LENDING,
    Column(
        "lending_edition",
        Type.TEXT,
        "The month of the snapshot that answers for the day, like `2026-04`",
    ),
    *_COUNTED,
    first="country name receiving providing both grants held",
    sums_last=True,
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Each country with the approved grants in which it receives, provides or does both; then the sums.

    The sums count countries under ``receiving``, ``providing`` and ``both``, and grants and activities once.
    """
    del as_of, grant  # computed: a country is counted over many grants

    return Question(COLUMNS, _report)


def _report(connection: Connection, as_of: date) -> list[Row]:
    grants, on = _grants(connection, as_of), as_of.isoformat()
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for one in grants:
        _count(one, count)
    rows = [
        COLUMNS.row(
            country=code,
            name=name_of(code),
            **_groups(code, on),
            **{column.name: count[code][column.name] for column in _COUNTED},
        )
        for code in sorted(count)
    ]
    return [*rows, _total(grants, count)]


def _groups(code: str | None, on: str) -> dict[str, str | None]:
    """Where the country belongs on the day; nowhere if it is not stated."""
    if code is None or code == NOT_STATED:
        return dict.fromkeys(("region", "income_group", "income_edition", "lending", "lending_edition"))
    place = place_on(code, on)
    return {
        "region": place.region,
        "income_group": place.income_group,
        "income_edition": income_edition(on),
        "lending": lending_on(code, on),
        "lending_edition": lending_edition(on),
    }


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
    return COLUMNS.row(
        country=None,
        name=None,
        **_groups(None, ""),
        receiving=sum(counts["receiving"] > 0 for counts in named),
        providing=sum(counts["providing"] > 0 for counts in named),
        both=sum(counts["receiving"] > 0 and counts["providing"] > 0 for counts in named),
        grants=len(approved),
        held=sum(len(one.held) for one in approved),
        proposals=len(grants) - len(approved),
        facilitating=sum(counts["facilitating"] > 0 for counts in named),
        financing=sum(counts["financing"] > 0 for counts in named),
    )


# ── by the keys ──────────────────────────────────────────────────────────────────────────────


def report_by(key: str, as_of: ColumnElement[str]) -> Question:
    """Approved grants by pair of countries, by region, by income group, by class of lending or by sector."""
    del as_of
    return _BY[key]


_GRANTS = Column(
    "grants",
    Type.COUNT,
    "Approved grants; a grant counts in each region or income group that it concerns",
    width=14,
)
_BY_PAIR = Columns(
    Column("provider", Type.TEXT, "Country that provides"),
    Column("recipient", Type.TEXT, "Country that receives from it"),
    _GRANTS,
    _COUNTED[4],
    common.LAST_HELD_ON,
)


def _by_pair(connection: Connection, as_of: date) -> list[Row]:
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
        rows.append(
            _BY_PAIR.row(
                provider=pair[0],
                recipient=pair[1],
                grants=len(grants),
                held=len(met),
                last_held_on=max(met, default=None),
            )
        )
    return rows


def pairs_of(recipients: Iterable[str], providers: Iterable[str]) -> set[tuple[str, str]]:
    """Provider and recipient, each with each; those that are not stated make no pair."""
    return {
        (provider, recipient)
        for provider in set(providers) - {NOT_STATED}
        for recipient in set(recipients) - {NOT_STATED}
        if provider != recipient
    }


_EDITION = Column(
    "edition",
    Type.TEXT,
    "Of the World Bank's table that answers for the day: a fiscal year, like `FY2026`, or the month of a"
    " snapshot",
)
_IN_PLACE = (
    Column("countries", Type.COUNT, "Countries that receive or provide"),
    Column("receiving", Type.COUNT, "Countries that receive in an approved grant"),
    Column("providing", Type.COUNT, "Countries that provide in an approved grant"),
    Column("both", Type.COUNT, "Countries that do both, in the same grant or in different ones"),
    _GRANTS,
)


def _by_place(
    part: Column, place: Callable[[str, str], str | None], edition: Callable[[str], str | None] | None = None
) -> Question:
    """Countries and grants by region or group of the day; a grant counts in each that it concerns.

    ``place``: where a country belongs on an ISO day. ``edition``: of the table that says so, if it has any.
    """

    columns = Columns(part, *(() if edition is None else (_EDITION,)), *_IN_PLACE)

    def by_place(connection: Connection, as_of: date) -> list[Row]:
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
        said = {} if edition is None else {"edition": edition(on)}
        for where in sorted(grants):
            gets, gives = receive[where] - {NOT_STATED}, provide[where] - {NOT_STATED}
            rows.append(
                columns.row(
                    **{part.name: where},
                    **said,
                    countries=len(gets | gives),
                    receiving=len(gets),
                    providing=len(gives),
                    both=len(gets & gives),
                    grants=len(grants[where]),
                )
            )
        return rows

    return Question(columns, by_place)


_BY_SECTOR = Columns(
    common.SECTOR,
    _GRANTS,
    Column("proposals", Type.COUNT, "Proposals that are not decided"),
    Column("demand", Type.COUNT, "Countries that receive, in proposals too"),
    Column("supply", Type.COUNT, "Countries that provide in approved grants"),
    Column("delivered", Type.COUNT, "Countries that gave in an activity held"),
    common.RECIPIENTS,
    common.PROVIDERS,
)


def _by_sector(connection: Connection, as_of: date) -> list[Row]:
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
            _BY_SECTOR.row(
                sector=sector,
                grants=len(approved),
                proposals=len(grants) - len(approved),
                demand=len(demand),
                supply=len(supply),
                delivered=len(delivered),
                recipients=demand,
                providers=supply,
            )
        )
    return rows


_BY: dict[str, Question] = {
    "pair": Question(_BY_PAIR, _by_pair),
    "region": _by_place(common.REGION, lambda code, on: place_on(code, on).region),
    "income-group": _by_place(
        common.INCOME_GROUP, lambda code, on: place_on(code, on).income_group, income_edition
    ),
    "lending": _by_place(common.LENDING, lending_on, lending_edition),
    "sector": Question(_BY_SECTOR, _by_sector),
}
KEYS = tuple(_BY)
"""What it can be asked by."""
