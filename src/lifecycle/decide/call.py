"""Commands on a call's stream. It is short, so every command looks at the whole of it."""

from collections.abc import Sequence
from datetime import date

from lifecycle.call import call as on_call
from lifecycle.call.call import Call, check_call_rules, evolve, within_envelope
from lifecycle.decide.correction.correct_entry import CorrectCallEntry
from lifecycle.decide.correction.target import corrects_something, only_more_time, target_of
from lifecycle.decide.decision import (
    Decision,
    judged_today,
    no_longer,
    not_in_future,
    place,
    provisional,
    spec_of,
)
from lifecycle.decide.permission import permit, readings_permitted
from lifecycle.fund.state import Fund
from lifecycle.kernel.command import CallCommand, event_of
from lifecycle.kernel.event import EntryCorrected
from lifecycle.kernel.history import Entry, in_force
from lifecycle.kernel.refusals import Refusal, UnknownCall
from lifecycle.kernel.rule import RULE_SET


def decide(
    entries: Sequence[Entry],
    command: CallCommand,
    fund: Fund,
    recorder: str,
    today: date,
    *,
    rules: int = RULE_SET,
) -> Decision:
    """Decide a command on the call whose stream holds ``entries``. Raises a `Refusal`.

    ``rules``: the number of the rule set that it is judged by.
    """
    spec = spec_of(command)
    permit(fund, spec, command.event, recorder)
    before = in_force(entries)
    event = (
        event_of(EntryCorrected, command.event) if isinstance(command, CorrectCallEntry) else command.event
    )
    if isinstance(command, CorrectCallEntry):
        if not entries:
            raise UnknownCall(f"there is no call {command.call}")
        target_of(command.event, entries, rules)
        held = in_force((*entries, provisional(command, event, len(entries) + 1, rules)))
        only_more_time(_opening(before), _opening(held))
        not_in_future(max(command.on, held[-1].event.on), today)
        corrects_something(before, held, rules)
        call = _call_still_true(held, command.call, fund)
        readings_permitted(fund, held, before)
        return Decision(event, (), None, fund, {command.call: call})
    new = provisional(command, event, len(entries) + 1, rules)
    i = place(before, command.on)
    held = [*before[:i], new, *before[i:]]
    judged = {}

    def judge() -> None:
        judged[command.call] = _call_still_true(held, command.call, fund, new)

    judged_today(command.on, today, judge)
    return Decision(event, (), None, fund, judged)


def _opening(held: Sequence[Entry]) -> on_call.CallOpened:
    """What the call was opened with: it is corrected, also by striking a correction, and never struck."""
    return next(entry.event for entry in held if isinstance(entry.event, on_call.CallOpened))


def _call_still_true(held: Sequence[Entry], name: str, fund: Fund, new: Entry | None = None) -> Call:
    """The call after all that is held, every event lawful, the envelope never exceeded."""
    call: Call | None = None
    for entry in held:
        try:
            check_call_rules(call, name, entry.event, fund, entry.rules)
        except Refusal as no:
            if entry is new:
                raise
            raise no_longer(entry, no) from no
        call = evolve(call, entry.event, name)
    assert call is not None
    within_envelope(call, fund)
    return call
