"""Decisions on a grant: on the state of the command's day, and by the entries of later days."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from lifecycle.catalogue import BY_EVENT
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
from lifecycle.decide.decision import (
    NO_CALLS,
    Calls,
    Decision,
    check_rules_and_day,
    index_for,
    no_longer,
    not_in_future,
    provisional,
    reads_the_same,
    spec_of,
)
from lifecycle.decide.grant_history import GrantHistory, is_late, needs_entries, why_taken
from lifecycle.decide.likenesses import grant_ids_differ, new_ids_differ
from lifecycle.decide.pairs.paired_events import decision_with_pairs
from lifecycle.decide.permission import permit, permit_command, readings_permitted
from lifecycle.decide.waivers import waived_items_are_there
from lifecycle.directory.naming import check_named
from lifecycle.directory.state import Directory
from lifecycle.fund.closing import check_closure_holds, check_fund_open
from lifecycle.fund.state import Fund
from lifecycle.grant import events as on_grant
from lifecycle.grant.amendment.team import NotOfTheTeam, acts_in_team
from lifecycle.grant.evolve import evolve, fold
from lifecycle.grant.payment.disbursement import no_more_overpaid
from lifecycle.grant.proposal.call_terms import check_call_terms
from lifecycle.grant.proposal.following import NOT_FOLLOWING, Followed, check_followed
from lifecycle.grant.rules import RULES
from lifecycle.grant.state import Grant
from lifecycle.kernel.command import GrantCommand, event_of
from lifecycle.kernel.event import EntryCorrected, Event, ImportedFrom
from lifecycle.kernel.history import Entry, in_force
from lifecycle.kernel.refusals import (
    STAGE,
    TERMS,
    GrantHasEnded,
    GrantIsClosed,
    NotInStage,
    NotYetEffective,
    Refusal,
    UnknownGrant,
)
from lifecycle.kernel.rule import NONE, RULE_SET, in_set
from lifecycle.kernel.spec import Spec
from lifecycle.types.stage import ENDED_EARLY, Stage

_EVENTS: dict[str, type[Event]] = {event.__name__: event for event in on_grant.EVENTS}
_SPECS = BY_EVENT["grant"]
_BEFORE_EFFECTIVENESS = (Stage.PROPOSED, Stage.REQUESTED, Stage.APPROVED, Stage.SIGNED)
_OVER = (Stage.CLOSED, *ENDED_EARLY)
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
_OF_THE_TEAM = 3
"""The rule set since which an edition can leave the acts of a team leader to the grant's own team."""
_LATER_ENTRIES = 100
"""How many later entries are looked at for the one that a refused command waits for."""


RuleKinds = tuple[str, ...]
FOR_EXTERNAL_EVENT: RuleKinds = ("invariants",)
FOR_CORRECTION: RuleKinds = ("invariants", "balances")
FOR_DECISION: RuleKinds = ("invariants", "balances", "preconditions")
"""The rules by which entries of later days are checked again: after an external event or its correction,
after the correction of a decision, and after a late decision. An external event is recorded whatever was
decided since: so is a refund that becomes known after the closure (domain §1.1)."""
OF_HISTORY: RuleKinds = ("arithmetic",)
"""The rules of an event that was brought in as history, whenever it is looked at (domain §14)."""


class _Context(NamedTuple):
    """What the rules of a grant's events need beside the grant itself."""

    fund: Fund
    calls: Calls
    rules: int
    """The number of the rule set to decide the command by."""
    directory: Directory | None = None
    """As it is known now; `None` if nothing that is checked names an institution."""
    followed: Followed = NOT_FOLLOWING
    """The grants that the decision names as followed, and those that they follow."""

    def check(
        self, grant: Grant | None, event: Event, rules: int, kinds: RuleKinds, origin: ImportedFrom | None
    ) -> None:
        """Check an event by its rules. Raises the `Refusal` that comes first in the order of checks.

        ``rules``: the number of the rule set under which the event was recorded. ``origin``: where it was
        imported from. History is checked by arithmetic alone, and an imported id may look like another.
        """
        refusals: list[Refusal] = []
        guards = RULES.get(type(event), NONE)
        is_history = origin is not None and origin.mode == "history"
        kinds = OF_HISTORY if is_history else kinds
        if grant is not None and not is_history and rules >= _OF_THE_TEAM:
            try:
                acts_in_team(grant, event, _SPECS[type(event).__name__], self.fund)
            except NotOfTheTeam as refusal:
                refusals.append(refusal.with_traceback(None))
        for kind in kinds:
            for rule in in_set(getattr(guards, kind), rules):
                try:
                    rule.apply(grant=grant, event=event, fund=self.fund)
                except Refusal as refusal:
                    if origin is None or refusal.binds_imports:
                        refusals.append(refusal.with_traceback(None))  # which holds this list
        call = event.call if isinstance(event, on_grant.GrantProposed) else grant.call if grant else None
        if call is not None and not is_history:
            try:
                check_call_terms(self.calls.get(call), call, event, rules)
            except Refusal as refusal:
                refusals.append(refusal.with_traceback(None))
        if self.directory is not None:
            try:
                check_named(self.directory, event, rules)
            except Refusal as refusal:
                refusals.append(refusal.with_traceback(None))
        if refusals:
            raise min(refusals, key=lambda refusal: refusal.order)


class GrantIdTaken(Refusal, order=STAGE, rule="domain §3: ProposeGrant"):
    """Another proposal has this id."""


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
    spec, context = spec_of(command), _Context(fund, calls, rules, directory, followed)
    if isinstance(command, CorrectEntry):
        permit(fund, spec, command.event, recorder)
        return decide_correction(history, command, context, today)
    permit_command(fund, spec, command, recorder, today)
    if not command.is_history:
        check_fund_open(fund, "grant", spec.event, command.on, rules)
    if spec.stages == ("",) and history.version:
        raise GrantIdTaken(why_taken(history, command.grant))
    late, with_entries = is_late(history, command), needs_entries(history, command)
    index = index_for(history.held, command.on) if with_entries else 0
    grant = fold(history.held[:index]) if late else history.grant
    try:
        event = _event_on(grant, command, context, today)
    except Refusal as refusal:
        if late and refusal.order == STAGE:
            raise _with_later_entry(refusal, grant, command, context, history.held[index:]) from None
        raise
    origin = command.imported_from
    after: Grant | None = evolve(grant, event, command.grant)
    if late and rules >= _IDS_AND_ITEMS and origin is None:
        new_ids_differ(history.grant, grant, after)
    later_rules = FOR_EXTERNAL_EVENT if type(event) in _EXTERNAL_EVENTS else FOR_DECISION
    if late:
        after = _state_after(after, history.held[index:], history, context, later_rules)
    if with_entries:
        new = provisional(command, event, history.version + 1, rules)
        held = [*history.held[:index], new, *history.held[index:]]
        check_ids_and_waivers(history, held, after, context, new)
    if late or isinstance(event, on_grant.LeaderAssigned):
        corrections_still_by_third(history.entries, history.held, history.grant, after)
    in_any_case = command.is_history or type(event) in _IN_ANY_CASE
    if not in_any_case:
        no_more_overpaid(history.grant, after)
    if late and later_rules == FOR_DECISION and not in_any_case and rules >= LINES_HOLD_SINCE:
        lines_still_hold(history.held, held, event)
    check_followed(command.grant, [event], followed, rules)
    decision = decision_with_pairs(
        history.grant, after, event, context.fund, context.calls, context.rules, refusing=not in_any_case
    )
    if later_rules == FOR_DECISION and not command.is_history:
        _fund_closure_holds(history, decision, context, command.on, held if late else ())
    return decision


def _fund_closure_holds(
    history: GrantHistory, decision: Decision, context: _Context, on: date, held: Sequence[Entry] = ()
) -> None:
    """Refuse a decision before the fund's closure after which the fund could not have been closed.

    ``on``: the first day that it may change. ``held``: the entries in force with it, if any are of later
    days. Raises `FundClosureWouldNotHold`.
    """
    before, after, closed_on = history.grant, decision.grant, context.fund.closed_on
    if closed_on is None or on >= closed_on:
        return
    if held and held[-1].on > closed_on:
        before, after = (fold(entries[: index_for(entries, closed_on)]) for entries in (history.held, held))
    was_over = before is None or before.stage in _OVER
    runs = after is not None and after.stage not in _OVER
    still_open = f"{after.id} would be {after.stage}" if after is not None and runs and was_over else None
    check_closure_holds(context.fund, decision.fund, still_open)


def _event_on(grant: Grant | None, command: GrantCommand, context: _Context, today: date) -> Event:
    """Return the event that the command becomes on this state. Raises a `Refusal` if it is not allowed."""
    spec, rules, origin = spec_of(command), context.rules, command.imported_from
    in_stage(grant, spec, command.grant, command.on, is_history=command.is_history)
    event = _event_made(grant, command, spec, context.fund)
    last_day = _last_day(event, rules)
    check_rules_and_day(lambda: context.check(grant, event, rules, FOR_DECISION, origin), last_day, today)
    return event


def _with_later_entry(
    refusal: Refusal, grant: Grant | None, command: GrantCommand, context: _Context, later: Sequence[Entry]
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


def in_stage(grant: Grant | None, spec: Spec, name: str, on: date, *, is_history: bool = False) -> None:
    """Refuse a command that is not possible in the grant's stage.

    ``is_history``: whether it was brought in as history. Then only the grant has to be there.

    Raises `UnknownGrant`, `GrantIdTaken`, `GrantHasEnded`, `GrantIsClosed`, `NotYetEffective`, `NotInStage`.
    """
    if grant is None:
        if spec.stages != ("",):
            raise UnknownGrant(f"there is no grant {name} on {on}")
        return
    if grant.stage in spec.stages or (is_history and spec.stages != ("",)):
        return
    if spec.stages == ("",):
        raise GrantIdTaken(f"there is a grant {name}")
    if grant.stage in ENDED_EARLY:
        raise GrantHasEnded(
            f"{grant.id} was {grant.stage} on {grant.ended_on}: {spec.words} is not possible after it"
        )
    if grant.stage is Stage.CLOSED:
        raise GrantIsClosed(f"{grant.id} was closed on {grant.closed_on}: an approver can reopen it")
    if grant.stage in _BEFORE_EFFECTIVENESS and not set(spec.stages) & set(_BEFORE_EFFECTIVENESS):
        raise NotYetEffective(f"{grant.id} is {grant.stage} on {on}: it has to be effective first")
    raise NotInStage(
        f"{grant.id} is {grant.stage} on {on}; {spec.words} is done while {' or '.join(spec.stages)}"
    )


def _state_after(
    grant: Grant | None, later: Sequence[Entry], history: GrantHistory, context: _Context, kinds: RuleKinds
) -> Grant | None:
    """Return the state after the later entries. Raises the first `Refusal` that was not there before.

    ``grant``: the state before them. ``history``: the grant without the new entry.
    """
    for entry in later:
        if refusal := _refusal(grant, entry, context, kinds):
            # An entry that was unlawful before the change, and as far, is no reason to refuse the change.
            was = _refusal_before(history.held, entry, context, kinds)
            if was is None or type(was) is not type(refusal) or refusal.excess > was.excess:
                raise no_longer(entry, refusal) from refusal
        grant = fold((entry,), grant)
    return grant


def _refusal(grant: Grant | None, entry: Entry, context: _Context, kinds: RuleKinds) -> Refusal | None:
    """Return the refusal that a recorded entry would get on this state, or `None`."""
    event = entry.event
    closed_on = context.fund.closed_on
    try:
        spec, name = _SPECS[type(event).__name__], entry.originator_id.removeprefix("grant:")
        if closed_on is not None and event.on > closed_on and not entry.is_history:
            check_fund_open(context.fund, "grant", spec.event, event.on, entry.rules)
        in_stage(grant, spec, name, event.on, is_history=entry.is_history)
        context.check(grant, event, entry.rules, kinds, entry.imported_from)
    except Refusal as refusal:
        return refusal
    return None


def _refusal_before(
    held: Sequence[Entry], entry: Entry, context: _Context, kinds: RuleKinds
) -> Refusal | None:
    """Return the refusal that the entry would get before the change; `None` if it reads otherwise now."""
    index = next((i for i, earlier in enumerate(held) if reads_the_same(earlier, entry)), None)
    return None if index is None else _refusal(fold(held[:index]), entry, context, kinds)


def check_ids_and_waivers(
    history: GrantHistory, held: Sequence[Entry], after: Grant | None, context: _Context, new: Entry
) -> None:
    """Refuse a change after which two ids look alike, or a waiver names an item that is not there.

    An imported id may look like another.
    """
    if context.rules >= _IDS_AND_ITEMS:
        if new.imported_from is None:
            grant_ids_differ(history.grant, after)
        waived_items_are_there(held, history.held, context.fund, new.originator_version)


def decide_correction(
    history: GrantHistory, command: CorrectEntry, context: _Context, today: date
) -> Decision:
    """Decide a correction of a grant's entry: all entries in force are checked again. Raises a `Refusal`."""
    if not history.entries or command.on < history.entries[0].event.on:
        raise UnknownGrant(f"there is no grant {command.grant} on {command.on}")
    correction = command.event
    target = target_of(correction, history.entries, context.rules)
    now = next((entry for entry in history.held if entry.originator_version == correction.entry), target)
    with_its_split = with_split(event_of(EntryCorrected, correction), now, history.held)
    version = len(history.entries) + 1
    new = provisional(command, with_its_split, version, context.rules)
    readings = (*history.held, *in_force((*history.entries, new)))
    corrected_by_third(with_its_split, history.entries, readings, history.grant, context.rules)
    event = with_edition(with_its_split, now, context.fund)
    entries = (*history.entries, provisional(command, event, version, context.rules))
    held = in_force(entries)
    before = {entry.originator_version: entry.event for entry in history.held}
    changed = [entry.event for entry in held if before.get(entry.originator_version) != entry.event]
    last_days = (_last_day(changed_event, context.rules) for changed_event in changed)
    days = (command.on, *(entry.event.on for entry in held), *last_days)
    not_in_future(max(days), today)
    corrects_something(history.held, held, context.rules)
    if correction.struck and context.rules >= DECISIONS_HOLD_SINCE:
        edition_still_in_force(history.held, held, context.fund)
    event_type = corrected_event_type(event, entries)
    is_of_bank = event_type in BANK_EVENTS
    kinds = FOR_EXTERNAL_EVENT if is_of_bank else FOR_CORRECTION
    after = _state_after(None, held, history, context, kinds)
    corrections_still_by_third(entries, held, history.grant, after)
    check_ids_and_waivers(history, held, after, context, entries[-1])
    if not is_of_bank:
        no_more_overpaid(history.grant, after)
    if not is_of_bank and context.rules >= LINES_HOLD_SINCE:
        lines_still_hold(history.held, held, next(iter(changed), now.event), corrected=True)
    if event_type in COMPLETIONS_REST_ON and context.rules >= DECISIONS_HOLD_SINCE:
        _completion_holds(held, history, context)
    if event_type in CLOSURES_REST_ON and context.rules >= DECISIONS_HOLD_SINCE:
        _closure_holds(held, context)
    check_followed(command.grant, changed, context.followed, context.rules)
    is_covered = not is_of_bank and event_type is not on_grant.GrantBroughtForward
    decision = decision_with_pairs(
        history.grant, after, event, context.fund, context.calls, context.rules, refusing=is_covered
    )
    if not is_of_bank:
        _fund_closure_holds(history, decision, context, date.min, held)
    readings_permitted(context.fund, held, history.held)
    return decision


def _completion_holds(held: Sequence[Entry], history: GrantHistory, context: _Context) -> None:
    """Refuse a correction after which the grant is completed and an activity is still planned.

    A completion that did not hold before is no reason to refuse. Raises `ActivitiesStillPlanned`.
    """
    for index, entry in enumerate(held):
        if not isinstance(entry.event, on_grant.ImplementationCompleted):
            continue
        refusal = _refusal(fold(held[:index]), entry, context, ("preconditions",))
        was = _refusal_before(history.held, entry, context, ("preconditions",)) if refusal else None
        if refusal and type(was) is not type(refusal):
            raise no_longer(entry, refusal) from refusal


class ClosureWouldNotHold(Refusal, order=TERMS, rule="domain §3: CorrectEntry"):
    """The grant is closed, and could not have been closed if the entry had read so."""


def _closure_holds(held: Sequence[Entry], context: _Context) -> None:
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
