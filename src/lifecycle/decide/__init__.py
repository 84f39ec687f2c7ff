"""Deciding: may this command become an event, by what was true on its day and on every later day?

A command on a grant is checked on the state of its day: officer and role, stage, segregation of duties,
dates, amounts. Then the entries of later days are checked again on top of its event. Then paired events bring
the change of the grant's commitment to the fund and to the call. The functions are pure: they read no clock
and no store.
"""

from lifecycle.decide.call import decide as decide_call
from lifecycle.decide.decision import NO_CALLS, Calls, Decision, spec_of, stream_of
from lifecycle.decide.directory import DirectoryHistory, grants_named
from lifecycle.decide.directory import decide as decide_directory
from lifecycle.decide.fund import NEED_ENTRIES
from lifecycle.decide.fund import decide as decide_fund
from lifecycle.decide.grant import decide as decide_grant
from lifecycle.decide.grant_history import (
    GrantHistory,
    calls_named,
    grants_followed,
    needs_directory,
    needs_entries,
)
from lifecycle.decide.permission import RolesTaken, acts_of
from lifecycle.decide.quarantine import decide_on_refusal, decide_on_row

__all__ = [
    "NEED_ENTRIES",
    "NO_CALLS",
    "Calls",
    "Decision",
    "DirectoryHistory",
    "GrantHistory",
    "RolesTaken",
    "acts_of",
    "calls_named",
    "decide_call",
    "decide_directory",
    "decide_fund",
    "decide_grant",
    "decide_on_refusal",
    "decide_on_row",
    "grants_followed",
    "grants_named",
    "needs_directory",
    "needs_entries",
    "spec_of",
    "stream_of",
]
