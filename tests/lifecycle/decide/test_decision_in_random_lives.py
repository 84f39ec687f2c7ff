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
from second_book.book import FUND, SecondBook, base_of
from second_book.words import (
    MONEY_OF_THE_WORLD,
    ByDay,
    by_day,
    committed,
    ever_more,
    takes_too_much,
    undisbursed,
)
from support import given as g
from support.given import Past

IDS = ("G1", "G2", "G3")
PAYMENTS = ("P1", "P2", "P3", "P4")
AMOUNTS = (1, 30, 40, 100, 150, 300)
DAYS = [f"2012-0{month}-{day:02}" for month in (4, 5) for day in (1, 5, 6, 10, 11, 20)]


def usd(amount: int) -> str:
    return f"{amount}.00 USD"


def founded() -> Past:
    """A poor fund with two effective grants, each with a payment made and one allowed, and one asked for."""
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
"""A refund that is split over the payments which are known by then."""
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


def asked_in(past: Past, step: Step) -> Command:
    """The command of the step; of a correction, one that names an entry that there is."""
    kind, on, grant, payment, number, which = step
    if kind < CORRECT:
        return MAKERS[kind](on, grant, payment, number)
    entries: list[Entry] = list(past.grants[grant].entries)
    correct = g.correct
    if kind == CORRECT:
        entries = [
            entry for entry in past.fund_entries if type(entry.event).__name__ in (*FUNDING, "EntryCorrected")
        ]
        correct = g.correct_fund
    target = entries[which % len(entries)]
    corrector = g.CHECKER if target.recorder != g.CHECKER else "a.prover"
    options: dict[str, Any] = {"entry": target.originator_version, "actor": corrector}
    if kind != CORRECT:
        options["grant"] = grant
    if number % 2 or isinstance(target.event, EntryCorrected):
        return correct("2012-12-31", struck=True, **options)
    if which % 2 or "amount" not in type(target.event).model_fields:
        return correct("2012-12-31", reads={"on": on}, **options)
    return correct("2012-12-31", reads={"amount": usd(number)}, **options)


Check = Callable[[Past, Past, Command], None]


def live(steps: list[Step], check: Check = lambda *_: None) -> tuple[Past, list[Command]]:
    """A life of these steps; after each that was not refused, ``check`` is given what it was before and is
    now, and the command.
    """
    past, kept = BASE.copy(), list[Command]()
    for step in steps:
        asked = asked_in(past, step)
        before = past.copy()
        outcome = past.record(asked)
        if outcome.refusal is None:
            kept.append(asked)
            check(before, past, asked)
    return past, kept


def second_book_of(past: Past) -> SecondBook:
    """A second opinion, in plain dictionaries, that knows the entries' words and nothing else."""
    second = SecondBook(g.START.isoformat(), "admin", g.TODAY.isoformat())
    second.streams = {FUND: [words(entry) for entry in past.fund_entries]}
    second.streams |= {
        f"grant:{name}": list(map(words, known.entries)) for name, known in past.grants.items()
    }
    return second


def words(entry: Entry) -> dict[str, Any]:
    """An entry as the command that it was; the fund's pair of another is only that."""
    said = entry.event.model_dump(mode="json", by_alias=True, exclude={"request_digest"}, exclude_none=True)
    stream, name = kind_of(entry.originator_id), type(entry.event).__name__
    command = next((row.name for row in SPECS[stream].values() if row.event == name), "pair")
    return {**said, "command": command, "version": entry.originator_version}


PAIRS = {"FundsCommitted": -1, "CommitmentIncreased": -1, "CommitmentReleased": 1}
PAIRS |= {"OverpaymentRecorded": -1, "OverpaymentSettled": 1}


def paired(entries: Sequence[Entry]) -> ByDay:
    """By how much the fund's own pairs change what is free."""
    pairs = [entry.event for entry in entries if type(entry.event).__name__ in PAIRS]
    return by_day(
        (event.on.isoformat(), PAIRS[type(event).__name__] * event.amount.amount)  # type: ignore[attr-defined]
        for event in pairs
    )


def money_adds_up(before: Past, past: Past, asked: Command) -> None:
    """Invariants 1 and 2 on every date, by the second opinion; and the program's figures are the same."""
    second, then = second_book_of(past), second_book_of(before)
    free = is_of_the_bank(past, asked)
    taken: list[tuple[str, Decimal]] = []
    for name, known in past.grants.items():
        state, wrong = second.lived(name)
        assert not wrong
        taken += [*state["commitments"], *state["overpayments"]]
        if known.grant is not None:
            figures = (known.grant.committed, known.grant.disbursed, known.grant.refunded)
            assert figures == (committed(state), state["disbursed"], state["refunded"])
            assert known.grant.undisbursed == undisbursed(state) >= 0
            as_on_every_day(second, known.grant)
        if not free:
            assert not ever_more(state["overpayments"], then.lived(name)[0]["overpayments"])
    assert paired(past.fund_entries) == by_day((day, -change) for day, change in taken)
    available = second.available()
    assert free or not takes_too_much(available, then.available())
    for day in DAYS:
        so_far = sum((change for on, change in available.items() if on <= day), Decimal(0))
        assert past.fund.available.at(g.day(day)) == so_far


def is_of_the_bank(past: Past, asked: Command) -> bool:
    """It paid in breach; or what it did reads otherwise now."""
    if not isinstance(asked, CorrectEntry):
        return asked.NAME == "RecordIrregularPayment"
    facts = [words(entry) for entry in past.grants[asked.grant].entries]
    return base_of(facts[-1], facts)["command"] in MONEY_OF_THE_WORLD


def as_on_every_day(second: SecondBook, grant: Grant) -> None:
    """What is overpaid on a day is what went out beyond what was promised by then, and nothing else."""
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
    live(steps, money_adds_up)


def as_if_folded(_: Past, past: Past, __: Command) -> None:
    for known in past.grants.values():
        assert known == GrantHistory.of(known.entries)
    assert past.fund == fold_fund(in_force(past.fund_entries))


@FAST
@given(LIVES)
def test_the_state_that_is_kept_is_the_fold_of_the_entries(steps: list[Step]) -> None:
    live(steps, as_if_folded)


@FAST
@given(LIVES, st.randoms(use_true_random=False))
def test_the_one_order_is_of_day_and_version(steps: list[Step], random: Random) -> None:
    """In whatever order the facts come, what holds is the same. (Corrections come by version.)"""
    past, _ = live(steps)
    for known in past.grants.values():
        facts = [entry for entry in known.entries if not isinstance(entry.event, EntryCorrected)]
        random.shuffle(facts)
        held = in_force(
            [*facts, *(entry for entry in known.entries if isinstance(entry.event, EntryCorrected))]
        )
        assert held == list(known.held)
        assert fold(held) == known.grant
        orders = [entry.order for entry in held]
        assert orders == sorted(orders)


@FAST
@given(LIVES)
def test_it_does_not_matter_when_a_thing_was_learned(steps: list[Step]) -> None:
    """The same facts recorded by day, as they happened, make the same state."""
    plain = [step for step in steps if step[0] < CORRECT and step[0] != SPLIT]
    late, kept = live(plain)
    in_time = BASE.copy()
    for asked in sorted(kept, key=lambda command: command.on):
        if in_time.record(asked).refusal is not None:
            return
    for grant in IDS:
        assert in_time.grants[grant].grant == late.grants[grant].grant
    assert second_book_of(in_time).available() == second_book_of(late).available()


@FAST
@given(LIVES)
def test_a_correction_that_is_struck_leaves_all_as_it_was(steps: list[Step]) -> None:
    past, _ = live(steps)
    for grant in IDS:
        known = past.grants[grant]
        version = len(known.entries) + 1
        if (
            known.grant is None
            or past.record(g.correct("2012-12-31", grant=grant, entry=1, reads={"title": "Milk"})).refusal
        ):
            continue
        past.given(g.correct("2012-12-31", actor="a.prover", grant=grant, entry=version, struck=True))
        assert past.grants[grant].grant == known.grant
        assert events(past.grants[grant]) == events(known)


def events(known: GrantHistory) -> list[Event]:
    return [entry.event for entry in known.held]


def test_random_lives_come_far_enough() -> None:
    """Or the properties above would show little: most kinds of facts happen, most reasons to refuse too."""
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
            asked = asked_in(past, step)
            outcome = past.record(asked)
            seen |= {type(event).__name__ for event in outcome.events if isinstance(asked, GrantCommand)}
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

ANSWERS = [f"SSF-{n}" for n in range(1, 5)]
FEBRUARY = [date(2017, 2, day) for day in range(10, 16)]
MAKE = {"approve": g.approve, "lapse": g.give_up, "cancel": g.cancel}
SELECTIONS = st.lists(
    st.tuples(
        st.sampled_from(sorted(MAKE)), st.sampled_from(ANSWERS), st.sampled_from(FEBRUARY), st.integers(1, 60)
    ),
    max_size=12,
)


def called() -> Past:
    """A call for 100 dollars that four proposals answer, each of which asks for 60."""
    life = [g.open_call("2017-01-03", closes="2017-01-31", envelope=usd(100))]
    for grant in ANSWERS:
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
    for what, grant, on, amount in steps:
        more = {"amount": usd(amount)} if what == "approve" else {}
        for event in past.record(MAKE[what](on, grant=grant, **more)).events:
            if isinstance(event, GrantSelected):
                changes.append((event.on, -event.amount.amount))
            elif isinstance(event, SelectionReleased):
                changes.append((event.on, event.amount.amount))
    call = past.call("C1")
    assert call is not None
    left = [100 + sum(change for day, change in changes if day <= on) for on in FEBRUARY]
    assert min(left) >= 0
    assert [call.left.at(on) for on in FEBRUARY] == left
