"""Decisions on a call. Its stream is short, so every command is decided on all entries."""

from collections.abc import Sequence
from datetime import date

from lifecycle.call import call as on_call
from lifecycle.call.call import Call, check_call_rules, evolve, within_envelope
from lifecycle.decide.correction.correct_entry import CorrectCallEntry
from lifecycle.decide.correction.target import corrects_something, only_more_time, target_of
from lifecycle.decide.decision import (
    Decision,
    check_rules_and_day,
    index_for,
    no_longer,
    none_moves_behind_closure,
    not_in_future,
    provisional,
    spec_of,
)
from lifecycle.decide.permission import permit_command, readings_permitted
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
    """Decide a command on the call whose stream has these entries. Raises a `Refusal`.

    ``rules``: the number of the rule set to decide by.
    """
    permit_command(fund, spec_of(command), command, recorder, today, rules=rules)
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
        none_moves_behind_closure("call", before, held, fund, rules)
        call = _checked_call(held, command.call, fund)
        readings_permitted(fund, held, before)
        return Decision(event, (), None, fund, {command.call: call})
    new = provisional(command, event, len(entries) + 1, rules)
    index = index_for(before, command.on)
    held = [*before[:index], new, *before[index:]]
    calls = {}

    def check() -> None:
        calls[command.call] = _checked_call(held, command.call, fund, new)

    check_rules_and_day(check, command.on, today)
    return Decision(event, (), None, fund, calls)


def _opening(held: Sequence[Entry]) -> on_call.CallOpened:
    """Return the call's opening as it reads. It can be corrected, but never struck."""
    return next(entry.event for entry in held if isinstance(entry.event, on_call.CallOpened))


def _checked_call(held: Sequence[Entry], name: str, fund: Fund, new: Entry | None = None) -> Call:
    """Return the call after the entries in force.

    Raises a `Refusal` if an event is not lawful or the envelope is exceeded. ``new``: the entry of the
    command.
    """
    call: Call | None = None
    for entry in held:
        try:
            check_call_rules(call, name, entry.event, fund, entry.rules)
        except Refusal as refusal:
            if entry is new:
                raise
            raise no_longer(entry, refusal) from refusal
        call = evolve(call, entry.event, name)
    assert call is not None
    within_envelope(call, fund)
    return call
