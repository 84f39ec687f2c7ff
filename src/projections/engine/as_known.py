"""What was known at an earlier position, as tables in memory.

A grant without an entry since then stands in the views as it stood at the position: its rows are taken from
there. The others are folded again, up to the position. Where an edition came since, or the views are of no
use, all of it is folded.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine, Table

from lifecycle.book.book import Book
from lifecycle.fund.evolve import fold as fund_of
from lifecycle.fund.state import Fund
from lifecycle.journal.journal import reaching, store_errors
from lifecycle.kernel.errors import Unreachable
from lifecycle.kernel.history import (
    FUND,
    Entry,
    grant_stream,
    in_force,
    kind_of,
)
from lifecycle.kernel.memory import collector_at_rest
from projections import store
from projections.engine.fold import Rows, folded
from projections.engine.projector import are_of, catch_up
from projections.engine.workers import folded_on_all_cores
from projections.schema.tables import (
    CALL_TABLES,
    GRANT_TABLES,
    Row,
    fund_facts,
    grant_standing,
)
from projections.schema.tracking import ViewsTracking

_ASKED = {table: "grant" for table in GRANT_TABLES if table is not grant_standing} | dict.fromkeys(
    CALL_TABLES, "call"
)
"""The tables that reports ask and whose rows belong each to one grant, or call: the first column names it."""


@contextmanager
def as_known(book: Book, known: int, grant: str | None = None) -> Iterator[Engine]:
    """The tables as known at the position; of one grant and the fund only, where one is named."""
    engine, entries = store.in_memory(), book.entries(FUND, known=known)
    fund = fund_of(in_force(entries))
    try:
        with store.writing(engine) as connection, collector_at_rest():
            for _, rows in _folded(book, known, grant, fund, entries):
                rows.pop(grant_standing, None)  # no report asks it
                store.insert(connection, rows)
        yield engine
    finally:
        engine.dispose()


def _folded(
    book: Book, known: int, grant: str | None, fund: Fund, entries: list[Entry]
) -> Iterator[tuple[int, Rows]]:
    if grant is not None:
        name = grant_stream(grant)
        yield from folded([(FUND, entries), (name, book.entries(name, known=known))], fund)
    elif (found := _unchanged(book, known, fund, entries)) is not None:
        same, versions = found
        yield 0, same
        yield from folded([(FUND, entries)], fund)
        yield from folded(book.entries_of(versions, known), fund)
    else:
        yield from folded_on_all_cores(book, known, fund)


def _unchanged(
    book: Book, known: int, fund: Fund, entries: list[Entry]
) -> tuple[Rows, dict[str, int]] | None:
    """The rows of what has no entry after the position, from the views, and the version that each of the
    others had then; `None` where the views are of no use."""
    try:
        with suppress(store.MayNotWrite):  # a user who may only read takes them as they are
            catch_up(book)
        with store.opened(book.views, as_is=True) as engine, store.reading(engine) as views:
            position, at = ViewsTracking.inside(views).newest()
            if position < known or not are_of(book, position, at):
                return None
            (version,) = views.exec_driver_sql(f"SELECT version FROM {fund_facts.name}").one()
            rows = {table: _all(views, table) for table in _ASKED}
    except Unreachable:
        return None
    # Asked after the views were read: what came in between counts as changed.
    now = book.fund()
    if (now.adoptions, now.currency) != (fund.adoptions, fund.currency):
        return None
    with store_errors(book.journal.place):
        changed = book.journal.changed_since(known)
    first, _ = changed.pop(FUND, (version + 1, None))
    reaching(first - 1, FUND, entries)
    versions = {stream: first - 1 for stream, (first, _) in sorted(changed.items()) if first > 1}
    return {table: _of(changed, kind, rows[table]) for table, kind in _ASKED.items()}, versions


def _all(views: Connection, table: Table) -> list[Row]:
    """Plain tuples, as the driver has them: there are hundreds of thousands."""
    found = views.exec_driver_sql(f"SELECT * FROM {table.name}")
    rows: list[Row] = list(found.cursor.fetchall())
    found.close()
    return rows


def _of(changed: Collection[str], kind: str, rows: list[Row]) -> list[Row]:
    """The rows of the grants, or calls, that have not changed; those under no name are the fund's own."""
    gone = {"", *(stream.removeprefix(f"{kind}:") for stream in changed if kind_of(stream) == kind)}
    return [row for row in rows if row[0] not in gone]
