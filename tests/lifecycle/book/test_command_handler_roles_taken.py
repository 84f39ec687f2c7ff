"""A role is not taken from an officer who has used it since that day, in either store."""

from datetime import UTC, datetime

import pytest

from lifecycle.book.book import Book
from lifecycle.kernel.history import grant_stream
from support import given as g
from support.books import Clock, record

pytestmark = pytest.mark.both_stores

NEW = "n.ew"
STREAM = grant_stream(g.G)


def at_noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)


@pytest.fixture
def acted(book: Book, clock: Clock) -> Book:
    """A book in which a new TTL revised a proposal on 2 February, the day after the appointment."""
    clock.now = at_noon("2026-02-03")
    record(
        book,
        [g.appoint("2026-02-01", officer=NEW, roles=["ttl"]), g.revise("2026-02-02", actor=NEW, months=11)],
    )
    return book


def retired(book: Book, on: str) -> str | None:
    return book.record(g.retire(on, officer=NEW), "admin").refusal


def test_an_officer_who_has_acted_since_is_not_retired(acted: Book, clock: Clock) -> None:
    clock.now = at_noon("2026-06-01")
    receipt = acted.record(g.retire("2026-02-01", officer=NEW), "admin")
    assert (receipt.refusal, receipt.outcome) == ("NotAnOfficer", "refused")
    assert f"in {STREAM}, entry 2 (ProposalRevised, 2026-02-02) would no longer hold" in (
        receipt.message or ""
    )
    assert retired(acted, "2026-02-02") is None


def test_an_act_that_a_correction_moved_counts_on_its_new_day(acted: Book, clock: Clock) -> None:
    clock.now = at_noon("2026-03-20")
    record(acted, [g.correct("2026-03-20", entry=2, reads={"on": "2026-03-10"})])
    clock.now = at_noon("2026-03-21")
    assert retired(acted, "2026-03-09") == "NotAnOfficer"
    assert retired(acted, "2026-03-10") is None


def test_in_a_batch_the_acts_before_it_count(acted: Book) -> None:
    with acted.batch():
        acted.record(g.cost("2026-02-03", actor=NEW), NEW)
        assert retired(acted, "2026-02-02") == "NotAnOfficer"
        assert retired(acted, "2026-02-03") is None
    assert acted.entries(STREAM)[-1].event.actor == NEW
