"""What was known at an earlier position, as tables.

The journal is asked first which streams have an entry since then. If they are few, only these are folded
again, up to the position, and their rows are laid over the views, of which nothing is copied. If they are
many, if an edition was adopted since, or if the views cannot be used, all streams are folded.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import Connection

from lifecycle.book.book import Book
from lifecycle.fund.establishment import FundEstablished
from lifecycle.fund.events import PolicyAdopted
from lifecycle.fund.state import Fund
from lifecycle.journal.journal import store_errors
from lifecycle.kernel.errors import Unreachable
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import DIRECTORY, FUND, Entry, grant_stream, kind_of, lawful
from lifecycle.kernel.memory import collector_at_rest
from projections import store
from projections.engine.fold import Rows, folded, folded_fund
from projections.engine.projector import belong_to, catch_up
from projections.engine.workers import folded_on_all_cores
from projections.folds.fund.contributions import partner_rows, stands_alone
from projections.schema.layout import (
    CALL_TABLES,
    DIRECTORY_TABLES,
    FUND_TABLES,
    GRANT_TABLES,
    fund_agreements,
    fund_details,
    fund_flows,
    fund_officers,
    fund_partner_changes,
    fund_partners,
    fund_pledges,
    fund_set_asides,
    grant_standing,
)
from projections.schema.tracking import ViewsTracking
from projections.store import overlay

_FEW = 1_000
"""This number of entries is folded again even if it is most of the journal."""
_SHARE = 10
"""If more than one in this number of entries has to be folded again, all are: that uses all processors."""
_TABLES = {
    "grant": [table for table in GRANT_TABLES if table is not grant_standing],
    "call": [*CALL_TABLES],
    DIRECTORY: [*DIRECTORY_TABLES],
}
"""The tables of grants, calls and the directory that reports read."""


@contextmanager
def as_known(book: Book, known: int, grant: str | None = None) -> Iterator[Connection]:
    """Yield the tables as known at the position.

    If a grant is named, only its rows, the fund's and the directory's can be relied on.
    """
    with ExitStack() as stack:
        connection = _laid_over_views(stack, book, known, grant)
        if connection is None:
            connection = stack.enter_context(store.new_tables())
            _insert(connection, _all_rows(book, known, grant, book.fund(known)))
        yield connection


def _insert(connection: Connection, parts: Iterator[tuple[int, Rows]]) -> None:
    with collector_at_rest():
        for _, rows in parts:
            rows.pop(grant_standing, None)
            store.insert(store.raw_of(connection), rows, overlay.OVER)


def _all_rows(book: Book, known: int, grant: str | None, fund: Fund) -> Iterator[tuple[int, Rows]]:
    """Yield the rows of all streams, or of the fund and one grant, from the journal alone."""
    if grant is None:
        yield from folded_on_all_cores(book, known, fund)
        return
    name = grant_stream(grant)
    yield from folded_fund(book.fund_pages(known), book.fund_corrections(known), fund)
    yield from folded([(stream, book.entries(stream, known=known)) for stream in (DIRECTORY, name)], fund)


# ── over the views ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Since:
    """What was recorded after the position."""

    streams: Mapping[str, int]
    """The version then of each other stream that has an entry since: 0 if it had no entry then."""
    fund_version: int
    """The version then of the fund."""
    fund_entries: Sequence[Entry]
    """The fund's entries since."""

    @property
    def may_change_editions(self) -> bool:
        """Whether an edition may have come or been corrected since."""
        return any(
            type(entry.event) in (FundEstablished, PolicyAdopted, EntryCorrected)
            for entry in self.fund_entries
        )

    @property
    def adds_to_fund(self) -> bool:
        """Whether the fund's rows then are those of now, without the rows of its entries since."""
        return all(map(stands_alone, lawful(self.fund_entries)))


def _laid_over_views(stack: ExitStack, book: Book, known: int, grant: str | None) -> Connection | None:
    """Return the views with the rows of what changed since laid over; `None` if they cannot be used for that.

    The stack closes what is opened.
    """
    if grant is None and _FEW < known < book.position() // 2:
        return None  # more was recorded since than until then
    try:
        with suppress(store.MayNotWrite):  # a user who may only read takes them as they are
            catch_up(book)
        with ExitStack() as opened:
            connection = opened.enter_context(store.laid_over(book.views))
            position, recorded_at = ViewsTracking.inside(store.raw_of(connection)).newest()
            if position < known or not belong_to(book, position, recorded_at):
                return None
            # The journal is read after the views, so that an entry recorded in between counts as a change.
            since = _recorded_since(book, known, grant)
            fund = book.fund(known) if since.may_change_editions else book.fund()
            if grant is None and not _is_worth_it(book, known, since, fund):
                return None
            _lay_over(connection, book, known, fund, since)
            stack.push(opened.pop_all())
            return connection
    except Unreachable:
        return None


def _recorded_since(book: Book, known: int, grant: str | None) -> _Since:
    """Return what was recorded since; of grants and calls, only the grant that is named, if one is."""
    with store_errors(book.journal.place):
        changed = book.journal.changed_since(known)
    first, _ = changed.pop(FUND, (0, 0))
    streams = {name: first - 1 for name, (first, _) in sorted(changed.items()) if kind_of(name) in _TABLES}
    if grant is not None:
        name = grant_stream(grant)
        of_directory = {stream: version for stream, version in streams.items() if stream == DIRECTORY}
        streams = {name: streams.get(name) or len(book.entries(name, known)), **of_directory}
    return _Since(streams, first - 1, book.entries(FUND, after=first - 1) if first else [])


def _is_worth_it(book: Book, known: int, since: _Since, fund: Fund) -> bool:
    """Return whether few entries have to be folded again, by the editions of now."""
    if sum(since.streams.values()) > max(_FEW, known // _SHARE):
        return False
    if not since.may_change_editions:
        return True
    now = book.fund()
    return (now.adoptions, now.currency) == (fund.adoptions, fund.currency)


def _lay_over(connection: Connection, book: Book, known: int, fund: Fund, since: _Since) -> None:
    ids = {
        kind: {name.removeprefix(f"{kind}:") for name in since.streams if kind_of(name) == kind}
        for kind in _TABLES
    }
    if not since.adds_to_fund:
        ids["grant"].add("")  # the fund's own obligations
    for kind, tables in _TABLES.items():
        overlay.lay_over(connection, tables, kind, ids[kind])
    if since.adds_to_fund:
        _show_fund_then(connection, since)
    else:
        _insert(connection, folded_fund(book.fund_pages(known), book.fund_corrections(known), fund))
    versions_then = {name: version for name, version in since.streams.items() if version}
    _insert(connection, folded(book.entries_of(versions_then, known), fund))


_ROWS_BY_VERSION = (
    fund_flows,
    fund_agreements,
    fund_officers,
    fund_partner_changes,
    fund_pledges,
    fund_set_asides,
)
"""The tables of the fund with a row for each entry that stands alone."""


def _show_fund_then(connection: Connection, since: _Since) -> None:
    """Show the fund's rows without those of its entries since."""
    joined = {str(row[0]) for row in partner_rows(lawful(since.fund_entries))}
    overlay.lay_over(connection, [fund_partners], "partner", joined)
    until = f"version <= {since.fund_version}" if since.fund_entries else "1"
    version = {"version": str(since.fund_version)} if since.fund_entries else {}
    for table in FUND_TABLES:
        if table is fund_details:
            overlay.show(connection, table, values=version)
        elif table is not fund_partners:
            overlay.show(connection, table, where=until if table in _ROWS_BY_VERSION else "1")
