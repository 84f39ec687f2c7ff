"""The command by which a row is set aside."""

from datetime import date

from lifecycle.catalogue import QUARANTINE, QUARANTINE_ANSWER
from lifecycle.decide.decision import Verdict, judged_today
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


def judge_quarantine(
    fund: Fund, asked: QuarantineRow, recorder: str, today: date, found: AtPosition
) -> Verdict:
    """Judge it on the fund as it stands before any stopped row. Raises a `Refusal`.

    ``found``: what lies at the position that the command names.
    """
    permit(fund, QUARANTINE, asked.event, recorder)
    judged_today(asked.on, today, lambda: None)
    return Verdict(quarantined(asked.event, found), (), None, fund)


def judge_quarantine_of_answer(
    fund: Fund, asked: QuarantineAnswer, recorder: str, today: date, found: AnswerFound
) -> Verdict:
    """The same of an answer; ``found``: what there is under the id that the command names."""
    permit(fund, QUARANTINE_ANSWER, asked.event, recorder)
    judged_today(asked.on, today, lambda: None)
    return Verdict(answer_quarantined(asked.event, found), (), None, fund)
