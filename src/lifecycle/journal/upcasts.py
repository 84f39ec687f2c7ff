"""Upcasts: old stored forms of events, made into those of today. Golden files hold each form.

An upcaster takes the flat JSON of its version and returns that of the next. It never guesses: it states what
the old form meant when it was written.
"""

from collections.abc import Callable
from typing import Any

Upcast = Callable[[dict[str, Any]], dict[str, Any]]


def _suspension_had_no_scope(state: dict[str, Any]) -> dict[str, Any]:
    """Until version 2 a suspension stopped everything."""
    return {**state, "scope": "all"}


def _seat_kept_utc(state: dict[str, Any]) -> dict[str, Any]:
    """Until version 2 every fund counted its days in UTC."""
    return {**state, "time_zone": "UTC"}


def _said_less(state: dict[str, Any]) -> dict[str, Any]:
    """Until version 2 it had fewer fields; those that came since may be left out."""
    return state


UPCASTS: dict[tuple[str, int], Upcast] = {
    ("GrantSuspended", 1): _suspension_had_no_scope,
    ("FundEstablished", 1): _seat_kept_utc,
    ("PolicyAdopted", 1): _said_less,
    ("PolicyAdopted", 2): _said_less,
    ("PolicyAdopted", 3): _said_less,
    ("PolicyAdopted", 4): _said_less,
    ("PolicyAdopted", 5): _said_less,
    ("PolicyAdopted", 6): _said_less,
    ("PolicyAdopted", 7): _said_less,
    ("PolicyAdopted", 8): _said_less,
    ("GrantProposed", 1): _said_less,
    ("GrantProposed", 2): _said_less,
    ("GrantProposed", 3): _said_less,
    ("GrantProposed", 4): _said_less,
    ("GrantProposed", 5): _said_less,
    ("ProposalDeclined", 1): _said_less,
    ("GrantBroughtForward", 1): _said_less,
    ("GrantBroughtForward", 2): _said_less,
    ("GrantBroughtForward", 3): _said_less,
    ("ProposalRevised", 1): _said_less,
    ("ProposalRevised", 2): _said_less,
    ("ProposalRevised", 3): _said_less,
    ("ProposalRevised", 4): _said_less,
    ("ProposalRevised", 5): _said_less,
    ("FundingRequested", 1): _said_less,
    ("FundingRequested", 2): _said_less,
    ("GrantRestructured", 1): _said_less,
    ("GrantRestructured", 2): _said_less,
    ("GrantRestructured", 3): _said_less,
    ("ActivityPlanned", 1): _said_less,
    ("ActivityPlanned", 2): _said_less,
    ("ActivityPlanned", 3): _said_less,
    ("ActivityRescheduled", 1): _said_less,
    ("ActivityHeld", 1): _said_less,
    ("ActivityHeld", 2): _said_less,
    ("ActivityHeld", 3): _said_less,
    ("ActivityHeld", 4): _said_less,
    ("CoFinancingRecorded", 1): _said_less,
    ("CostRecorded", 1): _said_less,
    ("ContributionPledged", 1): _said_less,
    ("ContributionAgreed", 1): _said_less,
    ("ContributionAgreed", 2): _said_less,
    ("InstalmentScheduled", 1): _said_less,
    ("InstalmentReceived", 1): _said_less,
    ("FeeCharged", 1): _said_less,
    ("FundsCommitted", 1): _said_less,
    ("CommitmentReleased", 1): _said_less,
    ("CommitmentIncreased", 2): _said_less,
    ("GrantMadeEffective", 1): _said_less,
    ("ClosingDateExtended", 1): _said_less,
    ("FundsReturned", 1): _said_less,
    ("RefundReceived", 1): _said_less,
    ("IrregularPaymentRecorded", 1): _said_less,
    ("IrregularPaymentRecorded", 2): _said_less,
    ("IrregularPaymentRecorded", 3): _said_less,
    ("GrantLapsed", 1): _said_less,
    ("PaymentRequested", 1): _said_less,
    ("PaymentRequested", 2): _said_less,
    ("ClientSurveyRecorded", 1): _said_less,
    ("GrantApproved", 1): _said_less,
    ("CommitmentIncreased", 1): _said_less,
    ("BalanceCancelled", 1): _said_less,
}
"""Upcasts by event name and the version that they begin from."""
