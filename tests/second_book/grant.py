"""A grant's life: what is wrong with each thing as the grant stands, and how the grant stands after it."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Protocol

from second_book.words import (
    AGAINST_PAYING,
    ENDS,
    GRACE,
    Fact,
    State,
    beyond,
    committed,
    days_later,
    in_dollars,
    in_stage,
    misfit,
    money,
    months_later,
    overpaid,
    pending,
    request_of,
    too_like,
    undisbursed,
)

AMONG = "window recipients providers months institution title sector objective operation".split()
AMONG += ["capabilities_planned"]
OBLIGATIONS = (
    "review signature effectiveness first_activity activity implementation inactivity progress_report"
    " completion_report client_survey results_story follow_up disbursement_deadline closure"
    " development_outcome instalment"
).split()


class Around(Protocol):
    """What a grant's facts rest on beside the grant."""

    def edition(self, name: str) -> State:
        """By its name."""

    def edition_on(self, day: str) -> str | None:
        """The name of the one in force."""

    def windows(self) -> set[str]:
        """Of all editions."""

    def call(self, name: str) -> State | None:
        """As it stands."""


def happens(s: State, f: Fact, book: Around) -> Iterator[str]:
    """Say what is wrong with the fact, the first reason first; gone through to the end, it has happened."""
    yield from in_stage(s, f["command"])
    part = next(part for names, part in PARTS.items() if f["command"] in names.split())
    before = overpaid(s)
    yield from part(s, f, book)
    if overpaid(s) != before:
        s["overpayments"] = [*s["overpayments"], (f["on"], overpaid(s) - before)]


def asked_by(s: State, f: Fact) -> set[str]:
    """Who asked for what the fact decides: they do not decide it, and do not correct it."""
    payment = s["payments"].get(f.get("payment"), {})
    match f["command"]:
        case "ReviewProposal":
            return {s["leader"]}
        case "ApproveGrant" | "IncreaseCommitment":
            return set(s["preparers"])
        case "AuthorisePayment" | "RejectPayment":
            return {payment.get("by")}
        case "DisburseFunds":
            return {payment.get("by"), payment.get("allowed_by")}
        case "RecordIrregularPayment":
            doubled = s["payments"].get(f.get("of"), {})
            return {s["leader"], doubled.get("by")} - {None}
        case "AcceptCompletionReport":
            return set(s["submitters"])
        case _:
            return set()


def called(s: State, f: Fact, book: Around) -> tuple[str | None, State]:
    """The call that the grant answers, by name and as it stands; without any, one that asks nothing."""
    name = s["call"] or f.get("call")
    return name, (name and book.call(name)) or {"opened": "9999" if name else "", "closed": None}


def proposal(s: State, f: Fact, book: Around) -> Iterator[str]:
    """From the idea to the request."""
    name, on, (call, open_call) = f["command"], f["on"], called(s, f, book)
    if name != "RequestFunding" and on < open_call["opened"]:
        yield "UnknownCall"
    if name == "ProposeGrant":
        if call and on < open_call["opens"]:
            yield "CallNotOpenYet"
        if call and on > min(open_call["closes"], open_call["closed"] or "9999"):
            yield "CallDeadlinePassed"
        s |= {"stage": "proposed", "leader": f["actor"], "call": call}
    elif name == "ReviseProposal" and not any(f.get(field) for field in (*AMONG, "amount", *ALSO)):
        yield "NothingChanged"
    yield from in_dollars(f)
    if f.get("window") and f["window"] not in book.windows():
        yield "WindowNotInEdition"
    s["preparers"] = s["preparers"] | {f["actor"]}
    if name == "RequestFunding":
        if sum(money(line["amount"]) for line in f["budget"]) != money(f["amount"]):
            yield "BudgetDoesNotAddUp"
        s |= {"budget": f["budget"], "asked_for": f["amount"]}
    if name == "RequestFunding" or (f.get("recipients") and s["stage"] == "requested"):
        written = {letter["country"] for letter in f.get("letters") or s["letters"]}
        if set(f.get("recipients") or s["recipients"]) - written - {"ZZ"}:
            yield "LetterMissing"
    if name == "RequestFunding":
        s |= {"letters": f["letters"], "stage": "requested"}
        return
    if f.get("window") and call and f["window"] != open_call["window"]:
        yield "WindowNotInCall"
    s |= {field: f[field] for field in (*AMONG, "amount") if f.get(field) is not None}


ALSO = ("outcomes_sought",)


def decision(s: State, f: Fact, book: Around) -> Iterator[str]:
    """Reviewed, returned, approved, declined, ended."""
    name, on, (call, open_call) = f["command"], f["on"], called(s, f, book)
    if name in ("ReviewProposal", "ApproveGrant") and on < open_call["opened"]:
        yield "UnknownCall"
    if f["actor"] in asked_by(s, f):
        yield "DecidesOwnRequest"
    if name == "ReviewProposal" and call and set(f["scores"]) != set(open_call["criteria"]):
        yield "CriteriaNotScored"
    if name == "ReturnProposal":
        s["stage"] = "proposed"
    if name == "ApproveGrant":
        rules = book.edition(f["edition"])["windows"].get(s["window"])
        if rules and not rules.get("min_months", 0) <= s["months"] <= rules.get("max_months", 9999):
            yield "BeyondWindow"
        if open_call["closed"] and on > open_call["closed"]:
            yield "CallIsClosed"
        yield from in_dollars(f)
        if rules is None:
            yield "WindowNotInEdition"
        if money(f["amount"]) > money(rules.get("max_amount", "Infinity")):
            yield "AboveMaximumAmount"
        if f.get("request_digest") or f.get("binds", request_of(s)) != request_of(s):
            yield "RequestChanged"
        yield from misfit(s, rules)
        s |= {"approved": on, "stage": "approved", "edition": f["edition"], "binds": request_of(s)}
        s |= {"conditions": f["conditions"], "selections": [(on, money(f["amount"]))] if call else []}
        s["commitments"] = [*s["commitments"], (on, money(f["amount"]))]
    if name == "LapseGrant" and not f.get("given_up"):
        yield from not_over(s, on, book.edition(s["edition"]))
    if name in ENDS:
        s["commitments"] = [*s["commitments"], (on, -undisbursed(s))]
        if s["effective"] is None:
            s["selections"] = [*s["selections"], *((on, -amount) for _, amount in s["selections"])]
        s |= {"stage": ENDS[name], "ended": on}


def not_over(s: State, on: str, edition: State) -> Iterator[str]:
    """What is wrong with a lapse before the time that runs is over."""
    waits = "signature" if edition["agreement_required"] and not s["signed"] else "effectiveness"
    since = s["signed"] if edition["agreement_required"] and s["signed"] else s["approved"]
    span = edition.get("obligations", {}).get(waits)
    if span and (waits, None) not in s["waived"] and on <= days_later(since, span["days"]):
        yield "NotYetLapsed"


def agreement(s: State, f: Fact, book: Around) -> Iterator[str]:
    """From the promise to effectiveness, and what is changed of it later."""
    name, on, edition = f["command"], f["on"], book.edition(s["edition"])
    if name == "MeetCondition":
        if f["condition"] not in s["conditions"]:
            yield "UnknownCondition"
        s["met"] = s["met"] | {f["condition"]}
        return
    if name == "MakeEffective" and s["stage"] == "approved" and edition["agreement_required"]:
        yield "AgreementNotSigned"
    if set(s["conditions"]) - s["met"]:
        yield "ConditionsUnmet"
    if name == "MakeEffective":
        if f["closing_date"] < on:
            yield "ClosingDateBeforeEffectiveness"
        rules = edition["windows"][s["window"]]
        yield from beyond(rules, on, f["closing_date"])
        yield from misfit(s, rules)
        s |= {"effective": on, "closing": f["closing_date"]}
    if name == "SignAgreement":
        s["signed"] = on
    s["stage"] = "signed" if name == "SignAgreement" else "effective"


def amendment(s: State, f: Fact, book: Around) -> Iterator[str]:
    """More time, other terms, more or less money."""
    name, on, edition = f["command"], f["on"], book.edition(f.get("edition") or s["edition"])
    if name == "ExtendClosingDate":
        if on > s["closing"]:
            yield "ClosingDatePassed"
        if f["closing_date"] <= s["closing"]:
            yield "NotAnExtension"
        if not f.get("waiver"):
            yield from beyond(edition["windows"][s["window"]], s["effective"], f["closing_date"])
        s |= {"closing": f["closing_date"]}
        if f.get("waiver"):
            s["waived_until"] = f["closing_date"]
        return
    if f["actor"] in asked_by(s, f):
        yield "DecidesOwnRequest"
    yield from in_dollars(f)
    if name == "CancelBalance":
        if money(f["amount"]) > undisbursed(s):
            yield "$ExceedsUndisbursedBalance"
        s["commitments"] = [*s["commitments"], (on, -money(f["amount"]))]
        return
    changes = {field: f[field] for field in AMONG if f.get(field)}
    if name == "RestructureGrant" and not changes:
        yield "NothingChanged"
    rules = edition["windows"].get(changes.get("window", s["window"]))
    if rules is None:
        yield "WindowNotInEdition"
    same, new = changes.get("window", s["window"]) == s["window"], name == "RestructureGrant"
    if s["effective"] and new:
        yield from beyond(rules, s["effective"], s["closing"], upper=not (same and waived(s, book)))
    more = money(f.get("amount", "0"))
    if committed(s) + more > money(rules.get("max_amount", "Infinity")):
        yield "AboveMaximumAmount"
    if name == "IncreaseCommitment":
        s["commitments"] = [*s["commitments"], (on, more)]
        return
    yield from misfit(s | changes, rules)
    s |= {**changes, "edition": f["edition"]}


def waived(s: State, book: Around) -> bool:
    """The closing date is that of an extension beyond the span, with a waiver."""
    months = book.edition(s["edition"])["windows"][s["window"]].get("max_months")
    if months is None or s["waived_until"] != s["closing"]:
        return False
    return bool(s["closing"] > months_later(s["effective"], months))


def activity(s: State, f: Fact, _: Around) -> Iterator[str]:
    """Planned, moved, called off, held."""
    known = s["activities"].get(f["activity"])
    if f["command"] == "PlanActivity" and known:
        yield "ActivityIdTaken"
    if f["command"] in ("PlanActivity", "HoldActivity"):
        yield from too_like(f["activity"], s["activities"])
    if f["command"] == "PlanActivity":
        s["planned"] = s["planned"] | {f["activity"]}
    changes = f["command"] in ("RescheduleActivity", "CancelActivity")
    if changes and known != "planned":
        yield "?ActivityNotPlanned" if known == "held" else "ActivityNotPlanned"
    if f["command"] == "HoldActivity" and known == "held":
        yield "ActivityAlreadyHeld"
    if f["command"] == "HoldActivity" and f["on"] < f["ends"]:
        yield "HeldBeforeItEnded"
    now = {"CancelActivity": "cancelled", "HoldActivity": "held"}.get(f["command"], "planned")
    if not (changes and known == "held"):
        s["activities"] = {**s["activities"], f["activity"]: now}


def asking(s: State, f: Fact, _: Around) -> Iterator[str]:
    """A payment's beginning: asked for, or paid by the bank in breach."""
    regular = f["command"] == "RequestPayment"
    if f["payment"] in s["payments"]:
        yield "PaymentIdTaken"
    yield from too_like(f["payment"], s["payments"])
    if f.get("of") and f["of"] not in s["payments"]:
        yield "UnknownPayment"
    if not regular and f["rule"] not in AGAINST_PAYING:
        yield "UnknownRule"
    if f["actor"] in asked_by(s, f):
        yield "DecidesOwnRequest"
    yield from in_dollars(f)
    amount = money(f["amount"])
    if regular and amount > undisbursed(s) - pending(s):
        yield "?ExceedsUndisbursedBalance"
    new: State = {"is": "requested", "asked": amount, "by": f["actor"], "out": 0, "back": 0}
    if not regular:
        new |= {"is": "disbursed", "by": None, "out": amount, "nth": next_out(s)}
        s["disbursed"] += amount
    s["payments"] = {**s["payments"], f["payment"]: new}


def next_out(s: State) -> int:
    """Which one it is of those that went out."""
    return 1 + max((p.get("nth", 0) for p in s["payments"].values()), default=0)


def rate_fits(f: Fact) -> Iterator[str]:
    """What was paid in another currency is the amount at the rate, but for what both numbers leave open."""
    if not f.get("rate"):
        return
    paid, rate = f["paid_amount"].split()[0], str(f["rate"])
    if f["paid_amount"].split()[1] == f["amount"].split()[1]:
        yield "SameCurrencyPaid"
    open_to = {text: Fraction(1, 2 * 10 ** len(text.partition(".")[2])) for text in (paid, rate)}
    amount = Fraction(f["amount"].split()[0])
    if abs(amount * Fraction(rate) - Fraction(paid)) > open_to[paid] + amount * open_to[rate]:
        yield "RateDoesNotFit"


def refund(s: State, f: Fact, _: Around) -> Iterator[str]:
    """Came back of one payment, or of several."""
    yield from in_dollars(f)
    amount, split = money(f["amount"]), f.get("split")
    if not f.get("payment"):
        if amount > s["disbursed"] - s["refunded"]:
            yield "RefundExceedsDisbursed"
        if sum(money(part["amount"]) for part in split or ()) != amount:
            yield "SplitDoesNotAddUp"
    s["payments"] = {name: dict(p) for name, p in s["payments"].items()}
    for part in split or [{"payment": f["payment"], "amount": f["amount"]}]:
        if part["payment"] not in s["payments"]:
            yield "UnknownPayment"
        p = s["payments"][part["payment"]]
        if money(part["amount"]) > p["out"] - p["back"]:
            yield "RefundExceedsDisbursed"
        p["back"] += money(part["amount"])
    s["refunded"] += amount
    goes_on(s, f)


def goes_on(s: State, f: Fact) -> None:
    """What comes back after the end goes on to the fund."""
    if s["stage"] in ENDS.values():
        s["commitments"] = [*s["commitments"], (f["on"], -undisbursed(s))]


def paying(s: State, f: Fact, _: Around) -> Iterator[str]:
    """What becomes of a payment."""
    if f["payment"] not in s["payments"]:
        yield "UnknownPayment"
    name, p = f["command"], dict(s["payments"][f["payment"]])
    if p["is"] == "disbursed" and name != "FailPayment":
        yield "PaymentAlreadyDisbursed"
    if p["is"] == "requested" and name in ("DisburseFunds", "FailPayment"):
        yield "PaymentNotAuthorised"
    if p["is"] in ("rejected", "failed"):
        yield "PaymentAlreadyFinished"
    if p["is"] == "authorised" and name == "AuthorisePayment":
        yield "PaymentAlreadyAuthorised"
    if f["actor"] in asked_by(s, f):
        yield "DecidesOwnRequest"
    if name == "DisburseFunds" and f["on"] > months_later(s["closing"], GRACE):
        yield "DisbursementDeadlinePassed"
    if name == "DisburseFunds" and s["suspended"] & {"all", "payments"}:
        yield "PaymentsSuspended"
    yield from in_dollars(f)
    amount = money(f.get("amount") or str(p["asked"]))
    match name:
        case "AuthorisePayment":
            if amount > p["asked"]:
                yield "ExceedsRequestedAmount"
            p |= {"is": "authorised", "allowed": amount, "allowed_by": f["actor"]}
        case "RejectPayment":
            p["is"] = "rejected"
        case "DisburseFunds":
            if amount > p["allowed"]:
                yield "ExceedsAuthorisedAmount"
            yield from rate_fits(f)
            if amount > undisbursed(s):
                yield "$ExceedsUndisbursedBalance"
            p |= {"is": "disbursed", "out": amount, "nth": next_out(s)}
            s["disbursed"] += amount
        case _:
            s["disbursed"] -= p["out"] - p["back"]
            p |= {"is": "failed", "out": p["back"]}
    goes_on(s, f)
    s["payments"] = {**s["payments"], f["payment"]: p}


def suspension(s: State, f: Fact, _: Around) -> Iterator[str]:
    """Stopped, and let go on."""
    scope = f.get("scope")
    if f["command"] == "SuspendGrant":
        if scope in s["suspended"]:
            yield "AlreadySuspended"
        s["suspended"] = s["suspended"] | {scope}
        return
    if not s["suspended"] or (scope and scope not in s["suspended"]):
        yield "NotSuspended"
    s["suspended"] = s["suspended"] - {scope} if scope else set()


def follow_up(s: State, f: Fact, _: Around) -> Iterator[str]:
    """What was promised for afterwards."""
    name, known = f["command"], s["follow_ups"].get(f["follow_up"])
    if name == "AgreeFollowUp":
        if known:
            yield "FollowUpIdTaken"
        yield from too_like(f["follow_up"], s["follow_ups"])
    elif known not in ("open", "handed_over") and (name, known) != ("FinanceFollowUp", "completed"):
        yield "FollowUpNotOpen"
    now = {"CompleteFollowUp": "completed", "DropFollowUp": "dropped", "HandOverFollowUp": "handed_over"}
    s["follow_ups"] = {**s["follow_ups"], f["follow_up"]: now.get(name, known or "open")}


def ending(s: State, f: Fact, book: Around) -> Iterator[str]:
    """Completed, reported on, closed, opened again."""
    match f["command"]:
        case "CompleteImplementation":
            if "planned" in s["activities"].values():
                yield "?ActivitiesStillPlanned"
            s["stage"] = "follow_up"
        case "SubmitCompletionReport":
            if s["accepted"]:
                yield "CompletionReportAlreadyAccepted"
            s["submitters"] = s["submitters"] | {f["actor"]}
        case "AcceptCompletionReport":
            if not s["submitters"]:
                yield "NoCompletionReport"
            if s["accepted"]:
                yield "CompletionReportAlreadyAccepted"
            if f["actor"] in asked_by(s, f):
                yield "DecidesOwnRequest"
            s["accepted"] = True
        case "WaiveObligation":
            if f["obligation"] not in (*OBLIGATIONS, "overpayment"):
                yield "UnknownObligation"
            if f["obligation"] == "overpayment" and f.get("item"):
                yield "UnknownItem"
            yield from waived_in_vain(s, f, book)
            if f["obligation"] == "overpayment" and not overpaid(s):
                yield "?NothingOverpaid"
            s["waived"] = s["waived"] | {(f["obligation"], f.get("item"))}
        case "CloseGrant":
            if overpaid(s) and ("overpayment", None) not in s["waived"]:
                yield "?OverpaymentOpen"
            if undisbursed(s):
                yield "?UndisbursedBalanceRemains"
            if pending(s):
                yield "?PaymentsUnfinished"
            asked = "completion_report" in book.edition(s["edition"]).get("obligations", {})
            if asked and not s["accepted"] and ("completion_report", None) not in s["waived"]:
                yield "?CompletionReportOpen"
            if "open" in s["follow_ups"].values():
                yield "?FollowUpsOpen"
            s["stage"] = "closed"
        case _:
            s["stage"] = "follow_up"


def waived_in_vain(s: State, f: Fact, book: Around) -> Iterator[str]:
    """What is wrong with a waiver of what nobody asks for, or of an item that is not there."""
    name, item = f["obligation"], f.get("item")
    edition = s["edition"] or book.edition_on(s["ended"] or f["on"])
    rules = book.edition(edition) if edition else {}
    asked = name in ("activity", "follow_up", "disbursement_deadline") or name in rules.get("obligations", {})
    if name == "implementation":
        asked = "max_months" in rules["windows"].get(s["window"], {})
    if name == "overpayment":
        return
    if edition and (not asked or (name == "signature" and not rules["agreement_required"])):
        yield "ObligationNotAsked"
    there = {"activity": s["planned"], "follow_up": s["follow_ups"]}.get(name, set())
    if name == "progress_report" and s["effective"]:
        there = {"1"}
    if item and item not in there:
        yield "UnknownItem"


def told(_: State, f: Fact, __: Around) -> Iterator[str]:
    """Changes nothing of what is asked here."""
    if f["command"] == "ReportOutcomes" and not f.get("outcomes") and not f.get("results"):
        yield "NothingChanged"


PARTS: dict[str, Any] = {
    "ProposeGrant ReviseProposal RequestFunding": proposal,
    "ReviewProposal ReturnProposal ApproveGrant " + " ".join(ENDS): decision,
    "MeetCondition SignAgreement MakeEffective": agreement,
    "ExtendClosingDate RestructureGrant IncreaseCommitment CancelBalance": amendment,
    "PlanActivity RescheduleActivity CancelActivity HoldActivity": activity,
    "RequestPayment RecordIrregularPayment": asking,
    "AuthorisePayment RejectPayment DisburseFunds FailPayment": paying,
    "RecordRefund": refund,
    "SuspendGrant LiftSuspension": suspension,
    "AgreeFollowUp FinanceFollowUp CompleteFollowUp DropFollowUp HandOverFollowUp": follow_up,
    "CompleteImplementation SubmitCompletionReport AcceptCompletionReport": ending,
    "WaiveObligation CloseGrant ReopenGrant": ending,
    "InvolveParty EngageExpert RecordCoFinancing RecordCost ReportProgress ReportOutcomes": told,
    "RecordLesson ReachCapability RecordClientSurvey PublishResultsStory": told,
    "RecordDevelopmentOutcome AttachDocument": told,
}
