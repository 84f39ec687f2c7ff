"""A statement for one partner: its money, its grants, the reports that it is owed, and what changed.

The rows are of a book on one day, as known at one position. What changed since an earlier statement is the
difference from the rows of that day, as they were known then.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Literal, NamedTuple

from sqlalchemy import Connection, select

from lifecycle.fund.contributions import DONOR_REPORT, item_of
from lifecycle.fund.partners.donor_reports import DonorReportSubmitted
from lifecycle.kernel.history import Entry, in_force
from projections.choices import AS_OF
from projections.filters.declared import Filters
from projections.filters.known_values import require_known
from projections.reports import common_columns as common
from projections.reports.fund.contributions import name_on
from projections.reports.fund.pools import agreements_on, preference_in_words
from projections.reports.money.attribution import parts
from projections.reports.money.value import ratio
from projections.reports.portfolio import timeline
from projections.reports.portfolio.register import standing_on
from projections.schema.columns import Column, Columns, Type
from projections.schema.rows import Row, written
from projections.schema.tables import fund_partners

COLUMNS = Columns(
    Column("what", Type.CODE, "`now`, or `change`: the difference from the statement before"),
    Column("about", Type.CODE, "`partner`, `agreement`, `free_pool`, `grant` or `donor_report`"),
    Column("item", Type.TEXT, "The partner, the agreement, the grant, or the report's item in the timeline"),
    Column(
        "name",
        Type.TEXT,
        "The partner's name in full on the day, what the agreement's money is for, or the grant's title",
        width=24,
    ),
    Column("received", Type.MONEY, "Paid in, at the rates of receipt"),
    Column("fees", Type.MONEY, "Charged to it"),
    Column("returned", Type.MONEY, "Returned to it"),
    Column("drawn", Type.MONEY, "Drawn by grants, less what they gave back"),
    Column("paid", Type.MONEY, "Paid of it, less what came back"),
    Column("left", Type.MONEY, "received - fees - returned - drawn; of a grant drawn - paid"),
    Column(
        "share",
        Type.NUMBER,
        "The partner's share of the grant",
        denominator="share is drawn / what is committed to the grant.",
    ),
    Column("status", Type.CODE, "The stage of the grant, or the status of the report that is owed"),
    Column("due_on", Type.DAY, "When the report is due"),
    common.CURRENCY,
    first="about item received drawn paid left status",
    overlap="The rows are of the same money, so they are not added up.",
)
MONEY = ("received", "fees", "returned", "drawn", "paid", "left")
_SIGNS = {
    "received": {"received": 1, "left": 1},
    "fees": {"fees": 1, "left": -1},
    "returned": {"returned": 1, "left": -1},
    "approved": {"drawn": 1, "left": -1},
    "increased": {"drawn": 1, "left": -1},
    "cancelled": {"drawn": -1, "left": 1},
    "disbursed": {"paid": 1},
    "refunded": {"paid": -1},
}
"""Which sums a part of a movement changes, by its kind, and with which sign."""
_OPEN = ("overdue", "due_soon", "upcoming")
About = Literal["partner", "agreement", "free_pool", "grant", "donor_report"]


class Line(NamedTuple):
    """A row of the statement, with its amounts in minor units."""

    name: str | None = None
    amounts: Mapping[str, int] | None = None
    share: str | None = None
    status: str | None = None
    due_on: str | None = None


Lines = dict[tuple[About, str], Line]
"""The rows by what they are about and the item, in their order."""


def lines(connection: Connection, partner: str, as_of: date) -> Lines:
    """Return the rows of a partner on the day; none if it had not joined by then."""
    joined = select(fund_partners.c.partner).where(
        fund_partners.c.partner == partner, fund_partners.c.joined_on <= as_of.isoformat()
    )
    if connection.execute(joined).first() is None:
        return {}
    on = as_of.isoformat()
    whole: dict[str, int] = dict.fromkeys(MONEY, 0)
    of_pools: dict[str | None, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MONEY, 0))
    of_grants: dict[str, dict[str, int]] = defaultdict(lambda: {"drawn": 0, "paid": 0})
    committed: dict[str, int] = defaultdict(int)
    for part in parts(connection):
        signs = _SIGNS.get(part.kind)
        if part.on > on or signs is None:
            continue
        if part.grant is not None:
            committed[part.grant] += signs.get("drawn", 0) * part.amount
        if part.partner != partner:
            continue
        for name, sign in signs.items():
            whole[name] += sign * part.amount
            of_pools[part.agreement][name] += sign * part.amount
            if part.grant is not None and name != "left":
                of_grants[part.grant][name] += sign * part.amount
    in_full = connection.scalar(
        select(name_on(fund_partners.c.partner, AS_OF)).where(fund_partners.c.partner == partner),
        {"as_of": on},
    )
    found: Lines = {("partner", partner): Line(in_full, whole)}
    found |= _pools(connection, partner, as_of, of_pools)
    found |= _grants(connection, as_of, of_grants, committed)
    found |= _reports(connection, partner, as_of)
    return found


def _pools(
    connection: Connection, partner: str, as_of: date, sums: Mapping[str | None, Mapping[str, int]]
) -> Iterator[tuple[tuple[About, str], Line]]:
    """Yield a row for each of the partner's agreements, and one for what it gave under none."""
    for name, agreement in agreements_on(connection, as_of).items():
        if agreement.partner == partner:
            meant_for = preference_in_words(agreement.terms_on(as_of))
            yield ("agreement", name), Line(meant_for, sums.get(name, dict.fromkeys(MONEY, 0)))
    if None in sums:
        yield ("free_pool", ""), Line(None, sums[None])


def _grants(
    connection: Connection,
    as_of: date,
    sums: Mapping[str, Mapping[str, int]],
    committed: Mapping[str, int],
) -> Iterator[tuple[tuple[About, str], Line]]:
    """Yield a row for each grant that draws, or drew, on the partner."""
    for row in standing_on(connection, as_of):
        if (own := sums.get(row.grant)) is not None:
            amounts = {**own, "left": own["drawn"] - own["paid"]}
            share = ratio(own["drawn"], committed[row.grant])
            yield ("grant", row.grant), Line(row.title, amounts, share, row.stage)


def _reports(connection: Connection, partner: str, as_of: date) -> Iterator[tuple[tuple[About, str], Line]]:
    """Yield a row for each report that the partner is owed and that is not met, the next due first."""
    answer = timeline.report(AS_OF).answer
    t = answer.order_by(None).subquery().c  # type: ignore[union-attr]
    question = select(t.item, t.status, t.due_on).where(
        t.obligation == DONOR_REPORT,
        t.item.startswith(item_of(partner, ""), autoescape=True),
        t.status.in_(_OPEN),
    )
    for row in connection.execute(question.order_by(t.due_on, t.item), {"as_of": as_of.isoformat()}):
        yield ("donor_report", row.item), Line(status=row.status, due_on=row.due_on)


def changes(then: Lines, now: Lines) -> Lines:
    """Return a row for each line that differs, with the differences of its amounts, and both statuses."""
    found: Lines = {}
    for key in (*now, *(key for key in then if key not in now)):
        before, after = then.get(key, Line()), now.get(key, Line())
        if before._replace(share=None) == after._replace(share=None):
            continue
        amounts, ended = None, "no longer owed" if key[0] == "donor_report" else "gone"
        if before.amounts is not None or after.amounts is not None:
            old, new = before.amounts or {}, after.amounts or {}
            amounts = {name: new.get(name, 0) - old.get(name, 0) for name in MONEY if name in {**old, **new}}
        found[key] = Line(
            _changed(before.name, after.name),
            amounts,
            None,
            _changed(before.status, after.status, ended) if before.status != after.status else None,
            after.due_on,
        )
    return found


def _changed(before: str | None, after: str | None, ended: str = "gone") -> str | None:
    """Return the new text, or ``ended``; with the old one before it if there was another."""
    if before is None or before == after:
        return after
    return f"{before} → {after or ended}"


def rows(money: tuple[str, int], found: Lines, what: str) -> Iterator[Row]:
    """Yield the rows of the report. ``money``: the fund's currency, and its number of decimals."""
    currency, scale = money
    for (about, item), line in found.items():
        amounts = line.amounts or {}
        yield COLUMNS.row(
            what=what,
            about=about,
            item=item or None,
            name=line.name,
            **{name: written(amounts[name], scale) if name in amounts else None for name in MONEY},
            share=line.share,
            status=line.status,
            due_on=line.due_on,
            currency=currency,
        )


def require_partner(connection: Connection, partner: str, as_of: date) -> None:
    """Raise `UnknownValue` if the partner had not joined by the day."""
    require_known(connection, Filters(partner=partner), as_of)


def last_report(entries: Sequence[Entry], partner: str, as_of: date) -> Entry | None:
    """Return the last report to the partner by the day; `None` if there was none. ``entries``: the fund's."""
    reports = [
        entry
        for entry in in_force(entries)
        if isinstance(entry.event, DonorReportSubmitted)
        if entry.event.partner == partner and entry.on <= as_of
    ]
    return reports[-1] if reports else None
