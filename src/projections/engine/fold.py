"""Fold the entries of each stream into rows. One walk over a grant serves every projection."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache, lru_cache, partial
from typing import Any, Protocol

from lifecycle.fund.closing import FundClosed
from lifecycle.fund.establishment import FundEstablished
from lifecycle.fund.partners.obligations import donor_reports as report_steps
from lifecycle.fund.partners.obligations import instalments as instalment_steps
from lifecycle.fund.seat import offsets
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import steps
from lifecycle.grant.obligations.timeline import CONCERNS as OBLIGATED
from lifecycle.grant.proposal.request import request_digest
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.history import (
    DIRECTORY,
    FUND,
    Entry,
    in_force,
    kind_of,
    lawful,
)
from lifecycle.types.stage import Stage
from projections.engine.standing import as_text
from projections.folds import (
    budget,
    calls,
    disbursement,
    event_rows,
    exchanges,
    library_texts,
    named_institutions,
    payments,
    register,
    windows,
)
from projections.folds.budget import Budget
from projections.folds.calls import Answers, Scores, call_rows
from projections.folds.directory import directory_rows
from projections.folds.disbursement import Disbursement
from projections.folds.event_rows import EventRows
from projections.folds.exchanges import Activities, Attendance
from projections.folds.fund import instalments, set_asides
from projections.folds.fund.contributions import (
    agreement_rows,
    consultation_rows,
    flow_rows,
    partner_change_rows,
    partner_rows,
    pledge_rows,
    stands_alone,
)
from projections.folds.fund.fund_register import document_rows, officer_rows, window_rows
from projections.folds.library_texts import Texts
from projections.folds.named_institutions import NamedInstitutions
from projections.folds.payments import Payments
from projections.folds.register import Register
from projections.folds.results import follow_ups, indicators, outcomes, ratings
from projections.folds.results.follow_ups import FollowUps
from projections.folds.results.indicators import Indicators
from projections.folds.results.outcomes import Outcomes
from projections.folds.results.ratings import Ratings
from projections.folds.timeline import Compliance, rows_of
from projections.folds.windows import Windows
from projections.schema.layout import (
    CALL_TABLES,
    DIRECTORY_TABLES,
    GRANT_TABLES,
    call_spans,
    fund_agreements,
    fund_consultations,
    fund_details,
    fund_documents,
    fund_flows,
    fund_instalments,
    fund_officers,
    fund_partner_changes,
    fund_partners,
    fund_pledges,
    fund_set_asides,
    fund_windows,
    grant_standing,
    obligation_steps,
    payment_spans,
    seat_offsets,
    sector_names,
)
from projections.schema.rows import Row, day, row_maker, scale_of
from projections.schema.table_layout import TableLayout

Rows = dict[TableLayout, list[Row]]

BATCH = 5_000
"""The number of entries that are folded before their rows are written, so that memory stays small."""


_standing_row, _fund_row, _offset_row = (
    row_maker(table) for table in (grant_standing, fund_details, seat_offsets)
)


def no_rows() -> Rows:
    """Return an empty list for every table that grants, calls and the directory have rows in."""
    return {table: [] for table in (*GRANT_TABLES, *CALL_TABLES, *DIRECTORY_TABLES)}


class Rules:
    """The editions that govern grants, and the one that held on a day."""

    def __init__(self, fund: Fund) -> None:
        self.editions = fund.editions
        self.edition_on = lru_cache(maxsize=None)(fund.edition_on)


class Projection(Protocol):
    """Takes the events of one grant in their order, and returns the grant's rows of one table."""

    table: TableLayout

    def see(self, grant: Grant, event: Event) -> None:
        """Take an event that concerns this projection, with the grant's state after it."""

    def rows(self, stream: str) -> list[Row]:
        """Return the rows of the grant."""


def _event_rows(table: TableLayout, cells: event_rows.Cells, _: Rules) -> EventRows:
    return EventRows(table, cells)


_PROJECTIONS: tuple[tuple[Callable[[Rules], Any], Collection[type[Event]] | None], ...] = (
    (lambda _: Register(), register.CONCERNS),
    (lambda _: Disbursement(), disbursement.CONCERNS),
    (lambda _: Budget(), budget.CONCERNS),
    (lambda rules: Windows(rules.editions), windows.CONCERNS),
    (lambda rules: Compliance(rules.editions, rules.edition_on), None),
    (lambda _: Answers(), calls.CONCERNS),
    (lambda _: Scores(), calls.SCORES),
    (lambda _: Outcomes(), outcomes.CONCERNS),
    (lambda _: Activities(), exchanges.CONCERNS),
    (lambda _: Attendance(), exchanges.HELD),
    (lambda _: NamedInstitutions(), named_institutions.CONCERNS),
    *((partial(_event_rows, table, cells), types) for table, cells, types in event_rows.KINDS),
    (lambda _: FollowUps(), follow_ups.CONCERNS),
    (lambda rules: Ratings(rules.editions), ratings.CONCERNS),
    (lambda _: Indicators(), indicators.CONCERNS),
    (lambda _: Texts(), library_texts.CONCERNS),
)
"""Each projection of grants, and the types of events that concern it; `None` for all."""


def tables_changed_by(event_type: type[Event]) -> list[str]:
    """Return the names of the tables whose rows an event of a grant changes."""
    rules = Rules(Fund())
    of_payments = [payment_spans.name] if event_type in payments.CONCERNS else []
    return of_payments + [
        make(rules).table.name
        for make, types in _PROJECTIONS
        if event_type in (OBLIGATED if types is None else types)
    ]


@cache
def _concerned(event_type: type[Event]) -> tuple[int, ...]:
    """Return the indexes in `_PROJECTIONS` of those that an event of the type concerns."""
    return tuple(i for i, (_, types) in enumerate(_PROJECTIONS) if types is None or event_type in types)


def fold_stream(stream: str, entries: Sequence[Entry], rules: Rules, into: Rows) -> None:
    """Add the rows of one grant or call, or of the directory."""
    kind = kind_of(stream)
    if kind == "call":
        fold_call(stream, entries, into)
    elif kind == "grant":
        fold_grant(stream, entries, rules, into)
    elif stream == DIRECTORY:
        for table, rows in directory_rows(in_force(entries)).items():
            into[table] += rows


def fold_grant(stream: str, entries: Sequence[Entry], rules: Rules, into: Rows) -> None:
    """Add the rows of one grant."""
    entries_in_force = in_force(entries)
    if not entries_in_force:
        return
    projections: list[Projection] = [make(rules) for make, _ in _PROJECTIONS]
    of_payments = Payments()
    see = [projection.see for projection in projections]
    for entry, grant in steps(entries_in_force):
        event = entry.event
        for i in _concerned(type(event)):
            see[i](grant, event)
        if type(event) in payments.CONCERNS:
            of_payments.see(grant, entry)
    state = grant.freeze()
    for projection in projections:
        into[projection.table] += projection.rows(stream)
    into[payment_spans] += of_payments.rows(stream)
    into[sector_names] += register.sector_rows(stream, entries_in_force)
    if state.stage is Stage.REQUESTED:
        state = state.replace(request_digest=request_digest(state))
    name, version = stream.removeprefix("grant:"), len(entries)
    into[grant_standing].append(
        _standing_row(grant=name, version=version, state=as_text(name, version, state))
    )


def fold_call(stream: str, entries: Sequence[Entry], into: Rows) -> None:
    """Add the rows of one call."""
    into[call_spans] += call_rows(stream.removeprefix("call:"), in_force(entries))


def fold_fund(entries: Sequence[Entry], length: int | None = None) -> Rows:
    """Return the fund's rows. ``length`` is the number of all its entries, if these are only some of them."""
    entries_in_force = in_force(entries)
    events = (entry.event for entry in entries_in_force)
    establishment = next((event for event in events if isinstance(event, FundEstablished)), None)
    if establishment is None:
        return {}
    of_fund = [entry.event for entry in entries_in_force]
    currency, time_zone = establishment.currency, establishment.time_zone
    fund_row = _fund_row(
        version=length or len(entries),
        currency=currency,
        scale=scale_of(currency),
        fiscal_year_start=establishment.fiscal_year_start,
        name=establishment.name,
        time_zone=time_zone,
        closed_on=next((day(event.on) for event in of_fund if isinstance(event, FundClosed)), None),
    )
    return {
        **rows_of_independent(entries_in_force, currency),
        fund_instalments: instalments.rows_of(entries_in_force),
        fund_consultations: consultation_rows(entries_in_force),
        fund_documents: document_rows(entries_in_force),
        fund_windows: window_rows(entries_in_force),
        fund_details: [fund_row],
        seat_offsets: [_offset_row(since=since, seconds=seconds) for since, seconds in offsets(time_zone)],
        obligation_steps: rows_of("", [*instalment_steps(of_fund), *report_steps(of_fund)]),
    }


def rows_of_independent(entries: Sequence[Entry], currency: str) -> Rows:
    """Return the rows of the fund's entries that need no other entry."""
    return {
        fund_flows: flow_rows(entries, currency),
        fund_agreements: agreement_rows(entries),
        fund_partners: partner_rows(entries),
        fund_partner_changes: partner_change_rows(entries),
        fund_pledges: pledge_rows(entries, currency),
        fund_set_asides: set_asides.rows_of(entries),
        fund_officers: officer_rows(entries),
    }


def folded_fund(
    pages: Iterable[Sequence[Entry]], corrections: Sequence[Entry], fund: Fund
) -> Iterator[tuple[int, Rows]]:
    """Yield the fund's rows a page of its entries at a time, each with the number of entries.

    Every approval adds an entry to the fund, so there may be very many. Only entries that do not stand alone,
    or were corrected, are kept in memory to the end.
    """
    corrected = {entry.event.entry for entry in corrections if isinstance(entry.event, EntryCorrected)}
    dependent: list[Entry] = []
    length = 0
    for page in pages:
        independent: list[Entry] = []
        for entry in lawful(page):
            is_independent = stands_alone(entry) and entry.originator_version not in corrected
            (independent if is_independent else dependent).append(entry)
        length += len(page)
        yield len(page), rows_of_independent(independent, fund.currency)
    yield 0, fold_fund(dependent, length)


def folded(streams: Iterable[tuple[str, Sequence[Entry]]], fund: Fund) -> Iterator[tuple[int, Rows]]:
    """Yield the rows of the streams, some thousand entries at a time, with the number of entries."""
    rules, rows, count = Rules(fund), no_rows(), 0
    for stream, entries in streams:
        if stream == FUND:
            yield len(entries), fold_fund(entries)
            continue
        fold_stream(stream, entries, rules, rows)
        count += len(entries)
        if count >= BATCH:
            yield count, rows
            rows, count = no_rows(), 0
    yield count, rows
