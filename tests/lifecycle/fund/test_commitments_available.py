"""Invariant 2: Σ commitments ≤ what the fund has, on every date, recorded late or corrected."""

from datetime import date
from decimal import Decimal

import pytest

from lifecycle.decide.other_streams import ExceedsPartnerBalance
from lifecycle.fund import events as on_fund
from lifecycle.grant import events as was
from lifecycle.grant.payment.refund import RefundExceedsDisbursed
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import ExceedsAvailableFunds
from lifecycle.types.money import Money
from lifecycle.types.stage import Stage
from support import given as g
from support.given import (
    APPROVED,
    CHECKER,
    PAID,
    REQUESTED,
    G,
    given,
    reads,
    strike,
)

SMALL = [*g.OFFICERS, g.join(g.START), g.receive("02-10", amount="90000.00 USD")]
"""Exactly enough for one grant, from the day of its approval on."""


@pytest.mark.parametrize(("on", "fits"), [("02-09", False), ("02-10", True), ("02-11", True)])
def test_nothing_is_promised_before_the_money_is_there(on: str, fits: bool) -> None:
    outcome = given(REQUESTED, founded=SMALL).when(g.approve(on))
    if fits:
        outcome.then(was.GrantApproved, on_fund.FundsCommitted)
    else:
        outcome.refused(ExceedsAvailableFunds, "0.00 USD left")


@pytest.mark.parametrize(("amount", "fits"), [("89999.99", True), ("90000.00", True), ("90000.01", False)])
def test_no_more_is_promised_than_there_is(amount: str, fits: bool) -> None:
    outcome = given(REQUESTED, founded=SMALL).when(g.approve("02-10", amount=f"{amount} USD"))
    outcome.then(
        was.GrantApproved, on_fund.FundsCommitted, amount=f"{amount} USD"
    ) if fits else outcome.refused(ExceedsAvailableFunds)


def other(name: str = "SSF-2", approved: str = "03-10", amount: str = "50000.00 USD") -> list[Command]:
    """A second grant."""
    return [
        g.propose("01-10", grant=name),
        g.request("01-20", grant=name),
        g.approve(approved, grant=name, amount=amount),
    ]


def test_a_late_approval_does_not_take_what_was_promised_since() -> None:
    past = given(other(), REQUESTED, founded=SMALL)
    past.when(g.approve("02-10", amount="40000.01 USD")).refused(ExceedsAvailableFunds, "on 2017-03-10")
    past.when(g.approve("02-10", amount="40000.00 USD")).then(
        was.GrantApproved, on_fund.FundsCommitted, amount="40000.00 USD"
    )


def test_a_commitment_that_was_over_before_makes_room() -> None:
    past = given(other(approved="02-10"), g.give_up("03-01", grant="SSF-2"), REQUESTED, founded=SMALL)
    past.when(g.approve("02-28")).refused(ExceedsAvailableFunds, "2017-02-28")
    past.when(g.approve("03-01")).then(was.GrantApproved, on_fund.FundsCommitted)


def test_an_increase_is_charged_too() -> None:
    past = given(REQUESTED, g.approve("02-10", amount="89000.00 USD"), founded=SMALL)
    past.when(g.increase("02-11", amount="1000.01 USD")).refused(ExceedsAvailableFunds)
    past.when(g.increase("02-11", amount="1000.00 USD")).then(
        was.CommitmentIncreased, on_fund.CommitmentIncreased, amount="1000.00 USD"
    )


def test_fees_and_returns_never_take_what_is_promised() -> None:
    past = given(REQUESTED, g.approve("02-12", amount="89000.00 USD"), founded=SMALL)
    for take, event, refusal in (
        (g.charge_fee, on_fund.FeeCharged, ExceedsAvailableFunds),
        (g.return_funds, on_fund.FundsReturned, ExceedsPartnerBalance),
    ):
        for on in ("02-11", "02-12", "02-13"):
            past.when(take(on, amount="1000.01 USD")).refused(refusal, "1,000.00 USD on")
            past.when(take(on, amount="1000.00 USD")).then(event, amount="1000.00 USD")
        past.when(take("02-09", amount="0.01 USD")).refused(refusal, "0.00 USD on 2017-02-09")


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({"reads": {"amount": "90000.01 USD", "on": "2017-02-10"}}, True),
        ({"reads": {"amount": "89999.99 USD"}}, False),
        ({"reads": {"on": "2017-02-11"}}, False),
        ({"struck": True}, False),
    ],
)
def test_money_is_not_corrected_away_under_a_promise(change: dict[str, object], fits: bool) -> None:
    past = given(APPROVED, founded=SMALL)
    received = past.fund_version(on_fund.InstalmentReceived)
    outcome = past.when(g.correct_fund("2018-01-01", entry=received, **change))
    outcome.then(EntryCorrected) if fits else outcome.refused(ExceedsAvailableFunds)


def test_a_correction_upwards_needs_the_money_and_writes_its_pair() -> None:
    past = given(REQUESTED, g.approve("02-10", amount="80000.00 USD"), founded=SMALL)
    past.when(reads(past, was.GrantApproved, amount="90000.01 USD")).refused(ExceedsAvailableFunds)
    past.when(reads(past, was.GrantApproved, amount="90000.00 USD")).then(
        EntryCorrected,
        on_fund.CommitmentIncreased(
            on=date(2017, 2, 10), actor=CHECKER, grant=G, amount=Money.parse("10000.00 USD")
        ),
    )


def test_a_correction_downwards_writes_its_pair() -> None:
    past = given(APPROVED, founded=SMALL)
    past.when(reads(past, was.GrantApproved, amount="80000.00 USD")).then(
        EntryCorrected,
        on_fund.CommitmentReleased(
            on=date(2017, 2, 10), actor=CHECKER, grant=G, amount=Money.parse("10000.00 USD")
        ),
    )


@pytest.mark.parametrize(("on", "fits"), [("02-09", False), ("02-10", True), ("02-20", True)])
def test_an_approval_is_moved_only_to_where_the_money_is(on: str, fits: bool) -> None:
    past = given(REQUESTED, g.approve("02-15"), founded=SMALL)
    outcome = past.record(
        g.correct("2018-06-01", entry=past.version(was.GrantApproved), reads={"on": f"2017-{on}"})
    )
    if fits:
        pair = (on_fund.CommitmentReleased, on_fund.CommitmentIncreased)
        outcome.then(EntryCorrected, *(pair if on == "02-20" else reversed(pair)))
        assert past.fund.available.at(date(2017, 2, 9)) == 0
        assert past.fund.available.least_from(g.START)[0] == 0
    else:
        outcome.refused(ExceedsAvailableFunds)


def test_money_given_back_and_promised_again_is_not_taken_back() -> None:
    """Striking a lapse needs the money again; a later grant has it."""
    past = given(APPROVED, g.give_up("03-01"), other(amount="90000.00 USD"), founded=SMALL)
    past.when(strike(past, was.GrantLapsed)).refused(ExceedsAvailableFunds, "2017-03-10")
    free = given(APPROVED, g.give_up("03-01"), founded=SMALL)
    free.when(strike(free, was.GrantLapsed)).then(EntryCorrected, on_fund.CommitmentIncreased)


def test_an_approval_that_is_struck_gives_its_money_back() -> None:
    past = given(APPROVED, founded=SMALL)
    past.record(strike(past, was.GrantApproved)).then(EntryCorrected, on_fund.CommitmentReleased)
    past.given(other(amount="90000.00 USD", approved="02-10"))
    again = g.correct("2018-06-02", actor="a.prover", entry=past.version(EntryCorrected), struck=True)
    past.when(again).refused(ExceedsAvailableFunds)


def test_the_end_of_a_grant_gives_back_what_is_undisbursed() -> None:
    given(PAID).when(g.cancel("06-01")).then(
        was.GrantCancelled,
        on_fund.CommitmentReleased(
            on=date(2017, 6, 1), actor="a.prover", grant=G, amount=Money.parse("88000.00 USD")
        ),
    )


def test_a_refund_recorded_after_the_end_but_dated_before_goes_back_to_the_fund() -> None:
    past = given(PAID, g.cancel("06-01"))
    past.when(g.refund("05-31")).then(
        was.RefundReceived,
        on_fund.CommitmentReleased(
            on=date(2017, 6, 1), actor="f.nance", grant=G, amount=Money.parse("500.00 USD")
        ),
    )


@pytest.mark.parametrize(("come_back", "amount"), [(g.refund, "500.00 USD"), (g.fail, "2000.00 USD")])
def test_what_comes_back_after_the_end_goes_on_to_the_fund(come_back: g.Make, amount: str) -> None:
    past = given(PAID, g.cancel("06-01"))
    for on in (date(2017, 6, 1), date(2017, 6, 2)):
        outcome = past.when(come_back(on))
        outcome.then(
            type(outcome.events[0]),
            on_fund.CommitmentReleased(on=on, actor="f.nance", grant=G, amount=Money.parse(amount)),
        )
    past.given(come_back("06-02"))
    assert (past.grant.stage, past.grant.undisbursed) == (Stage.CANCELLED, 0)
    assert past.grant.committed == Decimal("2000.00") - Money.parse(amount).amount


def test_more_than_was_paid_does_not_come_back_after_the_end_either() -> None:
    past = given(PAID, g.cancel("06-01"), g.refund("06-02", amount="1999.00 USD"))
    past.when(g.refund("06-03", amount="1.01 USD")).refused(RefundExceedsDisbursed)
    past.when(g.refund("06-03", amount="1.00 USD")).then(
        was.RefundReceived, on_fund.CommitmentReleased, amount="1.00 USD"
    )


def test_a_struck_cancellation_leaves_what_came_back_with_the_grant() -> None:
    past = given(PAID, g.cancel("06-01"), g.refund("06-02"))
    past.given(strike(past, was.GrantCancelled))
    assert (past.grant.stage, past.grant.undisbursed) == (Stage.EFFECTIVE, Decimal("88500.00"))
    assert past.grant.committed == Decimal("90000.00")
