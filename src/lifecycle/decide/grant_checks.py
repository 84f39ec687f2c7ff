"""Checks of an event of a grant: those of its own day, and those of the entries of later days."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from lifecycle.catalogue import BY_EVENT
from lifecycle.decide.decision import Calls, no_longer, reads_the_same
from lifecycle.decide.grant_history import GrantHistory
from lifecycle.directory.naming import check_named
from lifecycle.directory.state import Directory
from lifecycle.fund.closing import check_fund_open
from lifecycle.fund.state import Fund
from lifecycle.grant import events as on_grant
from lifecycle.grant.amendment.team import NotOfTheTeam, acts_in_team
from lifecycle.grant.evolve import fold
from lifecycle.grant.proposal.call_terms import check_call_terms
from lifecycle.grant.proposal.following import NOT_FOLLOWING, Followed
from lifecycle.grant.rules import RULES
from lifecycle.grant.state import Grant
from lifecycle.kernel.event import Event, ImportedFrom
from lifecycle.kernel.history import Entry
from lifecycle.kernel.refusals import (
    STAGE,
    GrantHasEnded,
    GrantIsClosed,
    NotInStage,
    NotYetEffective,
    Refusal,
    UnknownGrant,
)
from lifecycle.kernel.rule import NONE, in_set
from lifecycle.kernel.spec import Spec
from lifecycle.types.stage import ENDED_EARLY, Stage

_SPECS = BY_EVENT["grant"]
_BEFORE_EFFECTIVENESS = (Stage.PROPOSED, Stage.REQUESTED, Stage.APPROVED, Stage.SIGNED)
_OF_THE_TEAM = 3
"""The rule set since which an edition can leave the acts of a team leader to the grant's own team."""

RuleKinds = tuple[str, ...]
FOR_EXTERNAL_EVENT: RuleKinds = ("invariants",)
FOR_CORRECTION: RuleKinds = ("invariants", "balances")
FOR_DECISION: RuleKinds = ("invariants", "balances", "preconditions")
"""The rules by which entries of later days are checked again: after an external event or its correction,
after the correction of a decision, and after a late decision. An external event is recorded whatever was
decided since: so is a refund that becomes known after the closure (domain §1.1)."""
OF_HISTORY: RuleKinds = ("arithmetic",)
"""The rules of an event that was brought in as history, whenever it is looked at (domain §14)."""


class GrantContext(NamedTuple):
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


def state_after(
    grant: Grant | None,
    later: Sequence[Entry],
    history: GrantHistory,
    context: GrantContext,
    kinds: RuleKinds,
) -> Grant | None:
    """Return the state after the later entries. Raises the first `Refusal` that was not there before.

    ``grant``: the state before them. ``history``: the grant without the new entry.
    """
    for entry in later:
        if refusal := refusal_of(grant, entry, context, kinds):
            # An entry that broke the same rule before the change, by as much, is no reason to refuse it.
            was = refusal_before(history.held, entry, context, kinds)
            if was is None or type(was) is not type(refusal) or refusal.excess > was.excess:
                raise no_longer(entry, refusal) from refusal
        grant = fold((entry,), grant)
    return grant


def refusal_of(grant: Grant | None, entry: Entry, context: GrantContext, kinds: RuleKinds) -> Refusal | None:
    """Return the refusal that a recorded entry would get on this state, or `None`."""
    event = entry.event
    try:
        spec, name = _SPECS[type(event).__name__], entry.originator_id.removeprefix("grant:")
        if not entry.is_history:
            check_fund_open(context.fund, "grant", spec.event, event.on, entry.rules, recorded=True)
        in_stage(grant, spec, name, event.on, is_history=entry.is_history)
        context.check(grant, event, entry.rules, kinds, entry.imported_from)
    except Refusal as refusal:
        return refusal
    return None


def refusal_before(
    held: Sequence[Entry], entry: Entry, context: GrantContext, kinds: RuleKinds
) -> Refusal | None:
    """Return the refusal that the entry would get before the change; `None` if it reads otherwise now."""
    index = next((i for i, earlier in enumerate(held) if reads_the_same(earlier, entry)), None)
    return None if index is None else refusal_of(fold(held[:index]), entry, context, kinds)
