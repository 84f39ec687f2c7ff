"""Policy editions: the fund's limits and spans of time, as dated data with sources.

The shipped editions are in ``editions/*.toml``, each number with its source. An edition is complete: it
inherits nothing from an earlier one. The edition in force on the day of its approval governs a grant for
life, unless the grant is restructured (domain §5).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lifecycle.types.dates import Day, plus_days, plus_months
from lifecycle.types.money import Amount, Money
from lifecycle.types.readings.nearest import none_of
from lifecycle.types.text import PART_OF_ONE, Line, Word
from lifecycle.types.vocabularies import (
    ROLES,
    Before,
    Capability,
    Execution,
    GroupOfCountries,
    Listed,
    PaymentMethod,
    Role,
)

_SHAPE = ConfigDict(frozen=True, extra="forbid", defer_build=True, populate_by_name=True)
Whole = Annotated[int, Field(ge=0, le=1200, strict=True)]


class Limit(BaseModel):
    """An amount of money, with its source."""

    model_config = _SHAPE
    value: Amount
    source: Line


class Number(BaseModel):
    """A number of months, countries or activities, with its source."""

    model_config = _SHAPE
    value: Whole
    source: Line


class Share(BaseModel):
    """A part of one, as text like ``0.20``, with its source."""

    model_config = _SHAPE
    value: Annotated[str, Field(pattern=PART_OF_ONE)]
    source: Line


class Requirement(BaseModel):
    """Whether something is required, with its source."""

    model_config = _SHAPE
    value: Annotated[bool, Field(strict=True)]
    source: Line


class Capabilities(BaseModel):
    """The capabilities that an institution has to plan and reach, with their source."""

    model_config = _SHAPE
    value: tuple[Capability, ...]
    source: Line


class Groups(BaseModel):
    """Income groups, classes of lending and countries, with their source."""

    model_config = _SHAPE
    value: tuple[GroupOfCountries, ...] = Field(min_length=1, max_length=300)
    source: Line


class Methods(BaseModel):
    """The methods by which payments may be made, with their source."""

    model_config = _SHAPE
    value: tuple[PaymentMethod, ...] = Field(min_length=1, max_length=3)
    source: Line


class Needs(BaseModel):
    """What grants of one execution need. Each may be absent; none has a default."""

    model_config = _SHAPE
    agreement: Requirement | None = None
    """Whether an agreement is signed before effectiveness; as for all grants of the edition if not given."""
    methods: Methods | None = None
    """The methods of payment that may be asked for; any if not given."""


class Ceiling(BaseModel):
    """The most that may be advanced at a time, with its source: an amount, a part of the commitment, or both.

    If both are given, the lower one holds.
    """

    model_config = _SHAPE
    amount: Amount | None = None
    share: Annotated[str, Field(pattern=PART_OF_ONE)] | None = None
    source: Line

    @model_validator(mode="after")
    def _has_a_limit(self) -> Self:
        if self.amount is None and self.share is None:
            raise ValueError("give an amount, a share of the commitment, or both")
        return self

    def of(self, committed: Decimal) -> Decimal:
        """Return the most that may be advanced at a time, of what is committed."""
        limits = [] if self.amount is None else [self.amount.amount]
        if self.share is not None:
            limits.append(committed * Decimal(self.share))
        return min(limits)


class Scale(BaseModel):
    """The words in which something is rated, the best first, with their source."""

    model_config = _SHAPE
    value: tuple[Word, ...] = Field(min_length=2)
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
        """Return the day on which the span that starts on ``day`` ends. Months are clamped to their end.

        ``times``: how many spans. All are counted from ``day``, so that the 29th of February comes back.
        """
        if self.days is not None:
            return plus_days(day, self.days * times)
        return plus_months(day, (self.months if self.months is not None else 12 * (self.years or 0)) * times)


LATE_AFTER = Span(days=30, source="assumed")
"""The span for an edition that does not state when an entry is late."""


class Window(BaseModel):
    """The limits of one window. Each may be absent; none has a default."""

    model_config = _SHAPE
    max_amount: Limit | None = None
    max_months: Number | None = None
    min_months: Number | None = None
    min_recipients: Number | None = None
    min_activities: Number | None = None
    max_capacity_share: Share | None = None
    max_activities: Number | None = None
    eligible_recipients: Groups | None = None
    eligible_providers: Groups | None = None
    institution: Requirement | None = None
    capabilities: Capabilities | None = None


class Clearance(BaseModel):
    """A step that somebody takes before a request or an approval, with its source."""

    model_config = _SHAPE
    step: Word
    """Its name."""
    role: Role
    """Whose step it is: a role of officers, or one that the edition names."""
    before: Before
    """``request`` or ``approval``: what is refused while the step is not cleared."""
    days: Annotated[int, Field(ge=0, le=3660, strict=True)]
    """The days in which it is to be answered, from the proposal if it is before the request, else from the
    request."""
    no_objection: Annotated[bool, Field(strict=True)] = False
    """Whether silence clears it once the days are over."""
    source: Line

    def due(self, since: date) -> date:
        """Return the last day on which it is answered in time."""
        return plus_days(since, self.days)


class FurtherRole(BaseModel):
    """A role that the edition names for steps of its clearances, with its source."""

    model_config = _SHAPE
    value: Line
    """Who holds it, in words."""
    source: Line


_NO_NEEDS = Needs()
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
"""The obligations whose due dates follow from the edition. Other due dates are the grant's own."""


class Edition(BaseModel):
    """One complete set of limits and spans of time, in force from a day on."""

    model_config = _SHAPE
    name: Line
    from_: Day = Field(alias="from")
    agreement_required: Annotated[bool, Field(strict=True)]
    """Whether an agreement is signed before effectiveness, unless the grant's execution says otherwise."""
    disbursement_grace: Span
    """From the closing date to the last day on which money may be paid."""
    windows: dict[Word, Window] = Field(min_length=1)
    obligations: dict[Timed, Span] = Field(default_factory=dict)
    reallocation_share: Share | None = None
    """The part of the commitment that a task team leader may move between budget lines in total; none if not
    given."""
    clearances: tuple[Clearance, ...] = Field(default=(), max_length=30)
    """The steps that others take before a request or an approval."""
    roles: dict[Word, FurtherRole] = Field(default_factory=dict, max_length=30)
    """Roles for steps of the clearances, beside those to which commands are open; officers are appointed to
    them once the edition is adopted."""
    rating_scale: Scale | None = None
    """The ratings that a progress report may give, the best first; any word if not given."""
    execution: dict[Execution, Needs] | None = None
    """What grants that the Bank or their recipient executes need; nothing of its own if not given."""
    team_only: Requirement | None = None
    """Whether only a grant's own team leader and the deputies act as task team leaders of it; any of them
    does if not given."""
    advance_days: Number | None = None
    """From the payment of an advance to the last day on which it is documented in time; none if not given."""
    advance_ceiling: Ceiling | None = None
    """The most of a grant that is advanced and neither documented nor refunded; none if not given."""
    late_after: Span | None = None
    """From the day of an entry to the last day on which it is recorded in time; 30 days if not given."""

    @property
    def is_for_team(self) -> bool:
        """Return whether only a grant's own team leader and the deputies act as team leaders of it."""
        return self.team_only is not None and self.team_only.value

    def in_time_until(self, on: date) -> date:
        """Return the last day on which an event of the day is recorded in time."""
        return (self.late_after or LATE_AFTER).after(on)

    def advance_due(self, paid_on: date) -> date | None:
        """Return the last day on which an advance is documented in time; `None` if there is none."""
        return None if self.advance_days is None else plus_days(paid_on, self.advance_days.value)

    def needs_of(self, execution: str) -> Needs:
        """Return what grants of the execution need."""
        return {str(name): needs for name, needs in (self.execution or {}).items()}.get(execution, _NO_NEEDS)

    def needs_agreement(self, execution: str) -> bool:
        """Return whether an agreement is signed before a grant of the execution becomes effective."""
        agreement = self.needs_of(execution).agreement
        return self.agreement_required if agreement is None else agreement.value

    def deadline(self, closing_date: date) -> date:
        """Return the last day on which money may be paid."""
        return self.disbursement_grace.after(closing_date)


def amounts_of(edition: Edition) -> Iterator[tuple[str, Money]]:
    """Yield each amount of the edition, after the words that say what it is."""
    for name, window in edition.windows.items():
        if window.max_amount is not None:
            yield f"maximum of {window.max_amount.value} for window {name}", window.max_amount.value
    if edition.advance_ceiling is not None and edition.advance_ceiling.amount is not None:
        yield f"ceiling of {edition.advance_ceiling.amount} for advances", edition.advance_ceiling.amount


def contradictions(edition: Edition) -> Iterator[tuple[str, str]]:
    """Yield the path of each rule that another one makes impossible, and a sentence that says why."""
    for name, window in edition.windows.items():
        if window.max_months is not None and window.max_months.value == 0:
            yield (
                f"windows.{name}.max_months",
                "0 months leave no time between effectiveness and closing date",
            )
        for noun, least, most in (
            ("months", window.min_months, window.max_months),
            ("activities", window.min_activities, window.max_activities),
        ):
            if least is not None and most is not None and least.value > most.value:
                yield (
                    f"windows.{name}.min_{noun}",
                    f"at least {least.value} {noun} and at most {most.value}: no grant can be both",
                )
    if edition.rating_scale is not None and (word := _named_twice(edition.rating_scale.value)):
        yield "rating_scale", f"{word} is named twice: the scale has each rating once, the best first"

    for name, needs in (edition.execution or {}).items():
        if needs.methods is not None and (method := _named_twice(needs.methods.value)):
            yield f"execution.{name}.methods", f"{method} is named twice: name each method once"
    yield from _contradictions_of_roles(edition)
    if step := _named_twice(clearance.step for clearance in edition.clearances):
        yield "clearances", f"{step} is named twice: give each step a name of its own"


def _contradictions_of_roles(edition: Edition) -> Iterator[tuple[str, str]]:
    for name in edition.roles:
        if name in ROLES:
            yield f"roles.{name}", f"{name} is a role of its own already: give this one another name"
    known = (*ROLES, *edition.roles)
    for number, clearance in enumerate(edition.clearances):
        if clearance.role not in known:
            sentence = f"{none_of(clearance.role, known)}; [edition.roles] names further ones"
            yield f"clearances.{number}.role", sentence


def _named_twice(words: Iterable[str]) -> str | None:
    """Return the first word that was named before; `None` if each is named once."""
    return next((word for word, times in Counter(words).items() if times > 1), None)


def in_force(editions: Iterable[Edition], day: date) -> Edition | None:
    """Return the edition adopted last of those that have begun by the day; `None` if none has begun.

    ``editions`` are in order of adoption. A later adoption supersedes an earlier one from its own day on, so
    a shipped edition does not overrule one that the fund adopts later.
    """
    return next((edition for edition in reversed(tuple(editions)) if edition.from_ <= day), None)


def last_day(effective_on: date, window: Window) -> date | None:
    """Return the latest closing date of a grant of the window; `None` if the window has no limit."""
    return None if window.max_months is None else plus_months(effective_on, window.max_months.value)


def first_day(effective_on: date, window: Window) -> date | None:
    """Return the earliest closing date of a grant of the window; `None` if the window has no minimum."""
    return None if window.min_months is None else plus_months(effective_on, window.min_months.value)
