"""Money that is set aside: who may promise it, and what is left of it."""

from pathlib import Path

import pytest

from lifecycle.call.call import GrantSelected
from lifecycle.decide.correction.target import PairedEntry
from lifecycle.fund import events as was
from lifecycle.fund.pools.set_asides import (
    ExceedsSetAside,
    SetAsideIdTaken,
    SetAsideOver,
    UnknownSetAside,
)
from lifecycle.grant import events as of_grants
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.guards import CurrencyNotHolding
from lifecycle.kernel.refusals import ExceedsAvailableFunds, FieldNotCorrectable, UnknownCall
from lifecycle.rejudge.walk import judged_unsealed
from support import given as g
from support.given import Past, day, given
from support.reading import new_book

CALL = g.open_call("2012-01-01", closes="2012-12-31")
DIALOGUES = g.set_aside("2012-01-05", amount="450000.00 USD")
FOR_CALL = g.set_aside("2012-01-05", set_aside="C1", amount="450000.00 USD", call="C1")


def requested(**terms: str) -> list[Command]:
    return [
        g.propose("2012-01-10", **terms),
        g.request("2012-01-20"),
        g.review("2012-01-25", scores={"demand": 4, "readiness": 4}),
    ]


def left(past: Past, name: str, *days: str) -> list[int]:
    return [int(past.fund.set_asides[name].left.at(day(on))) for on in days]


def available(past: Past, *days: str) -> list[int]:
    return [int(past.fund.available.at(day(on))) for on in days]


def test_what_is_set_aside_is_promised_to_nobody_else() -> None:
    past = given(requested(), DIALOGUES)
    assert available(past, "2012-01-04", "2012-01-05") == [500_000, 50_000]
    past.when(g.approve("2012-02-01", amount="50000.01 USD")).refused(ExceedsAvailableFunds, "50,000.00")
    past.when(g.approve("2012-02-01", amount="50000.00 USD")).then(
        of_grants.GrantApproved, was.FundsCommitted
    )
    past.when(g.charge_fee("2012-02-01", amount="50000.01 USD")).refused(ExceedsAvailableFunds)
    past.when(g.return_funds("2012-02-01", amount="50000.01 USD")).refused(ExceedsAvailableFunds)


@pytest.mark.parametrize(("on", "there"), [("2008-11-14", False), ("2008-11-15", True), ("2008-11-16", True)])
def test_only_money_that_is_there_is_set_aside(on: str, there: bool) -> None:
    outcome = given().when(g.set_aside(on, amount="500000.00 USD"))
    outcome.then(was.FundsSetAside) if there else outcome.refused(ExceedsAvailableFunds)
    given().when(g.set_aside(on, amount="500000.01 USD")).refused(ExceedsAvailableFunds)


def test_money_that_a_later_day_needs_is_set_aside_only_until_the_day_before() -> None:
    past = given(requested(), g.approve("2012-02-01", amount="90000.00 USD"))
    whole = {"amount": "500000.00 USD"}
    past.when(g.set_aside("2012-01-05", **whole)).refused(ExceedsAvailableFunds, "2012-02-01")
    past.when(g.set_aside("2012-01-05", until="2012-02-01", **whole)).refused(ExceedsAvailableFunds)
    past.when(g.set_aside("2012-01-05", until="2012-01-31", **whole)).then(was.FundsSetAside)


def test_what_is_left_after_the_last_day_is_available_again() -> None:
    past = given(g.set_aside("2012-01-05", amount="450000.00 USD", until="2012-06-30"))
    assert left(past, "dialogues", "2012-06-30", "2012-07-01") == [450_000, 0]
    assert available(past, "2012-06-30", "2012-07-01") == [50_000, 500_000]
    past.when(g.release_set_aside("2012-07-01")).refused(SetAsideOver, "2012-06-30")
    past.record(g.release_set_aside("2012-06-30")).then(was.SetAsideReleased)
    assert available(past, "2012-06-30", "2012-07-01") == [150_000, 500_000]
    past.when(g.set_aside("2012-01-05", set_aside="b", until="2012-01-04")).refused(SetAsideOver)
    past.when(g.set_aside("2012-01-05", set_aside="b", amount="1.00 USD", until="2012-01-05")).then(
        was.FundsSetAside
    )


def test_no_more_is_released_than_is_left_on_that_and_every_later_day() -> None:
    past = given(DIALOGUES, g.release_set_aside("2012-03-01", amount="400000.00 USD"))
    for on in ("2012-02-01", "2012-03-01", "2012-03-02"):
        past.when(g.release_set_aside(on, amount="50000.01 USD")).refused(ExceedsSetAside, "50,000.00 USD")
        past.when(g.release_set_aside(on, amount="50000.00 USD")).then(was.SetAsideReleased)
    past.when(g.release_set_aside("2012-01-04", amount="1.00 USD")).refused(UnknownSetAside, "none yet")
    past.when(g.release_set_aside("2012-01-05", amount="1.00 EUR")).refused(CurrencyNotHolding)
    past.when(g.release_set_aside("2012-02-01", set_aside="plan")).refused(UnknownSetAside, "dialogues")


def test_a_name_is_taken_once_and_a_call_is_known() -> None:
    past = given(CALL, DIALOGUES)
    past.when(g.set_aside("2012-02-01", amount="1.00 USD")).refused(SetAsideIdTaken, "2012-01-05")
    past.when(g.set_aside("2012-02-01", set_aside="b", amount="1.00 EUR")).refused(CurrencyNotHolding)
    for on, call, known in (
        ("2011-12-31", "C1", False),
        ("2012-01-01", "C1", True),
        ("2012-01-02", "C2", False),
    ):
        outcome = past.when(g.set_aside(on, set_aside="b", amount="1.00 USD", call=call))
        outcome.then(was.FundsSetAside) if known else outcome.refused(UnknownCall, call)


# ── what the grants of a call use ────────────────────────────────────────────────────────────


def test_the_grants_of_a_call_use_its_set_aside_first() -> None:
    past = given(CALL, FOR_CALL, requested(call="C1"))
    past.when(g.approve("2012-02-01", amount="90000.00 USD")).then(
        of_grants.GrantApproved, was.FundsCommitted, was.SetAsideUsed, GrantSelected
    )
    past.given(g.approve("2012-02-01", amount="90000.00 USD"))
    assert left(past, "C1", "2012-01-31", "2012-02-01") == [450_000, 360_000]
    assert available(past, "2012-01-31", "2012-02-01") == [50_000, 50_000]


def test_beyond_the_set_aside_a_grant_takes_what_is_available() -> None:
    small = g.set_aside("2012-01-05", set_aside="C1", amount="60000.00 USD", call="C1")
    plan = g.set_aside("2012-01-05", set_aside="plan", amount="420000.00 USD")
    past = given(CALL, small, plan, requested(call="C1"))
    past.when(g.approve("2012-02-01", amount="80000.01 USD")).refused(ExceedsAvailableFunds)
    past.given(g.approve("2012-02-01", amount="80000.00 USD"))
    assert (left(past, "C1", "2012-02-01"), available(past, "2012-02-01")) == ([0], [0])


@pytest.mark.parametrize(
    ("on", "is_used"), [("2012-01-31", True), ("2012-02-01", True), ("2012-02-02", False)]
)
def test_a_set_aside_is_used_until_its_last_day(on: str, is_used: bool) -> None:
    until = g.set_aside("2012-01-05", set_aside="C1", amount="60000.00 USD", call="C1", until="2012-02-01")
    past = given(CALL, until, requested(call="C1"), g.approve(on, amount="50000.00 USD"))
    uses = [entry for entry in past.fund_entries if isinstance(entry.event, was.SetAsideUsed)]
    assert bool(uses) is is_used
    assert left(past, "C1", "2012-02-01", "2012-02-02") == [10_000 if is_used else 60_000, 0]
    assert available(past, "2012-02-02") == [450_000]


def test_a_cancellation_fills_the_set_aside_again_after_the_rest() -> None:
    small = g.set_aside("2012-01-05", set_aside="C1", amount="60000.00 USD", call="C1")
    past = given(CALL, small, requested(call="C1"), g.approve("2012-02-01", amount="90000.00 USD"))
    past.given(g.make_effective("2012-03-01"), g.cancel_balance("2012-04-01", amount="30000.00 USD"))
    assert (left(past, "C1", "2012-04-01"), available(past, "2012-04-01")) == ([0], [440_000])
    past.given(g.cancel_balance("2012-05-01", amount="20000.00 USD"))
    assert (left(past, "C1", "2012-05-01"), available(past, "2012-05-01")) == ([20_000], [440_000])
    # Recorded late: by May, 20,000 more is given back than the grant is committed.
    past.given(g.cancel_balance("2012-03-15", amount="10000.00 USD"))
    assert left(past, "C1", "2012-03-31", "2012-04-30", "2012-05-01") == [0, 10_000, 30_000]
    assert available(past, "2012-03-31", "2012-04-30", "2012-05-01") == [420_000, 440_000, 440_000]


@pytest.mark.parametrize(("on", "fills"), [("2012-06-29", True), ("2012-06-30", True), ("2012-07-01", False)])
def test_what_is_given_back_after_the_last_day_is_available_to_all(on: str, fills: bool) -> None:
    ends = g.set_aside("2012-01-05", set_aside="C1", amount="60000.00 USD", call="C1", until="2012-06-30")
    past = given(CALL, ends, requested(call="C1"), g.approve("2012-02-01", amount="60000.00 USD"))
    past.given(g.make_effective("2012-03-01"), g.cancel_balance(on, amount="60000.00 USD"))
    refilled = [entry for entry in past.fund_entries if isinstance(entry.event, was.SetAsideRefilled)]
    assert bool(refilled) is fills
    assert left(past, "C1", "2012-06-30", "2012-07-01") == [60_000 if fills else 0, 0]
    assert available(past, "2012-07-01") == [500_000]


def test_a_grant_is_promised_what_is_set_aside_for_its_call_if_the_bank_paid_too_much() -> None:
    other = [g.but(command, grant="SSF-2") for command in requested(call="C1")]
    past = given(CALL, FOR_CALL, requested(), other)
    past.given(
        g.approve("2012-02-01", amount="50000.00 USD"), g.irregular("2012-02-02", amount="50100.00 USD")
    )
    assert available(past, "2012-02-02") == [-100]
    approval = g.but(g.approve("2012-03-01", amount="90000.00 USD"), grant="SSF-2")
    past.record(approval).then(of_grants.GrantApproved, was.FundsCommitted, was.SetAsideUsed, GrantSelected)
    assert available(past, "2012-03-01") == [-100]


def test_of_two_set_asides_the_one_that_ends_first_is_used_first() -> None:
    both = [
        g.set_aside("2012-01-05", set_aside="open", amount="60000.00 USD", call="C1"),
        g.set_aside("2012-01-06", set_aside="ends", amount="60000.00 USD", call="C1", until="2012-12-31"),
    ]
    past = given(CALL, both, requested(call="C1"), g.approve("2012-02-01", amount="90000.00 USD"))
    assert (left(past, "ends", "2012-02-01"), left(past, "open", "2012-02-01")) == ([0], [30_000])
    past.given(g.make_effective("2012-03-01"), g.cancel_balance("2012-04-01", amount="40000.00 USD"))
    assert (left(past, "ends", "2012-04-01"), left(past, "open", "2012-04-01")) == ([10_000], [60_000])


def test_a_late_approval_uses_only_what_later_days_leave() -> None:
    other = [g.but(command, grant="SSF-2") for command in requested(call="C1")]
    small = g.set_aside("2012-01-05", set_aside="C1", amount="100000.00 USD", call="C1")
    past = given(CALL, small, requested(call="C1"), other, g.approve("2012-03-01", amount="70000.00 USD"))
    past.given(g.but(g.approve("2012-02-01", amount="70000.00 USD"), grant="SSF-2"))
    assert left(past, "C1", "2012-02-01", "2012-03-01") == [70_000, 0]
    assert available(past, "2012-02-01", "2012-03-01") == [360_000, 360_000]


# ── corrections ──────────────────────────────────────────────────────────────────────────────


def test_a_set_aside_is_not_corrected_below_what_was_used_of_it() -> None:
    past = given(CALL, FOR_CALL, requested(call="C1"), g.approve("2012-02-01", amount="90000.00 USD"))
    entry = past.fund_version(was.FundsSetAside)
    for reads, refusal in (
        ({"amount": "89999.99 USD"}, ExceedsSetAside),
        ({"on": "2012-02-02"}, UnknownSetAside),
        ({"until": "2012-01-31"}, SetAsideOver),
        ({"call": "C2"}, FieldNotCorrectable),
        ({"amount": "500000.01 USD"}, ExceedsAvailableFunds),
    ):
        past.when(g.correct_fund("2013-01-01", entry=entry, reads=reads)).refused(refusal)
    past.when(g.correct_fund("2013-01-01", entry=entry, struck=True)).refused(
        UnknownSetAside, "no longer hold"
    )
    for reads in ({"amount": "90000.00 USD"}, {"on": "2012-02-01"}, {"until": "2012-02-01"}):
        past.when(g.correct_fund("2013-01-01", entry=entry, reads=reads)).then(EntryCorrected)
    used = past.fund_version(was.SetAsideUsed)
    past.when(g.correct_fund("2013-01-01", entry=used, struck=True)).refused(PairedEntry, "SSF-1")


def test_a_corrected_approval_takes_or_gives_back_the_difference() -> None:
    past = given(CALL, FOR_CALL, requested(call="C1"), g.approve("2012-02-01", amount="90000.00 USD"))
    entry = past.version(of_grants.GrantApproved)
    for amount, rest in (("60000.00 USD", 390_000), ("95000.00 USD", 355_000)):
        past.given(g.correct("2013-01-01", entry=entry, reads={"amount": amount}))
        assert left(past, "C1", "2012-01-31", "2012-02-01") == [450_000, rest]
    past.given(g.correct("2013-01-01", entry=entry, reads={"on": "2012-03-01"}))
    assert left(past, "C1", "2012-02-29", "2012-03-01") == [450_000, 355_000]
    past.given(g.correct("2013-01-01", entry=entry, reads={"on": "2012-02-15"}))
    assert left(past, "C1", "2012-02-14", "2012-02-15", "2012-03-01") == [450_000, 355_000, 355_000]
    past.given(g.correct("2013-01-01", entry=entry, struck=True))
    assert left(past, "C1", "2012-02-15", "2012-03-01") == [450_000, 450_000]
    assert available(past, "2012-03-01") == [50_000]


def test_what_moves_to_another_day_is_taken_from_the_same_set_aside() -> None:
    """The rest of the fund is set aside for a plan: only the money of the call can pay on any day."""
    small = g.set_aside("2012-01-05", set_aside="C1", amount="100000.00 USD", call="C1")
    plan = g.set_aside("2012-01-05", set_aside="plan", amount="400000.00 USD")
    past = given(CALL, small, plan, requested(call="C1"), g.approve("2012-03-01"))
    entry = past.version(of_grants.GrantApproved)
    for on in ("2012-02-15", "2012-02-01", "2012-04-01"):
        past.given(g.correct("2013-01-01", entry=entry, reads={"on": on}))
        assert left(past, "C1", "2012-01-31", on, "2012-05-01") == [100_000, 10_000, 10_000], on
        assert available(past, on) == [0], on


def test_a_grant_that_answers_another_call_uses_the_set_aside_of_that_call() -> None:
    other = g.open_call("2012-01-01", call="C2", closes="2012-12-31")
    small = g.set_aside("2012-01-05", set_aside="C2", amount="40000.00 USD", call="C2", until="2012-06-30")
    large = g.set_aside("2012-01-05", set_aside="C1", amount="100000.00 USD", call="C1", until="2012-05-31")
    past = given(CALL, other, small, large, requested(call="C1"), g.approve("2012-02-01"))
    past.given(g.make_effective("2012-03-01"), g.cancel_balance("2012-04-01", amount="60000.00 USD"))
    days = ("2012-02-01", "2012-04-01", "2012-06-01", "2012-07-01")
    kept = left(past, "C1", *days), left(past, "C2", *days), available(past, *days)
    assert kept[:2] == ([10_000, 70_000, 0, 0], [40_000, 40_000, 40_000, 0])
    proposal = past.version(of_grants.GrantProposed)
    past.given(g.correct("2013-01-01", entry=proposal, reads={"call": "C2"}))
    assert left(past, "C1", *days) == [100_000, 100_000, 0, 0]
    assert left(past, "C2", *days) == [0, 10_000, 10_000, 0]
    past.given(g.correct("2013-01-02", entry=proposal, reads={"call": None}))
    assert left(past, "C1", *days) == [100_000, 100_000, 0, 0]
    assert left(past, "C2", *days) == [40_000, 40_000, 40_000, 0]
    past.given(g.correct("2013-01-03", entry=proposal, reads={"call": "C1"}))
    assert (left(past, "C1", *days), left(past, "C2", *days), available(past, *days)) == kept


# ── the same words refused, and judged again ─────────────────────────────────────────────────


def test_a_refused_set_aside_for_a_call_is_no_forgery(tmp_path: Path) -> None:
    with new_book(tmp_path / "book", CALL) as book:
        refused = book.record(g.set_aside("2012-01-05", call="C2"), "a.prover")
        assert refused.refusal == "UnknownCall"
        assert not judged_unsealed(book.journal, (0, 0)).wrong
