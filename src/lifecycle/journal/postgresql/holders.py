"""The sessions that hold a lock that others wait for: login, process, and for how long."""

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
    """Return the query for the holder of the advisory lock that two numbers name."""
    return _HOLDERS.format(high=first, low=second, words=2)


def holders(ask: Ask, question: str = APPEND) -> list[tuple[str, int | None]]:
    """Return each holder in words, and for how many seconds it has held its transaction open.

    The seconds are `None` if this login may not see them (it is not a member of ``pg_read_all_stats``).
    """
    holding = []
    for login, process, program, client, state, seconds in ask(question):
        holder = f"{login}, process {process}"
        holder += f", {program}" if program else ""
        holder += f" at {client}" if client else ""
        holder += f", {state}" if state else ""
        holder += "" if seconds is None else f", for {seconds:,} s"
        holding.append((holder, seconds))
    return holding


def in_words(ask: Ask, question: str = APPEND) -> str:
    """Return who holds the lock, to be added to an error; empty if nobody does any more."""
    message = "; ".join(words for words, _ in holders(ask, question))
    return f"held by {message}" if message else ""
