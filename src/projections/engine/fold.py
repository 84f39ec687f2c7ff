"""One walk over a grant's entries in force serves every projection."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache, lru_cache, partial
from typing import Any, Protocol

from sqlalchemy import Table

from lifecycle.fund.establishment import FundEstablished
from lifecycle.fund.obligations import instalments as instalment_steps
from lifecycle.fund.seat import offsets
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import EVOLVE, begin
from lifecycle.grant.obligations.timeline import CONCERNS as OBLIGATED
from lifecycle.grant.proposal.request import request_digest
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.history import (
    FUND,
    Entry,
    in_force,
    kind_of,
    lawful,
)
from lifecycle.types.stage import Stage
from projections.engine.standing import as_text
from projections.reports import event_rows
from projections.reports.event_rows import EventRows
from projections.reports.fund import calls, instalments
from projections.reports.fund.calls import Answers, Scores, call_rows
from projections.reports.fund.contributions import (
    consultation_rows,
    flow_rows,
    partner_rows,
    stands_alone,
)
from projections.reports.money import disbursement
from projections.reports.money.disbursement import Disbursement
from projections.reports.portfolio import register, windows
from projections.reports.portfolio.register import Register
from projections.reports.portfolio.timeline import Compliance, rows_of
from projections.reports.portfolio.windows import Windows
from projections.reports.results import (
    exchanges,
    follow_ups,
    library_texts,
    outcomes,
)
from projections.reports.results.exchanges import Activities, Attendance
from projections.reports.results.follow_ups import FollowUps
from projections.reports.results.library_texts import Texts
from projections.reports.results.outcomes import Outcomes
from projections.schema.rows import row_maker
from projections.schema.tables import (
    CALL_TABLES,
    GRANT_TABLES,
    Row,
    call_spans,
    fund_consultations,
    fund_facts,
    fund_flows,
    fund_instalments,
    fund_partners,
    grant_standing,
    obligation_steps,
    scale_of,
    seat_offsets,
    sector_names,
)

Rows = dict[Table, list[Row]]

BATCH = 5_000
"""How many entries are folded before their rows are written: memory stays small, transactions short."""


_stands, _constants, _offset = row_maker(grant_standing), row_maker(fund_facts), row_maker(seat_offsets)


def no_rows() -> Rows:
    """An empty list for every table that grants and calls have rows in."""
    return {table: [] for table in (*GRANT_TABLES, *CALL_TABLES)}


class Rules:
    """The editions that govern grants, and which of them held on a day."""

    def __init__(self, fund: Fund) -> None:
        self.editions = fund.editions
        self.edition_on = lru_cache(maxsize=None)(fund.edition_on)


class Projection(Protocol):
    """Follows one grant through its entries, and gives the rows of one table."""

    table: Table

    def see(self, grant: Grant, event: Event) -> None:
        """Take in an event that concerns it; ``grant``: the state after it."""

    def rows(self, stream: str) -> list[Row]:
        """Return its rows of the grant."""


def _event_rows(table: Table, cells: event_rows.Cells, _: Rules) -> EventRows:
    return EventRows(table, cells)


_MAKE: tuple[tuple[Callable[[Rules], Any], Collection[type[Event]] | None], ...] = (
    (lambda _: Register(), register.CONCERNS),
    (lambda _: Disbursement(), disbursement.CONCERNS),
    (lambda rules: Windows(rules.editions), windows.CONCERNS),
    (lambda rules: Compliance(rules.editions, rules.edition_on), None),
    (lambda _: Answers(), calls.CONCERNS),
    (lambda _: Scores(), calls.SCORES),
    (lambda _: Outcomes(), outcomes.CONCERNS),
    (lambda _: Activities(), exchanges.CONCERNS),
    (lambda _: Attendance(), exchanges.HELD),
    *((partial(_event_rows, table, cells), kinds) for table, cells, kinds in event_rows.KINDS),
    (lambda _: FollowUps(), follow_ups.CONCERNS),
    (lambda _: Texts(), library_texts.CONCERNS),
)
"""Each projection of grants, and the events that concern it; `None` for all."""


def readers(kind: type[Event]) -> list[str]:
    """The tables whose rows an event of a grant changes; for the reference."""
    rules = Rules(Fund())
    found = ((make(rules).table.name, kinds) for make, kinds in _MAKE)
    return [name for name, kinds in found if kind in (OBLIGATED if kinds is None else kinds)]


@cache
def _concerned(kind: type[Event]) -> tuple[int, ...]:
    """The places in `_MAKE` of the projections that an event of the kind concerns."""
    return tuple(i for i, (_, kinds) in enumerate(_MAKE) if kinds is None or kind in kinds)


def fold_stream(stream: str, entries: Sequence[Entry], rules: Rules, into: Rows) -> None:
    """Add the rows of one grant or call."""
    about = kind_of(stream)
    if about == "call":
        fold_call(stream, entries, into)
    elif about == "grant":
        fold_grant(stream, entries, rules, into)


def fold_grant(stream: str, entries: Sequence[Entry], rules: Rules, into: Rows) -> None:
    """Add the rows of one grant."""
    held = in_force(entries)
    if not held:
        return
    projections: list[Projection] = [make(rules) for make, _ in _MAKE]
    see = [one.see for one in projections]
    state = begin(held[0])
    for place, entry in enumerate(held):
        event = entry.event
        if place:
            state = EVOLVE[type(event)](state, event)
        for i in _concerned(type(event)):
            see[i](state, event)
    for one in projections:
        into[one.table] += one.rows(stream)
    into[sector_names] += register.sector_rows(stream, held)
    if state.stage is Stage.REQUESTED:
        state = state.replace(request_digest=request_digest(state))
    name, version = stream.removeprefix("grant:"), len(entries)
    into[grant_standing].append(_stands(grant=name, version=version, state=as_text(name, version, state)))


def fold_call(stream: str, entries: Sequence[Entry], into: Rows) -> None:
    """Add the rows of one call."""
    into[call_spans] += call_rows(stream.removeprefix("call:"), in_force(entries))


def fold_fund(entries: Sequence[Entry], length: int | None = None) -> Rows:
    """The fund's rows, from all of its entries; or from some of them, where it has ``length``."""
    held = in_force(entries)
    founded = next((e.event for e in held if isinstance(e.event, FundEstablished)), None)
    if founded is None:
        return {}
    currency = founded.currency
    constants = _constants(
        version=length or len(entries),
        currency=currency,
        scale=scale_of(currency),
        fiscal_year_start=founded.fiscal_year_start,
        name=founded.name,
        time_zone=founded.time_zone,
    )
    return {
        fund_flows: flow_rows(held, currency),
        fund_partners: partner_rows(held),
        fund_instalments: instalments.rows_of(held),
        fund_consultations: consultation_rows(held),
        fund_facts: [constants],
        seat_offsets: [_offset(since=since, seconds=east) for since, east in offsets(founded.time_zone)],
        obligation_steps: rows_of("", instalment_steps(entry.event for entry in held)),
    }


def folded_fund(
    pages: Iterable[Sequence[Entry]], corrections: Sequence[Entry], fund: Fund
) -> Iterator[tuple[int, Rows]]:
    """The fund's rows, a page of its entries at a time: every approval adds to them, so they are many.

    Only those that do not stand alone, or were corrected, are kept in memory to the end.
    """
    corrected = {entry.event.entry for entry in corrections if isinstance(entry.event, EntryCorrected)}
    apart: list[Entry] = []
    length = 0
    for page in pages:
        alone: list[Entry] = []
        for entry in lawful(page):
            free = stands_alone(entry) and entry.originator_version not in corrected
            (alone if free else apart).append(entry)
        length += len(page)
        flows, partners = flow_rows(alone, fund.currency), partner_rows(alone)
        yield len(page), {fund_flows: flows, fund_partners: partners}
    yield 0, fold_fund(apart, length)


def folded(streams: Iterable[tuple[str, Sequence[Entry]]], fund: Fund) -> Iterator[tuple[int, Rows]]:
    """The rows of many streams, some thousand entries at a time, each with the number of its entries."""
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
