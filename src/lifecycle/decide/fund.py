"""Commands on the fund's own stream."""

from collections.abc import Sequence
from datetime import date

from lifecycle.decide.correction.correct_entry import CorrectFundEntry
from lifecycle.decide.correction.target import corrects_something, target_of
from lifecycle.decide.decision import (
    Decision,
    judged_today,
    no_longer,
    not_in_future,
    provisional,
    reads_alike,
    spec_of,
)
from lifecycle.decide.likenesses import fund_ids_differ
from lifecycle.decide.other_streams import (
    Streams,
    edition_in_time,
    is_settled,
    no_streams,
    partner_has_it,
    returns_still_covered,
)
from lifecycle.decide.permission import ActsSince, permit, readings_permitted, still_permitted
from lifecycle.fund import events as on_fund
from lifecycle.fund.establishment import has_usable_currency
from lifecycle.fund.evolve import evolve as evolve_fund
from lifecycle.fund.evolve import fold as fold_fund
from lifecycle.fund.officers import has_administrator
from lifecycle.fund.rules import check_fund_rules
from lifecycle.fund.state import Fund
from lifecycle.fund.treasury import never_overdrawn
from lifecycle.kernel.command import FundCommand, event_of
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.history import Entry, in_force
from lifecycle.kernel.refusals import Refusal
from lifecycle.kernel.rule import RULE_SET

NEED_ENTRIES = ("CorrectEntry", "ReturnFunds")
"""Commands that are judged on the fund's whole stream."""
_RETURNS_AND_IDS = 2
"""The rule set from which on a return is held against its partner's money, and ids against all others."""


def decide(  # noqa: PLR0917 what a decision rests on
    fund: Fund,
    command: FundCommand,
    recorder: str,
    today: date,
    entries: Sequence[Entry],
    acts_since: ActsSince,
    streams: Streams = no_streams,
    *,
    rules: int = RULE_SET,
) -> Decision:
    """Decide a command on the fund; a correction and a return need its ``entries``. Raises a `Refusal`.

    ``acts_since``: finds the acts of those from whom a role is taken. ``streams``: finds what is recorded of
    grants and calls. ``rules``: the number of the rule set that it is judged by.
    """
    spec = spec_of(command)
    if fund.established_on is not None:
        permit(fund, spec, command.event, recorder)
    event = (
        event_of(EntryCorrected, command.event) if isinstance(command, CorrectFundEntry) else command.event
    )
    if isinstance(command, CorrectFundEntry):
        target_of(command.event, entries, rules, lambda: is_settled(entries, streams))
        new = provisional(command, event, len(entries) + 1, rules)
        before, held = in_force(entries), in_force((*entries, new))
        not_in_future(max(command.on, held[-1].event.on), today)
        corrects_something(before, held, rules)
        after = _fund_still_true(held, before)
        if rules >= _RETURNS_AND_IDS:
            returns_still_covered(entries, (*entries, new), fund, streams)
            fund_ids_differ(fund, after)
        never_overdrawn(fund, after)
        readings_permitted(after, held, before)
    else:
        judged_today(command.on, today, lambda: _asks(fund, event, entries, streams, rules))
        after = evolve_fund(fund, event)
    still_permitted(fund, after, acts_since)
    return Decision(event, (), None, after)


def _asks(fund: Fund, event: Event, entries: Sequence[Entry], streams: Streams, rules: int) -> None:
    """Ask what the fund's own state says, and what other streams say; the first no counts."""
    if isinstance(event, on_fund.PolicyAdopted):
        check_fund_rules(fund, event, rules, is_new=True)
        edition_in_time(event, streams, rules)
    elif isinstance(event, on_fund.FundsReturned) and rules >= _RETURNS_AND_IDS:
        check_fund_rules(fund, event, rules, is_new=False)
        partner_has_it(entries, event, fund, streams)
        check_fund_rules(fund, event, rules, is_new=True)
    else:
        check_fund_rules(fund, event, rules, is_new=True)


def _fund_still_true(held: Sequence[Entry], before: Sequence[Entry]) -> Fund:
    """The fund after a correction: every event as lawful as before, somebody in charge."""
    fund = Fund()
    for entry in held:
        if no := _fund_refusal(fund, entry):
            place = next((i for i, known in enumerate(before) if reads_alike(known, entry)), None)
            was = None if place is None else _fund_refusal(fold_fund(before[:place]), entry)
            if type(was) is not type(no):
                raise no_longer(entry, no) from no
        fund = evolve_fund(fund, entry.event)
    if fund.currency != fold_fund(before).currency:
        has_usable_currency(fund)
    assert fund.established_on is not None
    has_administrator(fund, fund.established_on)
    return fund


def _fund_refusal(fund: Fund, entry: Entry) -> Refusal | None:
    # An edition is judged once, when it is adopted: it cannot be corrected.
    if isinstance(entry.event, on_fund.PolicyAdopted):
        return None
    try:
        check_fund_rules(fund, entry.event, entry.rules, is_new=False)
    except Refusal as no:
        return no
    return None
