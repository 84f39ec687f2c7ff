"""The library: what can be read of grants, searched by words; and who solved a like problem."""

import json
import re
import sqlite3
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from lifecycle.kernel.errors import Unreachable
from lifecycle.parse import Malformed
from lifecycle.types.nearest import unknown
from lifecycle.types.text import as_label, group_key
from projections.reports import common_columns as common
from projections.reports.portfolio.register import standing_on, was_approved
from projections.reports.results.exchanges import Held, activities_held
from projections.reports.results.regions import name_of
from projections.schema.columns import Column, Columns, Type
from projections.schema.tables import (
    Row,
    library_texts,
    outcome_facts,
)

KINDS = (
    "results_story",
    "development_outcome",
    "completion_report",
    "lesson",
    "result",
    "objective",
)
"""What can be read, the strongest evidence first."""

# ── finding by words ─────────────────────────────────────────────────────────────────────────


class _Found(NamedTuple):
    """One text that has the words: a lower rank is a better one."""

    grant: str
    n: int
    every: bool
    """It has every word of the question."""
    rank: float
    snippet: str


MARK = "**"
"""Around each found word of a snippet."""


def words_of(question: str) -> list[str]:
    """The words of what was typed. Raises ``Malformed`` if there is none."""
    found = {folded(word): word for word in _words(unicodedata.normalize("NFKC", question))}
    if not found:
        raise Malformed([("words", "say what to look for: one word or more")])
    return list(found.values())[:32]


def folded(word: str) -> str:
    """What is equal of two spellings of a word: without case, accents, and forms of the same letter.

    So is the ``i`` of Turkish, with a dot or without; the index itself does not know the one without.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold())
    return _ACCENT.sub("", plain).replace("\u0131", "i")


_ACCENT = re.compile("[\u0300-\u036f]")
_BEYOND_ASCII = re.compile(r"[^\s!-/:-@\[-`{-~]*[^\x00-\x7f][^\s!-/:-@\[-`{-~]*")


def _words(text: str) -> list[str]:
    """Letters and digits with the marks on them, as the index takes a text apart; in order, each once."""
    if text.isascii():
        return list(dict.fromkeys(re.findall(r"[0-9A-Za-z]+", text)))
    kinds = ((sign, unicodedata.category(sign)) for sign in text)
    pieces = "".join(sign if kind[0] in "LMN" or kind == "Co" else " " for sign, kind in kinds).split()
    return list(
        dict.fromkeys(
            piece for piece in pieces if any(unicodedata.category(sign)[0] in "LNC" for sign in piece)
        )
    )


def _spellings(words: Sequence[str], texts: Sequence[Any]) -> list[str]:
    """Each word as a question to the index, with the other spellings of it that the texts have."""
    spelled = {folded(word): {word, folded(word)} for word in words}
    for one in texts:
        for text in (one.title, one.text):
            if text is not None and not text.isascii():
                for word in _words(" ".join(_BEYOND_ASCII.findall(text))):
                    if (known := spelled.get(folded(word))) is not None:
                        known.add(word)
    return ["(" + " OR ".join(f'"{one}"' for one in sorted(known)) + ")" for known in spelled.values()]


def _texts_on(connection: Connection, on: str) -> list[Any]:
    """The texts that hold on the day, by grant."""
    t = library_texts.c
    return list(
        connection.execute(select(library_texts).where(t.since <= on, on < t.until).order_by(t.grant, t.n))
    )


def _find(texts: Sequence[Any], words: Sequence[str]) -> list[_Found]:
    """Those of the texts that have any of the words, by SQLite's FTS5, whichever store they come from.

    The index is made for the question, of the texts that hold on the day and are known: so the ranking, too,
    is as of the day, and it is the same for views in any store. A word in a title weighs four times one in
    the text. Raises `Unreachable` where this SQLite was built without FTS5.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as index:
        try:
            index.execute(
                'CREATE VIRTUAL TABLE found USING fts5("grant" UNINDEXED, n UNINDEXED, title, text,'
                " tokenize = 'porter unicode61 remove_diacritics 2')"
            )
        except sqlite3.OperationalError as error:
            raise Unreachable(f"the library needs SQLite with FTS5: {error}") from error
        index.execute("BEGIN")
        index.executemany(
            "INSERT INTO found VALUES (?, ?, ?, ?)",
            ((one.grant, one.n, one.title, one.text) for one in texts),
        )
        quoted = _spellings(words, texts)
        all_words = 'SELECT "grant", n FROM found WHERE found MATCH ?'
        every = set(index.execute(all_words, (" AND ".join(quoted),)))
        matching = (
            "SELECT \"grant\", n, bm25(found, 0, 0, 4.0, 1.0), snippet(found, -1, ?, ?, '…', 16)"
            " FROM found WHERE found MATCH ?"
        )
        return [
            _Found(grant, n, (grant, n) in every, rank, snippet)
            for grant, n, rank, snippet in index.execute(matching, (MARK, MARK, " OR ".join(quoted)))
        ]


class Filters(NamedTuple):
    """Which texts are looked at; `None` for any."""

    sector: str | None = None
    country: str | None = None
    outcome: str | None = None
    kind: str | None = None


def _achieved(connection: Connection, on: str) -> dict[str, list[str]]:
    """The outcomes that each grant achieved by the day."""
    f = outcome_facts.c
    found = defaultdict(list)
    question = select(f.grant, f.name).where(f.since <= on, on < f.until, f.kind == "achieved")
    for grant, name in connection.execute(question.order_by(f.grant, f.name)):
        found[grant].append(name)
    return found


# ── search ───────────────────────────────────────────────────────────────────────────────────

_RANK = Column("rank", Type.COUNT, "Place, from 1")
SEARCH_COLUMNS = Columns(
    _RANK,
    common.GRANT,
    Column(
        "kind",
        Type.CODE,
        "`results_story`, `development_outcome`, `completion_report`, `lesson`, `result` or `objective`",
        width=11,
    ),
    common.TITLE.but(meaning="The text's own, or the grant's"),
    Column("snippet", Type.TEXT, "A piece of the text, the words found between `**`", width=24),
    common.SECTOR,
    common.RECIPIENTS,
    common.PROVIDERS,
    Column("outcomes", Type.LIST, "Outcomes that the grant achieved, a list", width=20),
    Column("on", Type.DAY, "The day of the text"),
    first="rank grant kind snippet providers recipients sector",
)


def search(connection: Connection, as_of: date, question: str, filters: Filters, limit: int) -> list[Row]:
    """Texts that answer the question: those with every word first, then by BM25, the newest of equals.

    Raises ``Malformed`` for a question without a word, `Unreachable` without FTS5.
    """
    words, on = words_of(question), as_of.isoformat()
    grants = {row.grant: row for row in standing_on(connection, as_of)}
    _known_sector(filters.sector, grants.values())
    achieved = _achieved(connection, on)
    texts = {(row.grant, row.n): row for row in _texts_on(connection, on)}
    found = []
    for one in _find(list(texts.values()), words):
        told, grant = texts[one.grant, one.n], grants[one.grant]
        if _passes(filters, told, grant, achieved.get(one.grant, [])):
            found.append((one, told, grant))
    found.sort(key=lambda it: (it[0].grant, it[0].n))
    found.sort(key=lambda it: it[1].since, reverse=True)
    found.sort(key=lambda it: (not it[0].every, round(it[0].rank, 9)))
    return [
        SEARCH_COLUMNS.row(
            rank=rank,
            grant=one.grant,
            kind=told.kind,
            title=told.title or grant.title,
            snippet=one.snippet,
            sector=grant.sector,
            recipients=json.loads(grant.recipients),
            providers=json.loads(grant.providers),
            outcomes=achieved.get(one.grant, []),
            on=told.since,
        )
        for rank, (one, told, grant) in enumerate(found[:limit], 1)
    ]


def _key(sector: str) -> str:
    return group_key(as_label(sector))


def _of_sector(grant: Any, sector: str | None) -> bool:
    """Whether the grant is of the sector, however that is written; of any for `None`."""
    return sector is None or bool(_key(sector) == grant.sector_key)


def _known_sector(sector: str | None, grants: Iterable[Any]) -> None:
    """Refuse a sector that no grant has, rather than find nothing. Raises ``Malformed``."""
    names = {grant.sector for grant in grants}
    if sector is not None and _key(sector) not in map(_key, names):
        raise Malformed([("sector", unknown("sector", sector, names))])


def _passes(filters: Filters, told: Any, grant: Any, outcomes: list[str]) -> bool:
    countries = {*json.loads(grant.recipients), *json.loads(grant.providers)}
    return (
        filters.kind in (None, told.kind)
        and _of_sector(grant, filters.sector)
        and (filters.country is None or filters.country in countries)
        and (filters.outcome is None or filters.outcome in outcomes)
    )


# ── match ────────────────────────────────────────────────────────────────────────────────────

MATCH_COLUMNS = Columns(
    _RANK,
    Column("provider", Type.TEXT, "Country with activities held"),
    common.COUNTRY_NAME,
    Column(
        "score",
        Type.NUMBER,
        "Sum over its grants of how well their best text answers (the best of all: 1)",
    ),
    common.HELD,
    Column("grants", Type.LIST, "Grants whose texts answer, a list", width=14),
    Column("stories", Type.COUNT, "Stories published of these grants"),
    Column("outcomes", Type.LIST, "Outcomes that they achieved, a list", width=20),
    common.LAST_HELD_ON,
    Column("received_before", Type.TRUTH, "The recipient has learned from it already"),
    Column("evidence", Type.TEXT, "The grant and the piece of text that answers best", width=24),
    first="rank provider name score last_held_on evidence held received_before stories",
)


class _Offer:
    """What one provider country has to show for a need."""

    def __init__(self) -> None:
        self.best: dict[str, float] = {}
        """By grant, how well its best text answers the need: 1 for the best of all."""
        self.held = 0
        self.stories = 0
        self.outcomes: set[str] = set()
        self.last: str | None = None
        self.evidence: tuple[float, str] = (0.0, "")

    @property
    def score(self) -> float:
        """The sum over its grants, so that who solved it twice stands before who solved it once."""
        return sum(self.best.values())

    def add(
        self, grant: str, weight: float, snippet: str, *, held: list[str], stories: int, outcomes: list[str]
    ) -> None:
        """One more grant, with the days on which its activities were held."""
        self.best[grant] = weight
        self.held += len(held)
        self.stories += stories
        self.outcomes.update(outcomes)
        self.last = max(self.last or "", *held)
        self.evidence = max(self.evidence, (weight, f"{grant}: {snippet}"))


def match(
    connection: Connection, as_of: date, need: str, recipient: str, *, sector: str | None, limit: int
) -> list[Row]:
    """Provider countries with delivered exchanges whose texts answer the need, for a recipient.

    Only approved grants count, each for the countries that gave in one of its activities, and with its best
    text: 1 for the best of all such, in proportion below it, halved if a word of the need is missing. A
    country's score is the sum over its grants. The recipient itself is not listed.
    Raises ``Malformed``, `Unreachable`.
    """
    words, on = words_of(need), as_of.isoformat()
    held: dict[str, list[Held]] = defaultdict(list)
    for activity in activities_held(connection, as_of):
        held[activity.grant].append(activity)
    standing = standing_on(connection, as_of)
    _known_sector(sector, standing)
    grants = {row.grant: row for row in standing if was_approved(row) and _of_sector(row, sector)}
    texts = _texts_on(connection, on)
    best = _best(_find(texts, words), {name for name in grants if any(one.giving for one in held[name])})
    stories = Counter(told.grant for told in texts if told.kind in ("results_story", "development_outcome"))
    achieved, served = _achieved(connection, on), _served(grants, held, recipient)
    offers: dict[str, _Offer] = defaultdict(_Offer)
    for name, (weight, snippet) in best.items():
        for provider in {code for one in held[name] for code in one.giving} - {recipient}:
            given = [one.held_on for one in held[name] if provider in one.giving]
            offers[provider].add(
                name, weight, snippet, held=given, stories=stories[name], outcomes=achieved.get(name, [])
            )
    return [
        MATCH_COLUMNS.row(
            rank=rank,
            provider=provider,
            name=name_of(provider),
            score=f"{offer.score:.4f}",
            held=offer.held,
            grants=sorted(offer.best),
            stories=offer.stories,
            outcomes=sorted(offer.outcomes),
            last_held_on=offer.last,
            received_before=provider in served,
            evidence=offer.evidence[1],
        )
        for rank, (provider, offer) in enumerate(_ranked(offers)[:limit], 1)
    ]


def _best(found: list[_Found], grants: set[str]) -> dict[str, tuple[float, str]]:
    """How well each of the grants answers by its best text, and the snippet of that text."""
    best: dict[str, _Found] = {}
    for one in sorted(found, key=lambda it: (not it.every, it.rank, it.grant, it.n)):
        if one.grant in grants:
            best.setdefault(one.grant, one)
    top = min((one.rank for one in best.values()), default=-1.0)
    return {name: (one.rank / top * (1 if one.every else 0.5), one.snippet) for name, one in best.items()}


def _ranked(offers: dict[str, _Offer]) -> list[tuple[str, _Offer]]:
    """By score; of equals, who held an activity last comes first."""
    ranked = sorted(offers.items(), key=lambda it: it[0])
    ranked.sort(key=lambda it: it[1].last or "", reverse=True)
    ranked.sort(key=lambda it: -round(it[1].score, 9))
    return ranked


def _served(grants: Iterable[str], held: Mapping[str, list[Held]], recipient: str) -> set[str]:
    """Who has given to the recipient before, in an activity of any of the grants."""
    return {
        gave for name in grants for one in held.get(name, ()) for gave, got in one.pairs if got == recipient
    }
