"""Rights in the database: five roles, each with the least that its work needs.

Administrators append and read; nobody changes or deletes rows, and nobody chooses a position. Only officers'
names can be changed, by administrators. Projectors read entries and own the views; auditors read everything;
reporters read views only.
"""

from lifecycle.journal.postgresql import append_if
from lifecycle.journal.postgresql.schema import FUNCTIONS, SCHEMA, TABLES
from lifecycle.journal.postgresql.schema import VIEWS as READABLE
from lifecycle.journal.recorder import ENTRY_COLUMNS, StoredRefusal

ROLES = {
    "owner": "owns the journal; nobody logs in as it",
    "administrator": "adds entries and refusals",
    "projector": "reads entries, owns the views",
    "auditor": "reads the journal and the views",
    "reporter": "reads the views",
}
VIEWS = "views"
TEMPORARY = "10GB"
"""The limit on temporary files of one session."""
_GIVEN = {
    "stored_events": ENTRY_COLUMNS.removesuffix(", position"),
    "refusals": ", ".join(
        f'"{name}"' for name in StoredRefusal._fields if name not in ("position", "number")
    ),
    "documents": "sha256, data",
}
"""The columns that an administrator fills; the others are the database's to fill."""
_ABOUT = """
-- The roles of a grantbook. Run it in the book's own database as superuser, after grantbook init:
--   grantbook roles | psql --set ON_ERROR_STOP=1 --single-transaction DATABASE
-- Then give each login what it needs, and no more:
--   GRANT {administrator} TO somebody;
--   GRANT {projector} TO service;  ALTER ROLE service SET role = {projector};
"""
_SERVER = """
DO $$
DECLARE one record;
BEGIN
    -- A login that may take these locks can keep everybody from writing. One that may make large objects,
    -- or write into the log, can fill the disk.
    FOR one IN SELECT oid::regprocedure AS made, proname FROM pg_proc
                WHERE pronamespace = 'pg_catalog'::regnamespace
                  AND proname ~ '^(pg_(try_)?advisory_|lo_|lowrite$|loread$|pg_logical_emit_message$)'
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', one.made);
        IF one.proname ~ 'advisory' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {owner}, {administrator}, {projector}', one.made);
        ELSIF one.proname = 'pg_logical_emit_message' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {administrator}', one.made);
        END IF;
    END LOOP;
    -- A loop of warnings could fill the log: only the owner of the journal may run code of their own.
    FOR one IN SELECT lanname FROM pg_language WHERE lanpltrusted AND lanname <> 'sql'
    LOOP
        EXECUTE format('REVOKE USAGE ON LANGUAGE %I FROM PUBLIC', one.lanname);
        EXECUTE format('GRANT USAGE ON LANGUAGE %I TO {owner}', one.lanname);
    END LOOP;
    -- What one query sorts could fill the disk.
    EXECUTE format('ALTER DATABASE %I SET temp_file_limit = ''{temporary}''', current_database());
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'not a superuser: anyone who may connect can hold up writers, or fill the disk';
END $$;
"""


def script(prefix: str = "grantbook") -> str:
    """Return the SQL that makes the roles of the database that it is run in, and gives them their rights.

    It can be run again. The roles' names begin with ``prefix``, since they belong to the whole server.
    """
    role = {name: f"{prefix}_{name}" for name in ROLES}
    parts = [
        _ABOUT.format(**role).strip(),
        *(_made(role[name], description) for name, description in ROLES.items()),
        _database(role),
        _journal(role),
        _views(role),
        _SERVER.format(**role, temporary=TEMPORARY).strip(),
    ]
    return "\n\n".join(parts) + "\n"


def _made(role: str, description: str) -> str:
    return (
        f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;\n"
        f"COMMENT ON ROLE {role} IS '{description}';"
    )


def _database(role: dict[str, str]) -> str:
    everybody = ", ".join(role[name] for name in ROLES if name != "owner")
    return f"""DO $$ BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO {everybody}', current_database());
END $$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;"""


def _journal(role: dict[str, str]) -> str:
    readers = f"{role['administrator']}, {role['auditor']}"
    lines = [
        f"ALTER SCHEMA {SCHEMA} OWNER TO {role['owner']};",
        *(
            f"ALTER TABLE {SCHEMA}.{table} OWNER TO {role['owner']};"
            for table in (*TABLES, "stored_snapshots", *READABLE)
        ),
        f"ALTER TYPE {SCHEMA}.stored_event_text OWNER TO {role['owner']};",
        *(
            f"ALTER FUNCTION {SCHEMA}.{function.name}() OWNER TO {role['owner']};\n"
            f"REVOKE ALL ON FUNCTION {SCHEMA}.{function.name}() FROM PUBLIC;"
            for function in FUNCTIONS
        ),
        # With the owner's rights, for whoever may append.
        f"ALTER FUNCTION {append_if.SIGNATURE} OWNER TO {role['owner']};",
        f"REVOKE ALL ON FUNCTION {append_if.SIGNATURE} FROM PUBLIC;",
        f"GRANT EXECUTE ON FUNCTION {append_if.SIGNATURE} TO {role['administrator']};",
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {readers}, {role['projector']};",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {readers};",
        *(
            f"GRANT SELECT ON {SCHEMA}.{table} TO {role['projector']};"
            for table in ("stored_events", "stored_snapshots", "book")
        ),
        # How many refusals there are, without their text: opening a book checks whether it is complete.
        f"GRANT SELECT (number) ON {SCHEMA}.refusals TO {role['projector']};",
        *(
            f"GRANT INSERT ({columns}) ON {SCHEMA}.{table} TO {role['administrator']};"
            for table, columns in _GIVEN.items()
        ),
        f"GRANT INSERT, UPDATE, DELETE ON {SCHEMA}.officers TO {role['administrator']};",
        f"GRANT INSERT ON {SCHEMA}.stored_snapshots TO {role['administrator']};",
    ]
    return "\n".join(lines)


def _views(role: dict[str, str]) -> str:
    owner = role["projector"]
    readers = f"{role['reporter']}, {role['auditor']}, {role['administrator']}"
    return f"""CREATE SCHEMA IF NOT EXISTS {VIEWS};
ALTER SCHEMA {VIEWS} OWNER TO {owner};
DO $$
DECLARE made regclass; function regprocedure;
BEGIN
    FOR made IN SELECT oid FROM pg_class
                 WHERE relnamespace = '{VIEWS}'::regnamespace AND relkind IN ('r', 'v')
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO {owner}', made);
    END LOOP;
    FOR function IN SELECT oid FROM pg_proc WHERE pronamespace = '{VIEWS}'::regnamespace AND prokind = 'f'
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO {owner}', function);
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA {VIEWS} TO {readers};
GRANT SELECT ON ALL TABLES IN SCHEMA {VIEWS} TO {readers};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {VIEWS} GRANT SELECT ON TABLES TO {readers};"""
