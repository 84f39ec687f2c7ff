"""The fund's words as types: money, countries, ids, dates and the closed vocabularies.

A value is read here by its shape alone, so that no list of a later day can make a stored entry unreadable.
What a command takes from a list only (codes, time zones, closed vocabularies) is marked with `Listed`, and
`lifecycle.kernel.listed_codes` holds commands against it. Amounts are ``Decimal`` and never meet another
currency.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, Self, get_args, get_origin

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import PydanticCustomError, core_schema

from lifecycle.types.codes import MINOR_UNITS, decimals, minor_units
from lifecycle.types.stage import YEARS

# ── money ────────────────────────────────────────────────────────────────────────────────────

AMOUNT = re.compile(r"(-?\d{1,14}(?:\.\d{1,6})?) ([A-Z]{3})", re.ASCII)


class Money(NamedTuple):
    """An amount in one currency, exact to its minor unit: written ``2000.00 USD``."""

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> Self:
        """Of a sum: written with the currency's minor units, whatever the sum began with."""
        return cls(minor_units(amount, currency), currency)

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read ``"2000.00 USD"``: with the currency's decimals, and with more if it was written with more.

        Raises a ``ValueError`` that says how to write it.
        """
        found = AMOUNT.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise PydanticCustomError("money", 'write an amount as text like "2000.00 USD"')
        digits, currency = found.groups()
        amount, places = Decimal(digits), MINOR_UNITS.get(currency)
        if places is None or len(digits.partition(".")[2]) == places:
            return cls(amount, currency)
        exact = minor_units(amount, currency)
        return cls(exact if exact == amount else amount, currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: object, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _money,
            serialization=core_schema.to_string_ser_schema(),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^-?\d+(\.\d+)? [A-Z]{3}$", "examples": ["2000.00 USD"]}


def _money(value: object) -> Money:
    if type(value) is Money:
        amount, currency = value
        as_kept = amount.as_tuple().exponent == -MINOR_UNITS.get(currency, 0)
        return value if as_kept else Money.parse(f"{amount:f} {currency}")
    return _amount_written(value) if type(value) is str else Money.parse(value)


_amount_written = lru_cache(maxsize=1 << 13)(Money.parse)
"""An amount comes back: asked for, allowed, paid, and as the fund's pair."""


DIGITS = 15
"""Of an amount in minor units, in a command: less than ten trillion dollars, a quadrillion yen.

A technical limit, no rule of a fund: reports add amounts up in the 64 bits of a database's whole numbers,
which hold nine thousand of the largest. It binds commands only: a larger one that is stored is read as it is.
"""


def can_be_added_up(said: Any, at: str = "", *, written: bool = False) -> None:
    """Refuse an amount of more `DIGITS`, anywhere in what a command says, in the error by its field.

    ``written``: texts that are amounts are meant, too. Raises `PydanticCustomError`.
    """
    if written and type(said) is str and (found := AMOUNT.fullmatch(said)):
        said = Money(Decimal(found[1]), found[2])
    if type(said) is Money:
        amount, currency = said
        if amount.adjusted() + decimals(currency) >= DIGITS:
            told = {"amount": str(said), "digits": DIGITS, "field": at}
            raise PydanticCustomError(
                "too_large", "{amount} is too large to be added up: it has more than {digits} digits", told
            )
        return
    named: Any = enumerate(said) if type(said) in (tuple, list) else getattr(said, "__dict__", said)
    if type(named) is dict:
        named = named.items()
    elif type(named) is not enumerate:
        return
    for name, part in named:
        if written or type(part) not in _NO_AMOUNTS:
            can_be_added_up(part, f"{at}.{name}" if at else str(name), written=written)


_NO_AMOUNTS = (str, int, date, datetime, Decimal, NoneType)


def may_hold_amounts(annotation: Any) -> bool:
    """Whether there may be an amount in what is annotated so: in all but plain values and lists of them."""
    kinds = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return may_hold_amounts(kinds[0])
    if get_origin(annotation) is Literal:
        return False
    return any(map(may_hold_amounts, kinds)) if kinds else annotation not in (*_NO_AMOUNTS, ...)


def _more_than_nothing(money: Money) -> Money:
    if money.amount <= 0:
        raise PydanticCustomError("positive", "the amount must be more than zero")
    return money


Amount = Annotated[Money, AfterValidator(_more_than_nothing)]
"""Money that moves, or is promised: more than zero."""


def _not_negative(money: Money) -> Money:
    if money.amount < 0:
        raise PydanticCustomError("not_negative", "the amount must not be negative")
    return money


Cost = Annotated[Money, AfterValidator(_not_negative)]
"""Money that a thing cost: zero or more."""

# ── text ─────────────────────────────────────────────────────────────────────────────────────

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_OR_BREAK = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _without(pattern: re.Pattern[str]) -> AfterValidator:
    search = pattern.search

    def refuse(text: str) -> str:
        # Most texts are printable throughout, which is quicker to see.
        if not text.isprintable() and (found := search(text)):
            raise PydanticCustomError(
                "control_character",
                "control character U+{code} at character {place}: leave it out",
                {"code": f"{ord(found.group()):04X}", "place": found.start() + 1},
            )
        return text

    return AfterValidator(refuse)


Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=300),
    _without(_CONTROL_OR_BREAK),
]
"""One line of text: a title, a payee, a name."""
Prose = Annotated[
    str,
    StringConstraints(min_length=1, max_length=10_000),
    _without(_CONTROL),
]
"""Some paragraphs: a summary, an objective, lessons."""
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000),
    _without(_CONTROL),
]
"""Why: a sentence or a few. Notes are capped alike."""

CommandId = Annotated[str, StringConstraints(max_length=200), _without(_CONTROL_OR_BREAK)]
"""What its asker calls a command: whatever can be printed."""

ByName = AfterValidator(lambda named: dict(sorted(named.items())))
"""Keeps a mapping in the order of its names, so that the same words are the same bytes."""

GrantId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,79}$")]
ItemId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,79}$")]
"""A name within its grant: an activity A1, a payment P1, a follow-up F1."""
OfficerId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,79}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
"""A name in lower case: a window, a criterion, a rating."""
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256, in hexadecimal."""


class Listed(NamedTuple):
    """Marks a text that commands take from a list only; stored, it is read by its shape."""

    kind: Literal["country", "currency", "time_zone", "label", "word"]
    words: tuple[str, ...] = ()
    """Of a closed vocabulary."""

    @classmethod
    def word(cls, *words: str) -> Self:
        """One word of a closed vocabulary."""
        return cls("word", words)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Say the words of a vocabulary, for people and programs that write commands."""
        told = handler(schema)
        return {"type": "string", "enum": list(self.words)} if self.words else told


def words_of(vocabulary: Any) -> tuple[str, ...]:
    """The words of a closed vocabulary, in the order of its list; none of any other type.

    ``vocabulary``: the type, or what stands beside it in ``Annotated``.
    """
    marks = vocabulary if isinstance(vocabulary, tuple) else get_args(vocabulary)[1:]
    return next((mark.words for mark in marks if isinstance(mark, Listed)), ())


def as_label(text: str) -> str:
    """The name of a group as it is kept: without blanks around it, in Unicode NFC."""
    return unicodedata.normalize("NFC", text.strip()) or text


def group_key(label: str) -> str:
    """What labels of the same group have in common: they are equal without regard to case."""
    return unicodedata.normalize("NFC", label.casefold())


Label = Annotated[
    str,
    StringConstraints(min_length=1, max_length=300),
    _without(_CONTROL_OR_BREAK),
    AfterValidator(as_label),
    Listed("label"),
]
"""The name of a group, such as a sector: without blanks around it, in Unicode NFC, whatever its case."""
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), Listed("country")]
"""Two capitals."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Listed("currency")]
"""Three capitals."""
Countries = Annotated[tuple[Country, ...], Field(min_length=1, max_length=120)]
Months = Annotated[int, Field(ge=1, le=600, strict=True)]
Count = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
TimeZone = Annotated[
    str, StringConstraints(min_length=1, max_length=64), _without(_CONTROL_OR_BREAK), Listed("time_zone")
]
"""The name of a time zone."""

# ── closed vocabularies ──────────────────────────────────────────────────────────────────────
# Commands take the words of a list only; a stored word is one line of text.

Role = Annotated[Line, Listed.word("administrator", "approver", "finance", "reviewer", "secretariat", "ttl")]
Sealing = Annotated[Line, Listed.word("each_command", "on_request")]
"""When the journal is sealed."""
PartnerKind = Annotated[Line, Listed.word("traditional", "emerging")]
Outcome = Annotated[
    Line,
    Listed.word(
        "raised_awareness",
        "enhanced_knowledge_and_skills",
        "improved_consensus_and_teamwork",
        "strengthened_coalitions",
        "enhanced_networks",
        "increased_implementation_knowledge",
    ),
]
"""Capacity outcomes of the Capacity Development Results Framework (S4, Annex D)."""
Result = Annotated[Line, Listed.word("action_plan", "pilot", "strategy", "policy", "investment", "network")]
Instrument = Annotated[
    Line,
    Listed.word(
        "study_tour",
        "expert_visit",
        "video_conference",
        "peer_consultation",
        "workshop",
        "conference",
        "twinning",
        "secondment",
        "community_of_practice",
        "knowledge_fair",
        "multi_stakeholder_dialogue",
        "peer_assist",
    ),
]
Capability = Annotated[Line, Listed.word("documenting_and_sharing", "solving_and_scaling")]
CoFinancingKind = Annotated[Line, Listed.word("cash", "in_kind", "cost_share", "private")]
CostPurpose = Annotated[Line, Listed.word("preparation", "supervision")]
PartyRole = Annotated[Line, Listed.word("facilitating", "financing")]
"""What a third party does in a triangular exchange (S4): beside those who receive and provide."""
Phase = Annotated[Line, Listed.word("design", "implementation", "monitoring")]
"""What a knowledge-sharing expert is engaged for (S0)."""
Scope = Annotated[Line, Listed.word("all", "payments", "activities")]
Advice = Annotated[Line, Listed.word("approve", "revise", "decline")]

# ── dates ────────────────────────────────────────────────────────────────────────────────────

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _day(value: object) -> date:
    if type(value) is date:
        return value
    day = _written(value) if isinstance(value, str) else None
    if day is None or day.year not in YEARS:
        raise PydanticCustomError("day", "write a day as YYYY-MM-DD, between 1900 and 2199")
    return day


@lru_cache(maxsize=1 << 16)
def _written(text: str) -> date | None:
    """Few days are written many times: a journal's entries are read a tenth faster."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


Day = Annotated[date, BeforeValidator(_day)]
"""A calendar day, written YYYY-MM-DD."""


def _moment(value: object) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime) or value.tzinfo is None or not 1900 < value.year < 2200:
        raise PydanticCustomError(
            "moment", "write a moment with its offset, like 2011-06-29T03:00Z or 2011-06-28T23:00-04:00"
        )
    return value.astimezone(UTC)


Moment = Annotated[datetime, BeforeValidator(_moment)]
"""An instant, kept in UTC; written with any offset."""


def plus_months(day: date, months: int) -> date:
    """The same day of the month, ``months`` later, clamped to that month's end."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    after = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (after - timedelta(days=1)).day))


def plus_days(day: date, days: int) -> date:
    """``days`` calendar days later."""
    return day + timedelta(days=days)
