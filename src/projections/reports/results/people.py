"""Who helps, who was asked, and when partners met: as they were told."""

from sqlalchemy import ColumnElement, Select, select

from projections.schema.tables import (
    expert_facts,
    fund_consultations,
    party_facts,
    survey_facts,
)

Asked = Select[*tuple[object, ...]]


def parties(as_of: ColumnElement[str], grant: str | None = None) -> Asked:
    """Each country or organization that facilitates or finances an exchange between others (S4)."""
    p = party_facts.c
    rows = select(p.grant, p.since, p.role, p.country, p.organization).where(p.since <= as_of)
    return (rows if grant is None else rows.where(p.grant == grant)).order_by(p.grant, p.since, p.n)


def experts(as_of: ColumnElement[str], grant: str | None = None) -> Asked:
    """Each expert that was engaged, by opaque id, and what for (S0)."""
    e = expert_facts.c
    rows = select(e.grant, e.since, e.expert, e.phases, e.days, e.country).where(e.since <= as_of)
    return (rows if grant is None else rows.where(e.grant == grant)).order_by(e.grant, e.since, e.n)


def surveys(as_of: ColumnElement[str], grant: str | None = None) -> Asked:
    """Each client survey: how many answered, and how content they were on the survey's own scale."""
    s = survey_facts.c
    rows = select(s.grant, s.since, s.respondents, s.satisfaction).where(s.since <= as_of)
    return (rows if grant is None else rows.where(s.grant == grant)).order_by(s.grant, s.since, s.n)


def consultations(as_of: ColumnElement[str], grant: str | None = None) -> Asked:
    """Each meeting of the partners."""
    del grant  # of the fund
    c = fund_consultations.c
    return select(c.on, c.partners, c.summary).where(c.on <= as_of).order_by(c.on, c.version)
