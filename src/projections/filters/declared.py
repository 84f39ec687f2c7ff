"""The filters of all reports, declared once: their names, and which report takes which.

The command line reads this without SQLAlchemy.
"""

from dataclasses import dataclass, fields
from datetime import date

HELP = {
    "window": "Only grants of this window on the day.",
    "sector": "Only grants of this sector, however it is spelled.",
    "stage": "Only grants in this stage on the day.",
    "country": "Only grants in which this country (ISO 3166-1) receives or provides.",
    "call": "Only grants that answer this call.",
    "grant": "This grant only.",
    "institution": "Only grants that name this institution of the directory on the day.",
    "partner": "Only grants that draw on this partner's money; their amounts are whole, not its share. In"
    " the timeline also what the partner owes and what is owed to it.",
}
"""The filters of grants, with the help of each option."""
HELP_OF_PERIOD = {
    "from": "Only what is dated on this day or later.",
    "to": "Only what is dated on this day or earlier.",
}
"""The two ends of a period, with the help of each option."""

TRAITS = ("window", "sector", "stage", "region", "call", "country")
PERIODS = ("fiscal-year", "fiscal-quarter", "calendar-year", "quarter")
"""The traits and the periods that can be the second key of ``--by``, as in ``window,fiscal-year``."""


@dataclass(frozen=True)
class Filters:
    """What a report is limited to; nothing if no value is given."""

    window: str | None = None
    sector: str | None = None
    stage: str | None = None
    country: str | None = None
    call: str | None = None
    grant: str | None = None
    institution: str | None = None
    partner: str | None = None
    first_day: date | None = None
    """The first day of the period (``--from``)."""
    last_day: date | None = None
    """The last day of the period (``--to``)."""

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) is not None for field in fields(self))

    @property
    def of_grants(self) -> dict[str, str]:
        """The filters of grants that are given, by name."""
        return {name: value for name in HELP if (value := getattr(self, name)) is not None}

    @property
    def has_period(self) -> bool:
        """Whether a first or a last day is given."""
        return self.first_day is not None or self.last_day is not None

    @property
    def words(self) -> str:
        """One sentence that says what the report is limited to; empty if it is not limited."""
        limits = [f"{name} {value}" for name, value in self.of_grants.items()]
        for word, day in (("from", self.first_day), ("to", self.last_day)):
            limits += [] if day is None else [f"{word} {day}"]
        return f"Only: {', '.join(limits)}." if limits else ""


NO_FILTERS = Filters()


@dataclass(frozen=True)
class _Taken:
    """What a report can be limited to."""

    filters: tuple[str, ...] = tuple(HELP)
    period: str = ""
    """What is dated in the period; empty if the report is about a day."""


_DAY = _Taken()
_NOT_DRAWN = tuple(name for name in HELP if name != "partner")
"""The filters of requests, which have not drawn on anybody's money yet."""
_TAKEN = {
    "disbursement": _Taken(period="flows of money"),
    "payments": _Taken(period="days of payment"),
    "advances": _Taken(period="days of payment"),
    "timeline": _Taken(period="due days"),
    "fund": _Taken(("partner",)),
    "instalments": _Taken(("partner",), "due days"),
    "set-asides": _Taken(()),
    "pools": _Taken(("partner",)),
    "calls": _Taken(("window", "call"), "days on which calls opened"),
    "exchanges": _Taken(period="days on which activities ended, or else begin"),
    "unmet": _Taken(_NOT_DRAWN, "days of request, or else of proposal"),
    "follow-ups": _Taken(period="due days"),
    "parties": _Taken(period="days of the event"),
    "experts": _Taken(period="days of the event"),
    "surveys": _Taken(period="days of the event"),
    "ratings": _Taken(period="days of the progress report"),
    "consultations": _Taken((), "days of the meetings"),
    "institutions": _Taken(("country", "institution")),
    "needs": _Taken(("country", "grant"), "days on which needs were voiced"),
    "offers": _Taken(("country",), "days of the offers"),
    "uses": _Taken(("grant",), "days of use"),
    "documents": _Taken(period="days of attachment"),
    "entries": _Taken(period="days on which entries took effect"),
}
"""What each report can be limited to. A report that is not named takes every filter, and no period."""
_TAKEN_BY = {
    ("institutions", "grant"): _Taken(),
    ("pools", "request"): _Taken(_NOT_DRAWN),
}
"""What a report by a key can be limited to, if its rows are of something else than those of the report."""


def _taken(name: str, by: str | None) -> _Taken:
    return _TAKEN_BY.get((name, by or ""), _TAKEN.get(name, _DAY))


def taken(name: str, by: str | None = None) -> tuple[str, ...]:
    """Return the filters that a report, or the report by a key, takes, ``from`` and ``to`` included."""
    report = _taken(name, by)
    return (*report.filters, *(HELP_OF_PERIOD if report.period else ()))


def taken_by_any_key(name: str) -> frozenset[str]:
    """Return the names of the filters that a report takes without a key or by one."""
    keys = (None, *(by for report, by in _TAKEN_BY if report == name))
    return frozenset(filter_ for by in keys for filter_ in taken(name, by))


def period_of(name: str) -> str:
    """Return what of a report is dated in a period; empty if it has no period."""
    return _TAKEN.get(name, _DAY).period


def has_grants(name: str, by: str | None = None) -> bool:
    """Return whether a report's rows are of grants, so that its tables are limited to the chosen ones."""
    return "grant" in taken(name, by)
