"""Judging a refusal again, on what was known when it was given."""

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

from lifecycle.catalogue import OF_QUARANTINES, SPECS
from lifecycle.decide.grant_checks import in_stage
from lifecycle.decide.permission import permit
from lifecycle.decide.quarantined_rows import RowIsLawful, RowIsQuarantined, UnknownRow
from lifecycle.fund.closing import CloseFund, FundIsClosed, closed_before
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import fold
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import QUARANTINES, grant_stream
from lifecycle.kernel.refusals import OFFICER, CommandIdReused, DatedInFuture, Refusal, every_refusal
from lifecycle.kernel.rule import RULE_SET
from lifecycle.kernel.spec import Spec
from lifecycle.rejudge.entry import Lawless, Past, first_day_at, last_day_at
from lifecycle.rejudge.possible_refusals import CORRECTIONS, refusable

_MAY_END_LATER = ("HoldActivity", *CORRECTIONS)
"""Commands that name other days than their own."""
_OF_QUARANTINES = (DatedInFuture, RowIsLawful, RowIsQuarantined, UnknownRow)
"""Refusals that a quarantine can get whoever the officer is."""
_BY_NAME = {refusal.__name__: refusal for refusal in every_refusal()}
"""All refusals that a command can get, by name."""


class Refused(NamedTuple):
    """A refused command, from the columns of its refusal."""

    command: str
    about: str
    """``grant``, ``fund``, ``call`` or ``directory``."""
    name: str
    """The id of the grant or the call; empty for others."""
    on: date
    actor: str
    recorder: str
    refusal: str
    recorded_at: datetime
    rules: int
    """The number of the rule set that was in force."""
    is_history: bool = False
    """Whether it was to be brought in as history."""


def check_refusal(refused: Refused, past: Past, is_reused: Callable[[], bool]) -> None:
    """Raise `Lawless` if the refusal was wrong by what was known when it was given.

    ``is_reused``: returns whether another command had its command id before.
    """
    refusal_class = _BY_NAME.get(refused.refusal)
    if refusal_class is None:
        raise Lawless(f"{refused.refusal} is the name of no refusal")
    is_quarantine = f"{refused.about}:{refused.name}" == QUARANTINES and refused.command in OF_QUARANTINES
    spec = (
        OF_QUARANTINES[refused.command]
        if is_quarantine
        else SPECS.get(refused.about, {}).get(refused.command)
    )
    if spec is None:
        raise Lawless(f"{refused.command} is no command on a {refused.about}")
    if refusal_class is CommandIdReused:
        if not is_reused():
            raise Lawless("its command id had not been given to another command before")
        return
    if _is_about_officer(refused, spec, refusal_class, past.fund):
        return
    today = first_day_at(refused.recorded_at, past.fund)
    if refusal_class is DatedInFuture and refused.command not in _MAY_END_LATER and refused.on <= today:
        raise Lawless(f"{refused.on} was not in the future on {today}")
    if is_quarantine and refusal_class not in _OF_QUARANTINES:
        raise Lawless(f"{refused.refusal} is no refusal that {refused.command} can get")
    if refused.rules == RULE_SET and not is_quarantine:
        _check_possible(refused, spec, refusal_class, past)


def _is_about_officer(refused: Refused, spec: Spec, refusal_class: type[Refusal], fund: Fund) -> bool:
    """Return whether the refusal is about who acted or recorded. Raises `Lawless` if it is wrong."""
    act = Event.model_construct(on=refused.on, actor=refused.actor)
    if refused.is_history and refused.command != "CorrectEntry":
        return _is_about_bringing_in(refused, refusal_class, fund)
    try:
        permit(fund, spec, act, refused.recorder)
    except Refusal as refusal:
        if type(refusal) is not refusal_class:
            raise Lawless(f"{refusal}, and so it would have been refused as {refusal.name}") from None
        return True
    if refusal_class.order == OFFICER and refused.about == "grant" and refused.command != "CorrectEntry":
        held = f"{refused.actor} held the role {spec.role} on {refused.on}"
        raise Lawless(f"{held}, and {refused.recorder} could record it")
    return False


def _is_about_bringing_in(refused: Refused, refusal_class: type[Refusal], fund: Fund) -> bool:
    """Return whether the recorder was no administrator, who alone brings history in. Raises `Lawless`."""
    day = last_day_at(refused.recorded_at, fund)
    may_bring_in = "administrator" in fund.roles_on(refused.recorder, day)
    if may_bring_in == (refusal_class.order == OFFICER):
        raise Lawless(f"{refused.recorder} is {'an' if may_bring_in else 'no'} administrator on {day}")
    return not may_bring_in


def _check_possible(refused: Refused, spec: Spec, refusal_class: type[Refusal], past: Past) -> None:
    """Raise `Lawless` if the command cannot get the refusal, or not in the grant's stage."""
    if _is_of_closed_fund(refused, spec, refusal_class, past.fund):
        return
    later = refused.about != "grant"
    if refused.about == "grant":
        history = past.grant(grant_stream(refused.name))
        later = bool(history.held) and refused.on < history.held[-1].event.on
        if refused.command != "CorrectEntry":
            _check_stage(refused, spec, refusal_class, past)
    if refused.refusal not in refusable(refused.about, refused.command, later=later):
        raise Lawless(f"{refused.refusal} is no refusal that {refused.command} can get")


def _is_of_closed_fund(refused: Refused, spec: Spec, refusal_class: type[Refusal], fund: Fund) -> bool:
    """Return whether the fund's closure causes the refusal. Raises `Lawless` if it causes another."""
    refusal = None if refused.is_history else closed_before(fund, refused.about, spec.event, refused.on)
    if refusal is not None and type(refusal) is not refusal_class:
        raise Lawless(f"{refusal}, and so it would have been refused as {refusal.name}")
    may_be_of_other_days = refused.command in (*CORRECTIONS, CloseFund.NAME)
    if refusal is None and refusal_class is FundIsClosed and not may_be_of_other_days:
        raise Lawless(f"the fund was not closed on {refused.on}")
    return refusal is not None


def _check_stage(refused: Refused, spec: Spec, refusal_class: type[Refusal], past: Past) -> None:
    """Raise `Lawless` if the grant's stage causes another refusal."""
    history = past.grant(grant_stream(refused.name))
    grant = fold(entry for entry in history.held if entry.event.on <= refused.on)
    if spec.stages == ("",) and history.entries:
        return  # its id is taken, whatever the stage
    try:
        in_stage(grant, spec, refused.name, refused.on, is_history=refused.is_history)
    except Refusal as refusal:
        if type(refusal) is not refusal_class:
            raise Lawless(f"{refusal}, and so it would have been refused as {refusal.name}") from None
