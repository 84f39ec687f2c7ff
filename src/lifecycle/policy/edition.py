"""Policy editions: the fund's limits and days as dated, sourced data; the comparisons as code.

The numbers stand in ``editions/*.toml``, each with its source. An edition is complete: nothing
is inherited from an earlier one. A grant is governed for life by the edition in force on the day
of its approval, unless it is restructured (domain §5).
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lifecycle.types.dates import Day, plus_days, plus_months
from lifecycle.types.decimals import inexact
from lifecycle.types.money import Amount
from lifecycle.types.text import Line, Word
from lifecycle.types.vocabularies import Capability, Listed

_SHAPE = ConfigDict(frozen=True, extra="forbid", defer_build=True, populate_by_name=True)
Whole = Annotated[int, Field(ge=0, le=1200, strict=True)]


class Limit(BaseModel):
    """An amount of money, with where it comes from."""

    model_config = _SHAPE
    value: Amount
    source: Line


class Number(BaseModel):
    """Months, countries or activities, with where the number comes from."""

    model_config = _SHAPE
    value: Whole
    source: Line


class Share(BaseModel):
    """A part of one, as text like ``0.20``, with where it comes from."""

    model_config = _SHAPE
    value: Annotated[str, Field(pattern=r"^(0(\.\d{1,4})?|1(\.0{1,4})?)$")]
    source: Line


class Asked(BaseModel):
    """Whether a thing is asked for, and by which source."""

    model_config = _SHAPE
    value: Annotated[bool, Field(strict=True)]
    source: Line


class Capabilities(BaseModel):
    """Which capabilities an institution plans and reaches, and by which source."""

    model_config = _SHAPE
    value: tuple[Capability, ...]
    source: Line


class Span(BaseModel):
    """A length of time in exactly one unit, with its source."""

    model_config = _SHAPE
    days: Annotated[int, Field(ge=0, le=36_600, strict=True)] | None = None
    months: Whole | None = None
    years: Annotated[int, Field(ge=0, le=100, strict=True)] | None = None
    source: Line

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if [self.days, self.months, self.years].count(None) != 2:
            raise ValueError("give exactly one of days, months, years")
        return self

    def after(self, day: date, times: int = 1) -> date:
        """The day on which the span that starts on ``day`` ends; months are clamped to their end.

        ``times``: how many spans. Each is counted from ``day``, so that the 29th of February comes back.
        """
        if self.days is not None:
            return plus_days(day, self.days * times)
        return plus_months(day, (self.months if self.months is not None else 12 * (self.years or 0)) * times)


LATE_AFTER = Span(days=30, source="assumed")
"""For an edition that does not say when an entry is late."""


class Window(BaseModel):
    """The rules of one window: each may be absent, none has a silent default."""

    model_config = _SHAPE
    max_amount: Limit | None = None
    max_months: Number | None = None
    min_months: Number | None = None
    min_recipients: Number | None = None
    min_activities: Number | None = None
    max_capacity_share: Share | None = None
    institution: Asked | None = None
    capabilities: Capabilities | None = None


Timed = Annotated[
    Line,
    Listed.word(
        "review",
        "signature",
        "effectiveness",
        "first_activity",
        "inactivity",
        "progress_report",
        "completion_report",
        "client_survey",
        "results_story",
        "closure",
        "development_outcome",
    ),
]
"""The obligations whose time is policy. The other due dates are the grant's own."""


class Edition(BaseModel):
    """One complete set of rules, from a day on."""

    model_config = _SHAPE
    name: Line
    from_: Day = Field(alias="from")
    agreement_required: bool
    """Without one, ``approved`` leads straight to ``effective``."""
    disbursement_grace: Span
    """From the closing date to the last day on which money may leave."""
    windows: dict[Word, Window] = Field(min_length=1)
    obligations: dict[Timed, Span] = Field(default_factory=dict)
    late_after: Span | None = None
    """From the day of an entry to the last day on which it is recorded in time; 30 days if not given."""

    def in_time_until(self, on: date) -> date:
        """The last day on which what took effect on the day is recorded in time."""
        return (self.late_after or LATE_AFTER).after(on)

    def deadline(self, closing_date: date) -> date:
        """The last day on which money may leave."""
        return self.disbursement_grace.after(closing_date)


def read_edition(text: str) -> Edition:
    """An edition from its TOML file. Raises ``ValueError`` (TOML, or a pydantic error with the field)."""
    import tomllib

    document = tomllib.loads(text)
    if set(document) != {"edition"}:
        raise ValueError("the file has one table, [edition], and nothing beside it")
    edition = Edition.model_validate(document["edition"])
    if faults := inexact(document["edition"], Edition):
        raise ValueError("; ".join(f"edition.{field}: {meant}" for field, meant in faults))
    return edition


def shipped() -> tuple[Edition, ...]:
    """The Facility's own editions, oldest first: what ``init`` adopts."""
    from importlib import resources

    files = resources.files("lifecycle.policy").joinpath("editions").iterdir()
    texts = [file.read_text("utf-8") for file in files if file.name.endswith(".toml")]
    return tuple(sorted(map(read_edition, texts), key=lambda edition: edition.from_))


def in_force(editions: Iterable[Edition], day: date) -> Edition | None:
    """The edition adopted last among those that hold from ``day`` or before; `None` where none does.

    ``editions`` come in order of adoption: a later act of the fund supersedes an earlier one from
    its own date on, so a fund that adopts its own edition is not overruled by a shipped one.
    """
    return next((edition for edition in reversed(tuple(editions)) if edition.from_ <= day), None)


def last_day(effective_on: date, window: Window) -> date | None:
    """The last day on which a grant of the window may close; `None` where the window has no limit."""
    return None if window.max_months is None else plus_months(effective_on, window.max_months.value)


def first_day(effective_on: date, window: Window) -> date | None:
    """The first day on which a grant of the window may close; `None` where the window has no minimum."""
    return None if window.min_months is None else plus_months(effective_on, window.min_months.value)
