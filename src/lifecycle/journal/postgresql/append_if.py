"""The function of the database that appends what was judged without the lock.

It runs with the rights of its owner. Under the append lock it finds out whether the judgement still holds,
and gives position, moment and sum; a client can choose none of them.
"""

from collections.abc import Sequence
from datetime import timedelta

from lifecycle.journal.clock import BEHIND
from lifecycle.journal.postgresql.schema import LOCK, SCHEMA

NAME = "append_if"
PARAMETERS = {
    "seen": "bigint",
    "streams": "text[]",
    "topics": "text[]",
    "id_of_command": "bytea",
    "receipts": "integer",
    "last_moment": "bigint",
    "day_ends": "bigint",
    "typed_by": "text",
    "command_digest": "bytea",
    "rule_set": "integer",
    "own_note": "text",
    "own_origin": "text",
    "stream_of": "text[]",
    "version_of": "bigint[]",
    "topic_of": "text[]",
    "actor_of": "text[]",
    "state_of": "bytea[]",
    "refused": "text[]",
}
"""Parameters with their types: the fields of `Basis`; what all rows of the command have; columns of its
entries, each an array; and the texts of its refusal, or null."""
_BEHIND = BEHIND // timedelta(microseconds=1)


def _steps() -> str:
    """Return the table of CRC-32 by bytes."""
    steps = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
        steps.append(value)
    return ",".join(map(str, steps))


_ROW = {
    "stream": "stream_of[i]",
    "topic": "topic_of[i]",
    "recorder": "typed_by",
    "actor": "actor_of[i]",
    "note": "CASE i WHEN 1 THEN own_note END",
    "imported_from": "CASE i WHEN 1 THEN own_origin END",
}
"""The texts of an entry. A signature is not written yet: it is null."""
_PACKED = " || ".join(
    [
        "int8send(version_of[i])",
        "int8send(rule_set::bigint)",
        *(f"int8send(coalesce(length({text}), -1)::bigint)" for text in _ROW.values()),
        "int8send(length(id_of_command)::bigint)",
        "int8send(coalesce(length(CASE i WHEN 1 THEN command_digest END), -1)::bigint)",
        "int8send(-1)",
        "int8send(length(state_of[i])::bigint)",
        f"convert_to(concat({', '.join(_ROW.values())}), 'UTF8')",
        "id_of_command",
        "coalesce(CASE i WHEN 1 THEN command_digest END, '')",
        "state_of[i]",
    ]
)
"""What `stored_row.packed` returns of an entry: all columns but its moment, which comes last."""

CHANGED = f"""
            SELECT 1 FROM (SELECT * FROM {SCHEMA}.stored_events AS newer WHERE newer.position > seen
                            ORDER BY newer.position OFFSET 0) AS one
             WHERE one.originator_id = ANY (streams)
                OR one.originator_id = 'fund' AND one.topic <> ALL (topics)
        """
"""The later entries that the judgement rests on. OFFSET keeps the planner from reading the fund's stream."""

BODY = f"""
DECLARE
    steps CONSTANT bigint[] := '{{{_steps()}}}';
    clock bigint;
    newest bigint;
    newest_moment bigint;
    refused_moment bigint;
    own_moment bigint;
    packed bytea;
    crc bigint;
    sums bigint[];
BEGIN
    IF num_nulls(seen, streams, topics, id_of_command, receipts, day_ends) > 0 THEN
        RAISE EXCEPTION 'append_if needs all that the judgement rests on';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'append_if needs the isolation level read committed: others would not be seen';
    END IF;
    FOR i IN 1 .. cardinality(stream_of) LOOP
        packed := {_PACKED};
        crc := 4294967295;
        FOR octet IN 0 .. length(packed) - 1 LOOP
            crc := (crc >> 8) # steps[1 + ((crc # get_byte(packed, octet)) & 255)];
        END LOOP;
        sums[i] := crc;
    END LOOP;
    PERFORM pg_advisory_xact_lock({LOCK});
    IF current_setting('synchronous_commit') IN ('off', 'local') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    SELECT one.position, one.recorded_at INTO newest, newest_moment
      FROM {SCHEMA}.stored_events AS one ORDER BY one.position DESC LIMIT 1;
    IF receipts <> (SELECT count(*) FROM {SCHEMA}.stored_events
                     WHERE command_id = id_of_command AND digest IS NOT NULL)
                 + (SELECT count(*) FROM {SCHEMA}.refusals WHERE command_id = id_of_command) THEN
        RETURN;
    END IF;
    IF newest > seen THEN
        IF EXISTS ({CHANGED}) THEN
            RETURN;
        END IF;
    END IF;
    clock := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
    IF newest <= seen AND newest_moment > clock + {_BEHIND}
       AND (last_moment IS NULL OR last_moment < newest_moment) THEN
        -- A row of the future, which the client leaves out: time goes on from an older one.
        SELECT one.recorded_at INTO newest_moment FROM {SCHEMA}.stored_events AS one
         WHERE one.recorded_at <= last_moment ORDER BY one.position DESC LIMIT 1;
    END IF;
    SELECT one.recorded_at INTO refused_moment
      FROM {SCHEMA}.refusals AS one ORDER BY one.number DESC LIMIT 1;
    IF newest_moment > clock + {_BEHIND} THEN
        RETURN;
    END IF;
    IF refused_moment <= clock + {_BEHIND} THEN
        newest_moment := greatest(newest_moment, refused_moment);
    END IF;
    moment := greatest(clock, newest_moment + 1);
    IF moment >= day_ends THEN
        RETURN;
    END IF;
    own_moment := moment;
    FOR i IN 1 .. cardinality(stream_of) LOOP
        crc := sums[i];
        FOR octet IN 0 .. 7 LOOP
            crc := (crc >> 8) # steps[1 + ((crc # (own_moment >> (56 - 8 * octet))) & 255)];
        END LOOP;
        INSERT INTO {SCHEMA}.stored_events (originator_id, originator_version, topic, recorded_at, recorder,
                                            actor, command_id, digest, rules, note, imported_from, state,
                                            crc)
        VALUES (stream_of[i], version_of[i], topic_of[i], own_moment, typed_by,
                actor_of[i], id_of_command, CASE i WHEN 1 THEN command_digest END, rule_set,
                CASE i WHEN 1 THEN own_note END, CASE i WHEN 1 THEN own_origin END, state_of[i],
                crc # 4294967295);
        own_moment := own_moment + 1;
    END LOOP;
    IF refused IS NULL THEN
        PERFORM pg_notify('stored_events', '') WHERE pg_notification_queue_usage() < 0.5;
        newest := newest + 1;
    ELSE
        INSERT INTO {SCHEMA}.refusals (command_id, digest, command, stream, "on", actor, recorder,
                                       recorded_at, refusal, rule, message, request)
        VALUES (id_of_command, command_digest, refused[1], refused[2], refused[3], refused[4], typed_by,
                moment, refused[5], refused[6], refused[7], refused[8]);
    END IF;
    "position" := newest;
    RETURN NEXT;
END
"""
SIGNATURE = f"{SCHEMA}.{NAME}({', '.join(PARAMETERS.values())})"
STATEMENT = (
    f"CREATE OR REPLACE FUNCTION {SCHEMA}.{NAME}"
    f"({', '.join(f'{name} {kind}' for name, kind in PARAMETERS.items())})"
    ' RETURNS TABLE ("position" bigint, moment bigint) LANGUAGE plpgsql SECURITY DEFINER'
    f" SET search_path = pg_catalog, pg_temp AS $body${BODY}$body$"
)
DEFINITION = f't {{"search_path=pg_catalog, pg_temp"}} {BODY}'
"""What the database says of it, if it is as it should be."""
CALL = f"SELECT * FROM {SCHEMA}.{NAME}({', '.join(f'%s::{kind}' for kind in PARAMETERS.values())})"


def array(values: Sequence[str | int | bytes | None]) -> str:
    """Return an array in the text form that PostgreSQL reads. The driver takes much longer for a list."""
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: str | int | bytes | None) -> str:
    if value is None:
        return "NULL"
    text = f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
