"""A grant's life: the reasons against each event in the grant's state, and the state after it.

Each function yields the reasons against an event, the first reason first, and applies the event to the state
if the generator is read to its end.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from second_book import budget
from second_book.basics import (
    AMENDED,
    AMONG,
    ENDS,
    ROLE,
    Context,
    Event,
    State,
    committed,
    days_later,
    in_dollars,
    in_stage,
    misfit,
    money,
    months_later,
    needs_agreement,
    outside_span,
    overpaid,
    pending,
    request_of,
    requesters_of,
    too_like,
    undisbursed,
)
from second_book.brought_forward import brought_forward
from second_book.clearances import clearing, not_clear, not_eligible
from second_book.directory import with_unknown_names
from second_book.payments import (
    documentation,
    is_waived,
    paying,
    payment_request,
    refund,
    rules_of,
    undocumented,
)
from second_book.pools import closes_after_end
from second_book.results import indicator

OBLIGATIONS = (
    "review signature effectiveness first_activity activity implementation inactivity advance progress_report"
    " completion_report client_survey results_story follow_up disbursement_deadline closure"
    " development_outcome instalment"
).split()


def apply_event(state: State, event: Event, book: Context) -> Iterator[str]:
    """Yield the reasons against the event, then apply it to the state."""
    yield from in_stage(state, event["command"])
    yield from not_of_team(state, event, book)
    apply_part = next(apply_part for names, apply_part in PARTS.items() if event["command"] in names.split())
    before, out, back = overpaid(state), state["disbursed"], state["refunded"]
    yield from with_unknown_names(apply_part(state, event, book), event, book.state_of("directory"))
    flows = state["disbursed"] - out, back - state["refunded"]
    state["paid"] = [*state["paid"], *((event["on"], amount) for amount in flows if amount)]
    if overpaid(state) != before:
        state["overpayments"] = [*state["overpayments"], (event["on"], overpaid(state) - before)]


def call_of(state: State, event: Event, book: Context) -> tuple[str | None, State]:
    """Return the name and state of the grant's call, or None and a call without conditions."""
    name = state["call"] or event.get("call")
    return name, (name and book.call(name)) or {"opened": "9999" if name else "", "closed": None}


def proposal(state: State, event: Event, book: Context) -> Iterator[str]:
    """Propose, revise and request."""
    name, on, (call, open_call) = event["command"], event["on"], call_of(state, event, book)
    if name != "RequestFunding" and on < open_call["opened"]:
        yield "UnknownCall"
    if name == "ProposeGrant":
        if call and on < open_call["opens"]:
            yield "CallNotOpenYet"
        if call and on > min(open_call["closes"], open_call["closed"] or "9999"):
            yield "CallDeadlinePassed"
        state |= {"stage": "proposed", "teams": [(on, event["actor"])], "call": call, "proposed_on": on}
    elif name == "ReviseProposal" and all(event.get(field) is None for field in (*AMONG, "amount", *ALSO)):
        yield "NothingChanged"
    if event.get("operation_kind") and not (event.get("operation") or state.get("operation")):
        yield "OperationMissing"
    yield from in_dollars(event)
    if event.get("window") and event["window"] not in book.windows():
        yield "WindowNotInEdition"
    state["preparers"] = state["preparers"] | {event["actor"]}
    if name == "RequestFunding":
        if sum(money(line["amount"]) for line in event["budget"]) != money(event["amount"]):
            yield "BudgetDoesNotAddUp"
        if len({budget.key(line["line"]) for line in event["budget"]}) < len(event["budget"]):
            yield "LineNamedTwice"
        state |= {"budget": event["budget"], "asked_for": event["amount"]}
    if name == "RequestFunding" or (event.get("recipients") and state["stage"] == "requested"):
        written = {letter["country"] for letter in event.get("letters") or state["letters"]}
        if set(event.get("recipients") or state["recipients"]) - written - {"ZZ"}:
            yield "LetterMissing"
    if name == "RequestFunding":
        edition = book.edition_on(on)
        rules = book.edition(edition)["windows"].get(state["window"]) if edition else None
        yield from not_eligible(state, rules or {})
        yield from not_clear(state, "request", on, book)
        state |= {"letters": event["letters"], "stage": "requested", "requested_on": on}
        return
    if event.get("window") and call and event["window"] != open_call["window"]:
        yield "WindowNotInCall"
    if event.get("operation") not in (None, state.get("operation")):
        state["operation_kind"] = None
    state |= {field: event[field] for field in (*AMONG, "amount", *ALSO) if event.get(field) is not None}


ALSO = ("outcomes_sought",)


def decision(state: State, event: Event, book: Context) -> Iterator[str]:
    """Review, return, approve, decline and end."""
    name, on, (call, open_call) = event["command"], event["on"], call_of(state, event, book)
    if name in ("ReviewProposal", "ApproveGrant") and on < open_call["opened"]:
        yield "UnknownCall"
    if name == "ApproveGrant":
        yield from budget.unknown_lines(state, event)
    if event["actor"] in requesters_of(state, event):
        yield "DecidesOwnRequest"
    if name == "ReviewProposal" and call and set(event["scores"]) != set(open_call["criteria"]):
        yield "CriteriaNotScored"
    if name == "ReturnProposal":
        state |= {"stage": "proposed", "requested_on": None}
    if name == "ApproveGrant":
        rules = book.edition(event["edition"])["windows"].get(state["window"])
        if rules and not rules.get("min_months", 0) <= state["months"] <= rules.get("max_months", 9999):
            yield "BeyondWindow"
        if open_call["closed"] and on > open_call["closed"]:
            yield "CallIsClosed"
        yield from in_dollars(event)
        if rules is None:
            yield "WindowNotInEdition"
        if money(event["amount"]) > money(rules.get("max_amount", "Infinity")):
            yield "AboveMaximumAmount"
        if event.get("request_digest") or event.get("binds", request_of(state)) != request_of(state):
            yield "RequestChanged"
        yield from misfit(state, rules)
        if not event.get("lines"):
            yield from budget.asked_beyond_share(state, rules)
        yield from budget.misstated(state, event)
        yield from not_eligible(state, rules)
        yield from not_clear(state, "approval", on, book)
        state |= {
            "approved": on,
            "stage": "approved",
            "edition": event["edition"],
            "binds": request_of(state),
        }
        state |= {
            "conditions": event["conditions"],
            "selections": [(on, money(event["amount"]))] if call else [],
        }
        state["commitments"] = [*state["commitments"], (on, money(event["amount"]))]
        budget.approve(state, event)
        if budget.beyond_share(state, rules):
            yield "?CapacityShareTooHigh"
    if name == "LapseGrant" and not event.get("given_up"):
        yield from not_over(state, on, book.edition(state["edition"]))
    if name in ENDS:
        state["commitments"] = [*state["commitments"], (on, -undisbursed(state))]
        budget.end(state)
        if state["effective"] is None:
            state["selections"] = [
                *state["selections"],
                *((on, -amount) for _, amount in state["selections"]),
            ]
        state |= {"stage": ENDS[name], "ended": on}


def not_over(state: State, on: str, edition: State) -> Iterator[str]:
    """Yield the refusal of a lapse before the time for signature or effectiveness is over."""
    is_needed = needs_agreement(state, edition)
    waits = "signature" if is_needed and not state["signed"] else "effectiveness"
    since = state["signed"] if is_needed and state["signed"] else state["approved"]
    span = edition.get("obligations", {}).get(waits)
    if span and (waits, None) not in state["waived"] and on <= days_later(since, span["days"]):
        yield "NotYetLapsed"


def agreement(state: State, event: Event, book: Context) -> Iterator[str]:
    """Meet conditions, sign and make effective."""
    name, on, edition = event["command"], event["on"], book.edition(state["edition"])
    if name == "MeetCondition":
        if event["condition"] not in state["conditions"]:
            yield "UnknownCondition"
        state["met"] = state["met"] | {event["condition"]}
        return
    if name == "MakeEffective" and state["stage"] == "approved" and needs_agreement(state, edition):
        yield "AgreementNotSigned"
    if set(state["conditions"]) - state["met"]:
        yield "ConditionsUnmet"
    if name == "MakeEffective":
        if event["closing_date"] < on:
            yield "ClosingDateBeforeEffectiveness"
        rules = edition["windows"][state["window"]]
        yield from outside_span(rules, on, event["closing_date"])
        if closes_after_end(event, book.state_of("fund")):
            yield "~ClosesAfterPool"
        yield from misfit(state, rules)
        if budget.beyond_share(state, rules, only_held=True):
            yield "CapacityShareTooHigh"
        state |= {"effective": on, "closing": event["closing_date"]}
    if name == "SignAgreement":
        state["signed"] = on
    state["stage"] = "signed" if name == "SignAgreement" else "effective"


def amendment(state: State, event: Event, book: Context) -> Iterator[str]:
    """Extend, restructure, increase and cancel a balance."""
    name, on, edition = event["command"], event["on"], book.edition(event.get("edition") or state["edition"])
    if name == "ExtendClosingDate":
        if on > state["closing"]:
            yield "ClosingDatePassed"
        if event["closing_date"] <= state["closing"]:
            yield "NotAnExtension"
        if not event.get("waiver"):
            yield from outside_span(
                edition["windows"][state["window"]], state["effective"], event["closing_date"]
            )
        if closes_after_end(event, book.state_of("fund")):
            yield "~ClosesAfterPool"
        state |= {"closing": event["closing_date"]}
        if event.get("waiver"):
            state["waived_until"] = event["closing_date"]
        return
    if name != "RestructureGrant":
        yield from budget.unknown_lines(state, event)
    if event["actor"] in requesters_of(state, event):
        yield "DecidesOwnRequest"
    yield from in_dollars(event)
    if name == "CancelBalance":
        yield from cancelling(state, event)
        return
    changes = {field: event[field] for field in AMONG if event.get(field)}
    if event.get("institutions") is not None:
        changes["institutions"] = event["institutions"]
    if name == "RestructureGrant" and not (changes or event.get("budget")):
        yield "NothingChanged"
    rules = edition["windows"].get(changes.get("window", state["window"]))
    if rules is None:
        yield "WindowNotInEdition"
    is_same_window, is_restructuring = (
        changes.get("window", state["window"]) == state["window"],
        name == "RestructureGrant",
    )
    if state["effective"] and is_restructuring:
        yield from outside_span(
            rules, state["effective"], state["closing"], upper=not (is_same_window and waived(state, book))
        )
    more = money(event.get("amount", "0"))
    if committed(state) + more > money(rules.get("max_amount", "Infinity")):
        yield "AboveMaximumAmount"
    if name == "IncreaseCommitment":
        yield from budget.misstated(state, event)
        state["commitments"] = [*state["commitments"], (on, more)]
        budget.approve(state, event)
        if budget.beyond_share(state, rules):
            yield "?CapacityShareTooHigh"
        return
    yield from restructured(state, event, changes, rules, book)


def restructured(state: State, event: Event, changes: State, rules: State, book: Context) -> Iterator[str]:
    """Change the terms; ``rules``: those of the window that the grant gets."""
    yield from misfit(state | changes, rules)
    before = dict(state)
    state |= {**changes, "edition": event["edition"]}
    if event.get("budget"):
        budget.replace(state, event)
    if budget.beyond_share(state, rules, only_held=True):
        yield "CapacityShareTooHigh"
    is_same_window = state["window"] == before["window"]
    yield from not_eligible(state, rules, before["recipients"] if is_same_window else ())
    yield from budget.unfit(before, state, event)
    if too_many(state, rules) and not too_many(before, rules_of(before, book)):
        yield "$TooManyActivities"
    if budget.beyond_share(state, rules):
        yield "?CapacityShareTooHigh"


def cancelling(state: State, event: Event) -> Iterator[str]:
    """Cancel a part of the balance."""
    yield from budget.misstated(state, event)
    if money(event["amount"]) > undisbursed(state):
        yield "$ExceedsUndisbursedBalance"
    yield from budget.beyond_left(state, event)
    state["commitments"] = [*state["commitments"], (event["on"], -money(event["amount"]))]
    budget.cancel(state, event)


def waived(state: State, book: Context) -> bool:
    """Return whether the closing date is that of an extension beyond the window's span, with a waiver."""
    months = book.edition(state["edition"])["windows"][state["window"]].get("max_months")
    if months is None or state["waived_until"] != state["closing"]:
        return False
    return bool(state["closing"] > months_later(state["effective"], months))


def too_many(state: State, rules: State, more: int = 0) -> bool:
    """Return whether there are more activities than the window's rules admit, with some more planned."""
    there = [name for name, is_now in state["activities"].items() if is_now != "cancelled"]
    limit = rules.get("max_activities")
    return limit is not None and len(there) + more > limit


def activity(state: State, event: Event, book: Context) -> Iterator[str]:
    """Plan, reschedule, cancel and hold an activity."""
    status = state["activities"].get(event["activity"])
    if event["command"] == "PlanActivity" and status:
        yield "ActivityIdTaken"
    if event["command"] == "PlanActivity" and too_many(state, rules_of(state, book), more=1):
        yield "$TooManyActivities"
    if event["command"] in ("PlanActivity", "HoldActivity"):
        yield from too_like(event["activity"], state["activities"])
    if event["command"] == "PlanActivity":
        state["planned"] = state["planned"] | {event["activity"]}
    is_change = event["command"] in ("RescheduleActivity", "CancelActivity")
    if is_change and status != "planned":
        yield "?ActivityNotPlanned" if status == "held" else "ActivityNotPlanned"
    if event["command"] == "HoldActivity" and status == "held":
        yield "ActivityAlreadyHeld"
    if event["command"] == "HoldActivity" and event["on"] < event["ends"]:
        yield "HeldBeforeItEnded"
    new_status = {"CancelActivity": "cancelled", "HoldActivity": "held"}.get(event["command"], "planned")
    if not (is_change and status == "held"):
        state["activities"] = {**state["activities"], event["activity"]: new_status}


def reallocation(state: State, event: Event, book: Context) -> Iterator[str]:
    """Move money between budget lines."""
    first, second = budget.key(event["from_line"]), budget.key(event["to_line"])
    if {first, second} - state["lines"].keys():
        yield "UnknownBudgetLine"
    share = book.edition(state["edition"]).get("reallocation_share", {"value": "0"})["value"]
    amount = money(event["amount"])
    if state["moved"] + amount > committed(state) * Decimal(share):
        if "approver" not in book.roles(event["actor"], event["on"]):
            yield "ReallocationNeedsApprover"
        if event["actor"] in state["preparers"]:
            yield "DecidesOwnRequest"
    yield from in_dollars(event)
    if first == second:
        yield "NothingChanged"
    if amount > budget.left(state, first):
        yield "$ExceedsBudgetLine"
    gives, gets = (state["lines"][name].get("capacity") for name in (first, second))
    state["moved"] += amount
    budget.move(state, first, -amount)
    budget.move(state, second, amount)
    if gets and not gives and budget.beyond_share(state, rules_of(state, book)):
        yield "?CapacityShareTooHigh"


def not_of_team(state: State, event: Event, book: Context) -> Iterator[str]:
    """Yield the refusal of a team leader's act by another officer, if the edition leaves it to the team."""
    roles, on = ROLE[event["command"]].split("|"), event["on"]
    if "ttl" not in roles or not state["teams"] or event["actor"] in state["teams"][-1][1:]:
        return
    name = state["edition"] or book.edition_on(on)
    is_for_team = name and book.edition(name).get("team_only", {}).get("value")
    if is_for_team and not (set(roles) - {"ttl"}) & book.roles(event["actor"], on):
        yield "NotOfTheTeam"


def amended(state: State, event: Event, book: Context) -> Iterator[str]:
    """Amend the title, the sector, the operation, the months or the outcomes sought."""
    after = {field: event[field] for field in AMENDED if event.get(field) is not None}
    if "operation" in after and after["operation"] != state.get("operation"):
        after = {"operation_kind": None, **after}
    changed = {field for field, value in after.items() if (value or ()) != (state.get(field) or ())}
    if "sector" in changed and str(after["sector"]).lower() == str(state["sector"]).lower():
        changed -= {"sector"}
    if event.get("operation_kind") and not (event.get("operation") or state.get("operation")):
        yield "OperationMissing"
    if months := event.get("months"):
        rules = rules_of(state, book)
        is_waived = state["waived_until"] and state["waived_until"] == state["closing"]
        if not is_waived and not rules.get("min_months", 0) <= months <= rules.get("max_months", 9999):
            yield "BeyondWindow"
        if state["effective"] and months_later(state["effective"], months) > state["closing"]:
            yield "BeyondClosingDate"
    if not changed:
        yield "?NothingChanged"
    state |= after


def team(state: State, event: Event, book: Context) -> Iterator[str]:
    """Assign the team."""
    named = [event["leader"], *(event.get("deputies") or ())]
    if event["actor"] in named:
        yield "DecidesOwnRequest"
    if len(set(named)) < len(named):
        yield "NamedTwiceInTeam"
    if any("ttl" not in book.roles(officer, event["on"]) for officer in named):
        yield "NotATeamLeader"
    _, leader, *deputies = state["teams"][-1]
    if event["leader"] == leader and set(named[1:]) == set(deputies):
        yield "?NothingChanged"
    state["teams"] = [*state["teams"], (event["on"], *named)]


def suspension(state: State, event: Event, _: Context) -> Iterator[str]:
    """Suspend, and lift a suspension."""
    scope = event.get("scope")
    if event["command"] == "SuspendGrant":
        if scope in state["suspended"]:
            yield "AlreadySuspended"
        state["suspended"] = state["suspended"] | {scope}
        return
    if not state["suspended"] or (scope and scope not in state["suspended"]):
        yield "NotSuspended"
    state["suspended"] = state["suspended"] - {scope} if scope else set()


def follow_up(state: State, event: Event, _: Context) -> Iterator[str]:
    """Agree on a follow-up, finance it and end it."""
    name, status = event["command"], state["follow_ups"].get(event["follow_up"])
    if name == "AgreeFollowUp":
        if status:
            yield "FollowUpIdTaken"
        yield from too_like(event["follow_up"], state["follow_ups"])
    elif status not in ("open", "handed_over") and (name, status) != ("FinanceFollowUp", "completed"):
        yield "FollowUpNotOpen"
    new_status = {
        "CompleteFollowUp": "completed",
        "DropFollowUp": "dropped",
        "HandOverFollowUp": "handed_over",
    }
    state["follow_ups"] = {**state["follow_ups"], event["follow_up"]: new_status.get(name, status or "open")}


def ending(state: State, event: Event, book: Context) -> Iterator[str]:
    """Complete, report, waive, close and reopen."""
    match event["command"]:
        case "CompleteImplementation":
            if "planned" in state["activities"].values():
                yield "?ActivitiesStillPlanned"
            state["stage"] = "follow_up"
        case "SubmitCompletionReport":
            if state["accepted"]:
                yield "CompletionReportAlreadyAccepted"
            state["submitters"] = state["submitters"] | {event["actor"]}
        case "AcceptCompletionReport":
            if not state["submitters"]:
                yield "NoCompletionReport"
            if state["accepted"]:
                yield "CompletionReportAlreadyAccepted"
            if event["actor"] in requesters_of(state, event):
                yield "DecidesOwnRequest"
            state["accepted"] = True
        case "WaiveObligation":
            if event["obligation"] not in (*OBLIGATIONS, "overpayment"):
                yield "UnknownObligation"
            if event["obligation"] == "overpayment" and event.get("item"):
                yield "UnknownItem"
            yield from needless_waiver(state, event, book)
            if event["obligation"] == "overpayment" and not overpaid(state):
                yield "?NothingOverpaid"
            state["waived"] = state["waived"] | {(event["obligation"], event.get("item"))}
        case "CloseGrant":
            if overpaid(state) and ("overpayment", None) not in state["waived"]:
                yield "?OverpaymentOpen"
            if undisbursed(state):
                yield "?UndisbursedBalanceRemains"
            if pending(state):
                yield "?PaymentsUnfinished"
            is_asked = "completion_report" in book.edition(state["edition"]).get("obligations", {})
            if is_asked and not state["accepted"] and ("completion_report", None) not in state["waived"]:
                yield "?CompletionReportOpen"
            if "open" in state["follow_ups"].values():
                yield "?FollowUpsOpen"
            yield from (f"?{reason}" for reason in undocumented(state, event, book))
            if any(p.get("due") and not is_waived(state, name) for name, p in state["payments"].items()):
                yield "?AdvanceDueBack"
            state["stage"] = "closed"
        case _:
            state["stage"] = "follow_up"


def needless_waiver(state: State, event: Event, book: Context) -> Iterator[str]:
    """Yield the refusal of a waiver of an obligation that the edition does not have, or of a missing item."""
    name, item = event["obligation"], event.get("item")
    edition = state["edition"] or book.edition_on(state["ended"] or event["on"])
    rules = book.edition(edition) if edition else {}
    is_asked = name in ("activity", "follow_up", "disbursement_deadline", "advance") or name in rules.get(
        "obligations", {}
    )
    if name == "implementation":
        is_asked = "max_months" in rules["windows"].get(state["window"], {})
    if name == "overpayment":
        return
    if edition and (not is_asked or (name == "signature" and not needs_agreement(state, rules))):
        yield "ObligationNotAsked"
    items = {"activity": state["planned"], "follow_up": state["follow_ups"]}.get(name, set())
    if name == "advance":
        items = {id for id, p in state["payments"].items() if p.get("method") == name and p.get("nth")}
    if name == "progress_report" and state["effective"]:
        items = {"1"}
    if item and item not in items:
        yield "!UnknownItem"


def reporting(state: State, event: Event, book: Context) -> Iterator[str]:
    """Record what changes nothing in this state."""
    if event["command"] == "ReportProgress":
        scale = book.edition(state["edition"]).get("rating_scale")
        if scale and event["rating"] not in scale["value"]:
            yield "RatingNotInScale"
    if event["command"] == "ReportOutcomes" and not event.get("outcomes") and not event.get("results"):
        yield "NothingChanged"


PARTS: dict[str, Any] = {
    "BringForward": brought_forward,
    "ProposeGrant ReviseProposal RequestFunding": proposal,
    "ClearProposal": clearing,
    "ReviewProposal ReturnProposal ApproveGrant " + " ".join(ENDS): decision,
    "MeetCondition SignAgreement MakeEffective": agreement,
    "ExtendClosingDate RestructureGrant IncreaseCommitment CancelBalance": amendment,
    "PlanActivity RescheduleActivity CancelActivity HoldActivity": activity,
    "RequestPayment RecordIrregularPayment": payment_request,
    "AuthorisePayment RejectPayment DisburseFunds FailPayment": paying,
    "DocumentExpenditure": documentation,
    "RecordRefund": refund,
    "ReallocateBudget": reallocation,
    "SuspendGrant LiftSuspension": suspension,
    "AssignLeader": team,
    "AmendGrant": amended,
    "AgreeFollowUp FinanceFollowUp CompleteFollowUp DropFollowUp HandOverFollowUp": follow_up,
    "SetIndicator MeasureIndicator": indicator,
    "CompleteImplementation SubmitCompletionReport AcceptCompletionReport": ending,
    "WaiveObligation CloseGrant ReopenGrant": ending,
    "InvolveParty EngageExpert RecordCoFinancing RecordCost ReportProgress ReportOutcomes": reporting,
    "RecordLesson ReachCapability RecordClientSurvey PublishResultsStory": reporting,
    "RecordDevelopmentOutcome AttachDocument": reporting,
}
