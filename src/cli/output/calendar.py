"""Invitations and reminders as iCalendar (RFC 5545), for calendar programs.

Identifiers and stamps depend on the book only. So the same file is written twice with the same bytes, and a
calendar program that imports a newer file moves its events instead of adding others.
"""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

if TYPE_CHECKING:
    from projections.query import Report
    from projections.reports.results.sites import Session


def invitation(session: "Session", fund: str, recorded_at: datetime) -> bytes:
    """Return one event for a session: its time in UTC, and the local time of each site in words."""
    from icalendar import Event

    from projections.reports.results.sites import local_times

    event = Event()
    _identify(event, recorded_at, fund, session.grant, session.activity)
    event.add("summary", f"{session.title} ({session.grant}, {session.activity})")
    event.add("dtstart", session.starts_at.astimezone(UTC))
    if session.ends_at is not None:
        event.add("dtend", session.ends_at.astimezone(UTC))
    event.add("sequence", session.moves)
    event.add("status", "CANCELLED" if session.status == "cancelled" else "CONFIRMED")
    lines = [
        f"{site}: {start} ({zone}, UTC{offset})" if start else f"{site}: local time not known ({zone})"
        for site, zone, start, _, offset in local_times(session)
    ]
    event.add("description", "\n".join(lines))
    event.add("location", "; ".join(site for site, _ in session.sites))
    return _calendar(f"{fund}: {session.grant}", [event])


def reminders(report: "Report", fund: str, recorded_at: datetime) -> bytes:
    """Return an all-day event on the due day of each obligation, with an alarm a week before.

    They are events, not to-dos, because every calendar program shows events, also of a subscribed calendar.
    """
    from icalendar import Alarm, Event

    events = []
    for row in report.rows:
        cells: dict[str, Any] = dict(zip(report.columns, row, strict=True))
        due = date.fromisoformat(cells["due_on"])
        event = Event()
        _identify(
            event, recorded_at, fund, cells["grant"] or "fund", f"{cells['obligation']} {cells['item'] or ''}"
        )
        obligation = cells["obligation"].replace("_", " ") + (f" {cells['item']}" if cells["item"] else "")
        late = f"overdue by {cells['days']} days: " if cells["status"] == "overdue" else ""
        event.add("summary", f"{late}{obligation}, {cells['grant'] or fund}")
        event.add("dtstart", due)
        event.add("dtend", due + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
        event.add("description", f"Due on {due}; {cells['status'].replace('_', ' ')} on {report.as_of}.")
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", obligation)
        alarm.add("trigger", timedelta(days=-7))
        event.add_component(alarm)
        events.append(event)
    return _calendar(f"{fund}: what is due", events)


def _identify(event: Any, recorded_at: datetime, *parts: str) -> None:
    event.add("uid", str(uuid5(NAMESPACE_URL, "grantbook: " + "\n".join(parts))))
    event.add("dtstamp", recorded_at.astimezone(UTC).replace(microsecond=0))


def _calendar(name: str, events: list[Any]) -> bytes:
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//grantbook//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    for event in events:
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
