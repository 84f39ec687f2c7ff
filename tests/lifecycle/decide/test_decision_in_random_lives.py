"""Random lives, recorded in any order: late, corrected, struck, repeated. The money always adds up."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lifecycle.call.call import GrantSelected, SelectionReleased
from lifecycle.catalogue import SPECS
from lifecycle.decide import GrantHistory
from lifecycle.decide.correction.correct_entry import CorrectEntry
from lifecycle.fund.evolve import fold as fold_fund
from lifecycle.grant.evolve import fold
from lifecycle.grant.state import Grant
from lifecycle.kernel.command import Command, GrantCommand
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.history import Entry, in_force, kind_of
from second_book.basics import (
    MONEY_OF_THE_WORLD,
    ByDay,
    base_of,
    by_day,
    committed,
    is_more_on_some_day,
    is_overdrawn_more,
    undisbursed,
)
from second_book.book import SecondBook
from second_book.histories import FUND
from support import given as g
from support.given import Past

IDS = ("G1", "G2", "G3")
PAYMENTS = ("P1", "P2", "P3", "P4")
AMOUNTS = (1, 30, 40, 100, 150, 300)
DAYS = [f"2012-0{month}-{day:02}" for month in (4, 5) for day in (1, 5, 6, 10, 11, 20)]


def usd(amount: int) -> str:
    return f"{amount}.00 USD"


def founded() -> Past:
    """Return a fund with little money: two effective grants with two payments each, and a requested grant."""
    life: list[Command] = [*g.OFFICERS, g.join(g.START), g.receive("2012-01-01", amount=usd(1000))]
    for grant in IDS:
        life += [g.propose("2012-01-10", grant=grant), g.request("2012-01-20", grant=grant)]
        if grant != "G3":
            life += [
                g.approve("2012-02-01", grant=grant, amount=usd(300)),
                g.make_effective("2012-03-01", grant=grant, closing_date="2012-12-31"),
                *(
                    g.request_payment("2012-03-02", grant=grant, payment=p, amount=usd(100))
                    for p in ("P1", "P2")
                ),
                *(g.authorise("2012-03-03", grant=grant, payment=p) for p in ("P1", "P2")),
                g.disburse("2012-04-05", grant=grant, payment="P2", amount=usd(100)),
            ]
    return g.given(founded=life)


BASE = founded()
MAKERS: list[Callable[[str, str, str, int], Command]] = [
    lambda on, grant, payment, n: g.request_payment(on, grant=grant, payment=payment, amount=usd(n)),
    lambda on, grant, payment, n: g.request_payment(on, grant=grant, payment=payment, amount=usd(n)),
    lambda on, grant, payment, n: g.authorise(on, grant=grant, payment=payment),
    lambda on, grant, payment, n: g.authorise(on, grant=grant, payment=payment),
    lambda on, grant, payment, n: g.disburse(on, grant=grant, payment=payment, amount=usd(n)),
    lambda on, grant, payment, n: g.disburse(on, grant=grant, payment=payment, amount=usd(n)),
    lambda on, grant, payment, n: g.irregular(on, grant=grant, payment=payment, amount=usd(n)),
    lambda on, grant, payment, n: g.irregular(on, grant=grant, payment=f"X{n}", amount=usd(n)),
    lambda on, grant, payment, n: g.fail(on, grant=grant, payment=payment),
    lambda on, grant, payment, n: g.refund(on, grant=grant, payment=payment, amount=usd(n)),
    lambda on, grant, payment, n: g.refund(on, grant=grant, payment=payment, amount=usd(n)),
    lambda on, grant, payment, n: g.refund(on, grant=grant, payment=None, amount=usd(n)),
    lambda on, grant, payment, n: g.reject(on, grant=grant, payment=payment),
    lambda on, grant, payment, n: g.increase(on, grant=grant, amount=usd(n)),
    lambda on, grant, payment, n: g.cancel_balance(on, grant=grant, amount=usd(n)),
    lambda on, grant, payment, n: g.suspend(on, grant=grant, scope="payments"),
    lambda on, grant, payment, n: g.lift(on, grant=grant),
    lambda on, grant, payment, n: g.complete(on, grant=grant),
    lambda on, grant, payment, n: g.cancel(on, grant=grant),
    lambda on, grant, payment, n: g.approve(on, grant="G3", amount=usd(n)),
    lambda on, grant, payment, n: g.give_up(on, grant="G3"),
    lambda on, grant, payment, n: g.receive(on, amount=usd(n)),
    lambda on, grant, payment, n: g.charge_fee(on, amount=usd(n)),
    lambda on, grant, payment, n: g.credit_income(on, amount=usd(n)),
    lambda on, grant, payment, n: g.return_funds(on, amount=usd(n)),
]
SPLIT = 11
"""The index of the refund that is split over the payments known by then."""
CORRECT = len(MAKERS)
STEP = st.tuples(
    st.integers(0, CORRECT + 7),
    st.sampled_from(DAYS),
    st.sampled_from(IDS),
    st.sampled_from(PAYMENTS),
    st.sampled_from(AMOUNTS),
    st.integers(0, 40),
)
Step = tuple[int, str, str, str, int, int]
LIVES = st.lists(STEP, min_size=15, max_size=45)
FUNDING = ("InstalmentReceived", "FeeCharged", "IncomeCredited", "FundsReturned")


def command_of(past: Past, step: Step) -> Command:
    """Return the command of the step. A correction names an entry that exists."""
    maker, on, grant, payment, number, pick = step
    if maker < CORRECT:
        return MAKERS[maker](on, grant, payment, number)
    entries: list[Entry] = list(past.grants[grant].entries)
    correct = g.correct
    if maker == CORRECT:
        entries = [
            entry for entry in past.fund_entries if type(entry.event).__name__ in (*FUNDING, "EntryCorrected")
        ]
        correct = g.correct_fund
    target = entries[pick % len(entries)]
    corrector = g.CHECKER if target.recorder != g.CHECKER else "a.prover"
    options: dict[str, Any] = {"entry": target.originator_version, "actor": corrector}
    if maker != CORRECT:
        options["grant"] = grant
    if number % 2 or isinstance(target.event, EntryCorrected):
        return correct("2012-12-31", struck=True, **options)
    if pick % 2 or "amount" not in type(target.event).model_fields:
        return correct("2012-12-31", reads={"on": on}, **options)
    return correct("2012-12-31", reads={"amount": usd(number)}, **options)


Check = Callable[[Past, Past, Command], None]


def live_through(steps: list[Step], check: Check = lambda *_: None) -> tuple[Past, list[Command]]:
    """Live through the steps, and return the past and the accepted commands.

    After each accepted command, call ``check`` with the past before it, the past after it, and the command.
    """
    past, accepted = BASE.copy(), list[Command]()
    for step in steps:
        command = command_of(past, step)
        before = past.copy()
        outcome = past.record(command)
        if outcome.refusal is None:
            accepted.append(command)
            check(before, past, command)
    return past, accepted


def second_book_of(past: Past) -> SecondBook:
    """Return a second book that holds the same events as dictionaries and nothing else."""
    second = SecondBook(g.START.isoformat(), "admin", g.TODAY.isoformat())
    second.streams = {FUND: [words(entry) for entry in past.fund_entries]}
    second.streams |= {
        f"grant:{name}": list(map(words, history.entries)) for name, history in past.grants.items()
    }
    return second


def words(entry: Entry) -> dict[str, Any]:
    """Return the entry as the command that made it; an entry of a pair has the command ``pair``."""
    fields = entry.event.model_dump(mode="json", by_alias=True, exclude={"request_digest"}, exclude_none=True)
    stream, name = kind_of(entry.originator_id), type(entry.event).__name__
    command = next((row.name for row in SPECS[stream].values() if row.event == name), "pair")
    return {**fields, "command": command, "version": entry.originator_version}


PAIRS = {"FundsCommitted": -1, "CommitmentIncreased": -1, "CommitmentReleased": 1}
PAIRS |= {"OverpaymentRecorded": -1, "OverpaymentSettled": 1}


def change_of_pairs(entries: Sequence[Entry]) -> ByDay:
    """Return by how much the fund's entries of pairs change the available funds, by day."""
    pairs = [entry.event for entry in entries if type(entry.event).__name__ in PAIRS]
    return by_day(
        (event.on.isoformat(), PAIRS[type(event).__name__] * event.amount.amount)  # type: ignore[attr-defined]
        for event in pairs
    )


def assert_money_adds_up(before: Past, past: Past, command: Command) -> None:
    """Assert invariants 1 and 2 on every date by the second book, and that both have the same figures."""
    second, then = second_book_of(past), second_book_of(before)
    free = is_act_of_the_bank(past, command)
    taken: list[tuple[str, Decimal]] = []
    for name, history in past.grants.items():
        state, wrong = second.replayed(name)
        assert not wrong
        taken += [*state["commitments"], *state["overpayments"]]
        if history.grant is not None:
            figures = (history.grant.committed, history.grant.disbursed, history.grant.refunded)
            assert figures == (committed(state), state["disbursed"], state["refunded"])
            assert history.grant.undisbursed == undisbursed(state) >= 0
            assert_overpaid_on_every_day(second, history.grant)
        if not free:
            assert not is_more_on_some_day(state["overpayments"], then.replayed(name)[0]["overpayments"])
    assert change_of_pairs(past.fund_entries) == by_day((day, -change) for day, change in taken)
    available = second.available()
    assert free or not is_overdrawn_more(available, then.available())
    for day in DAYS:
        so_far = sum((change for on, change in available.items() if on <= day), Decimal(0))
        assert past.fund.available.at(g.day(day)) == so_far


def is_act_of_the_bank(past: Past, command: Command) -> bool:
    """Return whether the bank paid in breach, or the correction changes an act of the bank."""
    if not isinstance(command, CorrectEntry):
        return command.NAME == "RecordIrregularPayment"
    events = [words(entry) for entry in past.grants[command.grant].entries]
    return base_of(events[-1], events)["command"] in MONEY_OF_THE_WORLD


def assert_overpaid_on_every_day(second: SecondBook, grant: Grant) -> None:
    """Assert that on each day the overpaid amount is what went out beyond what was committed by then."""
    for day in DAYS:
        state = second.grant(grant.id, on=day)
        if state["stage"]:
            net = state["disbursed"] - state["refunded"]
            over = sum(change for on, change in grant.overpayments if on <= g.day(day))
            assert over == max(0, net - committed(state))
            assert net - over <= committed(state)


FAST = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking such a life takes minutes
)


@FAST
@given(LIVES)
def test_the_money_adds_up_on_every_date(steps: list[Step]) -> None:
    live_through(steps, assert_money_adds_up)


def assert_kept_is_folded(_: Past, past: Past, __: Command) -> None:
    for history in past.grants.values():
        assert history == GrantHistory.of(history.entries)
    assert past.fund == fold_fund(in_force(past.fund_entries))


@FAST
@given(LIVES)
def test_the_state_that_is_kept_is_the_fold_of_the_entries(steps: list[Step]) -> None:
    live_through(steps, assert_kept_is_folded)


@FAST
@given(LIVES, st.randoms(use_true_random=False))
def test_the_one_order_is_of_day_and_version(steps: list[Step], random: Random) -> None:
    """Entries in any order give the same entries in force. (Corrections stay in order of version.)"""
    past, _ = live_through(steps)
    for history in past.grants.values():
        others = [entry for entry in history.entries if not isinstance(entry.event, EntryCorrected)]
        random.shuffle(others)
        held = in_force(
            [*others, *(entry for entry in history.entries if isinstance(entry.event, EntryCorrected))]
        )
        assert held == list(history.held)
        assert fold(held) == history.grant
        orders = [entry.order for entry in held]
        assert orders == sorted(orders)


@FAST
@given(LIVES)
def test_the_order_of_recording_does_not_matter(steps: list[Step]) -> None:
    """The same commands give the same state if they are recorded in order of their days."""
    plain = [step for step in steps if step[0] < CORRECT and step[0] != SPLIT]
    recorded_late, accepted = live_through(plain)
    in_time = BASE.copy()
    for command in sorted(accepted, key=lambda command: command.on):
        if in_time.record(command).refusal is not None:
            return
    for grant in IDS:
        assert in_time.grants[grant].grant == recorded_late.grants[grant].grant
    assert second_book_of(in_time).available() == second_book_of(recorded_late).available()


@FAST
@given(LIVES)
def test_a_struck_correction_leaves_the_grant_as_it_was(steps: list[Step]) -> None:
    past, _ = live_through(steps)
    for grant in IDS:
        history = past.grants[grant]
        version = len(history.entries) + 1
        if (
            history.grant is None
            or past.record(g.correct("2012-12-31", grant=grant, entry=1, reads={"title": "Milk"})).refusal
        ):
            continue
        past.given(g.correct("2012-12-31", actor="a.prover", grant=grant, entry=version, struck=True))
        assert past.grants[grant].grant == history.grant
        assert events(past.grants[grant]) == events(history)


def events(history: GrantHistory) -> list[Event]:
    return [entry.event for entry in history.held]


def test_random_lives_come_far_enough() -> None:
    """Most events and most refusals occur in random lives, or the properties above would show little."""
    random, seen, refused = Random(7), set[str](), set[str]()
    for _ in range(60):
        past = BASE.copy()
        for _ in range(45):
            step = (
                random.randint(0, CORRECT + 7),
                random.choice(DAYS),
                random.choice(IDS),
                random.choice(PAYMENTS),
                random.choice(AMOUNTS),
                random.randint(0, 40),
            )
            command = command_of(past, step)
            outcome = past.record(command)
            seen |= {type(event).__name__ for event in outcome.events if isinstance(command, GrantCommand)}
            refused |= {outcome.refusal.name} if outcome.refusal else set()
    assert seen >= {
        "PaymentRequested",
        "PaymentAuthorised",
        "FundsDisbursed",
        "IrregularPaymentRecorded",
        "PaymentFailed",
        "RefundReceived",
        "CommitmentIncreased",
        "BalanceCancelled",
        "GrantCancelled",
        "GrantApproved",
        "GrantSuspended",
        "EntryCorrected",
        "CommitmentReleased",
        "FundsCommitted",
        "OverpaymentRecorded",
        "OverpaymentSettled",
        "PaymentRejected",
    }
    assert refused >= {
        "ExceedsAvailableFunds",
        "ExceedsUndisbursedBalance",
        "PaymentsSuspended",
        "RefundExceedsDisbursed",
        "NothingCorrected",
        "NotYetEffective",
        "GrantHasEnded",
        "ExceedsAuthorisedAmount",
    }


# ── a call's envelope ────────────────────────────────────────────────────────────────────────

PROPOSALS = [f"SSF-{n}" for n in range(1, 5)]
FEBRUARY = [date(2017, 2, day) for day in range(10, 16)]
MAKE = {"approve": g.approve, "lapse": g.give_up, "cancel": g.cancel}
SELECTIONS = st.lists(
    st.tuples(
        st.sampled_from(sorted(MAKE)),
        st.sampled_from(PROPOSALS),
        st.sampled_from(FEBRUARY),
        st.integers(1, 60),
    ),
    max_size=12,
)


def called() -> Past:
    """Return a call for 100 dollars with four proposals of 60 dollars each."""
    life = [g.open_call("2017-01-03", closes="2017-01-31", envelope=usd(100))]
    for grant in PROPOSALS:
        life += [
            g.propose("2017-01-20", grant=grant, call="C1", amount=usd(60)),
            g.request(
                "2017-01-20",
                grant=grant,
                amount=usd(60),
                budget=[{"line": "travel", "amount": usd(60)}],
            ),
        ]
    return g.given(life)


CALLED = called()


@settings(max_examples=60, deadline=None)
@given(SELECTIONS)
def test_the_envelope_holds_on_every_day_in_any_order(steps: list[tuple[str, str, date, int]]) -> None:
    past = CALLED.copy()
    changes: list[tuple[date, Decimal]] = []
    for name, grant, on, amount in steps:
        fields = {"amount": usd(amount)} if name == "approve" else {}
        for event in past.record(MAKE[name](on, grant=grant, **fields)).events:
            if isinstance(event, GrantSelected):
                changes.append((event.on, -event.amount.amount))
            elif isinstance(event, SelectionReleased):
                changes.append((event.on, event.amount.amount))
    call = past.call("C1")
    assert call is not None
    left = [100 + sum(change for day, change in changes if day <= on) for on in FEBRUARY]
    assert min(left) >= 0
    assert [call.left.at(on) for on in FEBRUARY] == left
