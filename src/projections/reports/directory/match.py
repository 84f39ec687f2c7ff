"""Find who solved a similar problem: by what they delivered, by what they offer, and who works on it now."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, Text, literal, select

from lifecycle.kernel.likeness import group_key
from lifecycle.policy.places.regions import name_of
from lifecycle.types.stage import Stage
from lifecycle.types.text import as_label
from projections.reports import common_columns as common
from projections.reports.directory.institutions import that_gave
from projections.reports.portfolio.register import standing_on, was_approved
from projections.reports.results.exchanges import Held, activities_held
from projections.reports.results.library import (
    RANK,
    Match,
    achieved,
    find,
    is_of_sector,
    require_known_sector,
    texts_on,
    words_of,
)
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds
from projections.schema.rows import Row
from projections.schema.tables import institution_spans, offer_spans

MATCH_COLUMNS = Columns(
    RANK,
    Column("provider", Type.TEXT, "Country that gave in activities held, or offers to"),
    common.COUNTRY_NAME,
    Column(
        "score",
        Type.NUMBER,
        "Sum over its grants of how well their best text matches (the best of all: 1), and half of that"
        " of its best offer",
    ),
    common.HELD,
    Column("grants", Type.LIST, "Grants whose texts match, a list", width=14),
    Column("stories", Type.COUNT, "Stories published of these grants"),
    Column("outcomes", Type.LIST, "Outcomes that they achieved, a list", width=20),
    common.LAST_HELD_ON,
    Column("received_before", Type.TRUTH, "The recipient has learned from it already"),
    Column("offers", Type.LIST, "Its offers whose texts match, a list", width=14),
    Column(
        "running", Type.LIST, "Running grants on a like problem from which it is to teach, a list", width=14
    ),
    Column(
        "institutions",
        Type.LIST,
        "Its institutions, and those of several countries, that gave in these grants or are behind an offer",
        width=24,
    ),
    Column(
        "evidence", Type.TEXT, "The grant or offer, and the piece of its text that matches best", width=24
    ),
    first="rank provider name score last_held_on evidence held received_before stories offers running"
    " institutions",
)
RUNNING_COLUMNS = Columns(
    RANK,
    common.GRANT,
    common.TITLE,
    common.STAGE,
    Column("score", Type.NUMBER, "How well its best text matches (the best of all: 1)"),
    common.RECIPIENTS,
    common.PROVIDERS,
    Column("evidence", Type.TEXT, "The piece of text that matches best", width=24),
    first="rank grant title stage recipients providers score evidence",
)
_RUNNING = (Stage.APPROVED, Stage.SIGNED, Stage.EFFECTIVE)
_OFFERED = 0.5
"""What an offer counts beside what was delivered: it is said, and not shown."""


class _Experience:
    """The experience of one provider country with a need."""

    def __init__(self) -> None:
        self.weights: dict[str, float] = {}
        """By grant, how well its best text matches the need: 1 for the best of all."""
        self.held = 0
        self.stories = 0
        self.outcomes: set[str] = set()
        self.last_held_on: str | None = None
        self.evidence: tuple[float, str] = (0.0, "")
        self.institutions: set[str] = set()
        self.offers: dict[str, float] = {}
        """By offer, how well it matches the need: 1 for the best of all offers."""

    @property
    def score(self) -> float:
        """The sum over its grants: a country that solved it twice comes before one that solved it once."""
        return sum(self.weights.values()) + _OFFERED * max(self.offers.values(), default=0.0)

    def add_offer(self, offer: str, weight: float, snippet: str) -> None:
        """Add an offer."""
        self.offers[offer] = weight
        self.evidence = max(self.evidence, (_OFFERED * weight, f"{offer}: {snippet}"))

    def add(
        self, grant: str, weight: float, snippet: str, *, days: list[str], stories: int, outcomes: list[str]
    ) -> None:
        """Add a grant, with the days on which its activities were held."""
        self.weights[grant] = weight
        self.held += len(days)
        self.stories += stories
        self.outcomes.update(outcomes)
        self.last_held_on = max(self.last_held_on or "", *days)
        self.evidence = max(self.evidence, (weight, f"{grant}: {snippet}"))


def match(
    connection: Connection, as_of: date, need: str, recipient: str, *, sector: str | None, limit: int
) -> list[Row]:
    """Return the countries that delivered or offer what matches the need, without the recipient itself.

    A country's score is the sum over the approved grants in which it gave in an activity, and half of its
    best offer. A grant counts with its best text: 1 for the best of all, the others in proportion, halved if
    a word of the need is missing; so does an offer among the offers. Raises ``Malformed``, `Unreachable`.
    """
    words, on = words_of(need, "need"), as_of.isoformat()
    held: dict[str, list[Held]] = defaultdict(list)
    for activity in activities_held(connection, as_of):
        held[activity.grant].append(activity)
    grants, running = _approved(connection, as_of, sector)
    found = find(texts_on(connection, on), words)
    with_provider = {name for name in grants if any(activity.giving for activity in held[name])}
    best, alike = _best(found, with_provider), _best(found, running)
    stories = Counter(
        text.grant
        for text in texts_on(connection, on)
        if text.kind in ("results_story", "development_outcome")
    )
    outcomes, served_by = achieved(connection, on), _providers_before(grants, held, recipient)
    offers: dict[str, _Experience] = defaultdict(_Experience)
    for name, (weight, snippet) in best.items():
        for provider in {code for activity in held[name] for code in activity.giving} - {recipient}:
            days = [activity.held_on for activity in held[name] if provider in activity.giving]
            offers[provider].add(
                name, weight, snippet, days=days, stories=stories[name], outcomes=outcomes.get(name, [])
            )
    for offer, country in _offers(connection, on, words, (sector, recipient)):
        offers[country].add_offer(*offer)
    _add_institutions(connection, as_of, offers)
    return [
        MATCH_COLUMNS.row(
            rank=rank,
            provider=provider,
            name=name_of(provider),
            score=f"{known.score:.4f}",
            held=known.held,
            grants=sorted(known.weights),
            stories=known.stories,
            outcomes=sorted(known.outcomes),
            last_held_on=known.last_held_on,
            received_before=provider in served_by,
            offers=sorted(known.offers),
            running=sorted(name for name in alike if provider in running[name]),
            institutions=sorted(known.institutions),
            evidence=known.evidence[1],
        )
        for rank, (provider, known) in enumerate(_ranked(offers)[:limit], 1)
    ]


def _add_institutions(connection: Connection, as_of: date, offers: Mapping[str, _Experience]) -> None:
    """Add to the experience of each provider the institutions behind it."""
    for grant, country, name in that_gave(connection, as_of):
        for provider, known in offers.items():
            if grant in known.weights and country in (None, provider):
                known.institutions.add(name)
    o, i, on = offer_spans.c, institution_spans.c, literal(as_of.isoformat(), Text)
    behind = select(o.offer, i.name, i.institution).join(
        institution_spans, (i.institution == o.institution) & holds(institution_spans, on)
    )
    for row in connection.execute(behind.where(holds(offer_spans, on))):
        for known in offers.values():
            if row.offer in known.offers:
                known.institutions.add(f"{row.name} ({row.institution})")


def _approved(
    connection: Connection, as_of: date, sector: str | None
) -> tuple[set[str], dict[str, list[str]]]:
    """Return the approved grants of the sector, and those of them that run, with their providers.

    Raises ``Malformed`` if no grant and no offer is of the sector.
    """
    sectors, grants, running = set[str](), set[str](), dict[str, list[str]]()
    for row in standing_on(connection, as_of):
        sectors.add(row.sector)
        if was_approved(row) and is_of_sector(row, sector):
            grants.add(row.grant)
            if row.stage in _RUNNING:
                running[row.grant] = json.loads(row.providers)
    o, on = offer_spans.c, as_of.isoformat()
    offered = select(o.sector).where(o.since <= on, on < o.until, o.sector.is_not(None))
    require_known_sector(sector, sectors.union(map(str, connection.scalars(offered))))
    return grants, running


class _OfferFound(NamedTuple):
    """An offer that matches a need."""

    name: str
    weight: float
    """1 for the best of all offers, less for the others."""
    snippet: str


def _offers(
    connection: Connection, on: str, words: list[str], of: tuple[str | None, str]
) -> Iterator[tuple[_OfferFound, str]]:
    """Yield the offers that match, each with its country. ``of``: the sector, and the country that asks."""
    (sector, recipient), o = of, offer_spans.c
    texts = select(
        o.offer.label("grant"),
        o.n,
        literal("offer").label("kind"),
        o.since,
        o.topic.label("title"),
        o.summary.label("text"),
    ).where(o.since <= on, on < o.until)
    offered = select(o.offer, o.country, o.sector).where(o.since <= on, on < o.until).order_by(o.offer)
    countries = {
        row.offer: row.country
        for row in connection.execute(offered)
        if row.country != recipient and _is_offer_of(row.sector, sector)
    }
    found = find(connection.execute(texts.order_by(o.offer)), words) if countries else []
    for name, (weight, snippet) in _best(found, countries).items():
        yield _OfferFound(name, weight, snippet), countries[name]


def _is_offer_of(own: str | None, sector: str | None) -> bool:
    return sector is None or (own is not None and group_key(own) == group_key(as_label(sector)))


def running(connection: Connection, as_of: date, need: str, *, sector: str | None, limit: int) -> list[Row]:
    """Return the running grants whose texts match the need, the best first.

    Raises ``Malformed``, `Unreachable`.
    """
    words = words_of(need, "need")
    _, grants = _approved(connection, as_of, sector)
    best = _best(find(texts_on(connection, as_of.isoformat()), words), grants)
    rows = {row.grant: row for row in standing_on(connection, as_of) if row.grant in best}
    ranked = sorted(best, key=lambda name: (-round(best[name][0], 9), name))
    return [
        RUNNING_COLUMNS.row(
            rank=rank,
            grant=name,
            title=rows[name].title,
            stage=rows[name].stage,
            score=f"{best[name][0]:.4f}",
            recipients=json.loads(rows[name].recipients),
            providers=json.loads(rows[name].providers),
            evidence=best[name][1],
        )
        for rank, name in enumerate(ranked[:limit], 1)
    ]


def _best(matches: list[Match], grants: Collection[str]) -> dict[str, tuple[float, str]]:
    """Return the weight of each grant's best text, and its snippet."""
    best: dict[str, Match] = {}
    for match in sorted(
        matches, key=lambda match: (not match.has_every_word, match.rank, match.grant, match.n)
    ):
        if match.grant in grants:
            best.setdefault(match.grant, match)
    top_rank = min((match.rank for match in best.values()), default=-1.0)
    return {
        grant: (match.rank / top_rank * (1 if match.has_every_word else 0.5), match.snippet)
        for grant, match in best.items()
    }


def _ranked(offers: dict[str, _Experience]) -> list[tuple[str, _Experience]]:
    """Return the offers by score; among equals, the country with the latest activity comes first."""
    ranked = sorted(offers.items())
    ranked.sort(key=lambda item: item[1].last_held_on or "", reverse=True)
    ranked.sort(key=lambda item: -round(item[1].score, 9))
    return ranked


def _providers_before(grants: Iterable[str], held: Mapping[str, list[Held]], recipient: str) -> set[str]:
    """Return the countries that gave to the recipient in an activity of one of the grants."""
    return {
        giver
        for name in grants
        for activity in held.get(name, ())
        for giver, receiver in activity.pairs
        if receiver == recipient
    }
