"""The end of the books."""

from lifecycle.kernel.event import GrantEvent
from lifecycle.types.terms import ItemId, Reason, Word


class ObligationWaived(GrantEvent):
    """An obligation need not be met. Recorded by an approver."""

    obligation: Word
    """Its name, as the timeline report shows it."""
    item: ItemId | None = None
    """Which one, where there are several: an activity, a follow-up, a number."""
    reason: Reason
    """Why it need not be met."""


class GrantClosed(GrantEvent):
    """The books of the grant are closed. Recorded by an approver."""


class GrantReopened(GrantEvent):
    """A closed grant is worked on again; the earlier closure stays visible.

    Recorded by an approver.
    """

    reason: Reason
    """What has to be done after all."""
