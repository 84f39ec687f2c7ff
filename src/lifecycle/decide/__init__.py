"""May this command become an event? Judged by what was true on its day, and on every later day.

The way of a command on a grant: officer and role, stage, four eyes, dates, amounts, on the state as
of the command's day; then the entries dated later are judged again on top of it; then the fund is
charged with what the grant's commitment changed by, and so is its call. Pure: no clock, no store, no
library of one.
"""

from lifecycle.decide.call import decide as decide_call
from lifecycle.decide.decision import NO_CALLS, Calls, Decision, spec_of, stream_of
from lifecycle.decide.fund import NEED_ENTRIES
from lifecycle.decide.fund import decide as decide_fund
from lifecycle.decide.grant import Known, calls_named
from lifecycle.decide.grant import decide as decide_grant
from lifecycle.decide.permission import Taken, acts_of
from lifecycle.decide.quarantine import decide_on_refusal, decide_on_row

__all__ = [
    "NEED_ENTRIES",
    "NO_CALLS",
    "Calls",
    "Decision",
    "Known",
    "Taken",
    "acts_of",
    "calls_named",
    "decide_call",
    "decide_fund",
    "decide_grant",
    "decide_on_refusal",
    "decide_on_row",
    "spec_of",
    "stream_of",
]
