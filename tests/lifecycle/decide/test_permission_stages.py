"""Every command in every stage, and the role of every command on the day, as the catalogue says."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date

import pytest

from lifecycle.catalogue import CALL_COMMANDS, DIRECTORY_COMMANDS, FUND_COMMANDS, GRANT_COMMANDS
from lifecycle.decide.grant_checks import GrantIdTaken
from lifecycle.fund import events as on_fund
from lifecycle.fund.contributions import PartnerJoined
from lifecycle.grant import events as was
from lifecycle.grant.evolve import EVOLVE, evolve, fold
from lifecycle.grant.payment.request import UnknownPayment
from lifecycle.grant.state import Grant
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import Event
from lifecycle.kernel.refusals import (
    GrantHasEnded,
    GrantIsClosed,
    NotAnOfficer,
    NotInStage,
    NotYetEffective,
    RecorderNotAdministrator,
    Refusal,
    RoleNotHeld,
    UnknownGrant,
)
from lifecycle.kernel.spec import Spec
from lifecycle.types.stage import Stage
from support import given as g
from support.given import (
    CHECKER,
    OFFICER,
    PAYER,
    G,
    Outcome,
    given,
)

Make = Callable[..., Command]
A_DAY = "2013-08-01"
"""A day after every event of these lives and before the disbursement deadline."""

_P = [g.propose("2012-01-10")]
_LINES = [{"line": "travel", "amount": "99000.00 USD"}, {"line": "workshops", "amount": "1000.00 USD"}]
_R = [*_P, g.request("2012-01-20", budget=_LINES)]
_A = [
    *_R,
    g.approve("2012-02-10", conditions=["a bank account"]),
    g.meet_condition("2012-02-15"),
    g.plan("2012-02-20", starts="2012-06-05", ends="2012-06-16"),
    g.suspend("2012-02-25", scope="activities"),
]
_S = [*_A, g.sign("2012-03-01")]
_E = [
    *_S,
    g.make_effective("2012-03-31", closing_date="2013-09-30"),
    *(g.request_payment("2012-04-01", payment=name, method="advance") for name in ("P1", "P2", "P3")),
    g.authorise("2012-04-02", payment="P1"),
    g.authorise("2012-04-02", payment="P3"),
    g.disburse("2012-04-03", payment="P1"),
    g.agree("2012-04-04"),
    g.submit_report("2012-04-05"),
    g.set_indicator("2012-04-06"),
]
_F = [*_E, g.hold("2012-06-16", starts="2012-06-05", ends="2012-06-16"), g.complete("2012-06-20")]
_SETTLE = [
    g.reject("2012-06-21", payment="P2"),
    g.disburse("2012-06-21", payment="P3"),
    g.accept_report("2012-06-22"),
    g.hand_over("2012-06-23"),
    g.cancel_balance("2012-06-24", amount="86000.00 USD"),
]
LIVES: dict[str, list[Command]] = {
    "proposed": _P,
    "requested": _R,
    "approved": _A,
    "signed": _S,
    "effective": _E,
    "follow_up": _F,
    "closed": [*_F, *_SETTLE, g.close("2012-07-01"), g.increase("2012-07-02")],
    "declined": [*_R, g.decline("2012-02-10")],
    "withdrawn": [*_R, g.withdraw("2012-02-10")],
    "lapsed": [*_A, g.give_up("2012-03-01")],
    "cancelled": [*_E, g.cancel("2012-05-01")],
}
"""A grant in each stage, with something in it for every command to act on."""

A_VISIT = {"starts": "2012-06-05", "ends": "2012-06-16"}
IN_2012 = {"approved_on": "2012-02-10", "signed_on": None, "effective_on": "2012-03-01"}
IN_2012 |= {"closing_date": "2013-12-31"}
WITH_CLEARANCE = {
    "name": "with a clearance",
    "from": "2013-01-01",
    "agreement_required": True,
    "disbursement_grace": {"months": 4, "source": "a test"},
    "clearances": [
        {"step": "idea_brief", "role": "secretariat", "before": "approval", "days": 9, "source": "a test"}
    ],
    "windows": {"stand_alone": {}},
}
COMMANDS: dict[str, Make] = {
    **g.USUAL,
    "BringForward": lambda on, **k: g.bring_forward(on, **{**IN_2012, **k}),
    "LapseGrant": g.give_up,
    "ReviseProposal": lambda on, **k: g.revise(on, title="Milk", **k),
    "AmendGrant": lambda on, **k: g.amend(on, title="Milk", **k),
    "MakeEffective": lambda on, **k: g.make_effective(on, closing_date="2014-03-31", **k),
    "PlanActivity": lambda on, **k: g.plan(on, activity="A2", **k),
    "HoldActivity": lambda on, **k: g.hold(on, activity="A2", **{**A_VISIT, **k}),
    "RequestPayment": lambda on, **k: g.request_payment(on, payment="P4", **k),
    "AuthorisePayment": lambda on, **k: g.authorise(on, payment="P2", **k),
    "RejectPayment": lambda on, **k: g.reject(on, payment="P2", **k),
    "DisburseFunds": lambda on, **k: g.disburse(on, payment="P3", **k),
    "FailPayment": lambda on, **k: g.fail(on, payment="P5", **k),
    "RecordRefund": lambda on, **k: g.refund(on, payment="P5", **k),
    "ExtendClosingDate": lambda on, **k: g.extend(on, closing_date="2014-01-31", **k),
    "CancelBalance": lambda on, **k: g.cancel_balance(on, amount="100.00 USD", **k),
    "ClearProposal": lambda on, **k: g.clear(on, **({"actor": "s.cretary"} | k)),
    "SetIndicator": lambda on, **k: g.set_indicator(on, indicator="trees", **k),
    "AgreeFollowUp": lambda on, **k: g.agree(on, follow_up="F2", **k),
    "CorrectEntry": lambda on, **k: g.correct(on, **{"entry": 1, "reads": {"title": "Milk"}, **k}),
}
FIRST: dict[str, list[Command]] = {
    "ClearProposal": [g.adopt("2012-12-01", edition=WITH_CLEARANCE)],
    "CompleteImplementation": [g.call_off("2013-07-31")],
    "CloseGrant": _SETTLE,
    "FailPayment": [g.irregular("2013-07-31", payment="P5")],
    "RecordRefund": [g.irregular("2013-07-31", payment="P5")],
}
"""The commands that have to come before a command, beyond the life itself."""


EARLY = ("proposed", "requested", "approved", "signed")


def refusal_by_table(row: Spec, stage: str) -> type[Refusal]:
    """Return the refusal of a command in a stage that its row does not list."""
    if row.stages == ("",):
        return GrantIdTaken
    if stage in ("declined", "withdrawn", "lapsed", "cancelled"):
        return GrantHasEnded
    if stage == "closed":
        return GrantIsClosed
    if stage in EARLY and not set(row.stages) & set(EARLY):
        return NotYetEffective
    return NotInStage


@pytest.mark.parametrize("stage", LIVES)
def test_each_life_stands_in_its_stage(stage: str) -> None:
    assert given(LIVES[stage]).grant.stage == stage


def event_of(outcome: Outcome) -> str:
    """Return the name of the command's own event, which comes before those on the fund and on calls."""
    assert outcome.refusal is None, f"refused: {outcome.refusal!r}"
    return type(outcome.events[0]).__name__


@pytest.mark.parametrize("row", GRANT_COMMANDS, ids=lambda row: row.name)
@pytest.mark.parametrize("stage", LIVES)
def test_a_command_is_possible_in_its_stages_only(row: Spec, stage: str) -> None:
    past = given(LIVES[stage])
    make = COMMANDS[row.name]
    if stage in row.stages:
        past.given(FIRST.get(row.name, []))
        outcome = past.when(make(A_DAY))
        if row.name == "RejectPayment" and stage in ("declined", "withdrawn", "lapsed"):
            outcome.refused(UnknownPayment, "none")  # none is asked for before effectiveness
            return
        assert event_of(outcome) == row.event
    else:
        past.when(make(A_DAY)).refused(refusal_by_table(row, stage))


@pytest.mark.parametrize("row", GRANT_COMMANDS, ids=lambda row: row.name)
def test_a_command_needs_its_grant(row: Spec) -> None:
    outcome = given().when(COMMANDS[row.name](A_DAY))
    if row.stages == ("",):
        assert event_of(outcome) == row.event
    else:
        outcome.refused(UnknownGrant, G)


def test_a_grant_is_unknown_before_its_proposal() -> None:
    for on, known in (("2012-01-09", False), ("2012-01-10", True), ("2012-01-11", True)):
        outcome = given(_P).when(g.cost(on))
        outcome.then(was.CostRecorded) if known else outcome.refused(UnknownGrant, on)


# ── roles ────────────────────────────────────────────────────────────────────────────────────


def possible(row: Spec) -> tuple[list[Command], Make]:
    """Return a past in which the command is possible with the role, and the maker of the command."""
    if row in FUND_COMMANDS:
        return FIRST_ON_FUND.get(row.name, []), ON_FUND[row.name]
    if row in CALL_COMMANDS:
        return [] if row.name == "OpenCall" else [g.open_call("2012-01-01")], ON_CALL[row.name]
    if row in DIRECTORY_COMMANDS:
        return BEFORE.get(row.name, []), ON_DIRECTORY[row.name]
    if row.stages == ("",):
        return [], COMMANDS[row.name]
    stage = next(stage for stage in reversed(LIVES) if stage in row.stages and stage in list(Stage))
    return [*LIVES[stage], *FIRST.get(row.name, [])], COMMANDS[row.name]


EDITION = {
    "name": "ours",
    "from": "2013-01-01",
    "agreement_required": False,
    "disbursement_grace": {"months": 1, "source": "us"},
    "windows": {"stand_alone": {}},
}
JOINED = given().fund_version(PartnerJoined)
ON_FUND: dict[str, Make] = {
    "AdoptPolicy": lambda on, **k: g.adopt(on, edition=EDITION, **k),
    "AppointOfficer": lambda on, **k: g.appoint(on, officer="o.ther", **k),
    "RetireOfficer": g.retire,
    "SwitchSealing": g.switch_sealing,
    "JoinPartner": lambda on, **k: g.join(on, partner="CO", name="Colombia", **k),
    "RenamePartner": g.rename_partner,
    "LeavePartner": g.leave_partner,
    "HoldConsultation": g.consult,
    "PledgeContribution": g.pledge,
    "MeetPledgeCondition": g.meet_pledge_condition,
    "AgreeContribution": g.agree_contribution,
    "AmendContribution": g.amend_contribution,
    "ScheduleInstalment": g.schedule,
    "ReceiveInstalment": g.receive,
    "WaiveObligation": lambda on, **k: g.waive_instalment(on, **({"item": None} | k)),
    "ChargeFee": g.charge_fee,
    "CreditIncome": g.credit_income,
    "ReturnFunds": g.return_funds,
    "SubmitDonorReport": g.submit_report_to_partner,
    "SetAside": g.set_aside,
    "ReleaseSetAside": g.release_set_aside,
    "CloseFund": g.close_fund,
    "CorrectEntry": lambda on, **k: g.correct_fund(on, entry=JOINED, reads={"name": "DK"}, **k),
    "AttachDocument": g.attach_to_fund,
}
FIRST_ON_FUND: dict[str, list[Command]] = {
    "SubmitDonorReport": [g.agree_contribution("2012-01-10", agreement="DK-1", reports_every=12)],
    "ReleaseSetAside": [g.set_aside("2012-01-10")],
    "CloseFund": [g.return_funds("2012-01-10", amount="500000.00 USD")],
    "AmendContribution": [g.agree_contribution("2012-01-10", agreement="DK-1")],
    "MeetPledgeCondition": [g.pledge("2012-01-10", condition="parliament's vote")],
}
"""The commands that have to come before a command on the fund."""
ON_CALL: dict[str, Make] = {
    "OpenCall": lambda on, **k: g.open_call(on, closes="2013-12-31", **k),
    "CloseCall": g.close_call,
    "CorrectEntry": lambda on, **k: g.correct_call(on, entry=1, reads={"title": "Milk"}, **k),
}
BEFORE: dict[str, list[Command]] = {
    "RenameInstitution": [g.register_institution("2012-01-01")],
    "CorrectDirectoryEntry": [g.register_institution("2012-01-01")],
    "WithdrawOffer": [g.offer_experience("2012-01-01")],
    "MeetNeed": [*LIVES[Stage.APPROVED], g.voice_need("2012-01-01")],
    "RecordUse": [*LIVES[Stage.FOLLOW_UP], g.publish_story("2013-07-31")],
}
"""What the directory's commands need before them."""
ON_DIRECTORY: dict[str, Make] = {
    "RegisterInstitution": g.register_institution,
    "RenameInstitution": g.rename_institution,
    "OfferExperience": g.offer_experience,
    "WithdrawOffer": g.withdraw_offer,
    "VoiceNeed": g.voice_need,
    "MeetNeed": g.meet_need,
    "RecordUse": g.record_use,
    "CorrectDirectoryEntry": lambda on, **k: g.correct_directory(on, entry=1, reads={"name": "Milk"}, **k),
}
ROLE_ROWS = [
    row
    for row in (*GRANT_COMMANDS, *FUND_COMMANDS, *CALL_COMMANDS, *DIRECTORY_COMMANDS)
    if row.name != "EstablishFund"
]
NEW = "n.ew"
ON = date(2013, 8, 1)


@pytest.mark.parametrize("row", ROLE_ROWS, ids=lambda row: row.words)
def test_the_actor_holds_the_role_on_the_day(row: Spec) -> None:
    life, make = possible(row)
    role = "secretariat" if row.role == "any" else row.roles[-1]
    command = make(ON, actor=NEW)

    def with_role(on: date, *more: Command) -> list[Command]:
        return [g.appoint(on, officer=NEW, roles=[role]), *more]

    given(life, with_role(ON + g.ONE_DAY)).when(command).refused(NotAnOfficer, NEW)
    assert event_of(given(life, with_role(ON)).when(command)) == row.event
    assert event_of(given(life, with_role(ON - g.ONE_DAY)).when(command)) == row.event
    gone = g.retire(ON, officer=NEW)
    given(life, with_role(ON - g.ONE_DAY, gone)).when(command).refused(NotAnOfficer, NEW)
    later = g.retire(ON + g.ONE_DAY, officer=NEW)
    assert event_of(given(life, with_role(ON - g.ONE_DAY, later)).when(command)) == row.event


@pytest.mark.parametrize("row", ROLE_ROWS, ids=lambda row: row.words)
def test_another_role_does_not_permit_the_command(row: Spec) -> None:
    if row.role == "any":
        return
    life, make = possible(row)
    others = [role for role in OFFICER if role not in (*row.roles, "any")]
    appointed = given(life, g.appoint("2013-01-01", officer=NEW, roles=others))
    appointed.when(make(ON, actor=NEW)).refused(RoleNotHeld, row.role)


def test_one_role_of_several_can_be_taken() -> None:
    both = g.appoint("2012-01-01", officer=NEW, roles=["ttl", "finance"])
    past = given(both, g.retire("2012-06-01", officer=NEW, roles=["ttl"]))
    past.when(g.propose("2012-06-01", actor=NEW)).refused(RoleNotHeld, "finance")
    past.when(g.charge_fee("2012-06-01", actor=NEW)).then(on_fund.FeeCharged)


def test_acts_are_entered_by_their_actor_or_an_administrator() -> None:
    command = g.propose("2012-01-10")
    given().when(command, recorder="t.leader").then(was.GrantProposed)
    given().when(command, recorder="admin").then(was.GrantProposed)
    given().when(command, recorder="s.cretary").refused(RecorderNotAdministrator, "s.cretary")
    given().when(command, recorder="nobody").refused(RecorderNotAdministrator, "nobody")


def test_the_recorder_is_administrator_on_the_day() -> None:
    new = g.appoint("2012-01-10", officer=NEW, roles=["administrator"])
    gone = g.retire("2012-01-12", officer=NEW)
    for on, may in (("2012-01-09", False), ("2012-01-10", True), ("2012-01-11", True), ("2012-01-12", False)):
        outcome = given(new, gone).when(g.propose(on), recorder=NEW)
        outcome.then(was.GrantProposed) if may else outcome.refused(RecorderNotAdministrator)


def test_an_acting_officer_may_be_appointed_late_for_a_day_that_is_past() -> None:
    past = given()
    past.when(g.propose("2012-01-10", actor=NEW)).refused(NotAnOfficer)
    past.given(g.appoint("2012-01-10", officer=NEW))
    past.when(g.propose("2012-01-10", actor=NEW)).then(was.GrantProposed)


def test_the_role_is_checked_before_the_stage_and_the_stage_before_four_eyes() -> None:
    ended = given(LIVES["declined"])
    ended.when(g.approve(A_DAY, actor="t.leader")).refused(RoleNotHeld)
    both = g.appoint("2012-01-01", officer="t.leader", roles=["approver"])
    given(both, LIVES["declined"]).when(g.approve(A_DAY, actor="t.leader")).refused(GrantHasEnded)


def test_second_officers_have_the_roles_that_their_names_say() -> None:
    past = given()
    assert past.fund.roles_on(PAYER, ON) == {"finance"}
    assert past.fund.roles_on(CHECKER, ON) == {"approver"}


def test_no_event_changes_the_state_that_it_is_given() -> None:
    """Events change a state in place, but `evolve` is pure for its callers: held for every event."""
    seen = set[type[Event]]()
    for grant, event in _states_and_events():
        before = deepcopy(grant)
        after = vars(evolve(grant, event, G))
        assert grant == before, f"{type(event).__name__} changed the state that was given"
        shared = [name for name, value in vars(grant).items() if value is after[name]]
        assert not any(isinstance(after[name], list | dict | set) for name in shared)
        seen.add(type(event))
    assert seen == set(EVOLVE) - {was.GrantProposed, was.GrantBroughtForward}


def _states_and_events() -> Iterator[tuple[Grant, Event]]:
    """Yield the states of all lives, each with the event that follows or that a command becomes."""
    for stage, life in LIVES.items():
        past = given(*life)
        held = past.grants[G].held
        for index in range(1, len(held)):
            grant = fold(held[:index])
            assert grant is not None
            yield grant, held[index].event
        for row in GRANT_COMMANDS:
            if stage in row.stages and row.event != "EntryCorrected":
                earlier = given(*life, *FIRST.get(row.name, ()))
                for event in earlier.when(COMMANDS[row.name]("2013-08-01")).events[:1]:
                    yield earlier.grant, event
