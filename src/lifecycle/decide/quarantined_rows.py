"""Setting a row aside that is no entry, or that the rules refuse: what may be set aside, and what not."""

from typing import NamedTuple

from pydantic import Field

from lifecycle.fund.quarantine import AnswerQuarantined, RowQuarantined
from lifecycle.kernel.command import FundCommand
from lifecycle.kernel.event import Draft
from lifecycle.kernel.history import QUARANTINES
from lifecycle.kernel.refusals import STAGE, Refusal
from lifecycle.types.text import Prose, Reason


class RowQuarantineDraft(Draft):
    """A row to be set aside, before the book has said what is wrong with it."""

    position: int = Field(ge=1)
    """Of the row in the journal."""
    reason: Reason
    """Why it is set aside: how the row came there, as far as it is known."""


class QuarantineRow(FundCommand[RowQuarantineDraft]):
    """Set aside a row that is no entry, or that the rules refuse."""

    BECOMES = RowQuarantined
    STREAM = QUARANTINES


class AnswerQuarantineDraft(Draft):
    """A refusal to be set aside, before the book has said what is wrong with it."""

    answered: Prose
    """The id of the command that was refused."""
    reason: Reason
    """Why it is set aside: how the answer came there, as far as it is known."""


class QuarantineAnswer(FundCommand[AnswerQuarantineDraft]):
    """Set aside a refusal that the rules would not have given."""

    BECOMES = AnswerQuarantined
    STREAM = QUARANTINES


class AnswerFound(NamedTuple):
    """What the book finds among the refusals that were given under an id."""

    number: int = 0
    """Of the one that is wrong; else of any; 0 if there is none."""
    fault: str = ""
    """What is wrong with it; empty if nothing is."""
    quarantined: str = ""
    """By whom and why it is quarantined already."""


class UnknownRow(Refusal, order=STAGE, rule="domain §4.9: entries are judged again"):
    """The journal has no row at this position, or no refusal under this id."""


class RowIsQuarantined(Refusal, order=STAGE, rule="domain §4.9: entries are judged again"):
    """The row, or the answer, is quarantined already."""


class RowIsLawful(Refusal, order=STAGE, rule="domain §4.9: entries are judged again"):
    """Nothing is wrong with the row: only one that is no entry, or that the rules refuse, is quarantined.

    So it is with a refusal: only one that the rules would not have given is.
    """


def answer_quarantined(draft: AnswerQuarantineDraft, found: AnswerFound) -> AnswerQuarantined:
    """The event that the command becomes. Raises a refusal if the answer is not one to be set aside."""
    if not found.number:
        raise UnknownRow(f"no command {draft.answered} was refused")
    if found.quarantined:
        raise RowIsQuarantined(found.quarantined)
    if not found.fault:
        raise RowIsLawful(f"nothing is wrong with answer {found.number}, the refusal of {draft.answered}")
    return AnswerQuarantined(
        on=draft.on,
        actor=draft.actor,
        answer=found.number,
        answered=draft.answered,
        fault=found.fault,
        reason=draft.reason,
    )


class AtPosition(NamedTuple):
    """What the book finds at a position of the journal."""

    name: str
    """Stream and version of the row; empty if there is none."""
    fault: str = ""
    """What is wrong with it, or with a row of its transaction; empty if nothing is."""
    rows: tuple[int, ...] = ()
    """Positions of all rows of its transaction."""
    quarantined: str = ""
    """By whom and why it is quarantined already."""


def quarantined(draft: RowQuarantineDraft, found: AtPosition) -> RowQuarantined:
    """The event that the command becomes. Raises a refusal if the row is not one to be set aside."""
    if not found.name:
        raise UnknownRow(f"there is no row at position {draft.position}")
    if found.quarantined:
        raise RowIsQuarantined(found.quarantined)
    if not found.fault:
        raise RowIsLawful(
            f"nothing is wrong with {found.name} (position {draft.position}): an entry that is not true is"
            " corrected or struck"
        )
    also = tuple(position for position in found.rows if position != draft.position)
    return RowQuarantined(
        on=draft.on,
        actor=draft.actor,
        position=draft.position,
        also=also,
        fault=found.fault,
        reason=draft.reason,
    )


QUARANTINE = QuarantineRow.spec("audit seal --quarantine", "administrator")
QUARANTINE_ANSWER = QuarantineAnswer.spec("audit seal --quarantine-answer", "administrator")
