"""Decisions on a grant: on the state of the command's day, and by the entries of later days."""

from collections.abc import Sequence
from datetime import date

from lifecycle.decide.correction.consequences import (
    BANK_EVENTS,
    CLOSURES_REST_ON,
    COMPLETIONS_REST_ON,
    DECISIONS_HOLD_SINCE,
    corrected_event_type,
    edition_still_in_force,
    standing_closure,
    with_edition,
    with_split,
)
from lifecycle.decide.correction.correct_entry import CorrectEntry
from lifecycle.decide.correction.correctors import corrected_by_third, corrections_still_by_third
from lifecycle.decide.correction.lines_hold import LINES_HOLD_SINCE, lines_still_hold
from lifecycle.decide.correction.target import corrects_something, target_of
from lifecycle.decide.correction.waivers import waived_items_are_there
from lifecycle.decide.decision import (
    NO_CALLS,
    Calls,
    Decision,
    check_rules_and_day,
    index_for,
    no_longer,
    not_in_future,
    provisional,
    spec_of,
)
from lifecycle.decide.grant_checks import (
    FOR_CORRECTION,
    FOR_DECISION,
    FOR_EXTERNAL_EVENT,
    GrantContext,
    GrantIdTaken,
    in_stage,
    refusal_before,
    refusal_of,
    state_after,
)
from lifecycle.decide.grant_history import GrantHistory, is_late, needs_entries, why_taken
from lifecycle.decide.likenesses import grant_ids_differ, new_ids_differ
from lifecycle.decide.pairs.paired_events import decision_with_pairs
from lifecycle.decide.permission import permit, permit_command, readings_permitted
from lifecycle.directory.state import Directory
from lifecycle.fund.closing import check_closure_holds
from lifecycle.fund.state import Fund
from lifecycle.grant import events as on_grant
from lifecycle.grant.evolve import evolve, fold
from lifecycle.grant.payment.disbursement import no_more_overpaid
from lifecycle.grant.proposal.following import NOT_FOLLOWING, Followed, check_followed
from lifecycle.grant.rules import RULES
from lifecycle.grant.state import Grant
from lifecycle.kernel.command import GrantCommand, event_of
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.history import Entry, in_force
from lifecycle.kernel.refusals import STAGE, TERMS, GrantHasEnded, GrantIsClosed, Refusal, UnknownGrant
from lifecycle.kernel.rule import NONE, RULE_SET
from lifecycle.kernel.spec import Spec
from lifecycle.types.stage import OVER

_EVENTS: dict[str, type[Event]] = {event.__name__: event for event in on_grant.EVENTS}
_EXTERNAL_EVENTS = (
    on_grant.ActivityHeld,
    on_grant.PaymentFailed,
    on_grant.RefundReceived,
    on_grant.IrregularPaymentRecorded,
)
"""Events that happen outside the fund, and are not decided by it."""
_IN_ANY_CASE = (on_grant.IrregularPaymentRecorded, on_grant.GrantBroughtForward)
"""Events that are recorded also if the fund has less than they take (domain §4.2)."""
_HELD_ONCE_ENDED = 2
"""The rule set since which an activity counts as held once it has ended."""
_IDS_AND_ITEMS = 2
"""The rule set since which ids are compared with those of all days, and waivers need their items."""
_LATER_ENTRIES = 100
"""How many later entries are looked at for the one that a refused command waits for."""


def decide(  # noqa: PLR0917 what a decision rests on
    history: GrantHistory,
    command: GrantCommand,
    fund: Fund,
    recorder: str,
    today: date,
    calls: Calls = NO_CALLS,
    directory: Directory | None = None,
    followed: Followed = NOT_FOLLOWING,
    *,
    rules: int = RULE_SET,
) -> Decision:
    """Decide a command on a grant. Raises a `Refusal`, or pydantic's ``ValidationError`` for bad ``reads``.

    ``history``: with its entries if the command `needs_entries`. ``calls``: those that `calls_named` returns.
    ``directory``: if the command `needs_directory`. ``followed``: those that `grants_followed` returns.
    ``rules``: the number of the rule set to decide by.
    """
    spec, context = spec_of(command), GrantContext(fund, calls, rules, directory, followed)
    if isinstance(command, CorrectEntry):
        permit(fund, spec, command.event, recorder)
        return decide_correction(history, command, context, today)
    permit_command(fund, spec, command, recorder, today, rules=rules)
    if spec.stages == ("",) and history.version:
        raise GrantIdTaken(why_taken(history, command.grant))
    before: Grant | None = history.grant
    later: Sequence[Entry] = ()
    if is_late(history, command):
        index = index_for(history.held, command.on)
        before, later = fold(history.held[:index]), history.held[index:]
    event = _event_on_its_day(before, command, context, today, later)
    return _decision_of(event, history, command, context, before=before, later=later)


def _decision_of(
    event: Event,
    history: GrantHistory,
    command: GrantCommand,
    context: GrantContext,
    *,
    before: Grant | None,
    later: Sequence[Entry],
) -> Decision:
    """Decide an event that its own day allows: whether everything else still holds. Raises a `Refusal`.

    ``before``: the grant before the event. ``later``: the entries in force of later days.
    """
    kinds = FOR_EXTERNAL_EVENT if type(event) in _EXTERNAL_EVENTS else FOR_DECISION
    in_any_case = command.is_history or type(event) in _IN_ANY_CASE
    after: Grant | None = evolve(before, event, command.grant)
    if later and context.rules >= _IDS_AND_ITEMS and command.imported_from is None:
        new_ids_differ(history.grant, before, after)
    after = state_after(after, later, history, context, kinds)
    held: list[Entry] = []
    if needs_entries(history, command):
        new = provisional(command, event, history.version + 1, context.rules)
        held = [*history.held[: index_for(history.held, command.on)], new, *later]
        check_ids_and_waivers(history, held, after, context, new)
    if later or isinstance(event, on_grant.LeaderAssigned):
        corrections_still_by_third(history.entries, history.held, history.grant, after)
    if not in_any_case:
        no_more_overpaid(history.grant, after)
    if later and kinds == FOR_DECISION and not in_any_case and context.rules >= LINES_HOLD_SINCE:
        lines_still_hold(history.held, held, event)
    check_followed(command.grant, [event], context.followed, context.rules)
    decision = decision_with_pairs(
        history.grant, after, event, context.fund, context.calls, context.rules, refusing=not in_any_case
    )
    if kinds == FOR_DECISION and not command.is_history:
        _fund_closure_holds(history, decision, context, command.on, held)
    return decision


def _fund_closure_holds(
    history: GrantHistory, decision: Decision, context: GrantContext, on: date, held: Sequence[Entry]
) -> None:
    """Refuse a decision before the fund's closure after which the fund could not have been closed.

    ``on``: the first day that it may change. ``held``: the entries in force with it; empty if they were not
    read, because none is of a later day. Raises `FundClosureWouldNotHold`.
    """
    before, after, closed_on = history.grant, decision.grant, context.fund.closed_on
    if closed_on is None or on >= closed_on:
        return
    if held and held[-1].on > closed_on:
        before, after = (fold(entries[: index_for(entries, closed_on)]) for entries in (history.held, held))
    was_over = before is None or before.stage in OVER
    runs = after is not None and after.stage not in OVER
    still_open = f"{after.id} would be {after.stage}" if after is not None and runs and was_over else None
    check_closure_holds(context.fund, decision.fund, still_open)


def _event_on_its_day(
    grant: Grant | None, command: GrantCommand, context: GrantContext, today: date, later: Sequence[Entry]
) -> Event:
    """Return the event that the command becomes. Raises a `Refusal` if its day does not allow it.

    ``grant``: its state on that day. ``later``: the entries in force of later days; the refusal of a stage
    names the one after which the command would be possible.
    """
    try:
        return _event_on(grant, command, context, today)
    except Refusal as refusal:
        if later and refusal.order == STAGE:
            raise _with_later_entry(refusal, grant, command, context, later) from None
        raise


def _event_on(grant: Grant | None, command: GrantCommand, context: GrantContext, today: date) -> Event:
    """Return the event that the command becomes on this state. Raises a `Refusal` if it is not allowed."""
    spec, rules, origin = spec_of(command), context.rules, command.imported_from
    in_stage(grant, spec, command.grant, command.on, is_history=command.is_history)
    event = _event_made(grant, command, spec, context.fund)
    last_day = _last_day(event, rules)
    check_rules_and_day(lambda: context.check(grant, event, rules, FOR_DECISION, origin), last_day, today)
    return event


def _with_later_entry(
    refusal: Refusal,
    grant: Grant | None,
    command: GrantCommand,
    context: GrantContext,
    later: Sequence[Entry],
) -> Refusal:
    """Return the refusal of a late command, with the later entry after which it would not be refused so."""
    for entry in later[:_LATER_ENTRIES]:
        grant = fold((entry,), grant)
        try:
            _event_on(grant, command, context, command.on)
        except Refusal as other:
            if type(other) in {type(refusal), GrantHasEnded, GrantIsClosed}:
                continue
        event = entry.event
        name = f"entry {entry.originator_version} ({type(event).__name__}) is of {event.on}"
        return type(refusal)(f"{refusal}; {name}, which is after {command.on}")
    return refusal


def _event_made(grant: Grant | None, command: GrantCommand, spec: Spec, fund: Fund) -> Event:
    """Return the event that the command becomes. Raises a `Refusal` if it cannot be made."""
    guards = RULES.get(_EVENTS[spec.event], NONE)
    make = (guards.made_in_history if command.is_history else None) or guards.made_by
    return make(grant, command.event, fund) if make else command.event


def _last_day(event: Event, rules: int) -> date:
    """Return the day that must not lie in the future: under the first rule set, an activity's last day."""
    if rules < _HELD_ONCE_ENDED and isinstance(event, on_grant.ActivityHeld):
        return max(event.on, event.ends)
    return event.on


def check_ids_and_waivers(
    history: GrantHistory, held: Sequence[Entry], after: Grant | None, context: GrantContext, new: Entry
) -> None:
    """Refuse a change after which two ids look alike, or a waiver names an item that is not there.

    An imported id may look like another.
    """
    if context.rules >= _IDS_AND_ITEMS:
        if new.imported_from is None:
            grant_ids_differ(history.grant, after)
        waived_items_are_there(held, history.held, context.fund, new.originator_version)


def decide_correction(
    history: GrantHistory, command: CorrectEntry, context: GrantContext, today: date
) -> Decision:
    """Decide a correction of a grant's entry: all entries in force are checked again. Raises a `Refusal`."""
    if not history.entries or command.on < history.entries[0].event.on:
        raise UnknownGrant(f"there is no grant {command.grant} on {command.on}")
    correction, rules = command.event, context.rules
    target = target_of(correction, history.entries, rules)
    now = next((entry for entry in history.held if entry.originator_version == correction.entry), target)
    event = _correction_made(history, command, now, context)
    entries = (*history.entries, provisional(command, event, len(history.entries) + 1, rules))
    held = in_force(entries)
    before = {entry.originator_version: entry.event for entry in history.held}
    changed = [entry.event for entry in held if before.get(entry.originator_version) != entry.event]
    last_days = (_last_day(changed_event, rules) for changed_event in changed)
    not_in_future(max((command.on, *(entry.on for entry in held), *last_days)), today)
    corrects_something(history.held, held, rules)
    if correction.struck and rules >= DECISIONS_HOLD_SINCE:
        edition_still_in_force(history.held, held, context.fund)
    event_type = corrected_event_type(event, entries)
    is_of_bank = event_type in BANK_EVENTS
    after = state_after(None, held, history, context, FOR_EXTERNAL_EVENT if is_of_bank else FOR_CORRECTION)
    corrections_still_by_third(entries, held, history.grant, after)
    check_ids_and_waivers(history, held, after, context, entries[-1])
    if not is_of_bank:
        no_more_overpaid(history.grant, after)
    if not is_of_bank and rules >= LINES_HOLD_SINCE:
        lines_still_hold(history.held, held, next(iter(changed), now.event), corrected=True)
    _ends_hold(event_type, held, history, context)
    check_followed(command.grant, changed, context.followed, rules)
    is_covered = not is_of_bank and event_type is not on_grant.GrantBroughtForward
    decision = decision_with_pairs(
        history.grant, after, event, context.fund, context.calls, rules, refusing=is_covered
    )
    if not is_of_bank:
        _fund_closure_holds(history, decision, context, date.min, held)
    readings_permitted(context.fund, held, history.held)
    return decision


def _correction_made(
    history: GrantHistory, command: CorrectEntry, now: Entry, context: GrantContext
) -> EntryCorrected:
    """Return the correction with what the book adds to it. Raises a `Refusal` if its officer may not correct.

    ``now``: the entry that is corrected, as it reads now.
    """
    event = with_split(event_of(EntryCorrected, command.event), now, history.held)
    new = provisional(command, event, len(history.entries) + 1, context.rules)
    readings = (*history.held, *in_force((*history.entries, new)))
    corrected_by_third(event, history.entries, readings, history.grant, context.rules)
    return with_edition(event, now, context.fund)


def _ends_hold(
    event_type: type[Event], held: Sequence[Entry], history: GrantHistory, context: GrantContext
) -> None:
    """Refuse a correction after which the grant could not have been completed, or closed.

    ``event_type``: of the entry that is corrected. Raises `ActivitiesStillPlanned`, `ClosureWouldNotHold`.
    """
    if context.rules < DECISIONS_HOLD_SINCE:
        return
    if event_type in COMPLETIONS_REST_ON:
        _completion_holds(held, history, context)
    if event_type in CLOSURES_REST_ON:
        _closure_holds(held, context)


def _completion_holds(held: Sequence[Entry], history: GrantHistory, context: GrantContext) -> None:
    """Refuse a correction after which the grant is completed and an activity is still planned.

    A completion that did not hold before is no reason to refuse. Raises `ActivitiesStillPlanned`.
    """
    for index, entry in enumerate(held):
        if not isinstance(entry.event, on_grant.ImplementationCompleted):
            continue
        refusal = refusal_of(fold(held[:index]), entry, context, ("preconditions",))
        was = refusal_before(history.held, entry, context, ("preconditions",)) if refusal else None
        if refusal and type(was) is not type(refusal):
            raise no_longer(entry, refusal) from refusal


class ClosureWouldNotHold(Refusal, order=TERMS, rule="domain §3: CorrectEntry"):
    """The grant is closed, and could not have been closed if the entry had read so."""


def _closure_holds(held: Sequence[Entry], context: GrantContext) -> None:
    """Refuse a correction after which the grant could not have been closed. Raises `ClosureWouldNotHold`.

    A closure that a reopening has undone is not checked.
    """
    closing = standing_closure(held)
    if closing is None:
        return
    try:
        before = fold(held[: held.index(closing)])
        context.check(before, closing.event, closing.rules, ("preconditions",), closing.imported_from)
    except Refusal as refusal:
        raise ClosureWouldNotHold(
            f"the closure of {closing.event.on} (entry {closing.originator_version}) would not hold:"
            f" {refusal}; reopen the grant first"
        ) from refusal
