"""Checks who may act and who may record on the day of the act, and that later acts stay permitted."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from lifecycle.catalogue import BY_EVENT
from lifecycle.decide.decision import no_longer, stream_of
from lifecycle.fund.closing import check_fund_open
from lifecycle.fund.parts.appointments import role_spans
from lifecycle.fund.state import Fund
from lifecycle.kernel.command import Command
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.history import (
    Entry,
    in_force,
    kind_of,
    void_corrections,
)
from lifecycle.kernel.likeness import like
from lifecycle.kernel.refusals import NotAnOfficer, RecorderNotAdministrator, Refusal, RoleNotHeld
from lifecycle.kernel.spec import Spec
from lifecycle.types.readings.nearest import did_you_mean


def permit(fund: Fund, spec: Spec, act: Event, recorder: str, *, recorded: bool = False) -> None:
    """Refuse an actor without the role, or a recorder who may not record the act.

    ``recorded``: whether the act is recorded already. An officer who retires on its day could still act.
    Raises `NotAnOfficer`, `RoleNotHeld`, `RecorderNotAdministrator`.
    """
    roles = fund.roles_on(act.actor, act.on, ending=recorded)
    if not roles:
        raise NotAnOfficer(f"{act.actor} holds no role on {act.on}: {_advice(act.actor, fund)}")
    if set(spec.roles).isdisjoint(("any", *roles)):
        other_days = _spans(fund, act.actor, *spec.roles)
        raise RoleNotHeld(
            f"{spec.name} is for {spec.role}; {act.actor} is {', '.join(sorted(roles))} on {act.on}"
            f"{f', and {other_days}' if other_days else ''}"
        )
    if recorder != act.actor and "administrator" not in fund.roles_on(recorder, act.on, ending=recorded):
        raise RecorderNotAdministrator(
            f"{recorder} may enter acts of {recorder} only: acts of {act.actor} are entered by"
            f" {act.actor} or by an administrator"
        )


def permit_command(
    fund: Fund, spec: Spec, command: Command, recorder: str, today: date, *, rules: int
) -> None:
    """Refuse a command whose actor may not act, whose recorder may not record it, or whose fund is closed.

    History that is brought in was decided elsewhere: its actors need no role here, an administrator records
    it, and the fund may be closed. Raises as `permit` does, and `FundIsClosed`.
    """
    if not command.is_history:
        permit(fund, spec, command.event, recorder)
        check_fund_open(fund, kind_of(stream_of(command)), spec.event, command.on, rules)
    elif "administrator" not in fund.roles_on(recorder, today):
        raise RecorderNotAdministrator(
            f"{recorder} is no administrator on {today}: history is brought in by an administrator"
        )


def readings_permitted(fund: Fund, held: Iterable[Entry], before: Iterable[Entry]) -> None:
    """Refuse a correction that moves an entry to a day on which its officer did not have the role.

    ``held``, ``before``: the entries in force after and before the correction. Raises what `permit` raises.
    """
    by_version = {entry.originator_version: entry for entry in before}
    for entry in held:
        was = by_version.get(entry.originator_version)
        if was is None or was.event != entry.event:
            refusal = _refusal(fund, entry)
            if refusal is not None and (was is None or _refusal(fund, was) is None):
                raise no_longer(entry, refusal) from refusal


class RolesTaken(NamedTuple):
    """The officers from whom a change takes a role, and the first day without it."""

    officers: frozenset[str]
    since: date


ActsSince = Callable[[RolesTaken], Iterable[Entry]]
"""Returns what these officers did or recorded on the day or later, in all streams: see `acts_of`."""


def _roles_taken(before: Fund, after: Fund) -> RolesTaken | None:
    """Return the officers from whom the change of the fund takes a role; `None` if it takes none."""
    if before.officers is after.officers:
        return None
    days = dict[str, date]()
    for officer in before.officers | after.officers:
        were, are = (set(fund.officers.get(officer, ())) for fund in (before, after))
        lost = [change.on for change in were - are if change.holds]
        lost += [change.on for change in are - were if not change.holds]
        if lost:
            days[officer] = min(lost)
    return RolesTaken(frozenset(days), min(days.values())) if days else None


def acts_of(taken: RolesTaken, entries: Sequence[Entry]) -> Iterator[Entry]:
    """Yield what these officers did or recorded since in a stream: entries in force, and corrections."""
    corrections = [entry for entry in entries if type(entry.event) is EntryCorrected]
    void = void_corrections(corrections)
    standing = (entry for entry in corrections if entry.originator_version not in void)
    for entry in (*in_force(entries), *standing):
        event = entry.event
        if event.on >= taken.since and not taken.officers.isdisjoint((event.actor, entry.recorder)):
            yield entry


def still_permitted(before: Fund, after: Fund, acts_since: ActsSince) -> None:
    """Refuse to take a role from an officer who has used it since. The refusal names the first such act.

    An act that was not permitted before the change either is no reason to refuse. Raises what `permit`
    raises.
    """
    taken = _roles_taken(before, after)
    acts = () if taken is None else acts_since(taken)
    for entry in sorted(acts, key=lambda act: (act.event.on, act.originator_id, act.originator_version)):
        refusal = _refusal(after, entry)
        if refusal is not None and _refusal(before, entry) is None:
            raise type(refusal)(f"in {entry.originator_id}, {no_longer(entry, refusal)}") from refusal


def _refusal(fund: Fund, entry: Entry) -> Refusal | None:
    spec = BY_EVENT[kind_of(entry.originator_id)].get(type(entry.event).__name__)
    if spec is None or entry.is_history:
        return None  # a paired event, a founding event, or one that was decided elsewhere
    try:
        permit(fund, spec, entry.event, entry.recorder, recorded=True)
    except Refusal as refusal:
        return refusal
    return None


def _advice(actor: str, fund: Fund) -> str:
    """Return what to do about an actor without a role on the day."""
    if actor in fund.officers:
        return f"the officer is {_spans(fund, actor)}"
    similar = like(actor, fund.officers)
    near = f"; did you mean {similar}?" if similar else did_you_mean(actor, fund.officers)
    return near.removeprefix("; ") or "an administrator appoints officers"


def _spans(fund: Fund, officer: str, *roles: str) -> str:
    """Return from which day until which the officer holds each role, or these; an empty text for none."""
    spans = role_spans(fund.officers.get(officer, ()))
    return ", ".join(str(span) for span in spans if not roles or span.role in roles)
