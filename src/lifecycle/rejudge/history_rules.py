"""Which rules of the shell an entry would have broken that was brought in as history.

Such an entry was judged by arithmetic alone (domain §14). An auditor wants to know what it would have met if
it had been typed here: an officer without the role, another stage, one officer on both sides.
"""

from collections.abc import Iterator, Sequence

from lifecycle.catalogue import BY_EVENT
from lifecycle.decide.grant_checks import in_stage
from lifecycle.decide.permission import permit
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import steps
from lifecycle.grant.rules import RULES, requesters
from lifecycle.grant.state import Grant
from lifecycle.kernel.guards import by_another_officer
from lifecycle.kernel.history import Entry, kind_of
from lifecycle.kernel.refusals import DecidesOwnRequest, Refusal
from lifecycle.kernel.rule import NONE, RULE_SET, in_set
from lifecycle.kernel.spec import Spec

_KINDS = ("invariants", "balances", "preconditions")


def broken_rules(held: Sequence[Entry], fund: Fund) -> Iterator[tuple[Entry, Refusal]]:
    """Yield each entry of a stream that was brought in as history, with each refusal that it would have met.

    At most one for the role, one for an officer on both sides, and one by the stage and the rules. The
    money of the fund and the terms of a call are not asked; of the fund and of calls only the role is.
    ``held``: the stream's entries in force, by day and version. ``fund``: its officers and editions.
    """
    if not any(entry.is_history for entry in held):
        return
    is_grant = kind_of(held[0].originator_id) == "grant"
    grant: Grant | None = None
    states = steps(held) if is_grant else iter(())
    for entry in held:
        if entry.is_history:
            specs = BY_EVENT[kind_of(entry.originator_id)]
            spec = specs[type(entry.event).__name__]
            refusals = [_of_officer(entry, spec, fund)]
            refusals += _of_grant(grant, entry, spec, fund) if is_grant else []
            yield from ((entry, refusal) for refusal in refusals if refusal is not None)
        # The state is one object, which the next entry changes.
        _, grant = next(states, (entry, None))


def _of_officer(entry: Entry, spec: Spec, fund: Fund) -> Refusal | None:
    """Return the refusal of the officer who acted. Whoever recorded it was asked for when it was recorded."""
    try:
        permit(fund, spec, entry.event, entry.event.actor, recorded=True)
    except Refusal as refusal:
        return refusal
    return None


def _of_grant(grant: Grant | None, entry: Entry, spec: Spec, fund: Fund) -> list[Refusal | None]:
    """Return the refusal of an officer on both sides, and the first other one by the stage and the rules."""
    own = None if grant is None else _of_requesters(grant, entry)
    others = _by_stage_and_rules(grant, entry, spec, fund)
    if own is not None:
        others = [refusal for refusal in others if not isinstance(refusal, DecidesOwnRequest)]
    return [own, min(others, key=lambda refusal: refusal.order, default=None)]


def _by_stage_and_rules(grant: Grant | None, entry: Entry, spec: Spec, fund: Fund) -> list[Refusal]:
    """Return the refusal by the grant's stage; if the stage allows the act, those by the event's rules."""
    try:
        in_stage(grant, spec, entry.originator_id.removeprefix("grant:"), entry.on)
    except Refusal as refusal:
        return [refusal]
    refusals: list[Refusal] = []
    guards = RULES.get(type(entry.event), NONE)
    for kind in _KINDS:
        for rule in in_set(getattr(guards, kind), RULE_SET):
            try:
                rule.apply(grant=grant, event=entry.event, fund=fund)
            except Refusal as refusal:
                refusals.append(refusal)
    return refusals


def _of_requesters(grant: Grant, entry: Entry) -> Refusal | None:
    """Return the refusal of an officer who decided what the same officer had asked for."""
    try:
        asked = requesters(grant, entry.event, RULE_SET, entry.on)
        by_another_officer(entry.event.actor, "decide it", *asked)
    except Refusal as refusal:
        return refusal
    return None
