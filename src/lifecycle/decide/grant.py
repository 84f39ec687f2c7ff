"""Commands on a grant: judged on the state of their day, and by what was recorded for later days."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from lifecycle.catalogue import BY_EVENT
from lifecycle.decide.correction.consequences import (
    CLOSURES_REST_ON,
    COMPLETIONS_REST_ON,
    DECISIONS_HOLD_SINCE,
    MONEY_OF_THE_WORLD,
    completed,
    corrected_kind,
    edition_still_in_force,
    split_again,
    standing_closure,
)
from lifecycle.decide.correction.correct_entry import CorrectEntry
from lifecycle.decide.correction.correctors import corrected_by_third, corrections_still_by_third
from lifecycle.decide.correction.target import corrects_something, target_of
from lifecycle.decide.decision import (
    NO_CALLS,
    Calls,
    Decision,
    judged_today,
    no_longer,
    not_in_future,
    place,
    provisional,
    reads_alike,
    spec_of,
)
from lifecycle.decide.likenesses import grant_ids_differ, new_ids_differ
from lifecycle.decide.paired_events import charged
from lifecycle.decide.permission import permit, readings_permitted
from lifecycle.decide.waivers import waived_items_are_there
from lifecycle.fund.state import Fund
from lifecycle.grant import events as on_grant
from lifecycle.grant.call_terms import check_call_terms
from lifecycle.grant.evolve import evolve, fold
from lifecycle.grant.payment.disbursement import no_more_overpaid
from lifecycle.grant.rules import RULES
from lifecycle.grant.state import Grant
from lifecycle.kernel.command import GrantCommand, event_of
from lifecycle.kernel.event import EntryCorrected, Event
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
from lifecycle.types.stage import Stage

_EVENTS: dict[str, type[Event]] = {event.__name__: event for event in on_grant.EVENTS}
_SPECS = BY_EVENT["grant"]
_BEFORE_EFFECTIVENESS = (Stage.PROPOSED, Stage.REQUESTED, Stage.APPROVED, Stage.SIGNED)
_ENDS = (Stage.DECLINED, Stage.WITHDRAWN, Stage.LAPSED, Stage.CANCELLED)
_OF_THE_WORLD = (
    on_grant.ActivityHeld,
    on_grant.PaymentFailed,
    on_grant.RefundReceived,
    on_grant.IrregularPaymentRecorded,
)
"""Events that the fund did not decide."""
_HELD_ONCE_ENDED = 2
"""The rule set from which on an activity is held once it has ended."""
_IDS_AND_ITEMS = 2
"""The rule set from which on ids are held against those of all days, and waivers against their items."""


class Known(NamedTuple):
    """A grant's stream with what follows from it: kept so that the next command need not fold again."""

    entries: tuple[Entry, ...] = ()
    held: tuple[Entry, ...] = ()
    """In force, in the one order."""
    grant: Grant | None = None
    """After all that is held."""

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "Known":
        """From a stream's entries."""
        held = tuple(in_force(entries))
        return cls(tuple(entries), held, fold(held))

    def plus(self, entry: Entry, grant: Grant | None) -> "Known":
        """With one more entry, after which the grant is ``grant``."""
        entries = (*self.entries, entry)
        if isinstance(entry.event, EntryCorrected):
            return Known(entries, tuple(in_force(entries)), grant)
        i = place(self.held, entry.event.on)
        return Known(entries, (*self.held[:i], entry, *self.held[i:]), grant)


def calls_named(known: Known, command: GrantCommand) -> set[str]:
    """The calls that judging the command may need: the grant's own, and one that the command names.

    A correction may bring back one that an earlier entry names.
    """
    # Not `getattr`: for a field that the command has not, pydantic looks everywhere before it says so.
    named = {command.event.__dict__.get("call"), known.grant.call if known.grant is not None else None}
    if isinstance(command, CorrectEntry):
        for event in (command.event, *(entry.event for entry in known.entries)):
            if isinstance(event, EntryCorrected):
                named.add((event.reads or {}).get("call"))
            elif isinstance(event, on_grant.GrantProposed):
                named.add(event.call)
    return {name for name in named if isinstance(name, str)}


RuleKinds = tuple[str, ...]
OF_THE_WORLD: RuleKinds = ("invariants",)
OF_A_CORRECTION: RuleKinds = ("invariants", "balances")
OF_A_DECISION: RuleKinds = ("invariants", "balances", "preconditions")
"""What is asked of the entries dated later when an event of the world arrives or is corrected, when a
decision is corrected, and when a decision arrives late. What the world did is not held back by what was
decided since: a refund learned of after the closure is recorded all the same (domain §1.1)."""


class _Context(NamedTuple):
    """What the rules of a grant's events are asked about, beside the grant itself."""

    fund: Fund
    calls: Calls
    rules: int
    """The number of the rule set that the command is decided by."""

    def ask(self, grant: Grant | None, event: Event, rules: int, kinds: RuleKinds) -> None:
        """Check the rules of the event. Raises the refusal that comes first in the order of checks.

        ``rules``: the number of the rule set that the event was recorded under.
        """
        refusals: list[Refusal] = []
        guards = RULES.get(type(event), NONE)
        for kind in kinds:
            for rule in in_set(getattr(guards, kind), rules):
                try:
                    rule.apply(grant=grant, event=event, fund=self.fund)
                except Refusal as no:
                    refusals.append(no)
        call = event.call if isinstance(event, on_grant.GrantProposed) else grant.call if grant else None
        if call is not None:
            try:
                check_call_terms(self.calls.get(call), call, event, rules)
            except Refusal as no:
                refusals.append(no)
        if refusals:
            raise min(refusals, key=lambda refusal: refusal.order)


class GrantIdTaken(Refusal, order=STAGE, rule="domain §3: ProposeGrant"):
    """Another proposal has this id."""


def decide(  # noqa: PLR0917 what a decision rests on
    known: Known,
    command: GrantCommand,
    fund: Fund,
    recorder: str,
    today: date,
    calls: Calls = NO_CALLS,
    *,
    rules: int = RULE_SET,
) -> Decision:
    """Decide a command on a grant. Raises a `Refusal`, or pydantic's ``ValidationError`` for bad ``reads``.

    ``rules``: the number of the rule set that it is decided by.
    """
    spec, context = spec_of(command), _Context(fund, calls, rules)
    permit(fund, spec, command.event, recorder)
    if isinstance(command, CorrectEntry):
        return _corrected(known, command, context, today)
    if spec.stages == ("",) and known.entries:
        raise GrantIdTaken(f"there is a grant {command.grant}: choose another id")
    late = bool(known.held) and command.on < known.held[-1].event.on
    i = place(known.held, command.on) if late else len(known.held)
    grant = fold(known.held[:i]) if late else known.grant
    in_stage(grant, spec, command.grant, command.on)
    kind = _EVENTS[spec.event]
    make = RULES.get(kind, NONE).made_by
    event = make(grant, command.event, fund) if make else command.event
    judged_today(_happened_by(event, rules), today, lambda: context.ask(grant, event, rules, OF_A_DECISION))
    after: Grant | None = _after(grant, event, command.grant)
    if late and rules >= _IDS_AND_ITEMS:
        new_ids_differ(known.grant, grant, after)
    kinds_later = OF_THE_WORLD if type(event) in _OF_THE_WORLD else OF_A_DECISION
    after = _still_true(after, known.held[i:], known, context, kinds_later)
    if late or type(event) is on_grant.ObligationWaived:
        new = provisional(command, event, len(known.entries) + 1, rules)
        _still_there(known, [*known.held[:i], new, *known.held[i:]], after, context, new.originator_version)
    if late:
        corrections_still_by_third(known.entries, known.held, known.grant, after)
    paid = type(event) is on_grant.IrregularPaymentRecorded
    if not paid:
        no_more_overpaid(known.grant, after)
    return charged(known.grant, after, event, context.fund, context.calls, context.rules, refusing=not paid)


def _happened_by(event: Event, rules: int) -> date:
    """The day that may not lie in the future; under the first rule set also the last one of an activity."""
    if rules < _HELD_ONCE_ENDED and isinstance(event, on_grant.ActivityHeld):
        return max(event.on, event.ends)
    return event.on


def _after(grant: Grant | None, event: Event, name: str) -> Grant:
    after = evolve(grant, event)
    return after if grant is not None else after.replace(id=name)


def in_stage(grant: Grant | None, spec: Spec, name: str, on: date) -> None:
    """Refuse what is not done in the grant's stage."""
    if grant is None:
        if spec.stages != ("",):
            raise UnknownGrant(f"there is no grant {name} on {on}")
        return
    if grant.stage in spec.stages:
        return
    if spec.stages == ("",):
        raise GrantIdTaken(f"there is a grant {name}")
    if grant.stage in _ENDS:
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


def _still_true(
    after: Grant | None, later: Sequence[Entry], known: Known, context: _Context, kinds: RuleKinds
) -> Grant | None:
    """The state after the later entries, each as lawful as before. Raises the first that is not."""
    for entry in later:
        if no := _refusal(after, entry, context, kinds):
            # What such an event or correction has broken before is no reason against the next entry.
            was = _refusal_before(known.held, entry, context, kinds)
            if type(was) is not type(no):
                raise no_longer(entry, no) from no
        after = fold((entry,), after)
    return after


def _refusal(grant: Grant | None, entry: Entry, context: _Context, kinds: RuleKinds) -> Refusal | None:
    event = entry.event
    try:
        in_stage(grant, _SPECS[type(event).__name__], entry.originator_id.removeprefix("grant:"), event.on)
        context.ask(grant, event, entry.rules, kinds)
    except Refusal as no:
        return no
    return None


def _refusal_before(
    held: Sequence[Entry], entry: Entry, context: _Context, kinds: RuleKinds
) -> Refusal | None:
    """What was wrong with the entry already, as the history stood; `None` where it reads otherwise now."""
    place = next((i for i, known in enumerate(held) if reads_alike(known, entry)), None)
    return None if place is None else _refusal(fold(held[:place]), entry, context, kinds)


def _still_there(
    known: Known, held: Sequence[Entry], after: Grant | None, context: _Context, new: int
) -> None:
    """Refuse what makes two ids look alike, or takes away what a waiver names."""
    if context.rules >= _IDS_AND_ITEMS:
        grant_ids_differ(known.grant, after)
        waived_items_are_there(held, known.held, context.fund, new)


def _corrected(known: Known, command: CorrectEntry, context: _Context, today: date) -> Decision:
    if not known.entries or command.on < known.entries[0].event.on:
        raise UnknownGrant(f"there is no grant {command.grant} on {command.on}")
    correction = command.event
    target = target_of(correction, known.entries, context.rules)
    now = next((entry for entry in known.held if entry.originator_version == correction.entry), target)
    told = split_again(event_of(EntryCorrected, correction), now, known.held)
    version = len(known.entries) + 1
    readings = (*known.held, *in_force((*known.entries, provisional(command, told, version, context.rules))))
    corrected_by_third(told, known.entries, readings, known.grant, context.rules)
    event = completed(told, now, context.fund)
    entries = (*known.entries, provisional(command, event, version, context.rules))
    held = in_force(entries)
    before = {entry.originator_version: entry.event for entry in known.held}
    changed = [entry.event for entry in held if before.get(entry.originator_version) != entry.event]
    happened = (_happened_by(one, context.rules) for one in changed)
    days = (command.on, *(entry.event.on for entry in held), *happened)
    not_in_future(max(days), today)
    corrects_something(known.held, held, context.rules)
    if correction.struck and context.rules >= DECISIONS_HOLD_SINCE:
        edition_still_in_force(known.held, held, context.fund)
    kind = corrected_kind(event, entries)
    of_money = kind in MONEY_OF_THE_WORLD
    after = _still_true(None, held, known, context, OF_THE_WORLD if of_money else OF_A_CORRECTION)
    corrections_still_by_third(entries, held, known.grant, after)
    _still_there(known, held, after, context, version)
    if not of_money:
        no_more_overpaid(known.grant, after)
    if kind in COMPLETIONS_REST_ON and context.rules >= DECISIONS_HOLD_SINCE:
        _completion_holds(held, known, context)
    if kind in CLOSURES_REST_ON and context.rules >= DECISIONS_HOLD_SINCE:
        _closure_holds(held, context)
    decision = charged(
        known.grant, after, event, context.fund, context.calls, context.rules, refusing=not of_money
    )
    readings_permitted(context.fund, held, known.held)
    return decision


def _completion_holds(held: Sequence[Entry], known: Known, context: _Context) -> None:
    """Refuse what leaves the grant completed with an activity that is neither held nor cancelled.

    What was so already holds nothing back. Raises `ActivitiesStillPlanned`.
    """
    for i, entry in enumerate(held):
        if not isinstance(entry.event, on_grant.ImplementationCompleted):
            continue
        no = _refusal(fold(held[:i]), entry, context, ("preconditions",))
        if no and type(_refusal_before(known.held, entry, context, ("preconditions",))) is not type(no):
            raise no_longer(entry, no) from no


class ClosureWouldNotHold(Refusal, order=TERMS, rule="domain §3: CorrectEntry"):
    """The grant is closed, and could not have been closed if the entry read so."""


def _closure_holds(held: Sequence[Entry], context: _Context) -> None:
    """Refuse what leaves the grant closed though it could not have been. Raises `ClosureWouldNotHold`.

    A closure that was undone by a reopening is not in force.
    """
    closing = standing_closure(held)
    if closing is None:
        return
    try:
        context.ask(fold(held[: held.index(closing)]), closing.event, closing.rules, ("preconditions",))
    except Refusal as no:
        raise ClosureWouldNotHold(
            f"the closure of {closing.event.on} (entry {closing.originator_version}) would not hold: {no};"
            " reopen the grant first"
        ) from no
