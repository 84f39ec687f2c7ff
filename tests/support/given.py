"""Given a past, when a command is tried, then an event or a refusal: no store, no clock.

`Past.given` and `Past.record` make a past longer; `Past.when` is a trial that leaves it as it is.

The past is made of commands too, so it is always one that could have happened. Officers are named
after their only role: `OFFICER`. Days are of 2012 (edition 2008-10, which requires no agreement) or
of 2017 (edition 2017-01, which requires one).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, partial
from typing import Any

from lifecycle.book.founding import founding
from lifecycle.call.call import Call
from lifecycle.call.call import fold as fold_call
from lifecycle.decide import (
    DirectoryHistory,
    GrantHistory,
    RolesTaken,
    acts_of,
    calls_named,
    decide_call,
    decide_directory,
    decide_fund,
    decide_grant,
    grants_followed,
    grants_named,
    needs_directory,
    needs_entries,
)
from lifecycle.fund.evolve import fold as fold_fund
from lifecycle.fund.state import Fund
from lifecycle.kernel.command import CallCommand, Command, DirectoryCommand, FundCommand, GrantCommand
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.history import (
    DIRECTORY,
    FUND,
    Entry,
    call_stream,
    grant_stream,
    in_force,
)
from lifecycle.kernel.refusals import Refusal
from lifecycle.parse import command_from
from lifecycle.policy.edition import Edition

TODAY = date(2026, 1, 31)
START = date(2008, 10, 1)
ONE_DAY = timedelta(days=1)
G = "SSF-1"
OFFICER = {
    "administrator": "admin",
    "approver": "a.prover",
    "finance": "f.nance",
    "reviewer": "r.viewer",
    "secretariat": "s.cretary",
    "ttl": "t.leader",
    "any": "s.cretary",
}
PAYER, CHECKER = "p.ayer", "c.hecker"
"""A second finance officer; a second approver, who neither acts nor records and so may correct."""
SECOND = {PAYER: "finance", CHECKER: "approver", "t.eacher": "ttl"}


Make = Callable[..., Command]
"""Makes a command: the day, then the fields that matter."""
USUAL: dict[str, Make] = {}
"""The first maker of each command on a grant, by the command's name."""


def day(text: str | date) -> date:
    """Return the day; ``"05-17"`` is in 2017."""
    if isinstance(text, date):
        return text
    return date.fromisoformat(text if len(text) == 10 else f"2017-{text}")


def do(command: str, on: str | date, actor: str, **fields: Any) -> Command:
    """Return the command with these fields, parsed as a program would send it."""
    all_fields = {"command": command, "on": day(on).isoformat(), "actor": actor, **fields}
    if all_fields.get("grant", "") is None:
        del all_fields["grant"]
    return command_from(all_fields)


def but(command: Command, **changes: Any) -> Command:
    """Return the command with some fields changed."""
    of_event = {name: changes.pop(name) for name in [*changes] if name in type(command.event).model_fields}
    return replace(command, event=command.event.model_copy(update=of_event), **changes)


def on_grant(command: str, officer: str, /, **usual: Any) -> Make:
    """Return a maker of the command with usual officer and fields: ``request_payment("04-01", amount=…)``."""

    def make(on: str | date, **fields: Any) -> Command:
        return do(command, on, **{"grant": G, "actor": OFFICER.get(officer, officer), **usual, **fields})

    if usual.get("grant", G) is not None:
        USUAL.setdefault(command, make)
    return make


on_fund = partial(on_grant, grant=None)
on_call = partial(on_grant, grant=None, call="C1")
on_directory = on_fund

propose = on_grant(
    "ProposeGrant",
    "ttl",
    title="Dairy supply chains",
    window="stand_alone",
    recipients=["TZ", "UG"],
    providers=["IN"],
    sector="agriculture",
    objective="A national strategy",
    amount="100000.00 USD",
    months=12,
)
bring_forward = on_grant(
    "BringForward",
    "approver",
    title="Dairy supply chains",
    window="stand_alone",
    recipients=["TZ", "UG"],
    providers=["IN"],
    sector="agriculture",
    objective="A national strategy",
    months=12,
    leader="t.leader",
    stage="effective",
    approved_on="2017-01-20",
    signed_on="2017-02-01",
    effective_on="2017-03-01",
    closing_date="2018-02-28",
    approved="90000.00 USD",
    disbursed="40000.00 USD",
    source="The old register",
)
revise = on_grant("ReviseProposal", "ttl")
send_back = on_grant("ReturnProposal", "secretariat", reason="unclear")
LETTERS = [
    {"country": code, "ministry": "Ministry of Agriculture", "dated": "2012-01-05"} for code in ("TZ", "UG")
]
request = on_grant(
    "RequestFunding",
    "ttl",
    amount="100000.00 USD",
    budget=[{"line": "travel", "amount": "100000.00 USD"}],
    letters=LETTERS,
)
review = on_grant("ReviewProposal", "reviewer", scores={"design": 4}, advice="approve")
approve = on_grant("ApproveGrant", "approver", amount="90000.00 USD")
decline = on_grant("DeclineProposal", "approver", reason="no demand")
withdraw = on_grant("WithdrawProposal", "ttl", reason="no time")
meet_condition = on_grant("MeetCondition", "secretariat", condition="a bank account")
sign = on_grant("SignAgreement", "secretariat")
make_effective = on_grant("MakeEffective", "secretariat", closing_date="2018-03-31")
lapse = on_grant("LapseGrant", "approver")
give_up = on_grant("LapseGrant", "approver", given_up=True, reason="the country has no time")
plan = on_grant(
    "PlanActivity",
    "ttl",
    activity="A1",
    instrument="study_tour",
    countries=["IN", "TZ"],
    starts="2017-06-05",
    ends="2017-06-16",
)
reschedule = on_grant("RescheduleActivity", "ttl", activity="A1", starts="2017-07-05", ends="2017-07-16")
call_off = on_grant("CancelActivity", "ttl", activity="A1")
hold = on_grant("HoldActivity", "ttl", activity="A1", starts="2017-06-05", ends="2017-06-16")
request_payment = on_grant(
    "RequestPayment", "ttl", payment="P1", payee="Dairy Board", category="travel", amount="2000.00 USD"
)
document = on_grant(
    "DocumentExpenditure",
    "finance",
    payment="P1",
    amount="500.00 USD",
    period="March",
    document="statement 1",
)
authorise = on_grant("AuthorisePayment", "finance", payment="P1")
reject = on_grant("RejectPayment", "finance", payment="P1", reason="no invoice")
disburse = on_grant("DisburseFunds", PAYER, payment="P1", amount="2000.00 USD")
fail = on_grant("FailPayment", "finance", payment="P1", reason="account closed")
refund = on_grant("RecordRefund", "finance", payment="P1", amount="500.00 USD")
irregular = on_grant(
    "RecordIrregularPayment",
    "approver",
    payment="X1",
    payee="Dairy Board",
    amount="1000.00 USD",
    rule="DisbursementDeadlinePassed",
    reason="paid by mistake",
)
co_finance = on_grant("RecordCoFinancing", "ttl", kind="cash", amount="5.00 EUR")
cost = on_grant("RecordCost", "ttl", purpose="supervision", amount="10.00 USD")
extend = on_grant("ExtendClosingDate", "approver", closing_date="2018-06-30", reason="rain")
restructure = on_grant("RestructureGrant", "approver", objective="Another aim", reason="asked for")
amend_title = on_grant("AmendGrant", "approver", title="Milk", reason="by letter")
amend = on_grant("AmendGrant", "approver", reason="by letter")
assign_leader = on_grant("AssignLeader", "approver", leader="t.eacher")
increase = on_grant("IncreaseCommitment", "approver", amount="1000.00 USD")
cancel_balance = on_grant("CancelBalance", "approver", amount="90000.00 USD", reason="saved")
reallocate = on_grant(
    "ReallocateBudget",
    "approver",
    from_line="travel",
    to_line="workshops",
    amount="1000.00 USD",
    reason="the venue costs more",
)
suspend = on_grant("SuspendGrant", "approver", scope="all", reason="audit")
lift = on_grant("LiftSuspension", "approver")
cancel = on_grant("CancelGrant", "approver", reason="unrest")
report_progress = on_grant("ReportProgress", "ttl", period="first", rating="good", narrative="on track")
complete = on_grant("CompleteImplementation", "ttl")
report_outcomes = on_grant("ReportOutcomes", "ttl", outcomes={"raised_awareness": "a survey"})
reach = on_grant("ReachCapability", "ttl", capability="solving_and_scaling")
agree = on_grant("AgreeFollowUp", "ttl", follow_up="F1", action="pilot", owner="Ministry", due="2018-09-30")
complete_follow_up = on_grant("CompleteFollowUp", "ttl", follow_up="F1")
drop = on_grant("DropFollowUp", "ttl", follow_up="F1", reason="no money")
hand_over = on_grant("HandOverFollowUp", "ttl", follow_up="F1", to="Ministry")
submit_report = on_grant("SubmitCompletionReport", "ttl", summary="it worked")
accept_report = on_grant("AcceptCompletionReport", "secretariat")
clear = on_grant("ClearProposal", "reviewer", step="idea_brief", verdict="cleared")
set_indicator = on_grant(
    "SetIndicator", "ttl", indicator="jobs", unit="jobs", baseline="0", target="7000", by="2018-12-31"
)
measure = on_grant("MeasureIndicator", "ttl", indicator="jobs", value="3500", source="a survey of firms")
survey = on_grant("RecordClientSurvey", "secretariat", respondents=12)
publish_story = on_grant("PublishResultsStory", "secretariat", title="Milk", summary="more of it")
record_outcome = on_grant("RecordDevelopmentOutcome", "secretariat", summary="a national strategy")
waive = on_grant("WaiveObligation", "approver", obligation="client_survey", reason="no clients")
close = on_grant("CloseGrant", "approver")
reopen = on_grant("ReopenGrant", "approver", reason="a story to come")
correct = on_grant("CorrectEntry", CHECKER, reason="misread")
attach = on_grant("AttachDocument", "any", name="letter.pdf", media_type="application/pdf", sha256="0" * 64)

appoint = on_fund("AppointOfficer", "administrator", officer="n.ew", roles=["ttl"])
switch_sealing = on_fund("SwitchSealing", "administrator", sealing="on_request")
retire = on_fund("RetireOfficer", "administrator", officer="t.leader")
involve = on_grant("InvolveParty", "ttl", role="facilitating", organization="JICA")
engage = on_grant("EngageExpert", "ttl", expert="x.pert", phases=["design"])
lesson = on_grant("RecordLesson", "ttl", worked="Milk first.", why="Farmers came.")
finance = on_grant("FinanceFollowUp", "ttl", follow_up="F1", amount="100.00 USD")
open_call = on_call(
    "OpenCall",
    "secretariat",
    window="stand_alone",
    envelope="250000.00 USD",
    criteria=["demand", "readiness"],
    closes="2012-01-31",
)
close_call = on_call("CloseCall", "secretariat")
correct_call = on_call("CorrectEntry", CHECKER, reason="misread")
adopt = on_fund("AdoptPolicy", "administrator")
join = on_fund("JoinPartner", "secretariat", partner="DK", name="Denmark", kind="traditional")
rename_partner = on_fund("RenamePartner", "secretariat", partner="DK", name="Kingdom of Denmark")
leave_partner = on_fund("LeavePartner", "secretariat", partner="DK", reason="its aid goes elsewhere")
consult = on_fund("HoldConsultation", "secretariat", summary="met")
pledge = on_fund("PledgeContribution", "finance", partner="DK", amount="1000.00 USD")
submit_report_to_partner = on_fund("SubmitDonorReport", "secretariat", partner="DK", until="2013-01-09")
meet_pledge_condition = on_fund("MeetPledgeCondition", "finance", partner="DK", condition="parliament's vote")
agree_contribution = on_fund("AgreeContribution", "finance", partner="DK", amount="1000.00 USD")
amend_contribution = on_fund(
    "AmendContribution", "finance", agreement="DK-1", valid_until="2019-12-31", reason="by letter"
)
schedule = on_fund(
    "ScheduleInstalment", "finance", partner="DK", instalment="I1", amount="1000.00 USD", due="2019-01-01"
)
receive = on_fund("ReceiveInstalment", "finance", partner="DK", amount="1000.00 USD")
waive_instalment = on_fund(
    "WaiveObligation", "approver", obligation="instalment", item="DK/I1", reason="settled otherwise"
)
charge_fee = on_fund("ChargeFee", "finance", amount="10.00 USD")
credit_income = on_fund("CreditIncome", "finance", amount="10.00 USD")
return_funds = on_fund("ReturnFunds", "finance", partner="DK", amount="10.00 USD")
register_institution = on_directory(
    "RegisterInstitution",
    "secretariat",
    institution="MOA",
    name="Ministry of Agriculture",
    type="government",
    country="TZ",
)
rename_institution = on_directory(
    "RenameInstitution", "secretariat", institution="MOA", name="Ministry of Food"
)
offer_experience = on_directory(
    "OfferExperience",
    "secretariat",
    offer="IN-DAIRY",
    country="IN",
    topic="Dairy cooperatives",
    summary="Villages that sell milk together",
)
withdraw_offer = on_directory("WithdrawOffer", "secretariat", offer="IN-DAIRY")
voice_need = on_directory(
    "VoiceNeed", "secretariat", need="TZ-DAIRY", country="TZ", challenge="Milk does not reach the towns"
)
meet_need = partial(on_grant, grant=None)("MeetNeed", "secretariat", need="TZ-DAIRY", grant=G)
record_use = on_directory(
    "RecordUse", "secretariat", story=G, by="Ministry of Livestock", purpose="A strategy", worth=4
)
correct_directory = on_directory("CorrectDirectoryEntry", CHECKER, reason="misread")
set_aside = on_fund(
    "SetAside", "approver", set_aside="dialogues", amount="100000.00 USD", reason="dialogues of FY2012"
)
release_set_aside = on_fund(
    "ReleaseSetAside", "approver", set_aside="dialogues", amount="100000.00 USD", reason="they begin"
)
close_fund = on_fund("CloseFund", "approver")
correct_fund = on_fund("CorrectEntry", CHECKER, reason="misread")
attach_to_fund = on_fund(
    "AttachDocument", "any", name="deed.pdf", media_type="application/pdf", sha256="1" * 64
)

OFFICERS = [
    appoint(START, officer=officer, roles=[role])
    for officer, role in {
        **{name: role for role, name in OFFICER.items()},
        "s.cretary": "secretariat",
        **SECOND,
    }.items()
    if officer != "admin"
]
MONEY = [join(START), receive("2008-11-15", amount="500000.00 USD")]
FOUNDED = [*OFFICERS, *MONEY]
"""A fund with an officer for every role and half a million dollars."""

PROPOSED = [propose("01-10")]
REQUESTED = [*PROPOSED, request("01-20")]
APPROVED = [*REQUESTED, approve("02-10")]
SIGNED = [*APPROVED, sign("03-01")]
EFFECTIVE = [*SIGNED, make_effective("03-31")]
ASKED = [*EFFECTIVE, request_payment("04-10")]
AUTHORISED = [*ASKED, authorise("04-20")]
PAID = [*AUTHORISED, disburse("05-01")]
FOLLOW_UP = [*PAID, complete("2018-03-31")]
SETTLED = [
    *FOLLOW_UP,
    submit_report("2018-04-10"),
    accept_report("2018-04-20"),
    cancel_balance("2018-05-01", amount="88000.00 USD"),
]
CLOSED = [*SETTLED, close("2018-06-01")]
"""Each a life up to its stage, from January 2017 on, under edition 2017-01."""


@dataclass
class Outcome:
    """The events that the command became, or its refusal."""

    events: tuple[Event, ...] = ()
    refusal: Refusal | None = None

    def then(self, *expected: Event | type[Event], **fields: object) -> None:
        """Assert that exactly these events came out, the first of them with these fields.

        An event is compared with all its fields, a class by its type. A field may be given as the text that
        a command has for it: ``then(FundsDisbursed, amount="2000.00 USD")``.
        """
        assert self.refusal is None, f"refused: {self.refusal!r}"
        assert len(expected) == len(self.events), f"became {self.events}"
        for wanted, event in zip(expected, self.events, strict=True):
            assert wanted == (event if isinstance(wanted, Event) else type(event))
        for name, value in fields.items():
            held = getattr(self.events[0], name)
            assert value in (held, str(held)), f"{name} is {held}"

    def refused(self, name: type[Refusal], saying: str = "") -> None:
        """Assert that it was refused by that name, and that the message has these words."""
        assert self.refusal is not None, f"became {self.events}"
        assert type(self.refusal) is name, f"refused as {self.refusal!r}"
        assert saying in str(self.refusal)
        assert str(self.refusal)
        assert self.refusal.rule


@dataclass
class Past:
    """A fund and its grants after the given commands, purely in memory."""

    editions: Sequence[Edition] | None = None
    fund: Fund = field(default_factory=Fund)
    fund_entries: list[Entry] = field(default_factory=list)
    grants: dict[str, GrantHistory] = field(default_factory=dict)
    calls: dict[str, list[Entry]] = field(default_factory=dict)
    directory: DirectoryHistory = field(default_factory=DirectoryHistory)
    position: int = 0

    def copy(self) -> "Past":
        """Return a copy that goes on from here."""
        calls = {name: list(entries) for name, entries in self.calls.items()}
        grants, known = dict(self.grants), (self.directory, self.position)
        return Past(self.editions, self.fund, list(self.fund_entries), grants, calls, *known)

    def found(self) -> "Past":
        """Establish the fund with its first administrator, and return this past."""
        for event in founding(
            name="The Facility",
            currency="USD",
            fiscal_year_start=7,
            time_zone="UTC",
            on=START,
            recorder="admin",
            editions=self.editions,
            now=datetime.combine(START, time.min, UTC),
        ):
            self._append(FUND, len(self.fund_entries) + 1, event, "admin", "founding")
        self.fund = fold_fund(self.fund_entries)
        return self

    def given(self, *commands: Command | Iterable[Command]) -> "Past":
        """Lengthen this past by these commands, each of which must be possible, and return it."""
        for part in commands:
            for command in [part] if isinstance(part, Command) else part:
                refusal = self.record(command).refusal
                assert refusal is None, f"refused: {refusal!r}"
        return self

    def when(self, command: Command, recorder: str = "", today: date = TODAY) -> Outcome:
        """Return what the command would become, and leave this past as it is."""
        return self.copy().record(command, recorder, today)

    def record(self, command: Command, recorder: str = "", today: date = TODAY) -> Outcome:
        """Return what the command becomes, and make it part of this past unless it is refused."""
        recorder = recorder or command.actor
        try:
            if isinstance(command, GrantCommand):
                history = self.grants.get(command.grant, GrantHistory())
                calls = {name: self.call(name) for name in calls_named(history, command)}
                needed = history if needs_entries(history, command) else history.without_entries()
                directory = self.directory.directory if needs_directory(history, command) else None
                followed = grants_followed(history, command, self._held)
                state = (needed, command, self.fund, recorder, today)
                decision = decide_grant(*state, calls, directory, followed)
                stream = grant_stream(command.grant)
                entry = self._append(stream, len(history.entries) + 1, decision.event, recorder)
                entry = entry._replace(imported_from=command.imported_from)
                self.grants[command.grant] = history.plus(entry, decision.grant)
            elif isinstance(command, CallCommand):
                entries = self.calls.get(command.call, [])
                decision = decide_call(entries, command, self.fund, recorder, today)
                self._append(call_stream(command.call), len(entries) + 1, decision.event, recorder)
            elif isinstance(command, DirectoryCommand):
                past = self.directory
                grants = {name: self._held(name) for name in grants_named(past, command)}
                decision = decide_directory(past, command, self.fund, recorder, today, grants=grants)
                entry = self._append(DIRECTORY, len(past.entries) + 1, decision.event, recorder)
                self.directory = past.plus(entry)
            else:
                assert isinstance(command, FundCommand)
                entries = self.fund_entries
                about = (entries, self._acts_since, self._streams)
                decision = decide_fund(self.fund, command, recorder, today, *about)
                self._append(FUND, len(self.fund_entries) + 1, decision.event, recorder)
        except Refusal as refusal:
            return Outcome(refusal=refusal)
        for stream, part in decision.pair:
            before = self.fund_entries if stream == FUND else self.calls[stream.removeprefix("call:")]
            self._append(stream, len(before) + 1, part, recorder)
        self.fund = decision.fund
        return Outcome((decision.event, *(part for _, part in decision.pair)))

    def _held(self, name: str) -> Sequence[Entry]:
        return self.grants.get(name, GrantHistory()).held

    def _append(self, stream: str, version: int, event: Event, recorder: str, command_id: str = "") -> Entry:
        self.position += 1
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.position)
        entry = Entry(
            stream, version, event, moment, recorder, command_id or f"c{self.position}", None, self.position
        )
        if stream == FUND:
            self.fund_entries.append(entry)
        if stream.startswith("call:"):
            self.calls.setdefault(stream.removeprefix("call:"), []).append(entry)
        return entry

    def _acts_since(self, taken: RolesTaken) -> Iterator[Entry]:
        for known in (
            self.fund_entries,
            *self.calls.values(),
            self.directory.entries,
            *(history.entries for history in self.grants.values()),
        ):
            yield from acts_of(taken, known)

    def _streams(self, events: tuple[type[Event], ...], _: date | None) -> Iterator[Sequence[Entry]]:
        grants = (history.entries for history in self.grants.values())
        for known in (*self.calls.values(), self.directory.entries, *grants):
            if any(isinstance(entry.event, (*events, EntryCorrected)) for entry in known):
                yield known

    def call(self, name: str) -> Call | None:
        """The state of the call."""
        return fold_call(in_force(self.calls.get(name, [])))

    @property
    def grant(self) -> Any:
        """The state of `G`."""
        return self.grants[G].grant

    def version(self, event: type[Event], nth: int = 1) -> int:
        """Return the version of the nth entry of `G` with this event."""
        return [e.originator_version for e in self.grants[G].entries if isinstance(e.event, event)][nth - 1]

    def fund_version(self, event: type[Event], nth: int = 1) -> int:
        """Return the version of the nth entry of the fund with this event."""
        return [e.originator_version for e in self.fund_entries if isinstance(e.event, event)][nth - 1]


def strike(past: Past, event: type[Event], nth: int = 1, on: str = "2018-06-01") -> Command:
    """Return the command that strikes the nth entry of `G` with this event."""
    return correct(on, entry=past.version(event, nth), struck=True)


def reads(past: Past, event: type[Event], nth: int = 1, on: str = "2018-06-01", **fields: object) -> Command:
    """Return the command that corrects the nth entry of `G` with this event to these fields."""
    return correct(on, entry=past.version(event, nth), reads=fields)


def given(
    *commands: Command | Iterable[Command],
    founded: Iterable[Command] = FOUNDED,
    editions: Sequence[Edition] | None = None,
) -> Past:
    """Return the past of a founded fund after the commands."""
    if founded is FOUNDED and editions is None:
        return _usual().copy().given(*commands)
    return Past(editions).found().given(founded).given(*commands)


@cache
def _usual() -> Past:
    return Past().found().given(FOUNDED)
