"""A command is judged without the append lock: what changed meanwhile is found under it, and judged again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lifecycle.book.book import Book
from lifecycle.decide.quarantined_rows import QuarantineRow
from lifecycle.kernel.command import Command
from lifecycle.kernel.errors import StreamStopped, VersionConflict
from lifecycle.kernel.history import FUND
from lifecycle.seal.seal import Seal
from lifecycle.seal.verify import verify
from support import given as g
from support.books import Clock, make_book, record
from support.forging import forge

pytestmark = pytest.mark.both_stores

Work = Callable[[], object]


@pytest.fixture
def book(place: Path | str) -> Any:
    """Two grants that may ask for payments, and two that ask for 90,000, by the store's own clock."""
    lives = [g.but(command, grant=name) for name in ("SSF-1", "SSF-2") for command in g.EFFECTIVE]
    asked = [g.but(command, grant=name) for name in ("SSF-3", "SSF-4") for command in g.REQUESTED]
    with make_book(place, [*g.FOUNDED, *lives, *asked], clock=None) as book:
        yield book


@pytest.fixture
def other(book: Book) -> Any:
    """Another process that has the book open."""
    with Book.open(book.place) as other:
        yield other


class Between:
    """Does some work after a command is judged and before the lock, and counts how often it was judged."""

    def __init__(self, book: Book, monkeypatch: pytest.MonkeyPatch, *works: Work) -> None:
        self.tries, waiting = 0, list(works)
        append_if = book.journal.recorder.append_if

        def after_work(*judged: Any) -> Any:
            self.tries += 1
            if waiting:
                waiting.pop(0)()
            return append_if(*judged)

        monkeypatch.setattr(book.journal.recorder, "append_if", after_work)


def ask(book: Book, command: Command) -> Work:
    """Record a command, which must be accepted."""

    def work() -> None:
        receipt = book.record(command, command.actor)
        assert receipt.outcome == "accepted", receipt

    return work


def check_whole(book: Book, *, forged: bool = False) -> None:
    """Check that positions are dense, ids unique and moments growing (unless forged), and the seal."""
    rows = list(book.stored())
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    moments = [row.recorded_at for row in rows]
    assert forged or moments == sorted(set(moments))
    ids = [row.command_id for row in rows if row.digest is not None]
    assert len(ids) == len(set(ids))
    Seal(book).seal()
    assert verify(book, Seal(book)).problems == []


def test_a_payment_that_another_writer_asked_for_meanwhile(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = g.request_payment("04-10", payment="P1", amount="60000.00 USD")
    between = Between(book, monkeypatch, ask(other, first))
    receipt = book.record(g.but(first, payment="P2"), "t.leader")
    assert (receipt.refusal, between.tries) == ("ExceedsUndisbursedBalance", 2)
    check_whole(book)


def test_an_approval_by_another_writer_meanwhile(place: Path | str, monkeypatch: pytest.MonkeyPatch) -> None:
    money = [*g.OFFICERS, g.join(g.START), g.receive("02-10", amount="100000.00 USD")]
    asked = [g.but(command, grant=name) for name in ("SSF-3", "SSF-4") for command in g.REQUESTED]
    with make_book(place, [*money, *asked], clock=None) as book, Book.open(book.place) as other:
        between = Between(book, monkeypatch, ask(other, g.approve("02-10", grant="SSF-3")))
        receipt = book.record(g.approve("02-10", grant="SSF-4"), "a.prover")
        assert (receipt.refusal, between.tries) == ("ExceedsAvailableFunds", 2)
        assert book.fund().available.least_from(g.day("02-10"))[0] == 10_000
        check_whole(book)


def test_another_approval_is_no_conflict_if_the_command_promises_no_money(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    between = Between(book, monkeypatch, ask(other, g.approve("02-10", grant="SSF-3")))
    position = book.position()
    receipt = book.record(g.cost("06-12"), "t.leader")
    assert (receipt.position, between.tries) == (position + 3, 1)
    assert book.record(g.cost("06-13"), "t.leader").position == position + 4
    assert book.record(g.approve("02-10", grant="SSF-4"), "a.prover").outcome == "accepted"
    assert [entry.originator_version for entry in book.entries(FUND)] == list(
        range(1, len(book.entries(FUND)) + 1)
    )
    check_whole(book)


def test_another_approval_is_a_conflict_if_the_command_is_refused(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    between = Between(book, monkeypatch, ask(other, g.approve("02-10", grant="SSF-3")))
    receipt = book.record(g.cost("01-01"), "t.leader")
    assert (receipt.outcome, between.tries) == ("refused", 2)


def test_a_role_that_was_taken_meanwhile(book: Book, other: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    day = datetime.now(UTC).date() - timedelta(days=3)
    between = Between(book, monkeypatch, ask(other, g.retire(day)))
    receipt = book.record(g.cost(day + timedelta(days=1)), "t.leader")
    assert (receipt.refusal, between.tries) == ("NotAnOfficer", 2)
    check_whole(book)


def test_the_envelope_of_a_call_that_was_taken_meanwhile(
    place: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = g.open_call("01-03", closes="2017-01-31", envelope="100000.00 USD")
    asked = [
        command
        for name in ("SSF-3", "SSF-4")
        for command in (g.propose("01-10", grant=name, call="C1"), g.request("01-20", grant=name))
    ]
    with make_book(place, [*g.FOUNDED, opened, *asked], clock=None) as book, Book.open(book.place) as other:
        between = Between(book, monkeypatch, ask(other, g.approve("02-10", grant="SSF-3")))
        receipt = book.record(g.approve("02-10", grant="SSF-4"), "a.prover")
        assert (receipt.refusal, between.tries) == ("ExceedsCallEnvelope", 2)
        check_whole(book)


def test_a_call_that_was_opened_meanwhile(book: Book, other: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the fund has changed: the call's own stream is looked at."""
    between = Between(book, monkeypatch, ask(other, g.open_call("01-03", closes="2017-01-31")))
    receipt = book.record(g.propose("01-10", grant="SSF-5", call="C1"), "t.leader")
    assert (receipt.outcome, between.tries) == ("accepted", 2)
    check_whole(book)


def test_an_institution_that_was_registered_meanwhile(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    between = Between(book, monkeypatch, ask(other, g.register_institution("01-03")))
    named = [{"institution": "MOA", "role": "receiving"}]
    receipt = book.record(g.propose("01-10", grant="SSF-5", institutions=named), "t.leader")
    assert (receipt.outcome, between.tries) == ("accepted", 2)
    check_whole(book)


def test_a_grant_that_was_proposed_meanwhile(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    between = Between(book, monkeypatch, ask(other, g.propose("01-10", grant="SSF-7")))
    receipt = book.record(g.propose("01-10", grant="SSF-5", follows="SSF-7"), "t.leader")
    assert (receipt.outcome, between.tries) == ("accepted", 2)
    check_whole(book)


def test_an_institution_does_not_make_a_command_wait_that_names_none(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    between = Between(book, monkeypatch, ask(other, g.register_institution("01-03")))
    assert book.record(g.propose("01-10", grant="SSF-5"), "t.leader").outcome == "accepted"
    assert between.tries == 1


def test_a_fee_on_money_that_a_grant_took_meanwhile(
    place: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    money = [*g.OFFICERS, g.join(g.START), g.receive("02-10", amount="100000.00 USD")]
    with make_book(place, [*money, *g.REQUESTED], clock=None) as book, Book.open(book.place) as other:
        between = Between(book, monkeypatch, ask(other, g.approve("02-10")))
        fee = g.charge_fee("02-11", amount="10000.01 USD")
        receipt = book.record(fee, fee.actor)
        assert (receipt.refusal, between.tries) == ("ExceedsAvailableFunds", 2)
        ask(book, g.charge_fee("02-11", amount="10000.00 USD"))()
        check_whole(book)


def test_a_partner_that_joined_meanwhile(book: Book, other: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    between = Between(book, monkeypatch, ask(other, g.join("2017-01-01", partner="ES", name="Spain")))
    receipt = book.record(g.join("2017-01-01", partner="ES", name="Spain"), "s.cretary")
    assert (receipt.outcome, between.tries) == ("refused", 2)
    check_whole(book)


def test_a_command_on_the_fund_that_rests_on_grants_is_judged_under_the_lock(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any stream can hold a later act of the officer, so all of them are read."""
    day = datetime.now(UTC).date() - timedelta(days=3)
    ask(book, g.appoint(day, officer="n.ew", roles=["ttl"]))()
    between = Between(book, monkeypatch)
    ask(other, g.cost(day + timedelta(days=2), actor="n.ew"))()
    receipt = book.record(g.retire(day + timedelta(days=1), officer="n.ew"), "admin")
    assert (receipt.refusal, "grant:SSF-1, entry" in str(receipt.message)) == ("NotAnOfficer", True)
    assert between.tries == 0
    check_whole(book)


def test_a_row_put_in_by_sql_meanwhile_stops_the_grant(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = g.disburse("05-01", payment="P9", amount="1.00 USD")
    Between(book, monkeypatch, lambda: forge(other, forged))
    with pytest.raises(StreamStopped):
        book.record(g.cost("06-12"), "t.leader")


def test_a_quarantine_meanwhile_is_taken_in(book: Book, other: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    position = forge(other, g.disburse("05-01", grant="SSF-2", payment="P9", amount="1.00 USD"))
    with Book.open(book.place) as administrator:
        words = {"on": "2018-01-01", "actor": "admin", "position": position, "reason": "put in by SQL"}
        act = QuarantineRow.read(words)
        between = Between(book, monkeypatch, ask(administrator, act))
        assert book.record(g.cost("06-12"), "t.leader").outcome == "accepted"
        assert between.tries == 2
        assert book.record(g.cost("06-12", grant="SSF-2"), "t.leader").outcome == "accepted"
        assert [row.position for row in book.quarantined()] == [position]
    check_whole(book, forged=True)


@pytest.mark.parametrize("day", ["06-12", "01-09"])
def test_the_same_command_of_another_process_is_recorded_once(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch, day: str
) -> None:
    command = g.cost(day, command_id="C-1")
    first = []
    between = Between(book, monkeypatch, lambda: first.append(other.record(command, "t.leader")))
    receipt = book.record(command, "t.leader")
    assert receipt == first[0]._replace(outcome="repeat")
    assert between.tries == 1
    check_whole(book)


@pytest.mark.parametrize("theirs", ["06-12", "01-09"])
@pytest.mark.parametrize("ours", ["06-13", "01-08"])
def test_an_id_that_another_command_got_meanwhile_is_refused(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch, theirs: str, ours: str
) -> None:
    Between(book, monkeypatch, lambda: other.record(g.cost(theirs, command_id="C-1"), "t.leader"))
    receipt = book.record(g.cost(ours, command_id="C-1"), "t.leader")
    assert receipt.refusal == "CommandIdReused"


def test_a_stream_that_went_on_meanwhile_is_not_at_the_expected_version(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    between = Between(book, monkeypatch, ask(other, g.cost("06-12")))
    with pytest.raises(VersionConflict):
        book.record(g.cost("06-12", expect_version=len(book.entries("grant:SSF-1"))), "t.leader")
    assert between.tries == 1


def test_after_three_conflicts_a_command_is_judged_under_the_lock(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    between = Between(book, monkeypatch, *[ask(other, g.cost("06-12"))] * 9)
    position = book.position()
    assert book.record(g.cost("06-12"), "t.leader").position == position + 4
    assert between.tries == 3
    check_whole(book)


def test_entries_of_others_before_the_own_one_are_taken_in_later(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = g.cost("06-12", grant="SSF-2")
    Between(book, monkeypatch, ask(other, theirs), ask(other, theirs))
    positions = [book.record(g.cost("06-12"), "t.leader").position for _ in range(3)]
    assert book.record(theirs, "t.leader").entries == (f"grant:SSF-2@{len(book.entries('grant:SSF-2'))}",)
    first = positions[0] or 0
    assert positions == [first, first + 2, first + 3]
    check_whole(book)


@pytest.mark.of_a_file("a database gives moments by its own clock")
def test_a_day_that_began_meanwhile(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(datetime(2026, 1, 31, 23, 59, 0, tzinfo=UTC), timedelta(0))
    with make_book(place, [*g.FOUNDED, *g.EFFECTIVE], clock=clock) as book:
        between = Between(book, monkeypatch, lambda: setattr(clock, "now", clock.now + timedelta(minutes=2)))
        receipt = book.record(g.cost("2026-02-01"), "t.leader")
        assert (receipt.outcome, between.tries) == ("accepted", 2)


@pytest.mark.of_a_file("a database gives moments by its own clock")
def test_the_clock_that_the_book_was_opened_with_gives_the_moment(place: Path) -> None:
    clock = Clock(step=timedelta(0))
    with make_book(place, [*g.FOUNDED, *g.EFFECTIVE], clock=clock) as book:
        clock.now += timedelta(hours=1)
        book.record(g.cost("06-12"), "t.leader")
        assert book.recorded_at(book.position()) == clock.now


def test_a_failure_between_judging_and_the_lock_leaves_nothing(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = book.position()

    def fail() -> None:
        raise ZeroDivisionError

    Between(book, monkeypatch, fail)
    with pytest.raises(ZeroDivisionError):
        book.record(g.cost("06-12"), "t.leader")
    record(other, [g.cost("06-12")])
    assert book.record(g.cost("06-12"), "t.leader").position == before + 2
    check_whole(book)


def test_a_receipt_under_an_id_that_was_just_made_is_found_under_the_lock(
    book: Book, other: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its receipts are not looked for before: the command is judged again, and is a repeat."""
    command = g.cost("06-12", command_id="C-1")
    first = other.record(command, "t.leader")
    between = Between(book, monkeypatch)
    receipt = book._handler.record(command, "t.leader", is_new=True)
    assert (receipt, between.tries) == (first._replace(outcome="repeat"), 1)
    check_whole(book)
