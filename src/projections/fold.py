"""One walk over a grant's entries in force serves every projection."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from sqlalchemy import Table

from lifecycle.decisions.proposal import request_digest
from lifecycle.events.fund import FundEstablished
from lifecycle.fund import Fund
from lifecycle.grant import EVOLVE, begin
from lifecycle.history import FUND, Entry, in_force
from lifecycle.obligations import instalments
from lifecycle.stage import Stage
from projections.disbursement import Disbursement
from projections.fund import flow_rows, partner_rows
from projections.register import Register
from projections.standing import as_text
from projections.tables import (
    GRANT_TABLES,
    Row,
    fund_facts,
    fund_flows,
    fund_partners,
    grant_standing,
    obligation_steps,
    scale_of,
)
from projections.timeline import Compliance, rows_of
from projections.windows import Windows

Rows = dict[Table, list[Row]]

BATCH = 5_000
"""So many entries are folded before their rows are written: memory stays small, transactions short."""


def no_rows() -> Rows:
    """An empty list for every table that grants have rows in."""
    return {table: [] for table in GRANT_TABLES}


class Rules:
    """The editions that govern grants, and which of them held on a day."""

    def __init__(self, fund: Fund) -> None:
        self.editions = fund.editions
        self.edition_on = lru_cache(maxsize=None)(fund.edition_on)


def fold_grant(stream: str, entries: Sequence[Entry], rules: Rules, into: Rows) -> None:
    """Add the rows of one grant."""
    held = in_force(entries)
    if not held:
        return
    projections = (
        Register(),
        Disbursement(),
        Windows(rules.editions),
        Compliance(rules.editions, rules.edition_on),
    )
    see_register, see_disbursement, see_windows, see_timeline = (one.see for one in projections)
    state = begin(held[0])
    for place, entry in enumerate(held):
        event = entry.event
        if place:
            state = EVOLVE[type(event)](state, event)
        see_register(state, event)
        see_disbursement(state, event)
        see_windows(state, event)
        see_timeline(state, event)
    for one in projections:
        into[one.table] += one.rows(stream)
    if state.stage is Stage.REQUESTED:
        state = state.but(request_digest=request_digest(state))
    into[grant_standing].append((stream.removeprefix("grant:"), len(entries), as_text(state)))


def fold_fund(entries: Sequence[Entry]) -> Rows:
    """The fund's rows, from all of its entries."""
    held = in_force(entries)
    founded = next((e.event for e in held if isinstance(e.event, FundEstablished)), None)
    if founded is None:
        return {}
    currency = founded.currency
    return {
        fund_flows: flow_rows(held, currency),
        fund_partners: partner_rows(held),
        fund_facts: [(len(entries), currency, scale_of(currency), founded.fiscal_year_start)],
        obligation_steps: rows_of("", instalments(entry.event for entry in held)),
    }


def folded(streams: Iterable[tuple[str, Sequence[Entry]]], fund: Fund) -> Iterator[tuple[int, Rows]]:
    """The rows of many streams, some thousand entries at a time, each with the number of its entries."""
    rules, rows, count = Rules(fund), no_rows(), 0
    for stream, entries in streams:
        if stream == FUND:
            yield len(entries), fold_fund(entries)
            continue
        fold_grant(stream, entries, rules, rows)
        count += len(entries)
        if count >= BATCH:
            yield count, rows
            rows, count = no_rows(), 0
    yield count, rows
