"""Sessions are shown by each site's clock; invitations and reminders can be read by calendar programs."""

import csv
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from cli.facility import later
from support.cli_shell import Shell, officers, on_grant

SITES = Path(__file__).parents[4] / "shared" / "data" / "videoconference_2011-06-28_sites.csv"
HOSTILE = "Milk; meat, fish\nand “乳製品” END:VEVENT " + "x" * 90


def record_session(gb: Shell, *extra: dict[str, Any]) -> None:
    """Record a session at two sites, and the extra commands."""
    proposed = on_grant(
        "ProposeGrant",
        "2011-05-01",
        "leader",
        title=HOSTILE.replace("\n", " "),
        window="stand_alone",
        recipients=["TZ"],
        providers=["IN"],
        sector="agriculture",
        objective="Learn",
        amount="1000.00 USD",
        months=12,
    )
    requested = on_grant(
        "RequestFunding",
        "2011-05-02",
        "leader",
        amount="1000.00 USD",
        budget=[{"line": "calls", "amount": "1000.00 USD"}],
        letters=[{"country": "TZ", "ministry": "Livestock", "dated": "2011-05-01"}],
    )
    planned = on_grant(
        "PlanActivity",
        "2011-06-01",
        "leader",
        activity="A1",
        instrument="video_conference",
        countries=["TZ", "IN"],
        starts="2011-06-29",
        ends="2011-06-29",
        starts_at="2011-06-29T03:00Z",
        minutes=90,
        sites=[
            {"site": "Dar es Salaam", "time_zone": "Africa/Dar_es_Salaam"},
            {"site": "New York; Midtown", "time_zone": "America/New_York"},
        ],
    )
    approved = on_grant("ApproveGrant", "2011-05-20", "boss", amount="1000.00 USD")
    result = gb("record", gb.file([*officers(), proposed, requested, approved, planned, *extra]))
    assert result.code == 0, result.out


def events(text: str) -> list[Any]:
    """Check that lines end and fold as RFC 5545 requires, and return the events."""
    raw = text.encode()
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75
    return Calendar.from_ical(raw).walk("VEVENT")


def invitation(gb: Shell, *words: str) -> Any:
    result = gb("activity", "sites", "G-1", "A1", "--format", "ics", *words)
    assert result.code == 0, result.err
    (event,) = events(result.out)
    return event


def test_each_site_sees_its_own_clock(gb: Shell) -> None:
    record_session(gb)
    rows = gb("--json", "activity", "sites", "G-1", "A1").rows
    assert [(row["local_start"], row["local_end"], row["utc_offset"]) for row in rows] == [
        ("2011-06-29T06:00", "2011-06-29T07:30", "+0300"),
        ("2011-06-28T23:00", "2011-06-29T00:30", "-0400"),
    ]
    assert "2011-06-29 03:00 UTC, 90 minutes" in gb("activity", "sites", "G-1", "A1").out


def test_an_invitation_is_one_event_at_its_instant(gb: Shell) -> None:
    record_session(gb)
    file = gb.folder / "session.ics"
    file.touch()
    result = gb("activity", "sites", "G-1", "A1", "--format", "ics", "--output", str(file))
    assert result.code == 0, result.err
    (event,) = events(file.read_bytes().decode())
    assert event.decoded("dtstart") == datetime(2011, 6, 29, 3, tzinfo=UTC)
    assert event.decoded("dtend") == datetime(2011, 6, 29, 4, 30, tzinfo=UTC)
    assert HOSTILE.replace("\n", " ") in event["summary"]
    assert "New York; Midtown: 2011-06-28T23:00 (America/New_York, UTC-0400)" in event["description"]
    assert (event["sequence"], str(event["status"])) == (0, "CONFIRMED")


def test_a_moved_session_keeps_its_event_and_a_cancelled_one_is_marked(gb: Shell) -> None:
    record_session(gb)
    first = invitation(gb)
    known = gb("--json", "views", "status").row["journal"]
    moved = on_grant(
        "RescheduleActivity",
        "2011-06-10",
        "leader",
        activity="A1",
        starts="2011-07-01",
        ends="2011-07-01",
        starts_at="2011-07-01T12:00Z",
        minutes=60,
    )
    assert gb("record", gb.file([moved])).code == 0
    second = invitation(gb)
    assert (second["uid"], second["sequence"]) == (first["uid"], 1)
    assert second.decoded("dtstamp") >= first.decoded("dtstamp")
    assert invitation(gb, "--known", str(known)).decoded("dtstart") == first.decoded("dtstart")
    assert invitation(gb, "--as-of", "2011-06-09").decoded("dtstart") == first.decoded("dtstart")
    cancelled = on_grant("CancelActivity", "2011-06-12", "leader", activity="A1")
    assert gb("record", gb.file([cancelled])).code == 0
    assert str(invitation(gb)["status"]) == "CANCELLED"


def test_a_session_without_an_instant_or_sites_names_the_missing_option(gb: Shell) -> None:
    record_session(gb)
    plain = {"instrument": "workshop", "countries": ["TZ"], "starts": "2011-06-29", "ends": "2011-06-29"}
    extra = [
        on_grant("PlanActivity", "2011-06-02", "leader", activity="A2", **plain),
        on_grant(
            "PlanActivity", "2011-06-02", "leader", activity="A3", starts_at="2011-06-29T03:00Z", **plain
        ),
    ]
    assert gb("record", gb.file(extra)).code == 0
    for activity, message in (("A2", "--starts-at"), ("A3", "--sites"), ("A9", "no activity A9")):
        result = gb("activity", "sites", "G-1", activity)
        assert (result.code, message in result.err) == (2, True), result.err


@pytest.mark.skipif(
    not SITES.exists() and os.environ.get("CI") != "true", reason="the shared data is not beside the project"
)
def test_the_seven_sites_of_june_2011_are_the_published_ones(gb: Shell) -> None:
    actors = {"ttl-1": "leader", "approver-1": "boss", "secretariat-1": "desk"}
    lines = [line | {"actor": actors[line["actor"]]} for line in later.dialogue()]
    assert gb("record", gb.file([*officers(), *lines])).code == 0
    rows = gb("--json", "activity", "sites", later.DIALOGUE, "A1").rows
    with SITES.open(encoding="utf-8", newline="") as file:
        published = [(row["site"], row["time_zone"], row["local_start"]) for row in csv.DictReader(file)]
    assert [(row["site"], row["time_zone"], row["local_start"]) for row in rows] == published
    assert len(published) == 7


# ── reminders ────────────────────────────────────────────────────────────────────────────────


def test_due_within_lists_only_what_is_overdue_or_due_by_then(lived: Shell) -> None:
    words = ("--json", "report", "timeline", "--as-of", "2018-03-02")
    everything = lived(*words).rows
    soon = lived(*words, "--due-within", "30").rows
    expected = [
        row
        for row in everything
        if row["status"] in ("overdue", "due_soon", "upcoming") and row["due_on"] <= "2018-04-01"
    ]
    assert sorted(soon, key=str) == sorted(expected, key=str)
    assert [row["due_on"] for row in soon] == sorted(row["due_on"] for row in soon)
    assert {row["status"] for row in soon} == {"overdue", "due_soon"}
    assert len(lived(*words, "--due-within", "0").rows) < len(soon)


def test_reminders_are_all_day_events_that_stay_the_same(lived: Shell) -> None:
    words = ("report", "timeline", "--as-of", "2018-03-02", "--due-within", "30", "--format", "ics")
    first, again = lived(*words), lived(*words)
    assert first.out == again.out
    reminders = events(first.out)
    rows = lived("--json", *words[:-2]).rows
    assert [event.decoded("dtstart") for event in reminders] == [
        date.fromisoformat(row["due_on"]) for row in rows
    ]
    assert len({event["uid"] for event in reminders}) == len(rows)
    assert sum(str(event["summary"]).startswith("overdue by ") for event in reminders) == sum(
        row["status"] == "overdue" for row in rows
    )
    assert all(event.walk("VALARM") for event in reminders)
