"""SQL expressions that the reports share: days, spans, amounts and shares."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    case,
    cast,
    func,
    literal,
    literal_column,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

PAGED = {"yield_per": 1_000}
"""Option of a query whose rows are read a thousand at a time, because there may be very many."""


class moment_now(GenericFunction[str]):  # noqa: N801 - named as a function of SQL
    """This moment in UTC, as ISO text."""

    type = Text()
    inherit_cache = True


@compiles(moment_now, "sqlite")
def _now_sqlite(element: moment_now, compiler: SQLCompiler, **options: Any) -> str:
    return "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"


@compiles(moment_now, "postgresql")
def _now_postgresql(element: moment_now, compiler: SQLCompiler, **options: Any) -> str:
    return "to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"


class day_now(GenericFunction[str]):  # noqa: N801 - named as a function of SQL
    """Today's date as ISO text, at an offset in seconds east of UTC."""

    type = Text()
    inherit_cache = True


@compiles(day_now, "sqlite")
def _day_sqlite(element: day_now, compiler: SQLCompiler, **options: Any) -> str:
    (seconds,) = (compiler.process(part, **options) for part in element.clauses)
    return f"date('now', {seconds} || ' seconds')"


@compiles(day_now, "postgresql")
def _day_postgresql(element: day_now, compiler: SQLCompiler, **options: Any) -> str:
    (seconds,) = (compiler.process(part, **options) for part in element.clauses)
    return f"to_char((now() AT TIME ZONE 'UTC') + {seconds} * interval '1 second', 'YYYY-MM-DD')"


def total_of(amount: ColumnElement[int]) -> ColumnElement[int]:
    """Return the sum of whole numbers as a whole number in every store."""
    return cast(func.sum(amount), BigInteger)


class days_between(GenericFunction[int]):  # noqa: N801 - named as a function of SQL
    """Days from the first day to the second, both ISO text."""

    type = Integer()
    inherit_cache = True


@compiles(days_between, "sqlite")
def _days_between_sqlite(element: days_between, compiler: SQLCompiler, **options: Any) -> str:
    first, second = (compiler.process(part, **options) for part in element.clauses)
    return f"CAST(julianday({second}) - julianday({first}) AS INTEGER)"


@compiles(days_between, "postgresql")
def _days_between_postgresql(element: days_between, compiler: SQLCompiler, **options: Any) -> str:
    first, second = (compiler.process(part, **options) for part in element.clauses)
    return f"(CAST({second} AS date) - CAST({first} AS date))"


def holds(table: Any, as_of: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a row of the table holds on the day."""
    held: ColumnElement[bool] = (table.c.since <= as_of) & (as_of < table.c.until)
    return held


def money(amount: ColumnElement[int], scale: ColumnElement[int]) -> ColumnElement[str]:
    """Return an amount in minor units as text: ``-2000.00``."""
    size, nothing = func.abs(amount), literal("", Text)
    sign = case((amount < 0, literal("-", Text)), else_=nothing)
    part = case((scale == 1, nothing), else_=_after_the_point(size, scale))
    return type_coerce(sign + cast(size // scale, Text) + part, Text)


def _after_the_point(size: ColumnElement[int], scale: ColumnElement[int]) -> ColumnElement[str]:
    """Return the decimal point, and the decimals of the scale."""
    return literal(".", Text) + func.substr(cast(scale + size % scale, Text), 2, type_=Text)


_LARGE = 10**14


def share(part: ColumnElement[int], whole: ColumnElement[int]) -> ColumnElement[str]:
    """Return the quotient of two amounts that are not negative, with four decimals, ties to the even digit.

    It is computed in whole numbers, so that every machine gives the same figure. It is null if the divisor
    is 0.
    """
    # Very large amounts first lose their last digits, so that no product exceeds 64 bits.
    down = case((whole > literal(_LARGE, BigInteger), 10**5), else_=1)
    over, under = (part // down) * 10_000, whole // down
    quotient, twice = over // under, 2 * (over % under)
    up = case((twice > under, 1), ((twice == under) & (quotient % 2 == 1), 1), else_=0)
    rounded, scale = quotient + up, literal_column("10000", Integer)
    return type_coerce(
        case((whole <= 0, None), else_=cast(rounded // scale, Text) + _after_the_point(rounded, scale)), Text
    )
