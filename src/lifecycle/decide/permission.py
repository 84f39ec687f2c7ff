"""Checks who may act and who may record on the day of the act, and that later acts stay permitted."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from lifecycle.catalogue import BY_EVENT
from lifecycle.decide.decision import no_longer
from lifecycle.fund.state import Fund
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


def permit(fund: Fund, spec: Spec, act: Event, recorder: str, *, recorded: bool = False) -> None:
    """Refuse an officer who may not act, or may not record. Raises the refusal of officer and role.

    ``recorded``: the act is recorded already. An officer who retires on that day still acted as one.
    """
    roles = fund.roles_on(act.actor, act.on, ending=recorded)
    if not roles:
        meant = like(act.actor, fund.officers)
        hint = f"did you mean {meant}?" if meant else "an administrator appoints officers"
        raise NotAnOfficer(f"{act.actor} holds no role on {act.on}: {hint}")
    if spec.role not in ("any", *roles):
        raise RoleNotHeld(
            f"{spec.name} is for {spec.role}; {act.actor} is {', '.join(sorted(roles))} on {act.on}"
        )
    if recorder != act.actor and "administrator" not in fund.roles_on(recorder, act.on, ending=recorded):
        raise RecorderNotAdministrator(
            f"{recorder} may enter acts of {recorder} only: acts of {act.actor} are entered by"
            f" {act.actor} or by an administrator"
        )


def readings_permitted(fund: Fund, held: Iterable[Entry], before: Iterable[Entry]) -> None:
    """Refuse a correction after which an entry is of a day on which its officer had not the role.

    ``held``, ``before``: what is in force after it and before it. Raises the refusal of officer and role.
    """
    read = {entry.originator_version: entry for entry in before}
    for entry in held:
        was = read.get(entry.originator_version)
        if was is None or was.event != entry.event:
            no = _refusal(fund, entry)
            if no is not None and (was is None or _refusal(fund, was) is None):
                raise no_longer(entry, no) from no


class Taken(NamedTuple):
    """Officers from whom a role is taken, and the first day of that."""

    officers: frozenset[str]
    since: date


ActsSince = Callable[[Taken], Iterable[Entry]]
"""Finds what these officers did or recorded on the day or later, in whatever stream: see `acts_of`."""


def _taken(before: Fund, after: Fund) -> Taken | None:
    """From whom the change of the fund takes a role; `None` where it only gives some."""
    if before.officers is after.officers:
        return None
    days = dict[str, date]()
    for officer in before.officers | after.officers:
        were, are = (set(fund.officers.get(officer, ())) for fund in (before, after))
        less = [one.on for one in were - are if one.holds] + [one.on for one in are - were if not one.holds]
        if less:
            days[officer] = min(less)
    return Taken(frozenset(days), min(days.values())) if days else None


def acts_of(taken: Taken, entries: Sequence[Entry]) -> Iterator[Entry]:
    """What these officers did or recorded since, of a stream's entries: as it reads now, and corrections."""
    corrections = [entry for entry in entries if type(entry.event) is EntryCorrected]
    void = void_corrections(corrections)
    standing = (entry for entry in corrections if entry.originator_version not in void)
    for entry in (*in_force(entries), *standing):
        event = entry.event
        if event.on >= taken.since and not taken.officers.isdisjoint((event.actor, entry.recorder)):
            yield entry


def still_permitted(before: Fund, after: Fund, acts_since: ActsSince) -> None:
    """Refuse to take a role from an officer who has used it since. Raises the refusal of officer and role.

    The first such act is named. One for which the role was not there before holds nothing back.
    """
    taken = _taken(before, after)
    acts = () if taken is None else acts_since(taken)
    for entry in sorted(acts, key=lambda act: (act.event.on, act.originator_id, act.originator_version)):
        no = _refusal(after, entry)
        if no is not None and _refusal(before, entry) is None:
            raise type(no)(f"in {entry.originator_id}, {no_longer(entry, no)}") from no


def _refusal(fund: Fund, entry: Entry) -> Refusal | None:
    spec = BY_EVENT[kind_of(entry.originator_id)].get(type(entry.event).__name__)
    if spec is None:
        return None  # it follows from another entry, or founded the book
    try:
        permit(fund, spec, entry.event, entry.recorder, recorded=True)
    except Refusal as no:
        return no
    return None
