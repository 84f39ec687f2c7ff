"""From which pools a commitment is drawn, and to which a release goes back."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from lifecycle.decide.pairs.pool_draws import rank_of
from lifecycle.fund import events as on_fund
from lifecycle.fund.pools.ends import ClosesAfterPool, PoolEnded
from lifecycle.fund.pools.grant_account import account_on
from lifecycle.grant import events as was
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.refusals import ExceedsAvailableFunds
from support import given as g
from support.given import AUTHORISED, EFFECTIVE, REQUESTED, Outcome, given

TZ_ONLY = {"strength": "hard", "countries": ["TZ", "UG"]}
FARMS_FIRST = {"strength": "soft", "sectors": ["Agriculture"]}
OTHERS_FIRST = {"strength": "soft", "sectors": ["health"]}


def agreed(name: str, amount: str, received: str = "2016-12-01", **terms: object) -> list[Command]:
    """Return the agreement, and the receipt of its money."""
    return [
        g.agree_contribution("2016-11-01", agreement=name, **terms),
        g.receive(received, agreement=name, amount=f"{amount}.00 USD"),
    ]


def draws(outcome: Outcome) -> list[tuple[int, str | None, str]]:
    """Return the draws in the paired event: rank, agreement and amount."""
    kept = outcome.events[-1].__dict__["draws"]
    return [(draw.rank, draw.agreement, f"{draw.amount.amount}") for draw in kept]


def test_a_fund_without_agreements_keeps_no_draws() -> None:
    outcome = given(REQUESTED).when(g.approve("02-10"))
    assert outcome.events[-1].__dict__["draws"] is None


def test_a_commitment_draws_from_hard_pools_then_soft_ones_then_the_rest() -> None:
    past = given(
        REQUESTED,
        agreed("HARD-1", "30000", preference=TZ_ONLY),
        agreed("HARD-2", "10000", preference=TZ_ONLY),
        agreed("SOFT", "20000", preference=FARMS_FIRST),
        agreed("OTHER", "500000", preference=OTHERS_FIRST),
        agreed("ELSEWHERE", "900000", preference={"strength": "hard", "regions": ["South Asia"]}),
    )
    assert draws(past.when(g.approve("02-10", amount="20000.00 USD"))) == [
        (1, "HARD-1", "15000.00"),
        (1, "HARD-2", "5000.00"),
    ]
    # Of the last rank, half a million is free and half a million is of the pool for others first.
    assert draws(past.when(g.approve("02-10"))) == [
        (1, "HARD-1", "30000.00"),
        (1, "HARD-2", "10000.00"),
        (2, "SOFT", "20000.00"),
        (3, "OTHER", "15000.00"),
        (3, None, "15000.00"),
    ]


def test_what_was_drawn_for_an_earlier_sector_stays_drawn() -> None:
    farms_only = {"strength": "hard", "sectors": ["Agriculture"]}
    past = given(REQUESTED, agreed("FARMS", "200000", preference=farms_only), g.approve("02-10"))
    past.when(g.amend("02-20", sector="health")).then(was.GrantAmended)
    assert draws(past.when(g.increase("02-21"))) == [(1, "FARMS", "1000.00")]
    past.given(g.amend("02-20", sector="health"))
    assert draws(past.when(g.increase("02-21"))) == [(3, None, "1000.00")]


def test_what_no_pool_has_that_fits_is_refused() -> None:
    past = given(
        REQUESTED,
        g.return_funds("2016-12-02", amount="500000.00 USD"),
        agreed("HARD", "30000", preference=TZ_ONLY),
        agreed("ELSEWHERE", "900000", preference={"strength": "hard", "regions": ["South Asia"]}),
    )
    past.when(g.approve("02-10")).refused(ExceedsAvailableFunds, "agreement HARD has 30,000.00 USD")
    past.when(g.approve("02-10", amount="30000.01 USD")).refused(ExceedsAvailableFunds)
    past.when(g.approve("02-10", amount="30000.00 USD")).then(was.GrantApproved, on_fund.FundsCommitted)


@pytest.mark.parametrize(
    ("preference", "rank"),
    [
        ({"windows": ["stand_alone"]}, 1),
        ({"windows": ["programmatic"]}, None),
        ({"regions": ["sub-saharan africa"]}, 1),
        ({"regions": ["South Asia"]}, None),
        ({"countries": ["TZ"]}, None),
        ({"countries": ["TZ", "UG"]}, 1),
        ({"countries": ["TZ"], "regions": ["Sub-Saharan Africa"]}, 1),
        ({"sectors": ["AGRICULTURE"]}, 1),
        ({"sectors": ["AGRICULTURE"], "windows": ["oks"]}, None),
    ],
)
def test_a_hard_pool_is_for_grants_that_fit_each_of_its_lists(
    preference: dict[str, Any], rank: int | None
) -> None:
    past = given(REQUESTED, agreed("HARD", "90000", preference={"strength": "hard", **preference}))
    assert draws(past.when(g.approve("02-10")))[0] == (rank or 3, "HARD" if rank else None, "90000.00")


OLD_NAME, NEW_NAME = (
    "Middle East and North Africa",
    "Middle East, North Africa, Afghanistan and Pakistan",
)


@pytest.mark.parametrize(
    ("region", "on", "rank"),
    [
        (OLD_NAME, "2025-06-30", 1),
        (OLD_NAME, "2025-07-01", 1),
        (NEW_NAME, "2025-06-30", None),
        (NEW_NAME, "2025-07-01", 1),
        ("South Asia", "2025-07-01", None),
    ],
)
def test_money_for_a_renamed_region_is_still_drawn(region: str, on: str, rank: int | None) -> None:
    """Egypt's region got another name on 2025-07-01: money that was agreed for it is for Egypt still."""
    past = given(agreed("HARD", "90000", preference={"strength": "hard", "regions": [region]}))
    egypt = SimpleNamespace(window="stand_alone", sector="health", stated_recipients=("EG",))
    assert rank_of(past.fund.agreements["HARD"], egypt, g.day(on)) == rank


@pytest.mark.parametrize(("on", "drawn"), [("02-09", True), ("02-10", True), ("02-11", False)])
def test_an_agreement_is_drawn_from_until_its_last_day(on: str, drawn: bool) -> None:
    past = given(REQUESTED, agreed("HARD", "90000", preference=TZ_ONLY, valid_until="2017-02-10"))
    assert (draws(past.when(g.approve(on)))[0][1] == "HARD") is drawn
    past.given(g.amend_contribution("02-10", agreement="HARD", valid_until="2017-02-11"))
    assert (draws(past.when(g.approve(on)))[0][1] == "HARD") is True


def test_a_draw_takes_what_a_pool_has_on_its_day_and_on_every_later_one() -> None:
    past = given(
        REQUESTED,
        agreed("HARD", "30000", preference=TZ_ONLY),
        g.return_funds("02-20", agreement="HARD", amount="20000.00 USD"),
    )
    assert draws(past.when(g.approve("02-10")))[:1] == [(1, "HARD", "10000.00")]
    # Money that comes later changes no earlier draw.
    approved = past.record(g.approve("02-10"))
    past.given(g.receive("02-11", agreement="HARD", amount="90000.00 USD"))
    assert draws(approved) == [(1, "HARD", "10000.00"), (3, None, "80000.00")]
    assert past.fund.agreements["HARD"].left.at(g.day("02-10")) == 20_000


POOLS = [
    *agreed("HARD", "30000", preference=TZ_ONLY),
    *agreed("SOFT", "20000", preference=FARMS_FIRST),
]


def test_a_release_gives_back_in_the_reverse_order_what_is_not_paid() -> None:
    past = given(REQUESTED, POOLS, EFFECTIVE[2:])
    assert draws(past.when(g.cancel_balance("04-20", amount="50000.00 USD"))) == [
        (2, "SOFT", "10000.00"),
        (3, None, "40000.00"),
    ]
    # 2,000 are paid from the hard pool.
    past.given(g.request_payment("04-10"), g.authorise("04-20"), g.disburse("05-01"))
    assert draws(past.when(g.cancel("06-01"))) == [
        (1, "HARD", "28000.00"),
        (2, "SOFT", "20000.00"),
        (3, None, "40000.00"),
    ]


def test_a_correction_of_an_amount_draws_or_gives_back_the_difference() -> None:
    past = given(REQUESTED, POOLS, g.approve("02-10"))
    entry = past.version(was.GrantApproved)
    less = past.when(g.correct("02-20", entry=entry, reads={"amount": "45000.00 USD"}))
    assert draws(less) == [(2, "SOFT", "5000.00"), (3, None, "40000.00")]


def test_a_commitment_that_moves_to_another_day_takes_its_draws_along() -> None:
    past = given(REQUESTED, POOLS, g.approve("02-10"))
    past.given(g.receive("02-01", agreement="HARD", amount="90000.00 USD"))  # a new draw would be of it alone
    entry = past.version(was.GrantApproved)
    for on in ("02-09", "02-11"):
        moved = past.when(g.correct("02-20", entry=entry, reads={"on": f"2017-{on}"}))
        released, drawn = sorted(moved.events[1:], key=lambda event: type(event).__name__, reverse=True)[:2]
        assert {type(released), type(drawn)} == {on_fund.CommitmentReleased, on_fund.CommitmentIncreased}
        assert released.__dict__["draws"] == drawn.__dict__["draws"]


def test_a_moved_commitment_takes_no_more_from_a_pool_of_two_ranks_than_it_has() -> None:
    """The grant drew from the pool when it was bound to such grants, and after that ended."""
    past = given(REQUESTED, agreed("A", "30000", preference=TZ_ONLY), g.approve("02-10"))
    past.given(g.amend_contribution("02-10", agreement="A", valid_until=None, preference=OTHERS_FIRST))
    past.given(g.receive("02-10", agreement="A", amount="440000.00 USD"))
    past.given(g.increase("02-10", amount="20000.00 USD"))
    earlier = {"on": "2017-02-09"}
    past.given(g.correct("02-20", entry=past.version(was.GrantApproved), reads=earlier))
    left = past.fund.agreements["A"].left
    assert [left.at(g.day(on)) for on in ("02-08", "02-09", "02-10")] == [30_000, 0, 437_500]


def test_what_a_struck_increase_gave_back_to_other_pools_is_not_forgotten() -> None:
    """The increase is drawn from the hard pool. Its release begins with what is free."""
    past = given(REQUESTED, POOLS, EFFECTIVE[2:])
    past.given(g.receive("04-01", agreement="HARD", amount="5000.00 USD"))
    past.given(g.increase("04-20", amount="5000.00 USD"))
    past.given(g.strike(past, was.CommitmentIncreased))
    assert draws(past.when(g.cancel("06-01"))) == [
        (1, "HARD", "35000.00"),
        (2, "SOFT", "20000.00"),
        (3, None, "35000.00"),
    ]
    for on, of_hard in (("2017-04-19", 3_000_000), ("2017-04-20", 3_500_000)):
        account = account_on(past.fund, g.G, [(g.day("02-10"), Decimal(90_000))], [], g.day(on))
        assert account.drawn[1, "HARD"] == of_hard


def test_a_draw_is_not_moved_before_what_its_pool_received_under_a_release() -> None:
    """The cancellation of May went back to the pool, which has nothing yet on the new day."""
    past = given(REQUESTED, agreed("SOFT", "90000", "2017-02-10", preference=FARMS_FIRST), EFFECTIVE[2:])
    past.given(g.cancel_balance("05-01", amount="10000.00 USD"))
    entry = past.version(was.GrantApproved)
    past.when(g.correct("05-02", entry=entry, reads={"on": "2017-02-09"})).refused(
        ExceedsAvailableFunds, "given back 10,000.00 USD more to the pool of agreement SOFT"
    )
    past.when(g.correct("05-02", entry=entry, reads={"on": "2017-02-11"})).then(
        EntryCorrected, on_fund.CommitmentReleased, on_fund.CommitmentIncreased
    )


def test_a_correction_that_leaves_a_pool_short_is_refused() -> None:
    past = given(REQUESTED, POOLS, g.approve("02-10"))
    receipt = past.fund_version(on_fund.InstalmentReceived, 2)
    for reading in ({"amount": "29999.99 USD"}, {"on": "2017-02-11"}, {"agreement": None}):
        past.when(g.correct_fund("02-20", entry=receipt, reads=reading)).refused(
            ExceedsAvailableFunds, "agreement HARD"
        )
    past.when(g.correct_fund("02-20", entry=receipt, struck=True)).refused(ExceedsAvailableFunds)
    past.when(g.correct_fund("02-20", entry=receipt, reads={"on": "2017-02-10"})).then(EntryCorrected)
    past.when(g.correct_fund("02-20", entry=receipt, reads={"amount": "30000.01 USD"})).then(EntryCorrected)


def test_what_is_paid_back_to_the_fund_after_an_end_goes_back_to_its_pool() -> None:
    past = given(REQUESTED, POOLS, EFFECTIVE[2:])
    past.given(g.request_payment("04-10", amount="60000.00 USD", category="travel"))
    past.given(g.authorise("04-20"), g.disburse("05-01", amount="60000.00 USD"), g.cancel("06-01"))
    # Hard 30,000, soft 20,000 and 10,000 free were paid; the refund begins with what is free.
    assert draws(past.when(g.refund("07-01", amount="25000.00 USD"))) == [
        (2, "SOFT", "15000.00"),
        (3, None, "10000.00"),
    ]


ENDING = agreed("HARD", "90000", preference=TZ_ONLY, end_disbursement="2018-07-31")


@pytest.mark.parametrize(
    ("closing", "in_time"), [("2018-03-30", True), ("2018-03-31", True), ("2018-04-01", False)]
)
def test_a_closing_date_with_its_grace_is_not_after_the_end_of_a_pool(closing: str, in_time: bool) -> None:
    """The edition has a grace of four months."""
    past = given(REQUESTED, ENDING, g.approve("02-10"), g.sign("03-01"))
    make = g.make_effective("04-05", closing_date=closing)
    past.when(make).then(was.GrantMadeEffective) if in_time else past.when(make).refused(ClosesAfterPool)
    past.when(g.but(make, pool_waiver="agreed by letter")).then(was.GrantMadeEffective)
    past.given(g.make_effective("04-05", closing_date="2018-03-29"))
    extend = g.extend("05-01", closing_date=closing, waiver="rain")
    past.when(extend).then(was.ClosingDateExtended) if in_time else past.when(extend).refused(ClosesAfterPool)
    past.when(g.but(extend, pool_waiver="agreed by letter")).then(was.ClosingDateExtended)


def test_an_increase_is_not_drawn_from_a_pool_that_ends_before_the_last_payments() -> None:
    past = given(
        EFFECTIVE, agreed("HARD", "5000", "2017-04-01", preference=TZ_ONLY, end_disbursement="2018-07-30")
    )
    increase = g.increase("04-10", amount="5000.00 USD")
    past.when(increase).refused(ClosesAfterPool, "pool_waiver")
    past.when(g.but(increase, pool_waiver="agreed")).then(
        was.CommitmentIncreased, on_fund.CommitmentIncreased
    )
    past.given(
        g.amend_contribution("04-02", agreement="HARD", valid_until=None, end_disbursement="2018-07-31")
    )
    past.when(increase).then(was.CommitmentIncreased, on_fund.CommitmentIncreased)


@pytest.mark.parametrize(("on", "in_time"), [("04-30", True), ("05-01", True), ("05-02", False)])
def test_a_payment_is_not_drawn_from_a_pool_that_has_ended(on: str, in_time: bool) -> None:
    hard = agreed("HARD", "2000", preference=TZ_ONLY, end_disbursement="2017-05-01")
    lived = [*AUTHORISED[2:4], g.but(AUTHORISED[4], pool_waiver="agreed"), *AUTHORISED[5:]]
    past = given(REQUESTED, hard, lived)
    outcome = past.when(g.disburse(on))
    outcome.then(was.FundsDisbursed) if in_time else outcome.refused(PoolEnded, "payment irregular")
    # The next payment is of other money.
    past.given(g.disburse("04-30"), g.request_payment("05-02", payment="P2"))
    past.given(g.authorise("05-02", payment="P2"))
    past.when(g.disburse("05-03", payment="P2")).then(was.FundsDisbursed)


def test_a_late_payment_is_read_from_what_the_grant_had_drawn_by_then() -> None:
    """The increase of a later day is drawn from the pool, and the payment before it is not."""
    past = given(AUTHORISED)
    past.given(agreed("HARD", "5000", "2017-04-01", preference=TZ_ONLY, end_disbursement="2017-04-15"))
    past.given(g.increase("05-02", amount="5000.00 USD", pool_waiver="agreed"))
    past.when(g.disburse("05-01")).then(was.FundsDisbursed)
    past.when(g.disburse("05-03")).refused(PoolEnded, "agreement HARD")


def test_draws_are_kept_if_the_terms_change() -> None:
    past = given(REQUESTED, POOLS, g.approve("02-10"))
    before = past.fund.drawn
    past.given(
        g.amend_contribution("02-11", agreement="HARD", preference={"strength": "hard", "windows": ["oks"]})
    )
    assert past.fund.drawn == before
    for on in map(g.day, ("02-09", "02-10", "02-11")):
        pools = [past.fund.pool(name).at(on) for name in (*past.fund.agreements, None)]
        assert sum(pools) == past.fund.available.at(on)
