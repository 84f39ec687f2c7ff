"""A second book in plain dictionaries: what the real one must answer, worked out another way.

It shares no code with the program, but for the draws in `money`. It keeps the words that were accepted, as
they were said, and works all out from the first of them each time: what stands, how the grant stood when each
thing happened, and what was wrong with it then. A command is refused if it would make something wrong that
was not wrong before. Rules are the specification's (domain §3 to §5); days are text, and a "?" marks what
only a decision is asked.
"""

import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

Fact = dict[str, Any]
"""The words of a command, with its place in its stream and in the journal."""
State = dict[str, Any]
ByDay = dict[str, Decimal]

LETTERS = {"P": "proposed", "R": "requested", "A": "approved", "S": "signed", "E": "effective"}
LETTERS |= {"F": "follow_up", "C": "closed", "X": "cancelled", "D": "declined", "W": "withdrawn"}
LETTERS |= {"L": "lapsed"}
ENDS = {"DeclineProposal": "declined", "WithdrawProposal": "withdrawn"}
ENDS |= {"LapseGrant": "lapsed", "CancelGrant": "cancelled"}
EVERY = tuple(LETTERS.values())
MONEY_OF_THE_WORLD = {"FailPayment", "RecordRefund", "RecordIrregularPayment"}
OF_THE_WORLD = {"HoldActivity", *MONEY_OF_THE_WORLD}
CLOSURES_REST_ON = set(
    """ApproveGrant MakeEffective ExtendClosingDate RestructureGrant IncreaseCommitment CancelBalance
    WaiveObligation AcceptCompletionReport CompleteFollowUp DropFollowUp HandOverFollowUp RejectPayment
    DisburseFunds CloseGrant ReopenGrant""".split()
)
COMPLETIONS_REST_ON = {"PlanActivity", "CancelActivity", "CompleteImplementation"}
AGAINST_PAYING = set(
    """NotAnOfficer RoleNotHeld RecorderNotAdministrator UnknownGrant GrantHasEnded GrantIsClosed
    NotYetEffective NotInStage UnknownPayment PaymentNotAuthorised PaymentAlreadyDisbursed
    PaymentAlreadyFinished DecidesOwnRequest DatedInFuture DisbursementDeadlinePassed PaymentsSuspended
    CurrencyNotHolding ExceedsAuthorisedAmount ExceedsUndisbursedBalance SameCurrencyPaid
    RateDoesNotFit""".split()
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
ttl * RecordCoFinancing RecordCost
secretariat PR ReturnProposal
secretariat A SignAgreement
secretariat AS MeetCondition MakeEffective
secretariat F AcceptCompletionReport
secretariat FC RecordClientSurvey PublishResultsStory RecordDevelopmentOutcome
reviewer R ReviewProposal
finance EF AuthorisePayment DisburseFunds
finance EFDWLX RejectPayment
finance * FailPayment RecordRefund
approver R ApproveGrant
approver PR DeclineProposal
approver AS LapseGrant
approver E ExtendClosingDate
approver ASE RestructureGrant
approver ASEF SuspendGrant LiftSuspension CancelGrant
approver ASEFC IncreaseCommitment CancelBalance
approver * RecordIrregularPayment
approver F CloseGrant
approver C ReopenGrant
approver * WaiveObligation CorrectEntry
any * AttachDocument
ttl - ProposeGrant
administrator - EstablishFund AdoptPolicy AppointOfficer RetireOfficer
secretariat - JoinPartner HoldConsultation OpenCall CloseCall
finance - PledgeContribution AgreeContribution ScheduleInstalment ReceiveInstalment
finance - ChargeFee CreditIncome ReturnFunds
"""
ROLE, STAGES = dict[str, str](), dict[str, tuple[str, ...]]()
for _role, _in, *_names in map(str.split, TABLE.strip().splitlines()):
    ROLE |= dict.fromkeys(_names, _role)
    STAGES |= dict.fromkeys(_names, EVERY if _in == "*" else tuple(LETTERS[one] for one in _in if one != "-"))
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
NEVER = {
    "EstablishFund": {"on", "currency", "fiscal_year_start", "time_zone"},
    "ApproveGrant": {"edition", "request_digest"},
}
NEVER |= {"RestructureGrant": {"edition"}, "OpenCall": {"window", "criteria"}}


def months_later(day: str, months: int) -> str:
    """The same day of a later month, or that month's last."""
    year, month, of_month = map(int, day.split("-"))
    year, month = divmod(year * 12 + month - 1 + months, 12)
    return f"{year:04}-{month + 1:02}-{min(of_month, monthrange(year, month + 1)[1]):02}"


def days_later(day: str, days: int) -> str:
    """The day that is this number of days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def alike(one: str, other: str) -> bool:
    """Whether two ids are the same but for case and marks, and not identical."""
    first, second = ("-".join(re.split(r"[-_./ ]+", id.lower())).strip("-") for id in (one, other))
    return one != other and first == second


def too_like(id: str, known: Iterable[str]) -> Iterator[str]:
    """What is wrong with a new id that looks like a known one."""
    names = set(known)
    if id not in names and any(alike(id, name) for name in names):
        yield "TooLikeKnownId"


def money(said: str) -> Decimal:
    """How much."""
    return Decimal(said.split(maxsplit=1)[0])


def struck(facts: Iterable[Fact]) -> set[int]:
    """The versions of what was struck: from last to first, a strike that stands undoes what it names."""
    gone: set[int] = set()
    for fact in sorted(facts, key=lambda fact: -fact["version"]):
        if fact.get("struck") and fact["version"] not in gone:
            gone.add(fact["entry"])
    return gone


def standing(facts: list[Fact]) -> list[Fact]:
    """What holds, each as it should read, by day and version. Corrections themselves are not in it."""
    gone = struck(facts)
    held = {fact["version"]: fact for fact in facts if fact["version"] not in gone}
    for fact in facts:
        if fact["command"] != "CorrectEntry":
            continue
        stands = held.pop(fact["version"], None)
        if stands and fact.get("reads") and fact["entry"] in held:
            held[fact["entry"]] = {**held[fact["entry"]], **fact["reads"]}
    return sorted(held.values(), key=lambda fact: (fact["on"], fact["version"]))


def by_day(changes: Iterable[tuple[str, Decimal]]) -> ByDay:
    """Summed by day, without the days on which nothing changed in the end."""
    sums: ByDay = defaultdict(Decimal)
    for day, change in changes:
        sums[day] += change
    return {day: sums[day] for day in sorted(sums) if sums[day]}


def differences(new: Iterable[tuple[str, Decimal]], old: Iterable[tuple[str, Decimal]]) -> ByDay:
    """What changed, by day."""
    return by_day([*new, *((day, -change) for day, change in old)])


def never_below_zero(changes: ByDay) -> bool:
    """Whether there is enough on every day."""
    return min(accumulate(changes.values()), default=Decimal(0)) >= 0


def through_time(changes: Iterable[tuple[str, Decimal]], days: Iterable[str]) -> list[Decimal]:
    """What the changes come to by the end of each of the days."""
    known = list(changes)
    return [sum((change for on, change in known if on <= day), Decimal(0)) for day in days]


def takes_too_much(now: ByDay, then: ByDay) -> bool:
    """Whether on some day there is less now than then, and less than nothing."""
    days = sorted({*now, *then})
    pairs = zip(through_time(now.items(), days), through_time(then.items(), days), strict=True)
    return any(left < was and left < 0 for left, was in pairs)


def ever_more(now: list[tuple[str, Decimal]], then: list[tuple[str, Decimal]]) -> bool:
    """Whether on some day there is more now than then."""
    days = sorted({day for day, _ in (*now, *then)})
    return any(
        more > was for more, was in zip(through_time(now, days), through_time(then, days), strict=True)
    )


# ── a grant ──────────────────────────────────────────────────────────────────────────────────


def unborn() -> State:
    """How a grant stands before its first fact."""
    names = "stage effective closing institution call edition asked_for binds capabilities_planned"
    names += " approved signed ended"
    facts = dict.fromkeys(names.split())
    facts |= {name: {} for name in ("payments", "activities", "follow_ups")}
    facts |= {name: [] for name in ("commitments", "overpayments", "selections", "budget", "letters")}
    facts |= {"conditions": [], "leader": None}
    facts |= {name: set() for name in ("suspended", "preparers", "met", "submitters", "planned", "waived")}
    return facts | {"disbursed": Decimal(0), "refunded": Decimal(0), "accepted": False, "waived_until": ""}


def committed(s: State) -> Decimal:
    """Promised, less what went back."""
    return Decimal(sum(change for _, change in s["commitments"]))


def undisbursed(s: State) -> Decimal:
    """The undisbursed balance."""
    return max(Decimal(0), Decimal(committed(s) - s["disbursed"] + s["refunded"]))


def overpaid(s: State) -> Decimal:
    """What went out, and did not come back, beyond what is promised."""
    return max(Decimal(0), Decimal(s["disbursed"] - s["refunded"] - committed(s)))


def split_of(s: State, amount: Decimal) -> list[dict[str, str]]:
    """What comes back of each payment: as much as can of the last one, then of the one before."""
    split = []
    for name, p in sorted(s["payments"].items(), key=lambda one: -one[1].get("nth", 0)):
        part = min(amount, p["out"] - p["back"])
        if part > 0:
            split.append({"payment": name, "amount": f"{part:.2f} USD"})
            amount -= part
    return split


def pending(s: State) -> Decimal:
    """What may still go out of what was asked for: once allowed, no more than was allowed."""
    asked = sum(p["asked"] for p in s["payments"].values() if p["is"] == "requested")
    return Decimal(asked + sum(p["allowed"] for p in s["payments"].values() if p["is"] == "authorised"))


def request_of(s: State) -> list[Any]:
    """What an approval binds."""
    fields = "window recipients providers amount asked_for months institution budget letters".split()
    return [s[field] for field in fields]


def in_stage(s: State, name: str) -> Iterator[str]:
    """What is wrong with the stage."""
    if s["stage"] is None:
        if name != "ProposeGrant":
            yield "UnknownGrant"
    elif name == "ProposeGrant":
        yield "GrantIdTaken"
    elif s["stage"] not in STAGES[name]:
        early = [LETTERS[one] for one in "PRAS"]
        if s["stage"] in ENDS.values():
            yield "GrantHasEnded"
        elif s["stage"] == "closed":
            yield "GrantIsClosed"
        elif s["stage"] in early and not set(early) & set(STAGES[name]):
            yield "NotYetEffective"
        yield "NotInStage"


def in_dollars(fact: Fact) -> Iterator[str]:
    """Amounts are in the holding currency."""
    if not (fact.get("amount") or "USD").endswith("USD"):
        yield "CurrencyNotHolding"


def beyond(rules: State, effective: str, closing: str, *, upper: bool = True) -> Iterator[str]:
    """What is wrong with the closing date; the last day counts."""
    if upper and "max_months" in rules and closing > months_later(effective, rules["max_months"]):
        yield "BeyondWindow"
    if "min_months" in rules and closing < months_later(effective, rules["min_months"]):
        yield "BeyondWindow"


def misfit(s: State, rules: State) -> Iterator[str]:
    """What the window does not admit."""
    if len(set(s["recipients"]) - {"ZZ"}) < rules.get("min_recipients", 0):
        yield "TooFewRecipients"
    whole = sum(money(line["amount"]) for line in s["budget"])
    part = sum(money(line["amount"]) for line in s["budget"] if line.get("capacity"))
    if whole and part > whole * Decimal(rules.get("max_capacity_share", 1)):
        yield "CapacityShareTooHigh"
    if rules.get("institution") and not s["institution"]:
        yield "InstitutionMissing"
    if set(rules.get("capabilities", ())) - set(s["capabilities_planned"] or ()):
        yield "CapabilityNotPlanned"
