"""The command by which a row is set aside."""

from datetime import date

from lifecycle.decisions.quarantine import AtPosition, QuarantineRow, quarantined
from lifecycle.fund import Fund
from lifecycle.judge.asking import Verdict, judged_today
from lifecycle.judge.officers import permit
from lifecycle.table import QUARANTINE


def judge_quarantine(
    fund: Fund, asked: QuarantineRow, recorder: str, today: date, found: AtPosition
) -> Verdict:
    """Judge it on the fund as it stands before any stopped row. Raises a `Refusal`.

    ``found``: what lies at the position that the command names.
    """
    permit(fund, QUARANTINE, asked, recorder)
    judged_today(asked.on, today, lambda: None)
    return Verdict(quarantined(asked, found), (), None, fund)
