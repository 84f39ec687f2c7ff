"""Find what the schema ``views`` of a database holds that this program did not make."""

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from projections import store
from projections.reports import sql_views
from projections.store.postgresql import SCHEMA, is_forbidden

_DEFINITIONS = """
SELECT relname AS name, pg_get_viewdef(oid) AS definition FROM pg_class
WHERE relkind IN ('v', 'm') AND relnamespace = {schema}
UNION ALL SELECT tgname, 'trigger' FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE NOT tgisinternal AND relnamespace = {schema}
UNION ALL SELECT rulename, 'rule' FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class
WHERE rulename <> '_RETURN' AND relnamespace = {schema}
UNION ALL SELECT polname, 'policy' FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
WHERE relnamespace = {schema}
UNION ALL SELECT relname, 'row security' FROM pg_class WHERE relrowsecurity AND relnamespace = {schema}
"""
_FUNCTIONS = f"""
SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE pronamespace = '{SCHEMA}'::regnamespace
UNION ALL
SELECT 'operator ' || oid::regoperator FROM pg_operator WHERE oprnamespace = '{SCHEMA}'::regnamespace
ORDER BY 1
"""


def foreign_functions(views: store.Views) -> list[str]:
    """Return the functions and operators in the schema. This program makes none.

    One whose types fit better than those of the server's own would change what ``=`` or ``sum`` means in a
    report. So the search path of this query leaves the schema out.
    """
    with views.engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL search_path = pg_catalog")
        return [name for (name,) in connection.exec_driver_sql(_FUNCTIONS)]


def changed_definitions(views: store.Views) -> list[str]:
    """Return the SQL views, triggers, rules and policies that are not as this program makes them.

    SQL views are made again for the session and thrown away. If none can be made (on a standby, or without
    the right to write), the rows of each view are compared with those of its report today.
    """
    with views.engine.connect() as connection:
        live = _definitions(connection, f"'{SCHEMA}'::regnamespace")
        try:
            for statement in sql_views.creation(connection.dialect, temporary=True):
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
    """Return the live definition of each view with the rows of its report, another text for the others."""
    expected = {}
    for name, question in sql_views.questions_of_today(connection.dialect):
        expected[name] = live.get(name, "")
        if name in live:
            rows = connection.execute(question).all()
            if rows != connection.exec_driver_sql(f"SELECT * FROM {name}").all():
                expected[name] = "another"
    return expected


def _definitions(connection: Connection, schema: str) -> dict[str, str]:
    return {
        row.name: row.definition for row in connection.exec_driver_sql(_DEFINITIONS.format(schema=schema))
    }
