"""One session at many sites: when it begins and ends by the local time of each site."""

import json
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, select

from lifecycle.parse import Malformed
from lifecycle.types.readings.nearest import did_you_mean, unknown
from lifecycle.types.time_zones import zone_of
from projections.schema.columns import Column, Columns, Type
from projections.schema.rows import Row
from projections.schema.tables import exchange_activities, register_spans

COLUMNS = Columns(
    Column("site", Type.TEXT, "The site's name"),
    Column("time_zone", Type.TEXT, "IANA name"),
    Column("local_start", Type.TEXT, "Local time at which it begins"),
    Column("local_end", Type.TEXT, "Local time at which it ends; null if its length is not recorded"),
    Column("utc_offset", Type.TEXT, "Offset of the local time at its beginning"),
)


class Session(NamedTuple):
    """An activity that begins at the same instant at all of its sites."""

    grant: str
    title: str
    """The grant's title."""
    activity: str
    instrument: str | None
    status: str
    starts_at: datetime
    """UTC."""
    minutes: int | None
    sites: tuple[tuple[str, str], ...]
    """Name and time zone."""
    moves: int
    """The number of times that it was rescheduled."""

    @property
    def ends_at(self) -> datetime | None:
        """UTC; `None` if the length of the session is not recorded."""
        return None if self.minutes is None else self.starts_at + timedelta(minutes=self.minutes)


def session_on(connection: Connection, as_of: date, grant: str, activity: str) -> Session:
    """Return the activity as it was on the day.

    Raises ``Malformed`` if there is no such activity, or if it has no instant or no sites.
    """
    a, r, on = exchange_activities.c, register_spans.c, as_of.isoformat()
    question = select(exchange_activities).where(
        a.grant == grant, a.activity == activity, a.since <= on, on < a.until
    )
    row = connection.execute(question).first()
    if row is None:
        raise Malformed([_unknown(connection, grant, activity, as_of)])
    if row.starts_at is None:
        advice = "activity plan and activity hold take --starts-at, like 2011-06-29T03:00Z"
        raise Malformed([("activity", f"{activity} has days and no instant: {advice}")])
    if row.sites is None:
        advice = "activity plan takes --sites site=…,time_zone=…"
        raise Malformed([("activity", f"{activity} names no sites: {advice}")])
    title = connection.execute(
        select(r.title).where(r.grant == grant, r.since <= on, on < r.until)
    ).scalar_one()
    return Session(
        grant,
        title,
        activity,
        row.instrument,
        row.status,
        datetime.fromisoformat(row.starts_at),
        row.minutes,
        tuple((site, zone) for site, zone in json.loads(row.sites)),
        row.moves,
    )


def _unknown(connection: Connection, grant: str, activity: str, as_of: date) -> tuple[str, str]:
    """Return the field that is not known, the grant or the activity, and a message with the nearest name."""
    a, r = exchange_activities.c, register_spans.c
    grants = list(connection.execute(select(r.grant).distinct()).scalars())
    if grant not in grants:
        return "grant", unknown("grant", grant, grants)
    names = connection.execute(select(a.activity).distinct().where(a.grant == grant, a.since <= str(as_of)))
    near = did_you_mean(activity, names.scalars())
    return "activity", f"{grant} has no activity {activity} on {as_of}{near}"


def unknown_zones(session: Session) -> list[str]:
    """Return the names of the sites' time zones that no list of time zones has."""
    return sorted({zone for _, zone in session.sites if zone_of(zone) is None})


def local_times(session: Session) -> list[Row]:
    """Return a row for each site, in the order of the plan; without times if its time zone is not known."""
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
    """Return the local date and time to the minute, without the offset."""
    return at.strftime("%Y-%m-%dT%H:%M")
