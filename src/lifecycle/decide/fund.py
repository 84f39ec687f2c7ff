"""Decisions on the fund."""

from collections.abc import Sequence
from datetime import date

from lifecycle.catalogue import BY_EVENT
from lifecycle.decide.correction.correct_entry import CorrectFundEntry
from lifecycle.decide.correction.target import corrects_something, target_of
from lifecycle.decide.decision import (
    Decision,
    check_rules_and_day,
    no_longer,
    not_in_future,
    provisional,
    reads_the_same,
    spec_of,
)
from lifecycle.decide.likenesses import fund_ids_differ
from lifecycle.decide.other_streams import (
    Streams,
    call_is_open_by,
    closure_still_holds,
    edition_in_time,
    fund_is_empty,
    is_settled,
    no_streams,
    partner_has_it,
    returns_still_covered,
)
from lifecycle.decide.permission import ActsSince, permit_command, readings_permitted, still_permitted
from lifecycle.fund import events as on_fund
from lifecycle.fund.closing import check_fund_open
from lifecycle.fund.establishment import has_usable_currency
from lifecycle.fund.evolve import evolve as evolve_fund
from lifecycle.fund.evolve import fold as fold_fund
from lifecycle.fund.officers import has_administrator
from lifecycle.fund.parts.named_agreement import fees_still_allowed
from lifecycle.fund.rules import RULES, check_fund_rules
from lifecycle.fund.state import Fund
from lifecycle.fund.treasury import never_overdrawn
from lifecycle.kernel.command import FundCommand, event_of
from lifecycle.kernel.event import EntryCorrected, Event
from lifecycle.kernel.history import Entry, in_force
from lifecycle.kernel.refusals import Refusal
from lifecycle.kernel.rule import NONE, RULE_SET

NEED_ENTRIES = ("CorrectEntry", "ReturnFunds", "CloseFund")
"""Commands that are decided on all entries of the fund."""
_RETURNS_AND_IDS = 2
"""The rule set since which a return is compared with its partner's balance, and ids with all others."""


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
    """Decide a command on the fund. Raises a `Refusal`.

    ``entries``: the fund's, if the command is one of `NEED_ENTRIES`. ``acts_since``: finds the acts of
    officers from whom a role is taken. ``streams``: finds the entries of grants and calls. ``rules``: the
    number of the rule set to decide by.
    """
    if fund.established_on is not None:
        permit_command(fund, spec_of(command), command, recorder, today, rules=rules)
    event = _event_made(command, fund)
    if isinstance(command, CorrectFundEntry):
        target_of(command.event, entries, rules, lambda: is_settled(entries, streams))
        new = provisional(command, event, len(entries) + 1, rules)
        before, held = in_force(entries), in_force((*entries, new))
        not_in_future(max(command.on, held[-1].event.on), today)
        corrects_something(before, held, rules)
        after = fund_after_correction(held, before)
        if rules >= _RETURNS_AND_IDS:
            returns_still_covered(entries, (*entries, new), fund, streams)
            fund_ids_differ(fund, after)
        never_overdrawn(fund, after)
        fees_still_allowed(fund.agreements, after.agreements, fund.currency)
        closure_still_holds(command.event, (*entries, new), fund, after, streams)
        readings_permitted(after, held, before)
    else:
        check_rules_and_day(
            lambda: _check_event(fund, event, entries, streams, rules, is_history=command.is_history),
            command.on,
            today,
        )
        after = evolve_fund(fund, event)
    still_permitted(fund, after, acts_since)
    return Decision(event, (), None, after)


def _event_made(command: FundCommand, fund: Fund) -> Event:
    """Return the event that the command becomes."""
    if isinstance(command, CorrectFundEntry):
        return event_of(EntryCorrected, command.event)
    make = RULES.get(type(command.event), NONE).made_by
    return make(None, command.event, fund) if make else command.event


def _check_event(
    fund: Fund, event: Event, entries: Sequence[Entry], streams: Streams, rules: int, *, is_history: bool
) -> None:
    """Check an event by the fund's own state and by other streams. Raises the first `Refusal`.

    ``is_history``: whether it was brought in as history, which is recorded whatever is left of the money.
    """
    if is_history:
        check_fund_rules(fund, event, rules, is_new=False)
    elif isinstance(event, on_fund.PolicyAdopted):
        check_fund_rules(fund, event, rules, is_new=True)
        edition_in_time(event, streams, rules)
    elif isinstance(event, on_fund.FundsReturned) and rules >= _RETURNS_AND_IDS:
        check_fund_rules(fund, event, rules, is_new=False)
        if event.agreement is None:
            partner_has_it(entries, event, fund, streams)
        check_fund_rules(fund, event, rules, is_new=True)
    elif isinstance(event, on_fund.FundsSetAside):
        check_fund_rules(fund, event, rules, is_new=False)
        call_is_open_by(event, streams)
        check_fund_rules(fund, event, rules, is_new=True)
    elif isinstance(event, on_fund.FundClosed):
        check_fund_rules(fund, event, rules, is_new=True)
        fund_is_empty(entries, event, fund, streams)
    else:
        check_fund_rules(fund, event, rules, is_new=True)


def fund_after_correction(held: Sequence[Entry], before: Sequence[Entry]) -> Fund:
    """Return the fund after a correction.

    Raises a `Refusal` if an event is less lawful than before, or if nobody is in charge. ``held``,
    ``before``: the entries in force after and before the correction.
    """
    fund = Fund()
    for entry in held:
        if refusal := _fund_refusal(fund, entry):
            index = next((i for i, earlier in enumerate(before) if reads_the_same(earlier, entry)), None)
            was = None if index is None else _fund_refusal(fold_fund(before[:index]), entry)
            if type(was) is not type(refusal):
                raise no_longer(entry, refusal) from refusal
        fund = evolve_fund(fund, entry.event)
    if fund.currency != fold_fund(before).currency:
        has_usable_currency(fund)
    assert fund.established_on is not None
    has_administrator(fund, fund.established_on)
    return fund


def _fund_refusal(fund: Fund, entry: Entry) -> Refusal | None:
    # An edition is checked once, when it is adopted: it cannot be corrected.
    if isinstance(entry.event, on_fund.PolicyAdopted):
        return None
    spec = BY_EVENT["fund"].get(type(entry.event).__name__)
    try:
        if spec is not None and not entry.is_history:
            check_fund_open(fund, "fund", spec.event, entry.on, entry.rules)
        check_fund_rules(fund, entry.event, entry.rules, is_new=False)
    except Refusal as refusal:
        return refusal
    return None
