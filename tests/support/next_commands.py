"""Which commands may come next in a grant's life, for dice that choose among them."""

from random import Random

from second_book.basics import STAGES, State
from support.drawn_commands import ON_GRANT

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
"""The commands that are possible in a stage; those that lead to the next stage stand there more often."""


BEGIN = ["ProposeGrant"] * 3 + ["BringForward"]
"""The commands with which a grant begins."""
DUE = {
    "requested": ["AuthorisePayment", "AuthorisePayment", "RejectPayment"],
    "authorised": [*["DisburseFunds"] * 3, "FailPayment", "RejectPayment", "SuspendGrant"],
    "disbursed": ["FailPayment", "RecordRefund"],
    "failed": ["RecordRefund"],
    "planned": ["RescheduleActivity", "CancelActivity", "HoldActivity"],
    "open": ["FinanceFollowUp", "CompleteFollowUp", "DropFollowUp", "HandOverFollowUp"],
}
"""The commands that may come next for a payment, an activity or a follow-up of this status."""


def items_with_status(state: State) -> list[tuple[str, str]]:
    """Return each payment, activity and follow-up with its status."""
    payments = [(name, payment["is"]) for name, payment in state["payments"].items()]
    return [*payments, *state["activities"].items(), *state["follow_ups"].items()]


def pressing(state: State) -> list[str]:
    """Return commands for what is open: payments, activities, follow-ups, conditions and suspensions."""
    names = [name for _, status in items_with_status(state) for name in DUE.get(status, [])]
    if set(state["conditions"]) - state["met"]:
        names += ["MeetCondition"] * 5
    if state["suspended"]:
        names += ["LiftSuspension", "LiftSuspension", "DisburseFunds", "DisburseFunds"]
    return [name for name in names if state["stage"] in STAGES[name]]


def item_of(state: State, name: str, dice: Random) -> int:
    """Return the number of a payment, activity or follow-up, mostly one that waits for the command."""
    items = [item for item, status in items_with_status(state) if name in DUE.get(status, [])]
    waiting = [int(item[1:]) - 1 for item in items if item[1:].isdigit()]
    return dice.choice(waiting) if waiting and dice.random() < 0.8 else dice.randrange(3)
