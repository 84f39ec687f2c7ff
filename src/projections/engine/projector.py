"""The projector: from the journal's new entries to the rows of the grants that they touch.

Rows and the position to which they correspond are written in one transaction, under a lock that is taken
before the position is read; so two projectors at once are safe, and a killed one leaves whole steps. A
rebuild fills shadow tables beside the live ones and puts them in their place in one transaction.
"""

import copy
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from lifecycle.book.book import Book
from lifecycle.fund import events as was
from lifecycle.fund.state import Fund
from lifecycle.journal.journal import reaching, store_errors
from lifecycle.journal.rows import Stored
from lifecycle.kernel.errors import Unreachable
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import (
    FUND,
    Entry,
    kind_of,
    lawful,
)
from lifecycle.kernel.memory import collector_at_rest
from projections import store
from projections.engine.fold import (
    Rules,
    fold_fund,
    fold_stream,
    no_rows,
)
from projections.reports.fund.contributions import flow_rows, partner_rows, stands_alone
from projections.schema.rows import row_maker
from projections.schema.tables import (
    CALL_TABLES,
    FUND_TABLES,
    GRANT_TABLES,
    SHADOW,
    Row,
    fund_facts,
    fund_flows,
    fund_partners,
    left_out,
    obligation_steps,
    register_spans,
    tracking,
)
from projections.schema.tracking import ViewsTracking

STEP = 20_000
"""The most positions, or entries, in one transaction."""
_IN_MEMORY = 1_000
"""About how many entries have their rows in memory at a time, within the transaction."""
PATIENCE = 5.0
"""Seconds that a user who may not write the views waits for one who does."""
_REBUILT = (*GRANT_TABLES, *CALL_TABLES, *(table for table in FUND_TABLES if table not in GRANT_TABLES))

Progress = Callable[[int, int], None]


class _StartOver(Exception):
    """What is there was made by other rules (an edition came or was corrected): make all of it again."""


def catch_up(book: Book, progress: Progress | None = None) -> int:
    """Bring the views to the journal's newest position, which is returned.

    Raises `Unreachable` where the views cannot be used, ``MayNotWrite`` where they are another role's to
    write.
    """
    with catching_up(book, progress) as further:
        return further()


@contextmanager
def catching_up(book: Book, progress: Progress | None = None) -> Iterator[Callable[[], int]]:
    """The same whenever it is called, for who stays: the views are kept open between the calls."""
    with _opened(book, progress, trusting=True) as engine:
        yield lambda: _to_the_end(engine, book, progress)


def _opened(
    book: Book, progress: Progress | None = None, *, trusting: bool = False
) -> AbstractContextManager[Engine]:
    """The book's views. If they are of no use, others are made beside and copied over."""

    def filled(folder: Path) -> None:
        beside = copy.copy(book)
        beside.views = folder
        catch_up(beside, progress)

    return store.opened(book.views, trusting=trusting, filled=filled)


@contextmanager
def caught_up(book: Book) -> Iterator[Engine]:
    """Yield the views at the journal's end: caught up here, or by another user if this one may not write.

    Raises `Unreachable` if nobody catches them up in time.
    """
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(_opened(book))
            with store.in_words(book.views):
                _to_the_end(engine, book)
        except store.MayNotWrite as error:
            engine = stack.enter_context(store.opened(book.views, as_is=True))
            _wait_for(engine, book, error)
        yield engine


def _to_the_end(engine: Engine, book: Book, progress: Progress | None = None) -> int:
    with collector_at_rest():
        while True:
            try:
                views, journal = _one_step(engine, book)
            except _StartOver:
                views, journal = _again(engine, book, progress)
            if progress is not None:
                progress(views, journal)
            if views >= journal:
                return views


def are_of(book: Book, position: int, at: datetime | None) -> bool:
    """Whether views at the position, whose entry was recorded then, were made from the book: not from another
    one, nor from what it held before a backup was put back."""
    return position == 0 or (position <= book.position() and book.recorded_at(position) == at)


def _wait_for(engine: Engine, book: Book, error: store.MayNotWrite) -> None:
    """Until somebody else has brought the views to the journal's end."""
    until, newest = time.monotonic() + PATIENCE, book.position()
    while True:
        views, at = _newest(engine)
        ours = are_of(book, views, at)
        if ours and views >= newest:
            return
        if time.monotonic() > until:
            behind = f"{newest - views:,} behind the journal" if ours else "not those of this journal"
            told = f"the views are {behind}, and nobody brings them up: grantbook views follow does"
            raise Unreachable(f"{told}, as a role that may write them") from error
        time.sleep(0.1)


def _newest(engine: Engine) -> tuple[int, datetime | None]:
    with store.reading(engine) as connection:
        return ViewsTracking.inside(connection).newest()


def _again(engine: Engine, book: Book, progress: Progress | None) -> tuple[int, int]:
    """Make all of it again, unless somebody else has done so while this one waited."""
    with store.locked(book.views) as still_locked:
        try:
            return _one_step(engine, book)
        except _StartOver:
            position = _rebuild(engine, book, still_locked, progress)
            return position, position


def _one_step(engine: Engine, book: Book) -> tuple[int, int]:
    """At most `STEP` positions further. Returns the positions of the views and of the journal."""
    with store.writing(engine) as connection:
        tracked = ViewsTracking.inside(connection)
        (after, at), newest = tracked.newest(), book.position()
        if not are_of(book, after, at):
            raise _StartOver
        other = _counted_otherwise(connection, book)
        if FUND in other:
            raise _StartOver
        if after == newest:
            _project_again(connection, book, after, other)
            return after, newest
        if newest - after > max(STEP, after):  # a long way is walked once grant by grant, not once a step
            raise _StartOver
        upto = min(newest, after + STEP)
        _project(connection, book, after, upto)
        _project_again(connection, book, upto, other)
        tracked.keep(upto, book.recorded_at(upto))
        return upto, newest


def rebuild(book: Book, progress: Progress | None = None, *, source: Book | None = None) -> int:
    """Make all rows again from the journal, beside the old ones, and put them in their place at once.

    ``source``: a standby or copy of the book, which gives all entries that it has. A second rebuild waits for
    the first. Raises `Unreachable` where the views cannot be written, or the source is another book's.
    """
    with _opened(book, progress) as engine, store.locked(book.views) as still_locked, collector_at_rest():
        return _rebuild(engine, book, still_locked, progress, source)


def _rebuild(
    engine: Engine,
    book: Book,
    still_locked: Callable[[], object],
    progress: Progress | None,
    source: Book | None = None,
) -> int:
    source = source or book
    while True:
        if (upto := source.position()) and _entry_at(source, upto) != _entry_at(book, upto):
            raise Unreachable(f"{source.name} is no copy of {book.name}: they differ at position {upto:,}")
        _fill_shadows(engine, source, book.views, upto, progress)
        try:
            return _swap(engine, book, still_locked, upto)
        except _StartOver:
            continue


def _entry_at(book: Book, position: int) -> Stored | None:
    return next(book.stored(position, after=position - 1), None)


def status(book: Book) -> dict[str, int | float]:
    """Positions of the views and of the journal, how far the first is behind, and for how many seconds."""
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(_opened(book, trusting=True))
        except store.MayNotWrite:
            engine = stack.enter_context(store.opened(book.views, as_is=True))
        views, _ = _newest(engine)
    journal = book.position()
    first = book.recorded_at(views + 1) if views < journal else None
    seconds = 0.0 if first is None else max(0.0, (book.now() - first).total_seconds())
    return {"views": views, "journal": journal, "behind": journal - views, "seconds": round(seconds, 1)}


# ── a step ───────────────────────────────────────────────────────────────────────────────────


def _project(connection: Connection, book: Book, after: int, upto: int, prefix: str = "") -> None:
    """Replace the rows of every stream with an entry in (after, upto]."""
    with store_errors(book.journal.place):
        changed = {name: last for name, (_, last) in book.journal.changed_since(after, upto).items()}
    if FUND in changed:
        _project_fund(connection, book, upto, prefix, changed.pop(FUND))
    _project_streams(connection, book, upto, prefix, changed)


def _project_streams(
    connection: Connection, book: Book, upto: int, prefix: str, changed: dict[str, int]
) -> None:
    """Replace the rows of these grants and calls; each comes with its number of entries."""
    changed = {stream: last for stream, last in changed.items() if kind_of(stream) in ("grant", "call")}
    if not changed:
        return
    rules = Rules(fund_at(book, upto))
    for part in _parts(changed):
        rows = no_rows()
        for stream, entries in book.entries_of(part, upto):
            fold_stream(stream, entries, rules, rows)
        for about, tables in (("grant", GRANT_TABLES), ("call", CALL_TABLES)):
            ids = [stream.removeprefix(f"{about}:") for stream in part if kind_of(stream) == about]
            if ids:
                store.replace(connection, {table: rows[table] for table in tables}, about, ids, prefix)


def _parts(changed: dict[str, int]) -> Iterator[dict[str, int]]:
    """Yield the streams by name, in parts that have some thousand entries each."""
    part, held = dict[str, int](), 0
    for stream, last in sorted(changed.items()):
        part[stream] = last
        held += last + 1
        if held >= _IN_MEMORY:
            yield part
            part, held = {}, 0
    if part:
        yield part


def _counted_otherwise(connection: Connection, book: Book) -> set[str]:
    """The streams of which other rows count now than those that the tables were made from."""
    question = f"SELECT stream, version, position, quarantined, why FROM {left_out.name}"
    was = {tuple(row)[:4] for row in connection.exec_driver_sql(question)}
    now = {row[:4] for row in left_out_rows(book)}
    return {str(stream) for stream, *_ in was ^ now}


def _project_again(connection: Connection, book: Book, upto: int, streams: Collection[str]) -> None:
    """Replace the rows of these streams, and say what is left out."""
    if not streams:
        return
    _project_streams(
        connection, book, upto, "", {name: len(book.entries(name, known=upto)) for name in sorted(streams)}
    )
    _keep_left_out(connection, book)


def _keep_left_out(connection: Connection, book: Book) -> None:
    connection.exec_driver_sql(f"DELETE FROM {left_out.name}")
    if rows := left_out_rows(book):
        store.insert(connection, {left_out: rows})


_left_out = row_maker(left_out)


def left_out_rows(book: Book) -> list[Row]:
    """What counts in no table: each quarantined row, and where each stopped stream stops."""
    found = book.journal.left_out
    aside = [_aside(row, quarantined=True) for row in found.quarantined()]
    return aside + [_aside(stop, quarantined=False) for stop in found.faults()]


def _aside(row: Any, *, quarantined: bool) -> Row:
    why = str(row)
    return _left_out(
        stream=row.stream, version=row.version, position=row.position, quarantined=quarantined, why=why
    )


def fund_at(book: Book, position: int) -> Fund:
    """The fund as known at the position: from its snapshot where that is the newest."""
    fund = book.fund()
    return fund if book.position() == position else book.fund(known=position)


def _project_fund(connection: Connection, book: Book, upto: int, prefix: str, last: int) -> None:
    version, currency = _fund_is_at(connection, prefix)
    after = version + len(reached := reaching(last, FUND, book.entries(FUND, upto, after=version), version))
    newer = lawful(reached)
    if all(stands_alone(entry) for entry in newer) and version:
        rows = {fund_flows: flow_rows(newer, currency), fund_partners: partner_rows(newer)}
        store.insert(connection, rows, prefix)
        connection.exec_driver_sql(f"UPDATE {prefix}{fund_facts.name} SET version = {after}")
        return
    entries = book.entries(FUND, known=upto)
    if _rules_changed(entries, newer) and _has_grants(connection, prefix):
        raise _StartOver
    for table in FUND_TABLES:
        connection.exec_driver_sql(f"DELETE FROM {prefix}{table.name}")
    connection.exec_driver_sql(f"DELETE FROM {prefix}{obligation_steps.name} WHERE \"grant\" = ''")
    store.insert(connection, fold_fund(entries), prefix)


def _fund_is_at(connection: Connection, prefix: str) -> tuple[int, str]:
    found = connection.exec_driver_sql(f"SELECT version, currency FROM {prefix}{fund_facts.name}").fetchone()
    return (0, "") if found is None else (found[0], found[1])


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


def _fill_shadows(
    engine: Engine, book: Book, views: store.Place, upto: int, progress: Progress | None
) -> None:
    """Fill new tables in steps, up to the position."""
    from projections.engine.workers import folded_on_all_cores

    with store.writing(engine) as connection:
        store.create_shadows(connection, _REBUILT)
    done, fund = 0, fund_at(book, upto)
    for entries, rows in folded_on_all_cores(book, upto, fund, store.of_many_writers(views)):
        if any(rows.values()):
            with store.writing(engine) as connection:
                store.insert(connection, rows, SHADOW)
        done += entries
        if progress is not None:
            progress(done, upto)
    with store.writing(engine) as connection:
        store.finish_shadows(connection, _REBUILT)


def _swap(engine: Engine, book: Book, still_locked: Callable[[], object], filled: int) -> int:
    """Take in what came meanwhile, and put the new tables in the place of the old, in one transaction."""
    from projections.reports.sql_views import create_views, drop_views

    with store.writing(engine) as connection:
        newest = book.position()
        _project(connection, book, filled, newest, SHADOW)
        still_locked()  # whose lock was lost, another one may be filling the same shadows
        with store.remaking(connection):
            drop_views(connection)
            store.swap(connection, _REBUILT)
            create_views(connection)
        _keep_left_out(connection, book)
        connection.execute(tracking.delete())
        ViewsTracking.inside(connection).keep(newest, book.recorded_at(newest))
        return newest
