"""The projector: from the journal's new entries to the rows of the grants that they touch.

Rows and the position to which they correspond are written in one transaction, under a lock that is taken
before the position is read; so two projectors at once are safe, and a killed one leaves whole steps. A
rebuild fills shadow tables beside the live ones and puts them in their place in one transaction.
"""

from collections.abc import Callable, Sequence

from eventsourcing.persistence import Tracking
from sqlalchemy import Connection, Engine

from lifecycle.book import Book
from lifecycle.errors import Unreachable
from lifecycle.events import fund as was
from lifecycle.events.base import EntryCorrected
from lifecycle.fund import Fund
from lifecycle.history import FUND, Entry, kind_of
from lifecycle.journal import STORE_ERRORS
from lifecycle.memory import collector_at_rest
from projections import store
from projections.fold import Rows, Rules, fold_fund, fold_stream, no_rows
from projections.fund import flow_rows, partner_rows
from projections.tables import (
    CALL_TABLES,
    FUND_TABLES,
    GRANT_TABLES,
    fund_facts,
    fund_flows,
    fund_partners,
    obligation_steps,
    register_spans,
    tracking,
)
from projections.tracking import JOURNAL, ViewsTracking

STEP = 20_000
"""At most so many positions, or entries, in a transaction."""
_PAGE = 5_000
_REBUILT = (*GRANT_TABLES, *CALL_TABLES, *(table for table in FUND_TABLES if table not in GRANT_TABLES))

Progress = Callable[[int, int], None]


class _StartOver(Exception):
    """What is there was made by other rules (an edition came or was corrected): make all of it again."""


def catch_up(book: Book, progress: Progress | None = None) -> int:
    """Bring the views to the journal's newest position, which is returned.

    Raises `Unreachable` where the views cannot be written.
    """
    with store.opened(book.path) as engine, collector_at_rest():
        while True:
            try:
                views, journal = _one_step(engine, book)
            except _StartOver:
                views, journal = _again(engine, book, progress)
            if progress is not None:
                progress(views, journal)
            if views >= journal:
                return views


def _again(engine: Engine, book: Book, progress: Progress | None) -> tuple[int, int]:
    """Make all of it again, unless somebody else has done so while this one waited."""
    with store.locked(book.path):
        try:
            return _one_step(engine, book)
        except _StartOver:
            position = _rebuild(engine, book, progress)
            return position, position


def _one_step(engine: Engine, book: Book) -> tuple[int, int]:
    """At most `STEP` positions further. Returns the positions of the views and of the journal."""
    with store.writing(engine) as connection:
        tracked = ViewsTracking.inside(connection)
        after, newest = tracked.max_tracking_id(JOURNAL) or 0, book.position()
        if after == newest:
            return after, newest
        # A long way is walked once grant by grant, not once a step; and views that are ahead of their
        # journal belong to another one.
        if newest < after or newest - after > max(STEP, after):
            raise _StartOver
        upto = min(newest, after + STEP)
        _project(connection, book, after, upto)
        tracked.insert_tracking(Tracking(JOURNAL, upto))
        return upto, newest


def rebuild(book: Book, progress: Progress | None = None) -> int:
    """Make all rows again from the journal, beside the old ones, and put them in their place at once.

    A second rebuild waits for the first. Raises `Unreachable` where the views cannot be written.
    """
    with store.opened(book.path) as engine, store.locked(book.path), collector_at_rest():
        return _rebuild(engine, book, progress)


def _rebuild(engine: Engine, book: Book, progress: Progress | None) -> int:
    while True:
        try:
            return _swap(engine, book, _fill_shadows(engine, book, progress))
        except _StartOver:
            continue


def status(book: Book) -> dict[str, int]:
    """Positions of the views and of the journal, and how far the first is behind."""
    with store.opened(book.path) as engine, engine.connect() as connection:
        views = ViewsTracking.inside(connection).max_tracking_id(JOURNAL) or 0
        journal = book.position()
    return {"views": views, "journal": journal, "behind": journal - views}


# ── a step ───────────────────────────────────────────────────────────────────────────────────


def _project(connection: Connection, book: Book, after: int, upto: int, prefix: str = "") -> None:
    """Replace the rows of every stream with an entry in (after, upto]."""
    changed = _changed(book, after, upto)
    if FUND in changed:
        _project_fund(connection, book, upto, prefix)
        changed.discard(FUND)
    if not changed:
        return
    rules, rows = Rules(fund_at(book, upto)), no_rows()
    for stream in sorted(changed):
        fold_stream(stream, book.entries(stream, known=upto), rules, rows)
    for about, tables in (("grant", GRANT_TABLES), ("call", CALL_TABLES)):
        ids = [(stream.removeprefix(f"{about}:"),) for stream in changed if kind_of(stream) == about]
        for table in tables if ids else ():
            connection.exec_driver_sql(f'DELETE FROM {prefix}{table.name} WHERE "{about}" = ?', ids)
    _insert(connection, rows, prefix)


def _insert(connection: Connection, rows: Rows, prefix: str) -> None:
    for table, made in rows.items():
        store.insert(connection, table, made, prefix)


def _changed(book: Book, after: int, upto: int) -> set[str]:
    """The streams with an entry in (after, upto]."""
    names: set[str] = set()
    while after < upto:
        try:
            page = book.journal.recorder.select_notifications(after, _PAGE, upto, inclusive_of_start=False)
        except STORE_ERRORS as error:
            raise Unreachable(f"{book.path}: the journal could not be used: {error}") from error
        if not page:
            break
        names.update(str(notification.originator_id) for notification in page)
        after = page[-1].id
    return names


def fund_at(book: Book, position: int) -> Fund:
    """The fund as known at the position: from its snapshot where that is the newest."""
    fund = book.fund()
    return fund if book.position() == position else book.fund(known=position)


_ADDS_ROWS_ALONE = frozenset(
    (
        was.OfficerAppointed,
        was.OfficerRetired,
        was.PartnerJoined,
        was.ContributionPledged,
        was.ContributionAgreed,
        was.InstalmentReceived,
        was.FeeCharged,
        was.IncomeCredited,
        was.FundsReturned,
        was.FundsCommitted,
        was.CommitmentIncreased,
        was.CommitmentReleased,
    )
)
"""Facts of the fund whose rows follow from nothing but themselves, so that older entries need not be read."""


def _project_fund(connection: Connection, book: Book, upto: int, prefix: str) -> None:
    version, currency = _fund_is_at(connection, prefix)
    newer = [entry for entry in book.journal.entries(FUND, after=version) if (entry.position or 0) <= upto]
    if all(_stands_alone(entry) for entry in newer) and version:
        store.insert(connection, fund_flows, flow_rows(newer, currency), prefix)
        store.insert(connection, fund_partners, partner_rows(newer), prefix)
        connection.exec_driver_sql(
            f"UPDATE {prefix}{fund_facts.name} SET version = ?", (version + len(newer),)
        )
        return
    entries = book.entries(FUND, known=upto)
    if _rules_changed(entries, newer) and _has_grants(connection, prefix):
        raise _StartOver
    for table in FUND_TABLES:
        connection.exec_driver_sql(f"DELETE FROM {prefix}{table.name}")
    connection.exec_driver_sql(f"DELETE FROM {prefix}{obligation_steps.name} WHERE \"grant\" = ''")
    _insert(connection, fold_fund(entries), prefix)


def _fund_is_at(connection: Connection, prefix: str) -> tuple[int, str]:
    found = connection.exec_driver_sql(f"SELECT version, currency FROM {prefix}{fund_facts.name}").fetchone()
    return (0, "") if found is None else (found[0], found[1])


def _stands_alone(entry: Entry) -> bool:
    event = entry.event
    return type(event) in _ADDS_ROWS_ALONE and getattr(event, "instalment", None) is None


def _rules_changed(entries: Sequence[Entry], newer: Sequence[Entry]) -> bool:
    """An edition was adopted, or the entry that adopted one was corrected."""
    by_version = {entry.originator_version: entry for entry in entries}
    for entry in newer:
        event = entry.event
        while isinstance(event, EntryCorrected):
            event = by_version[event.entry].event
        if type(event) in (was.PolicyAdopted, was.FundEstablished):
            return True
    return False


def _has_grants(connection: Connection, prefix: str) -> bool:
    found = connection.exec_driver_sql(f"SELECT 1 FROM {prefix}{register_spans.name} LIMIT 1")
    return found.fetchone() is not None


# ── a rebuild ────────────────────────────────────────────────────────────────────────────────


def _fill_shadows(engine: Engine, book: Book, progress: Progress | None) -> int:
    """Fill new tables in steps. Returns the position to which they correspond."""
    from projections.workers import folded_on_all_cores

    with store.writing(engine) as connection:
        for table in _REBUILT:
            store.create_shadow(connection, table)
    upto, done = book.position(), 0
    fund = fund_at(book, upto)
    for entries, rows in folded_on_all_cores(book, upto, fund):
        with store.writing(engine) as connection:
            _insert(connection, rows, store.SHADOW)
        done += entries
        if progress is not None:
            progress(done, upto)
    return upto


def _swap(engine: Engine, book: Book, filled: int) -> int:
    """Take in what came meanwhile, and put the new tables in the place of the old, in one transaction."""
    from projections.views import create_views, drop_views

    with store.writing(engine) as connection:
        newest = book.position()
        _project(connection, book, filled, newest, store.SHADOW)
        drop_views(connection)
        for table in _REBUILT:
            connection.exec_driver_sql(f"DROP TABLE {table.name}")
            connection.exec_driver_sql(f"ALTER TABLE {store.SHADOW}{table.name} RENAME TO {table.name}")
        create_views(connection)
        connection.execute(tracking.delete())
        ViewsTracking.inside(connection).insert_tracking(Tracking(JOURNAL, newest))
        return newest
