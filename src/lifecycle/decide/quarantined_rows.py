"""Quarantine: the commands, and which rows and refusals may be quarantined."""

from typing import NamedTuple

from pydantic import Field

from lifecycle.fund.quarantine import AnswerQuarantined, RowQuarantined
from lifecycle.kernel.command import FundCommand
from lifecycle.kernel.event import Draft
from lifecycle.kernel.history import QUARANTINES
from lifecycle.kernel.refusals import STAGE, Refusal
from lifecycle.types.text import Prose, Reason


class RowQuarantineDraft(Draft):
    """A row to quarantine, before the book adds what is wrong with it."""

    position: int = Field(ge=1)
    """Of the row in the journal."""
    reason: Reason
    """Why it is set aside: how the row came there, as far as it is known."""


class QuarantineRow(FundCommand[RowQuarantineDraft]):
    """Set aside a row that is no entry, or that the rules refuse."""

    BECOMES = RowQuarantined
    STREAM = QUARANTINES


class AnswerQuarantineDraft(Draft):
    """A refusal to quarantine, before the book adds what is wrong with it."""

    answered: Prose
    """The id of the command that was refused."""
    reason: Reason
    """Why it is set aside: how the answer came there, as far as it is known."""


class QuarantineAnswer(FundCommand[AnswerQuarantineDraft]):
    """Set aside a refusal that the rules would not have given."""

    BECOMES = AnswerQuarantined
    STREAM = QUARANTINES


class AnswerFound(NamedTuple):
    """The refusals that the journal has under a command id."""

    number: int = 0
    """The number of the unlawful refusal, or else of any; 0 if there is none."""
    fault: str = ""
    """What is wrong with it; empty if it is lawful."""
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


def answer_quarantined(draft: AnswerQuarantineDraft, answer: AnswerFound) -> AnswerQuarantined:
    """Return the event. Raises a `Refusal` if the answer cannot be quarantined."""
    if not answer.number:
        raise UnknownRow(f"no command {draft.answered} was refused")
    if answer.quarantined:
        raise RowIsQuarantined(answer.quarantined)
    if not answer.fault:
        raise RowIsLawful(f"nothing is wrong with answer {answer.number}, the refusal of {draft.answered}")
    return AnswerQuarantined(
        on=draft.on,
        actor=draft.actor,
        answer=answer.number,
        answered=draft.answered,
        fault=answer.fault,
        reason=draft.reason,
    )


class RowFound(NamedTuple):
    """The row that the journal has at a position."""

    name: str
    """Stream and version of the row; empty if there is none."""
    fault: str = ""
    """What is wrong with it, or with a row of its transaction; empty if all are lawful."""
    rows: tuple[int, ...] = ()
    """The positions of all rows of its transaction."""
    quarantined: str = ""
    """By whom and why it is quarantined already."""


def row_quarantined(draft: RowQuarantineDraft, row: RowFound) -> RowQuarantined:
    """Return the event. Raises a `Refusal` if the row cannot be quarantined."""
    if not row.name:
        raise UnknownRow(f"there is no row at position {draft.position}")
    if row.quarantined:
        raise RowIsQuarantined(row.quarantined)
    if not row.fault:
        raise RowIsLawful(
            f"nothing is wrong with {row.name} (position {draft.position}): an entry that is not true is"
            " corrected or struck"
        )
    also = tuple(position for position in row.rows if position != draft.position)
    return RowQuarantined(
        on=draft.on,
        actor=draft.actor,
        position=draft.position,
        also=also,
        fault=row.fault,
        reason=draft.reason,
    )


QUARANTINE = QuarantineRow.spec("audit seal --quarantine", "administrator")
QUARANTINE_ANSWER = QuarantineAnswer.spec("audit seal --quarantine-answer", "administrator")
