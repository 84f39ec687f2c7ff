"""The tables and arithmetic of the second book, which computes in another way what the real book must answer.

The second book shares no code with the program, except for the draws in `money`. It keeps each accepted
command as a dictionary, its event, and computes everything from the first event each time: the events in
force, the state of a grant at each event, and the reasons against the event in that state. A command is
refused if it would give an event a reason that it did not have before. The rules are those of the
specification (domain §3 to §5). Days are text.
"""

import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any, Protocol

Event = dict[str, Any]
"""The fields of an accepted command, its version in its stream, and the length of the journal after it."""
State = dict[str, Any]
ByDay = dict[str, Decimal]

LETTERS = {"P": "proposed", "R": "requested", "A": "approved", "S": "signed", "E": "effective"}
LETTERS |= {"F": "follow_up", "C": "closed", "X": "cancelled", "D": "declined", "W": "withdrawn"}
LETTERS |= {"L": "lapsed"}
AMONG = "window recipients providers months institution title sector objective operation".split()
AMONG += ["operation_kind", "capabilities_planned", "execution", "institutions", "follows"]
AMENDED = "title sector operation operation_kind months outcomes_sought".split()
ENDS = {"DeclineProposal": "declined", "WithdrawProposal": "withdrawn"}
ENDS |= {"LapseGrant": "lapsed", "CancelGrant": "cancelled"}
EVERY = tuple(LETTERS.values())
BEGINNINGS = ("ProposeGrant", "BringForward")
MONEY_OF_THE_WORLD = {"FailPayment", "RecordRefund", "RecordIrregularPayment"}
OF_THE_WORLD = {"HoldActivity", *MONEY_OF_THE_WORLD}
CLOSURES_REST_ON = set(
    """ApproveGrant BringForward MakeEffective ExtendClosingDate RestructureGrant IncreaseCommitment
    RequestPayment DocumentExpenditure
    CancelBalance WaiveObligation AcceptCompletionReport CompleteFollowUp DropFollowUp HandOverFollowUp
    RejectPayment DisburseFunds CloseGrant ReopenGrant""".split()
)
COMPLETIONS_REST_ON = {"PlanActivity", "CancelActivity", "CompleteImplementation"}
AGAINST_PAYING = set(
    """NotAnOfficer RoleNotHeld RecorderNotAdministrator UnknownGrant GrantHasEnded GrantIsClosed
    NotYetEffective NotInStage UnknownPayment PaymentNotAuthorised PaymentAlreadyDisbursed
    PaymentAlreadyFinished DecidesOwnRequest DatedInFuture DisbursementDeadlinePassed PaymentsSuspended
    CurrencyNotHolding ExceedsAuthorisedAmount ExceedsUndisbursedBalance ExceedsBudgetLine SameCurrencyPaid
    RateDoesNotFit AdvanceUndocumented AdvanceAboveCeiling""".split()
)
TABLE = """
ttl PR ReviseProposal WithdrawProposal
ttl P RequestFunding
ttl PRASEF InvolveParty EngageExpert
ttl ASE PlanActivity RescheduleActivity CancelActivity
ttl EF HoldActivity RequestPayment ReportProgress SubmitCompletionReport
ttl E CompleteImplementation
ttl EFC ReportOutcomes RecordLesson ReachCapability
ttl EFC AgreeFollowUp FinanceFollowUp CompleteFollowUp DropFollowUp HandOverFollowUp
ttl ASEF SetIndicator
ttl EFC MeasureIndicator
ttl * RecordCoFinancing RecordCost
secretariat PR ReturnProposal
secretariat A SignAgreement
secretariat AS MeetCondition MakeEffective
secretariat F AcceptCompletionReport
secretariat FC RecordClientSurvey PublishResultsStory RecordDevelopmentOutcome
reviewer R ReviewProposal
finance EF AuthorisePayment DisburseFunds DocumentExpenditure
finance EFDWLX RejectPayment
finance * FailPayment RecordRefund
approver R ApproveGrant
approver PR DeclineProposal
approver AS LapseGrant
approver E ExtendClosingDate
approver ASE RestructureGrant
approver PRASEF AssignLeader
approver ASEF AmendGrant
approver ASEF SuspendGrant LiftSuspension CancelGrant
approver ASEFC IncreaseCommitment CancelBalance
ttl|approver ASEF ReallocateBudget
approver * RecordIrregularPayment
approver F CloseGrant
approver C ReopenGrant
approver * WaiveObligation CorrectEntry CorrectDirectoryEntry
any * AttachDocument
any PR ClearProposal
ttl - ProposeGrant
approver - BringForward SetAside ReleaseSetAside CloseFund
administrator - EstablishFund AdoptPolicy AppointOfficer RetireOfficer
secretariat - JoinPartner RenamePartner LeavePartner SubmitDonorReport HoldConsultation OpenCall CloseCall
finance - PledgeContribution MeetPledgeCondition AgreeContribution AmendContribution
finance - ScheduleInstalment ReceiveInstalment
secretariat - RegisterInstitution RenameInstitution
secretariat - OfferExperience WithdrawOffer VoiceNeed MeetNeed RecordUse
finance - ChargeFee CreditIncome ReturnFunds
"""
ROLES = ("administrator", "approver", "finance", "reviewer", "secretariat", "ttl")
ROLE, STAGES = dict[str, str](), dict[str, tuple[str, ...]]()
for _role, _in, *_names in map(str.split, TABLE.strip().splitlines()):
    ROLE |= dict.fromkeys(_names, _role)
    STAGES |= dict.fromkeys(
        _names, EVERY if _in == "*" else tuple(LETTERS[letter] for letter in _in if letter != "-")
    )
EDITIONS = [
    {"name": "2008-10", "from": "2008-10-01", "agreement_required": False},
    {"name": "2017-01", "from": "2017-01-01", "agreement_required": True},
]
EDITIONS[0] |= {"windows": {"stand_alone": {"max_amount": "150000.00 USD"}}}
EDITIONS[1] |= {
    "windows": {
        "stand_alone": {"max_months": 12},
        "programmatic": {
            "min_months": 12,
            "max_months": 36,
            "min_recipients": 2,
            "max_capacity_share": "0.2",
        },
        "oks": {"institution": True, "capabilities": ["documenting_and_sharing", "solving_and_scaling"]},
    }
}
DAYS = {"review": 30, "effectiveness": 90, "first_activity": 180, "inactivity": 180, "client_survey": 90}
DAYS |= {"results_story": 180, "closure": 60}
for _edition in EDITIONS:
    _edition["obligations"] = {
        **{name: {"days": days} for name, days in DAYS.items()},
        **({"signature": {"days": 60}} if _edition["agreement_required"] else {}),
        "progress_report": {"years": 1},
        "completion_report": {"months": 6},
        "development_outcome": {"years": 4},
    }
GRACE = 4
FLOWS = {"ReceiveInstalment": 1, "CreditIncome": 1, "ChargeFee": -1, "ReturnFunds": -1}
LATEST = "9999"
NEVER = {
    "EstablishFund": {"on", "currency", "fiscal_year_start", "time_zone"},
    "ApproveGrant": {"edition", "request_digest"},
}
NEVER |= {"RestructureGrant": {"edition"}, "OpenCall": {"window", "criteria"}}
NEVER |= {"RegisterInstitution": {"institution"}}
NEVER |= {"SetAside": {"call"}}


class Context(Protocol):
    """What a grant's events depend on beside the grant."""

    def edition(self, name: str) -> State:
        """Return the edition of the name."""

    def edition_on(self, day: str) -> str | None:
        """Return the name of the edition in force."""

    def names(self) -> list[str]:
        """Return the names of all editions."""

    def roles(self, officer: str, day: str) -> set[str]:
        """Return the roles that the officer holds on the day."""

    def windows(self) -> set[str]:
        """Return the names of the windows of all editions."""

    def call(self, name: str) -> State | None:
        """Return the state of the call."""

    def state_of(self, stream: str) -> State:
        """Return the state of the fund or a call."""


def months_later(day: str, months: int) -> str:
    """Return the same day of a later month, or the last day of that month."""
    year, month, of_month = map(int, day.split("-"))
    year, month = divmod(year * 12 + month - 1 + months, 12)
    return f"{year:04}-{month + 1:02}-{min(of_month, monthrange(year, month + 1)[1]):02}"


def days_later(day: str, days: int) -> str:
    """Return the day that is this number of days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def differ_in_spelling_only(id: str, other: str) -> bool:
    """Return whether two ids differ in case or marks only."""
    first, second = ("-".join(re.split(r"[-_./ ]+", text.lower())).strip("-") for text in (id, other))
    return id != other and first == second


def too_like(id: str, known: Iterable[str]) -> Iterator[str]:
    """Yield the refusal of a new id that looks like a known one."""
    names = set(known)
    if id not in names and any(differ_in_spelling_only(id, name) for name in names):
        yield "TooLikeKnownId"


def like_any(event: Event, state: State) -> Iterator[str]:
    """Yield the refusal of an id that looks like one of the grant, on whatever day that is used first."""
    items = {"payment": "payments", "activity": "activities", "follow_up": "follow_ups"}
    for field, ids in {**items, "indicator": "indicators"}.items():
        if event.get(field):
            yield from too_like(event[field], state[ids])


def money(amount: str) -> Decimal:
    """Return the number of an amount."""
    return Decimal(amount.split(maxsplit=1)[0])


def struck(events: Iterable[Event]) -> set[int]:
    """Return the versions of struck events. From last to first, a strike in force strikes what it names."""
    gone: set[int] = set()
    for event in sorted(events, key=lambda event: -event["version"]):
        if event.get("struck") and event["version"] not in gone:
            gone.add(event["entry"])
    return gone


def in_force(events: list[Event]) -> list[Event]:
    """Return the corrected events in force by day and version, without the corrections themselves."""
    gone = struck(events)
    held = {event["version"]: event for event in events if event["version"] not in gone}
    for event in events:
        if event["command"] != "CorrectEntry":
            continue
        correction = held.pop(event["version"], None)
        if correction and event.get("reads") and event["entry"] in held:
            held[event["entry"]] = {**held[event["entry"]], **event["reads"]}
    return sorted(held.values(), key=lambda event: (event["on"], event["version"]))


def by_day(changes: Iterable[tuple[str, Decimal]]) -> ByDay:
    """Return the sums by day, without the days whose sum is zero."""
    sums: ByDay = defaultdict(Decimal)
    for day, change in changes:
        sums[day] += change
    return {day: sums[day] for day in sorted(sums) if sums[day]}


def differences(new: Iterable[tuple[str, Decimal]], old: Iterable[tuple[str, Decimal]]) -> ByDay:
    """Return by how much the new changes differ from the old ones, by day."""
    return by_day([*new, *((day, -change) for day, change in old)])


def never_below_zero(changes: ByDay) -> bool:
    """Return whether the sum is never below zero on any day."""
    return min(accumulate(changes.values()), default=Decimal(0)) >= 0


def totals_at(changes: Iterable[tuple[str, Decimal]], days: Iterable[str]) -> list[Decimal]:
    """Return the sum of the changes at the end of each day."""
    changes_list = list(changes)
    return [sum((change for on, change in changes_list if on <= day), Decimal(0)) for day in days]


def is_overdrawn_more(now: ByDay, then: ByDay) -> bool:
    """Return whether on some day the sum is less than it was then, and below zero."""
    days = sorted({*now, *then})
    pairs = zip(totals_at(now.items(), days), totals_at(then.items(), days), strict=True)
    return any(left < was and left < 0 for left, was in pairs)


def is_more_on_some_day(now: list[tuple[str, Decimal]], then: list[tuple[str, Decimal]]) -> bool:
    """Return whether on some day the sum is more than it was then."""
    days = sorted({day for day, _ in (*now, *then)})
    return any(more > was for more, was in zip(totals_at(now, days), totals_at(then, days), strict=True))


def base_of(event: Event, events: list[Event]) -> Event:
    """Return the event itself, or the event that a correction corrects in the end."""
    while "entry" in event:
        event = events[event["entry"] - 1]
    return event


def closure_in_force(events: list[Event]) -> list[Event]:
    """Return the closure in force as a list of one, or an empty list if the grant is not closed."""
    ends = [event for event in in_force(events) if event["command"] in ("CloseGrant", "ReopenGrant")]
    return [event for event in ends[-1:] if event["command"] == "CloseGrant"]


def corrected_events(correction: Event, events: list[Event], readings: list[Event]) -> list[Event]:
    """Return the readings of the event that a correction, or a strike of a correction, changes in the end."""
    while "entry" in (named := events[correction["entry"] - 1]):
        correction = named
    return [event for event in readings if event["version"] == correction["entry"]]


# ── a grant ──────────────────────────────────────────────────────────────────────────────────


def no_grant() -> State:
    """Return the state of a grant before its first event."""
    names = "stage effective closing institution institutions call edition asked_for binds"
    names += " follows capabilities_planned approved signed ended proposed_on requested_on"
    fields = dict.fromkeys(names.split())
    fields |= {
        name: {} for name in ("lines", "payments", "activities", "follow_ups", "indicators", "clearances")
    }
    fields |= {
        name: [] for name in ("commitments", "overpayments", "paid", "selections", "budget", "letters")
    }
    fields |= {"conditions": [], "teams": []}
    fields |= {name: set() for name in ("suspended", "preparers", "met", "submitters", "planned", "waived")}
    return fields | {
        "moved": Decimal(0),
        "disbursed": Decimal(0),
        "refunded": Decimal(0),
        "accepted": False,
        "execution": "bank",
        "waived_until": "",
    }


def committed(state: State) -> Decimal:
    """Return the committed amount, less what was released."""
    return Decimal(sum(change for _, change in state["commitments"]))


def undisbursed(state: State) -> Decimal:
    """Return the undisbursed balance."""
    return max(Decimal(0), Decimal(committed(state) - state["disbursed"] + state["refunded"]))


def overpaid(state: State) -> Decimal:
    """Return by how much the net payments exceed the commitment."""
    return max(Decimal(0), Decimal(state["disbursed"] - state["refunded"] - committed(state)))


def split_of(state: State, amount: Decimal) -> list[dict[str, str]]:
    """Return the refunded part of each payment: as much as possible of the last, then of the one before."""
    split = []
    for name, p in sorted(state["payments"].items(), key=lambda item: -item[1].get("nth", 0)):
        part = min(amount, p["out"] - p["back"])
        if part > 0:
            split.append({"payment": name, "amount": f"{part:.2f} USD"})
            amount -= part
    return split


def pending(state: State) -> Decimal:
    """Return the sum of requests that are not paid yet: the authorised amount, if there is one."""
    asked = sum(p["asked"] for p in state["payments"].values() if p["is"] == "requested")
    return Decimal(asked + sum(p["allowed"] for p in state["payments"].values() if p["is"] == "authorised"))


def needs_agreement(state: State, edition: State) -> bool:
    """Return whether the edition asks for an agreement of a grant that is executed as this one."""
    needs = (edition.get("execution") or {}).get(state["execution"], {})
    return bool((needs.get("agreement") or {"value": edition["agreement_required"]})["value"])


def request_of(state: State) -> list[Any]:
    """Return the fields that an approval binds."""
    fields = (
        "window recipients providers amount asked_for months institution budget letters execution".split()
    )
    return [state[field] for field in (*fields, "institutions")]


def in_stage(state: State, name: str) -> Iterator[str]:
    """Yield the refusal of a command that the stage does not allow, and the weaker ones after it."""
    if state["stage"] is None:
        if name not in BEGINNINGS:
            yield "UnknownGrant"
    elif name in BEGINNINGS:
        yield "GrantIdTaken"
    elif state["stage"] not in STAGES[name]:
        early = [LETTERS[letter] for letter in "PRAS"]
        if state["stage"] in ENDS.values():
            yield "GrantHasEnded"
        elif state["stage"] == "closed":
            yield "GrantIsClosed"
        elif state["stage"] in early and not set(early) & set(STAGES[name]):
            yield "NotYetEffective"
        yield "NotInStage"


def in_dollars(event: Event) -> Iterator[str]:
    """Yield the refusal of an amount that is not in the holding currency."""
    if not (event.get("amount") or "USD").endswith("USD"):
        yield "CurrencyNotHolding"


def outside_span(rules: State, effective: str, closing: str, *, upper: bool = True) -> Iterator[str]:
    """Yield the refusal of a closing date outside the window's span. Its first and last day are inside."""
    if upper and "max_months" in rules and closing > months_later(effective, rules["max_months"]):
        yield "BeyondWindow"
    if "min_months" in rules and closing < months_later(effective, rules["min_months"]):
        yield "BeyondWindow"


def misfit(state: State, rules: State) -> Iterator[str]:
    """Yield the refusals of terms that the window does not admit."""
    if len(set(state["recipients"]) - {"ZZ"}) < rules.get("min_recipients", 0):
        yield "TooFewRecipients"
    implementing = [named for named in state["institutions"] or () if named["role"] == "implementing"]
    if rules.get("institution") and not state["institution"] and not implementing:
        yield "InstitutionMissing"
    if set(rules.get("capabilities", ())) - set(state["capabilities_planned"] or ()):
        yield "CapabilityNotPlanned"


def team_on(state: State, day: str) -> set[str]:
    """Return the team leader and the deputies at the end of the day; before the first, the first ones."""
    teams = state["teams"]
    held = [team for since, *team in teams if since <= day] or [team for _, *team in teams[:1]]
    return set(held[-1] if held else ())


def requesters_of(state: State, event: Event, corrected_on: str | None = None) -> set[str]:
    """Return the officers who requested what the event decides: they may neither decide nor correct it.

    When an event is corrected, its team is that of its day and that of the day of the correction. When it is
    decided, its team is the one of the moment.
    """
    team = set(state["teams"][-1][1:]) if state["teams"] else set()
    if corrected_on:
        team = team_on(state, event["on"]) | team_on(state, corrected_on)
    payment = state["payments"].get(event.get("payment"), {})
    match event["command"]:
        case "ReviewProposal" | "ClearProposal":
            return team
        case "ApproveGrant" | "IncreaseCommitment":
            return set(state["preparers"]) | team
        case "AssignLeader":
            return {event["leader"], *(event.get("deputies") or ())}
        case "AuthorisePayment" | "RejectPayment":
            return {payment.get("by")}
        case "DisburseFunds":
            return {payment.get("by"), payment.get("allowed_by")}
        case "RecordIrregularPayment":
            doubled = state["payments"].get(event.get("of"), {})
            return {*team, doubled.get("by")} - {None}
        case "AcceptCompletionReport":
            return set(state["submitters"])
        case _:
            return set()
