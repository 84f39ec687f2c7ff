"""Decisions on quarantine."""

from datetime import date

from lifecycle.catalogue import QUARANTINE, QUARANTINE_ANSWER
from lifecycle.decide.decision import Decision, not_in_future
from lifecycle.decide.permission import permit
from lifecycle.decide.quarantined_rows import (
    AnswerFound,
    QuarantineAnswer,
    QuarantineRow,
    RowFound,
    answer_quarantined,
    row_quarantined,
)
from lifecycle.fund.state import Fund


def decide_on_row(fund: Fund, command: QuarantineRow, recorder: str, today: date, row: RowFound) -> Decision:
    """Decide to quarantine a row, on the fund as it stands before any stop. Raises a `Refusal`.

    ``row``: what the journal has at the position that the command names.
    """
    permit(fund, QUARANTINE, command.event, recorder)
    not_in_future(command.on, today)
    return Decision(row_quarantined(command.event, row), (), None, fund)


def decide_on_refusal(
    fund: Fund, command: QuarantineAnswer, recorder: str, today: date, answer: AnswerFound
) -> Decision:
    """Decide to quarantine a refusal. Raises a `Refusal`.

    ``answer``: what the journal has under the id that the command names.
    """
    permit(fund, QUARANTINE_ANSWER, command.event, recorder)
    not_in_future(command.on, today)
    return Decision(answer_quarantined(command.event, answer), (), None, fund)
