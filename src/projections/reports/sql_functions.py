"""What a PostgreSQL database has beside the SQL views: a function of a day for each, and comments.

``SELECT * FROM register_at('2017-12-31')`` returns the rows of ``typed_register`` as of that day. Its body is
bound to the tables when it is made, so it means the same whatever the caller's search path is.
"""

from collections.abc import Iterator
from functools import cache

from sqlalchemy import ColumnElement, Date, Dialect, Select, Text, cast, literal_column

from projections.reports.sql_views import MEANINGS, REPORTS, TODAY, TYPED, typed, typed_name

SUFFIX = "_at"
"""The suffix of the functions' names, after the name of the SQL view."""
_DAY: ColumnElement[str] = literal_column("to_char($1, 'YYYY-MM-DD')", Text)
"""The function's argument as an ISO day."""


def function_names() -> list[str]:
    """Return the name of each function."""
    return [view + SUFFIX for view, _ in _views()]


def function_of(view: str) -> str | None:
    """Return the name of the function that returns the rows of the typed view; none for another view."""
    return view.removeprefix(TYPED) + SUFFIX if view.startswith(TYPED) else None


def today(dialect: Dialect) -> str:
    """Return an SQL expression for the day of the SQL views, as the argument of a function."""
    return str(cast(TODAY, Date).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def creation(dialect: Dialect, *, schema: str = "") -> Iterator[str]:
    """Yield the statements that create the functions, each in the schema if one is given."""
    for view, name in _views():
        question = REPORTS[name](_DAY, None)
        assert isinstance(question.answer, Select)
        rows = typed(question.columns, question.answer, dialect)
        body = rows.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        function = f"{schema}.{view}{SUFFIX}" if schema else view + SUFFIX
        yield (
            f"CREATE FUNCTION {function}(as_of date) RETURNS SETOF {TYPED}{view}"
            f" LANGUAGE sql STABLE PARALLEL SAFE BEGIN ATOMIC {body}; END"
        )


def removal() -> list[str]:
    """Return the statements that drop the functions, so that the views under them can be dropped."""
    return [f"DROP FUNCTION IF EXISTS {name.replace('-', '_')}{SUFFIX}(date)" for name in REPORTS]


@cache
def comments() -> str:
    """Return one script of statements that comment on the views, their columns and the functions."""
    return ";\n".join(_comments())


def _comments() -> Iterator[str]:
    for view, name in _views():
        meaning = MEANINGS[name]
        yield f"COMMENT ON VIEW {view} IS {_quoted(f'{meaning} As of today; amounts and days are text.')}"
        yield f"COMMENT ON VIEW {TYPED}{view} IS {_quoted(f'{meaning} As of today, with numbers and dates.')}"
        yield (
            f"COMMENT ON FUNCTION {view}{SUFFIX}(date) IS"
            f" {_quoted(f'{meaning} As of the end of the day, with numbers and dates.')}"
        )
        for column in REPORTS[name](_DAY, None).columns:
            comment = _quoted(column.description)
            yield f'COMMENT ON COLUMN {view}."{column.name}" IS {comment}'
            yield f'COMMENT ON COLUMN {TYPED}{view}."{typed_name(column)}" IS {comment}'


def _views() -> Iterator[tuple[str, str]]:
    """Yield the name of each SQL view, and of its report."""
    for name, report in REPORTS.items():
        if isinstance(report(_DAY, None).answer, Select):
            yield name.replace("-", "_"), name


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
