"""Institutions: the bodies that the directory knows, as they are called on a day."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import ColumnElement, Connection, Text, literal, select

from projections.reports import common_columns as common
from projections.reports.questions import Question
from projections.schema.columns import Column, Columns, Type
from projections.schema.expressions import holds
from projections.schema.tables import institution_spans, named_institutions

COLUMNS = Columns(
    Column("institution", Type.TEXT, "The institution's short name in the book"),
    Column("name", Type.TEXT, "Its name in full on the day", width=30),
    Column("country", Type.CODE, "The country that it is in; null for a body of several countries"),
    Column("type", Type.CODE, "The kind of institution, by the list of IATI", width=14),
    Column("identifier", Type.TEXT, "Its identifier in a public register"),
    Column("focal_point", Type.TEXT, "The office or function that answers for it"),
    Column("registered_on", Type.DAY, "The day from which the book knows it"),
    first="institution name country type identifier",
)


def report(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for a row for each institution that was registered by the day, by its short name."""
    del grant  # institutions belong to the whole book
    i = institution_spans.c
    rows = select(*(i[name] for name in COLUMNS.names)).where(holds(institution_spans, as_of))
    return Question(COLUMNS, rows.order_by(i.institution))


_OF_INSTITUTION = ("institution", "name", "country", "type", "identifier")
BY_GRANT = Columns(
    *(column for column in COLUMNS if column.name in _OF_INSTITUTION),
    common.GRANT,
    Column(
        "role",
        Type.CODE,
        "`receiving`, `providing` or `implementing` the grant; `host` of an activity or `participant` in it;"
        " who `signed` a letter; the `payee` of a payment",
    ),
    Column("item", Type.TEXT, "The activity or the payment; null for the grant itself and its letters"),
    Column("since", Type.DAY, "The day from which the grant names it so"),
    first="institution name grant role item since",
)


def report_by_grant(as_of: ColumnElement[str], grant: str | None = None) -> Question:
    """Ask for a row for each institution that a grant names on the day, with its name of that day."""
    i, named = institution_spans.c, named_institutions.c
    rows = (
        select(*(i[name] for name in _OF_INSTITUTION))
        .add_columns(named.grant, named.role, named.item, named.since)
        .select_from(named_institutions.join(institution_spans, i.institution == named.institution))
        .where(holds(institution_spans, as_of), holds(named_institutions, as_of))
    )
    rows = rows if grant is None else rows.where(named.grant == grant)
    return Question(BY_GRANT, rows.order_by(i.institution, named.grant, named.n))


def that_gave(connection: Connection, as_of: date) -> Iterator[tuple[str, str | None, str]]:
    """Yield each grant with an institution that gave in it: its country, and its name with its short name.

    An institution gave if the grant names it as providing, or an activity as its host.
    """
    i, named, on = institution_spans.c, named_institutions.c, literal(as_of.isoformat(), Text)
    rows = (
        select(named.grant, i.country, i.name, i.institution)
        .select_from(named_institutions.join(institution_spans, i.institution == named.institution))
        .where(holds(institution_spans, on), holds(named_institutions, on))
        .where(named.role.in_(("providing", "host")))
    )
    for row in connection.execute(rows.order_by(named.grant, i.institution)):
        yield row.grant, row.country, f"{row.name} ({row.institution})"


def names_of(connection: Connection, institution: str, as_of: date) -> list[tuple[str, str]]:
    """Return each name that the institution has had by the day, with its first day."""
    i = institution_spans.c
    names = select(i.since, i.name).where(i.institution == institution, i.since <= as_of.isoformat())
    return [(row.since, row.name) for row in connection.execute(names.order_by(i.since))]
