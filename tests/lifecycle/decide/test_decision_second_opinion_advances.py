"""Random lives of advances, recorded by the program and by the second book with the same result.

Each life has limits of its own, begins with an advance that is paid, and has another edition from its middle.
"""

from collections import Counter
from random import Random
from typing import Any

from lifecycle.kernel.command import Command
from second_book.basics import Event, in_force, undisbursed
from second_book.timeline import timeline
from support import given as g
from support.advances import advance, effective
from support.both_in_memory import BothBooks, begun
from support.due import obligations
from support.given import CHECKER

DAYS = ["2017-05-02", "2017-05-03", "2017-05-07", "2017-05-08", "2017-05-09", "2017-05-20"]
AMOUNTS = ["100.00 USD", "100.00 USD", "200.00 USD", "300.00 USD", "0.01 USD"]
CEILINGS = [{"amount": "300.00 USD"}, {"share": "0.3"}, {"amount": "300.00 USD", "share": "0.25"}]
BREACHES: list[dict[str, Any]] = [
    {},
    {"method": "direct", "of": "P1"},
    {"method": "advance"},
    {"of": "P1"},
    {"of": "P2"},
]
"""How a payment was made that the bank paid in breach: without a word, or as the payment that it doubles."""
MAKERS: list[Any] = [
    lambda on, p, a, _: g.request_payment(on, payment=p, amount=a, method="advance"),
    lambda on, p, a, _: g.request_payment(on, payment=p, amount=a),
    lambda on, p, _, __: g.authorise(on, payment=p),
    lambda on, p, a, _: g.disburse(on, payment=p, amount=a),
    lambda on, p, a, _: g.document(on, payment=p, amount=a),
    lambda on, p, a, n: g.document(on, payment=p, amount=a, ineligible=AMOUNTS[n % 5]),
    lambda on, p, a, _: g.refund(on, payment=p, amount=a),
    lambda on, p, _, __: g.fail(on, payment=p),
    lambda on, p, _, n: g.waive(on, obligation="advance", **({"item": p} if n % 3 else {})),
    lambda on, _, a, __: g.refund(on, payment=None, amount=a),
    lambda on, _, a, __: g.cancel_balance(on, amount=a),
    lambda on, _, a, __: g.increase(on, amount=a),
    lambda on, _, __, ___: g.restructure(on, objective="Another aim"),
    lambda on, p, a, n: g.irregular(on, payment=p, amount=a, **BREACHES[n % 5]),
]
ONWARD = {None: [0, 0, 0, 1, 13], "requested": [2], "authorised": [3], "disbursed": [4, 5, 5, 6, 7, 8]}
"""By the status of a payment, the places in `MAKERS` of what may come next."""


def limits(number: int) -> dict[str, Any]:
    """Return an edition with limits for advances; every second one is in force from the 8th of May."""
    return {
        "name": f"limits-{number}",
        "from": ["2017-01-05", "2017-05-08"][number % 2],
        "agreement_required": False,
        "disbursement_grace": {"months": 4, "source": "s"},
        "windows": {"stand_alone": {}},
        "advance_days": {"value": [5, 0, 12][number % 3], "source": "s"},
        "advance_ceiling": {**CEILINGS[number // 2 % 3], "source": "s"},
    }


def begun_life(seed: int) -> BothBooks:
    """Return both books with a grant of a thousand dollars, of which one or two advances are paid."""
    number, second = 2 * seed % 18, [None, "2017-05-03"][seed // 2 % 2]
    life = [
        g.adopt("2017-01-04", edition=limits(number + 1)),
        *effective(limits(number), amount="1000.00 USD"),
        *advance(asked="2017-05-02", paid=DAYS[seed % 2], amount="100.00 USD"),
        *advance("P2", asked="2017-05-02", paid=second, amount="100.00 USD"),
    ]
    if seed % 3 == 0:
        stated = g.document("2017-05-03", amount="80.00 USD", ineligible="20.00 USD")
        life += [stated, g.complete("2017-05-03"), g.cancel_balance("2017-05-03", amount="800.00 USD")]
    return begun(life)


def correction(events: list[Event], dice: Random) -> Command:
    """Return a correction of any entry, or its strike."""
    target = dice.choice(events)
    actor = "a.prover" if CHECKER in (target["actor"], target["recorder"]) else CHECKER
    named = {"entry": target["version"], "actor": actor}
    if "entry" in target or dice.random() < 0.4:
        return g.correct("2018-12-31", struck=True, **named)
    if target["command"] in ("RequestPayment", "RecordIrregularPayment") and dice.random() < 0.4:
        return g.correct("2018-12-31", reads={"method": dice.choice(["advance", "direct"])}, **named)
    field, values = ("amount", AMOUNTS) if "amount" in target and dice.random() < 0.6 else ("on", DAYS)
    return g.correct("2018-12-31", reads={field: dice.choice(values)}, **named)


def towards_closure(both: BothBooks, on: str) -> Command:
    """Return the next command on the way to closure, and back."""
    state = both.second.grant(g.G)
    if state["stage"] == "effective":
        return g.complete(on)
    if state["stage"] == "closed":
        return g.reopen(on)
    left = undisbursed(state)
    return g.cancel_balance(on, amount=f"{left:.2f} USD") if left else g.close(on)


def drawn(both: BothBooks, seed: int, dice: Random) -> Command:
    """Return any command, mostly one that may come next."""
    on, payment = dice.choice(DAYS), dice.choice(["P1", "P2", "P3"])
    if dice.random() < 0.2:
        return correction(both.second.streams[f"grant:{g.G}"][4:], dice)
    if dice.random() < (0.4 if seed % 3 == 0 else 0.05):
        return towards_closure(both, on)
    status = both.second.grant(g.G)["payments"].get(payment, {}).get("is")
    places = ONWARD.get(status, []) if dice.random() < 0.7 else []
    make = MAKERS[dice.choice(places or range(len(MAKERS)))]
    command: Command = make(on, payment, dice.choice(AMOUNTS), dice.randrange(10))
    return command


def check_obligations(both: BothBooks, on: str) -> None:
    """Assert that both give the documentation of each advance the same status on the day."""
    events = in_force(both.second.streams[f"grant:{g.G}"])
    editions = both.second.state_of("fund")["editions"]
    expected = {
        key: status
        for key, status in timeline(events, on, both.second, editions).items()
        if key[0] == "advance"
    }
    found = {}
    for obligation in obligations(both.past):
        steps = [step for step in obligation.steps if step.since <= g.day(on)]
        if obligation.name == "advance" and steps:
            found[obligation.name, obligation.item] = steps[-1].status_on(g.day(on))
    assert found == expected, (on, found, expected)


def test_both_books_limit_advances_in_the_same_way() -> None:
    """The lives also come far enough, or this would show little."""
    seen = Counter[str]()
    for seed in range(21):
        dice, both = Random(seed), begun_life(seed)
        for step in range(30):
            both.record(drawn(both, seed, dice))
            if step % 5 == 0:
                check_obligations(both, dice.choice([*DAYS, "2017-05-21"]))
        seen.update(both.seen)
    wanted = {"AdvanceUndocumented", "AdvanceAboveCeiling", "AdvanceDueBack", "ExceedsAdvance", "CloseGrant"}
    wanted |= {"DocumentExpenditure", "RecordRefund", "FailPayment", "WaiveObligation", "RestructureGrant"}
    wanted |= {"CorrectEntry", "ReopenGrant", "ClosureWouldNotHold", "RecordIrregularPayment"}
    assert wanted <= seen.keys(), wanted - seen.keys()
