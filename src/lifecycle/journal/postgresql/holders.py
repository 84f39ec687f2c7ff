"""Who holds a lock that others wait for: login, process, and for how long."""

from collections.abc import Callable
from typing import Any

from lifecycle.journal.postgresql.schema import LOCK

_HOLDERS = """
SELECT usename, pid, application_name, client_addr::text, state,
       round(extract(epoch FROM clock_timestamp() - xact_start))::bigint
  FROM pg_locks JOIN pg_stat_activity USING (pid)
 WHERE locktype = 'advisory' AND granted
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND classid = {high} AND objid = {low} AND objsubid = {words}
"""
APPEND = _HOLDERS.format(high=LOCK >> 32, low=LOCK & 0xFFFF_FFFF, words=1)
"""Asks who holds the append lock of the database."""

Ask = Callable[[str], list[tuple[Any, ...]]]


def of_lock(first: int, second: int) -> str:
    """Asks who holds the advisory lock that two numbers name."""
    return _HOLDERS.format(high=first, low=second, words=2)


def holders(ask: Ask, question: str = APPEND) -> list[tuple[str, int | None]]:
    """Each holder in words, and for how many seconds it has held its transaction open.

    The seconds are `None` if this login may not see them (it is no member of ``pg_read_all_stats``).
    """
    found = []
    for login, process, program, client, state, seconds in ask(question):
        told = f"{login}, process {process}"
        told += f", {program}" if program else ""
        told += f" at {client}" if client else ""
        told += f", {state}" if state else ""
        told += "" if seconds is None else f", for {seconds:,} s"
        found.append((told, seconds))
    return found


def in_words(ask: Ask, question: str = APPEND) -> str:
    """Who holds it, to be added to an error; empty if nobody does any more."""
    told = "; ".join(words for words, _ in holders(ask, question))
    return f"held by {told}" if told else ""
