"""Offers: what countries offer to share, and the use that was made of stories."""

from sqlalchemy import ColumnElement, exists, select

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds
from projections.schema.tables import library_texts, offer_spans, story_uses

COLUMNS = Columns(
    Column("offer", Type.TEXT, "The offer's name in the book"),
    Column("country", Type.CODE, "The country that offers it"),
    Column("institution", Type.TEXT, "The institution that would share it; null if none is named"),
    Column("topic", Type.TEXT, "What it is about", width=24),
    common.SECTOR.but(meaning="The sector; null if none is named"),
    Column("summary", Type.TEXT, "What was done, and what came of it", width=30),
    Column("offered_on", Type.DAY, "The day on which it was offered"),
    first="offer country topic sector offered_on",
)
USES = Columns(
    Column("on", Type.DAY, "The day"),
    common.GRANT.but(meaning="The grant whose results story was used"),
    Column("by", Type.TEXT, "Who used it", width=20),
    Column("purpose", Type.TEXT, "What it was used for", width=30),
    Column("worth", Type.COUNT, "What it was worth to the user, from 1 to 5"),
    Column("published", Type.TRUTH, "Whether the story is in the book; false if it was struck afterwards"),
    first="on grant by purpose worth published",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for a row for each offer that holds on the day, by its name."""
    del grant  # offers belong to the whole book
    o = offer_spans.c
    columns = [o[name] for name in COLUMNS.names if name != "offered_on"]
    rows = select(*columns, o.since.label("offered_on")).where(holds(offer_spans, as_of))
    return Question(COLUMNS, rows.order_by(o.offer))


def uses(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for each use of a results story by the day, in the order of days."""
    u, t = story_uses.c, library_texts.c
    published = exists().where(t.grant == u.story, t.kind == "results_story", t.since <= as_of)
    columns = (u.on, u.story.label("grant"), u.by, u.purpose, u.worth, published.label("published"))
    rows = select(*columns).where(u.on <= as_of)
    if grant is not None:
        rows = rows.where(u.story == grant)
    return Question(USES, rows.order_by(u.on, u.n))
