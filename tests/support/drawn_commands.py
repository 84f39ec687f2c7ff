"""Every command, drawn by dice, with the fields that rules look at.

Amounts and days are often the last that are possible, or the first that are not.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from lifecycle.kernel.command import Command
from second_book.basics import money
from support import drawn_agreements as dice_of
from support import given as g
from support.drawn_earlier_life import EARLIER_LIFE, of_earlier_life
from support.draws import Draw, Maker, promised, shift, usd

OTHERS = {"t.leader": "t.eacher", "a.prover": "c.hecker", "c.hecker": "a.prover", "f.nance": "p.ayer"}
OTHERS |= {"p.ayer": "f.nance"}


def _maker(maker: g.Make, **fields: Any) -> Maker:
    """Return a maker of the command whose fields depend on the draw."""

    def make(draw: Draw) -> Command:
        values = {name: value(draw) if callable(value) else value for name, value in fields.items()}
        return maker(draw.on, **{name: value for name, value in values.items() if value is not None})

    return make


def _on_grant(maker: g.Make, **fields: Any) -> Maker:
    return _maker(maker, grant=lambda draw: draw.grant, **fields)


def _named(letter: str) -> Callable[[Draw], str]:
    """Return a function that gives an item's id, now and then in another spelling."""
    return lambda draw: f"{letter.lower() if draw.one_in(17) else letter}{draw.item + 1}"


def _window(draw: Draw) -> str:
    return ["stand_alone", "stand_alone", "programmatic", "oks", "stand_alone", "no_such"][draw.dice % 6]


def _call(draw: Draw) -> str | None:
    return [None, "C1", None, "C2", "C1"][draw.dice // 7 % 5]


def _recipients(draw: Draw) -> list[str]:
    return [["TZ", "UG"], ["TZ"], ["UG", "ZZ"], ["KE"]][draw.dice // 5 % 4]


def _institution(draw: Draw) -> str | None:
    return "Dairy Board" if draw.dice // 3 % 2 else None


def _body(draw: Draw) -> str:
    return ["MOA", "DAIRY", "ASAHI"][draw.item % 3]


def _institutions(draw: Draw) -> list[dict[str, str]] | None:
    """Return now and then an institution of the directory, which may be unknown, in a role."""
    role = ["receiving", "providing", "implementing"][draw.dice // 13 % 3]
    return [{"institution": _body(draw), "role": role}] if draw.one_in(5) else None


def _follows(draw: Draw) -> str | None:
    """Return now and then another grant, which may be unknown, or the grant itself."""
    return ["G1", "G2", "NONE-1"][draw.dice // 17 % 3] if draw.one_in(5) else None


def _at_activity(draw: Draw) -> list[dict[str, str]] | None:
    return [{"institution": _body(draw), "role": "host"}] if draw.one_in(6) else None


def _payee_institution(draw: Draw) -> str | None:
    return _body(draw) if draw.one_in(6) else None


def _budget(draw: Draw) -> list[dict[str, Any]]:
    whole = money(promised(draw))
    if not whole:
        return [{"line": "staff time", "amount": "0.00 USD", "capacity": draw.dice % 2 == 0}]
    part = (whole * (20 + draw.one_in(5)) / 100).quantize(Decimal("0.01"))
    rest = whole - part - draw.one_in(9)
    lines = [{"line": "capacity", "amount": usd(part), "capacity": draw.dice % 2 == 0}]
    return [*lines, {"line": "Capacity" if draw.one_in(37) else "travel", "amount": usd(rest)}]


def _letters(draw: Draw) -> list[dict[str, str]]:
    codes = ["TZ", "UG", "KE"][: 2 if draw.one_in(4) else 3]
    signed = {"institution": _body(draw)} if draw.one_in(7) else {}
    letter = {"ministry": "Agriculture", "dated": "2012-01-05", **signed}
    return [{"country": code, **letter} for code in codes]


def _clearances() -> list[dict[str, Any]]:
    brief = {"step": "brief", "role": "reviewer", "before": "request", "days": 3, "no_objection": True}
    director = {"step": "director", "role": "secretariat", "before": "approval", "days": 2}
    return [step | {"source": "a test"} for step in (brief, director)]


def _edition(draw: Draw) -> dict[str, Any]:
    def limit(value: Any) -> dict[str, Any]:
        return {"value": value, "source": "a test"}

    windows = {"stand_alone": {"max_amount": limit(usd(90_000)), "max_months": limit(12)}}
    if draw.one_in(5):
        windows["stand_alone"] |= {"eligible_recipients": limit(["TZ", "UG"]), "max_activities": limit(1)}
    return {
        "name": f"E{draw.item + 1}",
        "from": [draw.on, "2018-06-02", shift(draw.on, 365)][draw.dice // 2 % 3],
        "agreement_required": draw.dice % 2 == 0,
        "disbursement_grace": {"months": 4, "source": "a test"},
        **({"clearances": _clearances()} if draw.one_in(4) else {}),
        **({"roles": {"manager": limit("a manager")}} if draw.one_in(2) else {}),
        **({"team_only": limit(value=True)} if draw.one_in(3) else {}),
        **({"rating_scale": limit(["good", "satisfactory"])} if draw.one_in(2) else {}),
        **({"advance_days": limit([0, 3, 30][draw.dice // 3 % 3])} if draw.dice // 7 % 3 else {}),
        **({"advance_ceiling": _ceiling(draw)} if draw.one_in(2) else {}),
        **({"execution": _needs(draw)} if draw.one_in(2) else {}),
        "windows": windows | ({"oks": {}} if draw.one_in(3) else {}),
    }


def _needs(draw: Draw) -> dict[str, Any]:
    """Return what grants of each execution need, now and then of one alone."""
    methods = [["direct", "advance"], ["direct"]][draw.dice // 5 % 2]
    needs = {"recipient": {"agreement": {"value": draw.dice // 3 % 2 == 0, "source": "a test"}}}
    if draw.one_in(3):
        needs["bank"] = {"methods": {"value": methods, "source": "a test"}}
    return needs


def _ceiling(draw: Draw) -> dict[str, Any]:
    """Return the most that may be advanced at a time: an amount, a share of the commitment, or both."""
    both = {"amount": draw.amount, "share": ["0.25", "0.5", "1"][draw.dice // 11 % 3]}
    names = [["amount"], ["share"], ["amount", "share"]][draw.dice // 5 % 3]
    return {name: both[name] for name in names} | {"source": "a test"}


def _execution(draw: Draw) -> str | None:
    return [None, "recipient", "bank"][draw.dice // 13 % 3]


def _lines(draw: Draw) -> list[dict[str, str]] | None:
    """Return amounts for lines, now and then one that is not in the budget, one twice, or a cent too much."""
    if draw.dice // 29 % 3:
        return None
    whole = money(draw.amount)
    part = (whole * (draw.dice // 31 % 4) / 5).quantize(Decimal("0.01"))
    if not part:
        return [{"line": "travel", "amount": f"{whole:.2f} USD"}]
    names = ["Travel", "visas" if draw.one_in(9) else "travel" if draw.one_in(11) else "capacity"]
    amounts = [whole - part + (Decimal("0.01") if draw.one_in(8) else 0), part]
    return [
        {"line": name, "amount": f"{amount:.2f} USD"} for name, amount in zip(names, amounts, strict=True)
    ]


def _new_budget(draw: Draw) -> list[dict[str, Any]] | None:
    """Return a new budget of the amount, now and then with another name of a line, or with one twice."""
    if draw.dice // 41 % 3:
        return None
    whole = money(draw.amount)
    part = (whole / 5).quantize(Decimal("0.01"))
    second = "TRAVEL" if draw.one_in(12) else "venue" if draw.one_in(3) else "capacity"
    first = {"line": "travel", "amount": usd(whole - part)}
    return [first, {"line": second, "amount": usd(part), "capacity": draw.dice % 2 == 0}]


def _amount(draw: Draw) -> str:
    return draw.amount


def _months(draw: Draw) -> int:
    return [12, 12, 36, 6][draw.dice // 11 % 4]


def _capabilities(draw: Draw) -> list[str] | None:
    both = ["documenting_and_sharing", "solving_and_scaling"]
    return [both, both, both[1:], None][draw.dice // 17 % 4]


def _ends(draw: Draw) -> str:
    """Return the last day of a held activity: this day, the day before, or seldom the next day."""
    return shift(draw.on, [0, -1, 0, -1, 1][draw.dice // 19 % 5])


def _said_amount(draw: Draw) -> str:
    return ["1000.00 USD", "1000.00 DKK"][draw.dice // 4 % 2]


def _worth(draw: Draw) -> str | None:
    """Return the holding amount, mostly for amounts in kroner."""
    return "150.00 USD" if draw.dice // 4 % 2 and not draw.one_in(3) else None


_OBLIGATIONS = "client_survey completion_report activity sleep signature follow_up progress_report".split()
_OBLIGATIONS += ["effectiveness", "implementation", "instalment", "advance"]


def _waived_item(draw: Draw) -> str | None:
    """Return an item, mostly one that the obligation has."""
    obligation = _OBLIGATIONS[draw.dice % len(_OBLIGATIONS)]
    item = {"activity": f"A{draw.item + 1}", "follow_up": f"F{draw.item + 1}", "progress_report": "1"}
    item["advance"] = f"P{draw.item + 1}"
    return item.get(obligation, "1" if draw.one_in(11) else None) if draw.dice // 23 % 2 else None


def _spelled(name: str) -> Callable[[Draw], str]:
    """Return a function that gives an officer's or partner's id, now and then in another spelling."""
    return lambda draw: name.upper() + "." if draw.one_in(5) else name


def _until(draw: Draw) -> str:
    return draw.until


def _scope(draw: Draw) -> str:
    return ["all", "payments", "activities"][draw.dice % 3]


def _paid_amount(draw: Draw) -> str | None:
    """Return an amount in another currency at a rate of about 1.5, now and then in the same currency."""
    if not draw.one_in(4):
        return None
    amount = Decimal(draw.amount.split()[0]) * Decimal("1.5") + (draw.dice % 7 == 0)
    return f"{amount:.2f} {'USD' if draw.one_in(9) else 'EUR'}"


def _rate(draw: Draw) -> str | None:
    return ["1.5", "1.500"][draw.dice // 4 % 2] if draw.one_in(4) else None


_payment, _activity, _follow_up, _indicator = map(_named, "PAFI")
_REFUND = _on_grant(g.refund, payment=_payment, amount=_amount)
_REFUND_OF_ALL = _on_grant(lambda on, **fields: g.refund(on, payment=None, **fields), amount=_amount)
ON_GRANT: dict[str, Maker] = {
    "ProposeGrant": _on_grant(
        g.propose,
        amount=promised,
        months=_months,
        capabilities_planned=_capabilities,
        window=_window,
        recipients=_recipients,
        call=_call,
        institution=_institution,
        execution=_execution,
        institutions=_institutions,
        follows=_follows,
    ),
    "BringForward": _on_grant(
        g.bring_forward,
        **{name: partial(of_earlier_life, name) for name in EARLIER_LIFE},
        months=_months,
        capabilities_planned=_capabilities,
        window=_window,
        recipients=_recipients,
        institution=_institution,
        execution=_execution,
        institutions=_institutions,
    ),
    "ReviseProposal": _on_grant(
        g.revise,
        amount=lambda draw: promised(draw) if draw.dice % 2 else None,
        months=lambda draw: _months(draw) if draw.one_in(7) else None,
        capabilities_planned=lambda draw: _capabilities(draw) if draw.one_in(6) else None,
        window=lambda draw: _window(draw) if draw.one_in(3) else None,
        recipients=lambda draw: _recipients(draw) if draw.one_in(5) else None,
        title=lambda draw: "Milk" if draw.one_in(7) else None,
        execution=lambda draw: _execution(draw) if draw.one_in(5) else None,
        institutions=_institutions,
        follows=_follows,
    ),
    "ReturnProposal": _on_grant(g.send_back),
    "RequestFunding": _on_grant(g.request, amount=promised, budget=_budget, letters=_letters),
    "ClearProposal": _on_grant(
        lambda on, **fields: g.clear(on, **{"actor": "s.cretary", **fields}),
        step=lambda draw: ["director", "director", "brief", "no_step"][draw.dice % 4],
        actor=lambda draw: ["r.viewer", "s.cretary", "s.cretary", "t.leader"][draw.dice // 3 % 4],
        verdict=lambda draw: "objected" if draw.one_in(5) else None,
    ),
    "ReviewProposal": _on_grant(
        g.review, scores=lambda draw: {"demand": 4, **({"readiness": 3} if draw.dice % 2 else {})}
    ),
    "ApproveGrant": _on_grant(
        g.approve,
        amount=promised,
        lines=_lines,
        conditions=lambda draw: ["a bank account"] if draw.one_in(4) else None,
        request_digest=lambda draw: "0" * 64 if draw.one_in(11) else None,
    ),
    "DeclineProposal": _on_grant(g.decline, cause=lambda draw: "money" if draw.one_in(2) else None),
    "WithdrawProposal": _on_grant(g.withdraw),
    "InvolveParty": _on_grant(g.involve),
    "EngageExpert": _on_grant(g.engage),
    "MeetCondition": _on_grant(
        g.meet_condition, condition=lambda draw: "another" if draw.one_in(5) else "a bank account"
    ),
    "SignAgreement": _on_grant(g.sign),
    "MakeEffective": _on_grant(g.make_effective, closing_date=_until, pool_waiver=dice_of.pool_waiver),
    "LapseGrant": _on_grant(
        g.lapse,
        given_up=lambda draw: True if draw.dice % 2 else None,
        reason=lambda draw: "no time" if draw.dice % 2 else None,
    ),
    "PlanActivity": _on_grant(g.plan, activity=_activity, institutions=_at_activity),
    "RescheduleActivity": _on_grant(g.reschedule, activity=_activity),
    "CancelActivity": _on_grant(g.call_off, activity=_activity),
    "HoldActivity": _on_grant(
        g.hold, activity=_activity, starts=lambda _: "2012-01-05", ends=_ends, institutions=_at_activity
    ),
    "RequestPayment": _on_grant(
        g.request_payment,
        payment=_payment,
        amount=_amount,
        method=lambda draw: [None, "direct", "advance", "reimbursement"][draw.dice // 43 % 4],
        payee_institution=_payee_institution,
    ),
    "AuthorisePayment": _on_grant(
        g.authorise, payment=_payment, amount=lambda draw: draw.amount if draw.one_in(3) else None
    ),
    "DocumentExpenditure": _on_grant(
        g.document,
        payment=_payment,
        amount=_amount,
        lines=_lines,
        ineligible=lambda draw: [None, "1.00 USD", draw.amount][draw.dice // 5 % 3],
    ),
    "RejectPayment": _on_grant(g.reject, payment=_payment),
    "DisburseFunds": _on_grant(
        g.disburse, payment=_payment, amount=_amount, paid_amount=_paid_amount, rate=_rate
    ),
    "FailPayment": _on_grant(g.fail, payment=_payment),
    "RecordRefund": lambda draw: (_REFUND_OF_ALL if draw.one_in(3) else _REFUND)(draw),
    "RecordIrregularPayment": _on_grant(
        g.irregular,
        payment=lambda draw: f"{'PX'[draw.dice % 2]}{draw.item + 1}",
        amount=_amount,
        of=lambda draw: _payment(draw) if draw.one_in(4) else None,
        rule=lambda draw: "OverpaymentOpen" if draw.one_in(9) else None,
        payee_institution=_payee_institution,
        method=lambda draw: "advance" if draw.one_in(6) else None,
    ),
    "RecordCoFinancing": _on_grant(g.co_finance),
    "RecordCost": _on_grant(g.cost),
    "ExtendClosingDate": _on_grant(
        g.extend,
        closing_date=_until,
        waiver=lambda draw: "floods" if draw.one_in(3) else None,
        pool_waiver=dice_of.pool_waiver,
    ),
    "RestructureGrant": _on_grant(
        g.restructure,
        window=lambda draw: _window(draw) if draw.dice % 2 else None,
        recipients=lambda draw: _recipients(draw) if draw.one_in(3) else None,
        institution=_institution,
        institutions=_institutions,
        capabilities_planned=_capabilities,
        objective=lambda draw: "Another aim" if draw.one_in(2) else None,
        budget=_new_budget,
    ),
    "IncreaseCommitment": _on_grant(
        g.increase, amount=_amount, lines=_lines, pool_waiver=dice_of.pool_waiver
    ),
    "AmendGrant": _on_grant(
        g.amend,
        title=lambda draw: "Milk" if draw.one_in(3) else None,
        sector=lambda draw: ["water", "Agriculture", None, None][draw.dice // 3 % 4],
        operation=lambda draw: ["P1", "P2", None][draw.dice // 5 % 3],
        operation_kind=lambda draw: "lending" if draw.one_in(4) else None,
        months=lambda draw: _months(draw) if draw.one_in(3) else None,
        outcomes_sought=lambda draw: ["enhanced_networks"] if draw.one_in(6) else None,
    ),
    "AssignLeader": _on_grant(
        g.assign_leader,
        leader=lambda draw: ["t.eacher", "t.leader", "a.prover", "t.eacher"][draw.dice // 3 % 4],
        deputies=lambda draw: [None, ["t.leader"], ["a.prover"], ["t.eacher"]][draw.dice // 7 % 4],
    ),
    "CancelBalance": _on_grant(g.cancel_balance, amount=_amount, lines=_lines),
    "ReallocateBudget": _on_grant(
        g.reallocate,
        amount=_amount,
        from_line=lambda draw: ["travel", "capacity"][draw.dice % 2],
        to_line=lambda draw: ["capacity", "travel", "no such line"][draw.dice // 3 % 3],
    ),
    "SuspendGrant": _on_grant(g.suspend, scope=_scope),
    "LiftSuspension": _on_grant(g.lift, scope=lambda draw: None if draw.one_in(2) else _scope(draw)),
    "CancelGrant": _on_grant(g.cancel),
    "ReportProgress": _on_grant(g.report_progress, rating=lambda draw: "poor" if draw.one_in(4) else None),
    "CompleteImplementation": _on_grant(g.complete),
    "ReportOutcomes": _on_grant(g.report_outcomes, outcomes=lambda draw: {} if draw.one_in(5) else None),
    "RecordLesson": _on_grant(g.lesson),
    "ReachCapability": _on_grant(g.reach),
    "SetIndicator": _on_grant(
        g.set_indicator,
        indicator=_indicator,
        unit=lambda draw: "percent" if draw.one_in(5) else "jobs",
        target=lambda draw: str(draw.dice // 3 % 2 + 7000),
        by=lambda draw: shift(draw.on, draw.dice // 5 % 3),
        disaggregation=lambda draw: ["women", "men"] if draw.one_in(2) else None,
    ),
    "MeasureIndicator": _on_grant(
        g.measure,
        indicator=_indicator,
        parts=lambda draw: {"women": "1"} if draw.one_in(3) else None,
    ),
    "AgreeFollowUp": _on_grant(g.agree, follow_up=_follow_up),
    "FinanceFollowUp": _on_grant(g.finance, follow_up=_follow_up),
    "CompleteFollowUp": _on_grant(g.complete_follow_up, follow_up=_follow_up),
    "DropFollowUp": _on_grant(g.drop, follow_up=_follow_up),
    "HandOverFollowUp": _on_grant(g.hand_over, follow_up=_follow_up),
    "SubmitCompletionReport": _on_grant(g.submit_report),
    "AcceptCompletionReport": _on_grant(g.accept_report),
    "RecordClientSurvey": _on_grant(g.survey, kind=lambda draw: "team_leaders" if draw.one_in(3) else None),
    "PublishResultsStory": _on_grant(g.publish_story),
    "RecordDevelopmentOutcome": _on_grant(g.record_outcome),
    "WaiveObligation": _on_grant(
        g.waive, obligation=lambda draw: _OBLIGATIONS[draw.dice % len(_OBLIGATIONS)], item=_waived_item
    ),
    "CloseGrant": _on_grant(g.close),
    "ReopenGrant": _on_grant(g.reopen),
    "AttachDocument": _on_grant(g.attach),
}


def _partner(draw: Draw) -> str:
    return ["DK", "DK", "ES", "RU"][draw.dice % 4]


def _due(draw: Draw) -> str:
    return f"I{draw.item + 1}"


ON_FUND: dict[str, Maker] = {
    "AdoptPolicy": _maker(g.adopt, edition=_edition),
    "AppointOfficer": _maker(
        g.appoint,
        officer=lambda draw: _spelled(["n.ew", "t.leader", "admin", "p.ayer"][draw.dice % 4])(draw),
        roles=lambda draw: [["ttl"], ["administrator"], ["approver", "finance"], ["manager"]][
            draw.dice // 4 % 4
        ],
    ),
    "RetireOfficer": _maker(
        g.retire,
        officer=lambda draw: ["n.ew", "admin", "t.eacher", "p.ayer"][draw.dice % 4],
        roles=lambda draw: [None, ["administrator"], ["ttl"], ["manager"]][draw.dice // 4 % 4],
    ),
    "JoinPartner": _maker(
        g.join,
        partner=lambda draw: _spelled(_partner(draw))(draw),
        name=lambda draw: [_partner(draw), "Denmark", "Danmark"][draw.dice // 3 % 3],
    ),
    "RenamePartner": _maker(
        g.rename_partner,
        partner=_partner,
        name=lambda draw: ["Denmark", "Kingdom of Denmark", "DANMARK", "Danmark"][draw.dice // 3 % 4],
    ),
    "SubmitDonorReport": _maker(
        g.submit_report_to_partner,
        partner=_partner,
        until=lambda draw: shift(draw.on, [0, -1, 1, -30][draw.dice // 3 % 4]),
    ),
    "LeavePartner": _maker(g.leave_partner, partner=_partner),
    "HoldConsultation": _maker(g.consult),
    "PledgeContribution": _maker(
        g.pledge,
        partner=_partner,
        amount=_said_amount,
        holding_amount=_worth,
        condition=lambda draw: "parliament's vote" if draw.dice // 5 % 2 else None,
    ),
    "MeetPledgeCondition": _maker(g.meet_pledge_condition, partner=_partner),
    "AgreeContribution": _maker(
        g.agree_contribution,
        partner=_partner,
        amount=_said_amount,
        holding_amount=_worth,
        agreement=dice_of.new_agreement,
        preference=dice_of.preference,
        valid_until=dice_of.valid_until,
        end_disbursement=dice_of.end_disbursement,
        fee_percent=dice_of.fee_percent,
        reports_every=dice_of.reports_every,
    ),
    "AmendContribution": _maker(
        g.amend_contribution,
        agreement=lambda draw: dice_of.agreement(draw) or "DK-1",
        partner=lambda draw: _partner(draw) if draw.one_in(3) else None,
        preference=lambda draw: dice_of.preference(draw) if draw.one_in(2) else None,
        valid_until=dice_of.valid_until,
        end_disbursement=dice_of.end_disbursement,
        fee_percent=dice_of.fee_percent,
        reports_every=dice_of.reports_every,
        amount=lambda draw: _said_amount(draw) if draw.one_in(5) else None,
        holding_amount=lambda draw: _worth(draw) if draw.one_in(5) else None,
    ),
    "ScheduleInstalment": _maker(g.schedule, partner=_partner, instalment=_due, agreement=dice_of.agreement),
    "ReceiveInstalment": _maker(
        g.receive,
        partner=_partner,
        amount=_amount,
        instalment=lambda draw: _due(draw) if draw.one_in(2) else None,
        agreement=dice_of.agreement,
    ),
    "WaiveObligation": _maker(
        g.waive_instalment,
        obligation=lambda draw: "closure" if draw.one_in(9) else "instalment",
        item=lambda draw: None if draw.one_in(4) else f"{_partner(draw)}/{_due(draw)}",
    ),
    "ChargeFee": _maker(g.charge_fee, amount=_amount, agreement=dice_of.agreement),
    "CreditIncome": _maker(g.credit_income, amount=_amount),
    "ReturnFunds": _maker(g.return_funds, partner=_partner, amount=_amount, agreement=dice_of.agreement),
    "AttachDocument": _maker(g.attach_to_fund),
}
ON_FUND |= {
    "CloseFund": _maker(g.close_fund),
    "SetAside": _maker(
        g.set_aside,
        set_aside=lambda draw: f"S{draw.item + 1}",
        amount=_amount,
        call=lambda draw: [None, "C1", "C2", "C1"][draw.dice // 3 % 4],
        until=lambda draw: [None, shift(draw.on, 60), shift(draw.on, 400), None][draw.dice // 7 % 4],
    ),
    "ReleaseSetAside": _maker(
        g.release_set_aside, set_aside=lambda draw: f"S{draw.item + 1}", amount=_amount
    ),
}
ON_CALL: dict[str, Maker] = {
    "OpenCall": _maker(
        g.open_call,
        call=lambda draw: f"C{draw.item % 2 + 1}",
        envelope=lambda draw: usd([100_000, 150_000, 250_000][draw.dice % 3]),
        window=lambda draw: ["stand_alone", "programmatic"][draw.one_in(5)],
        closes=lambda draw: shift(draw.on, [0, 30, 365][draw.dice // 3 % 3]),
        opens=lambda draw: draw.on if draw.dice % 2 else None,
    ),
    "CloseCall": _maker(g.close_call, call=lambda draw: f"C{draw.item % 2 + 1}"),
}


def _maybe_body(draw: Draw) -> str | None:
    return None if draw.dice % 3 else _body(draw)


def _of_two(draw: Draw) -> str:
    return ["MILK", "ROADS"][draw.item % 2]


ON_DIRECTORY: dict[str, Maker] = {
    "RegisterInstitution": _maker(
        g.register_institution,
        institution=lambda draw: _spelled(_body(draw))(draw),
        identifier=lambda draw: [None, "XM-DAC-1", "XM-DAC-2"][draw.dice % 3],
        country=lambda draw: ["TZ", "IN", None][draw.dice // 3 % 3],
    ),
    "RenameInstitution": _maker(
        g.rename_institution,
        institution=_body,
        name=lambda draw: ["Ministry of Food", "Ministry of Agriculture"][draw.dice % 2],
    ),
    "OfferExperience": _maker(
        g.offer_experience,
        offer=lambda draw: _spelled(_of_two(draw))(draw),
        institution=_maybe_body,
    ),
    "WithdrawOffer": _maker(g.withdraw_offer, offer=_of_two),
    "VoiceNeed": _maker(
        g.voice_need,
        need=lambda draw: _spelled(_of_two(draw))(draw),
        institution=_maybe_body,
        country=lambda draw: "KE" if draw.one_in(5) else "TZ",
    ),
    "MeetNeed": _maker(g.meet_need, need=_of_two, grant=lambda draw: draw.grant),
    "RecordUse": _maker(g.record_use, story=lambda draw: draw.grant),
}
