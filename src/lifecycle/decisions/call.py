"""Decisions on calls, and what a call asks of the grants that answer it."""

from lifecycle.call.state import Call
from lifecycle.decisions.rules import Command, in_holding_currency, money, window_is_known
from lifecycle.events import call as was
from lifecycle.events import grant as on_grant
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import Grant
from lifecycle.kernel.event import Event
from lifecycle.kernel.refusals import (
    CallAlreadyClosed,
    CallDeadlinePassed,
    CallIdTaken,
    CallIsClosed,
    CallNotOpenYet,
    CallStillOpen,
    CriteriaNotScored,
    ExceedsCallEnvelope,
    UnknownCall,
    WindowNotInCall,
)
from lifecycle.kernel.rule import Rule, in_set
from lifecycle.types.terms import ItemId


class CallCommand(Command):
    """A command on one call."""

    call: ItemId
    """The call's id."""


# ── the call's own facts ─────────────────────────────────────────────────────────────────────


def _open(call: Call | None, e: was.CallOpened, fund: Fund) -> None:
    if call is not None:
        raise CallIdTaken(f"there is a call {call.id}, opened on {call.opened_on}: choose another id")
    in_holding_currency(e.envelope, fund.currency)
    window_is_known(e.window, fund)


def _close(call: Call, e: was.CallClosed, _: Fund) -> None:
    if call.closed_on is not None:
        raise CallAlreadyClosed(f"{call.id} was closed on {call.closed_on}")
    if e.on <= call.closes:
        raise CallStillOpen(f"{call.id} takes proposals until {call.closes}: close it after that day")


def _select(call: Call, e: was.GrantSelected, _: Fund) -> None:
    _not_closed(call, e)


def _not_closed(call: Call, e: Event) -> None:
    if call.closed_on is not None and e.on > call.closed_on:
        raise CallIsClosed(f"{call.id} was closed on {call.closed_on}: nothing more is selected in it")


RULES: dict[type[Event], tuple[Rule, ...]] = {
    was.CallOpened: (Rule(1, _open),),
    was.CallClosed: (Rule(1, _close),),
    was.GrantSelected: (Rule(1, _select),),
}
"""What must be true before each fact of a call, each rule with the number of its rule set."""


def lawful_in(call: Call | None, name: str, event: Event, fund: Fund, rules: int) -> None:
    """Refuse a fact of the call's own that the rules of this number forbid. Raises their refusal."""
    if call is None and not isinstance(event, was.CallOpened):
        raise UnknownCall(f"there is no call {name} on {event.on}: open it first")
    for check in in_set(RULES.get(type(event), ()), rules):
        check(call, event, fund)


def within_envelope(call: Call, fund: Fund) -> None:
    """Refuse selections beyond the envelope, on any day. Raises `ExceedsCallEnvelope`."""
    least, day = call.left.least_from(call.opened_on)
    if least < 0:
        raise ExceedsCallEnvelope(
            f"on {day} the selections of call {call.id} would exceed its envelope of"
            f" {money(call.envelope, fund.currency)} by {money(-least, fund.currency)}"
        )


# ── what a call asks of its grants ───────────────────────────────────────────────────────────


def _answered(call: Call, _: Grant | None, e: on_grant.GrantProposed) -> None:
    if e.on < call.opens:
        raise CallNotOpenYet(f"{call.id} takes proposals from {call.opens} to {call.closes}")
    if e.on > call.closes or (call.closed_on is not None and e.on > call.closed_on):
        raise CallDeadlinePassed(f"{call.id} took proposals from {call.opens} to {call.closes}")
    _of_window(call, e.window)


def _of_window(call: Call, window: str) -> None:
    if window != call.window:
        raise WindowNotInCall(f"{call.id} is for window {call.window}, not {window}")


def _revised(call: Call, _: Grant, e: on_grant.ProposalRevised) -> None:
    if e.window is not None:
        _of_window(call, e.window)


def _reviewed(call: Call, _: Grant, e: on_grant.ProposalReviewed) -> None:
    missing = [name for name in call.criteria if name not in e.scores]
    unknown = [name for name in e.scores if name not in call.criteria]
    if missing or unknown:
        raise CriteriaNotScored(
            f"{call.id} scores {', '.join(call.criteria)}"
            + (f"; missing: {', '.join(missing)}" if missing else "")
            + (f"; not among them: {', '.join(unknown)}" if unknown else "")
        )


def _approved(call: Call, _: Grant, e: on_grant.GrantApproved) -> None:
    _not_closed(call, e)


ASKS: dict[type[Event], tuple[Rule, ...]] = {
    on_grant.GrantProposed: (Rule(1, _answered),),
    on_grant.ProposalRevised: (Rule(1, _revised),),
    on_grant.ProposalReviewed: (Rule(1, _reviewed),),
    on_grant.GrantApproved: (Rule(1, _approved),),
}
"""What a call asks before the facts of its grants, each rule with the number of its rule set."""


def asked_by_call(call: Call | None, name: str, grant: Grant | None, event: Event, rules: int) -> None:
    """Refuse a grant's fact that its call ``name`` forbids by the rules of this number. Raises a refusal."""
    asks = list(in_set(ASKS.get(type(event), ()), rules))
    if not asks:
        return
    if call is None or event.on < call.opened_on:
        raise UnknownCall(f"there is no call {name} on {event.on}: call open makes one")
    for check in asks:
        check(call, grant, event)
