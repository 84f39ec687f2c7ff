"""The library: search the texts of grants by words, and find countries that solved a similar problem."""

import json
import re
import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from lifecycle.kernel.errors import Unreachable
from lifecycle.kernel.likeness import group_key
from lifecycle.parse import Malformed
from lifecycle.types.readings.nearest import unknown
from lifecycle.types.text import as_label
from projections.reports import common_columns as common
from projections.reports.portfolio.register import standing_on
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import PAGED
from projections.schema.rows import Row
from projections.schema.tables import library_texts, outcome_spans

KINDS = (
    "results_story",
    "development_outcome",
    "completion_report",
    "lesson",
    "result",
    "objective",
)
"""The kinds of text, the strongest evidence first."""

# ── finding by words ─────────────────────────────────────────────────────────────────────────


class Match(NamedTuple):
    """A text that has words of the question."""

    grant: str
    n: int
    kind: str
    since: str
    title: str | None
    has_every_word: bool
    rank: float
    """BM25: the lower, the better."""
    snippet: str


MARK = "**"
"""Stands before and after each word of the question in a snippet."""


def words_of(question: str, field: str = "words") -> list[str]:
    """Return the words of the question, at most 32. Raises ``Malformed``, of the field, if there are none."""
    words = {folded(word): word for word in _words(unicodedata.normalize("NFKC", question))}
    if not words:
        raise Malformed([(field, "say what to look for: one word or more")])
    return list(words.values())[:32]


def folded(word: str) -> str:
    """Return what all spellings of a word have in common, without case, accents and variants of a letter.

    The dotless i of Turkish, the stroked l of Polish and their like become plain, which FTS5 does not do.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold())
    return _ACCENT.sub("", plain).translate(_PLAIN_LETTERS)


_ACCENT = re.compile("[\u0300-\u036f]")
_PLAIN_LETTERS = str.maketrans(
    {"\u0131": "i", "ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe"}
)
"""What people type for the letters that Unicode does not decompose."""
_BEYOND_ASCII = re.compile(r"[^\s!-/:-@\[-`{-~]*[^\x00-\x7f][^\s!-/:-@\[-`{-~]*")


def _words(text: str) -> list[str]:
    """Return the different words of a text in order, split as FTS5 does: letters, digits and marks."""
    if text.isascii():
        return list(dict.fromkeys(re.findall(r"[0-9A-Za-z]+", text)))
    categories = ((sign, unicodedata.category(sign)) for sign in text)
    pieces = "".join(
        sign if category[0] in "LMN" or category == "Co" else " " for sign, category in categories
    ).split()
    return list(
        dict.fromkeys(
            piece for piece in pieces if any(unicodedata.category(sign)[0] in "LNC" for sign in piece)
        )
    )


class _Spellings:
    """The words of a question, each with the other spellings of it that the texts have."""

    def __init__(self, words: Sequence[str]) -> None:
        self._of = {folded(word): {word, folded(word)} for word in words}

    def add_from(self, *texts: str | None) -> None:
        """Add the spellings in these texts."""
        for text in texts:
            if text is not None and not text.isascii():
                for word in _words(" ".join(_BEYOND_ASCII.findall(text))):
                    if (others := self._of.get(folded(word))) is not None:
                        others.add(word)

    def expressions(self) -> list[str]:
        """Return an FTS5 expression for each word."""
        return [
            "(" + " OR ".join(f'"{spelling}"' for spelling in sorted(of_word)) + ")"
            for of_word in self._of.values()
        ]


_INDEXED = ("grant", "n", "kind", "since", "title", "text")


def texts_on(connection: Connection, on: str) -> Iterator[Any]:
    """Yield the texts that hold on the day, by grant, with the columns of the index."""
    t = library_texts.c
    question = select(*(t[name] for name in _INDEXED)).where(t.since <= on, on < t.until)
    yield from connection.execute(question.order_by(t.grant, t.n), execution_options=PAGED)


def find(texts: Iterable[Any], words: Sequence[str]) -> list[Match]:
    """Return the texts that have any of the words, ranked by SQLite's FTS5. ``texts``: as of `texts_on`.

    The index is made for each question, of the texts that are known and hold on the day. So the ranking is as
    of the day, and the same for views in every store. A word in a title weighs four times a word in the text.
    Raises `Unreachable` if this SQLite was built without FTS5.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as index:
        try:
            index.execute(
                'CREATE VIRTUAL TABLE texts USING fts5("grant" UNINDEXED, n UNINDEXED, kind UNINDEXED,'
                " since UNINDEXED, title, text,"
                " tokenize = 'porter unicode61 remove_diacritics 2')"
            )
        except sqlite3.OperationalError as error:
            raise Unreachable(f"the library needs SQLite with FTS5: {error}") from error
        spellings = _Spellings(words)

        def rows() -> Iterator[tuple[Any, ...]]:
            for row in texts:
                spellings.add_from(row.title, row.text)
                yield tuple(row)

        index.execute("BEGIN")
        index.executemany("INSERT INTO texts VALUES (?, ?, ?, ?, ?, ?)", rows())
        expressions = spellings.expressions()
        all_words = 'SELECT "grant", n FROM texts WHERE texts MATCH ?'
        with_every_word = set(index.execute(all_words, (" AND ".join(expressions),)))
        any_word = (
            'SELECT "grant", n, kind, since, title, bm25(texts, 0, 0, 0, 0, 4.0, 1.0),'
            " snippet(texts, -1, ?, ?, '…', 16) FROM texts WHERE texts MATCH ?"
        )
        found = index.execute(any_word, (MARK, MARK, " OR ".join(expressions)))
        return [
            Match(grant, n, kind, since, title, (grant, n) in with_every_word, rank, snippet)
            for grant, n, kind, since, title, rank, snippet in found
        ]


class Filters(NamedTuple):
    """Conditions on the texts to search; `None` for none."""

    sector: str | None = None
    country: str | None = None
    outcome: str | None = None
    kind: str | None = None


def achieved(connection: Connection, on: str) -> dict[str, list[str]]:
    """Return the outcomes that each grant achieved by the day."""
    o = outcome_spans.c
    outcomes = defaultdict(list)
    question = select(o.grant, o.name).where(o.since <= on, on < o.until, o.kind == "achieved")
    for grant, name in connection.execute(question.order_by(o.grant, o.name)):
        outcomes[grant].append(name)
    return outcomes


# ── search ───────────────────────────────────────────────────────────────────────────────────

RANK = Column("rank", Type.COUNT, "Place, from 1")
SEARCH_COLUMNS = Columns(
    RANK,
    common.GRANT,
    Column(
        "kind",
        Type.CODE,
        "`results_story`, `development_outcome`, `completion_report`, `lesson`, `result` or `objective`",
        width=11,
    ),
    common.TITLE.but(meaning="The text's title, or the grant's"),
    Column("snippet", Type.TEXT, "A piece of the text, the words found between `**`", width=24),
    common.SECTOR,
    common.RECIPIENTS,
    common.PROVIDERS,
    Column("outcomes", Type.LIST, "Outcomes that the grant achieved, a list", width=20),
    Column("on", Type.DAY, "The day of the text"),
    first="rank grant kind snippet providers recipients sector",
)


def search(connection: Connection, as_of: date, question: str, filters: Filters, limit: int) -> list[Row]:
    """Return the texts that match the question: first those with every word, then by BM25, then the newest.

    Raises ``Malformed`` if the question has no word, `Unreachable` without FTS5.
    """
    words, on = words_of(question), as_of.isoformat()
    outcomes = achieved(connection, on)
    sectors, allowed = set[str](), set[str]()
    for row in standing_on(connection, as_of):
        sectors.add(row.sector)
        if _is_allowed(filters, row, outcomes.get(row.grant, [])):
            allowed.add(row.grant)
    require_known_sector(filters.sector, sectors)
    matches = [
        match
        for match in find(texts_on(connection, on), words)
        if match.grant in allowed and filters.kind in (None, match.kind)
    ]
    matches.sort(key=lambda match: (match.grant, match.n))
    matches.sort(key=lambda match: match.since, reverse=True)
    matches.sort(key=lambda match: (not match.has_every_word, round(match.rank, 9)))
    del matches[limit:]
    shown = {match.grant for match in matches}
    grants = {row.grant: row for row in standing_on(connection, as_of) if row.grant in shown}
    return [
        SEARCH_COLUMNS.row(
            rank=rank,
            grant=match.grant,
            kind=match.kind,
            title=match.title or grants[match.grant].title,
            snippet=match.snippet,
            sector=grants[match.grant].sector,
            recipients=json.loads(grants[match.grant].recipients),
            providers=json.loads(grants[match.grant].providers),
            outcomes=outcomes.get(match.grant, []),
            on=match.since,
        )
        for rank, match in enumerate(matches, 1)
    ]


def _sector_key(sector: str) -> str:
    return group_key(as_label(sector))


def is_of_sector(grant: Any, sector: str | None) -> bool:
    """Return whether the grant is of the sector, in whatever spelling; true for `None`."""
    return sector is None or bool(_sector_key(sector) == grant.sector_key)


def require_known_sector(sector: str | None, names: set[str]) -> None:
    """Raise ``Malformed`` if the sector is none of the names."""
    if sector is not None and _sector_key(sector) not in map(_sector_key, names):
        raise Malformed([("sector", unknown("sector", sector, names))])


def _is_allowed(filters: Filters, grant: Any, outcomes: list[str]) -> bool:
    """Return whether the filters allow the grant's texts, of whatever kind."""
    countries = {*json.loads(grant.recipients), *json.loads(grant.providers)}
    return (
        is_of_sector(grant, filters.sector)
        and (filters.country is None or filters.country in countries)
        and (filters.outcome is None or filters.outcome in outcomes)
    )
