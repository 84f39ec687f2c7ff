"""The rules of a call for the grants that answer it."""

from lifecycle.call.call import Call, not_closed
from lifecycle.grant.proposal.request import GrantProposed, ProposalRevised
from lifecycle.grant.proposal.review import GrantApproved, ProposalReviewed
from lifecycle.kernel.event import Event
from lifecycle.kernel.refusals import DATES, TERMS, Refusal, UnknownCall
from lifecycle.kernel.rule import NONE, Guards, Rule, Rules, in_set


class CallNotOpenYet(Refusal, order=DATES, rule="domain §3: OpenCall"):
    """The proposal is before the first day on which the call takes proposals."""


class CallDeadlinePassed(Refusal, order=DATES, rule="domain §3: a call's proposals are in time"):
    """The proposal is after the last day on which the call takes proposals."""


def _check_proposal(call: Call, event: GrantProposed) -> None:
    if event.on < call.opens:
        raise CallNotOpenYet(f"{call.id} takes proposals from {call.opens} to {call.closes}")
    if event.on > call.closes or (call.closed_on is not None and event.on > call.closed_on):
        raise CallDeadlinePassed(f"{call.id} took proposals from {call.opens} to {call.closes}")
    _check_window(call, event.window)


class WindowNotInCall(Refusal, order=TERMS, rule="domain §3: OpenCall"):
    """The call is for another window."""


def _check_window(call: Call, window: str) -> None:
    if window != call.window:
        raise WindowNotInCall(f"{call.id} is for window {call.window}, not {window}")


def _check_revision(call: Call, event: ProposalRevised) -> None:
    if event.window is not None:
        _check_window(call, event.window)


class CriteriaNotScored(Refusal, order=TERMS, rule="domain §3: reviews score the call's criteria"):
    """The review does not score exactly the criteria of the call."""


def _check_scores(call: Call, event: ProposalReviewed) -> None:
    missing = [name for name in call.criteria if name not in event.scores]
    unknown = [name for name in event.scores if name not in call.criteria]
    if missing or unknown:
        raise CriteriaNotScored(
            f"{call.id} scores {', '.join(call.criteria)}"
            + (f"; missing: {', '.join(missing)}" if missing else "")
            + (f"; not among them: {', '.join(unknown)}" if unknown else "")
        )


def check_call_terms(call: Call | None, name: str, event: Event, rules: int) -> None:
    """Refuse a grant's event that breaks a rule of the call ``name``. Raises a refusal.

    ``call``: the call as it stands before the event; ``rules``: the number of the rule set.
    """
    checks = list(in_set(RULES.get(type(event), NONE).invariants, rules))
    if not checks:
        return
    if call is None or event.on < call.opened_on:
        raise UnknownCall(f"there is no call {name} on {event.on}: call open makes one")
    for rule in checks:
        rule.apply(call=call, event=event)


RULES: Rules = {
    GrantProposed: Guards(invariants=(Rule(1, _check_proposal),)),
    ProposalRevised: Guards(invariants=(Rule(1, _check_revision),)),
    ProposalReviewed: Guards(invariants=(Rule(1, _check_scores),)),
    GrantApproved: Guards(invariants=(Rule(1, not_closed),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""
