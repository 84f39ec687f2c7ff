"""The rules of the fund, joined from its files. For other events only the officer and the day are checked."""

from lifecycle.fund import closing, contributions, establishment, officers, treasury
from lifecycle.fund.evolve import evolve
from lifecycle.fund.partners import donor_reports, membership, partner_waivers, pledges
from lifecycle.fund.parts.named_agreement import check_fees
from lifecycle.fund.pools import agreements, set_asides
from lifecycle.fund.pools.set_asides import FundsSetAside
from lifecycle.fund.state import Fund
from lifecycle.fund.treasury import FeeCharged, FundsReturned, pool_covers, still_covered
from lifecycle.kernel.event import Event
from lifecycle.kernel.rule import NONE, Rules, in_set

RULES: Rules = {
    **establishment.RULES,
    **officers.RULES,
    **contributions.RULES,
    **membership.RULES,
    **pledges.RULES,
    **donor_reports.RULES,
    **partner_waivers.RULES,
    **set_asides.RULES,
    **treasury.RULES,
    **agreements.RULES,
    **closing.RULES,
}
"""The rules of each event of the fund."""

_POOLS = 3
"""The number of the rule set that introduced agreements with terms."""


def check_fund_rules(fund: Fund, event: Event, rules: int, *, is_new: bool) -> None:
    """Refuse an event that breaks a rule of the fund. Raises a refusal.

    ``rules``: the number of the rule set; ``is_new``: whether the event is decided now, so that the money
    that it takes must be available on every later day. For recorded events `never_overdrawn` checks this.
    """
    guards = RULES.get(type(event), NONE)
    for rule in in_set(guards.invariants + (guards.preconditions if is_new else ()), rules):
        rule.apply(fund=fund, event=event)
    if is_new and isinstance(event, FeeCharged | FundsReturned):
        still_covered(fund, event.on, event.amount)
        pool_covers(fund, event.on, event.amount, event.agreement)
    elif is_new and isinstance(event, FundsSetAside):
        still_covered(fund, event.on, event.amount, event.until)
    if is_new and isinstance(event, FeeCharged) and event.agreement is not None and rules >= _POOLS:
        check_fees(evolve(fund, event).agreements, event.agreement, event.on, fund.currency)
