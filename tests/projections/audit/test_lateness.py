"""An entry is late if it was recorded more days after its day than the edition allows."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cli.narrative.history import Paragraph, paragraphs_of
from lifecycle.fund.state import Fund
from lifecycle.grant.payment.refund import RefundReceived
from lifecycle.kernel.history import Entry, grant_stream
from lifecycle.policy.edition import Span
from lifecycle.policy.edition_file import shipped
from support import given as g
from support.given import Past, given

pytestmark = pytest.mark.case("D12")


def life(past: Past, days: int, fund: Fund | None = None) -> list[Paragraph]:
    """Return the history as if each entry had been recorded at noon, a number of days after its day."""
    noon = {
        entry: datetime(entry.on.year, entry.on.month, entry.on.day, 12, tzinfo=UTC)
        for entry in entries_of(past)
    }
    entries = [entry._replace(recorded_at=noon[entry] + timedelta(days=days)) for entry in entries_of(past)]
    return paragraphs_of(grant_stream(g.G), entries, fund or past.fund)


def entries_of(past: Past) -> tuple[Entry, ...]:
    return past.grants[g.G].entries


@pytest.mark.parametrize(("days", "late"), [(0, False), (29, False), (30, False), (31, True)])
def test_an_entry_is_late_after_thirty_days(days: int, late: bool) -> None:
    paragraphs = life(given(g.EFFECTIVE), days)
    assert {paragraph.late for paragraph in paragraphs} == {late}
    assert {paragraph.late_days for paragraph in paragraphs} == {days}
    assert not any(paragraph.out_of_order for paragraph in paragraphs)


def test_an_edition_that_sets_no_limit_allows_thirty_days() -> None:
    silent = [edition.model_copy(update={"late_after": None}) for edition in shipped()]
    past = Past(silent).found().given(g.FOUNDED, g.EFFECTIVE)
    assert [{paragraph.late for paragraph in life(past, days)} for days in (30, 31)] == [{False}, {True}]


def test_the_edition_that_governs_the_grant_decides() -> None:
    """Before its approval this is the edition in force on the entry's day, and then the grant's own."""
    strict = Span(days=10, source="a test")
    old, new = shipped()
    later = new.model_copy(update={"name": "2017-02", "from_": date(2017, 2, 15), "late_after": strict})
    past = Past([old, new, later]).found().given(g.FOUNDED, g.EFFECTIVE)
    assert not any(paragraph.late for paragraph in life(past, 11))
    earlier = later.model_copy(update={"name": "2017-00", "from_": date(2017, 1, 15)})
    past = Past([old, new, earlier]).found().given(g.FOUNDED, g.EFFECTIVE)
    assert [paragraph.late for paragraph in life(past, 11)] == [False, True, True, True, True]


def test_the_day_of_recording_is_counted_at_the_seat() -> None:
    """At 01:00 UTC on the 31st day it is still the 30th day in Washington."""
    past = given(g.PROPOSED)
    (entry,) = entries_of(past)
    moment = datetime(2017, 2, 10, 1, tzinfo=UTC)
    assert (moment.date() - entry.on).days == 31
    for time_zone, late in (("UTC", True), ("America/New_York", False)):
        fund = replace(past.fund, time_zone=time_zone)
        (paragraph,) = paragraphs_of(grant_stream(g.G), [entry._replace(recorded_at=moment)], fund)
        assert paragraph.late is late


@pytest.mark.case("D13")
def test_an_entry_that_was_struck_is_no_correction() -> None:
    """Neither the struck entry nor its correction is without effect. Only a struck correction is."""
    past = given(g.PAID, g.refund("06-01"))
    past = past.given(g.strike(past, RefundReceived))
    paragraphs = paragraphs_of(grant_stream(g.G), entries_of(past), past.fund)
    assert [
        paragraph.without_effect
        for paragraph in paragraphs
        if paragraph.struck_by or "struck" in paragraph.sentence
    ] == [False, False]
    assert sum(paragraph.struck_by is not None for paragraph in paragraphs) == 1
