"""Find what the schema ``views`` of a database holds that this program did not make."""

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from projections import store
from projections.reports import sql_functions, sql_views
from projections.store.postgresql import SCHEMA, is_forbidden

_ATTRIBUTES = (
    "lanname, prokind, provolatile, proparallel, prosecdef, proleakproof, proisstrict, proretset,"
    " coalesce(proconfig::text, 'no setting')"
)
"""What decides how a function runs, besides its body."""
_OUR_ATTRIBUTES = "sql f s s f f f t no setting "
"""The same of each function that this program makes: in SQL, stable, with the rights of its caller."""
_OURS = ", ".join(f"'{name}'" for name in sql_functions.function_names())
_IS_OF_A_DAY = "proargtypes::text = 'date'::regtype::oid::text"
_DEFINITIONS = f"""
SELECT relname AS name, pg_get_viewdef(oid) AS definition FROM pg_class
WHERE relkind IN ('v', 'm') AND relnamespace = {{schema}}
UNION ALL SELECT tgname, 'trigger' FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE NOT tgisinternal AND relnamespace = {{schema}}
UNION ALL SELECT rulename, 'rule' FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class
WHERE rulename <> '_RETURN' AND relnamespace = {{schema}}
UNION ALL SELECT polname, 'policy' FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
WHERE relnamespace = {{schema}}
UNION ALL SELECT relname, 'row security' FROM pg_class WHERE relrowsecurity AND relnamespace = {{schema}}
UNION ALL SELECT proname, concat_ws(' ', {_ATTRIBUTES}, pg_get_function_sqlbody(pg_proc.oid)) FROM pg_proc
JOIN pg_language ON pg_language.oid = prolang
WHERE pronamespace = {{schema}} AND proname IN ({_OURS}) AND {_IS_OF_A_DAY}
"""
_FUNCTIONS = f"""
SELECT 'function ' || pg_proc.oid::regprocedure FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace
WHERE nspname = '{SCHEMA}'
  AND NOT (proowner = nspowner AND proname IN ({_OURS}) AND {_IS_OF_A_DAY})
UNION ALL
SELECT 'operator ' || oid::regoperator FROM pg_operator WHERE oprnamespace = '{SCHEMA}'::regnamespace
ORDER BY 1
"""


def foreign_functions(views: store.Views) -> list[str]:
    """Return the functions and operators in the schema, except those of a day that the views' owner has made.

    One whose types fit better than those of the server's own would change what ``=`` or ``sum`` means in a
    report. So the search path of this query leaves the schema out.
    """
    with views.engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL search_path = pg_catalog")
        return [name for (name,) in connection.exec_driver_sql(_FUNCTIONS)]


def changed_definitions(views: store.Views) -> list[str]:
    """Return the SQL views, functions, triggers, rules and policies that are not as this program makes them.

    SQL views and functions are made again for the session and thrown away. If none can be made (on a
    standby, or without the right to write), the rows of each are compared with those of its report today.
    """
    with views.engine.connect() as connection:
        live = _definitions(connection, f"'{SCHEMA}'::regnamespace")
        try:
            for statement in (
                *sql_views.creation(connection.dialect, temporary=True),
                *sql_functions.creation(connection.dialect, schema="pg_temp"),
            ):
                connection.exec_driver_sql(statement)
            expected = _definitions(connection, "pg_my_temp_schema()")
        except DBAPIError as error:
            if not is_forbidden(error):
                raise
            connection.rollback()
            expected = _expected_by_rows(connection, live)
        connection.rollback()
    return sorted(name for name in live.keys() | expected.keys() if live.get(name) != expected.get(name))


def _expected_by_rows(connection: Connection, live: dict[str, str]) -> dict[str, str]:
    """Return the live definition of what has the rows of its report, and another text for the others.

    A function with other attributes is not called.
    """
    expected = {}
    for name, question in sql_views.questions_of_today(connection.dialect):
        rows = connection.execute(question).all()
        calls = {name: name}
        if function := sql_functions.function_of(name):
            calls[function] = f"{function}({sql_functions.today(connection.dialect)})"
        for made, source in calls.items():
            expected[made] = live.get(made, "")
            is_ours = made == name or expected[made].startswith(_OUR_ATTRIBUTES)
            if made in live and not (
                is_ours and rows == connection.exec_driver_sql(f"SELECT * FROM {source}").all()
            ):
                expected[made] = "another"
    return expected


def _definitions(connection: Connection, schema: str) -> dict[str, str]:
    return {
        row.name: row.definition for row in connection.exec_driver_sql(_DEFINITIONS.format(schema=schema))
    }
