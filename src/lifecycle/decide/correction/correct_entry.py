"""The commands that correct or strike an entry of a grant, of the fund or of a call."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import model_validator
from pydantic_core import PydanticSerializationError, to_json

from lifecycle.call import call as call_events
from lifecycle.fund import events as fund_events
from lifecycle.grant import events as grant_events
from lifecycle.kernel.command import CallCommand, FundCommand, GrantCommand
from lifecycle.kernel.event import Draft, EntryCorrected, Event
from lifecycle.kernel.history import corrected_event
from lifecycle.kernel.listed_codes import Fault, faults
from lifecycle.kernel.spec import ANY
from lifecycle.types.decimals import Find, amounts_named, as_written
from lifecycle.types.money import can_be_added_up


class _Correction(Draft, EntryCorrected):
    AMOUNTS: ClassVar[Mapping[str, Find]]
    """What finds the amounts in the fields that may be corrected, by their names."""

    @model_validator(mode="after")
    def _one_way(self) -> "_Correction":
        if (self.reads is None) == (self.struck is None):
            raise ValueError("give either reads (the fields as they should be) or struck")
        if self.reads is not None and (not self.reads or "actor" in self.reads):
            raise ValueError(
                "reads names fields of the event, not its actor: strike the entry and record anew"
            )
        try:
            to_json({"reads": [self.reads]})  # any value may stand in it, so none was held against a type
        except PydanticSerializationError:
            raise ValueError("reads holds half a character, or is nested too deeply: no field is") from None
        finds = [(name, find) for name in self.reads or () if (find := self.AMOUNTS.get(name))]
        for name, find in finds:
            as_written(find((self.reads or {})[name], f"reads.{name}"))
        can_be_added_up(self.reads, "reads", written=True)
        return self


class GrantCorrection(_Correction):
    """A correction of an entry of a grant."""

    AMOUNTS = amounts_named(grant_events.EVENTS)


class FundCorrection(_Correction):
    """A correction of an entry of the fund."""

    AMOUNTS = amounts_named(fund_events.EVENTS)


class CallCorrection(_Correction):
    """A correction of an entry of a call."""

    AMOUNTS = amounts_named(call_events.EVENTS)


class CorrectEntry(GrantCommand[GrantCorrection]):
    """Correct or strike an entry."""

    BECOMES = EntryCorrected


class CorrectFundEntry(FundCommand[FundCorrection]):
    """Correct or strike an entry of the fund."""

    NAME = "CorrectEntry"
    BECOMES = EntryCorrected


class CorrectCallEntry(CallCommand[CallCorrection]):
    """Correct or strike an entry of a call."""

    NAME = "CorrectEntry"
    BECOMES = EntryCorrected


def faults_of_reading(now: Event, changes: dict[str, object]) -> list[Fault]:
    """What no list has of the fields that a correction names, on the day of the entry as it will read.

    If the day itself changes, the other fields are held against the lists of the new day as well, but not
    those that no list had before. Raises pydantic's ``ValidationError`` for changes that make no event.
    """
    then = corrected_event(now, changes)
    before = {where for where, _ in faults(now, now.on)} if then.on != now.on else None
    return [
        (where, what)
        for where, what in faults(then, then.on)
        if where[0] in changes or (before is not None and where not in before)
    ]


COMMANDS = {
    "grant": CorrectEntry.spec("grant correct", "approver", ANY, ("grant", "entry")),
    "fund": CorrectFundEntry.spec("fund correct", "approver", (), ("entry",)),
    "call": CorrectCallEntry.spec("call correct", "approver", (), ("call", "entry")),
}
"""How a correction is asked for, by what it is about."""
