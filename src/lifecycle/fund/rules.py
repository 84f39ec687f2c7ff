"""The rules of the fund. Of an event that is not here only officer and date are asked."""

from lifecycle.fund import contributions, establishment, officers, treasury
from lifecycle.fund.state import Fund
from lifecycle.fund.treasury import FeeCharged, FundsReturned, still_covered
from lifecycle.kernel.event import Event
from lifecycle.kernel.rule import NONE, Rules, in_set

RULES: Rules = {
    **establishment.RULES,
    **officers.RULES,
    **contributions.RULES,
    **treasury.RULES,
}
"""What must be true before each event of the fund."""


def lawful_on(fund: Fund, event: Event, rules: int, *, given: bool) -> None:
    """Refuse an event that the fund's rules forbid, by the rule set of this number. Raises their refusal.

    ``given``: it is asked for now, on the whole of the fund, so what it takes must be there on every
    later day. After a correction, that is seen of the fund as a whole (`never_overdrawn`).
    """
    for rule in in_set(RULES.get(type(event), NONE).invariants, rules):
        rule.apply(fund=fund, event=event)
    if given and isinstance(event, FeeCharged | FundsReturned):
        still_covered(fund, event.on, event.amount)
