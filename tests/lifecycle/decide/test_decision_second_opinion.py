"""Random ends of a grant's life, recorded by the program and by the second book with the same result.

Grants are closed, reopened, paid in breach, refunded, corrected and struck, on the few days on which it
matters. All of it is in memory, so that many lives can be tried.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from lifecycle.kernel.command import Command
from second_book.basics import Event
from support import given as g
from support.both_in_memory import begun
from support.given import (
    CHECKER,
    EFFECTIVE,
    FOLLOW_UP,
    PROPOSED,
    REQUESTED,
)

DAYS = [
    "2017-02-01",
    "2017-02-10",
    "2017-04-11",
    "2017-05-01",
    "2017-05-02",
    "2018-04-10",
    "2018-05-01",
    "2018-06-01",
    "2018-06-02",
]
AMOUNTS = ["1.00", "500.00", "2000.00", "86000.00", "88000.00", "90000.00"]
PAYMENTS = ["P1", "P2", "P3", "X1", "X2"]
LINES = ["travel", "venue", "stage"]
"""The last is a line of no budget."""
MAKERS: list[Any] = [
    lambda on, p, a, _: g.request_payment(on, payment=p, amount=a),
    lambda on, p, _, __: g.authorise(on, payment=p),
    lambda on, p, a, _: g.authorise(on, payment=p, amount=a),
    lambda on, p, _, __: g.reject(on, payment=p),
    lambda on, p, a, _: g.disburse(on, payment=p, amount=a),
    lambda on, p, a, _: g.irregular(on, payment=p, amount=a),
    lambda on, p, a, n: g.irregular(on, payment=p, amount=a, of=PAYMENTS[n % 5], rule="GrantIsClosed"),
    lambda on, p, _, __: g.fail(on, payment=p),
    lambda on, p, a, _: g.refund(on, payment=p, amount=a),
    lambda on, _, a, __: g.refund(on, payment=None, amount=a),
    lambda on, _, a, __: g.increase(on, amount=a),
    lambda on, _, a, __: g.cancel_balance(on, amount=a),
    lambda on, _, a, n: g.reallocate(on, amount=a, from_line=LINES[n % 2], to_line=LINES[n % 3]),
    lambda on, p, a, n: g.request_payment(on, payment=p, amount=a, category=LINES[n % 2]),
    lambda on, _, __, ___: g.cancel_balance(on, amount="88000.00 USD"),
    lambda on, _, __, ___: g.submit_report(on),
    lambda on, _, __, ___: g.accept_report(on),
    lambda on, _, __, ___: g.waive(on, obligation="completion_report"),
    lambda on, _, __, ___: g.waive(on, obligation="overpayment"),
    lambda on, _, __, ___: g.agree(on),
    lambda on, _, __, ___: g.complete_follow_up(on),
    lambda on, _, __, ___: g.drop(on),
    lambda on, _, __, ___: g.close(on),
    lambda on, _, __, ___: g.close(on),
    lambda on, _, __, ___: g.close(on),
    lambda on, _, __, ___: g.reopen(on),
    lambda on, _, __, ___: g.cancel(on),
    lambda on, _, a, __: g.approve(on, amount=a),
    lambda on, _, __, ___: g.decline(on),
    lambda on, _, __, ___: g.sign(on),
    lambda on, _, __, ___: g.make_effective(on),
    lambda on, _, __, ___: g.lapse(on),
    lambda on, _, __, ___: g.complete(on),
    lambda on, _, a, __: g.charge_fee(on, amount=a),
    lambda on, _, a, __: g.receive(on, amount=a),
]
SETTLED = [
    g.submit_report("2018-04-10"),
    g.accept_report("2018-04-20"),
    g.cancel_balance("2018-05-01", amount="88000.00 USD"),
    g.close("2018-06-01"),
]


def correction(events: list[Event], dice: Random) -> Command:
    """Return a correction of any entry, or its strike."""
    target = dice.choice(events)
    actor = "a.prover" if CHECKER in (target["actor"], target["recorder"]) else CHECKER
    named = {"entry": target["version"], "actor": actor}
    if "entry" in target or dice.random() < 0.4:
        return g.correct("2018-12-31", struck=True, **named)
    if "amount" in target and dice.random() < 0.6:
        return g.correct("2018-12-31", reads={"amount": f"{dice.choice(AMOUNTS)} USD"}, **named)
    if target["command"] == "RecordRefund" and dice.random() < 0.5:
        return g.correct("2018-12-31", reads={"payment": dice.choice([None, "P1", "X1"])}, **named)
    return g.correct("2018-12-31", reads={"on": dice.choice(DAYS)}, **named)


OVERPAID = [*FOLLOW_UP, *SETTLED[:-1], g.irregular("2018-05-02", payment="X2", amount="500.00 USD")]
BUDGET = [{"line": "travel", "amount": "70.00 USD"}, {"line": "venue", "amount": "30.00 USD"}]
TWO_LINES = [*PROPOSED, g.request("01-20", amount="100.00 USD", budget=BUDGET), *EFFECTIVE[2:]]
BEGUN = [[*FOLLOW_UP, *SETTLED], OVERPAID, [*FOLLOW_UP, *SETTLED], REQUESTED, TWO_LINES]


def test_both_books_decide_the_end_of_a_life_in_the_same_way() -> None:
    """The lives also come far enough, or this would show little."""
    seen = Counter[str]()
    for seed in range(30):
        dice, both = Random(seed), begun(BEGUN[seed % len(BEGUN)])
        for _ in range(40):
            if dice.random() < 0.35:
                both.record(correction(both.second.streams[f"grant:{g.G}"], dice))
            else:
                on, amount = dice.choice(DAYS), f"{dice.choice(AMOUNTS)} USD"
                both.record(dice.choice(MAKERS)(on, dice.choice(PAYMENTS), amount, dice.randrange(10)))
        seen.update(both.seen)
    wanted = {"ClosureWouldNotHold", "OverpaymentOpen", "NothingOverpaid", "ExceedsUndisbursedBalance"}
    wanted |= {"RefundExceedsDisbursed", "ExceedsAvailableFunds", "CloseGrant", "ReopenGrant"}
    wanted |= {"RecordIrregularPayment", "RecordRefund", "CorrectEntry", "WaiveObligation", "CancelBalance"}
    assert wanted <= seen.keys(), wanted - seen.keys()


def test_both_books_split_a_refund_of_what_was_paid_before_in_the_same_way() -> None:
    lines = [
        {"line": "travel", "amount": "30.00 USD", "paid": "29.99 USD"},
        {"line": "venue", "amount": "20.00 USD", "paid": "7.01 USD"},
        {"line": "other", "amount": "40.00 USD"},
    ]
    totals = {"approved": "90.00 USD", "disbursed": "60.00 USD", "refunded": "10.00 USD", "lines": lines}
    both = begun([g.bring_forward("2017-06-01", **totals)])
    for day, payment, amount in ((2, None, "0.01"), (3, "brought-forward", "3.33"), (4, None, "46.66")):
        both.record(g.refund(f"2017-06-0{day}", payment=payment, amount=f"{amount} USD"))
    both.record(g.cancel("2017-06-09"))
    assert both.seen["RecordRefund"] == 3
    assert both.seen["CancelGrant"] == 1


def ours(number: int) -> dict[str, Any]:
    """Return an edition in force from one of the days on which grants are decided."""
    since = ["2017-02-05", "2017-02-11", "2017-04-12", "2017-05-02", "2018-06-03"][number % 5]
    return {
        "name": f"ours-{number}",
        "from": since,
        "agreement_required": bool(number % 2),
        "disbursement_grace": {"months": 4, "source": "s"},
        "windows": {"stand_alone": {}},
    }


PLANS = ["2017-04-01", "2017-04-11", "2017-05-01", "2018-03-31", "2018-04-10"]
OF_PLANS: list[Any] = [
    lambda on, a, _: g.plan(on, activity=a),
    lambda on, a, _: g.call_off(on, activity=a),
    lambda on, a, _: g.call_off(on, activity=a),
    lambda on, a, _: g.hold(on, activity=a, starts="2017-03-01", ends="2017-03-31"),
    lambda on, _, __: g.complete(on),
    lambda _, __, n: g.adopt("2018-06-10", edition=ours(n)),
    lambda on, _, n: g.approve(on, amount="1000.00 USD") if n % 2 else g.request(on),
    lambda on, _, __: g.restructure(on),
]


def correction_of_a_plan(events: Sequence[Event], dice: Random) -> Command:
    """Return a strike, usually of a correction, or a correction of the day or the activity."""
    corrections = [event["version"] for event in events if event["command"] == "CorrectEntry"]
    late = corrections[-2:] if corrections and dice.random() < 0.5 else range(2, len(events) + 1)
    version, actor = dice.choice(late), dice.choice([CHECKER, "a.prover"])
    event = events[version - 1]
    if event["command"] == "CorrectEntry" or dice.random() < 0.4:
        return g.correct("2018-07-01", entry=version, struck=True, actor=actor)
    reads = {"on": dice.choice([*PLANS, "2017-02-01", "2017-02-10"])}
    if "activity" in event and dice.random() < 0.4:
        reads = {"activity": dice.choice(["A1", "A2"])}
    return g.correct("2018-07-01", entry=version, reads=reads, actor=actor)


def test_both_books_decide_plans_and_editions_in_the_same_way() -> None:
    """Activities are called off, grants completed or approved; entries are corrected, struck and restored."""
    seen = Counter[str]()
    for seed in range(30):
        dice, both = Random(seed), begun([EFFECTIVE, REQUESTED, EFFECTIVE][seed % 3])
        for _ in range(40):
            if dice.random() < 0.5:
                both.record(correction_of_a_plan(both.second.streams[f"grant:{g.G}"], dice))
            else:
                on, activity = dice.choice([*PLANS, "2017-02-10"]), dice.choice(["A1", "A2"])
                both.record(dice.choice(OF_PLANS)(on, activity, dice.randrange(20)))
        seen.update(both.seen)
    wanted = {"ActivitiesStillPlanned", "EditionTooLate", "CorrectEntry", "CompleteImplementation"}
    assert wanted <= seen.keys(), wanted - seen.keys()
