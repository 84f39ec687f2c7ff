"""Calls for proposals: events, state, rules and commands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, model_validator

from lifecycle.fund.establishment import window_is_known
from lifecycle.fund.state import Fund
from lifecycle.kernel.command import CallCommand
from lifecycle.kernel.event import CallEvent, EntryCorrected, Event
from lifecycle.kernel.frozen import Frozen, Mutable, frozen, thawed
from lifecycle.kernel.guards import in_holding_currency, money
from lifecycle.kernel.history import Entry
from lifecycle.kernel.refusals import DATES, STAGE, TERMS, Refusal, UnknownCall
from lifecycle.kernel.rule import NONE, Guards, Rule, Rules, in_set
from lifecycle.types.dated_amount import DatedSums
from lifecycle.types.dates import Day
from lifecycle.types.money import Amount
from lifecycle.types.text import GrantId, Line, Word


class CallOpened(CallEvent):
    """A call for proposals in one window was opened, with an envelope. Recorded by the secretariat."""

    title: Line | None = None
    """The title of the call."""
    window: Word
    """The window of the fund's policy that the proposals are for."""
    envelope: Amount
    """The sum that may be approved in the call; in the holding currency."""
    criteria: Annotated[tuple[Word, ...], Field(min_length=1, max_length=30)]
    """The criteria that each review scores."""
    opens: Day | None = None
    """The first day for proposals; the day of the event if not given."""
    closes: Day
    """The last day for proposals."""

    @model_validator(mode="after")
    def _in_order(self) -> "CallOpened":
        if self.opens is not None and self.opens < self.on:
            raise ValueError(f"opens on {self.opens}, before it was announced on {self.on}")
        if self.closes < (self.opens or self.on):
            raise ValueError(f"closes on {self.closes}, before it opens")
        if len(set(self.criteria)) < len(self.criteria):
            raise ValueError("a criterion is named twice")
        return self


class CallClosed(CallEvent):
    """The call was closed, so that nothing more is selected in it. Recorded by the secretariat."""


class GrantSelected(CallEvent):
    """A grant's approval took part of the envelope. Written with GrantApproved."""

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """The approved amount; in the holding currency."""


class SelectionReleased(CallEvent):
    """A selected grant that did not become effective, or was corrected, gave back part of the envelope.

    Written with GrantLapsed, GrantCancelled or a correction.
    """

    grant: GrantId
    """The grant's id."""
    amount: Amount
    """How much can be selected again; in the holding currency."""


@dataclass
class Call(Frozen):
    """The state of a call. Amounts are in the holding currency."""

    id: str
    title: str | None
    window: str
    envelope: Decimal
    criteria: tuple[str, ...]
    opened_on: date
    """The day on which the call was announced."""
    opens: date
    """The first day for proposals."""
    closes: date
    """The last day for proposals."""
    closed_on: date | None = None
    left: DatedSums = field(default_factory=DatedSums)
    """What is left of the envelope, by day."""

    def thaw(self) -> "MutableCall":
        """Return a copy that events can change."""
        return thawed(self, MutableCall)


class MutableCall(Mutable, Call):
    """A call while events change it in place. A fold freezes it at the end."""

    def freeze(self) -> Call:
        """Freeze it and return it, without a copy."""
        return frozen(self, Call)


def _new_call(name: str, event: Event) -> MutableCall:
    assert isinstance(event, CallOpened), f"{name} begins with {type(event).__name__}"
    return MutableCall(
        id=name,
        title=event.title,
        window=event.window,
        envelope=event.envelope.amount,
        criteria=event.criteria,
        opened_on=event.on,
        opens=event.opens or event.on,
        closes=event.closes,
        left=DatedSums().plus({event.on: event.envelope.amount}),
    )


def _unchanged(_call: MutableCall, _event: CallOpened) -> None:
    """Leave the call as it is: `_new_call` makes it, and no call is opened twice."""


def _call_closed(call: MutableCall, event: CallClosed) -> None:
    call.closed_on = event.on


def _grant_selected(call: MutableCall, event: GrantSelected) -> None:
    call.left = call.left.plus({event.on: -event.amount.amount})


def _selection_released(call: MutableCall, event: SelectionReleased) -> None:
    call.left = call.left.plus({event.on: event.amount.amount})


EVOLVE: dict[type[Event], Callable[[MutableCall, Any], None]] = {
    CallOpened: _unchanged,
    CallClosed: _call_closed,
    GrantSelected: _grant_selected,
    SelectionReleased: _selection_released,
}
"""The function by which each event changes the call in place."""
EVENTS: tuple[type[Event], ...] = (*EVOLVE, EntryCorrected)
"""Every event that a call's stream can hold; the correction is folded by `history`."""


def evolve(call: Call | None, event: Event, name: str) -> Call:
    """Return the call of this id after the event."""
    if call is None:
        return _new_call(name, event).freeze()
    after = call.thaw()
    EVOLVE[type(event)](after, event)
    return after.freeze()


def fold(entries: Iterable[Entry], call: Call | None = None) -> Call | None:
    """Return the call after all entries, from the call before them; `None` if there are no entries."""
    after = None if call is None else call.thaw()
    for entry in entries:
        if after is None:
            after = _new_call(entry.originator_id.removeprefix("call:"), entry.event)
        else:
            EVOLVE[type(entry.event)](after, entry.event)
    return None if after is None else after.freeze()


class CallIdTaken(Refusal, order=STAGE, rule="domain §3: OpenCall"):
    """Another call has this id."""


def _check_opening(call: Call | None, event: CallOpened, fund: Fund) -> None:
    if call is not None:
        raise CallIdTaken(f"there is a call {call.id}, opened on {call.opened_on}: choose another id")
    in_holding_currency(event.envelope, fund.currency)
    window_is_known(event.window, fund)


class CallAlreadyClosed(Refusal, order=STAGE, rule="domain §3: CloseCall"):
    """The call was closed before."""


class CallStillOpen(Refusal, order=DATES, rule="domain §3: CloseCall"):
    """The call takes proposals on that day or later."""


def _check_closing(call: Call, event: CallClosed) -> None:
    if call.closed_on is not None:
        raise CallAlreadyClosed(f"{call.id} was closed on {call.closed_on}")
    if event.on <= call.closes:
        raise CallStillOpen(f"{call.id} takes proposals until {call.closes}: close it after that day")


class CallIsClosed(Refusal, order=DATES, rule="domain §3: CloseCall"):
    """The call was closed, so that nothing more is selected in it."""


def not_closed(call: Call, event: Event) -> None:
    """Refuse an event after the day on which the call was closed. Raises `CallIsClosed`."""
    if call.closed_on is not None and event.on > call.closed_on:
        raise CallIsClosed(f"{call.id} was closed on {call.closed_on}: nothing more is selected in it")


def check_call_rules(call: Call | None, name: str, event: Event, fund: Fund, rules: int) -> None:
    """Refuse an event of the call that breaks a rule of the rule set of this number. Raises a refusal."""
    if call is None and not isinstance(event, CallOpened):
        raise UnknownCall(f"there is no call {name} on {event.on}: open it first")
    for rule in in_set(RULES.get(type(event), NONE).invariants, rules):
        rule.apply(call=call, event=event, fund=fund)


class ExceedsCallEnvelope(Refusal, order=TERMS, rule="domain §3: selections count against the envelope"):
    """The call has less of its envelope left on that day or on a later one."""


def within_envelope(call: Call, fund: Fund) -> None:
    """Refuse selections beyond the envelope on any day. Raises `ExceedsCallEnvelope`."""
    least, day = call.left.least_from(call.opened_on)
    if least < 0:
        raise ExceedsCallEnvelope(
            f"on {day} the selections of call {call.id} would exceed its envelope of"
            f" {money(call.envelope, fund.currency)} by {money(-least, fund.currency)}"
        )


RULES: Rules = {
    CallOpened: Guards(invariants=(Rule(1, _check_opening),)),
    CallClosed: Guards(invariants=(Rule(1, _check_closing),)),
    GrantSelected: Guards(invariants=(Rule(1, not_closed),)),
}
"""The rules of each event, each with the number of the rule set that introduced it."""


class OpenCall(CallCommand[CallOpened]):
    """Open a call for proposals, with an envelope."""


class CloseCall(CallCommand[CallClosed]):
    """Close a call, so that nothing more is selected."""


COMMANDS = (
    OpenCall.spec("call open", "secretariat", (), ("call",)),
    CloseCall.spec("call close", "secretariat", (), ("call",)),
)
"""The commands, as the catalogue lists them."""
