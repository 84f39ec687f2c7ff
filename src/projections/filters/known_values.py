"""Refuse filters that a report does not take, and values that the book does not know.

A mistyped name must not look like an empty report.
"""

from collections.abc import Callable, Iterable
from datetime import date

from sqlalchemy import Connection, select, union

from lifecycle.kernel.likeness import group_key
from lifecycle.parse import Malformed
from lifecycle.types.codes import not_a_country
from lifecycle.types.readings.country_names import countries_meant
from lifecycle.types.readings.nearest import near_or_all, unknown
from lifecycle.types.stage import NOT_STATED, Stage
from projections.filters.declared import HELP_OF_PERIOD, Filters, taken
from projections.schema.tables import (
    call_spans,
    fund_partners,
    fund_windows,
    institution_spans,
    register_spans,
    sector_names,
)


def require_taken(name: str, by: str | None, filters: Filters) -> None:
    """Raise ``Malformed`` for each filter that the report does not take, and if the period has no day."""
    ends = zip(HELP_OF_PERIOD, (filters.first_day, filters.last_day), strict=True)
    given = [*filters.of_grants, *(word for word, day in ends if day is not None)]
    possible = taken(name, by)
    report = f"report {name}" if possible == taken(name) else f"report {name} --by {by}"
    faults = [(word, _not_taken(report, word, possible)) for word in given if word not in possible]
    first, last = filters.first_day, filters.last_day
    if first is not None and last is not None and first > last:
        faults.append(("to", f"the period would end before it begins: {last} is before {first}"))
    if faults:
        raise Malformed(faults)


def _not_taken(report: str, word: str, possible: tuple[str, ...]) -> str:
    reason = "is about a day, not a period" if word in HELP_OF_PERIOD else f"has no rows by {word}"
    options = ", ".join(f"--{each}" for each in possible)
    return f"{report} {reason}; it takes {options}"


class UnknownValue(Malformed):
    """A filter names what the book does not know."""


def require_known(connection: Connection, filters: Filters, as_of: date) -> None:
    """Raise `UnknownValue` for each filter, other than a grant, that names what is not known on the day."""
    faults = [
        (name, fault)
        for name, value in filters.of_grants.items()
        if name in _FAULTS and (fault := _FAULTS[name](connection, value, as_of.isoformat()))
    ]
    if faults:
        raise UnknownValue(faults)


def _not_listed(noun: str, value: str, known: Iterable[str], on: str) -> str | None:
    names = set(known)
    return None if value in names else unknown(noun, value, names, f" on {on}")


def _window(connection: Connection, value: str, on: str) -> str | None:
    windows, spans = fund_windows.c, register_spans.c
    of_both = union(
        select(windows.window).where(windows.on <= on), select(spans.window).where(spans.since <= on)
    )
    return _not_listed("window", value, connection.execute(of_both).scalars(), on)


def _sector(connection: Connection, value: str, on: str) -> str | None:
    names = connection.execute(select(sector_names.c.sector).where(sector_names.c.since <= on)).scalars()
    known = {group_key(name): name for name in names}
    return None if group_key(value) in known else unknown("sector", value, known.values(), f" on {on}")


def _stage(_: Connection, value: str, __: str) -> str | None:
    stages = [stage.value for stage in Stage]
    return None if value in stages else f"there is no stage {value!r}{near_or_all(value, stages)}"


def _country(_: Connection, value: str, __: str) -> str | None:
    if value == NOT_STATED or not_a_country(value, None) is None:
        return None
    meant = countries_meant(value)
    suggestion = f"; did you mean {meant}?" if meant else ", such as TZ"
    return f"{value!r} is no country: write its ISO 3166-1 code{suggestion}"


def _call(connection: Connection, value: str, on: str) -> str | None:
    calls = connection.execute(select(call_spans.c.call).where(call_spans.c.since <= on)).scalars()
    return _not_listed("call", value, calls, on)


def _partner(connection: Connection, value: str, on: str) -> str | None:
    partners = select(fund_partners.c.partner).where(fund_partners.c.joined_on <= on)
    return _not_listed("partner", value, connection.execute(partners).scalars(), on)


def _institution(connection: Connection, value: str, on: str) -> str | None:
    known = select(institution_spans.c.institution).where(institution_spans.c.since <= on)
    return _not_listed("institution", value, connection.execute(known).scalars(), on)


_FAULTS: dict[str, Callable[[Connection, str, str], str | None]] = {
    "window": _window,
    "sector": _sector,
    "stage": _stage,
    "country": _country,
    "call": _call,
    "partner": _partner,
    "institution": _institution,
}
"""The function that returns what is wrong with a filter's value on an ISO day, or `None`."""
