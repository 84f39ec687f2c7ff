"""One session at many sites: when it begins and ends by each site's own clock."""

import json
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from lifecycle.parse import Malformed
from lifecycle.types.nearest import meant, unknown
from lifecycle.types.time_zones import zone_of
from projections.schema.columns import Column, Columns, Type
from projections.schema.tables import Row, exchange_activities, register_spans

COLUMNS = Columns(
    Column("site", Type.TEXT, "The place's name"),
    Column("time_zone", Type.TEXT, "IANA name"),
    Column("local_start", Type.TEXT, "What the site's clock shows when it begins"),
    Column("local_end", Type.TEXT, "And when it ends; null where nobody said how long it takes"),
    Column("utc_offset", Type.TEXT, "Of that clock, then"),
)


class Session(NamedTuple):
    """An activity that begins at one instant everywhere."""

    grant: str
    title: str
    """The grant's."""
    activity: str
    instrument: str | None
    status: str
    starts_at: datetime
    """UTC."""
    minutes: int | None
    sites: tuple[tuple[str, str], ...]
    """Name and time zone."""
    moves: int
    """How often it was moved to other days."""

    @property
    def ends_at(self) -> datetime | None:
        """UTC; `None` where nobody said how long it takes."""
        return None if self.minutes is None else self.starts_at + timedelta(minutes=self.minutes)


def session_on(connection: Connection, as_of: date, grant: str, activity: str) -> Session:
    """The activity as it stood on the day.

    Raises ``Malformed`` for one that is not there, or has no instant or no sites, and says what to record.
    """
    a, r, on = exchange_activities.c, register_spans.c, as_of.isoformat()
    question = select(exchange_activities).where(
        a.grant == grant, a.activity == activity, a.since <= on, on < a.until
    )
    found = connection.execute(question).first()
    if found is None:
        raise Malformed([_unknown(connection, grant, activity, as_of)])
    if found.starts_at is None:
        told = "activity plan and activity hold take --starts-at, like 2011-06-29T03:00Z"
        raise Malformed([("activity", f"{activity} has days and no instant: {told}")])
    if found.sites is None:
        told = "activity plan takes --sites site=…,time_zone=…"
        raise Malformed([("activity", f"{activity} names no sites: {told}")])
    title = connection.execute(
        select(r.title).where(r.grant == grant, r.since <= on, on < r.until)
    ).scalar_one()
    return Session(
        grant,
        title,
        activity,
        found.instrument,
        found.status,
        datetime.fromisoformat(found.starts_at),
        found.minutes,
        tuple((site, zone) for site, zone in json.loads(found.sites)),
        found.moves,
    )


def _unknown(connection: Connection, grant: str, activity: str, as_of: date) -> tuple[str, str]:
    """Which of the two is not known, and the nearest that is."""
    a, r = exchange_activities.c, register_spans.c
    grants = list(connection.execute(select(r.grant).distinct()).scalars())
    if grant not in grants:
        return "grant", unknown("grant", grant, grants)
    own = connection.execute(select(a.activity).distinct().where(a.grant == grant, a.since <= str(as_of)))
    return "activity", f"{grant} has no activity {activity} on {as_of}{meant(activity, own.scalars())}"


def unknown_zones(session: Session) -> list[str]:
    """Names of the sites' time zones that nobody knows: stored with the book, and on no list."""
    return sorted({zone for _, zone in session.sites if zone_of(zone) is None})


def local_times(session: Session) -> list[Row]:
    """A row for each site, in the order in which they were named; without times if its zone is not known."""
    rows: list[Row] = []
    for site, name in session.sites:
        zone = zone_of(name)
        start = None if zone is None else session.starts_at.astimezone(zone)
        end = None if zone is None or session.ends_at is None else session.ends_at.astimezone(zone)
        rows.append(
            COLUMNS.row(
                site=site,
                time_zone=name,
                local_start=start and _local(start),
                local_end=end and _local(end),
                utc_offset=start and start.strftime("%z"),
            )
        )
    return rows


def _local(at: datetime) -> str:
    """Local date and time to the minute, without the offset: what the site's clock shows."""
    return at.strftime("%Y-%m-%dT%H:%M")
