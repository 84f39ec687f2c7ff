"""Parties, experts and meetings of the partners, as they were recorded."""

from sqlalchemy import ColumnElement, select

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.tables import engaged_experts, fund_consultations, involved_parties

PARTIES = Columns(
    common.GRANT,
    common.SINCE,
    Column("role", Type.TEXT, "`facilitating` or `financing`"),
    common.COUNTRY.but(meaning="ISO 3166-1; null for an organization of no one country"),
    Column("organization", Type.TEXT, "Its name", width=24),
    first="grant role country organization since",
)


def parties(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each country or organization that facilitates or finances an exchange between others (S4)."""
    p = involved_parties.c
    rows = select(p.grant, p.since, p.role, p.country, p.organization).where(p.since <= as_of)
    rows = rows if grant is None else rows.where(p.grant == grant)
    return Question(PARTIES, rows.order_by(p.grant, p.since, p.n))


EXPERTS = Columns(
    common.GRANT,
    common.SINCE,
    Column("expert", Type.TEXT, "An opaque id, never a name"),
    Column("phases", Type.LIST, "`design`, `implementation`, `monitoring`, a list"),
    Column("days", Type.COUNT, "Days engaged, if stated"),
    common.COUNTRY.but(meaning="Where the expert is from, if stated"),
)


def experts(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each expert that was engaged, by opaque id, with the phases (S0)."""
    e = engaged_experts.c
    rows = select(e.grant, e.since, e.expert, e.phases, e.days, e.country).where(e.since <= as_of)
    rows = rows if grant is None else rows.where(e.grant == grant)
    return Question(EXPERTS, rows.order_by(e.grant, e.since, e.n))


CONSULTATIONS = Columns(
    Column("on", Type.DAY, "The day"),
    Column("partners", Type.LIST, "Who met, a list; empty if the source does not say"),
    Column("summary", Type.TEXT, "What they discussed", width=40),
)


def consultations(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each meeting of the partners."""
    del grant  # meetings belong to the fund
    c = fund_consultations.c
    meetings = select(c.on, c.partners, c.summary).where(c.on <= as_of)
    return Question(CONSULTATIONS, meetings.order_by(c.on, c.version))
