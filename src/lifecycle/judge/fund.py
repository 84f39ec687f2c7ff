"""Commands on the fund's own stream."""

from collections.abc import Sequence
from datetime import date

from lifecycle.decisions.correction import CorrectFundEntry, target_of
from lifecycle.decisions.fund import FundCommand, lawful_on, never_overdrawn, somebody_in_charge
from lifecycle.decisions.rules import fact
from lifecycle.events import fund as on_fund
from lifecycle.events.base import Event
from lifecycle.fund import Fund
from lifecycle.fund import evolve as evolve_fund
from lifecycle.fund import fold as fold_fund
from lifecycle.history import Entry, in_force
from lifecycle.judge.asking import (
    Verdict,
    judged_today,
    no_longer,
    not_in_future,
    provisional,
    reads_alike,
    row_of,
)
from lifecycle.judge.officers import ActsSince, permit, readings_permitted, still_permitted
from lifecycle.refusals import Refusal
from lifecycle.rule_sets import RULE_SET

_EVENTS: dict[str, type[Event]] = {event.__name__: event for event in on_fund.EVENTS}


def judge_fund(  # noqa: PLR0917 what a judge has to know
    fund: Fund,
    asked: FundCommand,
    recorder: str,
    today: date,
    entries: Sequence[Entry],
    acts_since: ActsSince,
    *,
    rules: int = RULE_SET,
) -> Verdict:
    """Judge a command on the fund; a correction needs the stream's ``entries``. Raises a `Refusal`.

    ``acts_since``: finds the acts of those from whom a role is taken. ``rules``: the number of the rule set
    that it is judged by.
    """
    row = row_of(asked)
    if fund.established_on is not None:
        permit(fund, row, asked, recorder)
    event = fact(_EVENTS[row.event], asked)
    if isinstance(asked, CorrectFundEntry):
        target_of(asked, entries)
        new = provisional(asked, event, len(entries) + 1, rules)
        before, held = in_force(entries), in_force((*entries, new))
        not_in_future(max(asked.on, held[-1].event.on), today)
        after = _fund_still_true(held, before)
        never_overdrawn(fund, after)
        readings_permitted(after, held, before)
    else:
        judged_today(asked.on, today, lambda: lawful_on(fund, event, rules, given=True))
        after = evolve_fund(fund, event)
    still_permitted(fund, after, acts_since)
    return Verdict(event, (), None, after)


def _fund_still_true(held: Sequence[Entry], before: Sequence[Entry]) -> Fund:
    """The fund after a correction: every fact as lawful as before, somebody in charge."""
    fund = Fund()
    for entry in held:
        if no := _fund_refusal(fund, entry):
            place = next((i for i, known in enumerate(before) if reads_alike(known, entry)), None)
            was = None if place is None else _fund_refusal(fold_fund(before[:place]), entry)
            if type(was) is not type(no):
                raise no_longer(entry, no) from no
        fund = evolve_fund(fund, entry.event)
    assert fund.established_on is not None
    somebody_in_charge(fund, fund.established_on)
    return fund


def _fund_refusal(fund: Fund, entry: Entry) -> Refusal | None:
    # An edition is judged once, when it is adopted: it cannot be corrected.
    if isinstance(entry.event, on_fund.PolicyAdopted):
        return None
    try:
        lawful_on(fund, entry.event, entry.rules, given=False)
    except Refusal as no:
        return no
    return None
