"""The commands that correct or strike an entry of a grant, of the fund, of a call or of the directory."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, ClassVar

from pydantic import model_validator
from pydantic_core import PydanticSerializationError, to_json

from lifecycle.call import call as call_events
from lifecycle.directory import events as directory_events
from lifecycle.fund import events as fund_events
from lifecycle.grant import events as grant_events
from lifecycle.kernel.command import CallCommand, DirectoryCommand, FundCommand, GrantCommand
from lifecycle.kernel.event import Draft, EntryCorrected, Event
from lifecycle.kernel.history import corrected_event
from lifecycle.kernel.listed_codes import Fault, faults
from lifecycle.kernel.spec import ANY
from lifecycle.types.decimals import Find, amounts_named, check_decimals_of, has_too_many_decimals
from lifecycle.types.money import AMOUNT, Money, check_digits


class _Correction(Draft, EntryCorrected):
    AMOUNTS: ClassVar[Mapping[str, Find]]
    """By name of a field: the function that finds the amounts in its value."""

    @model_validator(mode="after")
    def _check_reads_or_struck(self) -> "_Correction":
        if (self.reads is None) == (self.struck is None):
            raise ValueError("give either reads (the fields as they should be) or struck")
        if self.reads is not None and (not self.reads or "actor" in self.reads):
            raise ValueError(
                "reads names fields of the event, not its actor: strike the entry and record it again"
            )
        try:
            to_json({"reads": [self.reads]})  # its values have any type, so pydantic has not checked them
        except PydanticSerializationError:
            raise ValueError("reads holds half a character, or is nested too deeply: no field is") from None
        finds = [(name, find) for name in self.reads or () if (find := self.AMOUNTS.get(name))]
        for name, find in finds:
            check_decimals_of(find((self.reads or {})[name], f"reads.{name}"))
        check_digits(self.reads, "reads", written=True)
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


class DirectoryCorrection(_Correction):
    """A correction of an entry of the directory."""

    AMOUNTS = amounts_named(directory_events.EVENTS)


def _with_amounts_as_kept(words: Mapping[str, Any], amounts: Mapping[str, Find]) -> Mapping[str, Any]:
    """Return the words with each amount in ``reads`` as it is kept: ``400.50 USD`` for ``400.5 USD``.

    An amount with too many decimals stays as it is, so that it is refused.
    """
    reads = words.get("reads")
    if not isinstance(reads, dict):
        return words
    kept = deepcopy(reads)
    for name, find in amounts.items():
        for path, value in find(kept.get(name), name):
            is_amount = isinstance(value, str) and AMOUNT.fullmatch(value)
            if is_amount and not has_too_many_decimals(value):
                _put(kept, path.split("."), str(Money.parse(value)))
    return {**words, "reads": kept}


def _put(value: Any, path: Sequence[str], amount: str) -> None:
    *path, last = path
    for step in path:
        value = value[int(step)] if isinstance(value, list) else value[step]
    value[int(last) if isinstance(value, list) else last] = amount


class CorrectEntry(GrantCommand[GrantCorrection]):
    """Correct or strike an entry."""

    BECOMES = EntryCorrected

    @classmethod
    def normalised_words(cls, words: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the words with amounts as they are kept."""
        return _with_amounts_as_kept(words, GrantCorrection.AMOUNTS)


class CorrectFundEntry(FundCommand[FundCorrection]):
    """Correct or strike an entry of the fund."""

    NAME = "CorrectEntry"
    BECOMES = EntryCorrected

    @classmethod
    def normalised_words(cls, words: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the words with amounts as they are kept."""
        return _with_amounts_as_kept(words, FundCorrection.AMOUNTS)


class CorrectCallEntry(CallCommand[CallCorrection]):
    """Correct or strike an entry of a call."""

    NAME = "CorrectEntry"
    BECOMES = EntryCorrected

    @classmethod
    def normalised_words(cls, words: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the words with amounts as they are kept."""
        return _with_amounts_as_kept(words, CallCorrection.AMOUNTS)


class CorrectDirectoryEntry(DirectoryCommand[DirectoryCorrection]):
    """Correct or strike an entry of the directory."""

    BECOMES = EntryCorrected


def faults_of_reading(now: Event, changes: dict[str, object]) -> list[Fault]:
    """Return the fields in a correction whose codes are in no list of the corrected entry's day.

    If the correction changes the day, the entry's other fields are checked by the lists of the new day too,
    except those whose codes were in no list before. Raises pydantic's ``ValidationError`` if the changes make
    no event.
    """
    corrected = corrected_event(now, changes)
    if (why := _why_not_taken(corrected)) is not None and why != _why_not_taken(now):
        return [(("reads",), why)]
    before = {field for field, _ in faults(now, now.on)} if corrected.on != now.on else None
    return [
        (field, message)
        for field, message in faults(corrected, corrected.on)
        if field[0] in changes or (before is not None and field not in before)
    ]


def _why_not_taken(event: Event) -> str | None:
    """Return why a new event would not be taken with these fields, though a stored one is read; or `None`."""
    try:
        event.check_new()
    except ValueError as error:
        return str(error)
    return None


COMMANDS = {
    "grant": CorrectEntry.spec("grant correct", "approver", ANY, ("grant", "entry")),
    "fund": CorrectFundEntry.spec("fund correct", "approver", (), ("entry",)),
    "call": CorrectCallEntry.spec("call correct", "approver", (), ("call", "entry")),
    "directory": CorrectDirectoryEntry.spec("directory correct", "approver", (), ("entry",)),
}
"""The specs of the commands that correct, by what they are about."""
