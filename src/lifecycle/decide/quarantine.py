"""The command by which a spec is set aside."""

from datetime import date

from lifecycle.catalogue import QUARANTINE, QUARANTINE_ANSWER
from lifecycle.decide.decision import Decision, judged_today
from lifecycle.decide.permission import permit
from lifecycle.decide.quarantined_rows import (
    AnswerFound,
    AtPosition,
    QuarantineAnswer,
    QuarantineRow,
    answer_quarantined,
    quarantined,
)
from lifecycle.fund.state import Fund


def decide_on_row(
    fund: Fund, command: QuarantineRow, recorder: str, today: date, found: AtPosition
) -> Decision:
    """Judge it on the fund as it stands before any stopped spec. Raises a `Refusal`.

    ``found``: what lies at the position that the command names.
    """
    permit(fund, QUARANTINE, command.event, recorder)
    judged_today(command.on, today, lambda: None)
    return Decision(quarantined(command.event, found), (), None, fund)


def decide_on_refusal(
    fund: Fund, command: QuarantineAnswer, recorder: str, today: date, found: AnswerFound
) -> Decision:
    """The same of an answer; ``found``: what there is under the id that the command names."""
    permit(fund, QUARANTINE_ANSWER, command.event, recorder)
    judged_today(command.on, today, lambda: None)
    return Decision(answer_quarantined(command.event, found), (), None, fund)
