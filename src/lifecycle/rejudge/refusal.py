"""A refusal judged again as far as it can be: of the command only who, what, when and why not was kept."""

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

from lifecycle.catalogue import OF_QUARANTINES, ROWS
from lifecycle.decide.grant import in_stage
from lifecycle.decide.permission import permit
from lifecycle.fund.state import Fund
from lifecycle.grant.evolve import fold
from lifecycle.kernel import refusals
from lifecycle.kernel.event import Event
from lifecycle.kernel.history import QUARANTINES, grant_stream
from lifecycle.kernel.refusals import (
    OFFICER,
    CommandIdReused,
    DatedInFuture,
    Refusal,
    RowIsLawful,
    RowIsQuarantined,
    UnknownRow,
)
from lifecycle.kernel.rule import RULE_SET
from lifecycle.kernel.spec import Spec
from lifecycle.rejudge.entry import Lawless, Past, first_day_at
from lifecycle.rejudge.possible_refusals import refusable

_MAY_END_LATER = ("HoldActivity", "CorrectEntry")
"""Commands that name other days than their own."""
_OF_QUARANTINES = (DatedInFuture, RowIsLawful, RowIsQuarantined, UnknownRow)
"""Why a row is not set aside, whoever asks for it."""


class Refused(NamedTuple):
    """What is kept of a refused command."""

    command: str
    about: str
    """``grant``, ``fund`` or ``call``."""
    name: str
    """Of the grant or the call."""
    on: date
    actor: str
    recorder: str
    refusal: str
    recorded_at: datetime
    rules: int
    """The number of the rule set that was in force."""


def refused_again(asked: Refused, past: Past, reused: Callable[[], bool]) -> None:
    """Check a refusal on what was known when it was given. Raises `Lawless`.

    ``reused``: whether its command id had been given before, to another command.
    """
    kind = getattr(refusals, asked.refusal, None)
    if not (isinstance(kind, type) and issubclass(kind, Refusal)) or kind is Refusal:
        raise Lawless(f"{asked.refusal} is no refusal that there is")
    quarantine = f"{asked.about}:{asked.name}" == QUARANTINES and asked.command in OF_QUARANTINES
    row = OF_QUARANTINES[asked.command] if quarantine else ROWS.get(asked.about, {}).get(asked.command)
    if row is None:
        raise Lawless(f"{asked.command} is no command on a {asked.about}")
    if kind is CommandIdReused:
        if not reused():
            raise Lawless("its command id had not been given to another command before")
        return
    if _for_the_officer(asked, row, kind, past.fund):
        return
    today = first_day_at(asked.recorded_at, past.fund)
    if kind is DatedInFuture and asked.command not in _MAY_END_LATER and asked.on <= today:
        raise Lawless(f"{asked.on} was not in the future on {today}")
    if quarantine and kind not in _OF_QUARANTINES:
        raise Lawless(f"{asked.refusal} is no refusal that {asked.command} can get")
    if asked.rules == RULE_SET and not quarantine:
        _possible(asked, row, kind, past)


def _for_the_officer(asked: Refused, row: Spec, kind: type[Refusal], fund: Fund) -> bool:
    """Whether it was refused because of who acted or recorded. Raises `Lawless` if it is wrong about them."""
    act = Event.model_construct(on=asked.on, actor=asked.actor)
    try:
        permit(fund, row, act, asked.recorder)
    except Refusal as no:
        if type(no) is not kind:
            raise Lawless(f"{no}, and so it would have been refused as {no.name}") from None
        return True
    if kind.order == OFFICER and asked.about == "grant" and asked.command != "CorrectEntry":
        raise Lawless(
            f"{asked.actor} held the role {row.role} on {asked.on}, and {asked.recorder} could record it"
        )
    return False


def _possible(asked: Refused, row: Spec, kind: type[Refusal], past: Past) -> None:
    """The refusal is one that the command can get, in the stage in which the grant was."""
    later = asked.about != "grant"
    if asked.about == "grant":
        known = past.grant(grant_stream(asked.name))
        later = bool(known.held) and asked.on < known.held[-1].event.on
        if asked.command != "CorrectEntry":
            _in_its_stage(asked, row, kind, past)
    if asked.refusal not in refusable(asked.about, asked.command, later=later):
        raise Lawless(f"{asked.refusal} is no refusal that {asked.command} can get")


def _in_its_stage(asked: Refused, row: Spec, kind: type[Refusal], past: Past) -> None:
    known = past.grant(grant_stream(asked.name))
    grant = fold(entry for entry in known.held if entry.event.on <= asked.on)
    if row.stages == ("",) and known.entries:
        return  # its id is taken, whatever the stage
    try:
        in_stage(grant, row, asked.name, asked.on)
    except Refusal as no:
        if type(no) is not kind:
            raise Lawless(f"{no}, and so it would have been refused as {no.name}") from None
