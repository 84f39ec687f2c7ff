"""A grant's payments: the reasons against each event in the grant's state, and the state after it."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from second_book import budget
from second_book.basics import (
    AGAINST_PAYING,
    ENDS,
    GRACE,
    Event,
    State,
    committed,
    days_later,
    in_dollars,
    money,
    months_later,
    pending,
    requesters_of,
    too_like,
    undisbursed,
)
from second_book.pools import pays_after_end


def rules_of(state: State, book: Any) -> State:
    """Return the rules of the grant's window."""
    rules: State = book.edition(state["edition"])["windows"][state["window"]]
    return rules


def payment_request(state: State, event: Event, book: Any) -> Iterator[str]:
    """Request a payment, or record one that the bank paid in breach."""
    is_regular = event["command"] == "RequestPayment"
    if is_regular and not event.get("category"):
        yield "UnknownBudgetLine"
    if event["payment"] in state["payments"]:
        yield "PaymentIdTaken"
    yield from too_like(event["payment"], state["payments"])
    if event.get("of") and event["of"] not in state["payments"]:
        yield "UnknownPayment"
    if not is_regular and event["rule"] not in AGAINST_PAYING:
        yield "UnknownRule"
    if event["actor"] in requesters_of(state, event):
        yield "DecidesOwnRequest"
    amount, line = money(event["amount"]), budget.key(event.get("category"))
    if is_regular and line not in state["lines"]:
        yield "UnknownBudgetLine"
    yield from in_dollars(event)
    if is_regular:
        yield from not_allowed(state, event, book.edition(state["edition"]))
    if is_regular and amount > undisbursed(state) - pending(state):
        yield "?ExceedsUndisbursedBalance"
    if is_regular and amount > budget.left(state, line):
        yield "?ExceedsBudgetLine"
    takes_of_capacity = is_regular and state["lines"][line].get("capacity")
    if takes_of_capacity and budget.beyond_share(state, rules_of(state, book), asked=amount):
        yield "?CapacityShareTooHigh"
    if is_regular and event.get("method") == "advance":
        reasons = (*undocumented(state, event, book), *above_ceiling(state, amount, book))
        yield from (f"?{reason}" for reason in reasons)
    new: State = {"is": "requested", "asked": amount, "by": event["actor"], "out": 0, "back": 0}
    new |= {"line": line, "method": event.get("method") or "direct", "spent": 0, "due": 0}
    if not is_regular:
        doubled = state["payments"].get(event.get("of"), {})
        method = event.get("method") or doubled.get("method", "direct")
        new |= {"is": "disbursed", "by": None, "out": amount, "nth": next_out(state), "method": method}
        new |= {"paid_on": event["on"]}
        state["disbursed"] += amount
    state["payments"] = {**state["payments"], event["payment"]: new}


def not_allowed(state: State, event: Event, edition: State) -> Iterator[str]:
    """Yield the refusal of a method that the edition does not allow for the grant's execution."""
    methods = (edition.get("execution") or {}).get(state["execution"], {}).get("methods")
    if methods and (event.get("method") or "direct") not in methods["value"]:
        yield "MethodNotAllowed"


def outstanding(payment: State) -> Any:
    """Return what of an advance is neither documented nor refunded."""
    if payment.get("method") != "advance":
        return 0
    return max(0, payment["out"] - payment["back"] - payment["spent"])


def is_waived(state: State, name: str) -> bool:
    """Return whether the documentation of the advance is waived."""
    return bool({("advance", None), ("advance", name)} & state["waived"])


def undocumented(state: State, event: Event, book: Any) -> Iterator[str]:
    """Yield the refusal of what advances block that were not documented in time, with how much that is."""
    limit = book.edition(state["edition"]).get("advance_days")
    late = sum(
        outstanding(payment)
        for name, payment in state["payments"].items()
        if limit and outstanding(payment) and not is_waived(state, name)
        if event["on"] > days_later(payment["paid_on"], limit["value"])
    )
    if late:
        yield f"AdvanceUndocumented {late}"


def above_ceiling(state: State, amount: Any, book: Any) -> Iterator[str]:
    """Yield the refusal of an advance above what may be advanced at a time, with how much is above it."""
    ceiling = book.edition(state["edition"]).get("advance_ceiling") or {}
    advanced = amount + sum(outstanding(payment) for payment in state["payments"].values())
    most = [Fraction(money(ceiling["amount"]))] if ceiling.get("amount") else []
    most += [Fraction(committed(state)) * Fraction(ceiling["share"])] if ceiling.get("share") else []
    if most and Fraction(advanced) > min(most):
        yield f"AdvanceAboveCeiling {Fraction(advanced) - min(most)}"


def next_out(state: State) -> int:
    """Return the number of the next payment that goes out."""
    return 1 + max((p.get("nth", 0) for p in state["payments"].values()), default=0)


def rate_fits(event: Event) -> Iterator[str]:
    """Yield the refusal if the paid amount is not the amount at the rate, within the precision of both."""
    if not event.get("rate"):
        return
    paid, rate = event["paid_amount"].split()[0], str(event["rate"])
    if event["paid_amount"].split()[1] == event["amount"].split()[1]:
        yield "SameCurrencyPaid"
    open_to = {text: Fraction(1, 2 * 10 ** len(text.partition(".")[2])) for text in (paid, rate)}
    amount = Fraction(event["amount"].split()[0])
    if abs(amount * Fraction(rate) - Fraction(paid)) > open_to[paid] + amount * open_to[rate]:
        yield "RateDoesNotFit"


def refund(state: State, event: Event, _: Any) -> Iterator[str]:
    """Record a refund of one payment or of several."""
    yield from in_dollars(event)
    amount, split = money(event["amount"]), event.get("split")
    if not event.get("payment"):
        if amount > state["disbursed"] - state["refunded"]:
            yield "RefundExceedsDisbursed"
        if sum(money(part["amount"]) for part in split or ()) != amount:
            yield "SplitDoesNotAddUp"
    state["payments"] = {name: dict(p) for name, p in state["payments"].items()}
    for part in split or [{"payment": event["payment"], "amount": event["amount"]}]:
        if part["payment"] not in state["payments"]:
            yield "UnknownPayment"
        p = state["payments"][part["payment"]]
        if money(part["amount"]) > p["out"] - p["back"]:
            yield "RefundExceedsDisbursed"
        if part["payment"] == "brought-forward":
            budget.give_back(state, p["out"] - p["back"], money(part["amount"]))
        p["back"] += money(part["amount"])
        p["due"] = max(0, min(p.get("due", 0) - money(part["amount"]), outstanding(p)))
    state["refunded"] += amount
    return_to_fund(state, event)


def return_to_fund(state: State, event: Event) -> None:
    """Release what comes back after the grant's end to the fund."""
    if state["stage"] in ENDS.values():
        state["commitments"] = [*state["commitments"], (event["on"], -undisbursed(state))]
        budget.end(state)


def documentation(state: State, event: Event, _: Any) -> Iterator[str]:
    """Document what an advance was spent on."""
    payment = state["payments"].get(event["payment"])
    if payment is None:
        yield "UnknownPayment"
    if payment["is"] != "disbursed" or payment.get("method") != "advance":
        yield "NotAnAdvance"
    yield from budget.unknown_lines(state, event)
    yield from in_dollars(event)
    yield from budget.misstated(state, event)
    amount = money(event["amount"])
    if amount > payment["out"] - payment["back"] - payment["spent"]:
        yield "$ExceedsAdvance"
    otherwise = money(event.get("ineligible") or "0")
    if otherwise > max(0, outstanding(payment) - payment["due"] - amount):
        yield "$ExceedsAdvance"
    spent = {**payment, "spent": payment["spent"] + amount}
    spent["due"] = max(0, min(payment["due"] + otherwise, outstanding(spent)))
    state["payments"] = {**state["payments"], event["payment"]: spent}


def paying(state: State, event: Event, book: Any) -> Iterator[str]:
    """Authorise, reject, disburse and fail a payment."""
    if event["payment"] not in state["payments"]:
        yield "UnknownPayment"
    name, p = event["command"], dict(state["payments"][event["payment"]])
    if p["is"] == "disbursed" and name != "FailPayment":
        yield "PaymentAlreadyDisbursed"
    if p["is"] == "requested" and name in ("DisburseFunds", "FailPayment"):
        yield "PaymentNotAuthorised"
    if p["is"] in ("rejected", "failed") or (name == "FailPayment" and event["payment"] == "brought-forward"):
        yield "PaymentAlreadyFinished"
    if p["is"] == "authorised" and name == "AuthorisePayment":
        yield "PaymentAlreadyAuthorised"
    if event["actor"] in requesters_of(state, event):
        yield "DecidesOwnRequest"
    if name == "DisburseFunds" and event["on"] > months_later(state["closing"], GRACE):
        yield "DisbursementDeadlinePassed"
    if name == "DisburseFunds" and state["suspended"] & {"all", "payments"}:
        yield "PaymentsSuspended"
    amount = money(event.get("amount") or str(p["asked"]))
    if name == "DisburseFunds" and pays_after_end(state, event, book.state_of("fund"), int(amount * 100)):
        yield "~PoolEnded"
    yield from in_dollars(event)
    match name:
        case "AuthorisePayment":
            if amount > p["asked"]:
                yield "ExceedsRequestedAmount"
            p |= {"is": "authorised", "allowed": amount, "allowed_by": event["actor"]}
        case "RejectPayment":
            p["is"] = "rejected"
        case "DisburseFunds":
            if amount > p["allowed"]:
                yield "ExceedsAuthorisedAmount"
            yield from rate_fits(event)
            if amount > undisbursed(state):
                yield "$ExceedsUndisbursedBalance"
            if p["method"] == "advance":
                reasons = (*undocumented(state, event, book), *above_ceiling(state, amount, book))
                yield from (f"${reason}" for reason in reasons)
            p |= {"is": "disbursed", "out": amount, "nth": next_out(state), "paid_on": event["on"]}
            state["disbursed"] += amount
        case _:
            state["disbursed"] -= p["out"] - p["back"]
            p |= {"is": "failed", "out": p["back"], "due": 0}
    state["payments"] = {**state["payments"], event["payment"]: p}
    return_to_fund(state, event)
