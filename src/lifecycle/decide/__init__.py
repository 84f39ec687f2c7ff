"""May this command become a fact? Judged by what was true on its day, and on every later day.

The way of a command on a grant: officer and role, stage, four eyes, dates, amounts, on the state as
of the command's day; then the entries dated later are judged again on top of it; then the fund is
charged with what the grant's commitment changed by, and so is its call. Pure: no clock, no store, no
library of one.
"""

from lifecycle.decide.call import judge_call
from lifecycle.decide.decision import NO_CALLS, Calls, Verdict, row_of, stream_of
from lifecycle.decide.fund import NEED_ENTRIES, judge_fund
from lifecycle.decide.grant import Known, calls_named, judge_grant
from lifecycle.decide.permission import Taken, acts_of
from lifecycle.decide.quarantine import judge_quarantine, judge_quarantine_of_answer

__all__ = [
    "NEED_ENTRIES",
    "NO_CALLS",
    "Calls",
    "Known",
    "Taken",
    "Verdict",
    "acts_of",
    "calls_named",
    "judge_call",
    "judge_fund",
    "judge_grant",
    "judge_quarantine",
    "judge_quarantine_of_answer",
    "row_of",
    "stream_of",
]
