"""Pools: the money of each agreement and the free pool, and which requests wait for which of them."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Text, literal, select

from lifecycle.decide.pairs.pool_draws import rank_of
from lifecycle.fund.parts.pool import Agreement, Terms
from lifecycle.fund.pools.account import BINDS, OTHER, PREFERS, taken
from lifecycle.types.stage import NOT_STATED
from projections.reports import common_columns as common
from projections.reports.fund.set_asides import left_on
from projections.reports.money.attribution import partner_of_agreements, parts
from projections.reports.portfolio.register import standing_on
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.rows import Row, written
from projections.schema.tables import fund_agreements, holding

COLUMNS = Columns(
    Column("pool", Type.TEXT, "The agreement; null for the free pool: money that came under none", width=14),
    Column("partner", Type.TEXT, "Whose agreement it is; null for the free pool"),
    Column("preference", Type.TEXT, "Which grants it is for, hard or soft; null for all alike"),
    Column("held", Type.MONEY, "Received, less fees and what was returned; the free pool with income"),
    Column(
        "set_aside",
        Type.MONEY,
        "Set aside for calls and plans, and not used: first of the free pool, then of what is left elsewhere",
    ),
    Column("committed", Type.MONEY, "Drawn by grants, less what they gave back"),
    Column("paid", Type.MONEY, "Paid of it, less what came back"),
    Column("overpaid", Type.MONEY, "Paid beyond commitments and not come back; of the free pool"),
    Column("free", Type.MONEY, "held - set_aside - committed - overpaid: what grants can still draw"),
    Column("valid_until", Type.DAY, "The last day on which grants may draw from it; null without one"),
    Column("end_disbursement", Type.DAY, "The last day on which it may be paid; null without one"),
    common.CURRENCY,
    first="pool partner preference held set_aside committed paid free",
)
_HELD = {"received": 1, "income": 1, "fees": -1, "returned": -1}
_COMMITTED = {"approved": 1, "increased": 1, "cancelled": -1}
_PAID = {"disbursed": 1, "refunded": -1}


class _Sums(NamedTuple):
    """Sums of one pool in minor units."""

    held: int = 0
    committed: int = 0
    paid: int = 0
    overpaid: int = 0

    @property
    def free(self) -> int:
        """Return what grants can still draw."""
        return self.held - self.committed - self.overpaid

    def plus(self, kind: str, amount: int) -> "_Sums":
        """Return the sums with a part of a movement."""
        return _Sums(
            self.held + _HELD.get(kind, 0) * amount,
            self.committed + _COMMITTED.get(kind, 0) * amount,
            self.paid + _PAID.get(kind, 0) * amount,
            self.overpaid + (amount if kind == "overpaid" else 0),
        )


def agreements_on(connection: Connection, on: date) -> dict[str, Agreement]:
    """Return the agreements of the day by name, with their terms and without their money."""
    a = fund_agreements.c
    rows = connection.execute(
        select(a.agreement, a.on, a.terms).where(a.on <= on.isoformat()).order_by(a.on, a.version)
    )
    partners = partner_of_agreements(connection)
    agreements: dict[str, Agreement] = {}
    for name, since, stated in rows:
        terms = Terms.model_validate_json(stated)
        known, day = agreements.get(name), date.fromisoformat(since)
        new = Agreement(partners[name], "", ((day, terms),))
        agreements[name] = new if known is None else known.amended(day, terms)
    return dict(sorted(agreements.items()))


def preference_in_words(terms: Terms) -> str | None:
    """Return the preference as text, such as ``hard: countries TZ, UG``; `None` without one."""
    preference = terms.preference
    if preference is None:
        return None
    lists = preference.model_dump(exclude={"strength"})
    stated = "; ".join(f"{name} {', '.join(values)}" for name, values in lists.items() if values)
    return f"{preference.strength}: {stated}" if stated else preference.strength


def _sums_on(connection: Connection, as_of: date) -> dict[str | None, _Sums]:
    """Return the sums of each pool by the end of the day."""
    on = as_of.isoformat()
    sums: dict[str | None, _Sums] = defaultdict(_Sums)
    for part in parts(connection):
        if part.on <= on:
            sums[part.agreement] = sums[part.agreement].plus(part.kind, part.amount)
    return sums


def _set_aside_on(
    connection: Connection, as_of: date, free: Mapping[str | None, int], stated: Mapping[str, Terms]
) -> dict[str | None, int]:
    """Return how much of what is set aside lies in each pool.

    A set-aside is of no agreement. What it lowers for others is counted first in the free pool, then in
    agreements in proportion to what they have left, those that bind last. Beyond that it is the free pool's.
    """
    whole = int(connection.scalar(select(left_on(literal(as_of.isoformat(), Text)))) or 0)
    ranks = {
        name: OTHER if terms.preference is not None and terms.preference.strength == "hard" else PREFERS
        for name, terms in stated.items()
    }
    rooms = {(BINDS if name is None else ranks[name], name): left for name, left in free.items()}
    parts: dict[str | None, int] = {name: units for (_, name), units in taken(whole, rooms).items()}
    parts[None] = parts.get(None, 0) + whole - sum(parts.values())
    return parts


def pools(connection: Connection, as_of: date) -> Iterator[Row]:
    """Yield a row for each agreement of the day, and one for the free pool."""
    sums, agreements = _sums_on(connection, as_of), agreements_on(connection, as_of)
    currency, scale = holding(connection)
    stated = {name: agreements[name].terms_on(as_of) for name in agreements}
    set_aside = _set_aside_on(
        connection, as_of, {name: sums[name].free for name in (*agreements, None)}, stated
    )
    for name in (*agreements, None):
        of, terms = sums[name], stated[name] if name is not None else Terms()
        yield COLUMNS.row(
            pool=name,
            partner=agreements[name].partner if name is not None else None,
            preference=preference_in_words(terms),
            held=written(of.held, scale),
            set_aside=written(set_aside.get(name, 0), scale),
            committed=written(of.committed, scale),
            paid=written(of.paid, scale),
            overpaid=written(of.overpaid, scale),
            free=written(of.free - set_aside.get(name, 0), scale),
            valid_until=terms.valid_until and terms.valid_until.isoformat(),
            end_disbursement=terms.end_disbursement and terms.end_disbursement.isoformat(),
            currency=currency,
        )


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each agreement's pool and the free pool, as they were at the end of the day."""
    del as_of, grant
    return Question(COLUMNS, pools)


REQUEST_COLUMNS = Columns(
    common.GRANT,
    common.TITLE,
    Column("requested", Type.MONEY, "What is asked for"),
    Column("pools", Type.TEXT, "The agreements whose money is for it or may be used for it; empty if none"),
    Column("left", Type.MONEY, "What these pools and the free pool have left, with what is set aside"),
    Column("missing", Type.MONEY, "What is asked for beyond that; zero if it is covered"),
    common.CURRENCY,
    first="grant requested pools left missing",
)


class _Request(NamedTuple):
    """What of a request decides from which pools it may draw."""

    window: str
    sector: str
    stated_recipients: tuple[str, ...]


def requests(connection: Connection, as_of: date) -> Iterator[Row]:
    """Yield a row for each grant that waits for an approval, those that no pool fits first."""
    sums, agreements = _sums_on(connection, as_of), agreements_on(connection, as_of)
    currency, scale = holding(connection)
    rows: list[tuple[int, str, Row]] = []
    for row in standing_on(connection, as_of):
        if row.stage != "requested" or not row.asked:
            continue
        recipients = tuple(code for code in json.loads(row.recipients) if code != NOT_STATED)
        request = _Request(row.window, row.sector, recipients)
        fitting = [name for name, agreement in agreements.items() if rank_of(agreement, request, as_of)]
        left = sum(max(0, sums[name].free) for name in (*fitting, None))
        missing = max(0, row.asked - left)
        cells = REQUEST_COLUMNS.row(
            grant=row.grant,
            title=row.title,
            requested=written(row.asked, scale),
            pools=", ".join(fitting),
            left=written(left, scale),
            missing=written(missing, scale),
            currency=currency,
        )
        rows.append((-missing, row.grant, cells))
    for _, _, cells in sorted(rows, key=lambda item: item[:2]):
        yield cells


def report_by_request(as_of: ColumnElement[str]) -> Question:
    """Ask for the requests that wait, each with the pools that fit it and what is missing in them."""
    del as_of
    return Question(REQUEST_COLUMNS, requests)
