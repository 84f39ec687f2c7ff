"""Countries: who receives and who provides, in pairs, by region, by income group and by sector."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from lifecycle.policy.places.regions import (
    NOT_CLASSIFIED,
    editions_in_words,
    income_edition,
    lending_edition,
    lending_on,
    name_of,
    place_on,
)
from lifecycle.types.stage import NOT_STATED
from projections.reports import common_columns as common
from projections.reports.by_grant import by_grant
from projections.reports.portfolio.register import standing_on, was_approved
from projections.reports.questions import Question
from projections.reports.results.exchanges import Held, activities_held
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import PAGED
from projections.schema.rows import Row
from projections.schema.tables import involved_parties


class _Grant(NamedTuple):
    """A grant with its countries."""

    id: str
    sector: str
    is_approved: bool
    recipients: frozenset[str]
    providers: frozenset[str]
    held: tuple[Held, ...]
    """The activities that were held."""
    parties: tuple[tuple[str, str], ...]
    """The role and country of each party that facilitates or finances."""

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Each provider with each recipient, and those that gave and received in an activity."""
        return pairs_of(self.recipients, self.providers).union(*(activity.pairs for activity in self.held))


@lru_cache(maxsize=1 << 14)
def _codes(text: str) -> frozenset[str]:
    """Return the countries of a JSON list. It is cached because many grants have the same list."""
    return frozenset(json.loads(text))


def _grants(connection: Connection, as_of: date) -> Iterator[_Grant]:
    """Yield every grant that was proposed and neither declined nor withdrawn by the day."""
    p = involved_parties.c
    with_country = (
        select(p.grant, p.role, p.country)
        .where(p.since <= as_of.isoformat(), p.country.is_not(None))
        .order_by(p.grant)
    )
    sources = (
        standing_on(connection, as_of),
        activities_held(connection, as_of),
        connection.execute(with_country, execution_options=PAGED),
    )
    for grant, (standing, held, parties) in by_grant(*sources):
        for row in standing:
            if was_approved(row) or row.stage in ("proposed", "requested"):
                yield _Grant(
                    grant,
                    row.sector,
                    was_approved(row),
                    _codes(row.recipients),
                    _codes(row.providers),
                    tuple(held),
                    tuple((party.role, party.country) for party in parties),
                )


# ── by country ───────────────────────────────────────────────────────────────────────────────


def _editions(_: object, as_of: date) -> str:
    return editions_in_words(as_of.isoformat())


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
    Column("facilitating", Type.COUNT, "Times that it facilitates"),
    Column("financing", Type.COUNT, "Times that it finances"),
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
        "The World Bank's fiscal year whose income groups hold on the day, like `FY2026`; the last one"
        " after the table's end",
    ),
    common.LENDING,
    Column(
        "lending_edition",
        Type.TEXT,
        "The month of the snapshot that holds on the day, like `2026-04`",
    ),
    *_COUNTED,
    first="country name receiving providing both grants held",
    sums_last=True,
    note=_editions,
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each country, with its approved grants as a recipient and a provider; then the sums.

    In the sums, ``receiving``, ``providing`` and ``both`` count countries, and each grant and activity counts
    once.
    """
    del as_of, grant
    return Question(COLUMNS, _report)


def _report(connection: Connection, as_of: date) -> list[Row]:
    on = as_of.isoformat()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    total: Counter[str] = Counter()
    for grant in _grants(connection, as_of):
        _count(grant, counts)
        total["grants" if grant.is_approved else "proposals"] += 1
        total["held"] += len(grant.held) if grant.is_approved else 0
    rows = [
        COLUMNS.row(
            country=code,
            name=name_of(code),
            **_groups(code, on),
            **{column.name: counts[code][column.name] for column in _COUNTED},
        )
        for code in sorted(counts)
    ]
    return [*rows, _total(total, counts)]


def _groups(code: str | None, on: str) -> dict[str, str | None]:
    """Return the country's region and groups on the day; nothing for a country that is not stated."""
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


def _count(grant: _Grant, counts: dict[str, Counter[str]]) -> None:
    """Add the grant to the counts of each of its countries."""
    for code in grant.recipients | grant.providers:
        if not grant.is_approved:
            counts[code]["proposals"] += 1
            continue
        counts[code].update(
            receiving=int(code in grant.recipients),
            providing=int(code in grant.providers),
            both=int(code in grant.recipients & grant.providers),
            grants=1,
        )
    if grant.is_approved:
        for activity in grant.held:
            for code in activity.countries:
                counts[code]["held"] += 1
        for role, code in grant.parties:
            counts[code][role] += 1


def _total(total: Counter[str], counts: dict[str, Counter[str]]) -> Row:
    """Return the last row. ``total``: the numbers of grants, activities held and proposals, each once."""
    countries = [count for code, count in counts.items() if code != NOT_STATED]
    return COLUMNS.row(
        country=None,
        name=None,
        **_groups(None, ""),
        receiving=sum(count["receiving"] > 0 for count in countries),
        providing=sum(count["providing"] > 0 for count in countries),
        both=sum(count["receiving"] > 0 and count["providing"] > 0 for count in countries),
        grants=total["grants"],
        held=total["held"],
        proposals=total["proposals"],
        facilitating=sum(count["facilitating"] > 0 for count in countries),
        financing=sum(count["financing"] > 0 for count in countries),
    )


# ── by the keys ──────────────────────────────────────────────────────────────────────────────


def report_by(key: str, as_of: ColumnElement[str]) -> Question:
    """Ask for approved grants by pair of countries, region, income group, class of lending or sector."""
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
    """Return a row for each provider and recipient. A country makes no pair with itself.

    ``held`` counts the activities in which the first gave and the second received.
    """
    grants: Counter[tuple[str, str]] = Counter()
    held: Counter[tuple[str, str]] = Counter()
    last: dict[tuple[str, str], str] = {}
    for grant in _grants(connection, as_of):
        if grant.is_approved:
            grants.update(grant.pairs)
            for activity in grant.held:
                held.update(activity.pairs)
                for pair in activity.pairs:
                    last[pair] = max(last.get(pair, ""), activity.held_on)
    return [
        _BY_PAIR.row(
            provider=pair[0],
            recipient=pair[1],
            grants=grants[pair],
            held=held[pair],
            last_held_on=last.get(pair),
        )
        for pair in sorted(grants)
    ]


def pairs_of(recipients: Iterable[str], providers: Iterable[str]) -> set[tuple[str, str]]:
    """Return each provider with each recipient, without those that are not stated."""
    return {
        (provider, recipient)
        for provider in set(providers) - {NOT_STATED}
        for recipient in set(recipients) - {NOT_STATED}
        if provider != recipient
    }


_EDITION = Column(
    "edition",
    Type.TEXT,
    "The edition of the World Bank's table that holds on the day: a fiscal year, like `FY2026`, or the month"
    " of a snapshot",
)
_BY_GROUP = (
    Column("countries", Type.COUNT, "Countries that receive or provide"),
    Column("receiving", Type.COUNT, "Countries that receive in an approved grant"),
    Column("providing", Type.COUNT, "Countries that provide in an approved grant"),
    Column("both", Type.COUNT, "Countries that do both, in the same grant or in different ones"),
    _GRANTS,
)


def _by_group(
    column: Column,
    group_on: Callable[[str, str], str | None],
    edition_on: Callable[[str], str | None] | None = None,
) -> Question:
    """Ask for countries and grants by a group of countries; a grant counts in each group that it concerns.

    ``group_on`` returns a country's group on an ISO day, ``edition_on`` the edition of the table of groups.
    """
    with_edition = edition_on is not None
    columns = Columns(
        column,
        *((_EDITION,) if with_edition else ()),
        *_BY_GROUP,
        note=_editions if with_edition else None,
    )

    def by_group(connection: Connection, as_of: date) -> list[Row]:
        on = as_of.isoformat()
        recipients: dict[str, set[str]] = defaultdict(set)
        providers: dict[str, set[str]] = defaultdict(set)
        grants: dict[str, set[str]] = defaultdict(set)
        for grant in _grants(connection, as_of):
            if grant.is_approved:
                for codes, by_name in ((grant.recipients, recipients), (grant.providers, providers)):
                    for code in codes:
                        name = "not_stated" if code == NOT_STATED else group_on(code, on) or "not_known"
                        by_name[name].add(code)
                        grants[name].add(grant.id)
        edition = {} if edition_on is None else {"edition": edition_on(on)}
        rows: list[Row] = []
        for name in sorted(grants):
            receiving, providing = recipients[name] - {NOT_STATED}, providers[name] - {NOT_STATED}
            rows.append(
                columns.row(
                    **{column.name: name},
                    **edition,
                    countries=len(receiving | providing),
                    receiving=len(receiving),
                    providing=len(providing),
                    both=len(receiving & providing),
                    grants=len(grants[name]),
                )
            )
        return rows

    return Question(columns, by_group)


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
    """Return for each sector the countries that receive (the demand) and those that provide (the supply)."""
    approved: Counter[str] = Counter()
    proposals: Counter[str] = Counter()
    demand: dict[str, set[str]] = defaultdict(set)
    supply: dict[str, set[str]] = defaultdict(set)
    delivered: dict[str, set[str]] = defaultdict(set)
    for grant in _grants(connection, as_of):
        (approved if grant.is_approved else proposals)[grant.sector] += 1
        demand[grant.sector] |= grant.recipients - {NOT_STATED}
        if grant.is_approved:
            supply[grant.sector] |= grant.providers - {NOT_STATED}
            delivered[grant.sector].update(*(activity.giving for activity in grant.held))
    return [
        _BY_SECTOR.row(
            sector=sector,
            grants=approved[sector],
            proposals=proposals[sector],
            demand=len(demand[sector]),
            supply=len(supply[sector]),
            delivered=len(delivered[sector]),
            recipients=sorted(demand[sector]),
            providers=sorted(supply[sector]),
        )
        for sector in sorted(demand)
    ]


_BY_REGION_PAIR = Columns(
    Column("provider_region", Type.TEXT, "World Bank region of the provider on the day"),
    Column("recipient_region", Type.TEXT, "World Bank region of the recipient on the day"),
    Column("reach", Type.CODE, "`within` one region, or `across` two; null if a region is not classified"),
    Column("pairs", Type.COUNT, "Pairs of a provider and a recipient, each once", total=True),
    _GRANTS.but(meaning="Approved grants with such a pair; a grant counts in each row that it concerns"),
    _COUNTED[4].but(meaning="Activities held in which one gave and the other received"),
    overlap="A grant and an activity count in each pair of regions that they connect.",
)


def _by_region_pair(connection: Connection, as_of: date) -> list[Row]:
    """Return how much is exchanged within each region, and from each region to another."""
    on = as_of.isoformat()
    pairs: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    grants: Counter[tuple[str, str]] = Counter()
    held: Counter[tuple[str, str]] = Counter()

    def regions(of_pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        return {
            (place_on(provider, on).region, place_on(recipient, on).region)
            for provider, recipient in of_pairs
        }

    for grant in _grants(connection, as_of):
        if grant.is_approved:
            grants.update(regions(grant.pairs))
            for pair in grant.pairs:
                pairs[next(iter(regions([pair])))].add(pair)
            for activity in grant.held:
                held.update(regions(activity.pairs))
    return [
        _BY_REGION_PAIR.row(
            provider_region=provider,
            recipient_region=recipient,
            reach=None
            if NOT_CLASSIFIED in (provider, recipient)
            else "within"
            if provider == recipient
            else "across",
            pairs=len(pairs[provider, recipient]),
            grants=grants[provider, recipient],
            held=held[provider, recipient],
        )
        for provider, recipient in sorted(pairs)
    ]


_BY: dict[str, Question] = {
    "pair": Question(_BY_PAIR, _by_pair),
    "region-pair": Question(_BY_REGION_PAIR, _by_region_pair),
    "region": _by_group(common.REGION, lambda code, on: place_on(code, on).region),
    "income-group": _by_group(
        common.INCOME_GROUP, lambda code, on: place_on(code, on).income_group, income_edition
    ),
    "lending": _by_group(common.LENDING, lending_on, lending_edition),
    "sector": Question(_BY_SECTOR, _by_sector),
}
KEYS = tuple(_BY)
"""The keys by which it can be summed."""
