"""Find entries that were recorded late: more days after their own day than the policy edition allows.

An entry that was recorded out of order, after an entry of a later day, need not be late.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date

from lifecycle.fund.state import Fund
from lifecycle.grant.amendment.restructuring import GrantRestructured
from lifecycle.grant.proposal.brought_forward import GrantBroughtForward
from lifecycle.grant.proposal.review import GrantApproved
from lifecycle.kernel.history import Entry
from lifecycle.policy.edition import LATE_AFTER


class Lateness:
    """The days until which the entries of one stream are recorded in time.

    The edition that governed the grant on the entry's day decides; before approval, and for the fund and
    for calls, the edition in force on that day.
    """

    def __init__(self, held: Iterable[Entry], fund: Fund) -> None:
        """Take the decisions on editions from the stream's entries in force."""
        self._editions, self._edition_on = fund.editions, fund.edition_on
        decisions = sorted(
            (entry.order, entry.event.edition)
            for entry in held
            if isinstance(entry.event, GrantApproved | GrantRestructured | GrantBroughtForward)
            and entry.event.edition is not None
        )
        self._since = [order for order, _ in decisions]
        self._names = [edition for _, edition in decisions]

    def in_time_until(self, entry: Entry) -> date:
        """Return the last day, at the fund's seat, on which the entry is recorded in time."""
        decided = bisect_right(self._since, entry.order)
        edition = self._editions[self._names[decided - 1]] if decided else self._edition_on(entry.on)
        return LATE_AFTER.after(entry.on) if edition is None else edition.in_time_until(entry.on)
