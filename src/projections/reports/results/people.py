"""Parties, experts, ratings, client surveys and meetings of the partners, as they were recorded."""

from sqlalchemy import ColumnElement, select

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds
from projections.schema.tables import (
    client_surveys,
    engaged_experts,
    fund_consultations,
    involved_parties,
    progress_ratings,
    register_spans,
)

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


SURVEYS = Columns(
    common.GRANT,
    common.SINCE,
    Column("respondents", Type.COUNT, "Number of people who answered"),
    Column("satisfaction", Type.NUMBER, "Mean of the answers, on the survey's own scale"),
)


def surveys(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each client survey: how many answered, and how satisfied they were on the survey's scale."""
    s = client_surveys.c
    rows = select(s.grant, s.since, s.respondents, s.satisfaction).where(s.since <= as_of)
    rows = rows if grant is None else rows.where(s.grant == grant)
    return Question(SURVEYS, rows.order_by(s.grant, s.since, s.n))


RATINGS = Columns(
    common.GRANT,
    common.TITLE,
    common.SINCE.but(meaning="The day of the progress report"),
    Column("period", Type.TEXT, "The time that it reports on, as the report names it"),
    Column("rating", Type.CODE, "How well the grant goes"),
    Column("before", Type.CODE, "The rating of the report before; null for the first"),
    Column(
        "change",
        Type.CODE,
        "`first`, `same`, `better` or `worse` by the scale of the edition that governs the grant; `other` if"
        " the scale does not have both",
    ),
    common.EDITION,
    first="grant since rating before change period",
)


def ratings(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for the rating of each progress report, with the one before."""
    r, span = progress_ratings.c, register_spans.c
    rows = (
        select(r.grant, span.title, r.since, r.period, r.rating, r.before, r.change, r.edition)
        .select_from(
            progress_ratings.join(
                register_spans, (span.grant == r.grant) & holds(register_spans, as_of), isouter=True
            )
        )
        .where(r.since <= as_of)
    )
    rows = rows if grant is None else rows.where(r.grant == grant)
    return Question(RATINGS, rows.order_by(r.grant, r.since, r.n))


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
