"""What was known at an earlier position, as tables in memory.

The rows of a grant without an entry since that position are copied from the views. The other grants are
folded again, up to the position. If an edition was adopted since, or if the views cannot be used, all grants
are folded.
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
from projections.engine.projector import belong_to, catch_up
from projections.engine.workers import folded_on_all_cores
from projections.schema.tables import (
    CALL_TABLES,
    GRANT_TABLES,
    Row,
    fund_details,
    grant_standing,
)
from projections.schema.tracking import ViewsTracking

_COPIED = {table: "grant" for table in GRANT_TABLES if table is not grant_standing} | dict.fromkeys(
    CALL_TABLES, "call"
)
"""The tables that reports read and whose first column names a grant or a call, with which of the two."""


@contextmanager
def as_known(book: Book, known: int, grant: str | None = None) -> Iterator[Engine]:
    """Yield the tables as known at the position; with only one grant and the fund, if a grant is named."""
    engine, fund_entries = store.in_memory(), book.entries(FUND, known=known)
    fund = fund_of(in_force(fund_entries))
    try:
        with store.writing(engine) as connection, collector_at_rest():
            for _, rows in _rows_as_known(book, known, grant, fund, fund_entries):
                rows.pop(grant_standing, None)  # no report reads it
                store.insert(connection, rows)
        yield engine
    finally:
        engine.dispose()


def _rows_as_known(
    book: Book, known: int, grant: str | None, fund: Fund, fund_entries: list[Entry]
) -> Iterator[tuple[int, Rows]]:
    if grant is not None:
        name = grant_stream(grant)
        yield from folded([(FUND, fund_entries), (name, book.entries(name, known=known))], fund)
    elif (unchanged := _unchanged(book, known, fund, fund_entries)) is not None:
        rows, versions_then = unchanged
        yield 0, rows
        yield from folded([(FUND, fund_entries)], fund)
        yield from folded(book.entries_of(versions_then, known), fund)
    else:
        yield from folded_on_all_cores(book, known, fund)


def _unchanged(
    book: Book, known: int, fund: Fund, fund_entries: list[Entry]
) -> tuple[Rows, dict[str, int]] | None:
    """Return the views' rows of streams without an entry after the position, and the others' versions then.

    Returns `None` if the views cannot be used.
    """
    try:
        with suppress(store.MayNotWrite):  # a user who may only read takes them as they are
            catch_up(book)
        with store.opened(book.views, as_is=True) as engine, store.reading(engine) as views:
            position, recorded_at = ViewsTracking.inside(views).newest()
            if position < known or not belong_to(book, position, recorded_at):
                return None
            (version,) = views.exec_driver_sql(f"SELECT version FROM {fund_details.name}").one()
            rows = {table: _all_rows(views, table) for table in _COPIED}
    except Unreachable:
        return None
    # The journal is read after the views, so that an entry recorded in between counts as a change.
    now = book.fund()
    if (now.adoptions, now.currency) != (fund.adoptions, fund.currency):
        return None
    with store_errors(book.journal.place):
        changed = book.journal.changed_since(known)
    first, _ = changed.pop(FUND, (version + 1, None))
    reaching(first - 1, FUND, fund_entries)
    versions_then = {stream: first - 1 for stream, (first, _) in sorted(changed.items()) if first > 1}
    return {table: _without(changed, kind, rows[table]) for table, kind in _COPIED.items()}, versions_then


def _all_rows(views: Connection, table: Table) -> list[Row]:
    """Return the rows as the driver's plain tuples: there may be hundreds of thousands."""
    result = views.exec_driver_sql(f"SELECT * FROM {table.name}")
    rows: list[Row] = list(result.cursor.fetchall())
    result.close()
    return rows


def _without(changed: Collection[str], kind: str, rows: list[Row]) -> list[Row]:
    """Return the rows of unchanged grants, or calls. The fund's rows have an empty name, and are left out."""
    names = {"", *(stream.removeprefix(f"{kind}:") for stream in changed if kind_of(stream) == kind)}
    return [row for row in rows if row[0] not in names]
