"""The journal's schema in PostgreSQL, and its expected definitions.

A trigger gives positions under the append lock: dense, in the order of commits, and never chosen by a client.
Nothing is changed or deleted: the triggers fire always, for the owner and on a replica too. Only the names of
officers can be, since people must be erasable; no entry, receipt or seal holds them.
"""

from typing import NamedTuple

SCHEMA = "journal"
LOCK = int.from_bytes(b"grants")
"""The key of the advisory lock under which entries are appended. Such locks belong to one database."""


class Function(NamedTuple):
    """A trigger's function."""

    name: str
    body: str


_PLACE_ENTRY = f"""
BEGIN
    PERFORM pg_advisory_xact_lock({LOCK});
    NEW.position := 1 + coalesce((SELECT max(position) FROM {SCHEMA}.stored_events), 0);
    NEW.login := session_user;
    RETURN NEW;
END
"""
_PLACE_REFUSAL = f"""
BEGIN
    PERFORM pg_advisory_xact_lock({LOCK});
    NEW.number := 1 + coalesce((SELECT max(number) FROM {SCHEMA}.refusals), 0);
    NEW.login := session_user;
    IF NEW.position IS NULL THEN
        NEW.position := coalesce((SELECT max(position) FROM {SCHEMA}.stored_events), 0);
    END IF;
    RETURN NEW;
END
"""
_APPEND_ONLY = """
BEGIN
    RAISE EXCEPTION 'append only: nothing recorded is changed or deleted';
END
"""
FUNCTIONS = (
    Function("place_entry", _PLACE_ENTRY),
    Function("place_refusal", _PLACE_REFUSAL),
    Function("append_only", _APPEND_ONLY),
)

TABLES = {
    "stored_events": (
        'originator_id text COLLATE "C" NOT NULL',
        "originator_version bigint NOT NULL",
        'topic text COLLATE "C" NOT NULL',
        "recorded_at bigint NOT NULL",
        'recorder text COLLATE "C" NOT NULL',
        'actor text COLLATE "C" NOT NULL',
        "command_id bytea NOT NULL",
        "digest bytea",
        "rules integer NOT NULL",
        'note text COLLATE "C"',
        'imported_from text COLLATE "C"',
        "signature bytea",
        "state bytea NOT NULL",
        "crc bigint NOT NULL",
        "position bigint NOT NULL UNIQUE",
        'login text COLLATE "C" NOT NULL',
        "PRIMARY KEY (originator_id, originator_version)",
    ),
    "refusals": (
        "number bigint PRIMARY KEY",
        "command_id bytea NOT NULL",
        "digest bytea NOT NULL",
        *(f'"{name}" text COLLATE "C" NOT NULL' for name in "command stream on actor recorder".split()),
        "recorded_at bigint NOT NULL",
        'refusal text COLLATE "C" NOT NULL',
        'rule text COLLATE "C"',
        'message text COLLATE "C" NOT NULL',
        'request text COLLATE "C"',
        "position bigint NOT NULL",
        'login text COLLATE "C" NOT NULL',
        "UNIQUE (command_id, digest)",
    ),
    "documents": (
        'sha256 text COLLATE "C" PRIMARY KEY',
        "data bytea NOT NULL",
    ),
    "officers": (
        'officer text COLLATE "C" PRIMARY KEY',
        'name text COLLATE "C"',
        'erased_on text COLLATE "C"',
    ),
    "book": (
        "one boolean PRIMARY KEY DEFAULT true CHECK (one)",
        "id uuid NOT NULL DEFAULT gen_random_uuid()",
        "format integer NOT NULL",
        "name text NOT NULL",
        "seal_each_command boolean NOT NULL",
    ),
}
"""``book`` has one row, written when all else is there. ``login`` is who was logged in at the database: a
trigger gives it, whatever a client says, and neither sum nor seal covers it, since a move gives another."""

_ID = (
    "CASE length(command_id) WHEN 16 THEN encode(command_id, 'hex')::uuid::text"
    " ELSE rtrim(convert_from(command_id, 'UTF8'), chr(10)) END AS command_id"
)
_AT = (
    "to_char(to_timestamp(0) AT TIME ZONE 'UTC' + recorded_at * interval '1 microsecond',"
    """ 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS recorded_at"""
)
VIEWS = {
    "journal": (
        f"SELECT position, originator_id AS stream, originator_version AS version, topic, {_AT}, recorder,"
        f" actor, {_ID}, encode(digest, 'hex') AS digest, rules, note, imported_from,"
        f" convert_from(state, 'UTF8') AS event FROM {SCHEMA}.stored_events"
    ),
    "refused": (
        f'SELECT number, position, {_AT}, command, stream, "on", actor, recorder, refusal, rule, message,'
        f" {_ID}, encode(digest, 'hex') AS digest, request FROM {SCHEMA}.refusals"
    ),
}
"""Entries and refusals as people read them."""

CHECKS = {
    ("officers", "erased_on,name"): "(name IS NULL) <> (erased_on IS NULL)",
    ("documents", "data,sha256"): "sha256 = encode(pg_catalog.sha256(data), 'hex')",
}
"""The conditions that each row fulfils, by table and columns."""


class Trigger(NamedTuple):
    """The trigger's table, its time, and what it does."""

    table: str
    when: str
    function: str

    @property
    def name(self) -> str:
        """The name of the trigger."""
        return f"{self.table}_{self.function}"


TRIGGERS = (
    Trigger("stored_events", "BEFORE INSERT", "place_entry"),
    Trigger("refusals", "BEFORE INSERT", "place_refusal"),
    *(
        Trigger(table, "BEFORE UPDATE OR DELETE OR TRUNCATE", "append_only")
        for table in ("stored_events", "refusals", "documents", "book")
    ),
)


def statements() -> list[str]:
    """Return the statements that make the schema's tables, functions and triggers if they are not there."""
    made = []
    for name, columns in TABLES.items():
        checks = [f"CHECK ({condition})" for (table, _), condition in CHECKS.items() if table == name]
        made.append(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{name} ({', '.join([*columns, *checks])})")
    made.append(
        f"CREATE UNIQUE INDEX IF NOT EXISTS commands ON {SCHEMA}.stored_events (command_id)"
        " WHERE digest IS NOT NULL"
    )
    made += [f"CREATE OR REPLACE VIEW {SCHEMA}.{name} AS {select}" for name, select in VIEWS.items()]
    made += [
        f"CREATE OR REPLACE FUNCTION {SCHEMA}.{function.name}() RETURNS trigger LANGUAGE plpgsql"
        f" SET search_path = pg_catalog, pg_temp AS $body${function.body}$body$"
        for function in FUNCTIONS
    ]
    for trigger in TRIGGERS:
        each = "ROW" if trigger.when.endswith("INSERT") else "STATEMENT"
        table = f"{SCHEMA}.{trigger.table}"
        made.append(
            f"CREATE OR REPLACE TRIGGER {trigger.name} {trigger.when} ON {table}"
            f" FOR EACH {each} EXECUTE FUNCTION {SCHEMA}.{trigger.function}()"
        )
        made.append(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger.name}")
    return made


# ── expected definitions ─────────────────────────────────────────────────────────────────────────────

DEFINED = f"""
WITH relation AS (
    SELECT oid, relname, relkind, relpersistence, relrowsecurity FROM pg_class
     WHERE relnamespace = '{SCHEMA}'::regnamespace AND relkind NOT IN ('i', 'c', 'v')
)
SELECT 'table ' || relname, concat_ws(' ', relkind, relpersistence, relrowsecurity) FROM relation
UNION ALL
SELECT 'view ' || relname, relrowsecurity::text FROM pg_class
 WHERE relnamespace = '{SCHEMA}'::regnamespace AND relkind = 'v'
UNION ALL
SELECT concat_ws(' ', 'column', relname, attname),
       concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, nullif(collname, 'default'))
  FROM relation JOIN pg_attribute ON attrelid = relation.oid
  LEFT JOIN pg_collation ON pg_collation.oid = attcollation
 WHERE attnum > 0 AND NOT attisdropped
UNION ALL
SELECT concat_ws(' ', 'constraint', contype, relname, (
           SELECT string_agg(attname, ',' ORDER BY attname) FROM pg_attribute
            WHERE attrelid = relation.oid AND attnum = ANY (conkey))), convalidated::text
  FROM relation JOIN pg_constraint ON conrelid = relation.oid WHERE contype <> 'n'
UNION ALL
SELECT 'index ' || pg_class.relname, concat_ws(' ', indisunique, pg_get_expr(indpred, indrelid))
  FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
 WHERE pg_class.relnamespace = '{SCHEMA}'::regnamespace
   AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
UNION ALL
SELECT 'function ' || proname, concat_ws(' ', prosecdef, proconfig, prosrc)
  FROM pg_proc WHERE pronamespace = '{SCHEMA}'::regnamespace
UNION ALL
SELECT 'trigger ' || tgname, concat_ws(' ', relname, proname, tgtype, tgenabled, tgqual)
  FROM relation JOIN pg_trigger ON tgrelid = relation.oid JOIN pg_proc ON pg_proc.oid = tgfoid
 WHERE NOT tgisinternal
UNION ALL
SELECT 'rule ' || rulename, relname FROM relation JOIN pg_rewrite ON ev_class = relation.oid
UNION ALL
SELECT 'child ' || inhrelid::regclass, relname FROM relation JOIN pg_inherits ON inhparent = relation.oid
"""
"""Everything that is defined in the schema, in a form that is the same in every version of the server."""

_BITS = {"ROW": 1, "BEFORE": 2, "INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


def expected() -> dict[str, str]:
    """Return what `DEFINED` selects in a complete schema, without the library's own snapshots."""
    definitions: dict[str, str] = {}
    for table, parts in TABLES.items():
        definitions[f"table {table}"] = "r p f"
        for part in parts:
            _part(definitions, table, part)
    definitions |= {f"view {name}": "false" for name in VIEWS}
    definitions["index commands"] = "t (digest IS NOT NULL)"
    for table, columns in CHECKS:
        definitions[f"constraint c {table} {columns}"] = "true"
    for function in FUNCTIONS:
        definitions[f"function {function.name}"] = f'f {{"search_path=pg_catalog, pg_temp"}} {function.body}'
    for trigger in TRIGGERS:
        words = set(trigger.when.split()) | ({"ROW"} if "INSERT" in trigger.when else set())
        kind = sum(bit for word, bit in _BITS.items() if word in words)
        definitions[f"trigger {trigger.name}"] = f"{trigger.table} {trigger.function} {kind} A"
    return definitions


def _part(definitions: dict[str, str], table: str, part: str) -> None:
    """Parse a column with its constraints, or a constraint of the table."""
    name, kind, *rest = part.replace('"', "").split()
    words = " ".join(rest)
    for key, letter in (("PRIMARY", "p"), ("UNIQUE", "u")):
        if name == key:
            columns = sorted(part.partition("(")[2].rstrip(")").split(", "))
            definitions[f"constraint {letter} {table} {','.join(columns)}"] = "true"
            return
        if key in words:
            definitions[f"constraint {letter} {table} {name}"] = "true"
    if "CHECK" in words:
        definitions[f"constraint c {table} {name}"] = "true"
    never_null = "NOT NULL" in words or "PRIMARY" in words
    collated = " C" if "COLLATE" in words else ""
    definitions[f"column {table} {name}"] = f"{kind} {'t' if never_null else 'f'}{collated}"
