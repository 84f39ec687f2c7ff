"""Random ends of a grant's life, asked of the program and of the second book: always the same answer.

Closed, reopened, paid in breach, refunded, corrected and struck, on the few days on which it matters; in
memory, so that there are many of them.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

import given as g
from asking import words_of
from given import CHECKER, EFFECTIVE, FOLLOW_UP, REQUESTED, Past
from lifecycle.decisions.rules import Command
from second_book.book import SecondBook
from second_book.words import Fact

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
FEW = [*g.OFFICERS, g.join(g.START), g.receive("2012-01-01", amount="92000.00 USD")]
"""A fund that has hardly more than the grant takes."""
SETTLED = [
    g.submit_report("2018-04-10"),
    g.accept_report("2018-04-20"),
    g.cancel_balance("2018-05-01", amount="88000.00 USD"),
    g.close("2018-06-01"),
]


def correction(facts: list[Fact], dice: Random) -> Command:
    """Any entry reads otherwise, or is struck."""
    target = dice.choice(facts)
    actor = "a.prover" if CHECKER in (target["actor"], target["recorder"]) else CHECKER
    named = {"entry": target["version"], "actor": actor}
    if "entry" in target or dice.random() < 0.4:
        return g.correct("2018-12-31", struck=True, **named)
    if "amount" in target and dice.random() < 0.6:
        return g.correct("2018-12-31", reads={"amount": f"{dice.choice(AMOUNTS)} USD"}, **named)
    if target["command"] == "RecordRefund" and dice.random() < 0.5:
        return g.correct("2018-12-31", reads={"payment": dice.choice([None, "P1", "X1"])}, **named)
    return g.correct("2018-12-31", reads={"on": dice.choice(DAYS)}, **named)


class Two:
    """The program and the second book, in memory."""

    def __init__(self) -> None:
        self.past, self.number = Past().found(), 0
        self.second = SecondBook(g.START.isoformat(), "admin", g.TODAY.isoformat())
        self.seen = Counter[str]()

    def ask(self, command: Command) -> None:
        """The same answer."""
        self.number += 1
        words = {**words_of(command), "command_id": f"c{self.number}"}
        expected = self.second.record(words, command.actor)
        outcome = self.past.when(command)
        got = outcome.refusal.name if outcome.refusal else None
        assert got == expected.refusal, (expected, words, str(outcome.refusal))
        self.seen[got or command.NAME] += 1


OVERPAID = [*FOLLOW_UP, *SETTLED[:-1], g.irregular("2018-05-02", payment="X2", amount="500.00 USD")]
BEGUN = [[*FOLLOW_UP, *SETTLED], OVERPAID, [*FOLLOW_UP, *SETTLED], REQUESTED, EFFECTIVE]


def begun(life: Sequence[Command]) -> Two:
    """After the fund's beginning and these commands."""
    two = Two()
    for command in (*FEW, *life):
        two.ask(command)
    return two


def test_the_end_of_a_life_is_judged_alike() -> None:
    """And the lives come far enough, or this would show little."""
    seen = Counter[str]()
    for seed in range(30):
        dice, two = Random(seed), begun(BEGUN[seed % len(BEGUN)])
        for _ in range(40):
            if dice.random() < 0.35:
                two.ask(correction(two.second.streams[f"grant:{g.G}"], dice))
            else:
                on, amount = dice.choice(DAYS), f"{dice.choice(AMOUNTS)} USD"
                two.ask(dice.choice(MAKERS)(on, dice.choice(PAYMENTS), amount, dice.randrange(10)))
        seen.update(two.seen)
    wanted = {"ClosureWouldNotHold", "OverpaymentOpen", "NothingOverpaid", "ExceedsUndisbursedBalance"}
    wanted |= {"RefundExceedsDisbursed", "ExceedsAvailableFunds", "CloseGrant", "ReopenGrant"}
    wanted |= {"RecordIrregularPayment", "RecordRefund", "CorrectEntry", "WaiveObligation", "CancelBalance"}
    assert wanted <= seen.keys(), wanted - seen.keys()
