"""Commands made of what dice say: every one of them, with the fields that rules look at.

Amounts and days are often the last that are possible, or the first that are not.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from lifecycle.kernel.command import Command
from second_book.words import STAGES, State, money, months_later, pending, undisbursed
from support import given as g

ALL = "a.ll"
"""An officer with every role, on whom four-eyes rules are tried."""
OTHERS = {"t.leader": "t.eacher", "a.prover": "c.hecker", "c.hecker": "a.prover", "f.nance": "p.ayer"}
OTHERS |= {"p.ayer": "f.nance"}
POOL = [f"2012-{month:02}-{day:02}" for month in (1, 2, 4, 12) for day in (5, 10, 20, 31)[: 3 + month % 2]]
POOL += [f"2017-{month:02}-{day:02}" for month in (1, 2, 4, 6) for day in (5, 10, 20)]
POOL += ["2018-03-31", "2018-06-01", "2018-12-31", "2026-01-31", "2026-02-01"]


class Asked(NamedTuple):
    """What the dice say."""

    grant: str
    on: str
    item: int
    """Which payment, activity, follow-up."""
    amount: str
    until: str
    dice: int

    def one_in(self, number: int) -> bool:
        """Seldom."""
        return self.dice % number == number - 1


Maker = Callable[[Asked], Command]


def shift(day: str, days: int) -> str:
    """So many days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def usd(amount: Decimal | int) -> str:
    """In dollars and cents; a thousand where there is nothing to say."""
    return f"{amount if amount > 0 else 1000:.2f} USD"


def amounts(s: State, item: int) -> list[str]:
    """What may be asked of a grant: usual sums, and the last that is possible, and the first that is not."""
    left, cent = undisbursed(s), Decimal("0.01")
    payment = s["payments"].get(
        f"P{item + 1}", {"asked": Decimal(1000), "out": Decimal(0), "back": Decimal(0)}
    )
    edges = [left, left - pending(s), payment["asked"], payment["out"] - payment["back"], Decimal(150_000)]
    usual = [usd(number) for number in (1_000, 30_000, 40_000, 90_000)]
    return [*usual, *map(usd, edges), *(usd(edge + cent) for edge in edges)]


def days(s: State, last: str) -> list[str]:
    """When it may be: on the last day or soon after, and on the days on which rules turn."""
    soon = [last, last, shift(last, 1), shift(last, 20)]
    if s["closing"] is None:
        return soon
    deadline = months_later(s["closing"], 4)
    return [*soon, s["closing"], shift(s["closing"], 1), deadline, shift(deadline, 1)]


def untils(on: str, s: State) -> list[str]:
    """Closing dates: half a year, a window's last day and the one after it, its first and the one before."""
    since = s["effective"] or on
    edges = [months_later(since, months) for months in (12, 36)]
    return [
        months_later(on, 6),
        *edges,
        *(shift(day, 1) for day in edges),
        shift(edges[0], -1),
        shift(on, -1),
    ]


def _made(maker: g.Make, **fields: Any) -> Maker:
    """A maker of the command with fields that follow from what the dice say."""

    def make(a: Asked) -> Command:
        said = {name: value(a) if callable(value) else value for name, value in fields.items()}
        return maker(a.on, **{name: value for name, value in said.items() if value is not None})

    return make


def _on_grant(maker: g.Make, **fields: Any) -> Maker:
    return _made(maker, grant=lambda a: a.grant, **fields)


def _named(letter: str) -> Callable[[Asked], str]:
    """An item's id, now and then in another spelling."""
    return lambda a: f"{letter.lower() if a.one_in(17) else letter}{a.item + 1}"


def _window(a: Asked) -> str:
    return ["stand_alone", "stand_alone", "programmatic", "oks", "stand_alone", "no_such"][a.dice % 6]


def _call(a: Asked) -> str | None:
    return [None, "C1", None, "C2", "C1"][a.dice // 7 % 5]


def _recipients(a: Asked) -> list[str]:
    return [["TZ", "UG"], ["TZ"], ["UG", "ZZ"], ["KE"]][a.dice // 5 % 4]


def _institution(a: Asked) -> str | None:
    return "Dairy Board" if a.dice // 3 % 2 else None


def _budget(a: Asked) -> list[dict[str, Any]]:
    whole = money(_promised(a))
    if not whole:
        return [{"line": "staff time", "amount": "0.00 USD", "capacity": a.dice % 2 == 0}]
    part = (whole * (20 + a.one_in(5)) / 100).quantize(Decimal("0.01"))
    rest = whole - part - a.one_in(9)
    lines = [{"line": "capacity", "amount": usd(part), "capacity": a.dice % 2 == 0}]
    return [*lines, {"line": "travel", "amount": usd(rest)}]


def _letters(a: Asked) -> list[dict[str, str]]:
    codes = ["TZ", "UG", "KE"][: 2 if a.one_in(4) else 3]
    return [{"country": code, "ministry": "Agriculture", "dated": "2012-01-05"} for code in codes]


def _edition(a: Asked) -> dict[str, Any]:
    def said(value: Any) -> dict[str, Any]:
        return {"value": value, "source": "a test"}

    windows = {"stand_alone": {"max_amount": said(usd(90_000)), "max_months": said(12)}}
    return {
        "name": f"E{a.item + 1}",
        "from": [a.on, "2018-06-02", shift(a.on, 365)][a.dice // 2 % 3],
        "agreement_required": a.dice % 2 == 0,
        "disbursement_grace": {"months": 4, "source": "a test"},
        "windows": windows | ({"oks": {}} if a.one_in(3) else {}),
    }


def _amount(a: Asked) -> str:
    return a.amount


def _promised(a: Asked) -> str:
    """Now and then support that costs the fund nothing."""
    return "0.00 USD" if a.one_in(13) else a.amount


def _months(a: Asked) -> int:
    return [12, 12, 36, 6][a.dice // 11 % 4]


def _capabilities(a: Asked) -> list[str] | None:
    both = ["documenting_and_sharing", "solving_and_scaling"]
    return [both, both, both[1:], None][a.dice // 17 % 4]


def _ends(a: Asked) -> str:
    """The last day of what was held: this one, the one before, seldom the next."""
    return shift(a.on, [0, -1, 0, -1, 1][a.dice // 19 % 5])


def _said_amount(a: Asked) -> str:
    return ["1000.00 USD", "1000.00 DKK"][a.dice // 4 % 2]


def _worth(a: Asked) -> str | None:
    """Of what was said in kroner, mostly."""
    return "150.00 USD" if a.dice // 4 % 2 and not a.one_in(3) else None


_OBLIGATIONS = "client_survey completion_report activity sleep signature follow_up progress_report".split()
_OBLIGATIONS += ["effectiveness", "implementation", "instalment"]


def _waived_item(a: Asked) -> str | None:
    """An item, mostly of the obligation's kind."""
    obligation = _OBLIGATIONS[a.dice % len(_OBLIGATIONS)]
    item = {"activity": f"A{a.item + 1}", "follow_up": f"F{a.item + 1}", "progress_report": "1"}
    return item.get(obligation, "1" if a.one_in(11) else None) if a.dice // 23 % 2 else None


def _spelled(name: str) -> Callable[[Asked], str]:
    """An officer's or partner's id, now and then as somebody else would write it."""
    return lambda a: name.upper() + "." if a.one_in(5) else name


def _until(a: Asked) -> str:
    return a.until


def _scope(a: Asked) -> str:
    return ["all", "payments", "activities"][a.dice % 3]


def _paid_amount(a: Asked) -> str | None:
    """In another currency, at 1.5 or nearly so; now and then in the same one."""
    if not a.one_in(4):
        return None
    amount = Decimal(a.amount.split()[0]) * Decimal("1.5") + (a.dice % 7 == 0)
    return f"{amount:.2f} {'USD' if a.one_in(9) else 'EUR'}"


def _rate(a: Asked) -> str | None:
    return ["1.5", "1.500"][a.dice // 4 % 2] if a.one_in(4) else None


_payment, _activity, _follow_up = map(_named, "PAF")
_REFUND = _on_grant(g.refund, payment=_payment, amount=_amount)
_REFUND_OF_ALL = _on_grant(lambda on, **fields: g.refund(on, payment=None, **fields), amount=_amount)
ON_GRANT: dict[str, Maker] = {
    "ProposeGrant": _on_grant(
        g.propose,
        amount=_promised,
        months=_months,
        capabilities_planned=_capabilities,
        window=_window,
        recipients=_recipients,
        call=_call,
        institution=_institution,
    ),
    "ReviseProposal": _on_grant(
        g.revise,
        amount=lambda a: _promised(a) if a.dice % 2 else None,
        months=lambda a: _months(a) if a.one_in(7) else None,
        capabilities_planned=lambda a: _capabilities(a) if a.one_in(6) else None,
        window=lambda a: _window(a) if a.one_in(3) else None,
        recipients=lambda a: _recipients(a) if a.one_in(5) else None,
        title=lambda a: "Milk" if a.one_in(7) else None,
    ),
    "ReturnProposal": _on_grant(g.send_back),
    "RequestFunding": _on_grant(g.request, amount=_promised, budget=_budget, letters=_letters),
    "ReviewProposal": _on_grant(
        g.review, scores=lambda a: {"demand": 4, **({"readiness": 3} if a.dice % 2 else {})}
    ),
    "ApproveGrant": _on_grant(
        g.approve,
        amount=_promised,
        conditions=lambda a: ["a bank account"] if a.one_in(4) else None,
        request_digest=lambda a: "0" * 64 if a.one_in(11) else None,
    ),
    "DeclineProposal": _on_grant(g.decline),
    "WithdrawProposal": _on_grant(g.withdraw),
    "InvolveParty": _on_grant(g.involve),
    "EngageExpert": _on_grant(g.engage),
    "MeetCondition": _on_grant(
        g.meet_condition, condition=lambda a: "another" if a.one_in(5) else "a bank account"
    ),
    "SignAgreement": _on_grant(g.sign),
    "MakeEffective": _on_grant(g.make_effective, closing_date=_until),
    "LapseGrant": _on_grant(
        g.lapse,
        given_up=lambda a: True if a.dice % 2 else None,
        reason=lambda a: "no time" if a.dice % 2 else None,
    ),
    "PlanActivity": _on_grant(g.plan, activity=_activity),
    "RescheduleActivity": _on_grant(g.reschedule, activity=_activity),
    "CancelActivity": _on_grant(g.call_off, activity=_activity),
    "HoldActivity": _on_grant(g.hold, activity=_activity, starts=lambda _: "2012-01-05", ends=_ends),
    "RequestPayment": _on_grant(g.request_payment, payment=_payment, amount=_amount),
    "AuthorisePayment": _on_grant(
        g.authorise, payment=_payment, amount=lambda a: a.amount if a.one_in(3) else None
    ),
    "RejectPayment": _on_grant(g.reject, payment=_payment),
    "DisburseFunds": _on_grant(
        g.disburse, payment=_payment, amount=_amount, paid_amount=_paid_amount, rate=_rate
    ),
    "FailPayment": _on_grant(g.fail, payment=_payment),
    "RecordRefund": lambda a: (_REFUND_OF_ALL if a.one_in(3) else _REFUND)(a),
    "RecordIrregularPayment": _on_grant(
        g.irregular,
        payment=lambda a: f"{'PX'[a.dice % 2]}{a.item + 1}",
        amount=_amount,
        of=lambda a: _payment(a) if a.one_in(4) else None,
        rule=lambda a: "OverpaymentOpen" if a.one_in(9) else None,
    ),
    "RecordCoFinancing": _on_grant(g.co_finance),
    "RecordCost": _on_grant(g.cost),
    "ExtendClosingDate": _on_grant(
        g.extend, closing_date=_until, waiver=lambda a: "floods" if a.one_in(3) else None
    ),
    "RestructureGrant": _on_grant(
        g.restructure,
        window=lambda a: _window(a) if a.dice % 2 else None,
        recipients=lambda a: _recipients(a) if a.one_in(3) else None,
        institution=_institution,
        capabilities_planned=_capabilities,
        objective=lambda a: "Another aim" if a.one_in(2) else None,
    ),
    "IncreaseCommitment": _on_grant(g.increase, amount=_amount),
    "CancelBalance": _on_grant(g.cancel_balance, amount=_amount),
    "SuspendGrant": _on_grant(g.suspend, scope=_scope),
    "LiftSuspension": _on_grant(g.lift, scope=lambda a: None if a.one_in(2) else _scope(a)),
    "CancelGrant": _on_grant(g.cancel),
    "ReportProgress": _on_grant(g.report_progress),
    "CompleteImplementation": _on_grant(g.complete),
    "ReportOutcomes": _on_grant(g.report_outcomes, outcomes=lambda a: {} if a.one_in(5) else None),
    "RecordLesson": _on_grant(g.lesson),
    "ReachCapability": _on_grant(g.reach),
    "AgreeFollowUp": _on_grant(g.agree, follow_up=_follow_up),
    "FinanceFollowUp": _on_grant(g.finance, follow_up=_follow_up),
    "CompleteFollowUp": _on_grant(g.complete_follow_up, follow_up=_follow_up),
    "DropFollowUp": _on_grant(g.drop, follow_up=_follow_up),
    "HandOverFollowUp": _on_grant(g.hand_over, follow_up=_follow_up),
    "SubmitCompletionReport": _on_grant(g.submit_report),
    "AcceptCompletionReport": _on_grant(g.accept_report),
    "RecordClientSurvey": _on_grant(g.survey),
    "PublishResultsStory": _on_grant(g.publish_story),
    "RecordDevelopmentOutcome": _on_grant(g.record_outcome),
    "WaiveObligation": _on_grant(
        g.waive, obligation=lambda a: _OBLIGATIONS[a.dice % len(_OBLIGATIONS)], item=_waived_item
    ),
    "CloseGrant": _on_grant(g.close),
    "ReopenGrant": _on_grant(g.reopen),
    "AttachDocument": _on_grant(g.attach),
}
WEIGHTS = {
    "RequestFunding": 5,
    "ApproveGrant": 8,
    "SignAgreement": 5,
    "MakeEffective": 8,
    "RequestPayment": 6,
}
WEIGHTS |= {
    "AuthorisePayment": 6,
    "DisburseFunds": 8,
    "CompleteImplementation": 2,
    "CloseGrant": 5,
    "SuspendGrant": 3,
}
WEIGHTS |= {"SubmitCompletionReport": 3, "AcceptCompletionReport": 5, "CancelBalance": 4, "RecordRefund": 3}
NEXT = {
    stage: [name for name in ON_GRANT if stage in STAGES[name] for _ in range(WEIGHTS.get(name, 1))]
    for stage in ("proposed", "requested", "approved", "signed", "effective", "follow_up", "closed")
}
"""What may be done in a stage, what leads on more often."""


DUE = {
    "requested": ["AuthorisePayment", "AuthorisePayment", "RejectPayment"],
    "authorised": [*["DisburseFunds"] * 3, "FailPayment", "RejectPayment", "SuspendGrant"],
    "disbursed": ["FailPayment", "RecordRefund"],
    "failed": ["RecordRefund"],
    "planned": ["RescheduleActivity", "CancelActivity", "HoldActivity"],
    "open": ["FinanceFollowUp", "CompleteFollowUp", "DropFollowUp", "HandOverFollowUp"],
}
"""What may come next of a payment, an activity or a follow-up that stands so."""


def standing_items(s: State) -> list[tuple[str, str]]:
    """Each payment, activity and follow-up, and how it stands."""
    payments = [(name, payment["is"]) for name, payment in s["payments"].items()]
    return [*payments, *s["activities"].items(), *s["follow_ups"].items()]


def pressing(s: State) -> list[str]:
    """What waits to be done: of what was planned, asked for, suspended, agreed on."""
    names = [name for _, status in standing_items(s) for name in DUE.get(status, [])]
    if set(s["conditions"]) - s["met"]:
        names += ["MeetCondition"] * 5
    if s["suspended"]:
        names += ["LiftSuspension", "LiftSuspension", "DisburseFunds", "DisburseFunds"]
    return [name for name in names if s["stage"] in STAGES[name]]


def item_of(s: State, name: str, dice: Random) -> int:
    """Which payment, activity or follow-up: mostly one that waits for it."""
    waiting = [int(item[1:]) - 1 for item, status in standing_items(s) if name in DUE.get(status, [])]
    return dice.choice(waiting) if waiting and dice.random() < 0.8 else dice.randrange(3)


def _partner(a: Asked) -> str:
    return ["DK", "DK", "ES", "RU"][a.dice % 4]


def _due(a: Asked) -> str:
    return f"I{a.item + 1}"


ON_FUND: dict[str, Maker] = {
    "AdoptPolicy": _made(g.adopt, edition=_edition),
    "AppointOfficer": _made(
        g.appoint,
        officer=lambda a: _spelled(["n.ew", "t.leader", "admin", "p.ayer"][a.dice % 4])(a),
        roles=lambda a: [["ttl"], ["administrator"], ["approver", "finance"]][a.dice // 4 % 3],
    ),
    "RetireOfficer": _made(
        g.retire,
        officer=lambda a: ["n.ew", "admin", "t.eacher", "p.ayer"][a.dice % 4],
        roles=lambda a: [None, ["administrator"], ["ttl"]][a.dice // 4 % 3],
    ),
    "JoinPartner": _made(g.join, partner=lambda a: _spelled(_partner(a))(a)),
    "HoldConsultation": _made(g.consult),
    "PledgeContribution": _made(g.pledge, partner=_partner, amount=_said_amount, holding_amount=_worth),
    "AgreeContribution": _made(
        g.agree_contribution, partner=_partner, amount=_said_amount, holding_amount=_worth
    ),
    "ScheduleInstalment": _made(g.schedule, partner=_partner, instalment=_due),
    "ReceiveInstalment": _made(
        g.receive, partner=_partner, amount=_amount, instalment=lambda a: _due(a) if a.one_in(2) else None
    ),
    "WaiveObligation": _made(
        g.waive_instalment,
        obligation=lambda a: "closure" if a.one_in(9) else "instalment",
        item=lambda a: None if a.one_in(4) else f"{_partner(a)}/{_due(a)}",
    ),
    "ChargeFee": _made(g.charge_fee, amount=_amount),
    "CreditIncome": _made(g.credit_income, amount=_amount),
    "ReturnFunds": _made(g.return_funds, partner=_partner, amount=_amount),
    "AttachDocument": _made(g.attach_to_fund),
}
ON_CALL: dict[str, Maker] = {
    "OpenCall": _made(
        g.open_call,
        call=lambda a: f"C{a.item % 2 + 1}",
        envelope=lambda a: usd([100_000, 150_000, 250_000][a.dice % 3]),
        window=lambda a: ["stand_alone", "programmatic"][a.one_in(5)],
        closes=lambda a: shift(a.on, [0, 30, 365][a.dice // 3 % 3]),
        opens=lambda a: a.on if a.dice % 2 else None,
    ),
    "CloseCall": _made(g.close_call, call=lambda a: f"C{a.item % 2 + 1}"),
}
IN_2012: list[Command] = [
    g.propose("2012-01-10", call="C1"),
    g.request("2012-01-20"),
    g.review("2012-01-25", scores={"demand": 4, "readiness": 3}),
    g.approve("2012-02-10"),
    g.make_effective("2012-03-01", closing_date="2012-12-31"),
    *(g.request_payment("2012-03-05", payment=p, amount="40000.00 USD") for p in ("P1", "P2")),
    *(g.authorise("2012-03-10", payment=p) for p in ("P1", "P2")),
    g.disburse("2012-04-05", payment="P1", amount="40000.00 USD"),
    g.disburse("2012-04-10", payment="P2", amount="30000.00 USD"),
    g.complete("2012-12-31"),
    g.submit_report("2013-01-10"),
    g.accept_report("2013-01-20"),
    g.cancel_balance("2013-02-01", amount="20000.00 USD"),
    g.close("2013-03-01"),
]
LIVES: list[list[Command]] = [IN_2012, g.CLOSED]
"""Whole lives, of which a grant may have lived a part."""
FOUNDED: list[Command] = [
    *g.OFFICERS,
    g.appoint(g.START, officer=ALL, roles=["approver", "finance", "reviewer", "secretariat", "ttl"]),
    g.join(g.START),
    g.receive("2008-11-15", amount="200000.00 USD"),
    g.open_call("2012-01-01", call="C1", envelope="150000.00 USD", closes="2012-02-05"),
]
